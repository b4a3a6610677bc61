"""Data in a text: pictures, sounds and weights that are written as Base64, on one line or on many.

No credential stands within it: what one is made of would have to break off there. In repositories that record the
answers of services it is half of all bytes, and to search it cost half of the time.
"""

import bisect
import re
from operator import itemgetter
from typing import NamedTuple

# So much is left at both ends: more than credentials are long, and a line of it is still too long to be read as text.
_ENDS = 4_096
_LEAST = 4 * _ENDS
_LEAST_LINE = 48
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_INSIDE = b"a"
_MARKS = bytes(_INSIDE[0] if code in _BASE64 else code if code in b"\r\n " else ord(".") for code in range(256))
_LINE = _INSIDE * _LEAST_LINE
# One long line, or equally long ones with the same space before them; nothing is tried twice.
_DATA = re.compile(rb"(a++(?:\r?\n *+)?+)\1*+")


class Thinned(NamedTuple):
    """A text without its data, its bytes likewise, and by the offsets in it how much was left out before them."""

    text: str
    data: bytes
    cuts: tuple[tuple[int, int], ...] = ()

    def place(self, offset: int) -> int:
        """The offset in the whole text of an offset in this one."""
        cut = bisect.bisect_right(self.cuts, offset, key=itemgetter(0)) - 1
        return offset + (self.cuts[cut][1] if cut >= 0 else 0)


def thinned(text: str, data: bytes) -> Thinned:
    """A text without the middle of all data in it; `data` has a byte for each character of the text."""
    middles = _middles(data) if len(data) > _LEAST else []
    if not middles:
        return Thinned(text, data)
    starts = [0, *(end for _, end in middles)]
    ends = [*(start for start, _ in middles), len(data)]
    cuts, kept, gone = [], 0, 0
    for start, end in middles:
        kept, gone = start - gone, gone + end - start
        cuts.append((kept, gone))
    return Thinned(
        "".join([text[start:end] for start, end in zip(starts, ends, strict=True)]),
        b"".join([data[start:end] for start, end in zip(starts, ends, strict=True)]),
        tuple(cuts),
    )


def _middles(data: bytes) -> list[tuple[int, int]]:
    """Where the middle of data begins and ends: whole lines, where it is on many."""
    marked = data.translate(_MARKS)
    found: list[tuple[int, int]] = []
    position = marked.find(_LINE)
    while position >= 0:
        match = _DATA.match(marked, position)
        position = match.end() if match is not None else position + 1
        if match is not None and match.end() - match.start() >= _LEAST:
            start, most = match.start() + _ENDS, match.end() - match.start() - 2 * _ENDS
            line = len(match[1])
            found.append((start, start + (most if line == match.end() - match.start() else most - most % line)))
        position = marked.find(_LINE, position)
    return found
