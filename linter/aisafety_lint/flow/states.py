"""What functions hand to each other where nobody calls them: the state of a graph, results, and objects by their class.

What a node of a graph returns is written into a state, and each node is handed it. Nodes are of the same graph where
the same object is told of them; in what order they run is not asked. Other frameworks hand a result to the functions
that are to run after it, or a message to those that have a parameter for its class.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from aisafety_lint.flow.transfer import FILE, Path
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.spelling import written
from aisafety_lint.program.tools import DecoratorIndex, methods_named

Place = tuple[int, int]


class Following(NamedTuple):
    """Who is handed what a function returns: of a state its `parts`, or else all of it, as a `whole`."""

    readers: tuple[Place, ...]
    parts: frozenset[str] = frozenset()
    whole: bool = False


class States:
    """What the models say of who is handed what, for the functions of the project."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.index = resolver.index

    def handed(self, function: int, path: Path) -> Iterator[tuple[int, int, Path]]:
        """Where a part of what a function returns is handed to, as parameters of others."""
        for after in self._following.get(function, ()):
            part = path[1:] if path[:1] and path[0] in after.parts else path
            if part or after.whole:
                # Around a loop of nodes parts of parts would be made again and again: what is below a part is one.
                kept = part if part[-1:] == FILE else part[:1]
                yield from ((scope, value, kept) for scope, value in after.readers)

    def delivered(self, owner: int) -> tuple[Place, ...]:
        """The parameters that objects of a class are handed to because they are of this class."""
        return tuple(self._typed.get(owner, ()))

    def written(self, function: int, param: int) -> Iterator[Place]:
        """What functions return that a parameter is handed, as (scope, value)."""
        for writer in self._before.get((function, param), ()):
            yield from ((writer, value) for value in self.index.scopes[writer].returns)

    @cached_property
    def _before(self) -> Mapping[Place, list[int]]:
        found: dict[Place, list[int]] = defaultdict(list)
        for writer, others in self._following.items():
            for reader in dict.fromkeys(reader for after in others for reader in after.readers):
                found[reader].append(writer)
        return found

    @cached_property
    def _following(self) -> Mapping[int, list[Following]]:
        """By each function, who is handed what it returns."""
        parts: dict[tuple[int, str], frozenset[str]] = defaultdict(frozenset)
        nodes: dict[tuple[int, str], dict[Place, None]] = defaultdict(dict)
        for scope, call, row in self._tellings():
            function = self.index.value(scope, self.index.value(scope, call).args[0])
            graph = scope, self._graph_of(scope, function.args[0]) if function.op == "attr" else ""
            parts[graph] |= frozenset(row.get("parts", ()))
            nodes[graph].update(dict.fromkeys(self._readers(scope, call, row)))
        found: dict[int, list[Following]] = defaultdict(list)
        for graph, readers in nodes.items():
            for number in dict.fromkeys(scope for scope, _ in readers):
                found[number].append(Following(tuple(readers), parts[graph]))
        for number, value, row in self._decorated:
            reader = self._own_params(number)[:1] if "after" in row else ()
            for before in self._named_in(number, value, row) if reader else ():
                found[before].append(Following(reader, whole=True))
        return found

    @cached_property
    def _typed(self) -> Mapping[int, dict[Place, None]]:
        """The parameters that are handed objects by their class."""
        found: dict[int, dict[Place, None]] = defaultdict(dict)
        for number, _, row in self._decorated:
            for param in self.index.scopes[number].params if "typed" in row else ():
                annotated = self.resolver.annotated(number, param.annotation) if param.annotation is not None else ()
                for ref in annotated:
                    if ref.kind == "instance":
                        found[ref.scope][number, param.value] = None
        rows = [(owner, name) for owner, name, row in self.resolver.models.methods if row["role"] == "states"]
        for owner, scope in enumerate(self.index.scopes) if rows else ():
            kinds = self.resolver.types(owner) if scope.form == "class" else ()
            for name in (name for kind, name in rows if kind in kinds):
                for method in methods_named(self.resolver, owner, name):
                    found[owner][method, self.index.scopes[method].params[0].value] = None
        return found

    @cached_property
    def _decorated(self) -> list[tuple[int, int, Row]]:
        """The functions that a decorator hands something to: each with the decorator and the row that says so."""
        if not any(row["role"] == "states" for _, row in self.resolver.models.decorators):
            return []
        rows = DecoratorIndex(self.resolver)
        return [
            (number, value, row)
            for number, scope in enumerate(self.index.scopes)
            for value in (scope.decorators if scope.form == "function" else ())
            for row in rows.rows(self.index.parents[number], value)
            if row["role"] == "states"
        ]

    def _named_in(self, function: int, decorator: int, row: Row) -> Iterator[int]:
        """The functions that a decorator names, alone or in a call that combines them (`any_of(first, second)`)."""
        outer = self.index.parents[function]
        called = self.index.value(outer, decorator).op == "call"
        pending = list(operands(self.resolver, outer, decorator, row["after"])) if called else []
        for operand in pending:
            known = self.index.value(outer, operand)
            pending += [item for item in known.args[1:] if item not in pending] if known.op == "call" else []
            yield from (ref.scope for ref in self.resolver.refs(outer, operand) if ref.kind == "function")

    def _own_params(self, function: int) -> tuple[Place, ...]:
        """The parameters of a function, the receiver left out."""
        params = self.index.scopes[function].params[self.index.enclosing_class(function) is not None :]
        return tuple((function, param.value) for param in params)

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
