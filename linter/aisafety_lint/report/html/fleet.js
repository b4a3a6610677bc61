"use strict";
const $ = (id) => document.getElementById(id);

// Filters: a table shows the rows that hold what is searched for, and the repositories of one state only.
for (const field of document.querySelectorAll("input[data-filters]")) {
  const rows = [...$(field.dataset.filters).tBodies[0].rows];
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      shown += !row.hidden;
    }
    $(`${field.dataset.filters}-shown`).textContent = wanted ? `${shown} of ${rows.length}` : "";
  });
}

// Sorting: a button in the head of a column, numbers from the largest, words from the first.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
    const numbers = head.classList.contains("number");
    const down = head.ariaSort === "descending" ? false : head.ariaSort === "ascending" ? true : numbers;
    for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
    head.ariaSort = down ? "descending" : "ascending";
    const value = (row) => row.cells[head.cellIndex].textContent;
    const order = (one, other) => (numbers ? Number(one) - Number(other) : one.localeCompare(other));
    const rows = [...body.rows].sort((one, other) => order(value(one), value(other)) * (down ? -1 : 1));
    body.append(...rows);
  });
}
