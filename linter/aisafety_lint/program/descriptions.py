"""What a model is told about a tool, and where in the source each character of it stands."""

from collections.abc import Callable, Iterator
from functools import partial

from aisafety_lint.flow.places import one_line
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import constant
from aisafety_lint.program.model import Program
from aisafety_lint.program.tools import Tool
from aisafety_lint.source import Span


def descriptions(program: Program, tool: Tool) -> Iterator[tuple[str, Callable[[int], Span]]]:
    """The texts that a model is told about a tool, each with the place of an offset in it."""
    index = program.index
    yield index.scopes[tool.scope].doc, partial(_in_docstring, program, tool.scope)
    outer = index.parents[tool.scope]
    for value in index.scopes[outer].locals.get("description", ()) if index.scopes[outer].form == "class" else ():
        text = constant(program.resolver, outer, value)
        if isinstance(text, str):
            yield text, partial(_whole, one_line(index.value(outer, value).place))
    for value in index.scopes[tool.scope].decorators:
        if index.value(outer, value).op == "call":
            for operand in operands(program.resolver, outer, value, {"name": "description"}):
                text = constant(program.resolver, outer, operand)
                if isinstance(text, str):
                    yield text, partial(_whole, Span(*index.value(outer, operand).place))


def _whole(span: Span, _: int) -> Span:
    """A description that is an argument is shown as a whole."""
    return span


def _in_docstring(program: Program, scope: int, start: int) -> Span:
    """The rest of the line from an offset in a docstring on, which stands below the head of its function as written."""
    known = program.index.scopes[scope]
    head = known.head[2]
    below = max((program.index.value(scope, param.value).place[2] for param in known.params), default=head)
    first = head + 1 if below <= head else below + 2
    before, after = known.doc[:start], known.doc[start:].partition("\n")[0]
    opening = known.head[1] + len('    """') if "\n" not in before else 1
    column = opening + len(before) - (before.rfind("\n") + 1)
    line = first + before.count("\n")
    return Span(line, column, line, column + len(after))
