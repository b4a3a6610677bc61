"""Patterns of `match` to conditions on the subject, with the values that they capture."""

import ast
from collections.abc import Sequence

from aisafety_lint.python.expressions import Expressions
from aisafety_lint.python.facts import Place

_WHOLE = frozenset({"bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})
"""Classes whose one positional pattern captures the subject itself."""


class Patterns(Expressions):
    """Translates patterns."""

    def pattern(self, pattern: ast.pattern, subject: int) -> int:
        """Translate a pattern to a condition on the subject and bind what it captures."""
        place = self.place(pattern)
        match pattern:
            case ast.MatchValue():
                return self.scope.value("compare", (subject, self.expression(pattern.value)), "Eq", place=place)
            case ast.MatchSingleton():
                constant = self.scope.value("const", (), repr(pattern.value), type(pattern.value).__name__, place)
                return self.scope.value("compare", (subject, constant), "Is", place=place)
            case ast.MatchOr():
                return self.scope.value(
                    "or", tuple(self.pattern(item, subject) for item in pattern.patterns), place=place
                )
            case ast.MatchAs():
                if pattern.name:
                    self.scope.bind(pattern.name, subject)
                if pattern.pattern is not None:
                    return self.pattern(pattern.pattern, subject)
            case ast.MatchStar() if pattern.name:
                self.scope.bind(pattern.name, subject)
            case ast.MatchSequence():
                return self._sequence(pattern.patterns, subject, place)
            case ast.MatchMapping():
                return self._mapping(pattern, subject, place)
            case ast.MatchClass():
                return self._class(pattern, subject, place)
        return self.scope.value("unknown", (), "pattern", place=place)

    def _sequence(self, patterns: Sequence[ast.pattern], subject: int, place: Place) -> int:
        star = next((i for i, item in enumerate(patterns) if isinstance(item, ast.MatchStar)), None)
        elements = [self.element(subject, i, star, place) for i in range(len(patterns))]
        return self._all(list(zip(elements, patterns, strict=True)), place)

    def _mapping(self, pattern: ast.MatchMapping, subject: int, place: Place) -> int:
        keys = [self.expression(key) for key in pattern.keys]
        items = [self.scope.value("item", (subject, key), self.constant_key(key), place=place) for key in keys]
        if pattern.rest:
            self.scope.bind(pattern.rest, subject)
        return self._all(list(zip(items, pattern.patterns, strict=True)), place)

    def _class(self, pattern: ast.MatchClass, subject: int, place: Place) -> int:
        wanted = self.expression(pattern.cls)
        tested = self.scope.value("compare", (subject, wanted), "isinstance", place=place)
        whole = isinstance(pattern.cls, ast.Name) and pattern.cls.id in _WHOLE
        parts = [
            (subject if whole else self.scope.value("attr", (subject,), str(i), "positional", place), item)
            for i, item in enumerate(pattern.patterns)
        ]
        parts += [
            (self.scope.value("attr", (subject,), name, place=place), item)
            for name, item in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)
        ]
        return self.scope.value("and", (tested, self._all(parts, place)), place=place)

    def _all(self, parts: Sequence[tuple[int, ast.pattern]], place: Place) -> int:
        conditions = tuple(self.pattern(item, value) for value, item in parts)
        return self.scope.value("and", conditions, "pattern", place=place)
