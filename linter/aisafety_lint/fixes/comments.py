"""Edits of suppressions: a comment goes, or a name in its brackets."""

import re

from aisafety_lint.finding import Edit, Remedy
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.source import SourceText

_OPENING = re.compile(r"(?:#|//|--|;|<!--|/\*)[ \t]*$")
_CLOSING = re.compile(r"[ \t]*(?:-->|\*/)?")


def comment_edits(text: SourceText, remedy: Remedy) -> tuple[Edit, ...]:
    """The edits that delete a suppression, or the names of it that are of no use."""
    span = remedy.location.span
    start, end = text.offset(span.line, span.column), text.offset(span.end_line, span.end_column)
    if remedy.edit == "delete-names":
        return (_without_names(text, start, end, remedy.known["names"].split()),)
    return (_without_comment(text, start, end),)


def _without_names(text: SourceText, start: int, end: int, names: list[str]) -> Edit:
    known = text.text[start:end]
    opening, closing = known.find("["), known.find("]")
    if not 0 <= opening < closing:
        raise Refusal("it has no brackets")
    kept = [name for part in known[opening + 1 : closing].split(",") if (name := part.strip()) not in names]
    if not kept:
        raise Refusal("no name would be left")
    return Edit(text.path, start + opening + 1, start + closing, ", ".join(kept))


def _without_comment(text: SourceText, start: int, end: int) -> Edit:
    """The file without a comment: its line where nothing else is on it, else the end of the line."""
    line = text.span(start, start).line
    first = text.starts[line - 1]
    last = text.starts[line] if line < len(text.starts) else len(text.text)
    opening = _OPENING.search(text.text[first:start])
    if opening is None:
        raise Refusal("something else is said in the same comment")
    closing = _CLOSING.match(text.text, end)
    after = text.text[closing.end() if closing else end : last]
    if after.strip():
        raise Refusal("something else stands behind it")
    before = text.text[first : first + opening.start()]
    if not before.strip():
        return Edit(text.path, first, last, "")
    ending = len(after) - len(after.lstrip(" \t"))
    return Edit(text.path, first + len(before.rstrip()), last - len(after) + ending, "")
