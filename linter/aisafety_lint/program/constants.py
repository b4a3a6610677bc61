"""Constants and the constant parts of strings, as far as they can be known without running anything."""

from collections.abc import Callable
from typing import Final

from aisafety_lint.program.linking import Linking


class Unknown:
    """The value cannot be known."""


UNKNOWN: Final = Unknown()
_DEPTH = 12
_LITERALS: dict[str, object] = {"True": True, "False": False, "None": None}


def constant(resolver: Linking, scope: int, value: int, depth: int = _DEPTH) -> object:
    """The Python constant that a value is, or UNKNOWN."""
    if depth == 0:
        return UNKNOWN
    known = resolver.index.value(scope, value)
    match known.op:
        case "const":
            return _literal(known.kind, known.name)
        case "copy" | "return" | "await":
            return constant(resolver, scope, known.args[0], depth - 1)
        case "name":
            return _named(resolver, scope, known.name, depth)
        case "import":
            return _imported(resolver, scope, known.kind, known.name, depth)
        case "attr":
            return _attribute(resolver, scope, known.args[0], known.name, depth)
        case "text":
            text = text_of(resolver, scope, value, depth=depth - 1)
            return UNKNOWN if "\0" in text else text
        case "phi":
            found = {repr(item): item for item in (constant(resolver, scope, arg, depth - 1) for arg in known.args)}
            return next(iter(found.values())) if len(found) == 1 else UNKNOWN
    return UNKNOWN


def _literal(kind: str, text: str) -> object:
    if kind == "str":
        return text
    if text in _LITERALS:
        return _LITERALS[text]
    try:
        return {"int": int, "float": float}[kind](text)
    except (KeyError, ValueError):
        return UNKNOWN


def _named(resolver: Linking, scope: int, name: str, depth: int) -> object:
    """A variable of an enclosing scope or the module that is assigned once."""
    current = scope
    while current >= 0:
        values = resolver.index.scopes[current].locals.get(name)
        if values is not None and (current == scope or resolver.index.scopes[current].form != "class"):
            overwritten = (resolver.index.paths[current], name) in resolver.index.global_stores
            return (
                constant(resolver, current, values[0], depth - 1) if len(values) == 1 and not overwritten else UNKNOWN
            )
        current = resolver.index.parents[current]
    return UNKNOWN


def _imported(resolver: Linking, scope: int, module: str, name: str, depth: int) -> object:
    path = (
        resolver.index.modules.find(resolver.index.absolute(scope, module), resolver.index.paths[scope])
        if name
        else None
    )
    return UNKNOWN if path is None else _named(resolver, resolver.index.first[path], name, depth - 1)


def _attribute(resolver: Linking, scope: int, base: int, name: str, depth: int) -> object:
    """A class constant (`Settings.MODE`, `self.MODE`) that no method overwrites."""
    for ref in resolver.refs(scope, base):
        if ref.kind in ("class", "instance"):
            values = resolver.index.scopes[ref.scope].locals.get(name, ())
            stored = any(
                resolver.index.outer_class(where) == ref.scope
                for where, _ in resolver.index.attribute_stores.get(name, ())
            )
            return constant(resolver, ref.scope, values[0], depth - 1) if len(values) == 1 and not stored else UNKNOWN
        if ref.kind == "module":
            return _named(resolver, ref.scope, name, depth - 1)
    return UNKNOWN


def text_of(
    resolver: Linking, scope: int, value: int, *, stop: Callable[[int], bool] | None = None, depth: int = _DEPTH
) -> str:
    """The text of a string that is put together: constant parts as they are, `\\0` for each unknown part.

    `stop` ends the text before the first part that it accepts.
    """
    parts: list[str] = []
    _collect(resolver, scope, value, stop, depth, parts)
    return "".join(parts)


def _collect(
    resolver: Linking, scope: int, value: int, stop: Callable[[int], bool] | None, depth: int, parts: list[str]
) -> bool:
    """Append the parts of a value; returns False where the walk has to stop."""
    if stop is not None and stop(value):
        return False
    known = resolver.index.value(scope, value)
    if depth > 0 and known.op == "text":
        if known.kind == "%":
            left = text_of(resolver, scope, known.args[0], depth=depth - 1)
            parts.append(left.replace("%s", "\0"))
            return stop is None or not any(stop(item) for item in known.args[1:])
        return all(_collect(resolver, scope, item, stop, depth - 1, parts) for item in known.args)
    if depth > 0 and known.op in ("copy", "return"):
        return _collect(resolver, scope, known.args[0], stop, depth - 1, parts)
    if depth > 0 and known.op == "call" and len(known.args) > 1:
        function = resolver.index.value(scope, known.args[0])
        if function.op == "attr" and function.name in (
            "strip",
            "format",
            "lower",
            "upper",
            "replace",
            "lstrip",
            "rstrip",
            "split",
        ):
            return _collect(resolver, scope, function.args[0], stop, depth - 1, parts)
        if len(known.args) == 2:  # a wrapper such as `text(...)`, `dedent(...)`
            return _collect(resolver, scope, known.args[1], stop, depth - 1, parts)
    found = (
        constant(resolver, scope, value, min(depth, 4)) if known.op in ("const", "name", "attr", "import") else UNKNOWN
    )
    parts.append(found if isinstance(found, str) else "\0" if isinstance(found, Unknown) else str(found))
    return True
