"""Type annotations as data: the dotted names that were written, also inside strings."""

import ast
from collections.abc import Mapping

from aisafety_lint.python.facts import Annotation

_DEPTH = 8

PATTERNS = frozenset({"pattern", "regex"})
"""The arguments by which a constraint on a text is given a regular expression that it has to match."""

TypeParameters = Mapping[str, Annotation | None]
"""Type parameters in force with what they are bound to, if that is said."""


def read_annotation(node: ast.expr | None, parameters: TypeParameters, depth: int = _DEPTH) -> Annotation | None:
    """Turn an annotation into data; None where there is none or it is no type expression."""
    if node is None or depth == 0:
        return None
    if isinstance(node, ast.Constant):
        return _from_constant(node.value, parameters, depth)
    if isinstance(node, ast.Subscript):
        return _from_subscript(node, parameters, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = (read_annotation(side, parameters, depth - 1) for side in (node.left, node.right))
        return Annotation("Union", tuple(side for side in sides if side is not None))
    if isinstance(node, ast.Call):  # `Annotated[str, Query(...)]`
        called = dotted(node.func)
        return Annotation(called, pattern=_pattern(node)) if called else None
    name = dotted(node)
    if name in parameters:
        return parameters[name]
    return Annotation(name) if name else None


def _pattern(node: ast.Call) -> str:
    """The pattern that a constraint is given as a text."""
    for keyword in node.keywords:
        if keyword.arg in PATTERNS and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            return keyword.value.value
    return ""


def dotted(node: ast.expr) -> str:
    """The dotted name that an expression spells, or an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def annotation_from(text: str) -> Annotation | None:
    """An annotation that is written in a string."""
    return _from_constant(text, {}, _DEPTH)


def _from_constant(value: object, parameters: TypeParameters, depth: int) -> Annotation | None:
    if value is None:
        return Annotation("None")
    if not isinstance(value, str):
        return None
    try:
        return read_annotation(ast.parse(value.strip(), mode="eval").body, parameters, depth - 1)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _from_subscript(node: ast.Subscript, parameters: TypeParameters, depth: int) -> Annotation | None:
    name = dotted(node.value)
    if not name:
        return None
    if name.rpartition(".")[2] == "Literal":
        return Annotation(name)
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    found = (read_annotation(item, parameters, depth - 1) for item in items)
    return Annotation(name, tuple(item for item in found if item is not None))
