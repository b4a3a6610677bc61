"""Switches of an object that its constructor sets to the safe side: `Files(root, confined=True)`.

What only runs with the switch on the other side is the decision of whoever builds the object so. Where this program
does, that is seen here; a construction that is a finding by itself (a grant) says enough about it.
"""

from collections.abc import Iterator

from aisafety_lint.program.constants import constant
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Param


class Switches:
    """Answers which conditions hold for no object that this program builds."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self._known: dict[tuple[int, str, bool], bool] = {}

    def never_set(self, scope: int, value: int, *, positive: bool) -> bool:
        """Whether an attribute of the receiver keeps the default of the constructor, and a condition asks for more."""
        known = self.index.value(scope, value)
        owner = self.index.enclosing_class(scope)
        params = self.index.scopes[scope].params
        if known.op != "attr" or owner is None or not params or known.args[0] != params[0].value:
            return False
        key = owner, known.name, positive
        if key not in self._known:
            self._known[key] = False
            self._known[key] = self._keeps(owner, known.name, unwanted=positive)
        return self._known[key]

    def _keeps(self, owner: int, attribute: str, *, unwanted: bool) -> bool:
        constructor = self.resolver.function_of(Ref("class", owner))
        param = None if constructor is None else self._param(constructor, attribute)
        if constructor is None or param is None or self._default(constructor, param) is not (not unwanted):
            return False
        return all(
            self._is_kept(scope, call, function, param.name, default=not unwanted)
            for scope, call, function in self._constructions(owner)
        )

    def _param(self, constructor: int, attribute: str) -> Param | None:
        """The parameter that a constructor keeps under an attribute as it is."""
        scope = self.index.scopes[constructor]
        stored = [value for value in scope.values if value.op == "store" and value.kind == "attr"]
        kept = {value.args[1] for value in stored if value.name == attribute}
        return next((param for param in scope.params if kept == {param.value}), None)

    def _default(self, function: int, param: Param) -> object:
        return None if param.default < 0 else constant(self.resolver, self.index.parents[function], param.default)

    def _constructions(self, owner: int) -> Iterator[tuple[int, int, int]]:
        """The calls (scope, call) of a class, its subclasses or its constructor, each with the function that runs."""
        family = {owner, *self.resolver.subclasses(owner)}
        names = {self.index.scopes[member].name for member in family}
        for name in sorted({*names, "__init__"}):
            for scope, call in self.index.calls_by_name.get(name, ()):
                if name == "__init__" and self.index.enclosing_class(scope) not in family:
                    continue
                for callee in self.resolver.callees(scope, call.value):
                    function = self.resolver.function_of(callee)
                    ours = callee.scope in family if callee.kind == "class" else name == "__init__"
                    if function is not None and ours:
                        yield scope, call.value, function

    def _is_kept(self, scope: int, call: int, function: int, name: str, *, default: bool) -> bool:
        """Whether a construction leaves a switch as it is, passes its own on, or is a finding."""
        record = self.index.calls[scope][call]
        given = self.resolver.argument_for(scope, record, function, name, bound=True)
        if given is None:
            return "**" not in record.keywords
        passed = next((param for param in self.index.scopes[scope].params if param.value == given), None)
        chosen = constant(self.resolver, scope, given) if passed is None else self._default(scope, passed)
        granted = (self.resolver.models.rows("grants", path) for path in self.resolver.paths(scope, call))
        return chosen is default or any(map(bool, granted))
