"""Which characters a string can hold that fully matches a regular expression or has lost all others by one."""

import re
import string
from collections.abc import Iterator, Sequence
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
_OPPOSITES = {
    sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
    sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
    sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
}
_METHODS = frozenset({"match", "fullmatch", "search"})
_MATCHERS = frozenset(f"re.{name}" for name in _METHODS)
_COLLECTIONS = frozenset({"set", "frozenset", "list", "tuple"})
_ALPHABETS = frozenset({"ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits"})
REPEATS = frozenset({sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT})
"""The elements of a parsed pattern that repeat others."""
_VARIABLE = frozenset({sre.IN, sre.SUBPATTERN, *REPEATS})
_HOST_ENDS = frozenset("/?#@:\\")
_ENDS = frozenset({sre.AT_END, sre.AT_END_STRING})
_STARTS = frozenset({sre.AT_BEGINNING, sre.AT_BEGINNING_STRING})


def characters_allowed(resolver: Resolver, scope: int, value: int, *, full: bool, start: bool) -> frozenset[str] | None:
    """The ASCII characters of a full match; None where the pattern is unknown, not anchored or not understood.

    `full`: the call itself matches the whole string; `start`: it matches at the beginning.
    """
    source = _pattern_text(resolver, scope, value)
    return None if source is None else characters_matched(source, full=full, start=start)


def characters_matched(source: str, *, full: bool, start: bool) -> frozenset[str] | None:
    """The same of a pattern that is known."""
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
        return frozenset().union(*(characters_matched_by(item) for item in items))
    except ValueError:
        return None


def characters_left(resolver: Resolver, scope: int, pattern: int, replacement: int) -> frozenset[str] | None:
    """The ASCII characters of a text that has lost all others of them, as by `re.sub("[^a-z]+", "_", text)`.

    None where the pattern is anything but one class of characters, or where the replacement is unknown.
    """
    source, filler = _pattern_text(resolver, scope, pattern), constant(resolver, scope, replacement)
    if source is None or not isinstance(filler, str) or "\\" in filler:
        return None
    try:
        items = list(parser.parse(source))
    except (re.error, RecursionError, OverflowError):
        return None
    if len(items) == 1 and items[0][0] in REPEATS and items[0][1][0] <= 1:
        items = list(items[0][1][2])
    gone = _class(items[0][1]) if len(items) == 1 and items[0][0] is sre.IN else None
    return None if gone is None else (_ASCII - gone) | frozenset(filler)


def characters_stripped(resolver: Resolver, scope: int, value: int) -> frozenset[str] | None:
    """The ASCII characters of a text that has lost others one by one: `for c in "/:": text = text.replace(c, "")`.

    None where the value is not what such a loop leaves.
    """
    known = resolver.index.value(scope, value)
    for item in known.args if known.op == "phi" else ():
        call = resolver.index.value(scope, item)
        function = resolver.index.value(scope, call.args[0]) if call.op == "call" and len(call.args) == 3 else call
        if function.op != "attr" or function.name != "replace" or function.args[0] != value:
            continue
        each, filler = resolver.index.value(scope, call.args[1]), constant(resolver, scope, call.args[2])
        gone = constant(resolver, scope, each.args[0]) if each.op == "element" and not each.name else None
        if (
            isinstance(gone, str | tuple | list)
            and isinstance(filler, str)
            and all(isinstance(one, str) for one in gone)
        ):
            return (_ASCII - frozenset(gone)) | frozenset(filler)
    return None


def full_matches(resolver: Resolver, scope: int, call: int) -> Iterator[tuple[int, frozenset[str], str]]:
    """The text of which a call that returned a match says that all of it matches a pattern, the characters that this
    allows, and the pattern."""
    known = resolver.index.value(scope, call)
    for path in resolver.paths(scope, call):
        name = path.rpartition(".")[2]
        if path in _MATCHERS and len(known.args) > 2:
            pattern, subject = known.args[1], known.args[2]
        elif path.removeprefix("re.compile().") in _METHODS and len(known.args) > 1:
            subject = known.args[1]
            pattern = resolver.index.value(scope, known.args[0]).args[0]
        else:
            continue
        allowed = characters_allowed(resolver, scope, pattern, full=name == "fullmatch", start=name != "search")
        if allowed is not None:
            yield subject, allowed, _pattern_text(resolver, scope, pattern) or ""


def extracted(
    resolver: Resolver, scope: int, pattern: int, group: int | str
) -> tuple[frozenset[str] | None, str] | None:
    """The ASCII characters of what a group of a pattern matches, and the text that all such matches begin with.

    None where the pattern or the group is not known.
    """
    source = _pattern_text(resolver, scope, pattern)
    try:
        parsed: Any = parser.parse(source) if source is not None else None
        number = parsed.state.groupdict.get(group, group) if parsed is not None else None
    except (re.error, RecursionError, OverflowError):
        return None
    items = list(parsed) if number == 0 else _group(parsed, number) if isinstance(number, int) else None
    if items is None:
        return None
    try:
        characters: frozenset[str] | None = frozenset().union(*(characters_matched_by(item) for item in items))
    except ValueError:
        characters = None
    return characters, "".join(_literally(items[1:] if items and items[0][0] is sre.AT else items))


def groups(resolver: Resolver, scope: int, pattern: int) -> int | None:
    """How many groups a pattern has; None where it is not known."""
    source = _pattern_text(resolver, scope, pattern)
    try:
        return None if source is None else int(parser.parse(source).state.groups) - 1
    except (re.error, RecursionError, OverflowError):
        return None


