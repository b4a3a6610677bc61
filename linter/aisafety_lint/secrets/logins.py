"""Passwords in the notations for a login that the knowledge lists: connection strings, files, commands."""

import re
from collections.abc import Iterable, Iterator, Sequence

from aisafety_lint.secrets.formats import Formats
from aisafety_lint.secrets.pairs import NameHit
from aisafety_lint.secrets.runs import Hit

_LEAST_PASSWORD = 10
_BEFORE, _AFTER = 400, 800


def find_logins(
    text: str, data: bytes, words: frozenset[bytes], hits: Sequence[NameHit], kind: str, formats: Formats
) -> Iterator[Hit]:
    """Find the passwords of logins; a notation without literals stands around the names that were found.

    `words` are those of `formats.asked` that stand in the text. Commands are not looked for in Python, which calls no
    shell by itself.
    """
    judge = formats.judge
    named = [hit for hit in hits if hit.separator == "=" and text[hit.value : hit.value + 1] not in ("'", '"')]
    for login in judge.logins:
        if login.literals and (kind == "python" or not words):
            continue
        asked = [literal for literal in login.literals if literal.lower() in words]
        if login.literals and not asked:
            continue
        form = formats.by_id[login.format]
        places = (hit.start for hit in named if hit.name.lower() in login.names)
        for match in _around(text, _places(data, asked) if asked else places, login.pattern):
            said = match.groupdict(default="")
            password = said["password"]
            issued = judge.is_random(password, _LEAST_PASSWORD) or judge.is_strong_password(password)
            if issued and judge.opens(said.get("user", ""), password, said.get("host", "")):
                yield Hit(form, match.start("password"), match.end("password"))


def _places(data: bytes, literals: Iterable[bytes]) -> Iterator[int]:
    for literal in literals:
        position = data.find(literal)
        while position >= 0:
            yield position
            position = data.find(literal, position + len(literal))


def _around(text: str, places: Iterable[int], pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The matches of a pattern around some places; of places in a row no part is looked at twice."""
    start = stop = 0
    for position in places:
        if start <= position < stop:
            continue
        start = max(stop, position - _BEFORE) if position >= stop else position - _BEFORE
        stop = position + _AFTER
        yield from pattern.finditer(text, max(start, 0), stop)
