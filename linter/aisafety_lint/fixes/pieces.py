"""Texts that are put together from constants and values: an f-string, a sum, or a format, as the pieces of it.

Takes the tree of an expression, gives its pieces in order; and writes pieces as an f-string again.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import libcst as cst

from aisafety_lint.fixes.calls import plain_text
from aisafety_lint.fixes.refusal import Refusal

_FIELD = re.compile(r"%(?:[sd]|(?P<other>.))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """The code of a value that is put into a text."""

    code: str


Piece = str | Value


def pieces(node: cst.BaseExpression) -> list[Piece]:
    """The pieces of a text; raises Refusal where it is put together in another way."""
    found = [*_pieces(node)]
    joined: list[Piece] = []
    for piece in found:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return joined


def _pieces(node: cst.BaseExpression) -> Iterator[Piece]:
    text = plain_text(node)
    if text is not None:
        yield text
    elif isinstance(node, cst.FormattedString):
        yield from _parts(node)
    elif _is_sum(node):
        yield from _pieces(node.left)
        yield from _pieces(node.right)
    elif isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
        yield from _formatted(node)
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "str":
        yield from (Value(_code(arg.value)) for arg in node.args)
    else:
        yield Value(_code(node))


def _is_sum(node: cst.BaseExpression) -> TypeGuard[cst.ConcatenatedString | cst.BinaryOperation]:
    """Whether two texts are put behind each other."""
    added = isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add)
    return added or isinstance(node, cst.ConcatenatedString)


def _parts(node: cst.FormattedString) -> Iterator[Piece]:
    raw = "r" in node.prefix.lower()
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            text = part.value.replace("{{", "{").replace("}}", "}")
            yield text if raw or "\\" not in text else _unescaped(text)
        elif isinstance(part, cst.FormattedStringExpression):
            if part.conversion or part.format_spec or part.equal:
                raise Refusal("a value in the text has a format of its own")
            yield Value(_code(part.expression))


def _unescaped(text: str) -> str:
    found = cst.parse_expression('"""' + text.replace('"', '\\"') + '"""')
    return plain_text(found) or ""


def _formatted(node: cst.BinaryOperation) -> Iterator[Piece]:
    """The pieces of `text % values`."""
    text = plain_text(node.left)
    if text is None:
        raise Refusal("the format is no constant")
    known = node.right
    values = [item.value for item in known.elements] if isinstance(known, cst.Tuple) else [known]
    if isinstance(known, cst.Dict):
        raise Refusal("the values of the format are named")
    at = 0
    for match in _FIELD.finditer(text):
        yield text[at : match.start()]
        at = match.end()
        if match["other"] == "%":
            yield "%"
        elif match["other"] or not values:
            raise Refusal("a value in the text has a format of its own")
        else:
            yield Value(_code(values.pop(0)))
    yield text[at:]
    if values:
        raise Refusal("the format has not as many places as values")


def _code(node: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(node)


def written(parts: Sequence[Piece], quote: str = '"') -> str:
    """The code of a text: a value alone, a constant, or an f-string."""
    if len(parts) == 1 and isinstance(parts[0], Value):
        return parts[0].code
    if all(isinstance(part, str) for part in parts):
        return quoted("".join(part for part in parts if isinstance(part, str)), quote)
    inner = ""
    for part in parts:
        if isinstance(part, str):
            inner += quoted(part, quote)[1:-1].replace("{", "{{").replace("}", "}}")
        elif quote in part.code or "\\" in part.code or "\n" in part.code:
            raise Refusal("a value cannot stand in an f-string")
        else:
            inner += f"{{{part.code}}}"
    return f"f{quote}{inner}{quote}"


def quoted(text: str, quote: str = '"') -> str:
    """The code of a constant text, with these quotes."""
    shown = repr(text)
    if shown[0] == quote:
        return shown
    inner = shown[1:-1].replace("\\'", "'") if shown[0] == "'" else shown[1:-1].replace('\\"', '"')
    return quote + inner.replace(quote, f"\\{quote}") + quote


def quote_of(code: str) -> str:
    """The kind of quotes that a text is written with."""
    return next((character for character in code if character in "\"'"), '"')


def with_values(node: cst.BaseExpression, wrap: Callable[[cst.BaseExpression], cst.BaseExpression]) -> cst.CSTNode:
    """The same text with its values changed; what is put together in no known way is a value itself."""
    if plain_text(node) is not None:
        return node
    if isinstance(node, cst.FormattedString):
        return node.with_changes(parts=[_with_value(part, wrap) for part in node.parts])
    if _is_sum(node):
        return node.with_changes(left=with_values(node.left, wrap), right=with_values(node.right, wrap))
    if isinstance(node, cst.BinaryOperation):
        raise Refusal("the text is put together in a way that is not known")
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and plain_text(node.func.value) is not None:
        if node.func.attr.value != "format" or any(arg.star for arg in node.args):
            raise Refusal("the text is put together in a way that is not known")
        return node.with_changes(args=[arg.with_changes(value=wrap(arg.value)) for arg in node.args])
    return wrap(node)


def _with_value(
    part: cst.BaseFormattedStringContent, wrap: Callable[[cst.BaseExpression], cst.BaseExpression]
) -> cst.BaseFormattedStringContent:
    if not isinstance(part, cst.FormattedStringExpression):
        return part
    if part.conversion or part.format_spec or part.equal:
        raise Refusal("a value in the text has a format of its own")
    return part.with_changes(expression=wrap(part.expression))


def names_in(node: cst.CSTNode) -> Iterator[str]:
    """The names that an expression reads."""
    if isinstance(node, cst.Name):
        yield node.value
    elif isinstance(node, cst.Attribute):
        yield from names_in(node.value)
    else:
        for child in node.children:
            yield from names_in(child)
