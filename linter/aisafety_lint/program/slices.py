"""Where a value of a scope comes from in the same scope, and what is known of it on that way."""

from collections.abc import Callable, Iterable, Iterator

from aisafety_lint.program.index import Index
from aisafety_lint.program.ingredients import split_of
from aisafety_lint.program.resolver import Resolver

_DEPTH = 10
_KEEPING = frozenset({"strip", "lower", "upper", "lstrip", "rstrip", "casefold"})


def sliced(
    index: Index, scope: int, value: int, depth: int = _DEPTH, within: Callable[[int, int], bool] | None = None
) -> frozenset[int]:
    """The value and the values it was derived from, conditions left out; not behind `within`."""
    found = {value}
    edge = [value]
    for _ in range(depth):
        edge = [
            item
            for one in edge
            for item in index.value(scope, one).args
            if item not in found and index.value(scope, one).op not in ("compare", "dict")
            if within is None or not within(scope, one)
        ]
        found.update(edge)
    return frozenset(found)


def went_through(index: Index, scope: int, value: int, calls: Iterable[str]) -> bool:
    """Whether a value was made by one of some calls on its way."""
    wanted = {name.rpartition(".")[2] for name in calls}
    for item in sliced(index, scope, value):
        known = index.value(scope, item)
        if known.op == "call" and index.value(scope, known.args[0]).name in wanted:
            return True
    return False


def helped_through(resolver: Resolver, scope: int, value: int, calls: Iterable[str]) -> bool:
    """Whether a value was made by one of some calls, here or in a function of the project that gives nothing else."""
    index = resolver.index
    if went_through(index, scope, value, calls):
        return True
    for item in sliced(index, scope, value):
        called = resolver.callees(scope, item) if index.value(scope, item).op == "call" else ()
        returns = [(ref.scope, given) for ref in called for given in index.scopes[ref.scope].returns]
        helpers = bool(returns) and all(ref.kind == "function" for ref in called)
        if helpers and all(went_through(index, *place, calls) for place in returns):
            return True
    return False


def alternatives(index: Index, scope: int, value: int) -> Iterator[int]:
    """The values one of which a variable holds, after the branches and loops that set it."""
    pending = [value]
    for item in pending:
        known = index.value(scope, item)
        if known.op == "phi":
            pending += [other for other in known.args if other not in pending]
        else:
            yield item


def kept(index: Index, scope: int, value: int) -> Iterator[int]:
    """A value and those behind `x.strip().lower()`: what is compared keeps every character that matters."""
    yield value
    known = index.value(scope, value)
    while known.op == "call" and len(known.args) == 1:
        function = index.value(scope, known.args[0])
        if function.op != "attr" or function.name not in _KEEPING:
            break
        yield function.args[0]
        known = index.value(scope, function.args[0])


def lacks(index: Index, scope: int, value: int, text: str, guard: int) -> bool:
    """Whether a value is known not to contain a text: tested for it, or split at it."""
    known = index.value(scope, value)
    if known.op == "element" and split_of(index, scope, known.args[0])[1] == text:
        return True
    while guard >= 0:
        item = index.scopes[scope].guards[guard]
        tested = index.value(scope, item.value)
        absent = {"NotIn": "true", "In": "false"}.get(tested.name) if tested.op == "compare" else None
        if item.holds == absent and tested.args[1] == value and index.value(scope, tested.args[0]).name == text:
            return True
        guard = item.parent
    return False
