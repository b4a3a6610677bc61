"""What annotations say about a value: a parameter, a field of a declared class, an element of a declared container."""

from aisafety_lint.program.index import Index
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Annotation, Value

Declared = tuple[int, Annotation]
"""An annotation with the scope that it is written in."""

_DEPTH = 8
_WRAPPING = frozenset({"Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Awaitable"})
_SEQUENCES = frozenset(
    {
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "Sequence",
        "Iterable",
        "Iterator",
        "Generator",
        "AsyncIterator",
        "deque",
    }
)
_TUPLES = frozenset({"tuple", "Tuple"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_TYPED_DICTS = frozenset({"typing.TypedDict()", "typing_extensions.TypedDict()"})


def declared(resolver: Resolver, scope: int, position: int, depth: int = _DEPTH) -> Declared | None:
    """The annotation that a value has, or that follows from that of what it is taken from; None without one."""
    if depth == 0:
        return None
    index = resolver.index
    value = index.value(scope, position)
    match value.op:
        case "param":
            return _of_parameter(index, scope, position)
        case "attr":
            return _of_attribute(resolver, scope, value)
        case "item" | "element":
            base = declared(resolver, scope, value.args[0], depth - 1)
            return None if base is None else _part(resolver, base, value)
        case "copy" | "await" | "store":
            return declared(resolver, scope, value.args[0], depth - 1)
        case "call":
            return _of_call(resolver, scope, value, depth)
    return None


def _of_parameter(index: Index, scope: int, position: int) -> Declared | None:
    for param in index.scopes[scope].params:
        if param.value == position and param.annotation is not None:
            if param.form == "*":
                return scope, Annotation("list", (param.annotation,))
            if param.form == "**":
                return scope, Annotation("dict", (Annotation("str"), param.annotation))
            return scope, param.annotation
    return None


def _of_attribute(resolver: Resolver, scope: int, value: Value) -> Declared | None:
    for ref in resolver.refs(scope, value.args[0]):
        if ref.kind == "instance" and (found := field_of(resolver, ref.scope, value.name)) is not None:
            return found
    return None


def field_of(resolver: Resolver, owner: int, name: str) -> Declared | None:
    """The annotation of a field of a class, or of one of its bases."""
    for ref in resolver.lineage(owner):
        if ref.kind == "class" and name in resolver.index.scopes[ref.scope].annotations:
            return ref.scope, resolver.index.scopes[ref.scope].annotations[name]
    return None


def _of_call(resolver: Resolver, scope: int, value: Value, depth: int) -> Declared | None:
    """The elements of a declared mapping, by one of its methods."""
    function = resolver.index.value(scope, value.args[0])
    base = declared(resolver, scope, function.args[0], depth - 1) if function.op == "attr" else None
    where, annotation = _plain(resolver, base) if base is not None else (scope, None)
    if annotation is None or last_name(annotation) not in _MAPPINGS or len(annotation.args) != 2:
        return None
    match function.name:
        case "get" | "pop":
            return where, annotation.args[1]
        case "values":
            return where, Annotation("list", annotation.args[1:])
        case "keys":
            return where, Annotation("list", annotation.args[:1])
        case "items":
            return where, Annotation("list", (Annotation("tuple", annotation.args),))
        case "copy":
            return where, annotation
    return None


def _part(resolver: Resolver, base: Declared, value: Value) -> Declared | None:
    """The type of an item or element of something declared."""
    where, annotation = _plain(resolver, base)
    name, args = last_name(annotation), annotation.args
    if name in _SEQUENCES and args:
        return where, args[0]
    if name in _TUPLES and args:
        single = len(args) == 1
        return (where, args[0 if single else int(value.name)]) if single or _within(value.name, args) else None
    if name in _MAPPINGS and len(args) == 2:
        return where, args[value.op == "item"]
    for ref in resolver.dotted(where, annotation.name) if value.op == "item" and value.name else ():
        if ref.kind == "class" and _TYPED_DICTS & {base.path for base in resolver.lineage(ref.scope)}:
            return field_of(resolver, ref.scope, value.name)
    return None


def _within(place: str, args: tuple[Annotation, ...]) -> bool:
    return place.isdigit() and int(place) < len(args)


def _plain(resolver: Resolver, given: Declared) -> Declared:
    """A declared type without what wraps it: `Optional`, `Annotated`, an alias."""
    where, annotation = given
    for _ in range(_DEPTH):
        name = last_name(annotation)
        kept = tuple(item for item in annotation.args if item.name != "None")
        if name in _WRAPPING and annotation.args:
            annotation = annotation.args[0]
        elif name in ("Optional", "Union") and len(kept) == 1:
            annotation = kept[0]
        elif not annotation.args and (alias := next(iter(resolver.aliases(where, annotation.name)), None)) is not None:
            where, annotation = alias
        else:
            break
    return where, annotation


def last_name(annotation: Annotation) -> str:
    """The last part of the name of a type."""
    return annotation.name.rpartition(".")[2]
