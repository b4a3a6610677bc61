"""SQL that values are written into becomes a constant statement with the values as parameters, in simple cases."""

import re
from collections.abc import Sequence

import libcst as cst

from aisafety_lint.finding import Edit, Remedy
from aisafety_lint.fixes import calls
from aisafety_lint.fixes.edits import smallest
from aisafety_lint.fixes.module import Module
from aisafety_lint.fixes.pieces import Piece, pieces, quote_of, quoted, written
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.source import Span

# What stands before a value, and nowhere before the name of a table or a column.
_BEFORE = re.compile(r"(?:[=<>]|\b(?:I?LIKE|BETWEEN|LIMIT|OFFSET|VALUES\s*\())\s*$", re.IGNORECASE)
_NUMBERED = "$"  # `$1`, `$2`; the values follow the statement one by one
_NAMED = ":"  # `:name` in a call of `text`; the values follow as a dict
_LISTED = re.compile(r"\bVALUES\s*\([^()]*,\s*$", re.IGNORECASE)


def bind_parameters(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    """The edits of the statement, where it is put together, and of the call that runs it."""
    known = remedy.known
    call = module.at(remedy.location.span)
    place = module.at(_span(known["text"])) if "text" in known else None
    start, end = module.region(call)
    before = module.text.text[start:end]
    values: list[str] = []

    def statement(node: cst.BaseExpression, code: str) -> str:
        constant, found = _bound(pieces(node), known["style"], quote_of(code))
        values.extend(found)
        return constant

    edits = []
    if place is not None and not (start <= module.region(place)[0] < end):
        code = module.source(place)
        first = module.region(place)[0]
        edits.append(smallest(module.text.path, first, code, statement(calls.expression(code), code)))

    def change(tree: cst.Call) -> cst.Call:
        number = calls.argument(tree, known.get("name", ""), int(known.get("position", "0")))
        if number is None or number != len(tree.args) - 1 or tree.args[number].keyword is not None:
            raise Refusal("the call has further arguments")
        value = tree.args[number].value
        inner = _named_text(value) if known["style"] == _NAMED else value
        if not edits:
            text = cst.parse_expression(statement(inner, cst.Module([]).code_for_node(inner)))
            if isinstance(value, cst.Call) and inner is not value:
                text = calls.replaced(value, 0, text)
            tree = calls.replaced(tree, number, text)
        for one in _passed(known["style"], values):
            tree = calls.appended(tree, cst.parse_expression(one))
        return tree

    changed = calls.changed(before, change)
    return *edits, smallest(module.text.path, start, before, changed)


def _named_text(value: cst.BaseExpression) -> cst.BaseExpression:
    """The statement in a call of `text`, the only thing whose parameters have names."""
    if not isinstance(value, cst.Call) or _last_name(value.func) != "text":
        raise Refusal("the statement is no call of `text`")
    if len(value.args) != 1 or value.args[0].keyword is not None or value.args[0].star:
        raise Refusal("the call of `text` has further arguments")
    return value.args[0].value


def _last_name(function: cst.BaseExpression) -> str:
    name = function.attr if isinstance(function, cst.Attribute) else function
    return name.value if isinstance(name, cst.Name) else ""


def _passed(style: str, values: Sequence[str]) -> Sequence[str]:
    """The code of what follows a statement: the values one by one, or all of them as a dict or a tuple."""
    if style == _NUMBERED:
        return values
    if style == _NAMED:
        return [f"{{{', '.join(f'{quoted(_name(number))}: {value}' for number, value in enumerate(values, 1))}}}"]
    return [f"({', '.join(values)}{',' * (len(values) == 1)})"]


def _name(number: int) -> str:
    """What the parameter at a place is called."""
    return f"value_{number}"


def _span(text: str) -> Span:
    line, column, end_line, end_column = map(int, text.split(":"))
    return Span(line, column, end_line, end_column)


def _bound(parts: Sequence[Piece], style: str, quote: str) -> tuple[str, list[str]]:
    """The constant statement, and the code of the values in their order."""
    statement, values = "", []
    queue = list(parts)
    for number, part in enumerate(queue):
        if isinstance(part, str):
            statement += part.replace("%", "%%") if style == "%s" else part
            continue
        value: list[Piece] = [part]
        following = queue[number + 1] if number + 1 < len(queue) else ""
        opened = re.search(r"'(%*)$", statement)
        closed = re.match(r"(%*)'", following) if isinstance(following, str) else None
        if bool(opened) != bool(closed):
            raise Refusal("a value is only a part of a text in the statement")
        if opened and closed and isinstance(following, str):
            around = opened[1].replace("%%", "%") if style == "%s" else opened[1]
            value = [*([around] if around else ()), part, *([closed[1]] if closed[1] else ())]
            statement = statement[: opened.start()]
            queue[number + 1] = following[closed.end() :]
        if not (_BEFORE.search(statement) or _LISTED.search(statement)):
            raise Refusal("a value stands where the statement needs a name")
        values.append(written(value, quote))
        marks = {_NUMBERED: f"{style}{len(values)}", _NAMED: f"{style}{_name(len(values))}"}
        statement += marks.get(style, style)
    if not values:
        raise Refusal("no value is written into the statement")
    if "\n" in statement:
        if "\\" in statement or quote in statement:
            raise Refusal("the statement cannot be written over several lines as it is")
        return f"{quote * 3}{statement}{quote * 3}", values
    return quoted(statement, quote), values
