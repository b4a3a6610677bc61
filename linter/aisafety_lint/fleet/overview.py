"""The overview of a fleet as one page that needs no network: takes the tables, gives HTML.

Names, messages and paths come from the scanned repositories and are escaped like those of a report.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from aisafety_lint.finding import Severity
from aisafety_lint.fleet.tables import Database
from aisafety_lint.fleet.task import REPORTS
from aisafety_lint.report.html.code import text_of, words
from aisafety_lint.report.html.frame import framed
from aisafety_lint.report.terminal import count

_MOST = 500
_SEVERITIES = [str(severity) for severity in sorted(Severity, reverse=True)]
Row = dict[str, Any]

_MONEY = """
SELECT a.repository, a.name, a.kind, a.path, a.line, r.folder, a.owners,
  list_distinct(list(c.name) FILTER (NOT c.approved)) AS free, list_distinct(list(c.name) FILTER (c.approved)) AS asked
FROM agents AS a JOIN repositories AS r USING (repository)
LEFT JOIN capabilities AS c ON c.repository = a.repository AND c.agent = a.agent AND c.capability = 'money'
WHERE list_contains(a.capabilities, 'money')
GROUP BY ALL ORDER BY len(free) = 0, a.repository, a.path, a.line"""
_OWNERLESS = """
SELECT a.repository, a.name, a.kind, a.path, a.line, r.folder,
  (SELECT list(DISTINCT meaning ORDER BY meaning) FROM words WHERE list_contains(a.capabilities, capability)) AS can
FROM agents AS a JOIN repositories AS r USING (repository)
WHERE len(a.owners) = 0 ORDER BY len(a.capabilities) DESC, a.repository, a.path, a.line"""
_ABLE = """
WITH held AS (SELECT DISTINCT repository, agent, unnest(capabilities) AS capability FROM agents),
free AS (SELECT DISTINCT repository, agent, capability FROM capabilities WHERE agent <> '' AND NOT approved)
SELECT coalesce(max(w.meaning), h.capability) AS meaning, count(DISTINCT (h.repository, h.agent)) AS agents,
  count(DISTINCT h.repository) AS repositories, count(DISTINCT (f.repository, f.agent)) AS free
FROM held AS h LEFT JOIN free AS f USING (repository, agent, capability)
LEFT JOIN (SELECT DISTINCT capability, meaning FROM words) AS w ON w.capability = h.capability
GROUP BY h.capability ORDER BY agents DESC, h.capability"""
_RULES = """
SELECT rule, any_value(family) AS family, count(*) AS findings, count(DISTINCT repository) AS repositories,
  count(*) FILTER (fixable = 'safe') AS safe, count(*) FILTER (fixable = 'unsafe') AS unsafe,
  count(*) FILTER (severity IN ('critical', 'high')) AS grave,
  (SELECT count(*) FROM changes AS c WHERE c.rule = f.rule AND change = 'came') AS came,
  (SELECT count(*) FROM changes AS c WHERE c.rule = f.rule AND change = 'went') AS went
FROM findings AS f GROUP BY rule ORDER BY grave DESC, findings DESC, rule"""
_REPOSITORIES = (
    "SELECT * FROM repositories ORDER BY status, critical DESC, high DESC, medium DESC, low DESC, repository"
)
_CHANGES = """
SELECT c.*, r.folder FROM changes AS c JOIN repositories AS r USING (repository) WHERE change = 'came'
ORDER BY list_position(['critical', 'high', 'medium', 'low'], c.severity), c.repository, c.path, c.line, c.rule"""
_TOTALS = "SELECT * FROM runs ORDER BY run DESC"


class Column(NamedTuple):
    """A column of a table: its name, and whether it holds numbers."""

    name: str
    number: bool = False


def page(database: Database) -> str:
    """The whole page."""
    runs = database.rows(_TOTALS)
    body = f"""<header>
