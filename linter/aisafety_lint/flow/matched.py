"""What a regular expression takes out of a text: for which sink kinds the pattern alone makes it safe."""

from aisafety_lint.program.constants import constant
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.patterns import extracted, groups
from aisafety_lint.program.resolver import Resolver

_MATCHING = frozenset({"match", "fullmatch", "search"})
_LISTING = frozenset({"findall"})


def matched(resolver: Resolver, kinds: Kinds, scope: int, call: int) -> frozenset[str]:
    """The kinds for which the text is safe that `match.group(...)` gives, or the texts of `re.findall(...)`."""
    value = resolver.index.value(scope, call)
    function = resolver.index.value(scope, value.args[0])
    if function.name in _LISTING:
        pattern = _pattern(resolver, scope, call, _LISTING)
        number = None if pattern is None else groups(resolver, scope, pattern)
        if pattern is None or number is None or number > 1:
            return frozenset()
        return _safe(resolver, kinds, scope, pattern, number)
    if function.op != "attr" or function.name != "group" or len(value.args) > 2:
        return frozenset()
    group = constant(resolver, scope, value.args[1]) if len(value.args) == 2 else 0
    match = function.args[0]
    while resolver.index.value(scope, match).op == "copy":
        match = resolver.index.value(scope, match).args[0]
    pattern = _pattern(resolver, scope, match, _MATCHING)
    if pattern is None or not isinstance(group, int | str):
        return frozenset()
    return _safe(resolver, kinds, scope, pattern, group)


def _pattern(resolver: Resolver, scope: int, call: int, names: frozenset[str]) -> int | None:
    """The pattern that a call looks for: its first argument, or the compiled one whose method it is."""
    value = resolver.index.value(scope, call)
    if value.op != "call":
        return None
    paths = set(resolver.paths(scope, call))
    if {f"re.{name}" for name in names} & paths and len(value.args) > 2:
        return value.args[1]
    function = resolver.index.value(scope, value.args[0])
    compiled = {f"re.compile().{name}" for name in names} & paths and function.op == "attr"
    return function.args[0] if compiled else None


def _safe(resolver: Resolver, kinds: Kinds, scope: int, pattern: int, group: int | str) -> frozenset[str]:
    found = extracted(resolver, scope, pattern, group)
    if found is None:
        return frozenset()
    characters, start = found
    harmless = frozenset() if characters is None else kinds.harmless(characters)
    return harmless | kinds.fixed(start.partition("\0")[0])
