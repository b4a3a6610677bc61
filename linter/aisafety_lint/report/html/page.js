"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";

  // Text never becomes markup: elements are made one by one, and names are set as text.
  function make(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }
  function draw(name, attributes, ...children) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  // --- tabs
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  function show(tab, focus) {
    for (const one of tabs) {
      const chosen = one === tab;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      $(one.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
  }
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) show(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length], true);
    });
  }

  // --- findings
  const cards = [...document.querySelectorAll("details.finding")];
  const checked = (name) => new Set([...document.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.value));
  function filter() {
    const severities = checked("severity"), families = checked("family");
    const file = $("file").value, words = $("search").value.toLowerCase();
    let count = 0;
    for (const card of cards) {
      const { severity, family, paths, text } = card.dataset;
      const fits = severities.has(severity) && families.has(family) &&
        (!file || paths.split("\n").includes(file)) && (!words || text.includes(words));
      card.hidden = !fits;
      count += fits;
    }
    $("shown").textContent = `${count} of ${cards.length} shown`;
  }
  if (cards.length) {
    for (const card of cards) card.dataset.text = card.textContent.toLowerCase();
    $("filters").addEventListener("input", filter);
    $("filters").addEventListener("reset", () => setTimeout(filter));
    filter();
  }
  function openFinding(number) {
    const card = $(`finding-${number}`);
    show($("tab-findings"));
    card.hidden = false;
    card.open = true;
    card.scrollIntoView({ block: "start" });
    card.querySelector("summary").focus();
  }
  if (/^#finding-\d+$/.test(location.hash) && $(location.hash.slice(1))) openFinding(location.hash.slice(9));
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = cards.filter((card) => !card.hidden && !card.open);
    for (const card of opened) card.open = true;
  });
  addEventListener("afterprint", () => { for (const card of opened) card.open = false; });

  // --- the map: what is drawn
  if (!data.agents.length && !data.tools.length && !data.servers.length) return;
  const tools = new Map(data.tools.map((tool) => [tool.id, tool]));
  const agents = new Map(data.agents.map((agent) => [agent.id, agent]));
  const order = Object.keys(data.words);
  const place = (item) => `${item.path}:${item.line}`;

  function graphOf(chosen, loose) {
    const nodes = new Map(), edges = [];
    const add = (key, column, item, kind) => {
      if (!nodes.has(key)) nodes.set(key, { key, column, item, kind, next: [], back: [] });
      return nodes.get(key);
    };
    const join = (from, to, more) => edges.push({ from, to, ...more });
    const able = (node, abilities) => {
      for (const ability of abilities) {
        const end = add(`can ${ability.capability}`, 2, ability.capability, "capability");
        join(node, end, { approved: ability.approved, sandboxed: ability.sandboxed, part: data.parts[ability.capability] });
      }
    };
    for (const agent of chosen) {
      const start = add(`agent ${agent.id}`, 0, agent, agent.kind);
      for (const item of agent.holds) {
        if (item.kind === "agent") continue;
        const tool = tools.get(item.ref);
        const node = add(item.ref ? `tool ${item.ref}` : `held ${item.kind} ${item.name} ${place(item)}`, 1, tool || item, tool ? "tool" : item.kind);
        if (!edges.some((edge) => edge.from === start && edge.to === node)) join(start, node, { approved: item.approved });
      }
    }
    for (const agent of chosen) {
      for (const item of agent.holds) {
        if (item.kind === "agent" && agents.has(item.ref)) {
          join(nodes.get(`agent ${agent.id}`), add(`agent ${item.ref}`, 0, agents.get(item.ref), "agent"), { hand: true, approved: item.approved });
        }
      }
    }
    if (loose) {
      for (const tool of data.tools) add(`tool ${tool.id}`, 1, tool, "tool");
      for (const server of data.servers) add(`server ${server.name} ${place(server)}`, 1, server, "server");
    }
    for (const node of [...nodes.values()]) if (node.column === 1) able(node, node.item.abilities || []);
    for (const edge of edges) { edge.from.next.push(edge); edge.to.back.push(edge); }
    return { nodes: [...nodes.values()], edges };
  }

  // --- the map: where it is drawn. Tools are stacked in the order of their agents; the others stand beside their middle.
  const WIDTH = [250, 250, 190], HEIGHT = 42, GAP = 12, X = [70, 420, 770], TOP = 40;
  function layOut(graph) {
    const columns = [0, 1, 2].map((column) => graph.nodes.filter((node) => node.column === column));
    columns[2].sort((a, b) => order.indexOf(a.item) - order.indexOf(b.item));
    columns[1].forEach((node, index) => { node.y = TOP + index * (HEIGHT + GAP); });
    const middle = (edges, side) => {
      const known = edges.filter((edge) => !edge.hand && edge[side].y !== undefined);
      return known.length ? known.reduce((sum, edge) => sum + edge[side].y, 0) / known.length : undefined;
    };
    const settle = (column, side, edges) => {
      let last = TOP - HEIGHT - GAP;
      for (const node of column) node.wish = middle(node[edges], side) ?? Infinity;
      column.sort((a, b) => (a.wish === b.wish ? 0 : a.wish - b.wish));
      for (const node of column) last = node.y = Math.max(node.wish === Infinity ? 0 : node.wish, last + HEIGHT + GAP);
      const bottom = Math.max(TOP, ...graph.nodes.map((node) => node.y ?? 0));
      let next = bottom + HEIGHT + GAP;
      for (const node of [...column].reverse()) { next = Math.min(node.y, next - HEIGHT - GAP); if (next >= TOP) node.y = next; }
    };
    settle(columns[0], "to", "next");
    settle(columns[2], "from", "back");
    return Math.max(...graph.nodes.map((node) => node.y)) + HEIGHT + 16;
  }

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const titleOf = (node) => (node.kind === "capability" ? data.words[node.item] : node.item.name || place(node.item));
  function subtitleOf(node) {
    if (node.kind === "capability") return "";
    const item = node.item;
    if (node.column === 0) return `${item.kind}, ${item.framework}`;
    return node.kind === "tool" ? (item.approved ? "tool, a person is asked" : "tool") : (data.held[node.kind] || node.kind);
  }
  function boxOf(node) {
    const part = node.kind === "capability" ? (data.parts[node.item] || "other") : "";
    const alarmed = node.column === 0 && node.item.closed;
    const group = draw("g", {
      class: `node ${node.kind === "capability" ? `capability ${part}` : ""} ${alarmed ? "alarmed" : ""}`,
      tabindex: "0", role: "button", transform: `translate(${X[node.column]} ${node.y})`,
      "aria-label": `${titleOf(node)} ${subtitleOf(node)}${alarmed ? ", has all three" : ""}`,
    });
    const width = WIDTH[node.column], subtitle = subtitleOf(node);
    group.append(draw("title", {}, titleOf(node)));
    group.append(draw("rect", { class: "box", width, height: HEIGHT, rx: node.column === 1 ? 5 : 12 }));
    group.append(draw("text", { x: 12, y: subtitle ? 18 : 26 }, cut(titleOf(node), node.column === 2 ? 26 : 32)));
    if (subtitle) group.append(draw("text", { x: 12, y: 33, class: "sub" }, cut(subtitle, 42)));
    const found = (node.item.findings || []).length;
    if (found) {
      group.append(draw("circle", { class: "count", cx: width - 16, cy: HEIGHT / 2, r: 10 }));
      group.append(draw("text", { x: width - 16, y: HEIGHT / 2 + 4, "text-anchor": "middle" }, String(found)));
    }
    return group;
  }
  function lineOf(edge) {
    const y1 = edge.from.y + HEIGHT / 2, y2 = edge.to.y + HEIGHT / 2;
    const x1 = edge.hand ? X[0] : X[edge.from.column] + WIDTH[edge.from.column], x2 = X[edge.to.column];
    const bend = edge.hand ? -Math.min(56, 18 + Math.abs(y2 - y1) / 6) : (x2 - x1) / 2;
    const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${edge.hand ? x2 + bend : x2 - bend} ${y2} ${x2} ${y2}`;
    const group = draw("g", {});
    group.append(draw("path", { d, class: `edge ${edge.part || "other"} ${edge.sandboxed ? "sandboxed" : ""} ${edge.hand ? "hand" : ""}`, "marker-end": "url(#tip)" }));
    if (edge.approved) {
      const at = draw("g", { class: "gate", transform: `translate(${edge.hand ? x1 + bend * 0.75 : (x1 + x2) / 2} ${(y1 + y2) / 2})` });
      at.append(draw("title", {}, "a person is asked"), draw("circle", { r: 9 }), draw("path", { d: "M-3.6 5.2C-3.6 .8 3.6 .8 3.6 5.2M-2-2.4a2 2 0 1 0 4 0a2 2 0 1 0-4 0" }));
      group.append(at);
    }
    return group;
  }

  let boxes = new Map();
  function picture(graph) {
    const height = layOut(graph);
    const svg = draw("svg", { viewBox: `0 0 980 ${height}`, role: "group", "aria-label": "Agents, what they hold, and what that can do" });
    svg.append(draw("defs", {}, draw("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" }, draw("path", { d: "M0 0L8 4L0 8z", fill: "context-stroke" }))));
    ["AGENTS AND SERVERS", "HOLD", "WHICH CAN"].forEach((text, column) => svg.append(draw("text", { class: "head", x: X[column], y: 20 }, text)));
    const lines = new Map(graph.edges.map((edge) => [edge, lineOf(edge)]));
    boxes = new Map(graph.nodes.map((node) => [node, boxOf(node)]));
    svg.append(...lines.values(), ...boxes.values());
    for (const [node, box] of boxes) {
      const light = (on) => lighten(graph, lines, on ? node : null);
      box.addEventListener("click", () => open(node));
      box.addEventListener("focus", () => light(true));
      box.addEventListener("blur", () => light(false));
      box.addEventListener("mouseenter", () => light(true));
      box.addEventListener("mouseleave", () => light(false));
      box.addEventListener("keydown", (event) => move(event, graph, node));
    }
    $("picture").replaceChildren(svg);
  }
  function lighten(graph, lines, node) {
    const bright = new Set(node ? [node] : graph.nodes);
    if (node) for (const side of ["next", "back"]) {
      const ahead = [node];
      for (const one of ahead) for (const edge of one[side]) {
        const other = side === "next" ? edge.to : edge.from;
        if (!bright.has(other)) { bright.add(other); ahead.push(other); }
      }
    }
    for (const [one, box] of boxes) box.classList.toggle("dim", !bright.has(one));
    for (const [edge, line] of lines) line.classList.toggle("dim", !(bright.has(edge.from) && bright.has(edge.to)));
  }
  function move(event, graph, node) {
    const column = graph.nodes.filter((one) => one.column === node.column).sort((a, b) => a.y - b.y);
    const steps = {
      ArrowUp: () => column[column.indexOf(node) - 1],
      ArrowDown: () => column[column.indexOf(node) + 1],
      ArrowRight: () => node.next[0]?.to,
      ArrowLeft: () => node.back[0]?.from,
    };
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(node); }
    const to = steps[event.key]?.();
    if (to) { event.preventDefault(); boxes.get(to).focus(); }
  }

  // --- the panel: what a node is, where, and the code of it
  function code(path, line, around) {
    const lines = data.lines[path] || {}, shown = make("pre", { tabindex: "0" });
    for (let number = line - around; number <= line + around; number++) {
      if (lines[number] === undefined) continue;
      shown.append(make("span", { class: number === line ? "l at" : "l" }, make("span", { class: "n" }, String(number)), lines[number]));
    }
    return shown.childNodes.length ? shown : make("p", { class: "soft" }, "The code is not part of this report.");
  }
  function abilitiesOf(item) {
    return (item.abilities || []).flatMap((ability) => [
      make("h3", {}, `Can ${data.words[ability.capability]}${ability.approved ? ", after a person agreed" : ""}${ability.sandboxed ? ", in a sandbox" : ""} (${ability.confidence} confidence)`),
      ...ability.proof.flatMap((stop) => [make("p", { class: "place" }, `${stop.name}  ${place(stop)}`), code(stop.path, stop.line, 1)]),
    ]);
  }
  function open(node) {
    for (const [one, box] of boxes) box.classList.toggle("on", one === node);
    const panel = $("panel"), item = node.item, content = [make("h2", {}, titleOf(node))];
    if (node.kind === "capability") {
      const list = make("ul", {});
      for (const edge of node.back) {
        const go = make("button", { type: "button", class: "chip" }, titleOf(edge.from));
        go.addEventListener("click", () => { boxes.get(edge.from).focus(); open(edge.from); });
        list.append(make("li", {}, go, edge.approved ? " a person is asked" : ""));
      }
      content.push(make("h3", {}, "Brought by"), list);
    } else {
      content.push(make("p", { class: "soft" }, `${subtitleOf(node)} `, make("span", { class: "place" }, place(item))));
      if (item.model) content.push(make("p", {}, `Model: ${item.model}`));
      if (item.limits?.length) content.push(make("p", {}, `Limits: ${item.limits.join(", ")}`));
      if (item.asks?.length) content.push(make("p", {}, `Asks a person about: ${item.asks.join(", ")}`));
      if (item.detail) content.push(make("p", {}, make("code", {}, item.detail)));
      if (item.closed) content.push(alarm(item));
      content.push(code(item.path, item.line, 3));
      if (item.findings?.length) {
        const list = make("ul", {});
        for (const number of item.findings) {
          const link = make("a", { href: `#finding-${number}` }, `${data.findings[number].rule}: ${data.findings[number].message}`);
          link.addEventListener("click", (event) => { event.preventDefault(); openFinding(number); });
          list.append(make("li", {}, link));
        }
        content.push(make("h3", {}, "Findings"), list);
      }
      content.push(...abilitiesOf(item));
    }
    panel.replaceChildren(...content);
    panel.hidden = false;
    panel.scrollIntoView({ block: "nearest" });
  }
  function alarm(agent) {
    const parts = agent.closed.map((part) => `${part.name} (${part.capabilities.map((one) => data.words[one]).join(", ")})`);
    return make("p", { class: "alarm" }, `Without a person in between, ${agent.name || place(agent)} has all three: ${parts.join("; ")}.`);
  }

  // --- which agents
  const ALL = 14;
  function wanted() {
    const words = $("agent-search").value.toLowerCase(), capability = $("capability").value;
    return data.agents.filter((agent) =>
      (!words || `${agent.name} ${agent.path} ${agent.holds.map((item) => item.name).join(" ")}`.toLowerCase().includes(words)) &&
      (!capability || agent.capabilities.includes(capability)) && (!$("closed").checked || agent.closed));
  }
  function choose(agent) {
    for (const button of $("agents").children) button.setAttribute("aria-pressed", String(button.dataset.id === (agent ? agent.id : "")));
    const filtered = $("agent-search").value || $("capability").value || $("closed").checked;
    const reached = agent ? [agent, ...agent.hands.map((id) => agents.get(id)).filter(Boolean)] : wanted();
    const graph = graphOf(reached, !agent && !filtered);
    $("panel").hidden = true;
    $("alarms").replaceChildren(...reached.filter((one) => one.closed).slice(0, 3).map(alarm));
    if (graph.nodes.length) picture(graph);
    else $("picture").replaceChildren(make("p", { class: "soft" }, "Nothing fits."));
  }
  const rank = (agent) => [agent.closed ? 1 : 0, agent.findings.length, agent.capabilities.length, agent.hands.length, agent.holds.length];
  function before(one, other) {
    const a = rank(one), b = rank(other), at = a.findIndex((value, index) => value !== b[index]);
    return at < 0 ? 0 : b[at] - a[at];
  }
  const short = (item) => `${item.path.split("/").slice(-2).join("/")}:${item.line}`;
  function list() {
    const found = wanted().sort(before);
    const button = (id, ...content) => {
      const one = make("button", { type: "button", "data-id": id, "aria-pressed": "false" }, ...content);
      one.addEventListener("click", () => choose(id ? agents.get(id) : null));
      return one;
    };
    $("agents").replaceChildren(
      button("", `All of these (${found.length})`),
      ...found.map((agent) => button(agent.id, agent.name || "without a name",
        make("small", { title: place(agent) }, `${agent.kind}, ${cut(short(agent), 70)}`),
        ...(agent.closed ? [make("span", { class: "closed" }, "has all three")] : []))));
    choose(found.length > ALL ? found[0] : null);
  }
  $("map-filters").addEventListener("input", list);
  list();
})();
