"""State that the nodes of a graph hand to each other: what one returns is written into it, and each is handed it.

Nodes are of the same graph where the same object is told of them; in what order they run is not asked.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from aisafety_lint.flow.transfer import Path
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.spelling import written

Place = tuple[int, int]


class States:
    """The nodes of graphs by their functions, and where each is handed the state."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.index = resolver.index

    def handed(self, function: int, path: Path) -> Iterator[tuple[int, int, Path]]:
        """Where a part of what a node returns is read: the parameters of the nodes of its graphs."""
        for parts, readers in self._graphs.get(function, ()):
            part = path[1:] if path[:1] and path[0] in parts else path
            if part:
                yield from ((scope, value, part) for scope, value in readers)

    def written(self, function: int, param: int) -> Iterator[Place]:
        """What the nodes return that a parameter of a node is handed, as (scope, value)."""
        for _, readers in self._graphs.get(function, ()):
            if (function, param) in readers:
                yield from ((scope, value) for scope, _ in readers for value in self.index.scopes[scope].returns)

    @cached_property
    def _graphs(self) -> Mapping[int, list[tuple[frozenset[str], tuple[Place, ...]]]]:
        """The graphs that a function is a node of: the parts of a result that hold what is written, and the readers."""
        parts: dict[tuple[int, str], frozenset[str]] = defaultdict(frozenset)
        nodes: dict[tuple[int, str], dict[Place, None]] = defaultdict(dict)
        for scope, call, row in self._tellings():
            function = self.index.value(scope, self.index.value(scope, call).args[0])
            graph = scope, self._graph_of(scope, function.args[0]) if function.op == "attr" else ""
            parts[graph] |= frozenset(row.get("parts", ()))
            nodes[graph].update(dict.fromkeys(self._readers(scope, call, row)))
        found: dict[int, list[tuple[frozenset[str], tuple[Place, ...]]]] = defaultdict(list)
        for graph, readers in nodes.items():
            for number in dict.fromkeys(scope for scope, _ in readers):
                found[number].append((parts[graph], tuple(readers)))
        return found

    def _tellings(self) -> Iterator[tuple[int, int, Row]]:
        """The calls that tell a graph of a node."""
        for name in self.resolver.models.candidates("states", self.index.calls_by_name):
            for scope, call in self.index.calls_by_name.get(name, ()):
                for row in rows_of(self.resolver.models, "states", self.resolver.paths(scope, call.value)):
                    yield scope, call.value, row

    def _graph_of(self, scope: int, value: int) -> str:
        """How the object is written that calls are chained on (`graph.add(one).add(other)`)."""
        known = self.index.value(scope, value)
        while known.op == "call" and (function := self.index.value(scope, known.args[0])).op == "attr":
            value = function.args[0]
            known = self.index.value(scope, value)
        return written(self.index, scope, value)

    def _readers(self, scope: int, call: int, row: Row) -> Iterator[Place]:
        """The first parameters of the functions that a call makes nodes."""
        for operand in operands(self.resolver, scope, call, row["function"]):
            for ref in self.resolver.refs(scope, operand):
                function = self.resolver.function_of(ref) if ref.kind in ("function", "instance") else None
                if function is not None:
                    params = self.index.scopes[function].params[_bound(self.resolver, ref, function) :]
                    yield from ((function, param.value) for param in params[:1])


def _bound(resolver: Resolver, ref: Ref, function: int) -> int:
    """How many parameters of a function that is referred to are filled already."""
    own = ref.kind == "instance" or ref.receiver is not None
    return ref.given + (own and resolver.index.enclosing_class(function) is not None)
