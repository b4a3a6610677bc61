"""Type annotations as data: the dotted names that were written, also inside strings."""

import ast

from aisafety_lint.python.facts import Annotation

_DEPTH = 8


def read_annotation(node: ast.expr | None, depth: int = _DEPTH) -> Annotation | None:
    """Turn an annotation into data; None where there is none or it is no type expression."""
    if node is None or depth == 0:
        return None
    if isinstance(node, ast.Constant):
        return _from_constant(node.value, depth)
    if isinstance(node, ast.Subscript):
        return _from_subscript(node, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = (read_annotation(node.left, depth - 1), read_annotation(node.right, depth - 1))
        return Annotation("Union", tuple(side for side in sides if side is not None))
    name = dotted(node)
    return Annotation(name) if name else None


def dotted(node: ast.expr) -> str:
    """The dotted name that an expression spells, or an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _from_constant(value: object, depth: int) -> Annotation | None:
    if value is None:
        return Annotation("None")
    if not isinstance(value, str):
        return None
    try:
        return read_annotation(ast.parse(value.strip(), mode="eval").body, depth - 1)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _from_subscript(node: ast.Subscript, depth: int) -> Annotation | None:
    name = dotted(node.value)
    if not name:
        return None
    if name.rpartition(".")[2] == "Literal":
        return Annotation(name)
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    found = (read_annotation(item, depth - 1) for item in items)
    return Annotation(name, tuple(item for item in found if item is not None))
