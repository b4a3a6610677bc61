"""Where Python source holds literals that could be secrets under names that do not say so, and what uses those names.

This is the cheap look at the text that decides which code is worth its syntax tree.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aisafety_lint.secrets.formats import Formats
from aisafety_lint.secrets.names import squash
from aisafety_lint.secrets.pairs import NameHit

# A literal in small letters only is words: what is random has other characters, too.
_TOKEN = re.compile(r"[\"'](?=[a-z_.~+/=-]{0,200}[A-Z0-9])([A-Za-z0-9_.~+/=-]{16,200})[\"']")
# How a line begins that can keep a literal under a name: no call, and no condition.
_KEEPING = re.compile(
    r"[ \t]{0,80}(?:(?:self\.)?[A-Za-z_]\w{0,60}[ \t]{0,8}(?::[^=\n]{1,80})?=(?!=)"
    r"|(?:return|class|def|or)\b|[fFrRbBuU]{0,2}[\"'\[({])"
)
# What can lead to a name: the name itself, or a text that it is put into.
_REFERENCE = re.compile(r"[fF]?[\"'][A-Za-z: /]{0,40}[{%\"']|[A-Za-z_]")
_CHAIN = re.compile(
    r"(?:[fF][\"'][A-Za-z: ]{0,20}\{|[\"'][A-Za-z: ]{1,20}[\"'][ ]{0,2}[+%][ ]{0,2})?"
    r"((?<![\w.])[A-Za-z_]\w{0,60}(?:\.[A-Za-z_]\w{0,60}|\[[\"']\w{1,60}[\"']\]|\[\d{1,3}\]|\(\)|\.get\([\"']\w{1,60}[\"']\)){0,6})"
    r"(?:[\s,)}\]]|\Z)"
)
_WORD = re.compile(r"[A-Za-z_]\w{0,60}")
_GIVEN = re.compile(r"([A-Za-z_]\w{0,60})[ \t]{0,8}(?::[^=\n]{1,60})?([=(])[^()=\n]{0,60}$")
_ENTRY = re.compile(r"[\"']([A-Za-z_][\w-]{0,60})[\"'][ \t]{0,8}:[\s\[(]{0,20}[\"']?$")
_RETURNED = re.compile(r"\breturn[ \t(]{1,8}[\"']?$")
_DEFINED = re.compile(r"\bdef[ ]{1,4}([A-Za-z_]\w{0,60})")
_POSITIONAL = re.compile(r"\(\s{0,40}[\"']([A-Za-z0-9_.~+/=-]{16,200})[\"']")
_PASSED_TO = re.compile(r"([A-Za-z_]\w{0,60})\(\s{0,40}(?:[A-Za-z_]\w{0,60}\.){0,3}$")
_IN_ADDRESS = re.compile(r"://[^\s\"'{}@/]{0,60}:\{(?:[A-Za-z_]\w{0,60}\.){0,3}([A-Za-z_]\w{0,60})[}\[]")
_CALLEE = re.compile(r"[A-Za-z_]\w{0,60}$")
_LOGIN = re.compile(r"uth=?\(\s{0,40}[\"'][^\"'\n]{1,80}[\"'],\s{0,40}[\"']([^\"'\n]{3,100})[\"']")
_RECORD = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LEAST_HELD = 16
"""The shortest literal that is taken for a secret under a name that does not say so."""
_LEAST_LOGIN = 8
_LEAD = 140
_EXPRESSION = 120
_FUNCTION = 2000
_MOST_NAMES = 50
_AFTER = (",", ")")


@dataclass(frozen=True, slots=True)
class HeldLiterals:
    """The names that literals which could be secrets are given to, and whether one is passed to a function here.

    `reachable` are those that other files could use: the literal is no identifier of a record.
    """

    names: frozenset[str] = frozenset()
    called: bool = False
    reachable: frozenset[str] = frozenset()

    def uses(self, text: str, hits: Sequence[NameHit]) -> list[NameHit]:
        """The hits whose value is, or is put together of, such a name; or a parameter that may be."""
        if not self.names and not self.called:
            return []
        references = (hit for hit in hits if _REFERENCE.match(text, hit.value) is not None)
        return [hit for hit in references if self.called or not self.names.isdisjoint(expression(text, hit.value))]


def held_literals(text: str, formats: Formats) -> HeldLiterals:
    """Find the names that are given a literal which could be a secret, as far as its line shows."""
    names: set[str] = set()
    reachable: set[str] = set()
    called = False
    for match in _TOKEN.finditer(text):
        if formats.judge.is_random(match[1], LEAST_HELD):
            given, passed = _given_to(text, match.start())
            names |= given
            called |= passed
            if not passed and given and _RECORD.fullmatch(match[1]) is None:
                reachable |= given if _KEEPING.match(text, text.rfind("\n", 0, match.start()) + 1) else set()
    return HeldLiterals(frozenset(names), called, frozenset(reachable))


def passed_literals(text: str, formats: Formats) -> Iterator[int]:
    """Where a literal that could be a secret is passed without a name."""
    for match in _POSITIONAL.finditer(text):
        callee = _CALLEE.search(text, max(0, match.start() - 60), match.start())
        if callee and formats.judge.is_random(match[1], LEAST_HELD) and _takes_one(callee[0], formats):
            yield match.start(1)
    for match in _LOGIN.finditer(text) if "uth=(" in text or "Auth(" in text else ():
        if formats.judge.is_random(match[1], _LEAST_LOGIN) or formats.judge.is_strong_password(match[1]):
            yield match.start(1)


def passed_names(text: str, held: HeldLiterals, formats: Formats) -> Iterator[int]:
    """Where a name that holds one is passed to what takes a credential, or stands in an address as the password."""
    for name in sorted(held.names)[:_MOST_NAMES]:
        position = text.find(name)
        while position >= 0:
            end = position + len(name)
            passed = (
                _PASSED_TO.search(text, max(0, position - _LEAD), position) if text[end : end + 1] in _AFTER else None
            )
            if passed is not None and _takes_one(passed[1], formats):
                yield position
            position = text.find(name, end)
    for match in _IN_ADDRESS.finditer(text) if held.names else ():
        if match[1] in held.names:
            yield match.start(1)


def chain_of(text: str, start: int) -> list[str]:
    """The names that lead to what is written at an offset, or is put into a text there: `f"Bearer {Cfg.x}"`."""
    match = _CHAIN.match(text, start)
    return _WORD.findall(match[1]) if match is not None else []


def expression(text: str, start: int) -> set[str]:
    """The words of what is written from an offset on to the end of the line."""
    end = text.find("\n", start, start + _EXPRESSION)
    return set(_WORD.findall(text[start : end if end >= 0 else start + _EXPRESSION]))


def _takes_one(callee: str, formats: Formats) -> bool:
    names = formats.names
    return names.takes_a_credential(callee) or any(squash(callee).startswith(vendor) for vendor in names.vendors)


def _given_to(text: str, start: int) -> tuple[set[str], bool]:
    """The names that a literal is given to, and whether it is passed to a function."""
    before = max(0, start - _LEAD)
    given = _GIVEN.search(text, before, start)
    if given is not None and given[2] == "(":
        return {given[1]}, f"def {given[1]}(" in text
    if given is None and _RETURNED.search(text, before, start) is not None:
        return {name[1] for name in [*_DEFINED.finditer(text, max(0, start - _FUNCTION), start)][-1:]}, False
    entry = given or _ENTRY.search(text, before, start)
    return {entry[1]} if entry is not None else set(), False
