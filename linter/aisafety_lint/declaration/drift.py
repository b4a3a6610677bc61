"""What has changed in the code since a declaration was written: takes both, gives the lines of a difference.

`+` is in the code only, `-` in the declaration only, `~` in both and not the same.
"""

from collections.abc import Iterator, Sequence

from aisafety_lint.declaration.crosscheck import entries_of, is_promised_in_vain, stronger
from aisafety_lint.declaration.matching import is_for_all, listed
from aisafety_lint.declaration.model import Power, PromisedTool, Promises, Way, Worker
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.evals.declaration import BLANK

NEVER, ALWAYS = "never", "always"


def drift(promised: Promises, found: Sequence[Worker], terms: Terms) -> Iterator[str]:
    """The differences between the inventory of a declaration and the agents that it is about."""
    entries = entries_of(promised, found)
    for worker in found:
        if worker not in entries and (worker.powers or worker.unknown):
            yield f"+ agent `{worker.title}` {worker.path}:{worker.span.line}"
            yield from (f"+   tool `{power.name}`: {told(power)}" for power in worker.powers)
    for worker, agents in entries.items():
        yield from _tools(worker, [tool for agent in agents for tool in agent.tools], terms)
    for agent in promised.agents:
        meant = [worker for worker, agents in entries.items() if agent in agents]
        if not meant and found and (agent.path.endswith(".py") or not agent.path):
            yield f"- agent `{agent.name}`"
        elif meant and not any(worker.unknown for worker in meant):
            powers = [power for worker in meant for power in worker.powers]
            gone = [tool for tool in agent.tools if not is_for_all(tool) and not _has(powers, tool)]
            yield from (f"- tool `{tool.name}` of `{agent.name}`" for tool in gone)


def _has(powers: Sequence[Power], tool: PromisedTool) -> bool:
    return any(power.hidden or listed(power, [tool]) for power in powers)


def _tools(worker: Worker, tools: Sequence[PromisedTool], terms: Terms) -> Iterator[str]:
    for power in worker.powers:
        tool = listed(power, tools)
        name = f"tool `{power.name}` of `{worker.title}`"
        if tool is None:
            if not any(is_for_all(one) for one in tools):
                yield f"+ {name}: {told(power)}"
            continue
        open_effect = tool.effect in ("", BLANK) and bool(power.effect)
        way = effect_way(power) if open_effect else stronger(power, tool, terms)
        if way is not None:
            place = way.steps[-1]
            yield f"~ {name}: effect {tool.effect} -> {way.effect} ({place.path}:{place.span.line})"
        if is_promised_in_vain(power, tool, terms):
            yield f"~ {name}: approval {tool.approval} -> {NEVER} ({power.path}:{power.line})"
        elif tool.approval == NEVER and power.approved:
            yield f"~ {name}: approval {NEVER} -> {ALWAYS} ({power.path}:{power.line})"


def effect_way(power: Power) -> Way | None:
    """The way to the strongest effect of a tool, if any was found."""
    return next((way for way in power.ways if way.effect == power.effect), None)


def told(power: Power) -> str:
    """A tool in a few words: its effect, whether a person is asked, where it is."""
    effect = power.effect or "no effect found"
    asked = f", approval {ALWAYS if power.approved else NEVER}" if power.effect not in ("", "read") else ""
    return f"{effect}{asked} ({power.path}:{power.line})"
