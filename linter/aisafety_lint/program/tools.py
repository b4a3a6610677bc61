"""The tools of the program: every function that a model can call, however registered, and the parameters it fills."""

import fnmatch
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.index import Index
from aisafety_lint.program.models import Row
from aisafety_lint.program.own import tool_functions
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Annotation, Param, Place
from aisafety_lint.source import Span


class Part(NamedTuple):
    """One of several tools that a function runs by their names: the name, and where the function asks for it."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model can call.

    `scope` is the function, `params` the values of the parameters that the model fills, `path` and `place` where it is
    defined, `registered` where it is registered, `approved` whether the framework asks a person before it runs. `ways`
    are all its registrations: what the models say about each, and the scope and value that register.

    Of a function that runs several tools by their names, `choosers` are the values that it compares with the names.
    Where it may do something else as well, `parts` are the names, and only what it does for one of them counts; `since`
    is the call in it that asks the model: what a person said before that is no consent.
    """

    name: str
    scope: int
    path: str
    place: Place
    framework: str
    params: tuple[int, ...]
    approved: bool
    registered: tuple[str, Place]
    capabilities: frozenset[str] = frozenset()
    ways: tuple[tuple[Row, tuple[int, int]], ...] = field(default=(), compare=False, repr=False)
    choosers: frozenset[int] = frozenset()
    parts: frozenset[str] = frozenset()
    since: int = -1

    @property
    def span(self) -> Span:
        """Where the tool is defined."""
        return Span(*self.place)


