"""Of what a value was made, in its own scope."""

from collections.abc import Iterator

from aisafety_lint.program.index import Index
from aisafety_lint.program.reads import read_of
from aisafety_lint.program.resolver import Resolver

_LEAVES = frozenset({"param", "name", "element"})
_MOST = 50


def made_of(resolver: Resolver, scope: int, value: int, origin: int) -> bool:
    """Whether nothing but one other value and constants went into a value: to be equal to it says nothing of either."""
    read = read_of(resolver.index, scope, origin)
    if read_of(resolver.index, scope, value) == read:
        return False
    pending = [value]
    found = False
    for item in pending:
        known = resolver.index.value(scope, item)
        if read_of(resolver.index, scope, item) == read:
            found = True
        elif known.op in _LEAVES or len(pending) > _MOST:
            return False
        else:
            pending += [other for other in _inputs(resolver, scope, item) if other not in pending]
    return found


def _inputs(resolver: Resolver, scope: int, value: int) -> Iterator[int]:
    """The operands of a value; of the function of a call the object that it is a method of."""
    known = resolver.index.value(scope, value)
    if known.op != "call":
        yield from known.args
        return
    yield from known.args[1:]
    base = known.args[0]
    while resolver.index.value(scope, base).op == "attr":
        base = resolver.index.value(scope, base).args[0]
    if base == known.args[0] or _is_named_function(resolver, scope, value):
        return
    yield base


def _is_named_function(resolver: Resolver, scope: int, call: int) -> bool:
    """Whether a call is one of a function of a module, and not of a method of an object."""
    paths = resolver.paths(scope, call)
    return bool(paths) and not any("(" in path or ":" in path or path.startswith(("?", "str.")) for path in paths)


def split_of(index: Index, scope: int, value: int) -> tuple[int | None, str]:
    """The text that `text.split(".")` takes apart, and what stands between its pieces."""
    known = index.value(scope, value)
    function = index.value(scope, known.args[0]) if known.op == "call" and len(known.args) == 2 else known
    if (function.op, function.name) != ("attr", "split"):
        return None, ""
    separator = index.value(scope, known.args[1])
    return (function.args[0], separator.name) if separator.kind == "str" else (None, "")


def wildcards(index: Index, scope: int, guard: int) -> frozenset[str]:
    """The parameters from which a list comes that a place asks to hold `"*"`: the operator allows everything there."""
    found: set[str] = set()
    while guard >= 0:
        known = index.scopes[scope].guards[guard]
        tested = index.value(scope, known.value)
        if known.holds == "true" and (tested.op, tested.name) == ("compare", "In"):
            left = index.value(scope, tested.args[0])
            if (left.op, left.kind, left.name) == ("const", "str", "*"):
                found.update(_kept_in(index, scope, tested.args[1]))
        guard = known.parent
    return frozenset(found)


def _kept_in(index: Index, scope: int, container: int) -> Iterator[str]:
    """The parameters of which a container is made; a key says which part of it, not what it holds."""
    pending = [container]
    for item in pending:
        known = index.value(scope, item)
        if known.op == "param":
            yield known.name
        inputs = known.args[:1] if known.op == "item" else known.args
        pending += [other for other in inputs if other not in pending]
