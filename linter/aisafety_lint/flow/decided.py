"""What a call decides about the function that it enters: `read(name, external=False)` never runs the branch for others.

Only switches count: a parameter that is tested for being true by itself, and that the call, or the default of the
parameter, gives as a constant. The object that a method is called on decides which methods of it that one calls.
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

    def dispatches_past(self, scope: int, call: int, function: int, place: int, method: int) -> bool:
        """Whether a call is on an object whose class has another method in place of the one that `place` calls on self.

        `function` is the method that the call enters, `place` a call in it, and `method` what that would have to run.
        """
        owner = self.index.enclosing_class(function)
        called, receiver = self._method_of(function, place), self._method_of(scope, call)
        if owner is None or called is None or receiver is None or called[1] != self.index.scopes[method].name:
            return False
        itself = [param.value for param in self.index.scopes[function].params[:1]]
        outer = [param.value for param in self.index.scopes[scope].params[:1]]
        if [called[0]] != itself or [receiver[0]] == outer:
            return False
        refs = self.resolver.refs(scope, receiver[0])
        if not refs or any(ref.kind != "instance" for ref in refs):
            return False
        runs = [item.scope for ref in refs for item in self.resolver.member(ref, called[1]) if item.kind == "function"]
        return bool(runs) and method not in runs

    def _method_of(self, scope: int, call: int) -> tuple[int, str] | None:
        """The object of a call of a method, and the name of the method."""
        known = self.index.value(scope, call)
        function = self.index.value(scope, known.args[0]) if known.op == "call" else known
        return (function.args[0], function.name) if known.op == "call" and function.op == "attr" else None

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