class DecoratorIndex:
    """Model rows about decorators, by access path."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.exact: dict[str, list[Row]] = {}
        self.patterns: list[tuple[str, Row]] = []
        for key, row in resolver.models.decorators:
            if "*" in key:
                self.patterns.append((key, row))
            else:
                self.exact.setdefault(key, []).append(row)

    def rows(self, scope: int, value: int) -> Iterator[Row]:
        """Rows about a decorator value: the decorator itself, or a call that makes one."""
        known = self.resolver.index.value(scope, value)
        if known.op == "call":
            paths = self.resolver.paths(scope, value)
        else:
            paths = tuple(path for ref in self.resolver.refs(scope, value) for path in self.resolver.paths_of(ref))
        for path in dict.fromkeys(paths):
            for key in self.resolver.models.keys(path):
                yield from self.exact.get(key, ())
            yield from (row for pattern, row in self.patterns if fnmatch.fnmatchcase(path, pattern))


def find_tools(resolver: Resolver, decorators: DecoratorIndex) -> tuple[Tool, ...]:
    """All tools, each function once, in the order of files and lines."""
    found: dict[int, Tool] = {}
    ways: dict[int, list[tuple[Row, tuple[int, int]]]] = defaultdict(list)
    modelled = (*_decorated(resolver, decorators), *_registered(resolver, decorators), *_methods(resolver))
    own = [make_tool(resolver, *item) for item in tool_functions(resolver)]
    for tool in (*modelled, *(tool for tool in own if tool.scope not in {item.scope for item in modelled})):
        known = found.get(tool.scope)
        ways[tool.scope] += tool.ways
        if known is None or len(tool.params) > len(known.params):
            found[tool.scope] = tool
    tools = (replace(tool, ways=tuple(ways[scope])) for scope, tool in found.items())
    return tuple(sorted(tools, key=lambda tool: (tool.path, tool.place, tool.name)))


def _decorated(resolver: Resolver, decorators: DecoratorIndex) -> Iterator[Tool]:
    for number, scope in enumerate(resolver.index.scopes):
        for value in scope.decorators:
            outer = resolver.index.parents[number]
            for row in decorators.rows(outer, value):
                if row["role"] == "tools" and scope.form == "function" and _applies(resolver, outer, value, row):
                    yield make_tool(resolver, number, row, (outer, value))


def _applies(resolver: Resolver, scope: int, decorator: int, row: Row) -> bool:
    """Whether a row is about a decorator as it is written: one without arguments meets no condition on them."""
    called = resolver.index.value(scope, decorator).op == "call"
    return not called or all_hold(resolver, scope, decorator, row) is not Holds.NO


def _registered(resolver: Resolver, decorators: DecoratorIndex) -> Iterator[Tool]:
    """`Tool(func=f)`, `add_tool(f)`, `bind_tools([f, g])`, and `mcp.tool()(f)`."""
    index = resolver.index
    for name in resolver.models.candidates("tools", index.calls_by_name):
        for scope, call in index.calls_by_name.get(name, ()):
            for path in resolver.paths(scope, call.value):
                for row in resolver.models.rows("tools", path):
                    yield from _of_row(resolver, scope, call.value, row)
    for scope, call in index.calls_by_name.get("", ()):
        value = index.value(scope, call.value)
        if index.value(scope, value.args[0]).op == "call" and len(value.args) > 1:
            for row in decorators.rows(scope, value.args[0]):
                if row["role"] == "tools":
                    yield from _functions(resolver, resolver.refs(scope, value.args[1]), row, (scope, value.args[0]))


def _of_row(resolver: Resolver, scope: int, call: int, row: Row) -> Iterator[Tool]:
    for operand in operands(resolver, scope, call, row.get("function", {})):
        yield from _functions(resolver, resolver.refs(scope, operand), row, (scope, call))
    for operand in operands(resolver, scope, call, row.get("functions", {})):
        for ref in resolver.refs(scope, operand):
            yield from _functions(resolver, resolver.item(ref, ""), row, (scope, call))


def _functions(resolver: Resolver, refs: tuple[Ref, ...], row: Row, where: tuple[int, int]) -> Iterator[Tool]:
    for ref in refs:
        if ref.kind in ("function", "instance"):
            function = resolver.function_of(ref)
            if function is not None:
                yield make_tool(resolver, function, row, where)


def _methods(resolver: Resolver) -> Iterator[Tool]:
    """Methods of project classes that the framework calls with the model's arguments."""
    rows: dict[str, list[tuple[str, Row]]] = {}
    for owner, name, row in resolver.models.methods:
        if row["role"] == "tools":
            rows.setdefault(owner, []).append((name, row))
    if not rows and not resolver.models.listed:
        return
    for number, scope in enumerate(resolver.index.scopes):
        if scope.form == "class":
            for kind in resolver.types(number):
                for name, row in rows.get(kind, ()):
                    for method in methods_named(resolver, number, name):
                        yield make_tool(resolver, method, row, (number, -1))
                for name, row in _listed_methods(resolver, number, kind):
                    for method in methods_named(resolver, number, name):
                        yield make_tool(resolver, method, row, (number, -1))


def methods_named(resolver: Resolver, owner: int, name: str) -> Iterator[int]:
    """The methods of a class by a name, which may be a glob; those without a body of their own left out."""
    index = resolver.index
    names = fnmatch.filter(index.scopes[owner].locals, name) if "*" in name else [name]
    for known in names:
        method = index.by_qualname.get((index.paths[owner], f"{index.scopes[owner].qualname}.{known}"))
        if method is not None and index.scopes[method].form == "function" and not is_abstract(resolver, method):
            yield method


def _listed_methods(resolver: Resolver, owner: int, kind: str) -> Iterator[tuple[str, Row]]:
    """Methods that a class attribute lists by name, alone or in pairs."""
    for wanted, attribute, row in resolver.models.listed:
        for value in resolver.index.scopes[owner].locals.get(attribute, ()) if wanted == kind else ():
            pending = list(resolver.index.value(owner, value).args)
            for item in pending:
                known = resolver.index.value(owner, item)
                pending += known.args if known.op == "tuple" else ()
                if known.op == "const" and known.kind == "str":
                    yield known.name, row


def is_abstract(resolver: Resolver, function: int) -> bool:
    """Whether a method has no body of its own."""
    return any(name.rpartition(".")[2] == "abstractmethod" for name in resolver.decorated_with(function))


