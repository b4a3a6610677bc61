"""Where untrusted values enter: tool arguments, model output, retrieved content, as seeds for the solver."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from aisafety_lint.flow.files import NO_PATH
from aisafety_lint.flow.messages import read_messages
from aisafety_lint.flow.transfer import FILE, Path
from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.constants import Unknown, constant, text_of
from aisafety_lint.program.index import Index
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.own import model_methods
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.spelling import spelled, written
from aisafety_lint.program.tools import DecoratorIndex, Tool, methods_named, model_params
from aisafety_lint.python.documentation import spoken_of
from aisafety_lint.python.facts import Annotation, Param

_HOLDING = frozenset(
    {"Annotated", "list", "List", "set", "Set", "Sequence", "tuple", "Tuple", "dict", "Dict", "Mapping"}
)
_TEXTS = frozenset({"str", "bytes", "list", "tuple", "dict", "set"})
_NESTING = 2
_ADDRESS = "ssrf"
_CALLABLE_OPS = frozenset({"name", "call", "param", "phi", "store", "enter"})


@dataclass(frozen=True, slots=True)
class Seed:
    """A value that is untrusted from the start.

    `clean` are its attributes that carry no text; `paths`, where there are any, the only parts of it that do;
    `passes`: it is a call whose result holds what went in as well; `cleaned` are the sink kinds that it is safe for,
    `names` the parts of it for which that does not hold: those by which an open file names one; `known` is the instance
    of a class of the project that it has to be.
    """

    scope: int
    value: int
    kind: str
    name: str
    clean: frozenset[str] = frozenset()
    paths: tuple[Path, ...] = ()
    tool: Tool | None = None
    passes: bool = False
    cleaned: frozenset[str] = frozenset()
    names: tuple[Path, ...] = ()
    known: Ref | None = None

    def parts(self) -> Iterator[tuple[Path, frozenset[str]]]:
        """The untrusted parts, each with the sink kinds that it is safe for."""
        yield from ((path, self.cleaned) for path in self.paths or ((),))
        yield from ((path, frozenset()) for path in self.names)


def find_seeds(resolver: Resolver, tools: Iterable[Tool], decorators: DecoratorIndex) -> tuple[Seed, ...]:
    """All sources of the program, each value once."""
    found: dict[tuple[int, int], Seed] = {}
    for seed in (
        *_tool_arguments(resolver, tools),
        *_calls(resolver),
        *_own_models(resolver),
        *_attributes(resolver),
        *_instances(resolver),
        *_decorated(resolver, decorators),
        *_handlers(resolver),
        *_methods(resolver),
        *_messages(resolver),
        *_documented(resolver),
    ):
        found.setdefault((seed.scope, seed.value), seed)
    return tuple(sorted(found.values(), key=lambda seed: (seed.scope, seed.value)))


def carries(resolver: Resolver, scope: int, param: Param) -> bool:
    """Whether a parameter can hold text: numbers, booleans, enums and literals cannot."""
    return param.annotation is None or not scalar(resolver, scope, param.annotation)


def small(resolver: Resolver, owner: int) -> bool:
    """Whether the objects of a project class are too small to carry an attack (the members of an enumeration)."""
    bases = (base.path.removesuffix("()") for base in resolver.lineage(owner) if base.kind == "external")
    return any(base in resolver.models.scalars for base in bases)


def _is_put_together(resolver: Resolver, owner: int) -> bool:
    """Whether the instances of a class hold only what the program puts into them, and are no text or container."""
    bases = {base.path.removesuffix("()") for base in resolver.lineage(owner)}
    return not bases & _TEXTS and resolver.assembled(owner)


def scalar(resolver: Resolver, scope: int, annotation: Annotation, depth: int = 4, *, whole: bool = True) -> bool:
    """Whether a type is too small to carry an attack, or holds only what the program itself put into it.

    The second is said of an object as a whole: for its parts, ask with `whole` being false.
    """
    last = annotation.name.rpartition(".")[2]
    if last in ("Union", "Optional"):
        items = [item for item in annotation.args if item.name != "None"]
        return bool(items) and all(scalar(resolver, scope, item, depth, whole=whole) for item in items)
    if last in _HOLDING:
        items = list(annotation.args[:1] if last == "Annotated" else annotation.args)
        return bool(items) and all(scalar(resolver, scope, item, depth, whole=whole) for item in items)
    if last == "Literal":
        return True
    for ref in resolver.dotted(scope, annotation.name):
        if ref.kind == "external" and ref.path in resolver.models.scalars:
            return True
        if ref.kind == "class" and (small(resolver, ref.scope) or (whole and _is_put_together(resolver, ref.scope))):
            return True
    return depth > 0 and any(
        scalar(resolver, where, other, depth - 1, whole=whole)
        for where, other in resolver.aliases(scope, annotation.name)
    )


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


def _own_models(resolver: Resolver) -> Iterator[Seed]:
    """Calls of a method by which the project itself speaks to models, and which it does not implement here."""
    wanted = set(model_methods(resolver))
    for name in sorted({resolver.index.scopes[method].name for method in wanted}):
        for scope, call in resolver.index.calls_by_name.get(name, ()):
            if any(resolver.function_of(callee) in wanted for callee in resolver.callees(scope, call.value)):
                yield Seed(scope, call.value, "model-output", spelled(resolver.index, scope, call.value))


def _source_call(resolver: Resolver, scope: int, call: int) -> Iterator[Seed]:
    for path in () if _is_picked(resolver, scope, call) else resolver.paths(scope, call):
        for row in resolver.models.rows("sources", path):
            if all_hold(resolver, scope, call, row) is not Holds.NO:
                clean, parts = _shape(resolver, row)
                name, passes = spelled(resolver.index, scope, call), bool(row.get("passes"))
                paths = (FILE,) if row.get("content") else _paths(parts)
                yield _of_file(Seed(scope, call, row["yields"], name, clean, paths, passes=passes), row)


def _is_picked(resolver: Resolver, scope: int, call: int) -> bool:
    """Whether what is called was picked by a name that is not known: that it asks a model is a guess."""
    index = resolver.index
    function = index.value(scope, index.value(scope, call).args[0])
    if function.op != "call" or len(function.args) < 3 or index.value(scope, function.args[0]).name != "getattr":
        return False
    return isinstance(constant(resolver, scope, function.args[2]), Unknown)


def _attributes(resolver: Resolver) -> Iterator[Seed]:
    """Attributes of modelled objects whose value is untrusted (`request.form`)."""
    for key, rows in resolver.models.facts["attributes"].items():
        for scope, value in resolver.index.attribute_loads.get(key.rpartition(".")[2], ()):
            paths = (ref.path for ref in resolver.refs(scope, value) if ref.kind == "external")
            if any(key in resolver.models.keys(path) for path in paths):
                for row in rows:
                    clean, parts = _shape(resolver, row)
                    name = spelled(resolver.index, scope, value)
                    yield _of_file(Seed(scope, value, row["yields"], name, clean, _paths(parts)), row)


def _shape(resolver: Resolver, row: Row) -> tuple[frozenset[str], tuple[str, ...]]:
    """Which attributes of an untrusted object carry nothing, and which alone carry something."""
    inert = resolver.models.inert.get(row["yields"], frozenset())
    return frozenset(row.get("except", ())) | inert, tuple(row.get("parts", ()))


def _decorated(resolver: Resolver, decorators: DecoratorIndex) -> Iterator[Seed]:
    """Parameters of functions that a framework calls with untrusted values without their being tools."""
    for number, scope in enumerate(resolver.index.scopes):
        outer = resolver.index.parents[number]
        found = [
            seed
            for value in (scope.decorators if scope.form == "function" else ())
            for row in decorators.rows(outer, value)
            if row["role"] == "sources"
            for seed in (
                _beside(resolver, number, row) if "siblings" in row else _routed(resolver, number, row, (outer, value))
            )
        ]
        # What comes in by one of several routes is as free as the freest of them lets it be.
        yield from sorted(found, key=lambda seed: len(seed.cleaned))


def _beside(resolver: Resolver, decorated: int, row: Row) -> Iterator[Seed]:
    """The parameters of the undecorated methods beside a decorated one that are described as its own are."""
    owner = resolver.index.enclosing_class(decorated)
    for name, method in resolver.index.methods[owner].items() if owner is not None else ():
        scope = resolver.index.scopes[method]
        params = [param for param in scope.params if param.name not in ("self", "cls")]
        described = params and all(param.annotation and _is_described(param.annotation) for param in params)
        if described and not name.startswith("_") and not scope.decorators:
            yield from _parameters(resolver, method, row, model_params(resolver, method, row))


def _is_described(annotation: Annotation) -> bool:
    """Whether a type says more than what it is: `Annotated[str, "where to put the file"]`."""
    return annotation.name.rpartition(".")[2] == "Annotated"


def _handlers(resolver: Resolver) -> Iterator[Seed]:
    """Parameters of functions that are handed to a framework as handlers (`Interface(fn=answer)`)."""
    index = resolver.index
    for name in resolver.models.candidates("handlers", index.calls_by_name):
        for scope, call in index.calls_by_name.get(name, ()):
            for row in rows_of(resolver.models, "handlers", resolver.paths(scope, call.value)):
                for operand in operands(resolver, scope, call.value, row["function"]):
                    for ref in resolver.refs(scope, operand):
                        if ref.kind == "function":
                            yield from _routed(resolver, ref.scope, row, (scope, call.value))


def _routed(resolver: Resolver, function: int, row: Row, registered: tuple[int, int]) -> Iterator[Seed]:
    """The parameters of a function that a call registers; that call may say that one is a single segment of a route."""
    segments = row.get("segments", {})
    scope, call = registered
    given = operands(resolver, scope, call, segments) if resolver.index.value(scope, call).op == "call" else ()
    route = "".join(text_of(resolver, scope, item) for item in given)
    kept = _inputs_made_by(resolver, function, row, registered, "kept")
    files = _inputs_made_by(resolver, function, row, registered, "files")
    for seed in _parameters(resolver, function, row, model_params(resolver, function, row)):
        if () in kept.get(seed.name, ()):
            continue
        single = any(form.replace("NAME", seed.name) in route for form in segments.get("forms", ()))
        safe = replace(seed, cleaned=frozenset(segments["cleans"])) if single else seed
        if () in files.get(seed.name, ()):  # the server puts what was sent into a file of its own
            safe = replace(safe, cleaned=safe.cleaned | NO_PATH)
        yield replace(safe, paths=kept[seed.name]) if seed.name in kept else safe


def _inputs_made_by(
    resolver: Resolver, function: int, row: Row, registered: tuple[int, int], key: str
) -> dict[str, tuple[Path, ...]]:
    """The parameters of a handler for which the call that registers it lists something that is made by one of some
    calls: those named by a key of the row.

    Each with an empty path; with `*rest`, the paths of the others that it takes in.
    """
    spec, (scope, call) = row.get("inputs", {}), registered
    filled = model_params(resolver, function, row) if spec else ()
    params = [param for param in resolver.index.scopes[function].params if param.value in filled]
    found: dict[str, tuple[Path, ...]] = {}
    for listed in operands(resolver, scope, call, spec) if spec else ():
        inputs = [_is_made_by(resolver, spec.get(key, ()), *item) for item in _inputs(resolver, scope, listed)]
        for place, param in enumerate(params):
            if param.form == "*" and any(inputs[place:]):
                free = tuple((str(at),) for at, made in enumerate(inputs[place:]) if not made)
                found[param.name] = free or ((),)
            elif param.form not in ("*", "positional") or inputs[place : place + 1] == [True]:
                found[param.name] = ((),)  # inputs are given in their order, none by a name
    return found


def _is_made_by(resolver: Resolver, calls: Iterable[str], scope: int, value: int) -> bool:
    made = {ref.path.removesuffix("()") for ref in resolver.refs(scope, value) if ref.kind == "external"}
    return not made.isdisjoint(calls)


def _inputs(resolver: Resolver, scope: int, listed: int) -> Iterator[tuple[int, int]]:
    """The elements of a list that is written out, those of `*others` among them; of anything else, itself."""
    known = resolver.index.value(scope, listed)
    for item in known.args if known.op in ("list", "tuple") else (listed,):
        spread = resolver.index.value(scope, item)
        others = resolver.refs(scope, spread.args[0]) if spread.op == "star" else ()
        if len(others) == 1 and others[0].kind == "container":
            yield from (
                (others[0].scope, element) for element in resolver.index.value(others[0].scope, others[0].value).args
            )
        else:
            yield scope, item


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


def _messages(resolver: Resolver) -> Iterator[Seed]:
    for scope, base, key, value, row in read_messages(resolver):
        is_attribute = resolver.index.value(scope, value).op == "attr"
        name = f"{written(resolver.index, scope, base)}" + (f".{key}" if is_attribute else f'["{key}"]')
        yield Seed(scope, value, row["yields"], name, passes=True)


def _documented(resolver: Resolver) -> Iterator[Seed]:
    """The texts that functions are handed which nobody calls here, where their module says who writes them."""
    index = resolver.index
    for number, scope in enumerate(index.scopes):
        outer = index.parents[number]
        if scope.form != "function" or scope.decorators or outer < 0 or index.scopes[outer].form != "module":
            continue
        kind = spoken_of(index.scopes[outer].doc)
        if kind is not None and not scope.name.startswith("_") and not index.calls_by_name.get(scope.name):
            for param in scope.params:
                if param.annotation is not None and param.annotation.name == "str":
                    yield Seed(number, param.value, kind, param.name)


def _parameters(resolver: Resolver, function: int, row: Row, values: tuple[int, ...]) -> Iterator[Seed]:
    # `except` of a decorator names parameters, that of a method attributes.
    clean, parts = _shape(resolver, row if "method" in row else {**row, "except": ()})
    for param in resolver.index.scopes[function].params:
        if param.value in values and carries(resolver, function, param):
            yield _of_file(Seed(function, param.value, row["yields"], param.name, clean, _paths(parts)), row)


def _instances(resolver: Resolver) -> Iterator[Seed]:
    """Parameters annotated with a type whose instances are untrusted, or with a collection of them."""
    rows = dict(resolver.models.instances)
    if not rows:
        return
    for number, scope in enumerate(resolver.index.scopes):
        for param in scope.params:
            if param.annotation is not None:
                refs = resolver.annotated(number, param.annotation)
                for row, inside, ref in _rows_of_instances(resolver, refs, rows, ()):
                    clean, parts = _shape(resolver, row)
                    paths = tuple((*inside, *path) for path in _paths(parts)) or ((inside,) if inside else ())
                    known = ref if ref.kind == "instance" and not inside else None
                    seed = Seed(number, param.value, row["yields"], param.name, clean, paths, known=known)
                    yield _of_file(seed, row)


def _rows_of_instances(
    resolver: Resolver, refs: Iterable[Ref], rows: Mapping[str, Row], inside: tuple[str, ...]
) -> Iterator[tuple[Row, tuple[str, ...], Ref]]:
    """The rows about instances among what a value may be, with the way to them through collections."""
    for ref in refs:
        if ref.kind == "items" and len(inside) < _NESTING:
            yield from _rows_of_instances(resolver, ref.items, rows, (*inside, "*"))
        kinds = resolver.types(ref.scope) if ref.kind == "instance" else ()
        if ref.kind == "external" and ":" in ref.path:
            kinds = resolver.models.lineage(ref.path)
        yield from ((rows[kind], inside, ref) for kind in kinds if kind in rows)


def _of_file(seed: Seed, row: Row) -> Seed:
    """An open file, or a collection of them, is no path or address itself; some of its attributes are."""
    if "file" not in row:
        return seed
    names = tuple((*inside, name) for name in row["file"] for inside in ((), ("*",)))
    return replace(seed, cleaned=seed.cleaned | NO_PATH | {_ADDRESS}, names=names)


def _paths(parts: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple((part,) for part in parts)


def named(index: Index, kinds: Kinds, seed: Seed) -> str:
    """How a message begins: what a source is and where it comes from."""
    kind = kinds.sources[seed.kind]
    if seed.tool is not None:  # the fields of a message stand for its arguments
        return f"{kind} {'' if seed.name == 'self' else f'`{seed.name}` '}of `{seed.tool.name}`"
    value = index.value(seed.scope, seed.value)
    function = index.scopes[seed.scope].name
    if not seed.name:
        return kind
    if value.op == "param" and function.isidentifier():
        return f"{kind} `{seed.name}` of `{function}`"
    return f"{kind} {'from ' if value.op == 'call' else ''}`{seed.name}`"
