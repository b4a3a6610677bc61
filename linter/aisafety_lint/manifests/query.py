"""Queries over documents: RFC 9535 paths select nodes, and every selected node still knows its key, place and parents.

The paths run over the plain values of a document; what they find is traced back to the nodes that keep the places. Most
are a chain of keys and of "all of them", which is followed here; only the others need the library.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aisafety_lint.errors import UserError
from aisafety_lint.manifests.nodes import Array, Document, Node, Object, Scalar
from aisafety_lint.source import Span

if TYPE_CHECKING:
    from jsonpath import JSONPath, JSONPathEnvironment

_STEP = re.compile(
    r"\.([A-Za-z_][A-Za-z0-9_]*)|\[('[^'\\\x00-\x1f]*'(?:, *'[^'\\\x00-\x1f]*')*)\]|(\.\*|\[\*\])|(\.\.)(?=[A-Za-z_])"
)
_EVERY = 0
_BELOW = 1
"""The steps to every child, and to this value and all below it; a step by name is the name, by names all of them."""

_Step = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A selected node: `data` is its plain value, `key` the key it stands under, `parts` the way from the root."""

    node: Node
    data: Any = field(repr=False)
    key: Scalar | None = None
    parts: tuple[str | int, ...] = ()
    parent: "Match | None" = field(default=None, repr=False)

    @property
    def root(self) -> "Match":
        """The root of the document as a match."""
        match = self
        while match.parent is not None:
            match = match.parent
        return match

    @property
    def name(self) -> str:
        """The nearest key on the way from the root; empty at the root."""
        return next((part for part in reversed(self.parts) if isinstance(part, str)), "")

    @property
    def location(self) -> Span:
        """The short region to show: a scalar with its key where one line holds both; of what is larger, the key."""
        whole = self.node.span
        if isinstance(self.node, Scalar) or self.key is None:
            near = self.key is not None and self.key.span.line == whole.line == whole.end_line
            start = self.key.start if self.key is not None and near else self.node.start
            return _first_line(self.node, start)
        return self.key.span

    def child(self, part: str | int) -> "Match | None":
        """The match one step further, by key or index."""
        if isinstance(self.node, Object) and isinstance(part, str) and part in self.node.index:
            pair = self.node.index[part]
            return Match(pair.value, self.data[part], pair.key, (*self.parts, part), self)
        if isinstance(self.node, Array) and isinstance(part, int) and part < len(self.node.items):
            return Match(self.node.items[part], self.data[part], None, (*self.parts, part), self)
        return None

    def children(self) -> "Iterator[Match]":
        """The matches one step further, in source order."""
        names: tuple[str | int, ...] = ()
        if isinstance(self.node, Object):
            names = tuple(self.node.index)
        elif isinstance(self.node, Array):
            names = tuple(range(len(self.node.items)))
        for name in names:
            found = self.child(name)
            if found is not None:
                yield found

    def select(self, query: str) -> "tuple[Match, ...]":
        """What a path finds: from the root of the document with `$`, from this node with `@`."""
        if query.startswith("@"):
            keys = _keys(query)
            if keys is not None:
                return self._below(keys)
            return tuple(self._trace(parts) for parts in _find(f"${query[1:]}", self.data))
        check_query(query)
        return self.root.select(f"@{query[1:]}")

    def _below(self, keys: Sequence[str]) -> "tuple[Match, ...]":
        """What stands under some keys, one below the other."""
        match: Match | None = self
        for key in keys:
            match = match.child(key) if match is not None else None
        return () if match is None else (match,)

    def _trace(self, parts: tuple[str | int, ...]) -> "Match":
        match = self
        for part in parts:
            found = match.child(part)
            assert found is not None, "a path finds only what the document holds"
            match = found
        return match


def roots(document: Document) -> tuple[Match, ...]:
    """One match for each root of a document."""
    return tuple(Match(node, data) for node, data in zip(document.roots, document.data, strict=True))


