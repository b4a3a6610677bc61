"""What a call decides about the function that it enters: `read(name, external=False)` never runs the branch for others.

Only switches count: a parameter that is tested for being true by itself, and that the call, or the default of the
parameter, gives as a constant.
"""

from collections.abc import Iterator

from aisafety_lint.flow.binding import argument_of
from aisafety_lint.program.constants import constant
from aisafety_lint.program.resolver import Resolver

_SWITCHES = (True, False, None)


class Decided:
    """Answers whether a place in a function cannot be reached from a call of it."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self._known: dict[tuple[int, int, int, int], bool] = {}

    def excludes(self, scope: int, call: int, function: int, place: int) -> bool:
        """Whether a call (`scope`, `call`) sets a switch of a function so that the value `place` is never computed."""
        guard = self.index.value(function, place).guard
        if guard < 0:
            return False
        key = scope, call, function, guard
        if key not in self._known:
            self._known[key] = any(
                self._given(scope, call, function, name) is (not wanted)
                for name, wanted in self._wanted(function, guard)
            )
        return self._known[key]

    def _wanted(self, function: int, guard: int) -> Iterator[tuple[str, bool]]:
        """The parameters that must be true, or false, under a guard."""
        guards = self.index.scopes[function].guards
        while guard >= 0:
            item = guards[guard]
            if item.holds in ("true", "false"):
                yield from self._tested(function, item.value, item.holds == "true")
            guard = item.parent

    def _tested(self, function: int, value: int, holds: bool) -> Iterator[tuple[str, bool]]:
        known = self.index.value(function, value)
        if known.op == "param":
            yield known.name, holds
        elif known.op == "not" and not known.kind:
            yield from self._tested(function, known.args[0], not holds)
        elif (known.op == "and" and holds) or (known.op == "or" and not holds):
            for item in known.args:
                yield from self._tested(function, item, holds)

    def _given(self, scope: int, call: int, function: int, name: str) -> bool | None:
        """The truth of what a call gives for a switch; None where it is not known."""
        callees = [ref for ref in self.resolver.callees(scope, call) if self.resolver.function_of(ref) == function]
        record = self.index.calls[scope].get(call)
        if not callees or record is None or {"*", "**"} & {*record.keywords}:
            return None
        operand = argument_of(self.resolver, scope, call, callees, function, name)
        where = scope
        if operand is None:
            param = next(item for item in self.index.scopes[function].params if item.name == name)
            where, operand = self.index.parents[function], param.default
        value = None if operand < 0 else constant(self.resolver, where, operand)
        return bool(value) if operand >= 0 and any(value is item for item in _SWITCHES) else None
