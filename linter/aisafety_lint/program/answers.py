"""What the answer of a tool is made of: the values that are put into it as they are.

Only what keeps its content is walked through: text and containers that are put together, conversions, functions of the
project. What a library makes of a value is something else.
"""

from collections.abc import Iterator
from typing import NamedTuple

from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.tools import Tool
from aisafety_lint.python.facts import Value

_SAME = frozenset({"copy", "return", "await", "phi", "or", "list", "tuple", "set", "element", "star", "arithmetic"})
_DEPTH = 3
_MOST = 400


class Part(NamedTuple):
    """A value in an answer: `label` is the text or the key before it."""

    scope: int
    value: int
    label: str


def answer_parts(resolver: Resolver, kinds: Kinds, tool: Tool) -> Iterator[Part]:
    """What stands in the answers of a tool, each value once."""
    scope = resolver.index.scopes[tool.scope]
    pending = [(Part(tool.scope, value, ""), _DEPTH) for value in (*scope.returns, *scope.yields)]
    seen: set[Part] = set()
    while pending and len(seen) < _MOST:
        part, depth = pending.pop()
        if part not in seen:
            seen.add(part)
            inner = list(_inside(resolver, kinds, part, depth))
            pending += inner
            if not inner:
                yield part


def _inside(resolver: Resolver, kinds: Kinds, part: Part, depth: int) -> Iterator[tuple[Part, int]]:
    scope, label = part.scope, part.label
    known = resolver.index.value(scope, part.value)
    if known.op == "call":
        yield from _called(resolver, kinds, part, known, depth)
    elif known.op == "text":
        before = ""
        for item in known.args:
            yield Part(scope, item, before), depth
            piece = resolver.index.value(scope, item)
            before = piece.name if piece.op == "const" and piece.kind == "str" else ""
    elif known.op == "dict":
        for key, item in zip(known.args[::2], known.args[1::2], strict=True):
            name = resolver.index.value(scope, key)
            yield Part(scope, item, name.name if name.op == "const" else ""), depth
    elif known.op == "store":
        yield Part(scope, known.args[0], label), depth
        yield Part(scope, known.args[1], known.name if known.kind == "item" else ""), depth
    elif known.op in _SAME and not (known.op == "element" and _chosen(resolver, part)):
        yield from ((Part(scope, item, label), depth) for item in known.args)


def _chosen(resolver: Resolver, part: Part) -> bool:
    """Whether only some elements of an iterable go into an answer: there is a condition on what is made of them."""
    scope = resolver.index.scopes[part.scope]
    guards = {value.guard for value in scope.values if part.value in value.args}
    outer = scope.values[scope.values[part.value].args[0]].guard
    return any(guard > outer and scope.guards[guard].holds in ("true", "false") for guard in guards)


def _called(resolver: Resolver, kinds: Kinds, part: Part, known: Value, depth: int) -> Iterator[tuple[Part, int]]:
    """The arguments and the receiver of a call that keeps them, and what a function of the project returns."""
    scope, label = part.scope, part.label
    functions = [resolver.function_of(ref) for ref in resolver.callees(scope, part.value) if ref.kind == "function"]
    for function in functions if depth else ():
        if function is not None:
            for value in resolver.index.scopes[function].returns:
                yield Part(function, value, label), depth - 1
    called = resolver.index.value(scope, known.args[0])
    if not functions and called.name.rpartition(".")[2] in kinds.keeping:
        yield from ((Part(scope, item, label), depth) for item in known.args[1:])
        if called.op == "attr":
            yield Part(scope, called.args[0], label), depth
