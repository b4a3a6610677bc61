"""YAML to a value tree, from the events of libyaml: depth and aliases stay bounded, errors keep what came before.

Keys are always text, as written (`on`, `1`); values follow YAML 1.1 for null, booleans and numbers, except that
sexagesimal numbers and dates stay text, as in the products whose files are read.
"""

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from aisafety_lint.manifests.builder import Builder, Notes, shorten
from aisafety_lint.manifests.nodes import MAX_DEPTH, Node, Places, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NULLS = ("", "~", "null", "Null", "NULL")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0[0-7_]+|0o[0-7]+|0x[0-9a-fA-F_]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z")
_LONGEST_NUMBER = 100
_RESOLVED_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t\r\n]*)+")

# No YAML of its own begins a line or a value with two braces; `${{ }}` is another language's and stays.
_TEMPLATE = re.compile(r"(?:^[ \t]*(?:- )?|: )\{\{(?!\{)", re.MULTILINE)
_ACTION = re.compile(r"(?P<line>^[ \t]*\{\{(?!\{).*?\}\}[ \t]*$)|(?<![${])\{\{(?!\{).*?\}\}", re.MULTILINE | re.DOTALL)
_NO_LINE_END = re.compile(r"[^\r\n]")

# Aliases may repeat what the text holds, but not multiply it.
_EXPANSION = 10
_EXPANSION_FREE = 10_000
_HOPELESS_DEPTH = 1_000


def parse_yaml(source: str, places: Places, notes: Notes) -> list[Node]:
    """All documents of a stream; after a syntax error, those before it and the part that was read.

    Of a template (Helm), what stands between the actions is read, and the value of an action is a reference.
    """
    about_values = notes
    if "{{" in source and _TEMPLATE.search(source):
        source = _ACTION.sub(_without_action, source)
        # Both branches of a condition are read: that a key stands in each is no mistake.
        about_values = Notes(places)
    composer = _Composer(source, places, about_values)
    loader = yaml.CSafeLoader(source)
    try:
        while loader.check_event() and not composer.hopeless:
            composer.take(loader.get_event())
    except (yaml.YAMLError, ValueError) as error:
        place = _place_of(error, len(source))
        notes.add("broken-document", f"not valid YAML: {_reason_of(error)}", place, place)
    finally:
        loader.dispose()
    return composer.finish()


def _without_action(action: re.Match[str]) -> str:
    """A text of the same length: blanks for a line of its own, a reference (`${___}`) for a value or a part of one."""
    if action["line"] is not None or "\n" in action[0]:
        return _NO_LINE_END.sub(" ", action[0])
    return "${" + "_" * (len(action[0]) - 3) + "}"


def _place_of(error: Exception, size: int) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = mark.index if mark is not None else getattr(error, "position", size)
    return min(index, size) if isinstance(index, int) else size


def _reason_of(error: Exception) -> str:
    return shorten(str(getattr(error, "problem", None) or getattr(error, "reason", None) or error), 120)


class _Composer:
    def __init__(self, source: str, places: Places, notes: Notes) -> None:
        self.source = source
        self.places = places
        self.notes = notes
        self.builder = Builder(places, notes, merge_keys=True)
        self.anchors: dict[str, tuple[Node, int, int]] = {}
        self.open_anchors: set[str] = set()
        self.end = 0
        self.expanded = 0

    @property
    def hopeless(self) -> bool:
        """No person nests like this, and the scanner's time grows with the square of the depth."""
        return self.builder.skipped > _HOPELESS_DEPTH

    def take(self, event: Event | None) -> None:
        handler = None if event is None else _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def finish(self) -> list[Node]:
        self.builder.finish(self.end)
        return self.builder.roots

    def scalar(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.tag or event.anchor:
            properties = _PROPERTIES.match(self.source, start, end)
            start = properties.end() if properties else start
        if event.style in ("|", ">"):
            end = start + len(self.source[start:end].rstrip())
        self.end = end
        plain = event.style is None or event.style == ""
        tag = event.tag or ""
        resolved = tag in _RESOLVED_TAGS or (plain and not tag)
        value = _resolve(event.value) if resolved else event.value
        node = Scalar(self.places, start, end, value, event.value, quoted=not plain, tag=tag)
        self.builder.add(node)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1, 0)

    def start(self, event: Any) -> None:
        anchor = event.anchor or ""
        self.end = event.end_mark.index
        is_object = isinstance(event, MappingStartEvent)
        self.builder.open(event.start_mark.index, is_object=is_object, tag=event.tag or "", anchor=anchor)
        if anchor:
            self.open_anchors.add(anchor)

    def close(self, event: Any) -> None:
        # A block collection has no closing mark: it ends where its last value ends.
        if event.end_mark.index > event.start_mark.index:
            self.end = event.end_mark.index
        closed = self.builder.close(self.end)
        if closed is not None and closed[1].anchor:
            node, frame = closed
            self.anchors[frame.anchor] = (node, frame.weight, frame.height)
            self.open_anchors.discard(frame.anchor)

    def alias(self, event: Any) -> None:
        start, self.end = event.start_mark.index, event.end_mark.index
        known = None if event.anchor in self.open_anchors else self.anchors.get(event.anchor)
        problem = ""
        if event.anchor in self.open_anchors:
            problem = f"the alias `*{shorten(event.anchor)}` refers to what contains it and is read as null"
        elif known is None:
            self.notes.add("broken-document", f"the alias `*{shorten(event.anchor)}` has no anchor", start, self.end)
        elif self.expanded + known[1] > _EXPANSION_FREE + _EXPANSION * len(self.anchors):
            problem = "the aliases multiply the document; the rest of them are read as null"
        elif len(self.builder.stack) + known[2] > MAX_DEPTH:
            problem = f"aliases nest deeper than {MAX_DEPTH} levels; the deeper ones are read as null"
        if problem:
            self.notes.add("document-limit", problem, start, self.end)
        if known is None or problem:
            self.builder.add(Scalar(self.places, start, self.end, None, ""))
            return
        self.expanded += known[1]
        self.builder.add(*known)

    def end_document(self, event: Any) -> None:
        self.builder.finish(self.end)
        self.anchors.clear()
        self.open_anchors.clear()


_HANDLERS: "dict[type[Event], Callable[[_Composer, Any], None]]" = {
    ScalarEvent: _Composer.scalar,
    AliasEvent: _Composer.alias,
    MappingStartEvent: _Composer.start,
    SequenceStartEvent: _Composer.start,
    MappingEndEvent: _Composer.close,
    SequenceEndEvent: _Composer.close,
    DocumentEndEvent: _Composer.end_document,
}


def _resolve(word: str) -> str | int | float | bool | None:
    """The value of a plain word."""
    if word in _NULLS:
        return None
    lower = word.lower()
    if lower in _BOOLEANS and word in (lower, lower.upper(), lower.capitalize()):
        return _BOOLEANS[lower]
    if word[0] not in "0123456789+-." or len(word) > _LONGEST_NUMBER:
        return word
    if _INTEGER.match(word):
        return _integer(word.replace("_", ""))
    if _FLOAT.match(word):
        return float(word.replace("_", ""))
    return word


def _integer(digits: str) -> int:
    sign, bare = (-1, digits[1:]) if digits[0] == "-" else (1, digits.lstrip("+"))
    if bare[:2] in ("0x", "0o"):
        return sign * int(bare, 0)
    return sign * int(bare, 8 if len(bare) > 1 and bare[0] == "0" else 10)
