"""Changes of one call: takes its text, gives the text after the change, with every other character as it was.

The text of a call alone is parsed with libcst, never a whole file: its concrete tree keeps comments, quotes, blanks and
trailing commas.
"""

import ast
from collections.abc import Callable, Sequence

import libcst as cst

from aisafety_lint.fixes.refusal import Refusal

_LITERALS = (
    cst.SimpleString,
    cst.ConcatenatedString,
    cst.Integer,
    cst.Float,
    cst.List,
    cst.Tuple,
    cst.Dict,
    cst.Set,
)
_WORDS = ("True", "False", "None")
_DEEPEST = 100


def expression(text: str) -> cst.BaseExpression:
    """An expression that may stand over several lines."""
    if _is_deep(text):
        raise Refusal("the code is nested too deeply")
    try:
        return cst.parse_expression(f"({text})")
    except cst.ParserSyntaxError as error:
        raise Refusal("it is no expression of its own") from error


def _is_deep(text: str) -> bool:
    """Whether libcst, which goes down into an expression by recursion, in native code too, is not to be asked."""
    try:
        level: list[ast.AST] = [ast.parse(f"({text})", mode="eval")]
    except (SyntaxError, ValueError):
        return False  # libcst says what is wrong
    except (RecursionError, MemoryError):
        return True
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)


def code(node: cst.BaseExpression) -> str:
    """The text of what `expression` gave, without the brackets around it."""
    return cst.Module([]).code_for_node(node)[1:-1]


def changed(text: str, change: Callable[[cst.Call], cst.Call]) -> str:
    """The text of a call after a change of its tree; what is no call becomes one."""
    found = expression(text)
    if isinstance(found, cst.Name | cst.Attribute):
        inner = found.with_changes(lpar=(), rpar=())
        found = cst.Call(inner, lpar=found.lpar, rpar=found.rpar)
    if not isinstance(found, cst.Call):
        raise Refusal("it is no call")
    return code(change(found))


def set_argument(call: cst.Call, name: str, value: str) -> cst.Call:
    """The call with a keyword argument of this value, in place of one that is a literal, or behind all others."""
    number = position(call, name)
    if number is None:
        return _appended(call, cst.Arg(cst.parse_expression(value), cst.Name(name), equal=_equal()))
    known = call.args[number].value
    if not is_literal(known):
        raise Refusal(f"the value of `{name}` is computed")
    if isinstance(known, cst.List | cst.Tuple | cst.Dict | cst.Set):
        raise Refusal(f"the value of `{name}` holds more than one thing")
    return replaced(call, number, cst.parse_expression(value))


def set_entry(call: cst.Call, name: str, key: str, value: str) -> cst.Call:
    """The call with an entry of a dict that is passed as a keyword, which comes with it where there is none."""
    number = position(call, name)
    entry = cst.DictElement(cst.parse_expression(key), cst.parse_expression(value))
    if number is None:
        return set_argument(call, name, f"{{{key}: {value}}}")
    known = call.args[number].value
    if not isinstance(known, cst.Dict):
        raise Refusal(f"the value of `{name}` is no dict that is written there")
    elements = list(known.elements)
    for place, element in enumerate(elements):
        if isinstance(element, cst.DictElement) and _same(element.key, entry.key):
            if not is_literal(element.value):
                raise Refusal(f"the entry of `{name}` is computed")
            elements[place] = element.with_changes(value=entry.value)
            return replaced(call, number, known.with_changes(elements=elements))
    if elements:
        last = elements[-1]
        trailing = last.comma
        elements[-1] = last.with_changes(comma=_between(elements, known.lbrace.whitespace_after))
        entry = entry.with_changes(comma=trailing)
    return replaced(call, number, known.with_changes(elements=[*elements, entry]))


def without_argument(call: cst.Call, name: str) -> cst.Call:
    """The call without a keyword argument; the same call where it has none."""
    number = position(call, name)
    if number is None:
        return call
    args = list(call.args)
    gone = args.pop(number)
    if args and number == len(args):
        ending = {"comma": gone.comma, "whitespace_after_arg": gone.whitespace_after_arg}
        args[-1] = args[-1].with_changes(**ending)
    blank = cst.SimpleWhitespace("")
    return call.with_changes(args=args, **({} if args else {"whitespace_before_args": blank}))


def renamed(call: cst.Call, name: str, to: str) -> cst.Call:
    """The call with another name for a keyword argument."""
    number = position(call, name)
    if number is None or position(call, to) is not None:
        raise Refusal(f"`{name}` is not passed by its name")
    args = list(call.args)
    args[number] = args[number].with_changes(keyword=cst.Name(to))
    return call.with_changes(args=args)


