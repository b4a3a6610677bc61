"""The inventory of a declaration beside the code: tools, effects, approvals and agents that are not as declared."""

from collections.abc import Iterator, Sequence

from aisafety_lint.declaration.fallback import fallback_breaches
from aisafety_lint.declaration.matching import is_for_all, listed, meant
from aisafety_lint.declaration.model import Breach, Power, PromisedAgent, PromisedTool, Promises, Way, Worker
from aisafety_lint.declaration.reading import key_span
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.finding import Confidence, Location, Persona
from aisafety_lint.program.model import Program
from aisafety_lint.source import Span

_NAMES_SHOWN = 3
_ASKED = frozenset({"always", "above_limit"})


def inventory_breaches(promised: Promises, program: Program, found: Sequence[Worker], terms: Terms) -> Iterator[Breach]:
    """What the inventory says of the agents of the code that is not so; `found` are those it is about."""
    entries = entries_of(promised, found)
    for worker, agents in entries.items():
        yield from _tools(promised, worker, agents, terms)
        yield from _inputs(promised, worker, agents, terms)
    yield from fallback_breaches(promised, entries, program, terms)
    yield from _absent_tools(promised, entries)
    yield from _undeclared_agents(promised, [worker for worker in found if worker not in entries])


def entries_of(promised: Promises, found: Sequence[Worker]) -> dict[Worker, list[PromisedAgent]]:
    """The agents of the code that are listed, each with the entries that mean it."""
    entries: dict[Worker, list[PromisedAgent]] = {}
    for agent in promised.agents:
        for worker in meant(agent, found):
            entries.setdefault(worker, []).append(agent)
    return entries


def _tools(promised: Promises, worker: Worker, agents: Sequence[PromisedAgent], terms: Terms) -> Iterator[Breach]:
    """The tools of one agent of the code beside the inventory for it."""
    tools = [tool for agent in agents for tool in agent.tools]
    pairs = [(power, listed(power, tools)) for power in worker.powers]
    # What is listed and found by no name may be what has another name in the code.
    loose = set(tools) - {tool for _, tool in pairs if tool is not None}
    for power, tool in pairs:
        if tool is not None:
            yield from _approval(promised, power, tool, terms)
            yield from _effect(promised, worker, power, tool, terms)
        elif not any(is_for_all(one) for one in tools) and not (power.hidden and loose):
            yield _undeclared(promised, worker, power, agents[0], terms)


def _inputs(promised: Promises, worker: Worker, agents: Sequence[PromisedAgent], terms: Terms) -> Iterator[Breach]:
    """What an agent of the code reads that strangers write, beside the list of that."""
    declared = [agent.inputs for agent in agents if agent.inputs is not None]
    if len(declared) < len(agents):
        return
    named = frozenset().union(*declared)
    for kind, shown in terms.inputs.items():
        way = next((way for power in worker.powers for way in power.ways if way.sure and way.capability in shown), None)
        if way is not None and named.isdisjoint({kind, _ANSWERS}):
            place = way.steps[-1]
            problem = f"`{worker.title}` reads what others write (`{place.path}:{place.span.line}`)"
            yield Breach(
                kind="stale-threat-model",
                location=Location(promised.path, agents[0].inputs_span),
                words={"problem": f"{problem}, and `untrusted_inputs` has no `{kind}`"},
                persona=Persona.PEDANTIC,
                related=(Location(worker.path, worker.span, "builds the agent"),),
                flow=way.steps,
                key=f"{worker.title}:{kind}",
            )


_ANSWERS = "tool_results"
"""Whatever tools give: it stands for each kind of it."""


def _undeclared(promised: Promises, worker: Worker, power: Power, agent: PromisedAgent, terms: Terms) -> Breach:
    reads = terms.rank(power.effect) <= 0
    way = next((way for way in power.ways if way.effect == power.effect), None)
    does = f", which can {_DOES.get(power.effect, power.effect)}," if power.effect else ""
    return Breach(
        kind="undeclared-tool",
        location=Location(promised.path, agent.tools_span),
        words={"tool": power.name, "agent": worker.title, "does": does},
        shift=-1 if reads else 0,
        confidence=Confidence.MEDIUM if power.hidden else Confidence.HIGH,
        related=(
            Location(worker.path, worker.span, "builds the agent"),
            Location(power.path, Span(power.line, 1, power.line, 1), f"the tool `{power.name}`"),
        ),
        flow=way.steps if way else (),
        key=f"{worker.title}:{power.name}",
    )


_DOES = {
    "execute": "run commands or code",
    "money": "move money",
    "deploy": "change what is deployed",
    "access": "change access",
    "delete": "delete",
    "message": "send messages",
    "write": "write",
    "read": "only read",
}


