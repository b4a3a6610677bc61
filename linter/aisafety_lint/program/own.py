"""What a project builds for itself where it uses no framework: its own kind of tool, and its own face of a model.

Nothing is taken from a name alone. A decorator makes tools if it keeps or marks the functions that it is given, and
it, or the place where it keeps them, is named after tools. A class is a tool if it is named so, says its name and what
it is for, and has a method that runs it. A method answers for a model if a class named after models declares it
without a body.
"""

import re
from collections.abc import Iterator

from aisafety_lint.program.constants import constant
from aisafety_lint.program.given import SCHEMAS, described, given_tools, is_literal
from aisafety_lint.program.models import Row
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Param, Scope, Value

_TOOL = re.compile(r"(^|_)tools?($|_)", re.IGNORECASE)
_TOOL_CLASS = re.compile(r"Tool(Base|Mixin|Plugin|Impl|V?\d+)?($|_)")
_MODEL_CLASS = re.compile(r"(^|[a-z_]|Base|Abstract)(LLM|LanguageModel|ChatModel)($|[A-Z_])")
_QUESTION = frozenset({"prompt", "prompts", "messages", "question", "query"})
_RUNNERS = ("run", "_run", "arun", "_arun", "execute", "_execute", "call", "_call", "__call__", "invoke", "forward")
_SURROUNDINGS = re.compile(r"(Context|ContextWrapper|Session|Runtime|State|CallParams)$")
_KEEPING = frozenset({"append", "add", "register", "update", "setdefault", "insert"})

_HANDINGS = 3
"""Over how many functions a decorator is followed that hands on what it decorates."""

ROW: Row = {"stem": "own", "role": "tools"}
"""What stands in for a row of a model about a tool."""


def tool_functions(resolver: Resolver) -> Iterator[tuple[int, Row, tuple[int, int]]]:
    """Functions that are tools of the project's own kind, with a row that says so and where they are registered."""
    for function, row, where in _found(resolver):
        injected = _injected(resolver.index.scopes[function].params)
        yield function, {**row, "except": (*row.get("except", ()), *injected)}, where


def _found(resolver: Resolver) -> Iterator[tuple[int, Row, tuple[int, int]]]:
    makers: dict[int, bool] = {}
    hidden = tuple(sorted(_hidden(resolver)))
    for number, scope in enumerate(resolver.index.scopes):
        if scope.form == "class":
            for method in _class_tool(resolver, number):
                extra = _extra(resolver.index.scopes[method].params)
                yield method, {**ROW, "method": {}, "except": (*extra, *hidden)}, (number, -1)
        for value in scope.decorators if scope.form == "function" else ():
            outer = resolver.index.parents[number]
            maker = _maker(resolver, outer, value)
            if maker is not None and makers.setdefault(maker, _makes_tools(resolver, maker)):
                names = _declared(resolver, outer, value, scope.params)
                told = {"except": hidden} if names is None else {"parameters": names}
                yield number, {**ROW, **told}, (outer, value)
    yield from given_tools(resolver, {**ROW, "except": hidden})


def _injected(params: tuple[Param, ...]) -> Iterator[str]:
    """The names of parameters whose type says that the program passes what it runs in, not the model."""
    for param in params:
        if param.annotation is not None and _SURROUNDINGS.search(param.annotation.name):
            yield param.name


def _hidden(resolver: Resolver) -> Iterator[str]:
    """The names of parameters that the project takes out of the schemas for the model, as it fills them itself.

    `schema["properties"].pop("context")`.
    """
    index = resolver.index
    for scope, call in index.calls_by_name.get("pop", ()):
        known = index.value(scope, call.value)
        method = index.value(scope, known.args[0])
        if method.op == "attr" and len(known.args) > 1 and index.value(scope, method.args[0]).name == "properties":
            name = constant(resolver, scope, known.args[1])
            if isinstance(name, str):
                yield name


def model_methods(resolver: Resolver) -> Iterator[int]:
    """Methods without a body that a class named after models declares, and that take a prompt."""
    for number, scope in enumerate(resolver.index.scopes):
        owner = resolver.index.enclosing_class(number)
        if owner is not None and _MODEL_CLASS.search(resolver.index.scopes[owner].name):
            asked = any(param.name in _QUESTION for param in scope.params)
            if asked and (_is_bodiless(scope) or "abstractmethod" in str(resolver.decorated_with(number))):
                yield number


def _is_bodiless(scope: Scope) -> bool:
    """Whether a function does nothing but raise that it is not implemented."""
    called = {scope.values[scope.values[call.value].args[0]].name for call in scope.calls}
    raised = called or {value.name for value in scope.values if value.op == "name"}
    return scope.end == -2 and not scope.returns and raised == {"NotImplementedError"}


