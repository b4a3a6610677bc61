"""Decorators of the project: where the wrapper that a decorator puts around a function calls that function.

A decorated function is followed under its own name. What its wrappers establish before they call it (a check, a
person's answer) holds where it starts.
"""

from collections.abc import Iterator

from aisafety_lint.program.resolver import Resolver

Place = tuple[int, int]


class Wrappers:
    """Finds the calls of decorated functions in their wrappers."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self._known: dict[int, tuple[tuple[Place, ...], ...]] = {}

    def sites(self, function: int) -> tuple[tuple[Place, ...], ...]:
        """For each decorator with a wrapper the calls (wrapper, call) by which the function is reached through it."""
        known = self._known.get(function)
        if known is None:
            outer = self.index.parents[function]
            decorators = self.index.scopes[function].decorators
            found = (tuple(self._of(outer, value)) for value in decorators)
            known = self._known[function] = tuple(sites for sites in found if sites)
        return known

    def _of(self, outer: int, decorator: int) -> Iterator[Place]:
        for ref in self.resolver.refs(outer, decorator):
            function = self.resolver.function_of(ref) if ref.kind == "function" else None
            if function is not None:
                params = self.index.scopes[function].params[ref.receiver is not None :]
                for inner in self.index.children.get(function, ()) if params else ():
                    yield from self._calls(inner, params[0].name)

    def _calls(self, wrapper: int, name: str) -> Iterator[Place]:
        """The calls of the wrapped function, which the wrapper sees as a variable of the decorator."""
        known = self.index.scopes[wrapper]
        for call in known.calls:
            target = known.values[known.values[call.value].args[0]]
            if target.op == "name" and target.name == name and known.form == "function":
                yield wrapper, call.value