def _approval(promised: Promises, power: Power, tool: PromisedTool, terms: Terms) -> Iterator[Breach]:
    """Approval is declared, and nothing asks a person before the declared effect, or before whatever the tool does."""
    if not is_promised_in_vain(power, tool, terms):
        return
    open_way = _open_way(power, tool, terms)
    steps = open_way.steps if open_way else ()
    place = steps[-1] if steps else Location(power.path, Span(power.line, 1, power.line, 1))
    yield Breach(
        kind="declared-approval-not-enforced",
        location=Location(promised.path, tool.approval_span),
        words={"tool": tool.name, "approval": tool.approval, "place": f"{place.path}:{place.span.line}"},
        confidence=Confidence.HIGH if open_way else Confidence.MEDIUM,
        related=(Location(place.path, place.span, "is reached with nobody asked"),),
        flow=steps,
        key=tool.name,
    )


def is_promised_in_vain(power: Power, tool: PromisedTool, terms: Terms) -> bool:
    """Whether approval is declared for a tool, and the code does not ask."""
    if tool.approval not in _ASKED or power.asked or (tool.approval == "above_limit" and power.asking):
        return False
    return _open_way(power, tool, terms) is not None or not (power.asking or power.approved)


def _open_way(power: Power, tool: PromisedTool, terms: Terms) -> Way | None:
    """A way to the declared effect that nobody is asked about.

    Where the declared effect is not seen as such, any question to a person in the tool may be the one that is meant.
    """
    exact = [way for way in power.ways if way.effect == tool.effect and way.effect != "read"]
    grave = [way for way in power.ways if terms.rank(way.effect) == 2]
    others = [way for way in power.ways if terms.rank(way.effect) == 1]
    if not exact and power.asking:
        return None
    return next((way for way in exact or grave or others if not way.asked), None)


def _effect(promised: Promises, worker: Worker, power: Power, tool: PromisedTool, terms: Terms) -> Iterator[Breach]:
    """The code does more than is declared: writes where it should read, or what has consequences."""
    way = stronger(power, tool, terms)
    if way is None:
        return
    place = way.steps[-1]
    yield Breach(
        kind="declared-effect-too-low",
        location=Location(promised.path, tool.effect_span),
        words={
            "tool": tool.name,
            "declared": tool.effect,
            "effect": way.effect,
            "place": f"{place.path}:{place.span.line}",
        },
        shift=0 if terms.rank(way.effect) == 2 else -1,
        related=(Location(worker.path, worker.span, "builds the agent"),),
        flow=way.steps,
        key=tool.name,
    )


def stronger(power: Power, tool: PromisedTool, terms: Terms) -> Way | None:
    """The way to the strongest effect of a tool, where that is more than is declared."""
    declared = terms.rank(tool.effect)
    more = [way for way in power.ways if way.sure and terms.rank(way.effect) > declared >= 0]
    return next((way for name in terms.effects for way in more if way.effect == name), None)


def _absent_tools(promised: Promises, entries: dict[Worker, list[PromisedAgent]]) -> Iterator[Breach]:
    """Tools that no agent of the code has, as far as the code tells all tools of the agents that are meant."""
    for agent in promised.agents:
        workers = [worker for worker, agents in entries.items() if agent in agents]
        powers = [power for worker in workers for power in worker.powers]
        if not workers or any(worker.unknown for worker in workers) or any(power.hidden for power in powers):
            continue
        for tool in agent.tools:
            if not is_for_all(tool) and not any(listed(power, [tool]) for power in powers):
                yield Breach(
                    kind="declared-tool-absent",
                    location=Location(promised.path, tool.span),
                    words={"problem": f"no agent in the code has the tool `{tool.name}` of `{agent.name}`"},
                    confidence=Confidence.MEDIUM,
                    related=tuple(Location(one.path, one.span, "builds the agent") for one in workers),
                    key=tool.name,
                )


def _undeclared_agents(promised: Promises, workers: Sequence[Worker]) -> Iterator[Breach]:
    """Agents with tools that the declaration does not list: told together."""
    able = [worker for worker in workers if worker.powers or worker.unknown]
    if not able:
        return
    names = [f"`{worker.title}`" for worker in able]
    more = len(names) - _NAMES_SHOWN
    told = ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    harmless = all(power.effect in ("", "read") for worker in able for power in worker.powers)
    yield Breach(
        kind="undeclared-agent",
        location=Location(promised.path, key_span(promised, "agents")),
        words={"agents": told},
        shift=-1 if harmless else 0,
        persona=Persona.PEDANTIC if harmless else None,
        related=tuple(Location(worker.path, worker.span, f"builds `{worker.title}`") for worker in able),
        key=told,
    )