def _class_tool(resolver: Resolver, owner: int) -> Iterator[int]:
    """The methods that run a class which is a tool."""
    index = resolver.index
    scope = index.scopes[owner]
    names = [scope.name, *(index.value(index.parents[owner], base).name for base in scope.bases)]
    if not any(_TOOL_CLASS.search(name) for name in names):
        return
    for word in ("name", "description"):
        values = scope.locals.get(word, ())
        if not values or not all(_is_text(resolver, owner, value) for value in values):
            return
    if not any(text.name for text in (index.value(owner, value) for value in scope.locals["description"])):
        return  # the empty strings of a base class
    for name in _RUNNERS:
        method = index.by_qualname.get((index.paths[owner], f"{scope.qualname}.{name}"))
        if method is not None and index.scopes[method].form == "function":
            yield method


def _is_text(resolver: Resolver, scope: int, value: int) -> bool:
    """Whether a value is a text: written there, or in a constant of the module."""
    return resolver.index.value(scope, value).op == "text" or isinstance(constant(resolver, scope, value), str)


def _extra(params: tuple[Param, ...]) -> tuple[str, ...]:
    """The parameter for all other names, beside ones that are named: the application passes its own things in it."""
    named = [param for param in params[1:] if param.form in ("positional", "keyword")]
    return tuple(param.name for param in params if param.form == "**") if named else ()


def _maker(resolver: Resolver, scope: int, value: int) -> int | None:
    """The project function that a decorator is, or that makes it."""
    known = resolver.index.value(scope, value)
    refs = resolver.callees(scope, value) if known.op == "call" else resolver.refs(scope, value)
    return next((ref.scope for ref in refs if ref.kind == "function"), None)


def _makes_tools(resolver: Resolver, maker: int) -> bool:
    """Whether a decorator keeps or marks what it decorates, in the name of tools, or hands it on to who does."""
    index = resolver.index
    of_tools = bool(_TOOL.search(index.scopes[maker].name))
    scopes = (maker, *index.children.get(maker, ()), *_applied(resolver, maker))
    pending = [(scope, param.value, of_tools, 0) for scope in scopes for param in index.scopes[scope].params]
    seen = {(scope, function) for scope, function, _, _ in pending}
    for scope, function, named, depth in pending:
        if any(named or _TOOL.search(name) for name in _kept(index.scopes[scope], function)):
            return True
        for place in _handed_on(resolver, scope, function) if depth < _HANDINGS else ():
            if place not in seen:
                seen.add(place)
                pending.append((*place, named or bool(_TOOL.search(index.scopes[place[0]].name)), depth + 1))
    return False


def _applied(resolver: Resolver, maker: int) -> Iterator[int]:
    """What is called with the decorated function where the decorator is made as an object of a class."""
    for ref in resolver.returned(Ref("function", maker)):
        method = resolver.function_of(ref) if ref.kind == "instance" else None
        if method is not None:
            yield method


def _handed_on(resolver: Resolver, scope: int, function: int) -> Iterator[tuple[int, int]]:
    """The parameters of project functions that get a function: itself, or as one of `*args`."""
    index = resolver.index
    held = {function}
    for position, value in enumerate(index.scopes[scope].values):
        if value.op in ("item", "element", "copy", "store") and held.intersection(value.args[:1]):
            held.add(position)
    for call in index.scopes[scope].calls:
        if not held.intersection(index.value(scope, call.value).args[1:]):
            continue
        for callee in resolver.callees(scope, call.value):
            target = resolver.function_of(callee)
            bound = callee.receiver is not None or callee.kind != "function"
            for param in index.scopes[target].params if target is not None else ():
                if resolver.argument_for(scope, call, target or 0, param.name, bound=bound) in held:
                    yield target or 0, param.value


def _kept(scope: Scope, function: int) -> Iterator[str]:
    """The names under which a scope keeps a parameter: of a registry, or of a mark that it sets on it."""
    holders = {function}
    for position, value in enumerate(scope.values):
        held = bool(holders.intersection(value.args))
        if value.op == "store" and value.kind == "attr" and value.args[0] in holders and value.args[1] not in holders:
            holders.add(position)
            yield value.name
        elif value.op == "store" and value.args[1] in holders:
            yield from _root_names(scope, value)
        elif held and value.op == "call":
            holders.add(position)
            method = scope.values[value.args[0]]
            if method.op == "attr" and method.name in _KEEPING:
                yield from _root_names(scope, method)
        elif held and value.op in ("dict", "list", "tuple", "copy", "phi"):
            holders.add(position)


def _root_names(scope: Scope, value: Value) -> Iterator[str]:
    """The names on the way to where something is stored (`self.tools`, `_TOOLS`)."""
    while value.args and value.op in ("store", "attr", "item"):
        if value.op != "store" or value.kind == "attr":
            yield value.name
        value = scope.values[value.args[0]]
    yield value.name


def _declared(resolver: Resolver, scope: int, value: int, params: tuple[Param, ...]) -> list[str] | None:
    """The parameters that the decorator's own schema names, where it has one: the others are filled by the program."""
    known = resolver.index.value(scope, value)
    if known.op != "call":
        return None
    given = zip(resolver.index.calls[scope][value].keywords, known.args[1:], strict=True)
    schemas = [operand for keyword, operand in given if keyword in SCHEMAS and is_literal(resolver, scope, operand)]
    keys = {key for operand in schemas for key in described(resolver, scope, operand)}
    return [param.name for param in params if param.name in keys] if schemas else None
