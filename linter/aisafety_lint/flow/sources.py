"""Where untrusted values enter: tool arguments, model output, retrieved content, as seeds for the solver."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aisafety_lint.program.conditions import Holds, all_hold
from aisafety_lint.program.models import Row
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.spelling import spelled
from aisafety_lint.program.tools import DecoratorIndex, Tool, methods_named, model_params
from aisafety_lint.python.facts import Annotation, Param

_CALLABLE_OPS = frozenset({"name", "call", "param", "phi", "store", "enter"})


@dataclass(frozen=True, slots=True)
class Seed:
    """A value that is untrusted from the start.

    `clean` are its attributes that carry no text; `parts`, where there are any, the only ones that do.
    """

    scope: int
    value: int
    kind: str
    name: str
    clean: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    tool: Tool | None = None


def find_seeds(resolver: Resolver, tools: Iterable[Tool], decorators: DecoratorIndex) -> tuple[Seed, ...]:
    """All sources of the program, each value once."""
    found: dict[tuple[int, int], Seed] = {}
    for seed in (
        *_tool_arguments(resolver, tools),
        *_calls(resolver),
        *_decorated(resolver, decorators),
        *_methods(resolver),
        *_instances(resolver),
    ):
        found.setdefault((seed.scope, seed.value), seed)
    return tuple(sorted(found.values(), key=lambda seed: (seed.scope, seed.value)))


def carries(resolver: Resolver, scope: int, param: Param) -> bool:
    """Whether a parameter can hold text: numbers, booleans, enums and literals cannot."""
    return param.annotation is None or not scalar(resolver, scope, param.annotation)


def scalar(resolver: Resolver, scope: int, annotation: Annotation) -> bool:
    """Whether a type is too small to carry an attack, or holds only what the program itself put into it."""
    last = annotation.name.rpartition(".")[2]
    if last in ("Union", "Optional"):
        items = [item for item in annotation.args if item.name != "None"]
        return bool(items) and all(scalar(resolver, scope, item) for item in items)
    if last in ("Annotated", "list", "List", "set", "Set", "Sequence", "tuple", "Tuple"):
        items = list(annotation.args[:1] if last == "Annotated" else annotation.args)
        return bool(items) and all(scalar(resolver, scope, item) for item in items)
    if last == "Literal":
        return True
    for ref in resolver.dotted(scope, annotation.name):
        if ref.kind == "external" and ref.path in resolver.models.scalars:
            return True
        if ref.kind == "class" and (
            resolver.assembled(ref.scope)
            or any(base.path.removesuffix("()") in resolver.models.scalars for base in resolver.lineage(ref.scope))
        ):
            return True
    return False


def _tool_arguments(resolver: Resolver, tools: Iterable[Tool]) -> Iterator[Seed]:
    for tool in tools:
        for param in resolver.index.scopes[tool.scope].params:
            if param.value in tool.params and carries(resolver, tool.scope, param):
                yield Seed(tool.scope, param.value, "tool-argument", param.name, tool=tool)


def _calls(resolver: Resolver) -> Iterator[Seed]:
    """Calls of modelled APIs whose result is untrusted."""
    index = resolver.index
    for name in resolver.models.candidates("sources", index.calls_by_name):
        for scope, call in index.calls_by_name.get(name, ()):
            yield from _source_call(resolver, scope, call.value)
    if any(key.endswith(".__call__") for key in resolver.models.facts["sources"]):
        for scope, known in enumerate(index.scopes):
            for call in known.calls:
                function = known.values[known.values[call.value].args[0]]
                on_receiver = function.op == "attr" and known.values[function.args[0]].op in ("param", "store")
                if function.op in _CALLABLE_OPS or on_receiver:
                    yield from _source_call(resolver, scope, call.value)


def _source_call(resolver: Resolver, scope: int, call: int) -> Iterator[Seed]:
    for path in resolver.paths(scope, call):
        for row in resolver.models.rows("sources", path):
            if all_hold(resolver, scope, call, row) is not Holds.NO:
                yield _seed(resolver, (scope, call), row, spelled(resolver.index, scope, call))


def _decorated(resolver: Resolver, decorators: DecoratorIndex) -> Iterator[Seed]:
    """Parameters of functions that a framework calls with untrusted values without their being tools."""
    for number, scope in enumerate(resolver.index.scopes):
        for value in scope.decorators:
            for row in decorators.rows(resolver.index.parents[number], value):
                if row["role"] == "sources" and scope.form == "function":
                    yield from _parameters(resolver, number, row, model_params(resolver, number, row))


def _methods(resolver: Resolver) -> Iterator[Seed]:
    rows = [(owner, name, row) for owner, name, row in resolver.models.methods if row["role"] == "sources"]
    for number, scope in enumerate(resolver.index.scopes):
        if scope.form != "class" or not rows:
            continue
        kinds = resolver.types(number)
        for owner, name, row in rows:
            for method in methods_named(resolver, number, name) if owner in kinds else ():
                wanted = row["parameter"] if isinstance(row["parameter"], list) else [row["parameter"]]
                yield from _parameters(
                    resolver, method, row, model_params(resolver, method, {**row, "parameters": wanted})
                )


def _parameters(resolver: Resolver, function: int, row: Row, values: tuple[int, ...]) -> Iterator[Seed]:
    for param in resolver.index.scopes[function].params:
        if param.value in values and carries(resolver, function, param):
            # `except` of a decorator names parameters, that of a method attributes.
            named = row if "method" in row else {**row, "except": ()}
            yield _seed(resolver, (function, param.value), named, param.name)


def _instances(resolver: Resolver) -> Iterator[Seed]:
    """Parameters annotated with a type whose instances are untrusted."""
    rows = dict(resolver.models.instances)
    if not rows:
        return
    for number, scope in enumerate(resolver.index.scopes):
        for param in scope.params:
            if param.annotation is not None:
                for ref in resolver.annotated(number, param.annotation):
                    for key in resolver.models.lineage(ref.path) if ":" in ref.path else ():
                        if key in rows:
                            yield _seed(resolver, (number, param.value), rows[key], param.name)


def _seed(resolver: Resolver, where: tuple[int, int], row: Row, name: str) -> Seed:
    clean = frozenset(row.get("except", ())) | resolver.models.inert.get(row["yields"], frozenset())
    return Seed(*where, row["yields"], name, clean, tuple(row.get("parts", ())))
