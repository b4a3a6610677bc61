"""Unit files of systemd to a value tree: sections, and in each the values of every key as a list.

A key may be given several times and adds to the list, as in the product. Source: systemd.syntax(7).
"""

import re

from aisafety_lint.manifests.builder import Notes, shorten
from aisafety_lint.manifests.nodes import Array, Node, Object, Pair, Places, Scalar

_ENTRY = re.compile(
    r"^[ \t]*(?:[#;][^\n]*|\[(?P<section>[^\]\n]*)\][ \t\r]*|(?P<key>[^\s=\[][^=\n]*)=[ \t]*"
    r"(?P<value>(?:[^\n\\]|\\(?!\r?\n)|\\\r?\n)*)|(?P<other>\S[^\n]*))?$",
    re.MULTILINE,
)
_JOINT = re.compile(r"\\\r?\n")


def parse_unit(source: str, places: Places, notes: Notes) -> list[Node]:
    """The one root of a unit file; lines that are neither a section nor an assignment are left out and noted."""
    sections: dict[str, tuple[Scalar, dict[str, tuple[Scalar, list[Scalar]]]]] = {}
    entries: dict[str, tuple[Scalar, list[Scalar]]] = {}
    for found in _ENTRY.finditer(source):
        if found["section"] is not None:
            key = _text(places, source, *found.span("section"))
            entries = sections.setdefault(key.raw, (key, {}))[1]
        elif found["key"] is not None:
            key = _text(places, source, *found.span("key"))
            value = _text(places, source, found.start("value"), found.end("value"))
            entries.setdefault(key.raw, (key, []))[1].append(value)
        elif found["other"] is not None:
            notes.add("broken-document", f"no assignment: {shorten(found['other'])}", *found.span("other"))
    pairs = tuple(Pair(key, _section(places, key, held)) for key, held in sections.values())
    return [Object(places, 0, len(source), pairs)]


def _section(places: Places, name: Scalar, entries: dict[str, tuple[Scalar, list[Scalar]]]) -> Object:
    pairs = tuple(
        Pair(key, Array(places, values[0].start, values[-1].end, tuple(values))) for key, values in entries.values()
    )
    return Object(places, name.start, pairs[-1].value.end if pairs else name.end, pairs)


def _text(places: Places, source: str, start: int, end: int) -> Scalar:
    """A value, as long as it is written: where a line goes on, the line end becomes blanks."""
    written = source[start:end].rstrip()
    text = _JOINT.sub(lambda match: " " * len(match[0]), written)
    return Scalar(places, start, start + len(written), text, text)
