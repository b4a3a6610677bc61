"""How one operation passes untrusted content on: from an access path of an operand to a path of the result.

A path says which part of a value is untrusted: `()` the whole, `("key",)` what stands under an attribute or
constant key, `"*"` some element, `"2:"` the elements from the third on. Paths are cut at a depth of three.
"""

from aisafety_lint.python.facts import Value

Path = tuple[str, ...]

_DEPTH = 3
_SAME = frozenset({"copy", "return", "await", "phi", "and", "or", "slice", "enter"})
_PASSING = frozenset({"item", "element", "text", "list", "tuple", "set", "dict", "star", "unknown"})
_CARRYING = frozenset({"Div", "BitOr", "Mult"})


def passes(value: Value, operand: int, path: Path) -> Path | None:
    """The untrusted part of a value whose `operand`-th operand has one at `path`; None where it has none."""
    if value.op in _SAME:
        return path if value.op != "slice" or operand == 0 else None
    match value.op:
        case "attr":
            return None if path[:1] == ("*",) else below(path, value.name)
        case "item":
            return below(path, value.name or "*") if operand == 0 else None
        case "element":
            return below(path, value.name or "*")
        case "text":
            return _joined(value, operand, path)
        case "arithmetic":
            return path if value.name in _CARRYING else None
        case "list" | "tuple" | "set":
            return cut(("*" if value.kind == "comprehension" else str(operand), *path))
        case "star":
            return ("*", *path[1:]) if path else ("*",)
        case "store":
            return _stored(value, operand, path)
        case "unknown":
            return ()
    return None


def may_pass(value: Value) -> bool:
    """Whether an operation passes anything of any operand on; calls, parameters and names are not operations."""
    if value.op == "arithmetic":
        return value.name in _CARRYING
    return value.op in _SAME or value.op in _PASSING


def _joined(value: Value, operand: int, path: Path) -> Path:
    """`["git", "log"] + arguments`: what is added to a list literal starts at a known position."""
    if value.kind != "+":
        return ()
    if operand == 0 or not value.name or (path and not path[0].isdigit() and path[0] != "*"):
        return path
    return cut((value.name, *path[1:]))


def dict_path(key: str, *, is_key: bool, path: Path) -> Path:
    """The path in a dict literal of what stands under a key; a key that is untrusted itself is some element."""
    if is_key or not key:
        return cut(("*", *path))
    return cut((key, *path))


def below(path: Path, name: str) -> Path | None:
    """What is left of a path under an attribute or key; None where that part is trusted."""
    if not path:
        return ()
    if path[0] == name or path[0] == "*" or name == "*":
        return path[1:]
    if path[0].endswith(":") and name.isdigit():
        return path[1:] if int(name) >= int(path[0][:-1]) else None
    return None


def shaped(shape: str, path: Path, place: str, *, several: bool) -> Path:
    """The path in what a call returns of known shape (see `propagation` in the schema) of its argument at `place`.

    `several` says that the arguments are the elements of an unpacked operand.
    """
    match shape:
        case "shuffled":
            return ("*", *path[1:]) if path else ()
        case "element":
            return path[1:]
        case "counted":
            return cut(("*", "1", *path[1:]))
        case "zipped":
            return cut(("*", place, *path[2 if several else 1 :]))
        case "listed" if not several:
            return cut((place, *path))
    return path


def cut(path: Path) -> Path:
    """Bound the depth of a path."""
    return path[:_DEPTH]


def _stored(value: Value, operand: int, path: Path) -> Path | None:
    """Writing into an object keeps what was there, except under the name that is written."""
    if operand == 0:
        overwritten = bool(path) and value.kind in ("attr", "item") and value.name and path[0] == value.name
        return None if overwritten else path
    if operand == 2:
        return None
    if value.kind == "spread":
        return (value.name, *path[1:]) if value.name else path or ("*",)
    return cut((value.name or "*", *path))