def without_items(call: cst.Call, name: str, items: Sequence[str]) -> cst.Call:
    """The call without some texts in a list that is passed as a keyword."""
    number = position(call, name)
    known = call.args[number].value if number is not None else None
    if number is None or not isinstance(known, cst.List):
        raise Refusal(f"the value of `{name}` is no list that is written there")
    kept = [element for element in known.elements if plain_text(element.value) not in items]
    if kept and kept[-1] is not known.elements[-1]:
        kept[-1] = kept[-1].with_changes(comma=known.elements[-1].comma)
    return replaced(call, number, known.with_changes(elements=kept))


def without_position(call: cst.Call, number: int) -> cst.Call:
    """The call without a positional argument, if it has one at that place."""
    if number >= len(call.args) or call.args[number].keyword is not None or call.args[number].star:
        return call
    named = call.args[number].with_changes(keyword=cst.Name("gone"))
    args = (*call.args[:number], named, *call.args[number + 1 :])
    return without_argument(call.with_changes(args=args), "gone")


def argument(call: cst.Call, name: str, at: int | None) -> int | None:
    """Which argument is passed under a name or at a place; None where none is."""
    number = position(call, name) if name else None
    if number is None and at is not None and at < len(call.args):
        before = call.args[: at + 1]
        number = at if all(arg.keyword is None and not arg.star for arg in before) else None
    return number


def position(call: cst.Call, name: str) -> int | None:
    """Where a keyword argument stands among the arguments."""
    places = (n for n, arg in enumerate(call.args) if arg.keyword is not None and arg.keyword.value == name)
    return next(places, None)


def replaced(call: cst.Call, number: int, value: cst.BaseExpression) -> cst.Call:
    """The call with another value for an argument."""
    args = list(call.args)
    args[number] = args[number].with_changes(value=value)
    return call.with_changes(args=args)


def is_literal(value: cst.BaseExpression) -> bool:
    """Whether a value is written out where it stands."""
    return isinstance(value, _LITERALS) or (isinstance(value, cst.Name) and value.value in _WORDS)


def plain_text(value: cst.BaseExpression) -> str | None:
    """The text of a string literal."""
    if not isinstance(value, cst.SimpleString | cst.ConcatenatedString):
        return None
    found = value.evaluated_value
    return found if isinstance(found, str) else None


def appended(call: cst.Call, value: cst.BaseExpression) -> cst.Call:
    """The call with one more positional argument."""
    return _appended(call, cst.Arg(value))


def _appended(call: cst.Call, arg: cst.Arg) -> cst.Call:
    """The call with one more argument, laid out as those before it."""
    if not call.args:
        return call.with_changes(args=[arg])
    last = call.args[-1]
    if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar:
        raise Refusal("its argument is a generator without brackets")
    between = _between(call.args, call.whitespace_before_args)
    trailing = last.comma if isinstance(last.comma, cst.Comma) else None
    after = trailing.whitespace_after if trailing is not None else last.whitespace_after_arg
    comma = between.with_changes(whitespace_after=_after(after, between.whitespace_after))
    ending = _ending(after) if isinstance(after, cst.ParenthesizedWhitespace) else after
    if trailing is not None:
        arg = arg.with_changes(comma=trailing.with_changes(whitespace_after=ending))
    else:
        arg = arg.with_changes(whitespace_after_arg=ending)
    before = last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace(""))
    return call.with_changes(args=[*call.args[:-1], before, arg])


def _after(
    last: cst.BaseParenthesizableWhitespace, between: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """What comes between the last argument and a new one: a comment behind the last one stays behind it."""
    if isinstance(last, cst.ParenthesizedWhitespace) and isinstance(between, cst.ParenthesizedWhitespace):
        return last.with_changes(indent=between.indent, last_line=between.last_line)
    if isinstance(last, cst.ParenthesizedWhitespace) and last.first_line.comment is not None:
        return last
    return between


def _ending(after: cst.ParenthesizedWhitespace) -> cst.ParenthesizedWhitespace:
    """The end of a list of arguments without the comment that was behind the last of them."""
    line = after.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
    return after.with_changes(first_line=line, empty_lines=())


def _between(items: Sequence[cst.Arg | cst.BaseDictElement], first: cst.BaseParenthesizableWhitespace) -> cst.Comma:
    """A comma as those between the items, else with what stands before the first of them."""
    if len(items) > 1 and isinstance(items[-2].comma, cst.Comma):
        after = items[-2].comma.whitespace_after
    else:
        after = first if isinstance(first, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace(" ")
    if isinstance(after, cst.ParenthesizedWhitespace):
        after = _ending(after)
    return cst.Comma(whitespace_after=after)


def _same(one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    return plain_text(one) is not None and plain_text(one) == plain_text(other)


def _equal() -> cst.AssignEqual:
    empty = cst.SimpleWhitespace("")
    return cst.AssignEqual(whitespace_before=empty, whitespace_after=empty)
