"""How one operation passes untrusted content on: from an access path of an operand to a path of the result.

A path says which part of a value is untrusted: `()` the whole, `("key",)` what stands under an attribute or
constant key, `"*"` some element, `"2:"` the elements from the third on, `"^"` the keys of a mapping. Paths are cut at a
depth of three.
"""

from aisafety_lint.python.facts import Value

Path = tuple[str, ...]

KEYS = "^"

FILE: Path = ("<content>",)
"""The part of a value that names a file which is the file's content."""

_DEPTH = 3
_SAME = frozenset({"copy", "return", "await", "phi", "or"})
_PASSING = frozenset(
    {"and", "slice", "enter", "caught", "item", "element", "text", "list", "tuple", "set", "dict", "star", "unknown"}
)
_CARRYING = frozenset({"Div", "BitOr", "Mult"})


def passes(value: Value, operand: int, path: Path) -> Path | None:
    """The untrusted part of a value whose `operand`-th operand has one at `path`; None where it has none."""
    if value.op in _SAME:
        return path
    match value.op:
        case "attr":
            return None if path[:1] == ("*",) else below(path, value.name)
        case "item":
            return below(path, value.name or "*") if operand == 0 else None
        case "element":
            return iterated(path, value.name)
        case "slice":
            return sliced(value.name, path) if operand == 0 else None
        case "store":
            return _stored(value, operand, path)
    return _combines(value, operand, path)


def _combines(value: Value, operand: int, path: Path) -> Path | None:
    """The same for what is put together from several operands, or stands in for one of them."""
    match value.op:
        case "and":  # an operand before the last is only the result where it is empty, zero or none
            return path if operand == len(value.args) - 1 else None
        case "enter":  # a generator that is a context manager gives what it yields
            return path[1:] if path[:1] == ("*",) else path
        case "caught":
            return path if 0 < operand <= int(value.name) else None
        case "text":
            return _joined(value, operand, path)
        case "arithmetic":
            return path if value.name in _CARRYING else None
        case "list" | "tuple" | "set":
            return cut(("*" if value.kind == "comprehension" else str(operand), *path))
        case "star":
            return ("*", *path[1:]) if path else ("*",)
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
    if operand == 0 or not value.name or (path and not is_position(path[0]) and path[0] != "*"):
        return path
    return cut((value.name, *path[1:]))


def dict_path(key: str, *, is_key: bool, path: Path) -> Path:
    """The path in a dict literal of what stands under a key, or of a key that is untrusted itself."""
    return cut((KEYS if is_key else key or "*", *path))


def below(path: Path, name: str) -> Path | None:
    """What is left of a path under an attribute or key; None where that part is trusted."""
    if not path:
        return ()
    if path[0] == KEYS:
        return None
    if path[0] == name or path[0] == "*" or name == "*":
        return path[1:]
    if path[0].endswith(":") and name.isdigit():
        return path[1:] if int(name) >= int(path[0][:-1]) else None
    return None


def iterated(path: Path, name: str) -> Path | None:
    """What an element holds: any, the one at a position, or all from a position on (`2:`); a mapping gives its keys."""
    if name.endswith(":"):
        return sliced(name, path)
    if name:
        return below(path, name)
    if not path or path[0] in ("*", KEYS) or is_position(path[0]):
        return path[1:]
    return None


def sliced(bounds: str, path: Path) -> Path | None:
    """What a part of a sequence holds; `bounds` as in `1:3`, empty where they are not known."""
    if not path or not is_position(path[0]):
        return path
    if not bounds:
        return ("*", *path[1:])
    lower, _, upper = bounds.partition(":")
    first = int(lower or 0)
    if path[0].endswith(":"):
        start = int(path[0][:-1])
        return None if upper and start >= int(upper) else (f"{max(start - first, 0)}:", *path[1:])
    place = int(path[0])
    return (str(place - first), *path[1:]) if first <= place and (not upper or place < int(upper)) else None


def cut(path: Path) -> Path:
    """Bound the depth of a path; what names a file with untrusted content stays a name, however deep it lies."""
    return path if len(path) <= _DEPTH else (*path[: _DEPTH - 1], *FILE) if path[-1:] == FILE else path[:_DEPTH]


def is_position(part: str) -> bool:
    """Whether a part of a path is a place in a sequence, or all from a place on."""
    return part.removesuffix(":").isdigit()


def _stored(value: Value, operand: int, path: Path) -> Path | None:
    """Writing into an object keeps what was there, except under the name that is written."""
    if operand == 0:
        overwritten = bool(path) and value.kind in ("attr", "item") and value.name and path[0] == value.name
        return None if overwritten else path
    if operand == 2:
        return None
    if value.kind == "spread":
        if value.name:
            return (value.name, *path[1:])
        return path if path and not is_position(path[0]) else ("*", *path[1:])
    return cut((value.name or "*", *path))
