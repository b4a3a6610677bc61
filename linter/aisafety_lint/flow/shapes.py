"""How the result of a library call is put together from its operands: which part of it is which part of them."""

from aisafety_lint.flow.transfer import KEYS, Path, below, cut, is_position, iterated


def arranged(shape: str, place: str, path: Path) -> Path | None:
    """The untrusted part of a result of some shape; `place` is the keyword or the position of the operand."""
    match shape:
        case "same":
            return path
        case "element":
            return iterated(path, "")
        case "elements":
            return _elements(path)
        case "ordered":
            return path if path and is_position(path[0]) else _elements(path)
        case "numbered":
            return _below(path, "1")
        case "zipped":
            return cut(("*", "*", *path[2:])) if place == "*" else _below(path, place)
        case "listed":
            return (path or ("*",)) if place == "*" else cut((place, *path))
        case "replaced":
            return cut((place, *path))
        case "mapping":
            return _mapping(place, path)
    return ()


def method_result(method: str, key: str | None, path: Path) -> Path | None:
    """What a method of a container gives of the container's untrusted part; `key` is a constant first argument.

    For a method that is none of a container's: the path, as for any object.
    """
    if not path:
        return ()
    match method:
        case "get" | "pop" | "setdefault" | "__getitem__" if key is not None:
            return below(path, key or "*")
        case "get" | "pop" | "popleft" | "get_nowait" | "__next__":
            return below(path, "*")
        case "popitem":
            return None if path[0] == KEYS else cut(("1", *path[1:]))
        case "values":
            return None if path[0] == KEYS else ("*", *path[1:])
        case "items":
            return cut(("*", "0" if path[0] == KEYS else "1", *path[1:]))
        case "keys":
            return ("*", *path[1:]) if path[0] == KEYS else None
        case "copy":
            return path
    return None


def _elements(path: Path) -> Path | None:
    inner = iterated(path, "")
    return inner if inner is None or not path else ("*", *inner)


def _below(path: Path, place: str) -> Path | None:
    inner = iterated(path, "")
    return None if inner is None else cut(("*", place, *inner))


def _mapping(place: str, path: Path) -> Path | None:
    """`dict(key=x)`, `dict(other)`, `dict(pairs)`."""
    if place and not place.isdigit():
        return path if place == "**" else cut((place, *path))
    if path and (path[0] == "*" or is_position(path[0])) and path[1:2] in (("0",), ("1",)):
        return ("*" if path[1] == "1" else KEYS, *path[2:])
    return path
