"""The agents and tools of the code in the terms of a declaration: takes the program and its map, gives workers."""

from collections.abc import Iterable, Iterator

from aisafety_lint.declaration.model import Power, Way, Worker
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.finding import Confidence, Location
from aisafety_lint.program.agents import Agent
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import constant
from aisafety_lint.program.model import Program
from aisafety_lint.program.origins import origins
from aisafety_lint.program.overview import MODEL_NAMES, Ability, AgentEntry, HeldEntry, Overview
from aisafety_lint.program.running import reached
from aisafety_lint.python.facts import Scope
from aisafety_lint.source import Span

_TOLD = frozenset({"tool", "dispatched"})
_UNTOLD = frozenset({"server", "library", "unknown", "project", "named", "schema"})
_LOCAL = ".<locals>"
_MAKER = ".__init__"
_STARRED = "*" * 8


def workers(program: Program, overview: Overview, terms: Terms) -> tuple[Worker, ...]:
    """The agents that the code builds, each with the tools that it is given."""
    tools = {(tool.path, tool.place[0], tool.name): tool.scope for tool in program.tools}
    by_place = {(agent.path, agent.place): agent for agent in program.agents}
    return tuple(
        _worker(program, by_place[entry.path, entry.place], entry, _Reader(program, terms, tools))
        for entry in overview.agents
        if entry.kind == "agent"
    )


def loose_powers(program: Program, overview: Overview, terms: Terms) -> tuple[Power, ...]:
    """The tools that no agent or server of the code is known to hold."""
    held = {item.ref for agent in overview.agents for item in agent.holds}
    reader = _Reader(program, terms, {})
    loose = (tool for tool in overview.tools if tool.id not in held)
    return tuple(
        reader.power(HeldEntry("tool", tool.name, tool.path, tool.place[0], "", "", tool.approved, tool.abilities))
        for tool in loose
    )


def _worker(program: Program, agent: Agent, entry: AgentEntry, reader: "_Reader") -> Worker:
    model = _model(program, agent)
    hidden = _STARRED in entry.model and len(entry.model) == len(model)  # the map stars out what is a secret
    powers = tuple(reader.power(item) for item in entry.holds if item.kind not in (*_UNTOLD, "agent"))
    return Worker(
        name=entry.name,
        path=entry.path,
        span=Span(*entry.place),
        symbols=tuple(dict.fromkeys(_symbols(program, agent))),
        model=entry.model if hidden else model,
        powers=powers,
        unknown=tuple(reader.power(item) for item in entry.holds if item.kind in _UNTOLD),
    )


def _model(program: Program, agent: Agent) -> str:
    """The name of the model of an agent, where the code says it; empty where it is set from outside."""
    resolver, spec = program.resolver, agent.row.get("model")
    for operand in operands(resolver, agent.scope, agent.call, spec) if spec else ():
        named = [constant(resolver, agent.scope, operand)]
        for scope, made in origins(resolver, agent.scope, operand):
            if program.index.value(scope, made).op == "call":
                given = (item for name in MODEL_NAMES for item in operands(resolver, scope, made, {"name": name}))
                named += [constant(resolver, scope, item) for item in given]
        for name in named:
            if isinstance(name, str):
                return name
    return ""


def _symbols(program: Program, agent: Agent) -> Iterator[str]:
    """The names of an agent in its file: what it is bound to, then the function or class that builds it."""
    if agent.scope < 0:
        return
    scope = program.index.scopes[agent.scope]
    bound = [*_bound(scope, agent.call)]
    if scope.form == "module":
        yield from bound
    parts = scope.qualname.partition(_LOCAL)[0].removesuffix(_MAKER)
    while parts:
        yield parts
        parts = parts.rpartition(".")[0]
    yield from bound


def _bound(scope: Scope, call: int) -> Iterator[str]:
    """The names that a call is bound to in its scope, also through an `await` or a copy."""
    same = {call}
    for position, value in enumerate(scope.values):
        if value.op in ("copy", "await", "enter") and value.args and value.args[0] in same:
            same.add(position)
    for name, values in scope.locals.items():
        if same.intersection(values):
            yield name
    for position in scope.stores:
        stored = scope.values[position]
        if len(stored.args) > 1 and stored.args[1] in same and stored.name.isidentifier():
            yield stored.name


class _Reader:
    """Turns what an agent holds into powers."""

    def __init__(self, program: Program, terms: Terms, tools: dict[tuple[str, int, str], int]) -> None:
        self.program = program
        self.terms = terms
        self.tools = tools

    def power(self, item: HeldEntry) -> Power:
        """One tool of an agent."""
        every = [ability for ability in item.abilities if not ability.sandboxed]
        shown = [ability for ability in every if not self._is_aside(ability)] or every
        return Power(
            name=item.name,
            kind=item.kind,
            path=item.path,
            line=item.line,
            effect=self.terms.effect([ability.capability for ability in shown]),
            ways=tuple(self._way(item, ability) for ability in shown),
            asked=item.approved,
            asking=self._asking(item),
            hidden=item.kind not in _TOLD,
        )

    def _way(self, item: HeldEntry, ability: Ability) -> Way:
        """From the tool to what it does."""
        start = Location(item.path, Span(item.line, 1, item.line, 1), f"the tool `{item.name}`")
        steps = (
            Location(stop.path, Span(stop.line, 1, stop.line, 1), f"calls `{stop.name}`") for stop in ability.proof
        )
        return Way(
            effect=self.terms.effect([ability.capability]),
            capability=ability.capability,
            steps=(start, *steps),
            sure=(
                ability.confidence is not Confidence.LOW
                and ability.capability not in self.terms.weak
                and not self._is_aside(ability)
            ),
            asked=ability.approved,
        )

    def _is_aside(self, ability: Ability) -> bool:
        """Whether an effect is housekeeping: something that is written far from the tool itself."""
        return ability.capability in self.terms.own and len(ability.proof) > 1

    def _asking(self, item: HeldEntry) -> bool:
        """Whether anything that a tool of the project runs asks a person and goes by the answer."""
        scope = self.tools.get((item.path, item.line, item.name))
        return scope is None or any(self.program.consent.asks(one) for one in reached(self.program.resolver, [scope]))


def effects_of(found: Iterable[Worker]) -> frozenset[str]:
    """The effects of all tools of some agents."""
    return frozenset(effect for worker in found for effect in worker.effects)
