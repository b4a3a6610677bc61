"""Documents inside documents: the text of a scalar as a text of its own, whose offsets lead back to the outer file."""

import re
from dataclasses import dataclass, field, replace
from functools import partial

from aisafety_lint.manifests.documents import Syntax, parse
from aisafety_lint.manifests.nodes import Document, Places, Scalar
from aisafety_lint.source import Span

_NULL = "null"
_ESCAPED = re.compile(r"\\.")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """The value of a scalar, with the offset in the outer text of each of its characters."""

    outer: Places = field(repr=False)
    text: str
    offsets: tuple[int, ...] = field(repr=False)
    end: int = 0

    @property
    def path(self) -> str:
        return self.outer.path

    def span(self, start: int, end: int) -> Span:
        """The span in the outer file of a region of the embedded text."""
        first = self._outer(start)
        last = self._outer(end - 1) + 1 if end > start else first
        return self.outer.span(first, max(first, last))

    def _outer(self, offset: int) -> int:
        return self.offsets[offset] if offset < len(self.offsets) else self.end


def embedded_text(scalar: Scalar) -> EmbeddedText:
    """The text of a scalar; where folding or escapes hide the way back, the nearest place before it stands in."""
    value = scalar.value if isinstance(scalar.value, str) else scalar.raw
    if len(value) == scalar.end - scalar.start:
        return EmbeddedText(scalar.places, value, tuple(range(scalar.start, scalar.end)), scalar.end)
    source = scalar.places.text
    opening = source[scalar.start : scalar.start + 1]
    at = scalar.start
    if opening in ("|", ">"):
        at = min(source.find("\n", at) % (len(source) + 1) + 1, scalar.end)
    elif opening in ('"', "'"):
        at += 1
    offsets: list[int] = []
    for char in value:
        at, after = _locate(source, char, at, scalar.end, escapes=opening == '"')
        after += opening == "'" and char == "'"  # a quote inside of single quotes is written twice
        offsets.append(at)
        at = after
    return EmbeddedText(scalar.places, value, tuple(offsets), scalar.end)


def parse_embedded(scalar: Scalar, syntax: Syntax, expressions: str = "") -> Document:
    """Parse the text of a scalar; all places are those of the outer file.

    What the pattern of `expressions` finds is filled in by the outer language before the text is read: a value that
    nobody knows yet. Outside of quotes it would be no value of any syntax, so `null` stands in for it there.
    """
    text = embedded_text(scalar)
    if expressions:
        filled = re.sub(expressions, partial(_unknown, text.text), text.text)
        text = replace(text, text=filled)
    return parse(text, syntax)


def _unknown(text: str, found: re.Match[str]) -> str:
    """Text of the same length: as it is inside of quotes, else `null` and blanks."""
    line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    quoted = _ESCAPED.sub("", line).count('"') % 2 == 1
    return found[0] if quoted or len(found[0]) < len(_NULL) else _NULL.ljust(len(found[0]))


def _locate(source: str, char: str, at: int, end: int, *, escapes: bool) -> tuple[int, int]:
    """Where a character of the value is written at or after an offset, and where the next one may begin."""
    if escapes and source[at : at + 1] == "\\":
        found = _ESCAPE.match(source, at, end)
        return at, found.end() if found else at + 1
    if at < end and source[at] == char:
        return at, at + 1
    i = at
    # Line folding and indentation: the value has a blank or a line end where the source has any run of them.
    while i < end and source[i] in " \t\r\n" and source[i] != char:
        i += 1
    if i < end and source[i] == char:
        return i, i + 1
    return at, (i if char in " \n" else at)
