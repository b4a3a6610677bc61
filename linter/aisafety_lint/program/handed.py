"""What a function is given that a library runs: `executor.submit(build, spec)` calls `build(spec)`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from aisafety_lint.program.conditions import operands
from aisafety_lint.program.models import rows_of
from aisafety_lint.program.refs import Ref

if TYPE_CHECKING:
    from aisafety_lint.program.resolver import Resolver

_MOST = 16
_NAMING = frozenset({"name", "attr", "function", "import"})


def run_by_library(resolver: "Resolver", scope: int, call: int) -> Iterator[tuple[int, Sequence[int]]]:
    """The function that a library runs, and the operands that are handed to it in their order."""
    for row in rows_of(resolver.models, "runs", resolver.paths(scope, call)):
        if "rest" in row.get("arguments", {}):
            for function in operands(resolver, scope, call, row["function"]):
                yield function, operands(resolver, scope, call, row["arguments"])


class Handed:
    """Answers what the parameters of functions are given by such calls."""

    def __init__(self, resolver: "Resolver") -> None:
        self.resolver = resolver
        self.index = resolver.index
        self._calls: Mapping[str, Sequence[tuple[int, int]]] | None = None

    def parameter(self, function: int, name: str) -> Iterator[Ref]:
        """What a parameter may be by what is handed on for it."""
        if self._calls is None:
            self._calls = self._by_name()
        scope = self.index.scopes[function]
        for where, call in self._calls.get(scope.name, ())[:_MOST]:
            for value, given in run_by_library(self.resolver, where, call):
                for ref in self.resolver.refs(where, value):
                    if ref.kind == "function" and ref.scope == function:
                        names = [param.name for param in scope.params[ref.given + (ref.receiver is not None) :]]
                        place = names.index(name) if name in names else len(given)
                        yield from self.resolver.refs(where, given[place]) if place < len(given) else ()

    def _by_name(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """The calls that may run a function, by the names of their arguments."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for name in sorted({key.rpartition(".")[2] for key in self.resolver.models.facts["runs"]}):
            for scope, call in self.index.calls_by_name.get(name, ()):
                given = (self.index.value(scope, item) for item in self.index.value(scope, call.value).args[1:])
                for argument in {item.name for item in given if item.op in _NAMING}:
                    found[argument].append((scope, call.value))
        return found
