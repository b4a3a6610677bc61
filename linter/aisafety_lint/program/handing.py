"""Whether an object is handed to somebody, or only used by the code that made it.

A ready-made power is a grant once an agent, or whoever may build one, gets it; a program that calls the methods of the
object itself grants nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Value

_SAME = frozenset({"copy", "phi", "await", "and", "or", "enter"})
_LOOKED_AT = frozenset({"attr", "compare", "not", "item"})
_DEPTH = 3


class Handing(NamedTuple):
    """Who may get an object without its power being granted, and its methods whose results have the same power."""

    unless_to: frozenset[str]
    makes: frozenset[str]


def handed_on(resolver: Resolver, scope: int, value: int, how: Handing, depth: int = _DEPTH) -> bool:
    """Whether a value leaves the functions that know what it is, other than to those that pass nothing on.

    One that nobody uses may yet: what is shown is a part of the program.
    """
    index = resolver.index
    values = index.scopes[scope].values
    if index.scopes[scope].form != "function" and _read_elsewhere(resolver, scope, value):
        return True
    pending = [value]
    used = False
    for known in pending:
        for position, user in enumerate(values):
            used = used or known in user.args
            if position in pending:
                continue
            receiver, method = _method(values, user)
            if receiver == known and method in how.makes:
                pending.append(position)
            elif known not in user.args or user.op in _LOOKED_AT or receiver in pending:
                continue
            elif user.op in _SAME:
                pending.append(position)
            elif _is_kept(values, user, known):
                if _read_from(resolver, user.name, how, depth):
                    return True
            elif user.op != "call" or _taken(resolver, scope, position, known, how, depth):
                return True
    return not used


def _method(values: Sequence[Value], user: Value) -> tuple[int, str]:
    """The object and the name of a method that is called; what is given to it stays with the object."""
    function = values[user.args[0]] if user.op == "call" else user
    return (function.args[0], function.name) if user.op == "call" and function.op == "attr" else (-1, "")


def _is_kept(values: Sequence[Value], user: Value, known: int) -> bool:
    """Whether a value is stored under a name in the object whose method this is."""
    kept = user.op == "store" and user.kind == "attr" and user.args[1] == known
    return kept and _first(values, user.args[0]).name == "self"


def _first(values: Sequence[Value], position: int) -> Value:
    """The object before anything was stored in it."""
    known = values[position]
    while known.op == "store":
        known = values[known.args[0]]
    return known


def _read_from(resolver: Resolver, name: str, how: Handing, depth: int) -> bool:
    """Whether what is kept under a name is handed on where it is read from there; what nobody reads may be yet."""
    loads = resolver.index.attribute_loads.get(name, ())
    return not loads or (depth > 0 and any(handed_on(resolver, *load, how, depth - 1) for load in loads))


def _read_elsewhere(resolver: Resolver, scope: int, value: int) -> bool:
    """Whether a variable of a module is read by its functions or imported."""
    name = resolver.index.local_names[scope].get(value, "")
    loads = resolver.index.name_loads.get((resolver.index.paths[scope], name), ())
    return any(where != scope for where, _ in loads) or bool(resolver.index.importers.get(name))


def _taken(resolver: Resolver, scope: int, call: int, operand: int, how: Handing, depth: int) -> bool:
    """Whether what is called may pass an argument on."""
    callees = resolver.callees(scope, call)
    if {path for ref in callees for path in resolver.paths_of(ref)} & how.unless_to:
        return False
    functions = [callee for callee in callees if callee.kind == "function"]
    if depth == 0 or not functions or len(functions) < len(callees):
        return True
    record = resolver.index.calls[scope][call]
    for callee in functions:
        for param in resolver.index.scopes[callee.scope].params:
            bound = callee.receiver is not None
            given = resolver.argument_for(scope, record, callee.scope, param.name, bound=bound)
            if given == operand and handed_on(resolver, callee.scope, param.value, how, depth - 1):
                return True
    return False
