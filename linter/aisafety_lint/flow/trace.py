"""Traces for people: the way of a flow from source to sink, one step for each line of code that matters."""

from dataclasses import dataclass, field

from aisafety_lint.finding import Confidence, Location
from aisafety_lint.flow.nodes import Hit, Node
from aisafety_lint.flow.places import call_place
from aisafety_lint.flow.solver import Solver
from aisafety_lint.flow.sources import Seed
from aisafety_lint.flow.steps import steps
from aisafety_lint.program.conditions import row_confidence
from aisafety_lint.program.index import Index
from aisafety_lint.program.models import Row
from aisafety_lint.program.spelling import spelled

_LONGEST, _SHORTEST, _ALL = 2_000, 50, 1_000_000  # nodes of a way, and of the ways of all flows
_MANY, _VERY_MANY = 4, 8  # overrides of one method
_LONG, _VERY_LONG = 12, 20  # lines: the longer the way, the more it rests on objects that are untrusted only in part


@dataclass(frozen=True, slots=True)
class Flow:
    """Untrusted content that reaches a sink.

    `sink` is the sink's scope and call, `name` how it is written, `chain` the calls that lead to it from the context of
    the source, `way` the values that carried the content (scope, value), `steps` the same for people, with both ends;
    `indirect` what is seen to go into the prompt of the model that is the source; `row` is of the sink.
    """

    seed: Seed
    kind: str
    sink: tuple[int, int]
    name: str
    location: Location
    symbol: str
    chain: tuple[tuple[int, int], ...]
    steps: tuple[Location, ...]
    confidence: Confidence
    way: tuple[tuple[int, int], ...] = ()
    indirect: tuple[Location, ...] = ()
    row: Row = field(default_factory=dict, compare=False, repr=False)


def make_flow(solver: Solver, seed: Seed, hit: Hit, described: str, most: int = _LONGEST) -> Flow:
    """Describe one hit of a seed; `described` names the kind of source, `most` bounds the nodes of each part."""
    chain: list[tuple[int, int]] = []
    nodes: list[Node] = []
    current: Hit | None = hit
    while current is not None:
        nodes += _way(solver, current.node, most)
        chain.append((current.scope, current.call))
        last, current = current, current.inner
    name = spelled(solver.index, last.scope, last.call)
    location = call_place(solver.index, last.scope, last.call)
    way = tuple(dict.fromkeys((node.scope, node.value) for node in nodes))
    sink = Location(location.path, location.span, f"`{name}`")
    length = _lines(solver.index, nodes, sink)
    guessed = any(solver.reached[node].guessed for node in nodes if node in solver.reached)
    doubts = (length > _LONG) + (length > _VERY_LONG) + guessed
    entered = [*(scope for scope, _ in chain[1:]), -1]
    widest = max(len(_targets(solver, *call, run)) for call, run in zip(chain, entered, strict=True))
    doubts += (widest > _MANY) + (widest > _VERY_MANY)
    symbol = solver.index.scopes[last.scope].qualname
    return Flow(
        seed,
        last.kind,
        last.sink,
        name,
        location,
        symbol,
        tuple(chain),
        steps(solver.resolver, [(node.scope, node.value) for node in nodes], described, sink, chain),
        row_confidence(last.row, last.held, doubts),
        way,
        row=last.row,
    )


def most_nodes(flows: int) -> int:
    """How many nodes of a way are described where there are so many flows."""
    return max(_SHORTEST, min(_LONGEST, _ALL // max(flows, 1)))


def _targets(solver: Solver, scope: int, call: int, run: int) -> frozenset[int]:
    """The methods that a call may run by what is known of its receiver: the more, the less likely is `run` among them.

    None where the object is seen to be of the class that has the method, and not only of one above it.
    """
    found = {
        callee.scope: callee.receiver
        for callee in solver.resolver.callees(scope, call)
        if callee.kind == "function" and callee.receiver is not None
    }
    method = solver.index.value(scope, solver.index.value(scope, call).args[0])
    if run in found and method.op == "attr" and found[run] in solver.resolver.refs(scope, method.args[0]):
        return frozenset()
    return frozenset(found)


def _way(solver: Solver, node: Node, most: int) -> list[Node]:
    """The nodes from the start of a context to a node, through the contexts of the calls on the way."""
    found: list[Node] = []
    pending: list[tuple[Node, bool]] = [(node, False)]
    while pending and len(found) < most:
        current, done = pending.pop()
        arrival = solver.reached.get(current)
        if done or arrival is None or arrival.before is None:
            found.append(current)
            continue
        pending.append((current, True))
        if arrival.through is not None:
            pending.append((arrival.through, False))
        pending.append((arrival.before, False))
    return found


def _lines(index: Index, nodes: list[Node], sink: Location) -> int:
    """How many lines a way touches, one after the other: the measure of its length."""
    lines: list[tuple[str, int]] = []
    for node in nodes:
        value = index.value(node.scope, node.value)
        line = index.paths[node.scope], value.place[0]
        if value.place[0] and value.op != "phi" and lines[-1:] != [line]:
            lines.append(line)
    return len(lines) + (lines[-1:] != [(sink.path, sink.span.line)] or len(lines) == 1)
