"""Traces for people: the way of a flow from source to sink, one step for each line of code that matters."""

from collections.abc import Iterator
from dataclasses import dataclass

from aisafety_lint.finding import Confidence, Location
from aisafety_lint.flow.solver import Hit, Node, Solver
from aisafety_lint.flow.sources import Seed
from aisafety_lint.program.conditions import row_confidence
from aisafety_lint.program.index import Index
from aisafety_lint.program.spelling import spelled
from aisafety_lint.python.facts import Place
from aisafety_lint.source import Span

_MANY, _VERY_MANY = 4, 8  # overrides of one method
_LONG, _VERY_LONG = 12, 20  # steps: the longer the way, the more it rests on objects that are untrusted only in part


@dataclass(frozen=True, slots=True)
class Flow:
    """Untrusted content that reaches a sink.

    `sink` is the sink's scope and call, `name` how it is written, `chain` the calls that lead to it from the context of
    the source, `way` the values that carried the content (scope, value), `steps` the same for people, with both ends.
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


def make_flow(solver: Solver, seed: Seed, hit: Hit, described: str) -> Flow:
    """Describe one hit of a seed; `described` names the kind of source."""
    chain: list[tuple[int, int]] = []
    nodes: list[Node] = []
    current: Hit | None = hit
    while current is not None:
        nodes += _way(solver, current.node)
        chain.append((current.scope, current.call))
        last, current = current, current.inner
    name = spelled(solver.index, last.scope, last.call)
    location = call_place(solver.index, last.scope, last.call)
    steps = _steps(solver, nodes, described, Location(location.path, location.span, f"`{name}`"))
    guessed = any(solver.reached[node].guessed for node in nodes if node in solver.reached)
    doubts = (len(steps) > _LONG) + (len(steps) > _VERY_LONG) + guessed
    widest = max(len(set(_targets(solver, *call))) for call in chain)
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
        steps,
        row_confidence(last.row, last.held, doubts),
        tuple(dict.fromkeys((node.scope, node.value) for node in nodes)),
    )


def _targets(solver: Solver, scope: int, call: int) -> Iterator[int]:
    """The methods that a call may run by what is known of its receiver: the more, the less likely is each of them."""
    for callee in solver.resolver.callees(scope, call):
        if callee.kind == "function" and callee.receiver is not None:
            yield callee.scope


def _way(solver: Solver, node: Node) -> list[Node]:
    """The nodes from the start of a context to a node, through the contexts of the calls on the way."""
    found: list[Node] = []
    pending: list[tuple[Node, bool]] = [(node, False)]
    while pending and len(found) < 2000:
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


def _steps(solver: Solver, nodes: list[Node], described: str, sink: Location) -> tuple[Location, ...]:
    found: list[Location] = []
    for location in _described(solver, nodes, described):
        if found and (found[-1].path, found[-1].span.line) == (location.path, location.span.line):
            continue
        found.append(location)
    if found and (found[-1].path, found[-1].span.line) == (sink.path, sink.span.line) and len(found) > 1:
        found.pop()
    return (*found, sink)


def _described(solver: Solver, nodes: list[Node], described: str) -> Iterator[Location]:
    index = solver.index
    for position, node in enumerate(nodes):
        value = index.value(node.scope, node.value)
        if value.place[0] == 0 or value.op == "phi":
            continue
        if position == 0:
            label = described
        elif value.op == "param":
            label = f"passed to `{index.scopes[node.scope].name}` as `{value.name}`"
        elif value.op == "return":
            label = f"returned by `{index.scopes[node.scope].name}`"
        else:
            name = index.local_names[node.scope].get(node.value)
            label = f"kept in `{name}`" if name else ""
        yield Location(index.paths[node.scope], one_line(value.place), label)


def one_line(place: Place) -> Span:
    """A place cut to its first line, since a primary region has to be short."""
    line, column, end_line, end_column = place
    return Span(line, column, line, end_column if end_line == line else column + 1)


def call_place(index: Index, scope: int, call: int) -> Location:
    """Where a call stands: one line, from the start of what is called, or the called name where that starts above."""
    value = index.value(scope, call)
    function = index.value(scope, value.args[0])
    line, column, end_line, end_column = value.place
    path = index.paths[scope]
    if end_line == line:
        return Location(path, Span(line, column, end_line, end_column))
    _, _, last_line, last_column = function.place
    if last_line == line or function.op != "attr":
        return Location(
            path, Span(line, column, line, last_column if last_line == line and last_column > column else column + 1)
        )
    return Location(path, Span(last_line, max(last_column - len(function.name), 1), last_line, last_column))
