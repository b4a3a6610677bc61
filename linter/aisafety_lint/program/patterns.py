"""Which characters a string can hold that fully matches a regular expression, where that can be told."""

import re
import string
from re import _constants as sre  # type: ignore[attr-defined]  # the parser of `re` has no public name
from re import _parser as parser  # type: ignore[attr-defined]  # likewise
from typing import Any

from aisafety_lint.program.constants import constant
from aisafety_lint.program.resolver import Resolver

_ASCII = frozenset(map(chr, range(128)))
_CATEGORIES = {
    sre.CATEGORY_DIGIT: frozenset(string.digits),
    sre.CATEGORY_WORD: frozenset(string.ascii_letters + string.digits + "_"),
    sre.CATEGORY_SPACE: frozenset(string.whitespace),
}
_ENDS = frozenset({sre.AT_END, sre.AT_END_STRING})
_STARTS = frozenset({sre.AT_BEGINNING, sre.AT_BEGINNING_STRING})


def characters_allowed(resolver: Resolver, scope: int, value: int, *, full: bool, start: bool) -> frozenset[str] | None:
    """The ASCII characters of a full match; None where the pattern is unknown, not anchored or not understood.

    `full`: the call itself matches the whole string; `start`: it matches at the beginning.
    """
    source = _pattern_text(resolver, scope, value)
    if source is None:
        return None
    try:
        parsed: Any = parser.parse(source)
    except (re.error, RecursionError, OverflowError):
        return None
    items = list(parsed)
    anchored_end = full or (bool(items) and items[-1][0] is sre.AT and items[-1][1] in _ENDS)
    anchored_start = start or (bool(items) and items[0][0] is sre.AT and items[0][1] in _STARTS)
    if not (anchored_end and anchored_start) or parsed.state.flags & (re.MULTILINE | re.DOTALL):
        return None
    try:
        return frozenset().union(*(_characters(item) for item in items))
    except ValueError:
        return None


def _pattern_text(resolver: Resolver, scope: int, value: int) -> str | None:
    found = constant(resolver, scope, value)
    if isinstance(found, str):
        return found
    known = resolver.index.value(scope, value)
    if known.op == "call" and len(known.args) > 1 and "re.compile" in resolver.paths(scope, value):
        return _pattern_text(resolver, scope, known.args[1])
    if known.op == "name":
        current = scope
        while current >= 0:
            values = resolver.index.scopes[current].locals.get(known.name, ())
            if len(values) == 1 and current != scope:
                return _pattern_text(resolver, current, values[0])
            current = resolver.index.parents[current]
    return None


def _characters(item: tuple[Any, Any]) -> frozenset[str]:
    """The characters that one parsed element can match; raises ValueError for what is not understood."""
    op, argument = item
    if op is sre.AT:
        return frozenset()
    if op is sre.LITERAL:
        return frozenset({chr(argument)})
    if op is sre.IN:
        return _class(argument)
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return frozenset().union(*(_characters(inner) for inner in argument[2]))
    if op is sre.SUBPATTERN:
        return frozenset().union(*(_characters(inner) for inner in argument[3]))
    if op is sre.BRANCH:
        return frozenset().union(*(_characters(inner) for branch in argument[1] for inner in branch))
    if op is sre.ANY:
        return _ASCII
    if op is sre.NOT_LITERAL:
        return _ASCII - {chr(argument)}
    raise ValueError(op)


def _class(items: list[tuple[Any, Any]]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    negated = False
    for op, argument in items:
        if op is sre.NEGATE:
            negated = True
        elif op is sre.LITERAL:
            found |= {chr(argument)}
        elif op is sre.RANGE:
            found |= frozenset(map(chr, range(argument[0], min(argument[1], 127) + 1)))
        elif op is sre.CATEGORY and argument in _CATEGORIES:
            found |= _CATEGORIES[argument]
        else:
            return _ASCII
    return _ASCII - found if negated else found
