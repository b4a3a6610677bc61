"""The map of a report as the page needs it: agents and tools with their places, findings and lines of code."""

from collections.abc import Iterator, Mapping
from typing import Any

from aisafety_lint.finding import Finding
from aisafety_lint.program.combination import PARTS
from aisafety_lint.report.map import HELD, told_data
from aisafety_lint.report.model import Report
from aisafety_lint.report.terminal import visible

_AROUND = 3
_LONGEST = 300
_CLASSES = ("private", "strangers", "out")
_EMPTY: Mapping[str, Any] = {"agents": [], "tools": [], "servers": [], "words": {}}

Entry = Mapping[str, Any]


def map_of(report: Report) -> Any:
    """Everything that the script draws."""
    known = report.map or _EMPTY
    agents = {agent["id"]: agent for agent in known["agents"]}
    drawn = {
        "agents": [_agent(report, agent, agents) for agent in known["agents"]],
        "tools": [_tool(report, tool) for tool in known["tools"]],
        "servers": [{**server, "findings": _findings(report, server)} for server in known["servers"]],
        "words": known["words"],
        "held": HELD,
        "parts": {
            capability: name for name, (_, part) in zip(_CLASSES, PARTS, strict=True) for capability in sorted(part)
        },
        "findings": [{"rule": item.rule, "message": item.message} for item in report.findings],
    }
    return _seen({**drawn, "lines": _lines(report, _places(drawn))})


def _seen(value: Any) -> Any:
    """The same data with every text as a person may see it."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(key): _seen(item) for key, item in value.items()}
    return [_seen(item) for item in value] if isinstance(value, list | tuple) else value


def _agent(report: Report, agent: Entry, agents: Mapping[str, Entry]) -> Entry:
    closed = _closed([agent, *(agents[other] for other in agent["hands_over"] if other in agents)])
    return {
        "id": agent["id"],
        "name": agent["name"],
        "kind": agent["kind"],
        "path": agent["path"],
        "line": agent["line"],
        "framework": agent["framework"],
        "model": agent["model"],
        "limits": [told_data(limit) for limit in agent["limits"]],
        "asks": ["every call" if name == "*" else name for name in agent["asks_about"]],
        "holds": [_held(item) for item in agent["holds"]],
        "hands": agent["hands_over"],
        "capabilities": agent["capabilities"],
        "closed": closed if agent["kind"] == "agent" else None,
        "findings": _findings(report, agent),
    }


def _closed(agents: list[Entry]) -> list[Entry] | None:
    """For each of the three parts the capabilities that bring it without a person; None where one is missing."""
    free = {
        ability["capability"]
        for agent in agents
        for item in agent["holds"]
        for ability in item["capabilities"]
        if not (item["approved"] or ability["approved"] or ability["confidence"] == "low")
    }
    parts: list[Entry] = [{"name": name, "capabilities": sorted(part & free)} for name, part in PARTS]
    return parts if all(part["capabilities"] for part in parts) else None


def _held(item: Entry) -> Entry:
    return {
        "kind": item["kind"],
        "name": item["name"],
        "path": item["path"],
        "line": item["line"],
        "ref": item["ref"],
        "detail": item["detail"],
        "approved": item["approved"],
        "abilities": _abilities(item),
    }


def _tool(report: Report, tool: Entry) -> Entry:
    return {
        "id": tool["id"],
        "name": tool["name"],
        "path": tool["path"],
        "line": tool["line"],
        "approved": tool["approved"],
        "abilities": _abilities(tool),
        "findings": _findings(report, tool),
    }


def _abilities(item: Entry) -> list[Entry]:
    return [
        {**ability, "proof": [{**stop, "name": stop["name"]} for stop in ability["proof"]]}
        for ability in item["capabilities"]
    ]


def _findings(report: Report, item: Entry) -> list[int]:
    """The numbers of the findings that are about the place of a thing, or about what it does."""
    stops = {
        (stop["path"], stop["line"])
        for ability in item.get("capabilities", ())
        if isinstance(ability, Mapping)
        for stop in ability["proof"]
    }
    here = {(item["path"], item["line"]), *stops}
    return [number for number, finding in enumerate(report.findings) if here & _starts(finding)]


def _starts(finding: Finding) -> set[tuple[str, int]]:
    """Where a finding is, and where its flows begin and end."""
    ends = (flow[index] for flow in finding.flows for index in (0, -1))
    return {(place.path, place.span.line) for place in (finding.location, *ends)}


def _places(drawn: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for item in (*drawn["agents"], *drawn["tools"], *drawn["servers"]):
        yield item["path"], item["line"]
        held = item.get("holds", ())
        yield from ((one["path"], one["line"]) for one in held)
        for ability in (*item.get("abilities", ()), *(able for one in held for able in one["abilities"])):
            yield from ((stop["path"], stop["line"]) for stop in ability["proof"])


def _lines(report: Report, places: Iterator[tuple[str, int]]) -> dict[str, dict[str, str]]:
    """The lines around some places, those without secrets and those with masked ones alike."""
    wanted: dict[str, set[int]] = {}
    for path, line in places:
        wanted.setdefault(path, set()).update(range(line - _AROUND, line + _AROUND + 1))
    return {
        path: {
            str(number): text.line(number)[:_LONGEST].replace("\t", "    ")
            for number in sorted(wanted[path])
            if 1 <= number <= len(text.starts)
        }
        for path in sorted(wanted)
        if (text := report.texts.get(path)) is not None
    }
