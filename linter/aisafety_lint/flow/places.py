"""Places as reports mark them: short, on one line."""

from aisafety_lint.finding import Location
from aisafety_lint.program.index import Index
from aisafety_lint.python.facts import Place
from aisafety_lint.source import Span


def one_line(place: Place) -> Span:
    """A place cut to its first line, since a primary region has to be short."""
    line, column, end_line, end_column = place
    return Span(line, column, line, end_column if end_line == line else column + 1)


def call_place(index: Index, scope: int, call: int) -> Location:
    """Where a call stands: one line, from the start of what is called, or the called name where that starts above."""
    value = index.value(scope, call)
    function = index.value(scope, value.args[0])
    line, column, end_line, end_column = value.place
    path = index.paths[scope]
    if end_line == line:
        return Location(path, Span(line, column, end_line, end_column))
    _, _, last_line, last_column = function.place
    if last_line == line or function.op != "attr":
        return Location(
            path, Span(line, column, line, last_column if last_line == line and last_column > column else column + 1)
        )
    return Location(path, Span(last_line, max(last_column - len(function.name), 1), last_line, last_column))
