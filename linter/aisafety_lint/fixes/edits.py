"""Edits of a text: the smallest that makes one text of another, several at once, and where places are afterwards."""

import bisect
from collections.abc import Iterable, Sequence

from aisafety_lint.finding import Edit


def smallest(path: str, start: int, before: str, after: str) -> Edit:
    """The edit of the text at an offset that changes only what differs."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    end = start + len(before) - tail
    return Edit(path, start + head, end, after[head : len(after) - tail])


def _common(one: str, other: str) -> int:
    """How long a beginning two texts share."""
    least = min(len(one), len(other))
    return next((place for place in range(least) if one[place] != other[place]), least)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not overlap."""
    pieces: list[str] = []
    done = 0
    for edit in sorted(set(edits)):
        pieces += (text[done : edit.start], edit.text)
        done = edit.end
    return "".join((*pieces, text[done:]))


def touch(one: Edit, other: Edit) -> bool:
    """Whether two edits cannot be made at the same time; the same edit twice is one."""
    if one == other or one.path != other.path:
        return False
    if one.start < one.end and other.start < other.end:
        return one.start < other.end and other.start < one.end
    return one.start <= other.end and other.start <= one.end  # what is put in has no place of its own


class Moved:
    """Where the places of a text are once edits are made."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self.edits: Sequence[Edit] = sorted(set(edits))
        self._ends = [edit.end for edit in self.edits]
        self._shifts = [0]
        for edit in self.edits:
            self._shifts.append(self._shifts[-1] + len(edit.text) - (edit.end - edit.start))

    def __call__(self, offset: int) -> int:
        """The new place of an offset; one inside an edit is where the edit begins."""
        number = bisect.bisect_right(self._ends, offset)
        if number < len(self.edits) and self.edits[number].start < offset:
            offset = self.edits[number].start
        return offset + self._shifts[number]
