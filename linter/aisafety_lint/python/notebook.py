"""Notebooks: the code cells become one module in their order, and every place is told in the notebook file itself.

What only IPython understands (magics, shell escapes, help) is blanked; a cell in another language is left out.
"""

import bisect
import json
import re
from collections.abc import Sequence

import msgspec

from aisafety_lint.notebooks import Cell, cells
from aisafety_lint.python.facts import Facts, Place
from aisafety_lint.python.parse import ParseError, extract_facts, parse_module
from aisafety_lint.source import SourceText

_PYTHON_MAGICS = frozenset({"capture", "debug", "memit", "prun", "python", "python3", "time", "timeit"})
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*")
_LINE = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
_ASSIGNED = re.compile(r"^([ \t]*[\w.]+(?:[ \t]*,[ \t]*[\w.]+)*[ \t]*=[ \t]*)[%!].*$", re.MULTILINE)


def extract_notebook(path: str, text: SourceText) -> tuple[Facts, tuple[int, ...]]:
    """The facts of a notebook's code, and the numbers (from 1) of the code cells that are no valid Python.

    Raises ParseError where it is no valid notebook, or no cell is valid.
    """
    try:
        valid = isinstance(json.loads(text.text)["cells"], list)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ParseError("it is not a valid notebook") from error
    sources = [cell for cell in cells(text.text) if cell.kind == "python"] if valid else []
    codes = [_python(cell.text) for cell in sources]
    broken = tuple(number for number, code in enumerate(codes, 1) if code is None)
    if sources and len(broken) == len(sources):
        raise ParseError("none of its code cells is valid Python")
    blank = ("\n" * _lines(cell.text) for cell in sources)
    facts = extract_facts(path, "\n".join(code or empty for code, empty in zip(codes, blank, strict=True)))
    return _moved(facts, _Origins(text, sources)), broken


def _lines(code: str) -> int:
    return code.count("\n")


def _python(cell: str) -> str | None:
    """The Python of a cell, line by line; None where it is no valid Python."""
    code = cell.replace("\r\n", "\n").replace("\r", "\n")
    magic = _CELL_MAGIC.match(code)
    if magic is not None:
        code = _blanked(magic[0]) + code[magic.end() :] if magic[1] in _PYTHON_MAGICS else _blanked(code)
    if _parses(code):
        return code
    code = _LINE.sub(r"\1pass", _ASSIGNED.sub(r"\1None", code))
    return code if _parses(code) else None


def _blanked(code: str) -> str:
    return "\n" * _lines(code)


def _parses(code: str) -> bool:
    try:
        parse_module(code)
    except ParseError:
        return False
    return True


class _Origins:
    """Where the lines of the joined code stand in the notebook file."""

    def __init__(self, text: SourceText, sources: Sequence[Cell]) -> None:
        self.text = text
        self.sources = [(cell, SourceText("", cell.text)) for cell in sources]
        self.firsts: list[int] = []
        line = 1
        for _, source in self.sources:
            self.firsts.append(line)
            line += len(source.starts)

    def place(self, old: Place) -> Place:
        """A place of the code as a place of the file."""
        if not old[0] or not self.sources:
            return old
        span = self.text.span(self._offset(old[0], old[1]), self._offset(old[2], old[3]))
        return span.line, span.column, span.end_line, span.end_column

    def _offset(self, line: int, column: int) -> int:
        number = bisect.bisect_right(self.firsts, line) - 1
        cell, source = self.sources[number]
        return cell.place(min(source.offset(line - self.firsts[number] + 1, column), len(cell.text)))


def _moved(facts: Facts, origins: _Origins) -> Facts:
    """The same facts with places of the file for places of the code."""
    replace, place = msgspec.structs.replace, origins.place
    scopes = [
        replace(
            scope,
            values=tuple(replace(value, place=place(value.place)) for value in scope.values),
            imports=tuple(replace(item, place=place(item.place)) for item in scope.imports),
            place=place(scope.place),
            head=place(scope.head),
        )
        for scope in facts.scopes
    ]
    return Facts(facts.path, tuple(scopes), facts.is_package)
