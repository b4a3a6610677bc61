"""What a call decides about the function that it enters: `read(name, external=False)` never runs the branch for others.

Only switches count: a parameter that is tested for being true by itself, or compared with texts, and that the call, or
the default of the parameter, gives as a constant; a function may pass its own on. The object that a method is called on
decides which methods of it that one calls.
"""

from collections.abc import Iterator

from aisafety_lint.flow.binding import argument_of
from aisafety_lint.flow.nodes import Hit
from aisafety_lint.program.constants import constant
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Value

_SWITCHES = (True, False, None)
_COMPARED = frozenset({"Eq", "NotEq", "In", "NotIn"})
_DEPTH = 4

Switch = tuple[str, tuple[object, ...] | None, bool]
"""A parameter, and what it has to be: one of some constants, or none of them; without constants, true or false."""


class Decided:
    """Answers whether a place in a function cannot be reached from a call of it."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self._wanted: dict[tuple[int, int], frozenset[Switch]] = {}
        self._barred: dict[tuple[int, int, int, int], bool] = {}

    def excludes(self, scope: int, call: int, hit: Hit) -> bool:
        """Whether a call (`scope`, `call`) sets a switch of a function so that it never gets to a hit in it."""
        return any(self._is_against(scope, call, hit.scope, switch) for switch in self.needed(hit))

    def bars(self, scope: int, call: int, function: int, value: int) -> bool:
        """Whether a call sets a switch of a function so that a value in it, which it would hand back, is never made."""
        guard = self.index.value(function, value).guard
        key = scope, call, function, guard
        if key not in self._barred:
            switches = self._under(function, guard)
            self._barred[key] = any(self._is_against(scope, call, function, switch) for switch in switches)
        return self._barred[key]

    def needed(self, hit: Hit, depth: int = _DEPTH) -> frozenset[Switch]:
        """What the parameters of a function have to be for it to get to a hit: also of what it passes on as it is."""
        found = self._under(hit.scope, self.index.value(hit.scope, hit.call).guard)
        if hit.inner is None or depth == 0:
            return found
        params = {param.value: param.name for param in self.index.scopes[hit.scope].params}
        passed = set()
        for name, constants, wanted in self.needed(hit.inner, depth - 1):
            operand = self._operand(hit.scope, hit.call, hit.inner.scope, name)
            if operand in params:
                passed.add((params[operand], constants, wanted))
        return found | passed

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

    def _under(self, function: int, guard: int) -> frozenset[Switch]:
        """What the parameters must be under a guard."""
        if guard < 0:
            return frozenset()
        known = self._wanted.get((function, guard))
        if known is None:
            item = self.index.scopes[function].guards[guard]
            decides = item.holds in ("true", "false")
            tested = self._tested(function, item.value, item.holds == "true") if decides else ()
            known = self._wanted[function, guard] = self._under(function, item.parent) | frozenset(tested)
        return known

    def _tested(self, function: int, value: int, holds: bool) -> Iterator[Switch]:
        known = self.index.value(function, value)
        if known.op == "param":
            yield known.name, None, holds
        elif known.op == "not" and not known.kind:
            yield from self._tested(function, known.args[0], not holds)
        elif (known.op == "and" and holds) or (known.op == "or" and not holds):
            for item in known.args:
                yield from self._tested(function, item, holds)
        elif known.op == "compare" and known.name in _COMPARED:
            yield from self._compared(function, known, holds is (known.name in ("Eq", "In")))

    def _compared(self, function: int, known: Value, equal: bool) -> Iterator[Switch]:
        """`mode == "fast"`, `mode in ("fast", "slow")`: the constants that a parameter is compared with."""
        left, right = known.args[0], known.args[-1]
        if self.index.value(function, left).op != "param":
            left, right = right, left
        subject, other = self.index.value(function, left), self.index.value(function, right)
        if subject.op != "param" or (known.name in ("In", "NotIn") and left == known.args[-1]):
            return
        listed = other.args if known.name in ("In", "NotIn") else (right,)
        if known.name in ("In", "NotIn") and other.op not in ("tuple", "list", "set"):
            return
        constants = tuple(constant(self.resolver, function, item) for item in listed)
        if all(isinstance(item, str) for item in constants):
            yield subject.name, constants, equal

    def _is_against(self, scope: int, call: int, function: int, switch: Switch) -> bool:
        """Whether a call gives something else for a switch; not where what it gives is not known."""
        name, constants, wanted = switch
        operand = self._operand(scope, call, function, name)
        where = scope
        if operand is None:
            return False
        if operand < 0:
            param = next(item for item in self.index.scopes[function].params if item.name == name)
            where, operand = self.index.parents[function], param.default
        value = None if operand < 0 else constant(self.resolver, where, operand)
        if constants is not None:
            return isinstance(value, str) and (value in constants) is not wanted
        return operand >= 0 and any(value is item for item in _SWITCHES) and bool(value) is not wanted

    def _operand(self, scope: int, call: int, function: int, name: str) -> int | None:
        """What a call passes for a parameter: -1 where the default is left, None where that is not known."""
        callees = [ref for ref in self.resolver.callees(scope, call) if self.resolver.function_of(ref) == function]
        record = self.index.calls[scope].get(call)
        if not callees or record is None or {"*", "**"} & {*record.keywords}:
            return None
        operand = argument_of(self.resolver, scope, call, callees, function, name)
        return -1 if operand is None else operand
