"""Credentials that a sentence tells: "the password of the shop is ...". The knowledge says how they are spoken of."""

import re
from collections.abc import Iterator

from aisafety_lint.secrets.formats import Formats
from aisafety_lint.secrets.names import Role
from aisafety_lint.secrets.runs import Hit

# After the name, for what or of whom it is, a verb or a sign, and the value up to a blank.
_VALUE = r"\s{1,3}[\"'`]?([^\s\"'`<>{}()\[\]]{6,200})"
_VERB = r"(?:[ ](?:is|are)(?:[ ]set[ ]to)?:?|[ ]?=|:)"
_TELLING = re.compile(rf"s?(?:[ ](?:for|of|to|in)[ ][^\n.,;:]{{1,60}}?{_VERB}|{_VERB})?{_VALUE}")
_FOLLOWING = (b" ", b"s", b":", b"=")
_CLOSING = ".,;:!?"
_LEAST_RANDOM = 10
_LEAST_CHOSEN = 6
_LEAST_LETTERS = 3


def find_spoken(text: str, lowered: bytes, formats: Formats) -> Iterator[Hit]:
    """Find what sentences tell; `lowered` is the text in lower case, one byte a character.

    Whether a model reads the sentence, the caller has to see: elsewhere it may be an example.
    """
    for word, data in formats.names.spoken:
        position = lowered.find(data)
        while position >= 0:
            end = position + len(data)
            match = _TELLING.match(text, end) if lowered[end : end + 1] in _FOLLOWING else None
            if match is not None and (size := _size(match[1], word, formats)):
                form = formats.structure("password" if formats.names.role(word) is Role.PASSWORD else "random")
                yield Hit(form, match.start(1), match.start(1) + size)
            position = lowered.find(data, position + len(data))


def _size(told: str, word: str, formats: Formats) -> int:
    """How much of what a sentence tells is a credential: the full stop is none of it, unless that makes it one."""
    chosen = formats.names.role(word) is Role.PASSWORD
    for value in (told.rstrip(_CLOSING), told):
        if _is_issued(value, formats) or (chosen and _is_chosen(value, formats)):
            return len(value)
    return 0


def _is_issued(value: str, formats: Formats) -> bool:
    return formats.judge.is_random(value, _LEAST_RANDOM) or formats.judge.is_strong_password(value)


def _is_chosen(value: str, formats: Formats) -> bool:
    """Whether a value is a word with digits, as people choose for a password."""
    judge = formats.judge
    if len(value) < _LEAST_CHOSEN or not value.isascii() or judge.is_template(value) or judge.is_placeholder(value):
        return False
    return sum(map(str.isalpha, value)) >= _LEAST_LETTERS and any(map(str.isdigit, value))
