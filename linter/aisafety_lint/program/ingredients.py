"""Of what a value was made, in its own scope."""

from collections.abc import Iterator

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
