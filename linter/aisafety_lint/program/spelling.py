"""How a called thing is written, for messages: from the facts alone, on one line (`client.chat.completions.create`)."""

from aisafety_lint.program.index import Index

_ALIASED = frozenset({"attr", "import", "function", "class", "name"})
_TRANSPARENT = frozenset({"await", "enter", "store", "copy", "return", "slice"})
_LITERALS = {"const": '"..."', "text": '"..."', "list": "[...]", "tuple": "(...)", "set": "{...}", "dict": "{...}"}


def spelled(index: Index, scope: int, call: int) -> str:
    """How the function of a call is written; a second name of a function (`run = subprocess.run`) by the first."""
    known = index.value(scope, call)
    position = known.args[0] if known.op == "call" else call
    if index.value(scope, position).op in _ALIASED:
        return _unbound(index, scope, position)
    return written(index, scope, position)


def written(index: Index, scope: int, position: int) -> str:
    """How a value is written: a variable by its name, everything else by its parts."""
    return index.local_names[scope].get(position) or _unbound(index, scope, position)


def _unbound(index: Index, scope: int, position: int) -> str:
    value = index.value(scope, position)
    if value.op == "attr":
        return f"{written(index, scope, value.args[0])}.{value.name}"
    if value.op == "call":
        return f"{written(index, scope, value.args[0])}()"
    if value.op == "item":
        return f"{written(index, scope, value.args[0])}[...]"
    if value.op in _TRANSPARENT and value.args:
        return written(index, scope, value.args[0])
    if value.op in _LITERALS:
        return _LITERALS[value.op]
    if value.op == "import" and not value.name:
        return index.local_names[scope].get(position, value.kind)
    return value.name.rpartition(".")[2] or "(...)"