<h1>What makes the agents of these repositories unsafe</h1>
{_totals(runs)}
</header>
<main>
{"".join(_parts(database, runs))}
</main>"""
    now = runs[0]
    return framed(f"{now['repositories']} repositories", body, "fleet.js")


def _totals(runs: Sequence[Row]) -> str:
    now = runs[0]
    failed = f", {now['failed']} of which could not be analysed" if now["failed"] else ""
    counts = "".join(f'<li class="{name}"><b>{now[name]}</b>{name}</li>' for name in _SEVERITIES)
    agents = count(now["agents"], "agent")
    return f'<p class="soft">{now["repositories"]} repositories{failed}; {agents}.</p><ul class="counts">{counts}</ul>'


def _parts(database: Database, runs: Sequence[Row]) -> Iterator[str]:
    yield _part(
        "money",
        "Agents that can move money",
        (
            Column("Repository"),
            Column("Agent"),
            Column("Where"),
            Column("Nobody is asked before"),
            Column("A person is asked before"),
            Column("Owners"),
        ),
        (
            (_name(row), *_agent(row), _listed(row["free"]), _listed(row["asked"]), _listed(row["owners"]))
            for row in database.rows(_MONEY)
        ),
        "No agent that was found can move money.",
    )
    yield _part(
        "owners",
        "Agents without an owner",
        (Column("Repository"), Column("Agent"), Column("Where"), Column("Can")),
        ((_name(row), *_agent(row), text_of(", ".join(row["can"] or ()))) for row in database.rows(_OWNERLESS)),
        "Every agent that was found has an owner: in its declaration, or among the code owners.",
    )
    yield _part(
        "powers",
        "What agents can do",
        (
            Column("Power"),
            Column("Agents", number=True),
            Column("Without a question", number=True),
            Column("Repositories", number=True),
        ),
        (
            (text_of(row["meaning"]), str(row["agents"]), str(row["free"]), str(row["repositories"]))
            for row in database.rows(_ABLE)
        ),
        "No agent was found.",
    )
    yield _part("rules", "Rules that pay most", _RULE_COLUMNS, map(_rule, database.rows(_RULES)), "No findings.")
    yield _trend(database, runs)
    yield _part(
        "repositories",
        "Repositories",
        _REPOSITORY_COLUMNS,
        map(_repository, database.rows(_REPOSITORIES)),
        "",
        most=1_000_000,
    )


_RULE_COLUMNS = (
    Column("Rule"),
    Column("Family"),
    *(
        Column(name, number=True)
        for name in (
            "Critical or high",
            "Findings",
            "Repositories",
            "Safely fixable",
            "Fixable, to be looked at",
            "New",
            "Gone",
        )
    ),
)
_REPOSITORY_COLUMNS = (
    Column("Repository"),
    Column("State"),
    *(Column(name.capitalize(), number=True) for name in (*_SEVERITIES, "agents", "tools", "files")),
    Column("Reports"),
)


def _rule(row: Row) -> tuple[str, ...]:
    numbers = ("grave", "findings", "repositories", "safe", "unsafe", "came", "went")
    return (f"<code>{text_of(row['rule'])}</code>", text_of(row["family"]), *(str(row[name]) for name in numbers))


def _repository(row: Row) -> tuple[str, ...]:
    done = row["status"] == "done"
    state = "done" if done else f'<span class="badge error">failed</span> {words(row["reason"])}'
    if done and row["not_analysed"]:
        state = f"done, without {count(row['not_analysed'], 'file')}"
    links = " ".join(f'<a href="{row["folder"]}/{name}">{form.upper()}</a>' for form, name in REPORTS.items())
    numbers = (str(row[name]) if done else "" for name in (*_SEVERITIES, "agents", "tools", "files"))
    return (_name(row), state, *numbers, links if done else "")


def _trend(database: Database, runs: Sequence[Row]) -> str:
    if len(runs) < 2:
        return _part("trend", "Since the last run", (), (), "There is no earlier run to compare with.")
    columns = (
        Column("Run"),
        *(
            Column(name, number=True)
            for name in ("Repositories", "Failed", *map(str.capitalize, _SEVERITIES), "Agents", "New", "Gone")
        ),
    )
    names = ("repositories", "failed", *_SEVERITIES, "agents", "came", "went")
    cells = ((f"{row['run']} ({text_of(row['day'])})", *(str(row[name]) for name in names)) for row in runs)
    new = (
        (_name(row), row["severity"], f"<code>{text_of(row['rule'])}</code>", _place(row), words(row["message"]))
        for row in database.rows(_CHANGES)
    )
    fresh = _part(
        "new",
        "New findings",
        (Column("Repository"), Column("Severity"), Column("Rule"), Column("Where"), Column("Finding")),
        new,
        "No finding is new in a repository that both runs could analyse.",
    )
    return _part("trend", "Since the last run", columns, cells, "") + fresh


def _part(
    key: str, title: str, columns: Sequence[Column], rows: Iterable[tuple[str, ...]], nothing: str, most: int = _MOST
) -> str:
    """A section with a table that can be searched and sorted; cells are safe already."""
    found = list(rows)
    if not found:
        return f'<section class="part" id="part-{key}"><h2>{title}</h2><p>{nothing}</p></section>'
    head = "".join(f'<th{_mark(column)}><button type="button">{column.name}</button></th>' for column in columns)
    body = "\n".join(
        f"<tr>{''.join(f'<td{_mark(column)}>{cell}</td>' for column, cell in zip(columns, row, strict=True))}</tr>"
        for row in found[:most]
    )
    more = f'<p class="soft">{len(found) - most} more are in the tables.</p>' if len(found) > most else ""
    search = (
        f'<p><input type="search" data-filters="{key}" placeholder="Search" aria-label="Search in: {title}"> '
        f'<output class="soft" id="{key}-shown" aria-live="polite"></output></p>'
        if len(found) > 10
        else ""
    )
    return f"""<section class="part" id="part-{key}">
<h2>{title} <span class="soft">{len(found)}</span></h2>{search}
<div class="scroll"><table class="list" id="{key}"><thead><tr>{head}</tr></thead><tbody>
{body}
</tbody></table></div>{more}
</section>"""


def _mark(column: Column) -> str:
    return ' class="number"' if column.number else ""


def _name(row: Row) -> str:
    """The name of a repository, which leads to its page where it has one."""
    name = text_of(row["repository"])
    return name if row.get("status") == "failed" else f'<a href="{row["folder"]}/{REPORTS["html"]}">{name}</a>'


def _agent(row: Row) -> tuple[str, str]:
    kind = "" if row["kind"] == "agent" else f' <span class="chip">{text_of(row["kind"])}</span>'
    return f"{text_of(row['name'] or 'without a name')}{kind}", _place(row)


def _place(row: Row) -> str:
    return f'<span class="place">{text_of(row["path"])}:{row["line"]}</span>'


def _listed(names: Iterable[str] | None) -> str:
    return ", ".join(f"<code>{text_of(name)}</code>" for name in sorted(set(names or ())))
