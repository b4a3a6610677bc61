"""Where a value was made, through variables of enclosing scopes and modules, and what it is where nobody sets it."""

from collections.abc import Iterator

from aisafety_lint.program.constants import UNKNOWN, constant
from aisafety_lint.program.linking import Linking
from aisafety_lint.python.facts import Value

_SAME = frozenset({"copy", "return", "await", "phi", "or", "enter"})
_ENVIRONMENT = frozenset({"os.environ.get", "os.getenv", "os.environ.setdefault"})
_MOST = 24


def origins(resolver: Linking, scope: int, value: int) -> Iterator[tuple[int, int]]:
    """The values that a value is a name of, as (scope, value)."""
    pending = [(scope, value)]
    for where, item in pending:
        known = resolver.index.value(where, item)
        further: list[tuple[int, int]] = []
        match known.op:
            case op if op in _SAME:
                further = [(where, arg) for arg in known.args]
            case "store":
                further = [(where, known.args[0])]
            case "name":
                further = _named(resolver, where, known.name)
            case "import":
                path = resolver.index.modules.find(
                    resolver.index.absolute(where, known.kind), resolver.index.paths[where]
                )
                further = [] if path is None else _named(resolver, resolver.index.first[path], known.name)
            case "attr":
                further = _stored(resolver, where, known)
        fresh = [place for place in further if place not in pending]
        pending += fresh[: _MOST - len(pending)]
        if not further:
            yield where, item


def _named(resolver: Linking, scope: int, name: str) -> list[tuple[int, int]]:
    """What a variable of an enclosing scope or the module was bound to."""
    current = scope
    while current >= 0:
        known = resolver.index.scopes[current]
        if name in known.locals and (current == scope or known.form != "class"):
            return [(current, value) for value in known.locals[name]]
        current = resolver.index.parents[current]
    return []


def _stored(resolver: Linking, scope: int, known: Value) -> list[tuple[int, int]]:
    """What an attribute of an object of the project, or of a module, was set to."""
    found: list[tuple[int, int]] = []
    for ref in resolver.refs(scope, known.args[0]):
        if ref.kind == "module":
            found += _named(resolver, ref.scope, known.name)
        elif ref.kind in ("instance", "class"):
            stores = resolver.index.attribute_stores.get(known.name, ())
            own = [(where, value) for where, value in stores if resolver.index.outer_class(where) == ref.scope]
            found += [(where, resolver.index.value(where, value).args[1]) for where, value in own]
            if not own:
                found += [(ref.scope, value) for value in resolver.index.scopes[ref.scope].locals.get(known.name, ())]
    return found


def by_default(resolver: Linking, scope: int, value: int) -> Iterator[tuple[object, tuple[int, int]]]:
    """The constants that a value is where nobody sets it, each with where it is written.

    The default of a variable of the environment, of an option of the command line, of a field of a settings class, of
    a parameter.
    """
    for where, item in origins(resolver, scope, value):
        known = resolver.index.value(where, item)
        chosen: list[tuple[int, int]] = []
        if known.op == "const":
            chosen = [(where, item)]
        elif known.op == "call":
            chosen = [(where, operand) for operand in _default_operands(resolver, where, item)]
        elif known.op == "param":
            chosen = _of_parameter(resolver, where, item)
        elif known.op == "attr":
            chosen = _of_option(resolver, where, known)
        for place, operand in chosen:
            fixed = constant(resolver, place, operand)
            if fixed is not UNKNOWN:
                yield fixed, (place, operand)


def _default_operands(resolver: Linking, scope: int, call: int) -> list[int]:
    """What a call gives where nothing else is set: `getenv(name, default)`, `Field(default=...)`."""
    keywords = resolver.index.calls[scope][call].keywords
    args = resolver.index.value(scope, call).args[1:]
    named = [item for keyword, item in zip(keywords, args, strict=True) if keyword == "default"]
    positional = [item for keyword, item in zip(keywords, args, strict=True) if keyword == ""]
    paths = {ref.path for ref in resolver.callees(scope, call) if ref.kind == "external"}
    if paths & _ENVIRONMENT:
        return positional[1:2] or named
    if any(path.rpartition(".")[2] in ("Field", "Option", "Argument", "field") for path in paths):
        return named or positional[:1]
    return []


def _of_parameter(resolver: Linking, scope: int, value: int) -> list[tuple[int, int]]:
    """The default of a parameter, or of the option of the command line that fills it."""
    outer = resolver.index.parents[scope]
    for param in resolver.index.scopes[scope].params:
        if param.value == value and param.default >= 0:
            default = resolver.index.value(outer, param.default)
            made = _default_operands(resolver, outer, param.default) if default.op == "call" else [param.default]
            return [(outer, item) for item in made]
        if param.value == value:
            return [
                (outer, item)
                for decorator in resolver.index.scopes[scope].decorators
                for item in _declared_option(resolver, outer, decorator, param.name)
            ]
    return []


def _of_option(resolver: Linking, scope: int, known: Value) -> list[tuple[int, int]]:
    """The default of an option that is read from what `argparse` gives (`args.host`)."""
    paths = {ref.path for ref in resolver.refs(scope, known.args[0]) if ref.kind == "external"}
    if not any(path.endswith(("parse_args()", "parse_known_args()[]")) for path in paths):
        return []
    return [
        (where, item)
        for where, call in resolver.index.calls_by_name.get("add_argument", ())
        if resolver.index.paths[where] == resolver.index.paths[scope]
        for item in _declared_option(resolver, where, call.value, known.name)
    ]


def _declared_option(resolver: Linking, scope: int, call: int, name: str) -> list[int]:
    """The default of the option `--name` that a call declares."""
    value = resolver.index.value(scope, call)
    if value.op != "call":
        return []
    given = list(zip(resolver.index.calls[scope][call].keywords, value.args[1:], strict=True))
    flags = [resolver.index.value(scope, item) for keyword, item in given if keyword == ""]
    spelled = {flag.name.lstrip("-").replace("-", "_") for flag in flags if flag.op == "const"}
    return [item for keyword, item in given if keyword == "default"] if name in spelled else []
