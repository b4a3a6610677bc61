"""The map of a project for a person: what its agents hold and can do, with proofs, and what stayed open."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aisafety_lint.program.overview import Ability, AgentEntry, HeldEntry, LimitEntry, Overview, Stop, ToolEntry
from aisafety_lint.report.inspection import Inspection
from aisafety_lint.report.summary import looked_at
from aisafety_lint.report.terminal import count, visible

HELD = {
    "ready-made": "ready-made",
    "server": "server",
    "library": "of a library, nothing is known of what it can do",
    "dispatched": "a schema, whose function the project calls itself",
    "schema": "a schema, and it is not known what is called for it",
    "named": "by its name",
    "project": "of the project, but not known as a tool",
    "unknown": "it is not known which tools these are",
}
"""How the kinds of held things are told, other than tools and agents of the project."""


def text(inspection: Inspection) -> str:
    """A tree for each agent and server; then the tools that none of them holds, and the model calls."""
    known = inspection.overview
    held = {item.ref for agent in known.agents for item in agent.holds if item.kind in ("tool", "dispatched")}
    blocks = [
        _block("agents", (_agent(agent, known) for agent in known.agents if agent.kind == "agent")),
        _block("servers", (_agent(agent, known) for agent in known.agents if agent.kind == "server")),
        _block("graphs", (_agent(agent, known) for agent in known.agents if agent.kind not in ("agent", "server"))),
        _block("tools of no known agent", (_tool(tool, known.words) for tool in known.tools if tool.id not in held)),
        _block("model calls", ([f"`{call.name}` {call.path}:{call.line}"] for call in inspection.model_calls)),
        "\n".join(_open(inspection)),
    ]
    last = f"Looked at {looked_at(inspection.coverage)}."
    return "\n\n".join([*(block for block in blocks if block), last]) + "\n"


def _block(title: str, items: Iterable[Iterable[str]]) -> str:
    lines = [f"  {visible(line)}" for item in items for line in item]
    return "\n".join([title, *lines]) if lines else ""


def _open(inspection: Inspection) -> Iterator[str]:
    """Where to look for what could not be followed."""
    if number := len(inspection.unresolved):
        yield f"{count(number, 'call')} unresolved; `aisafety-lint inspect --unresolved` lists them."


def _agent(agent: AgentEntry, known: Overview) -> Iterator[str]:
    named = f"`{agent.name}`" if agent.name else "without a name"
    yield f"{named} {agent.path}:{agent.place[0]} ({agent.framework})"
    if agent.model:
        yield f"  model: `{agent.model}`"
    for limit in agent.limits:
        yield f"  limit: {told(limit)}"
    if agent.asks_about:
        asked = "every call" if "*" in agent.asks_about else ", ".join(f"`{name}`" for name in agent.asks_about)
        yield f"  asks a person about: {asked}"
    if agent.capabilities:
        together = " together with those it hands over to" if agent.hands_over else ""
        yield f"  can{together}: {', '.join(known.words[item] for item in agent.capabilities)}"
    for item in agent.holds:
        yield from (f"  {line}" for line in _held(item, known.words))


def told(limit: LimitEntry) -> str:
    """A limit in words."""
    where = f" in {limit.versions}" if limit.versions else ""
    match limit.origin:
        case "set":
            return f"{limit.name} {limit.value}"
        case "computed":
            return f"{limit.name} `{limit.written}`"
        case "default":
            return f"{limit.name} {limit.value}, the default{where}"
    return f"{limit.name} none{where}"


def told_data(limit: Mapping[str, Any]) -> str:
    """The same for a limit as plain data."""
    return told(LimitEntry(**limit))


def _held(item: HeldEntry, words: Mapping[str, str]) -> Iterator[str]:
    asked = ", a person is asked" if item.approved else ""
    if item.kind == "tool":
        yield f"tool `{item.name}` {item.path}:{item.line}{asked}"
    elif item.kind == "agent":
        yield f"hands over to `{item.name}` {item.path}:{item.line}{asked}"
    else:
        detail = f" `{item.detail}`" if item.detail else ""
        yield f"`{item.name}` {item.path}:{item.line}{detail} ({HELD[item.kind]}){asked}"
    yield from (f"  {_ability(ability, words)}" for ability in item.abilities)


def _tool(tool: ToolEntry, words: Mapping[str, str]) -> Iterator[str]:
    asked = ", a person is asked" if tool.approved else ""
    yield f"`{tool.name}` {tool.path}:{tool.place[0]} ({tool.framework}){asked}"
    yield from (f"  {_ability(ability, words)}" for ability in tool.abilities)


def _ability(ability: Ability, words: Mapping[str, str]) -> str:
    marks = [
        "after a person agreed" if ability.approved else "",
        "in a sandbox" if ability.sandboxed else "",
        "" if ability.confidence == max(type(ability.confidence)) else f"{ability.confidence} confidence",
    ]
    told_marks = "".join(f", {mark}" for mark in marks if mark)
    return f"can {words[ability.capability]}: {_way(ability.proof)}{told_marks}"


def _way(proof: tuple[Stop, ...]) -> str:
    return " > ".join(f"`{stop.name}` {stop.path}:{stop.line}" for stop in proof)
