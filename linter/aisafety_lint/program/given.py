"""Functions that a project hands over to be called by a model, to a framework of its own or to one that no model knows.

A list under the name of tools, in a call that is named after agents or models: `Agent(tools=[search])`. Or a function
beside a schema of its parameters: `Tool(name="search", parameters={"properties": {...}}, handler=search)`.
"""

import re
from collections.abc import Iterator, Sequence

from aisafety_lint.program.models import Row
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Call

SCHEMAS = frozenset({"parameters", "params", "schema", "input_schema", "args_schema", "json_schema", "properties"})
"""The names under which a schema of the parameters of a tool is given."""

_TAKES_TOOLS = re.compile(r"(?i)agent|assistant|llm|chat|swarm|crew|team|task")
_TOOLS = frozenset({"tools", "functions"})
_DEPTH = 3

Given = tuple[int, Row, tuple[int, int]]


def given_tools(resolver: Resolver, row: Row) -> Iterator[Given]:
    """Functions with a row that says which parameters the model fills, and the call that hands them over."""
    for number, scope in enumerate(resolver.index.scopes):
        for call in scope.calls:
            if not _TOOLS.isdisjoint(call.keywords) and _TAKES_TOOLS.search(_called(resolver, number, call)):
                yield from _listed(resolver, number, call, row)
            elif not SCHEMAS.isdisjoint(call.keywords):
                yield from _beside_schema(resolver, number, call, row)


def _called(resolver: Resolver, scope: int, call: Call) -> str:
    return resolver.index.value(scope, resolver.index.value(scope, call.value).args[0]).name


def _listed(resolver: Resolver, scope: int, call: Call, row: Row) -> Iterator[Given]:
    """`Agent(tools=[search])`."""
    for keyword, operand in _operands(resolver, scope, call):
        for ref in resolver.refs(scope, operand) if keyword in _TOOLS else ():
            yield from ((function, row, (scope, call.value)) for function in _functions(resolver.item(ref, "")))


def _beside_schema(resolver: Resolver, scope: int, call: Call, row: Row) -> Iterator[Given]:
    """`Tool(name="search", parameters={"properties": {"query": ...}}, handler=search)`."""
    operands = list(_operands(resolver, scope, call))
    names = {name for key, item in operands if key in SCHEMAS for name in described(resolver, scope, item)}
    for _, operand in operands if names and "name" in call.keywords else ():
        for function in _functions(resolver.refs(scope, operand)):
            if names.issuperset(_required(resolver, function)):
                yield function, {**row, "parameters": sorted(names)}, (scope, call.value)


def _required(resolver: Resolver, function: int) -> Iterator[str]:
    """The parameters that a caller has to fill."""
    params = resolver.index.scopes[function].params
    bound = bool(params) and params[0].name in ("self", "cls")
    yield from (param.name for param in params[bound:] if param.form == "positional" and param.default < 0)


def _operands(resolver: Resolver, scope: int, call: Call) -> Iterator[tuple[str, int]]:
    return zip(call.keywords, resolver.index.value(scope, call.value).args[1:], strict=True)


def _functions(refs: Sequence[Ref]) -> Iterator[int]:
    yield from (ref.scope for ref in refs if ref.kind == "function")


def is_literal(resolver: Resolver, scope: int, value: int) -> bool:
    """Whether a value is something written out."""
    return any(ref.kind == "container" for ref in resolver.refs(scope, value))


def described(resolver: Resolver, scope: int, value: int, depth: int = _DEPTH) -> Iterator[str]:
    """The keys of a schema, and of what it nests: the names of parameters are among them."""
    for ref in resolver.refs(scope, value) if depth else ():
        literal = resolver.index.value(ref.scope, ref.value) if ref.kind == "container" else None
        if literal is not None and literal.op == "dict":
            pairs = list(zip(literal.args[::2], literal.args[1::2], strict=True))
            yield from (resolver.index.value(ref.scope, key).name for key, _ in pairs)
            for key, item in pairs:
                if resolver.index.value(ref.scope, key).name in ("properties", "function", "parameters"):
                    yield from described(resolver, ref.scope, item, depth - 1)
