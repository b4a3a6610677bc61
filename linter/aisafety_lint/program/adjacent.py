"""What a regular expression says about the texts that it matches: which can hold `..`, which can begin with `/`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]  # the parser of `re` has no public name
from re import _parser as parser  # type: ignore[attr-defined]  # likewise
from typing import Any

from aisafety_lint.program.patterns import REPEATS, characters_matched_by

_NOTHING = frozenset({sre.AT, sre.ASSERT, sre.ASSERT_NOT})


@dataclass(frozen=True, slots=True)
class Ends:
    """The characters that a match can begin and end with, whether it can be empty, and whether it can hold the pair."""

    first: frozenset[str]
    last: frozenset[str]
    empty: bool
    holds: bool


def ends(source: str, pair: str) -> Ends | None:
    """The ends of the matches of a whole pattern, of which one may hold two characters one after the other.

    None where the pattern is not understood.
    """
    try:
        return _sequence(parser.parse(source), pair)
    except (re.error, RecursionError, OverflowError, ValueError):
        return None


def _sequence(items: Iterable[tuple[Any, Any]], pair: str) -> Ends:
    found = Ends(frozenset(), frozenset(), empty=True, holds=False)
    for item in items:
        after = _element(item, pair)
        found = Ends(
            found.first | after.first if found.empty else found.first,
            found.last | after.last if after.empty else after.last,
            found.empty and after.empty,
            found.holds or after.holds or _meet(found, after, pair),
        )
    return found


def _element(item: tuple[Any, Any], pair: str) -> Ends:
    op, argument = item
    if op in _NOTHING:
        return Ends(frozenset(), frozenset(), empty=True, holds=False)
    if op is sre.SUBPATTERN:
        return _sequence(argument[3], pair)
    if op is sre.BRANCH:
        ways = [_sequence(branch, pair) for branch in argument[1]]
        return Ends(
            frozenset().union(*(way.first for way in ways)),
            frozenset().union(*(way.last for way in ways)),
            any(way.empty for way in ways),
            any(way.holds for way in ways),
        )
    if op in REPEATS:
        least, most, repeated = argument
        once = _sequence(repeated, pair)
        again = most > 1 and _meet(once, once, pair)
        return Ends(once.first, once.last, once.empty or least == 0, once.holds or again)
    characters = characters_matched_by(item)
    return Ends(characters, characters, empty=False, holds=False)


def _meet(before: Ends, after: Ends, pair: str) -> bool:
    """Whether what ends one match can be the first of a pair, and what begins the next the other."""
    return pair[:1] in before.last and pair[1:] in after.first
