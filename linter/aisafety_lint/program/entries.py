"""What the decorators of a function have checked of its parameters before it starts."""

from typing import TYPE_CHECKING

from aisafety_lint.program.checked import meet
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.wrappers import Wrappers

if TYPE_CHECKING:
    from aisafety_lint.program.guards import Guards


class Entries:
    """Answers about the beginnings of functions; `guards` tell what a wrapper has checked where it calls."""

    def __init__(self, resolver: Resolver, guards: "Guards") -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.guards = guards
        self.wrappers = Wrappers(resolver)
        self._known: dict[tuple[int, str], frozenset[str]] = {}

    def at_entry(self, function: int, name: str) -> frozenset[str]:
        """The sink kinds for which a parameter is safe where a function starts, since its decorators check it."""
        key = function, name
        known = self._known.get(key)
        if known is None:
            self._known[key] = frozenset()
            found: frozenset[str] = frozenset()
            for sites in self.wrappers.sites(function):
                cleans = [self._passed_clean(*site, function, name) for site in sites]
                for other in cleans[1:]:
                    cleans[0] = meet(cleans[0], other)
                found |= cleans[0]
            known = self._known[key] = found
        return known

    def _passed_clean(self, wrapper: int, call: int, function: int, name: str) -> frozenset[str]:
        """The sink kinds for which a wrapper has checked what it passes on for a parameter."""
        record = self.index.calls[wrapper][call]
        guard = self.index.value(wrapper, call).guard
        operand = self.resolver.argument_for(wrapper, record, function, name, bound=False)
        if operand is not None:
            return self.guards.cleared(wrapper, operand, guard)
        found: frozenset[str] = frozenset()
        places = [param.name for param in self.index.scopes[function].params]
        for check in self.guards.checks(wrapper, guard):
            if (
                not check.path
                and not check.after
                and check.element < 0
                and self._is_forwarded(wrapper, check.value, name, str(places.index(name)))
            ):
                found |= check.cleans
        return found

    def _is_forwarded(self, wrapper: int, value: int, name: str, place: str) -> bool:
        """Whether a value is the part of `*args` or `**kwargs` that becomes a parameter."""
        known = self.index.value(wrapper, value)
        if known.op == "call" and len(known.args) > 1:
            function = self.index.value(wrapper, known.args[0])
            key = self.index.value(wrapper, known.args[1]).name
            base = function.args[0] if function.op == "attr" and function.name in ("get", "pop") else -1
        else:
            key, base = known.name, known.args[0] if known.op == "item" else -1
        source = self.index.value(wrapper, base) if base >= 0 else None
        return source is not None and source.op == "param" and (source.kind, key) in (("**", name), ("*", place))
