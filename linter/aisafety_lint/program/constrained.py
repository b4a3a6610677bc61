"""What the type of a parameter or field asks of a text: `Annotated[str, Path(pattern="^[a-z]+$")]`.

A framework that fills a parameter, or a data model that is made of what came in, turns away what does not match.
"""

from aisafety_lint.program.aliases import written
from aisafety_lint.program.declared import last_name
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.patterns import characters_matched
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Annotation

_DEPTH = 6
_NOTHING: frozenset[str] = frozenset()


class Constrained:
    """Answers for which sink kinds the patterns of types leave nothing harmful."""

    def __init__(self, resolver: Resolver, kinds: Kinds) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.kinds = kinds

    def parameter(self, function: int, value: int) -> frozenset[str]:
        """The kinds for which a parameter is safe that a framework fills."""
        param = next((item for item in self.index.scopes[function].params if item.value == value), None)
        if param is None:
            return _NOTHING
        by_default = self._of_value(self.index.parents[function], param.default)
        return by_default | (self._of_type(function, param.annotation) if param.annotation else _NOTHING)

    def field(self, owner: int, name: str) -> frozenset[str]:
        """The kinds for which a field of a class is safe that a library fills and validates."""
        scope = self.index.scopes[owner]
        annotation = scope.annotations.get(name)
        values = scope.locals.get(name, ())
        by_default = self._of_value(owner, values[-1]) if values else _NOTHING
        return by_default | (self._of_type(owner, annotation) if annotation else _NOTHING)

    def _of_value(self, scope: int, value: int) -> frozenset[str]:
        """`= Query(..., pattern="^[a-z]+$")`."""
        called = value >= 0 and self.index.value(scope, value).op == "call"
        annotation = written(self.index, scope, value) if called else None
        return _NOTHING if annotation is None else self._of_pattern(annotation.pattern)

    def _of_type(self, scope: int, annotation: Annotation, depth: int = _DEPTH) -> frozenset[str]:
        if annotation.pattern or depth == 0:
            return self._of_pattern(annotation.pattern)
        kept = [item for item in annotation.args if item.name != "None"]
        if last_name(annotation) == "Annotated":
            return _NOTHING.union(*(self._of_type(scope, item, depth - 1) for item in kept))
        if last_name(annotation) in ("Optional", "Union") and kept:
            return frozenset.intersection(*(self._of_type(scope, item, depth - 1) for item in kept))
        aliases = () if annotation.args else self.resolver.aliases(scope, annotation.name)
        found = [self._of_type(where, other, depth - 1) for where, other in aliases]
        return frozenset.intersection(*found) if found else _NOTHING

    def _of_pattern(self, pattern: str) -> frozenset[str]:
        characters = characters_matched(pattern, full=False, start=False) if pattern else None
        return _NOTHING if characters is None else self.kinds.harmless(characters) | self.kinds.traits_of(pattern)
