"""Flags by which whoever sets a program up switches a check off: takes a condition, says whether it is one.

A flag is true or false by what it is made of, never by its name: `confined: bool`, `getattr(config, "confined", True)`.
"""

from collections.abc import Container

from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Value

_DEPTH = 4
_DEFAULTED = {"getattr": 3, "get": 2, "pop": 2}
"""Calls that end with what they give where there is nothing, with the number of their arguments."""

Filled = Container[tuple[int, int]]
"""The parameters that a model fills: none of them is a flag."""


def is_flag(resolver: Resolver, scope: int, value: int, filled: Filled) -> bool:
    """Whether a condition is a parameter, or an attribute of the own object, that is set up as true or false."""
    index = resolver.index
    known = index.value(scope, value)
    while known.op == "not" and not known.kind:
        value = known.args[0]
        known = index.value(scope, value)
    if known.op == "param":
        return _is_boolean(resolver, scope, value, filled)
    params, owner = index.scopes[scope].params, index.enclosing_class(scope)
    if known.op != "attr" or owner is None or not params or known.args[0] != params[0].value:
        return False
    stores = index.attribute_stores.get(known.name, ())
    contents = [(where, index.value(where, position).args[1]) for where, position in stores]
    within = any(index.outer_class(where) == owner for where, _ in stores)
    return within and all(_is_boolean(resolver, where, content, filled) for where, content in contents)


def _is_boolean(resolver: Resolver, scope: int, value: int, filled: Filled, depth: int = _DEPTH) -> bool:
    """Whether a value is true or false by its type or by what it is where nothing is given."""
    index = resolver.index
    known = index.value(scope, value)
    match known.op:
        case "const":
            return _is_constant(known)
        case "param" if (scope, value) not in filled:
            param = next(item for item in index.scopes[scope].params if item.value == value)
            return param.annotation is not None and param.annotation.name == "bool"
        case "phi" | "or" | "and" | "copy" if depth:
            # `getattr(config, "wide", False)` is an attribute, or false.
            read = [item for item in known.args if index.value(scope, item).op == "attr"]
            told = any(_is_constant(index.value(scope, item)) for item in known.args)
            left = [item for item in known.args if not told or item not in read]
            return all(_is_boolean(resolver, scope, item, filled, depth - 1) for item in left)
        case "call":
            name = index.value(scope, known.args[0]).name
            given = known.args[1:]
            return len(given) == _DEFAULTED.get(name) and _is_constant(index.value(scope, given[-1]))
    return False


def _is_constant(known: Value) -> bool:
    return known.op == "const" and known.kind == "bool"
