"""The syntax tree of Python source as the scan needs it: cut down to some lines, with offsets in characters."""

import ast
import bisect
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from aisafety_lint.source import SourceText

TOOL = "tool"
"""A part of the name of what makes a function one that a model calls."""

_MOST_NAMES = 6
_COMMAND = re.compile(r"^[%!](?=[\w%])", re.MULTILINE)


class Region(NamedTuple):
    """Offsets between which a text stands that is no code."""

    start: int
    end: int


@lru_cache(maxsize=1)
def parse(text: str) -> ast.Module | None:
    """Parse Python source, also with the commands of a notebook in it; None where it is not valid.

    The last tree is kept: the detectors ask for that of one text one after the other.
    """
    if "%" in text or "!" in text:
        text = _COMMAND.sub("#", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def nodes(tree: ast.AST, lines: Sequence[int]) -> Iterator[ast.AST]:
    """The nodes that cover one of the lines (sorted), except the members of an enumeration."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.ClassDef) and any("Enum" in name for name in map(dotted, node.bases)):
            continue
        for child in ast.iter_child_nodes(node):
            first, last = getattr(child, "lineno", None), getattr(child, "end_lineno", None)
            if first is None or last is None or _covers_one(lines, first, last):
                waiting.append(child)


def prose_regions(source: SourceText, tree: ast.Module, lines: Sequence[int]) -> list[Region]:
    """Where strings stand that cover one of the lines (sorted)."""
    return [
        Region(*extent(source, node))
        for node in nodes(tree, lines)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    ]


def extent(source: SourceText, node: ast.expr) -> tuple[int, int]:
    """The character offsets of an expression, the end exclusive."""
    first = _offset(source, node.lineno, node.col_offset)
    return first, _offset(source, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def enclosing(source: SourceText, tree: ast.Module, position: int) -> tuple[str, list[str]]:
    """The literal at an offset, and the names under which it is assigned, passed or keyed, from the inside out."""
    path: list[ast.AST] = []
    node: ast.AST | None = tree
    while node is not None:
        path.append(node)
        node = next((child for child in ast.iter_child_nodes(node) if _holds(source, child, position)), None)
    steps = zip(reversed(path[:-1]), reversed(path[1:]), strict=True)
    names = [name for parent, child in steps for name in _names_of(parent, child)]
    literal = path[-1]
    return (literal.value if isinstance(literal, ast.Constant) and isinstance(literal.value, str) else ""), names


def target_names(target: ast.expr) -> Iterator[str]:
    """The name that a target, or anything that reads like one, goes by."""
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            yield name


def literal_text(node: ast.expr) -> str | None:
    """The text of a literal, also of one that is put together from literals."""
    match node:
        case ast.Constant(value=str(value)) | ast.JoinedStr(values=[ast.Constant(value=str(value))]):
            return value
        case ast.Constant(value=bytes(data)):
            return data.decode("latin-1")
        case ast.BinOp(op=ast.Add()):
            return _joined("", summands(node))
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(glue)), attr="join"), args=[ast.List(elts=parts)]
        ):
            return _joined(glue, parts)
    return None


def summands(node: ast.expr) -> list[ast.expr]:
    """What a chain of additions adds up, in order."""
    parts: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)]


def dotted(node: ast.expr) -> str:
    """The last names of what is called or derived from, joined by dots; calls in between are left out."""
    names: list[str] = []
    while len(names) < _MOST_NAMES:
        match node:
            case ast.Attribute(value=inner, attr=name):
                names.append(name)
                node = inner
            case ast.Call(func=inner) | ast.Subscript(value=inner):
                node = inner
            case ast.Name(id=name):
                names.append(name)
                break
            case _:
                break
    return ".".join(reversed(names))


def _joined(glue: str, parts: Sequence[ast.expr]) -> str | None:
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return glue.join(texts) if len(texts) == len(parts) else None


def _covers_one(lines: Sequence[int], first: int, last: int) -> bool:
    index = bisect.bisect_left(lines, first)
    return index < len(lines) and lines[index] <= last


def _holds(source: SourceText, node: ast.AST, position: int) -> bool:
    if isinstance(node, ast.expr | ast.stmt | ast.keyword):
        marks = getattr(node, "decorator_list", None)
        first = marks[0] if marks else node
        start = _offset(source, first.lineno, first.col_offset)
        return start <= position < _offset(source, node.end_lineno or node.lineno, node.end_col_offset or 0)
    return any(_holds(source, child, position) for child in ast.iter_child_nodes(node))


def _names_of(parent: ast.AST, child: ast.AST) -> list[str]:
    match parent:
        case ast.keyword(arg=str(name)):
            return [name]
        case ast.Assign(targets=targets):
            return [name for target in targets for name in target_names(target)]
        case ast.AnnAssign(target=target) | ast.NamedExpr(target=target) | ast.AugAssign(target=target):
            return list(target_names(target))
        case ast.Dict(keys=keys, values=values):
            held = [key for key, value in zip(keys, values, strict=True) if value is child]
            return [key.value for key in held if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        case ast.FunctionDef(decorator_list=marks) | ast.AsyncFunctionDef(decorator_list=marks) if (
            child is parent.body[0]
        ):
            # What a model reads of a tool is its docstring.
            return ["docstring"] if any("tool" in dotted(mark).lower() for mark in marks) else []
        case ast.Call(func=func) if child is not func:
            return [dotted(func).rsplit(".", 1)[-1]]
    return []


def _offset(source: SourceText, line: int, column: int) -> int:
    """The character offset of a line and a column in UTF-8 bytes from 0."""
    start = source.starts[line - 1]
    end = source.starts[line] if line < len(source.starts) else len(source.text)
    text = source.text[start:end]
    if text.isascii():
        return start + column
    return start + len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
