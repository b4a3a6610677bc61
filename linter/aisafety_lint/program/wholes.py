"""Conditions on a collection as a whole that say something of each of its elements: `set(names) <= ALLOWED`."""

from collections.abc import Iterator

from aisafety_lint.program.constants import constant
from aisafety_lint.program.resolver import Resolver

_SETS = frozenset({"set", "frozenset"})


def all_listed(resolver: Resolver, scope: int, condition: int, holds: str) -> Iterator[int]:
    """The collection of which a condition says that all its elements are in another one.

    `set(names) <= ALLOWED` and `set(names).issubset(ALLOWED)` are true, `set(names) - ALLOWED` is false.
    """
    index = resolver.index
    known = index.value(scope, condition)
    if (known.op, known.name, holds) in (("compare", "LtE", "true"), ("arithmetic", "Sub", "false")):
        yield from _set_of(resolver, scope, known.args[0])
    elif known.op == "call" and len(known.args) == 2:
        function = index.value(scope, known.args[0])
        if function.op == "attr" and (function.name, holds) in (("issubset", "true"), ("difference", "false")):
            yield from _set_of(resolver, scope, function.args[0])


def texts_tried(resolver: Resolver, scope: int, value: int) -> tuple[tuple[str, ...], int]:
    """The texts that a value is, one after the other, and the element of a loop over them that it is, or -1."""
    known = resolver.index.value(scope, value)
    if known.op == "element" and not known.name:
        each = constant(resolver, scope, known.args[0])
        return tuple(each) if isinstance(each, str) else texts_of(resolver, scope, known.args[0]), value
    return texts_of(resolver, scope, value), -1


def texts_of(resolver: Resolver, scope: int, value: int) -> tuple[str, ...]:
    """The texts that a value is, or that are the elements of a literal."""
    known = resolver.index.value(scope, value)
    if known.op == "const":
        return (known.name,) if known.kind == "str" else ()
    literals = [ref for ref in resolver.refs(scope, value) if ref.kind == "container"]
    items = [(ref.scope, item) for ref in literals for item in resolver.index.value(ref.scope, ref.value).args]
    found = (constant(resolver, *item) for item in items)
    return tuple(item for item in found if isinstance(item, str))


def _set_of(resolver: Resolver, scope: int, value: int) -> Iterator[int]:
    """What `set(names)` is the set of."""
    known = resolver.index.value(scope, value)
    if known.op == "call" and len(known.args) == 2 and _SETS & set(resolver.paths(scope, value)):
        yield known.args[1]
