"""The text of an expression that is put together from literals, also through names that stand for one."""

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from aisafety_lint.secrets.python_tree import literal_text, summands
from aisafety_lint.secrets.python_values import Values

_DEEPEST = 4
_MOST_PARTS = 20
_FIELD = re.compile(r"\{(?:\d{0,2}|[A-Za-z_]\w{0,40})\}|%s")


class Piece(NamedTuple):
    """A part of a text, and the literal where it is written."""

    text: str
    node: ast.expr


def composed(node: ast.expr, values: Values) -> list[Piece]:
    """The pieces of a text with names in it, in order; none where a name stands for more or less than one literal."""
    return _composed(node, values, 0) or []


def _composed(node: ast.expr, values: Values, depth: int) -> list[Piece] | None:
    if depth > _DEEPEST:
        return None
    match node:
        case ast.BinOp(op=ast.Add()):
            return _together(summands(node), values, depth)
        case ast.JoinedStr(values=parts):
            return _together(
                [part.value if isinstance(part, ast.FormattedValue) else part for part in parts], values, depth
            )
        case (
            ast.Call(func=ast.Attribute(value=ast.Constant(value=str(form)) as text, attr="format"), args=[inner])
            | ast.BinOp(left=ast.Constant(value=str(form)) as text, op=ast.Mod(), right=inner)
        ) if len(_FIELD.findall(form)) == 1:
            before, after = _FIELD.split(form)
            held = _composed(inner, values, depth + 1)
            return held and [Piece(before, text), *held, Piece(after, text)]
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str()), attr="join"),
            args=[ast.Name() | ast.Attribute() as many],
        ):
            lists = [one for one in values.known(many) if isinstance(one, ast.List | ast.Tuple)]
            return _together(lists[0].elts, values, depth) if len(lists) == 1 else None
    if (literal := literal_text(node)) is not None:
        return [Piece(literal, node)]
    known = values.known(node)
    return _composed(known[0], values, depth + 1) if len(known) == 1 else None


def _together(parts: Sequence[ast.expr], values: Values, depth: int) -> list[Piece] | None:
    if len(parts) > _MOST_PARTS:
        return None
    pieces = [_composed(part, values, depth + 1) for part in parts]
    return None if None in pieces else [piece for part in pieces for piece in part or ()]