def select(document: Document, query: str) -> tuple[Match, ...]:
    """What an RFC 9535 path (`$...`) finds in all roots; raises UserError for a path that is not valid."""
    return tuple(match for root in roots(document) for match in root.select(query))


def finds(query: str, data: Any) -> bool:
    """Whether a path (`$...`) finds anything in plain data."""
    return next(_find(query, data), None) is not None


def check_query(query: str) -> None:
    """Raise UserError unless the text is a path that starts with `$` or `@`."""
    if query[:1] not in ("$", "@"):
        raise UserError(
            f"`{query}` is not a path", hint="a path starts with `$` (the document) or `@` (the selected node)"
        )
    if _steps(f"${query[1:]}") is None:
        _compile(f"${query[1:]}")


def _find(query: str, data: Any) -> Iterator[tuple[str | int, ...]]:
    if not isinstance(data, (dict, list)):
        if query == "$":
            yield ()
        return
    steps = _steps(query)
    if steps is not None:
        yield from _walk(data, steps)
        return
    for found in _compile(query).finditer(data):
        yield found.parts


def _walk(data: Any, steps: Sequence[_Step]) -> Iterator[tuple[str | int, ...]]:
    """The ways to what a chain of steps leads to, in the order of the document."""
    if not steps:
        yield ()
        return
    step, rest = steps[0], steps[1:]
    if step == _BELOW:
        for way, value in _below(data):
            yield from ((*way, *more) for more in _walk(value, rest))
        return
    parts: Sequence[str | int] = ()
    if isinstance(step, (str, tuple)):
        names = (step,) if isinstance(step, str) else step
        parts = [name for name in names if name in data] if isinstance(data, dict) else ()
    elif isinstance(data, dict):
        parts = tuple(data)
    elif isinstance(data, list):
        parts = range(len(data))
    for part in parts:
        for way in _walk(data[part], rest):
            yield (part, *way)


def _below(data: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """A value and all below it, each with the way to it, a value before what is below it."""
    work: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while work:
        way, value = work.pop()
        yield way, value
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        work += reversed([((*way, part), item) for part, item in inner if isinstance(item, (dict, list))])


@lru_cache(maxsize=1024)
def _steps(query: str) -> tuple[_Step, ...] | None:
    """The steps of a path that is a chain of keys and of "all of them"; None for any other."""
    steps: list[_Step] = []
    end = 1
    while (step := _STEP.match(query, end)) is not None:
        steps.append(_BELOW if step[4] else _EVERY if step[3] else step[1] or _named(step[2]))
        # The name below is written without a dot of its own: `..name`.
        end = step.end() - 1 if step[4] else step.end()
    return tuple(steps) if end == len(query) else None


def _named(text: str) -> str | tuple[str, ...]:
    """The name between brackets, or the names, without their quotes."""
    names = tuple(part[1:-1] for part in re.findall(r"'[^']*'", text))
    return names[0] if len(names) == 1 else names


@lru_cache(maxsize=1024)
def _keys(query: str) -> tuple[str, ...] | None:
    """The keys of a path that names no more than keys, as most do."""
    steps = _steps(f"${query[1:]}") or ()
    keys = tuple(step for step in steps if isinstance(step, str))
    return keys if keys and len(keys) == len(steps) else None


@lru_cache(maxsize=1)
def _environment() -> "JSONPathEnvironment":
    import jsonpath

    return jsonpath.JSONPathEnvironment(strict=True)


@lru_cache(maxsize=1024)
def _compile(query: str) -> "JSONPath":
    import jsonpath

    try:
        path = _environment().compile(query)
    except jsonpath.JSONPathError as error:
        raise UserError(f"`{query}` is not a valid path: {error}") from error
    if not isinstance(path, jsonpath.JSONPath):
        raise UserError(f"`{query}` is not a single path")
    return path


def _first_line(node: Node, start: int) -> Span:
    """A span from an offset to the end of a node, cut at the end of its first line."""
    text = node.places.text
    end = next((at for at in range(start, node.end) if text[at] in "\r\n"), node.end)
    return node.places.span(start, max(end, min(start + 1, node.end)))
