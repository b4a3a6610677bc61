"""What a value may stand for: a definition of the project, an instance of it, or something outside by its path."""

from collections.abc import Iterable
from typing import Literal

import msgspec

RefKind = Literal["function", "class", "instance", "module", "external", "container", "collection", "items", "super"]


class Ref(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """One thing that a value may be.

    `scope` is the number of a project scope (function, class, instance of a class, super of a class, container: the
    scope that holds the literal, collection: that with the call which makes it), `value` the container's value or -1.
    `path` is the access path of something external: a dotted name from an import, with `()` for a call and `[]` for an
    item, or `file:Type` for an instance of a modelled type, followed by attributes. `receiver` is the object a method
    was taken from. `items` are what the elements of an annotated collection may be. `given` is how many positional
    arguments of a function are bound already; of something external that `partial` has bound arguments of, `scope` and
    `value` are the call that did.
    """

    kind: RefKind
    scope: int = -1
    value: int = -1
    path: str = ""
    receiver: "Ref | None" = None
    items: tuple["Ref", ...] = ()
    given: int = 0


def external(path: str) -> Ref:
    """Something outside of the project."""
    return Ref("external", path=path)


Refs = tuple[Ref, ...]

MOST = 24
"""No answer holds more than this many: beyond it, a value stands for anything."""


def unique(refs: Iterable[Ref]) -> Refs:
    """The first `MOST` different ones, in order."""
    found: dict[Ref, None] = {}
    for ref in refs:
        found[ref] = None
        if len(found) >= MOST:
            break
    return tuple(found)
