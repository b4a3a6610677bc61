"""Commands that stand in a configuration with marks in them: `[part.replace("{file}", name) for part in command]`.

What is filled in is an argument: the command has a first word of its own.
"""

from aisafety_lint.program.constants import text_of
from aisafety_lint.program.resolver import Resolver

_FILLING = frozenset({"replace", "format"})


def is_filled_in(resolver: Resolver, scope: int, call: int, operand: int) -> bool:
    """Whether a call puts an operand into the marks of each part of a list, whose first is not known to have one."""
    part = _part(resolver, scope, call)
    if part is None or operand not in resolver.index.value(scope, call).args[1:]:
        return False
    index = resolver.index
    known = index.value(scope, call)
    replaces = index.value(scope, known.args[0]).name == "replace"
    mark = index.value(scope, known.args[1]).name if replaces else "{"
    literals = [ref for ref in resolver.refs(scope, index.value(scope, part).args[0]) if ref.kind == "container"]
    firsts = [(ref.scope, item) for ref in literals for item in index.value(ref.scope, ref.value).args[:1]]
    return not any(mark in text_of(resolver, where, item) for where, item in firsts)


def _part(resolver: Resolver, scope: int, call: int) -> int | None:
    """The part of a list that is filled in by one call or a chain of them."""
    index = resolver.index
    value = call
    while index.value(scope, value).op == "call":
        function = index.value(scope, index.value(scope, value).args[0])
        if function.op != "attr" or function.name not in _FILLING:
            return None
        value = function.args[0]
    known = index.value(scope, value)
    return value if value != call and known.op == "element" and not known.name else None