def make_tool(resolver: Resolver, function: int, row: Row, where: tuple[int, int]) -> Tool:
    """The tool that a registration row makes of a function; `where` is the registering scope and value, or -1."""
    index = resolver.index
    scope = index.scopes[function]
    owner = index.enclosing_class(function)
    name = scope.name
    if owner is not None and "method" in row:
        name = index.scopes[owner].name
    register = index.scopes[where[0]].head if where[1] < 0 else index.value(*where).place
    place = scope.head if scope.head[0] else scope.place
    params = model_params(resolver, function, row)
    return Tool(
        name,
        function,
        index.paths[function],
        place,
        row["stem"],
        params,
        False,
        (index.paths[where[0]], register),
        ways=((row, where),),
        choosers=frozenset(_choosers(index, function, row)),
    )


def _choosers(index: Index, function: int, row: Row) -> Iterator[int]:
    """The values that hold the name of the tool that is called, where a row says which parameter has it."""
    scope = index.scopes[function]
    params = scope.params[bool(scope.params and scope.params[0].name == "self") :]
    if row.get("chooser", len(params)) < len(params):
        chosen = params[row["chooser"]].value
        yield chosen
        yield from (
            position
            for position, value in enumerate(scope.values)
            if value.op == "attr" and value.name == "name" and value.args[0] == chosen
        )


def model_params(resolver: Resolver, function: int, row: Row) -> tuple[int, ...]:
    """The parameters of a function that the model fills, not what the framework injects.

    The receiver is one where it is a message whose fields the model fills.
    """
    params = list(resolver.index.scopes[function].params)
    if params and params[0].name in ("self", "cls") and not row.get("self"):
        params = params[1:]
    wanted = row.get("parameters")
    if isinstance(wanted, list):
        params = [param for place, param in enumerate(params) if place in wanted or param.name in wanted]
    left_out = row.get("except", ())
    kept = [
        param
        for param in params
        if param.name not in left_out
        and not _injected(resolver, function, param, row)
        and not _captured(resolver, function, param)
    ]
    return tuple(param.value for param in kept)


def _captured(resolver: Resolver, function: int, param: Param) -> bool:
    """Whether a parameter only keeps what a variable of the same name held (`def run(text, tool=tool)` in a loop)."""
    outer = resolver.index.parents[function]
    if param.default < 0 or outer < 0:
        return False
    local = resolver.index.local_names[outer].get(param.default, resolver.index.value(outer, param.default).name)
    return local == param.name


def _injected(resolver: Resolver, function: int, param: Param, row: Row) -> bool:
    """Whether the framework fills a parameter, told by its annotated type or by the call that is its default."""
    context = row.get("context")
    if not isinstance(context, list):
        return False
    wanted = {kind for name in context for kind in ([f"{row['stem']}:{name}", name] if ":" not in name else [name])}
    outer = resolver.index.parents[function]
    if param.default >= 0 and wanted.intersection(_makers(resolver, outer, param.default)):
        return True
    return param.annotation is not None and any(
        set(_named_types(resolver, function, annotation)) & wanted for annotation in _flat(param.annotation)
    )


def _makers(resolver: Resolver, scope: int, value: int) -> Iterator[str]:
    """The calls that a value comes from, by their names: here, or in the function that returns it."""
    if resolver.index.value(scope, value).op == "call":
        yield from resolver.paths(scope, value)
    yield from (path.removesuffix("()") for ref in resolver.refs(scope, value) for path in resolver.paths_of(ref))


def _flat(annotation: Annotation) -> Iterator[Annotation]:
    yield annotation
    for item in annotation.args:
        yield from _flat(item)


def _named_types(resolver: Resolver, function: int, annotation: Annotation) -> Iterator[str]:
    for ref in resolver.dotted(function, annotation.name):
        if ref.kind == "external":
            yield ref.path
            for kind in resolver.models.types_of_class(ref.path):
                yield from resolver.models.lineage(kind)
        elif ref.kind == "class":
            yield resolver.index.dotted(ref.scope)
            yield from resolver.types(ref.scope)
