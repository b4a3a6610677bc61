"""What an agent does when something fails: takes what is declared and the program, gives handlers that do nothing.

A handler that leaves, calls, stores or answers anything may be the declared reaction. One that is empty is none.
"""

from collections.abc import Iterator, Mapping, Sequence

from aisafety_lint.declaration.model import Breach, Power, PromisedAgent, Promises, Worker
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.finding import Confidence, Location
from aisafety_lint.program.asking import handlers, within
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.python.facts import Value
from aisafety_lint.source import Span

# What the head of a handler consists of: `except (stripe.error.CardError, OSError) as error`.
_HEAD = frozenset({"name", "attr", "import", "caught", "tuple"})


def fallback_breaches(
    promised: Promises, entries: Mapping[Worker, Sequence[PromisedAgent]], program: Program, terms: Terms
) -> Iterator[Breach]:
    """The consequential calls of tools whose failure is passed over, where the agent is declared to do something."""
    for worker, agents in entries.items():
        agent = next((one for one in agents if one.on_failure), None)
        if agent is None:
            continue
        for power in worker.powers:
            caught = next(_passing_over(program, power, terms), None)
            if caught is not None:
                yield _breach(promised, worker, agent, power, caught)


def _breach(promised: Promises, worker: Worker, agent: PromisedAgent, power: Power, caught: Location) -> Breach:
    return Breach(
        kind="declared-fallback-not-kept",
        location=Location(promised.path, agent.on_failure_span),
        words={
            "agent": agent.name,
            "declared": agent.on_failure,
            "tool": power.name,
            "place": f"{caught.path}:{caught.span.line}",
        },
        confidence=Confidence.MEDIUM,
        related=(caught, Location(worker.path, worker.span, "builds the agent")),
        key=power.name,
    )


def _passing_over(program: Program, power: Power, terms: Terms) -> Iterator[Location]:
    """The empty handlers around what a tool does."""
    for effect in program.effects:
        if not _is_of(effect, power) or terms.effect([effect.capability]) not in terms.consequential:
            continue
        for scope, call in effect.chain:
            for _, caught in handlers(program.index, scope):
                if call in caught.args[1 + int(caught.name) :] and _is_empty(program, scope, caught):
                    yield Location(program.index.paths[scope], Span(*caught.place), "passes over the failure")


def _is_of(effect: Effect, power: Power) -> bool:
    tool = effect.tool
    return (tool.path, tool.place[0], tool.name) == (power.path, power.line, power.name)


def _is_empty(program: Program, scope: int, caught: Value) -> bool:
    values = program.index.scopes[scope].values
    return all(value.op in _HEAD for value in values if within(value.place, caught.place))
