"""Of which class the object is that a method runs on: takes a call, gives the functions that it runs and their objects.

`self.step()` in a method of a base class is the method of the class that the caller has an object of, and not that of
every class below the base.
"""

from collections.abc import Iterator

from aisafety_lint.program.resolver import Resolver

Classes = frozenset[int]
UNKNOWN: Classes = frozenset()


def run_on(
    resolver: Resolver, scope: int, call: int, functions: tuple[int, ...], known: Classes
) -> Iterator[tuple[int, Classes]]:
    """Those of the functions that a call runs, each with the classes that its object may be of, or none if unknown.

    `known` are the classes of the object that the calling function runs on itself.
    """
    index = resolver.index
    function = index.value(scope, index.value(scope, call).args[0])
    if function.op == "attr" and _is_own(resolver, scope, function.args[0]):
        fitting = _related(resolver, known)
        for number in functions:
            owner = index.enclosing_class(number)
            named = owner is not None and index.scopes[number].name == function.name
            if not known or not named or owner in fitting:
                yield number, known if named else UNKNOWN
        return
    found: dict[int, set[int]] = {}
    for callee in resolver.callees(scope, call):
        target = resolver.function_of(callee)
        on = callee if callee.kind in ("class", "instance") else callee.receiver
        if target is not None and on is not None and on.kind in ("class", "instance"):
            found.setdefault(target, set()).add(on.scope)
    yield from ((number, frozenset(found.get(number, ()))) for number in functions)


def _related(resolver: Resolver, known: Classes) -> frozenset[int]:
    """Some classes with what is above and below them."""
    above = {ref.scope for owner in known for ref in resolver.lineage(owner) if ref.kind == "class"}
    return frozenset(above.union(*(resolver.subclasses(owner) for owner in known)))


def _is_own(resolver: Resolver, scope: int, value: int) -> bool:
    """Whether a value is the object that a method runs on, also by `super()`."""
    index = resolver.index
    params = index.scopes[scope].params
    if index.enclosing_class(scope) is None or not params:
        return False
    known = index.value(scope, value)
    while known.op == "store":
        value = known.args[0]
        known = index.value(scope, value)
    if known.op == "call":
        return index.value(scope, known.args[0]).name == "super"
    return value == params[0].value and "staticmethod" not in resolver.decorated_with(scope)
