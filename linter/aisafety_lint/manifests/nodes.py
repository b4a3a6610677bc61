"""The value tree of a document: objects, arrays and scalars that keep the place of every key and value.

The parsers of the single syntaxes build it, `documents.parse` hands it out, queries and checks read it. Trees are
finite and shallow: a parser cuts what nests deeper than `MAX_DEPTH` and aliases that would multiply the document.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeAlias

from aisafety_lint.finding import Notification
from aisafety_lint.source import Span

MAX_DEPTH = 100
MOST_ROOTS = 10_000


class Places(Protocol):
    """What turns offsets of a text into a span of the file: a source text, or a text embedded in one."""

    @property
    def path(self) -> str: ...

    @property
    def text(self) -> str: ...

    def span(self, start: int, end: int) -> Span: ...


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    `raw` is the text as written, without quotes and escapes; `quoted` tells `"true"` from `true`; `tag` is the explicit
    tag of a YAML value (`!Sub`). What YAML 1.1 calls a boolean (`yes`, `on`) has a boolean value and its word in `raw`.
    """

    places: Places = field(repr=False, compare=False)
    start: int
    end: int
    value: str | int | float | bool | None
    raw: str
    quoted: bool = False
    tag: str = ""

    @property
    def span(self) -> Span:
        return self.places.span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Array:
    """A list of values."""

    places: Places = field(repr=False, compare=False)
    start: int
    end: int
    items: tuple["Node", ...] = ()
    tag: str = ""

    @property
    def span(self) -> Span:
        return self.places.span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Pair:
    """A key with its value; `merged` when it came into the object through a merge key."""

    key: Scalar
    value: "Node"
    merged: bool = False

    @property
    def name(self) -> str:
        """The key as text, as it is written: `on` and `1` too."""
        return self.key.raw


@dataclass(frozen=True, slots=True)
class Object:
    """A mapping in source order; where a key occurs twice the last one counts, as in the usual parsers."""

    places: Places = field(repr=False, compare=False)
    start: int
    end: int
    pairs: tuple[Pair, ...] = ()
    tag: str = ""
    index: Mapping[str, Pair] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {pair.key.raw: pair for pair in self.pairs})

    @property
    def span(self) -> Span:
        return self.places.span(self.start, self.end)

    def get(self, name: str) -> "Node | None":
        """The value of a key, or None where the key is absent."""
        pair = self.index.get(name)
        return None if pair is None else pair.value


Node: TypeAlias = Scalar | Array | Object


@dataclass(frozen=True)
class Document:
    """A parsed text: one root for each document in it (YAML may hold several), and what went wrong on the way."""

    places: Places
    syntax: str
    roots: tuple[Node, ...]
    notifications: tuple[Notification, ...] = ()

    @property
    def path(self) -> str:
        return self.places.path

    @property
    def root(self) -> Node:
        """The first root; an empty text has the root null."""
        return self.roots[0] if self.roots else Scalar(self.places, 0, 0, None, "")

    @cached_property
    def data(self) -> tuple[Any, ...]:
        """The roots as plain Python values (dict, list, str, int, float, bool, None)."""
        return tuple(to_data(root) for root in self.roots)


def to_data(node: Node) -> Any:
    """A node as plain Python values; of keys that occur twice the last one counts."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Array):
        return [to_data(item) for item in node.items]
    return {pair.key.raw: to_data(pair.value) for pair in node.pairs}


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in source order."""
    yield node
    if isinstance(node, Array):
        for item in node.items:
            yield from walk(item)
    elif isinstance(node, Object):
        for pair in node.pairs:
            yield from walk(pair.value)
