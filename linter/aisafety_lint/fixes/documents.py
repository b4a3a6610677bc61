"""Edits of documents in place: takes a text, its syntax and a remedy at a node, gives the edits of the text.

Only the characters of a value, a key or an item are touched: the rest of the file is not written anew. Block style of
YAML and flow style (JSON, and brackets in YAML and TOML) differ in what separates the items, and in nothing else here.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from aisafety_lint.finding import Edit, Remedy
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.manifests.documents import Array, Document, Node, Object, Scalar
from aisafety_lint.source import SourceText

SYNTAXES = ("yaml", "json", "toml", "markdown", "dockerfile", "unit")
_PLAIN = re.compile(r"[A-Za-z][\w./${} -]*[\w}]|[A-Za-z]|\d+|\$\{[\w:.-]+\}")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_BLANK = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|$)")


@dataclass(frozen=True, slots=True)
class Found:
    """A node of a document, the container that it stands in, and its place among the items of that."""

    node: Node
    parent: "Found | None" = None
    number: int = 0

    @property
    def start(self) -> int:
        """Where the item begins: the key of a pair, or the node itself."""
        parent = self.parent.node if self.parent else None
        return parent.pairs[self.number].key.start if isinstance(parent, Object) else self.node.start

    @property
    def siblings(self) -> "Sequence[Found]":
        """The items of the container, this one among them."""
        return () if self.parent is None else tuple(_below(self.parent))


@dataclass(frozen=True)
class Located:
    """A document, and what stands at each place in it."""

    document: Document

    @cached_property
    def inside(self) -> Mapping[tuple[int, int], Found]:
        """The nodes that lie where the containers lie that they stand in."""
        return self._nodes(everywhere=False)

    @cached_property
    def everywhere(self) -> Mapping[tuple[int, int], Found]:
        """All nodes: what an alias stands for lies elsewhere than its container."""
        return self._nodes(everywhere=True)

    def _nodes(self, *, everywhere: bool) -> dict[tuple[int, int], Found]:
        found: dict[tuple[int, int], Found] = {}
        pending = [Found(root) for root in self.document.roots]
        while pending:
            item = pending.pop()
            found.setdefault((item.node.start, item.node.end), item)
            pending += (
                one
                for one in _below(item)
                if everywhere or (item.node.start <= one.node.start and one.node.end <= item.node.end)
            )
        return found


def document_edits(text: SourceText, kind: str, located: Located, remedy: Remedy) -> tuple[Edit, ...]:
    """The edits that a remedy is in a document, as read from its text."""
    document = located.document
    if kind not in SYNTAXES:
        raise Refusal("this kind of file is not changed")
    span = remedy.location.span
    place = text.offset(span.line, span.column), text.offset(span.end_line, span.end_column)
    found = located.inside.get(place) or located.everywhere.get(place)
    if found is None:
        raise Refusal("the value is not where it was")
    known = remedy.known
    match remedy.edit:
        case "set":
            return (_set(text, document, found, json.loads(known["value"])),)
        case "substitute":
            return (_substitute(text, document, found, known["pattern"], known["with"]),)
        case "set-key":
            return (_set_key(text, document, found, known["key"], json.loads(known["value"])),)
        case "add-item":
            return (_add_item(text, document, found, json.loads(known["value"])),)
        case "delete-key":
            return _delete_key(text, document, found, known["key"])
        case "delete":
            return (_delete(text, document, found),)
        case "reference":
            return (_substitute(text, document, found, known["pattern"], known["value"].replace("\\", "\\\\")),)
    raise Refusal("nothing is known to be done")


def _below(found: Found) -> Iterator[Found]:
    node = found.node
    if isinstance(node, Object):
        for number, pair in enumerate(node.pairs):
            if not pair.merged:
                yield Found(pair.value, found, number)
    elif isinstance(node, Array):
        for number, item in enumerate(node.items):
            yield Found(item, found, number)


def _set(text: SourceText, document: Document, found: Found, value: object) -> Edit:
    """Another value for a scalar, written as the old one was."""
    node = found.node
    flow = found.parent is not None and _is_flow(text, document, found.parent.node)
    if not isinstance(node, Scalar):
        if isinstance(value, list | dict) or not _is_flow(text, document, node):
            raise Refusal("the value is more than a word")
        return Edit(text.path, node.start, node.end, _written(document, value, '"', flow=flow))
    before = text.text[node.start : node.end]
    if before[:1] in ("|", ">", "&", "*", "!") or node.end <= node.start:
        raise Refusal("the value is written in a way that is not changed")
    quote = before[0] if node.quoted and before[:1] in ("'", '"') else ""
    return Edit(text.path, node.start, node.end, _written(document, value, quote, flow=flow))


def _substitute(text: SourceText, document: Document, found: Found, pattern: str, with_: str) -> Edit:
    """What a pattern matches in a text, replaced."""
    node = found.node
    if not isinstance(node, Scalar):
        raise Refusal("the value is more than a word")
    after, count = re.subn(pattern, with_, node.raw)
    if not count:
        raise Refusal("the value is written in a way that is not changed")
    return _set(text, document, found, after)


def _written(document: Document, value: object, quote: str, *, flow: bool = False) -> str:
    """A value in the syntax of a document; with these quotes where it is a text that may have them."""
    if document.syntax in ("dockerfile", "unit"):
        return str(value)
    if not isinstance(value, str):
        return json.dumps(value)
    if document.syntax in ("yaml", "markdown"):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not (flow and re.search(r"[{}]", value))
        if plain and not quote:
            return value
        if quote == "'" and "'" not in value:
            return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)


def _is_flow(text: SourceText, document: Document, node: Node) -> bool:
    """Whether the items of a container are in brackets, with commas between them."""
    return text.text[node.start : node.start + 1] in ("{", "[") and not (
        document.syntax == "toml" and text.text[node.end - 1 : node.end] not in ("}", "]")
    )


def _set_key(text: SourceText, document: Document, found: Found, key: str, value: object) -> Edit:
    """A key with a value: another value for one that is there, else a new pair below the last one."""
    node = found.node
    if not isinstance(node, Object):
        raise Refusal("there is nothing that has keys")
    for item in _below(found):
        if node.pairs[item.number].name == key:
            return _set(text, document, item, value)
    flow = _is_flow(text, document, node)
    written = _pair(document, key, value, flow=flow)
    if not node.pairs:
        if not flow:
            raise Refusal("there is no pair to put it beside")
        return Edit(text.path, node.start + 1, node.start + 1, written)
    last = node.pairs[-1]
    if flow:
        return Edit(text.path, last.value.end, last.value.end, f",{_separator(text, last.key.start)}{written}")
    if document.syntax == "toml" and any(isinstance(pair.value, Object | Array) for pair in node.pairs):
        raise Refusal("the table has tables below it")
    indent = last.key.start - _line_start(text.text, last.key.start)
    end = _line_end(text.text, last.value.end)
    newline = _newline(text.text)
    before = "" if end == 0 or text.text[end - 1] in "\r\n" else newline
    return Edit(text.path, end, end, f"{before}{' ' * indent}{written}{newline}")


def _add_item(text: SourceText, document: Document, found: Found, value: object) -> Edit:
    """One more item at the end of a list."""
    node = found.node
    if not isinstance(node, Array):
        raise Refusal("there is no list")
    flow = _is_flow(text, document, node)
    written = _written(document, value, "", flow=flow)
    if flow and not node.items:
        return Edit(text.path, node.start + 1, node.start + 1, written)
    last = [*_below(found)][-1]
    if flow:
        return Edit(text.path, last.node.end, last.node.end, f",{_separator(text, last.start)}{written}")
    if document.syntax not in ("yaml", "markdown"):
        raise Refusal("this syntax is not changed")
    dash = _dash(text.text, last, node)
    start, end = _line_start(text.text, dash), _line_end(text.text, _end(text.text, last.node))
    if text.text[start:dash].strip():
        raise Refusal("the list begins behind something else")
    newline = _newline(text.text)
    before = "" if end == 0 or text.text[end - 1] in "\r\n" else newline
    return Edit(text.path, end, end, f"{before}{text.text[start:dash]}- {written}{newline}")


def _pair(document: Document, key: str, value: object, *, flow: bool) -> str:
    shown = _written(document, value, "", flow=flow)
    if document.syntax == "json":
        return f"{json.dumps(key)}: {json.dumps(value)}"
    if document.syntax == "toml":
        return f"{key} = {shown}"
    return f"{key}={shown}" if document.syntax == "unit" else f"{key}: {shown}"


def _separator(text: SourceText, start: int) -> str:
    """What stands before the last item, which starts there: a blank, or the line end and the indentation."""
    line = _line_start(text.text, start)
    first = text.text[line:start]
    return f"{_newline(text.text)}{first}" if not first.strip() else " "


def _delete_key(text: SourceText, document: Document, found: Found, key: str) -> tuple[Edit, ...]:
    node = found.node
    if not isinstance(node, Object):
        raise Refusal("there is nothing that has keys")
    wanted = [item for item in _below(found) if node.pairs[item.number].name == key]
    if not wanted:
        raise Refusal(f"there is no `{key}`")
    return (_delete(text, document, wanted[0]),)


def _delete(text: SourceText, document: Document, found: Found) -> Edit:
    """The document without an item; a block of which nothing is left becomes an empty list or mapping."""
    if found.parent is None:
        raise Refusal("nothing would be left")
    parent, siblings = found.parent.node, found.siblings
    if _is_flow(text, document, parent):
        return _delete_in_flow(text, found, siblings)
    if document.syntax not in ("yaml", "markdown", "toml"):
        raise Refusal("this syntax is not changed")
    line = _line_start(text.text, _dash(text.text, found, parent))
    if text.text[line : _dash(text.text, found, parent)].strip():
        return _delete_after_dash(text, found, siblings)
    if len(siblings) == 1 and document.syntax != "toml":
        start = len(text.text[: _dash(text.text, found, parent)].rstrip())
        if text.text[start - 1 : start] != ":":
            raise Refusal("nothing would be left of what it stands in")
        return Edit(text.path, start, _end(text.text, found.node), " {}" if isinstance(parent, Object) else " []")
    return Edit(text.path, line, _line_end(text.text, found.node.end), "")


def _end(text: str, node: Node) -> int:
    """The end of a node, before the comment behind it."""
    return len(text[: node.end].rstrip())


def _dash(text: str, found: Found, parent: Node) -> int:
    """Where an item begins with the mark of a list before it."""
    if not isinstance(parent, Array):
        return found.start
    before = text[: found.start].rstrip()
    return len(before) - 1 if before.endswith("-") else found.start


def _delete_after_dash(text: SourceText, found: Found, siblings: Sequence[Found]) -> Edit:
    """The first pair of a mapping that begins behind a dash: the next one takes its place."""
    after = [item for item in siblings if item.number == found.number + 1]
    if not after or found.number:
        raise Refusal("nothing would be left of what it stands in")
    between = text.text[_end(text.text, found.node) : after[0].start]
    if between.strip():
        raise Refusal("a comment stands between it and the next key")
    return Edit(text.path, found.start, after[0].start, "")


def _delete_in_flow(text: SourceText, found: Found, siblings: Sequence[Found]) -> Edit:
    """An item between brackets, with one of the commas beside it, and the line where it has one of its own."""
    source = text.text
    start, end = found.start, found.node.end
    comma = re.compile(r"[ \t]*,").match(source, end)
    line = _line_start(source, start)
    own_line = not source[line:start].strip()
    if comma:
        rest = _REST.match(source, comma.end())
        if own_line and rest and rest.end() > comma.end():
            return Edit(text.path, line, rest.end(), "")
        blank = _BLANK.match(source, comma.end())
        return Edit(text.path, start, blank.end() if blank else comma.end(), "")
    before = [item for item in siblings if item.number == found.number - 1]
    if before:
        between = source[before[0].node.end : start]
        if between.strip(" \t\r\n") != ",":
            raise Refusal("a comment stands between it and what is before it")
        return Edit(text.path, before[0].node.end, end, "")
    opening, closing = source[:start].rstrip(), re.compile(r"\s*").match(source, end)
    only = (
        opening[-1:] in ("[", "{") and closing is not None and source[closing.end() : closing.end() + 1] in ("]", "}")
    )
    if only and closing is not None:
        return Edit(text.path, len(opening), closing.end(), "")
    return Edit(text.path, start, end, "")


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _line_end(text: str, offset: int) -> int:
    """Where the line below begins."""
    if offset and text[offset - 1] == "\n":
        return offset
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def _newline(text: str) -> str:
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