def _group(items: Any, number: int) -> list[tuple[Any, Any]] | None:
    """The content of a numbered group, wherever it stands in a parsed pattern."""
    for op, argument in items:
        nested: list[Any] = []
        if op is sre.SUBPATTERN:
            if argument[0] == number:
                return list(argument[3])
            nested = [argument[3]]
        elif op in REPEATS:
            nested = [argument[2]]
        elif op is sre.BRANCH:
            nested = argument[1]
        for inner in nested:
            found = _group(inner, number)
            if found is not None:
                return found
    return None


def beginning(resolver: Resolver, scope: int, value: int) -> str:
    """The text that every match of a pattern begins with, as far as it is fixed: optional parts left out.

    A class of characters in it, or a repeated one, stands as `\0` where it holds none of those that end a host.
    """
    source = _pattern_text(resolver, scope, value)
    try:
        items = list(parser.parse(source)) if source is not None else []
    except (re.error, RecursionError, OverflowError):
        return ""
    return "".join(_literally(items[1:] if items and items[0][0] is sre.AT else items))


def _literally(items: Sequence[tuple[Any, Any]]) -> Iterator[str]:
    for op, argument in items:
        if op is sre.LITERAL:
            yield chr(argument)
        elif op in REPEATS and argument[0] == 0 and argument[1] == 1:
            continue
        elif op is sre.SUBPATTERN and all(_is_fixed(inner) for inner in argument[3]):
            yield from _literally(argument[3])
        elif op is sre.ANY or (op in _VARIABLE and _ends_no_host((op, argument))):
            yield "\0"  # a single dot is one that was not escaped
        else:
            if op is sre.SUBPATTERN:
                yield from _literally(argument[3])
            return


def _ends_no_host(item: tuple[Any, Any]) -> bool:
    """Whether what an element matches is known to hold none of the characters that end a host."""
    try:
        return not characters_matched_by(item) & _HOST_ENDS
    except ValueError:
        return False


def _is_fixed(item: tuple[Any, Any]) -> bool:
    """A character, or one that may be left out."""
    op, argument = item
    optional = op in REPEATS and argument[:2] == (0, 1) and len(argument[2]) == 1
    return op is sre.LITERAL or (optional and argument[2][0][0] is sre.LITERAL)


def characters_of(resolver: Resolver, scope: int, value: int, depth: int = 6) -> frozenset[str] | None:
    """The characters in a text, or in a collection of single characters; None where it is not known."""
    if depth == 0:
        return None
    found = constant(resolver, scope, value)
    if isinstance(found, str):
        return frozenset(found)
    known = resolver.index.value(scope, value)
    parts: Sequence[int] = ()
    if known.op == "call" and len(known.args) == 2 and _COLLECTIONS & set(resolver.paths(scope, value)):
        parts = known.args[1:]
    elif known.op in ("list", "tuple", "set") and not known.kind:
        singles = [constant(resolver, scope, item) for item in known.args]
        return frozenset(map(str, singles)) if all(isinstance(one, str) and len(one) == 1 for one in singles) else None
    elif known.op == "arithmetic" or (known.op == "text" and known.kind == "+"):
        parts = known.args
    elif known.op == "name":
        where = _assigned_once(resolver, scope, known.name)
        return None if where is None else characters_of(resolver, *where, depth - 1)
    elif known.op == "attr":
        names = {ref.path.removeprefix("string.") for ref in resolver.refs(scope, value) if ref.kind == "external"}
        return frozenset(getattr(string, names.pop())) if len(names) == 1 and names <= _ALPHABETS else None
    sets = [characters_of(resolver, scope, item, depth - 1) for item in parts]
    return frozenset().union(*(one or () for one in sets)) if sets and None not in sets else None


def _pattern_text(resolver: Resolver, scope: int, value: int) -> str | None:
    found = constant(resolver, scope, value)
    if isinstance(found, str):
        return found
    known = resolver.index.value(scope, value)
    if known.op == "call" and len(known.args) > 1 and "re.compile" in resolver.paths(scope, value):
        return _pattern_text(resolver, scope, known.args[1])
    where = _assigned_once(resolver, scope, known.name) if known.op == "name" else None
    return None if where is None else _pattern_text(resolver, *where)


def _assigned_once(resolver: Resolver, scope: int, name: str) -> tuple[int, int] | None:
    """The only definition of a variable of an enclosing scope."""
    current = resolver.index.parents[scope]
    while current >= 0:
        values = resolver.index.scopes[current].locals.get(name, ())
        if values:
            return (current, values[0]) if len(values) == 1 else None
        current = resolver.index.parents[current]
    return None


def characters_matched_by(item: tuple[Any, Any]) -> frozenset[str]:
    """The characters that one parsed element can match; raises ValueError for what is not understood."""
    op, argument = item
    if op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
        return frozenset()
    if op is sre.LITERAL:
        return frozenset({chr(argument)})
    if op is sre.IN:
        found = _class(argument)
        return _ASCII if found is None else found
    if op in REPEATS:
        return frozenset().union(*(characters_matched_by(inner) for inner in argument[2]))
    if op is sre.SUBPATTERN:
        return frozenset().union(*(characters_matched_by(inner) for inner in argument[3]))
    if op is sre.BRANCH:
        return frozenset().union(*(characters_matched_by(inner) for branch in argument[1] for inner in branch))
    if op is sre.ANY:
        return _ASCII
    if op is sre.NOT_LITERAL:
        return _ASCII - {chr(argument)}
    raise ValueError(op)


def _class(items: list[tuple[Any, Any]]) -> frozenset[str] | None:
    """The ASCII characters of a class; None where one of its parts is not understood."""
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
        elif op is sre.CATEGORY and argument in _OPPOSITES:
            found |= _ASCII - _CATEGORIES[_OPPOSITES[argument]]
        else:
            return None
    return _ASCII - found if negated else found
