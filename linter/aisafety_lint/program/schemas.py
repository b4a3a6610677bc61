"""The names of the tools that a program describes to a model by schemas: dicts, or declarations of a library."""

from collections.abc import Iterator

from aisafety_lint.program.agents import Agent, tool_values
from aisafety_lint.program.constants import constant
from aisafety_lint.program.resolver import Resolver

Value = tuple[int, int]

_WRAPPED = ("function", "toolSpec")
_LISTING = frozenset({"functionDeclarations", "function_declarations", "tools"})
_DEPTH = 3


def schema_name(resolver: Resolver, scope: int, value: int, depth: int = _DEPTH) -> str:
    """The name, or else the type, in the schema of a tool, which may be wrapped."""
    entries = _entries(resolver, scope, value)
    for inner in _WRAPPED if depth else ():
        if inner in entries and resolver.index.value(scope, entries[inner]).op == "dict":
            return schema_name(resolver, scope, entries[inner], depth - 1)
    for key in ("name", "type"):
        fixed = constant(resolver, scope, entries[key]) if key in entries else None
        if isinstance(fixed, str):
            return fixed
    return ""


def offered(resolver: Resolver, agent: Agent) -> Iterator[tuple[str, Value]]:
    """The names in the schemas that an agent's model is offered, each with the schema."""
    spec = agent.row.get("tools")
    for scope, value in tool_values(resolver, agent.scope, agent.call, spec) if spec else ():
        for place in _declared(resolver, scope, value, _DEPTH):
            name = _declared_name(resolver, *place)
            if name:
                yield name, place


def _declared(resolver: Resolver, scope: int, value: int, depth: int) -> Iterator[Value]:
    """A schema itself, or those that it lists: dicts and calls of a library."""
    known = resolver.index.value(scope, value)
    if known.op == "dict":
        parts = _entries(resolver, scope, value)
    elif known.op == "call" and any(ref.kind == "external" for ref in resolver.callees(scope, value)):
        keywords = resolver.index.calls[scope][value].keywords
        parts = dict(zip(keywords, known.args[1:], strict=True))
    else:
        return
    yield scope, value
    for name, item in parts.items() if depth else ():
        for ref in resolver.refs(scope, item) if name in _LISTING else ():
            literal = resolver.index.value(ref.scope, ref.value) if ref.kind == "container" else None
            for element in literal.args if literal is not None and literal.op == "list" else ():
                yield from _declared(resolver, ref.scope, element, depth - 1)


def _declared_name(resolver: Resolver, scope: int, value: int) -> str:
    known = resolver.index.value(scope, value)
    if known.op == "dict":
        return schema_name(resolver, scope, value)
    given = zip(resolver.index.calls[scope][value].keywords, known.args[1:], strict=True)
    named = next((constant(resolver, scope, item) for keyword, item in given if keyword == "name"), "")
    return named if isinstance(named, str) else ""


def _entries(resolver: Resolver, scope: int, value: int) -> dict[str, int]:
    args = resolver.index.value(scope, value).args
    return {resolver.index.value(scope, key).name: item for key, item in zip(args[::2], args[1::2], strict=True)}
