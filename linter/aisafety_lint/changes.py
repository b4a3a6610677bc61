"""Which lines of a text are new or changed against an earlier one, layout aside.

A line counts as changed where its content does: what a formatter moves from one line to three, or quotes otherwise, is
the same code.
"""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from aisafety_lint.fingerprint import normalised

_MOST_LINES = 50_000


def changed_lines(before: str, after: str) -> frozenset[int]:
    """The numbers of the lines of the later text, from 1, that are new or changed."""
    old, new = before.splitlines(), after.splitlines()
    head = _common(zip(old, new, strict=False))
    tail = _common(zip(reversed(old[head:]), reversed(new[head:]), strict=False))
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(old), len(new)) > _MOST_LINES:
        return frozenset(range(head + 1, head + len(new) + 1))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return frozenset(
        head + number + 1
        for kind, first, last, start, end in matcher.get_opcodes()
        if kind != "equal" and not _same(old[first:last], new[start:end])
        for number in range(start, end)
    )


def likeness(before: str, after: str) -> float:
    """How much of two texts is the same, from 0 to 1."""
    matcher = SequenceMatcher(None, before.splitlines()[:_MOST_LINES], after.splitlines()[:_MOST_LINES], autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.5 and matcher.quick_ratio() > 0.5 else 0.0


def _common(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs are alike before the first that is not."""
    number = 0
    for one, other in pairs:
        if one != other:
            break
        number += 1
    return number


def _same(old: Sequence[str], new: Sequence[str]) -> bool:
    return normalised("\n".join(old)) == normalised("\n".join(new))
