"""The map of a project for a program (`rules/schema/inspect.schema.json`), and as a diagram in Mermaid."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from aisafety_lint import __version__
from aisafety_lint.program.overview import Ability, AgentEntry, HeldEntry, Overview, ToolEntry
from aisafety_lint.program.powers import ServerEntry
from aisafety_lint.report.encode import dump
from aisafety_lint.report.inspection import Inspection
from aisafety_lint.report.json import notification_data
from aisafety_lint.report.map import told
from aisafety_lint.report.unresolved import SCHEMA, unresolved_data

_PLAIN = frozenset(" ._-/:,()")
_LONGEST = 60
_SHAPES = {"agent": ('(["', '"])'), "server": ('[["', '"]]')}


def json(inspection: Inspection) -> str:
    """Everything that is known, and what is not."""
    known = inspection.overview
    return dump(
        {
            "schema": SCHEMA,
            "tool": {"name": "aisafety-lint", "version": __version__},
            "agents": [_agent(agent) for agent in known.agents],
            "tools": [_tool(tool) for tool in known.tools],
            "model_calls": [asdict(call) for call in inspection.model_calls],
            "unresolved": [unresolved_data(inspection, item) for item in inspection.unresolved],
            "notifications": [notification_data(item) for item in inspection.notifications],
            "coverage": asdict(inspection.coverage),
        }
    )


def whole_map(known: Overview, servers: Iterable[ServerEntry], owners: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Agents, tools and servers as plain data; `words` says for each capability what it lets a model do.

    `owners` are those of the files of agents.
    """
    return {
        "agents": [{**_agent(agent), "owners": list(owners[agent.path])} for agent in known.agents],
        "tools": [_tool(tool) for tool in known.tools],
        "servers": [{"name": item.name, "path": item.path, "line": item.line} for item in servers],
        "words": dict(known.words),
    }


def paths_of(known: Mapping[str, Any]) -> set[str]:
    """The files that a whole map names."""
    things = [*known["agents"], *known["tools"], *known["servers"]]
    held = [item for agent in known["agents"] for item in agent["holds"]]
    abilities = [ability for thing in (*known["tools"], *held) for ability in thing["capabilities"]]
    return {item["path"] for item in (*things, *held, *(stop for ability in abilities for stop in ability["proof"]))}


def _agent(agent: AgentEntry) -> Mapping[str, Any]:
    return {
        "id": agent.id,
        "name": agent.name,
        "kind": agent.kind,
        "path": agent.path,
        "line": agent.place[0],
        "column": agent.place[1],
        "framework": agent.framework,
        "model": agent.model,
        "limits": [limit._asdict() for limit in agent.limits],
        "asks_about": list(agent.asks_about),
        "holds": [_held(item) for item in agent.holds],
        "hands_over": list(agent.hands_over),
        "capabilities": list(agent.capabilities),
    }


def _held(item: HeldEntry) -> Mapping[str, Any]:
    return {
        "kind": item.kind,
        "name": item.name,
        "path": item.path,
        "line": item.line,
        "ref": item.ref or None,
        "detail": item.detail,
        "approved": item.approved,
        "capabilities": [_ability(ability) for ability in item.abilities],
    }


def _tool(tool: ToolEntry) -> Mapping[str, Any]:
    return {
        "id": tool.id,
        "name": tool.name,
        "path": tool.path,
        "line": tool.place[0],
        "column": tool.place[1],
        "framework": tool.framework,
        "approved": tool.approved,
        "capabilities": [_ability(ability) for ability in tool.abilities],
    }


def _ability(ability: Ability) -> Mapping[str, Any]:
    return {
        "capability": ability.capability,
        "approved": ability.approved,
        "sandboxed": ability.sandboxed,
        "confidence": str(ability.confidence),
        "proof": [stop._asdict() for stop in ability.proof],
    }


def mermaid(inspection: Inspection) -> str:
    """A flow chart from agents over their tools to what these can do; words on an edge say that a person decides."""
    return "\n".join(["flowchart LR", *(f"  {line}" for line in _Chart(inspection.overview).lines())]) + "\n"


class _Chart:
    """Numbers the nodes in the order in which they are met."""

    def __init__(self, known: Overview) -> None:
        self.known = known
        self.agents = {agent.id: f"a{number}" for number, agent in enumerate(known.agents)}
        self.tools = {tool.id: f"t{number}" for number, tool in enumerate(known.tools)}
        self.drawn: dict[tuple[str, str], str] = {}

    def lines(self) -> Iterator[str]:
        for agent in self.known.agents:
            limits = "".join(f"<br/>{label(told(limit))}" for limit in agent.limits)
            before, after = _SHAPES.get(agent.kind, _SHAPES["agent"])
            name = agent.name or f"{agent.path}:{agent.place[0]}"
            yield f"{self.agents[agent.id]}{before}{label(name)}{limits}{after}"
        for tool in self.known.tools:
            yield from self._node("tool", tool.id, self.tools[tool.id], tool.name)
            yield from self._abilities(self.tools[tool.id], tool.abilities)
        for agent in self.known.agents:
            for item in agent.holds:
                yield from self._held(self.agents[agent.id], item)

    def _held(self, agent: str, item: HeldEntry) -> Iterator[str]:
        """An edge to what an agent holds; agents and tools outside of the given paths get a node here."""
        if item.kind == "agent":
            if item.ref not in self.agents:
                self.agents[item.ref] = f"a{len(self.agents)}"
                yield f'{self.agents[item.ref]}(["{label(item.name)}"])'
            yield f"{agent} {_arrow(item.approved)} {self.agents[item.ref]}"
            return
        key = item.ref or f"{item.kind} {item.name} {item.path}:{item.line}"
        node = self.tools.get(key) or self.drawn.get(("held", key)) or f"h{len(self.drawn)}"
        if key not in self.tools:
            mark = " ?" if item.kind == "unknown" else ""
            yield from self._node("held", key, node, f"{item.name}{mark}")
            yield from self._abilities(node, item.abilities)
        yield f"{agent} {_arrow(item.approved)} {node}"

    def _node(self, kind: str, key: str, node: str, name: str) -> Iterator[str]:
        if (kind, key) not in self.drawn:
            self.drawn[kind, key] = node
            yield f'{node}["{label(name)}"]'

    def _abilities(self, node: str, abilities: tuple[Ability, ...]) -> Iterator[str]:
        for ability in abilities:
            able = f"c_{ability.capability.replace('-', '_')}"
            if ("ability", able) not in self.drawn:
                self.drawn["ability", able] = able
                yield f'{able}{{{{"{label(self.known.words[ability.capability])}"}}}}'
            if (node, able) not in self.drawn:
                self.drawn[node, able] = able
                yield f"{node} {_arrow(ability.approved)} {able}"


def _arrow(approved: bool) -> str:
    return '-- "a person is asked" -->' if approved else "-->"


def label(name: str) -> str:
    """A text that means nothing to Mermaid, HTML or Markdown: other characters by their number, cut if it is long."""
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
    return "".join(item if item.isalnum() or item in _PLAIN else f"#{ord(item)};" for item in short)
