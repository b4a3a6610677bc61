"""Reads of a part of an object: two reads of the same part of the same object give the same content."""

from aisafety_lint.program.index import Index
from aisafety_lint.python.facts import Value

Read = tuple[int, tuple[str, ...]]
"""What is read from, and the attributes and constant keys that lead to the part."""


def read_of(index: Index, scope: int, value: int) -> Read:
    """`arguments["query"]`, `arguments.get("query")`, `request.query`; without a step where a value is no such read."""
    path: tuple[str, ...] = ()
    while step := _step(index, scope, index.value(scope, value)):
        value, name = step
        path = (name, *path)
    return value, path


def _step(index: Index, scope: int, known: Value) -> tuple[int, str] | None:
    if known.op == "attr":
        return known.args[0], f".{known.name}"
    if known.op == "item" and known.name:
        return known.args[0], known.name
    if known.op == "call" and len(known.args) == 2:
        function, key = (index.value(scope, item) for item in known.args)
        if (function.op, function.name) == ("attr", "get") and key.op == "const":
            return function.args[0], key.name
    return None
