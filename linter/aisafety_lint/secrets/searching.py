"""Searching for what is seldom there: cheaply, where it is not."""

import re
from collections.abc import Iterable, Iterator
from typing import AnyStr


def found_at(pattern: re.Pattern[AnyStr], word: AnyStr, text: AnyStr) -> Iterator[re.Match[AnyStr]]:
    """What `pattern.finditer` gives, for a pattern that begins with a word: that is found five times as fast."""
    position = text.find(word)
    while position >= 0:
        match = pattern.match(text, position)
        if match is not None:
            yield match
        position = text.find(word, position + 1 if match is None else match.end())


# Characters from seldom to usual, by what stands in addresses, identifiers and data; others are more seldom still.
_USUAL = "$=:_.-/QZXJKVYWGUBHCLMFDNPOTRISEAqzxjkvwybgfphmuldcronitsae0123456789"


def any_of(literals: Iterable[str]) -> re.Pattern[bytes]:
    """A pattern that finds out whether there is one of some literals, by the most seldom character of each.

    A search for the literals as they are stops at every character that one of them begins with, which is every second
    one in data, and was three times as slow there.
    """
    by_character: dict[str, list[str]] = {}
    for literal in dict.fromkeys(literals):
        character = min(literal, key=_USUAL.find)
        before, _, after = literal.partition(character)
        around = f"(?<={re.escape(before + character)})" * bool(before) + re.escape(after)
        by_character.setdefault(character, []).append(around)
    branches = [f"{re.escape(character)}(?:{'|'.join(found)})" for character, found in by_character.items()]
    return re.compile("|".join(branches).encode() or rb"(?!)")
