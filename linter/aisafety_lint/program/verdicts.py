"""Values that a model decides: its own answers, and what functions of the project make of them."""

from collections.abc import Collection

from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.running import call_sites
from aisafety_lint.python.facts import Value

_DEPTH = 12
_RETURNING = 2
_TAKING = frozenset(
    {"copy", "return", "await", "phi", "attr", "item", "element", "slice", "compare", "not", "and", "or"}
)

Place = tuple[int, int]


class Verdicts:
    """Tells which values come from the answers of models, also through functions that return them."""

    def __init__(self, resolver: Resolver, answers: Collection[Place]) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.calls = set(answers)
        for _ in range(_RETURNING):
            returning = sorted(
                {
                    scope
                    for scope, _ in self.calls
                    if any(self.of(scope, value) for value in self.index.scopes[scope].returns)
                }
            )
            self.calls |= {site for function in returning for site in call_sites(resolver, function)}

    def of(self, scope: int, value: int, depth: int = _DEPTH) -> bool:
        """Whether a value is taken from a model's answer: an attribute of it, a comparison with it, a part."""
        if (scope, value) in self.calls:
            return True
        known = self.index.value(scope, value)
        if depth == 0:
            return False
        return any(self.of(scope, item, depth - 1) for item in self._taken_from(scope, known))

    def _taken_from(self, scope: int, known: Value) -> tuple[int, ...]:
        """What a value is taken from: for a call its receiver and its arguments (`json.loads(answer)`)."""
        if known.op != "call":
            return known.args if known.op in _TAKING else ()
        function = self.index.value(scope, known.args[0])
        return (*(function.args[:1] if function.op == "attr" else ()), *known.args[1:])
