"""Which functions run from a place on: takes the resolver, gives the functions that calls run and the calls of them."""

from collections.abc import Iterable, Iterator

from aisafety_lint.program.guards import Guards
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.slices import sliced

Place = tuple[int, int]
_HANDED_OVER = frozenset({"attr", "function", "name", "import"})


def functions_run(resolver: Resolver, scope: int, call: int) -> Iterator[int]:
    """The project functions that a call may run: what it calls, and the functions that it hands over."""
    index = resolver.index
    for callee in resolver.callees(scope, call):
        function = resolver.function_of(callee)
        if function is not None:
            yield function
    for operand in index.value(scope, call).args[1:]:
        if index.value(scope, operand).op in _HANDED_OVER:
            yield from (ref.scope for ref in resolver.refs(scope, operand) if ref.kind == "function")


def reached(resolver: Resolver, starts: Iterable[int]) -> frozenset[int]:
    """The functions that some functions run, themselves included."""
    found: set[int] = set()
    pending = list(starts)
    while pending:
        scope = pending.pop()
        if scope not in found:
            found.add(scope)
            for call in resolver.index.scopes[scope].calls:
                pending += [item for item in functions_run(resolver, scope, call.value) if item not in found]
    return frozenset(found)


def holders(guards: Guards, contents: Iterable[Place]) -> frozenset[int]:
    """The functions that hold some values, or get them back from a function that returns them."""
    index = guards.index
    pending = list(contents)
    seen = set(pending)
    while pending:
        scope, value = pending.pop()
        known = index.scopes[scope]
        if any(value in sliced(guards.index, scope, end) for end in (*known.returns, *known.yields)):
            fresh = [site for site in call_sites(guards.resolver, scope) if site not in seen]
            seen.update(fresh)
            pending += fresh
    return frozenset(scope for scope, _ in seen)


def call_sites(resolver: Resolver, function: int) -> Iterator[Place]:
    """The calls of a function, found by its name and confirmed by resolution."""
    index = resolver.index
    name = index.scopes[function].name
    if name in ("__init__", "__call__"):
        owner = index.enclosing_class(function)
        name = index.scopes[owner].name if owner is not None else name
    for scope, call in index.calls_by_name.get(name, ()):
        if any(resolver.function_of(callee) == function for callee in resolver.callees(scope, call.value)):
            yield scope, call.value
