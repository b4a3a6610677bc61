"""Finds values that their own shape gives away, anywhere in a text.

Most formats begin with letters that no word begins with: one pass over the long unbroken runs of the text looks each of
them up by its first two characters. Formats whose telling part stands further in are found by that literal, if it
stands in a run of such characters as these formats have. A value is never part of a longer word. Time is linear in the
text: every attempt is bounded by the longest format, and no two attempts of a format begin inside one word.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from aisafety_lint.secrets.checksums import CHECKSUMS
from aisafety_lint.secrets.context import around
from aisafety_lint.secrets.formats import Format, Formats
from aisafety_lint.secrets.judge import ZEROS, TokenState
from aisafety_lint.secrets.names import mentions, split
from aisafety_lint.secrets.shapes import WORD, Shape

_ENCODED = re.compile(r"[A-Za-z0-9+/]*")
_HEX = re.compile(r"[0-9a-f-]+")
_BEFORE = frozenset({"\\n", "\\r", "\\t", ":-", " -"})
_GUARD = 20
_ESCAPING = frozenset("\\%")


class Hit(NamedTuple):
    """A value of a format at two offsets; `real` is false where it is known to be no secret."""

    format: Format
    start: int
    end: int
    real: bool = True


def find_formats(text: str, data: bytes, formats: Formats) -> Iterator[Hit]:
    """Find the values of all formats with a telling part, also those that turn out to be no secret.

    `data` has a byte for each character of the text: itself, or a question mark where it is not ASCII.
    """
    yield from _from_runs(text, data, formats)
    yield from _from_literals(text, data, formats)


def _from_runs(text: str, data: bytes, formats: Formats) -> Iterator[Hit]:
    starting = formats.starting
    for first, end in formats.words.runs(data):
        entries, before = starting.get(text[first : first + 2]), text[first - 1 : first]
        if text[first] == "-" or before in _ESCAPING:
            start = first + (_escape_length(text, first) if before in _ESCAPING else 0)
            start = min(end - 1, end - len(text[start:end].lstrip("-")))
            entries = starting.get(text[start : start + 2])
        elif entries is None:
            continue  # like most
        else:
            start = first
        for literal, form, shape in entries or ():
            if text.startswith(literal, start) and (hit := _attempt(text, start, form, shape, formats)) is not None:
                yield hit
                break


def _from_literals(text: str, data: bytes, formats: Formats) -> Iterator[Hit]:
    long = b"\n".join([data[start:end] for start, end in formats.inner.runs(data)])
    if not formats.literals.search(long):
        return
    for literal, entries in formats.inside.items():
        position = text.find(literal) if literal.encode() in long else -1
        while position >= 0:
            hits = (
                hit
                for form, shape in entries
                for start in _possible_starts(text, position, shape)
                if (hit := _attempt(text, start, form, shape, formats)) is not None
            )
            if (first := next(hits, None)) is not None:
                yield first
            position = text.find(literal, position + len(literal))


def _possible_starts(text: str, position: int, shape: Shape) -> Iterator[int]:
    """Where a value with its telling part at `position` may begin: no value begins within a longer word."""
    for start in range(max(0, position - shape.reach), position - shape.nearest + 1):
        if start == 0 or text[start - 1] not in WORD or text[max(0, start - 2) : start] in _BEFORE:
            yield start


def _escape_length(text: str, start: int) -> int:
    """How many characters of a run belong to an escape before it: `\\n`, `\\u0022`, `%3D`."""
    if text[start - 1] == "%":
        return 2
    return {"u": 5, "x": 3}.get(text[start], 1)


def _attempt(text: str, start: int, form: Format, shape: Shape, formats: Formats) -> Hit | None:
    match = shape.pattern.match(text, start)
    if match is None or (match.end() < len(text) and text[match.end()] in WORD):
        return None
    value, end = match[0], match.end()
    if form.checksum and not CHECKSUMS[form.checksum].valid(value):
        return Hit(form, start, end, real=False)
    if form.near and not is_near(form, around(text, start, end)):
        return None
    if not form.checksum and _is_piece_of_data(text, start, end):
        return None
    return Hit(form, start, end, real=is_real(form, value, formats))


def is_near(form: Format, context: str) -> bool:
    """Whether a context names what the format belongs to."""
    words = split(context[-400:])
    return any(mentions(words, keyword) for keyword in form.near)


def is_real(form: Format, value: str, formats: Formats) -> bool:
    """Whether a value of the right shape is a secret: not public by design, no stand-in, and made by chance."""
    if form.public or formats.judge.published.search(value):
        return False
    if form.checksum == "jwt":
        return formats.judge.token_state(value) in (TokenState.LIVE, TokenState.ENDLESS)
    body = value[len(form.prefix(value)) :]
    if not formats.judge.looks_issued(body):
        return False
    if form.precision != "strong" or _HEX.fullmatch(body):
        return True
    return (
        ZEROS not in body
        and any(map(str.isdigit, body))
        and (not form.mixed or (body != body.lower() and body != body.upper()))
    )


def _is_piece_of_data(text: str, start: int, end: int) -> bool:
    """Whether the value lies in a much longer unbroken run, as it happens in base64 data."""
    after = _ENCODED.match(text, end, end + 100)
    before = text[max(0, start - 100) : start]
    left = len(before) - len(before.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
    right = len(after[0]) if after else 0
    if (
        "/" not in text[start - 1 : start] + text[end : end + 1]
        and "+" not in text[start - 1 : start] + text[end : end + 1]
    ):
        return False
    return left + right >= _GUARD
