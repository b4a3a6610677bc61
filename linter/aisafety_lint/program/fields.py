"""What is established about the fields of an object when it has been made: by its constructor and its validators."""

from collections.abc import Iterator

from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import constant
from aisafety_lint.program.constrained import Constrained
from aisafety_lint.program.guards import Guards
from aisafety_lint.program.tools import DecoratorIndex

AFTERWARDS = ("__post_init__", "model_post_init")
"""The methods of its own that a class runs when an object has been made."""


class Fields:
    """Answers about fields of project classes."""

    def __init__(self, guards: Guards) -> None:
        self.guards = guards
        self.resolver = guards.resolver
        self.index = guards.index
        self.decorators = DecoratorIndex(guards.resolver)
        self.constrained = Constrained(guards.resolver, guards.kinds)
        self._cleared: dict[int, dict[str, frozenset[str]]] = {}

    def cleared(self, scope: int, attribute: int) -> frozenset[str]:
        """The sink kinds for which an attribute is safe, whichever of its classes the object is of."""
        value = self.index.value(scope, attribute)
        if value.op != "attr":
            return frozenset()
        owners = [ref.scope for ref in self.resolver.refs(scope, value.args[0]) if ref.kind == "instance"]
        found = [self._of_class(owner).get(value.name, frozenset()) for owner in owners]
        return frozenset.intersection(*found) if found else frozenset()

    def _of_class(self, owner: int) -> dict[str, frozenset[str]]:
        known = self._cleared.get(owner)
        if known is None:
            known = self._cleared[owner] = {}
            lineage = self.resolver.lineage(owner)
            validated = any(base.kind == "external" for base in lineage)
            for base in lineage:
                for field in self.index.scopes[base.scope].annotations if validated and base.kind == "class" else ():
                    known.setdefault(field, self.constrained.field(base.scope, field))
                for name, method in self.index.methods[base.scope].items() if base.kind == "class" else ():
                    for field, cleans in self._by_method(name, method):
                        known[field] = known.get(field, frozenset()) | cleans
        return known

    def _by_method(self, name: str, method: int) -> Iterator[tuple[str, frozenset[str]]]:
        """What a method that runs when an object is made establishes: of the fields by name, or of those it is for."""
        outer = self.index.parents[method]
        decorators = self.index.scopes[method].decorators
        rows = ((value, row) for value in decorators for row in self.decorators.rows(outer, value))
        for value, row in rows:
            if row["role"] != "validators":
                continue
            fields = [
                constant(self.resolver, outer, item) for item in operands(self.resolver, outer, value, row["fields"])
            ]
            for _, check in self.guards.summary(method, "returned", 4):
                if not check.path:
                    yield from ((field, check.cleans) for field in fields if isinstance(field, str))
        if name in AFTERWARDS:
            yield from self._of_receiver(method)

    def _of_receiver(self, method: int) -> Iterator[tuple[str, frozenset[str]]]:
        """The checks of `self.field` that hold where a method ends."""
        scope = self.index.scopes[method]
        if scope.end == -2 or scope.returns or not scope.params:
            return
        for check in self.guards.checks(method, scope.end):
            value = self.index.value(method, check.value)
            whole = not check.path and check.element < 0
            if value.op == "attr" and whole and value.args[0] == scope.params[0].value:
                yield value.name, check.cleans
