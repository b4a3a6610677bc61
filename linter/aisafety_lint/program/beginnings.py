"""Checks for how a text begins that amount to an allow-list: `url.startswith("https://docs.example/")`, a pattern.

Each function gives the value that is checked and the kinds of sinks that it is safe for.
"""

from collections.abc import Iterator

from aisafety_lint.program.constants import constant
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.patterns import beginning
from aisafety_lint.program.resolver import Resolver

_ANCHORED = frozenset({"match", "fullmatch"})
Allowed = tuple[int, frozenset[str]]


def allowed_by_start(resolver: Resolver, kinds: Kinds, scope: int, call: int) -> Iterator[Allowed]:
    """What a call establishes that returned something true, for what it was asked about."""
    for subject, value, is_pattern in _tested(resolver, scope, call):
        starts = _elements(resolver, scope, value) or [(scope, value)]
        yield subject, _allowed(resolver, kinds, starts, is_pattern=is_pattern)


def allowed_by_list(resolver: Resolver, kinds: Kinds, scope: int, condition: int) -> Iterator[Allowed]:
    """What `any(text.startswith(item) for item in ALLOWED)` establishes by being true; a configured list counts."""
    if resolver.index.value(scope, condition).op != "call":
        return
    for subject, value, is_pattern in _tested(resolver, scope, condition):
        element = resolver.index.value(scope, value)
        if element.op != "element" or element.name:
            continue
        known = _elements(resolver, scope, element.args[0])
        listed = _allowed(resolver, kinds, known, is_pattern=is_pattern)
        yield subject, listed if known else frozenset(kinds.allowed_start)


def _tested(resolver: Resolver, scope: int, call: int) -> Iterator[tuple[int, int, bool]]:
    """The text, the value that says how it has to begin, and whether that is a regular expression."""
    known = resolver.index.value(scope, call)
    function = resolver.index.value(scope, known.args[0])
    paths = resolver.paths(scope, call)
    # Texts alone have this method, whatever object they were read from.
    starts = any(path.endswith(".startswith") for path in paths)
    if starts and function.op == "attr" and len(known.args) > 1:
        yield function.args[0], known.args[1], False
    elif {f"re.{name}" for name in _ANCHORED} & set(paths) and len(known.args) > 2:
        yield known.args[2], known.args[1], True
    elif {f"re.compile().{name}" for name in _ANCHORED} & set(paths) and len(known.args) > 1:
        yield known.args[1], function.args[0], True


def _elements(resolver: Resolver, scope: int, value: int) -> list[tuple[int, int]]:
    """The elements of a literal that a value stands for."""
    containers = [ref for ref in resolver.refs(scope, value) if ref.kind == "container"]
    return [(ref.scope, item) for ref in containers for item in resolver.index.value(ref.scope, ref.value).args]


def _allowed(resolver: Resolver, kinds: Kinds, starts: list[tuple[int, int]], *, is_pattern: bool) -> frozenset[str]:
    """The kinds for which every one of some beginnings is specific enough."""
    found = frozenset(kinds.allowed_start)
    for scope, value in starts:
        text = beginning(resolver, scope, value) if is_pattern else constant(resolver, scope, value)
        found &= kinds.allowed(text) if isinstance(text, str) else frozenset()
    return found if starts else frozenset()


__all__ = ["Allowed", "allowed_by_list", "allowed_by_start"]
