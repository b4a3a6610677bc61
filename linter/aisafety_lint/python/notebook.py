"""Notebooks: the code cells become one module, and every place is told in lines of the notebook file itself.

A notebook is JSON; the source of a cell is a list of strings, usually one a physical line. The places of the facts are
moved from the joined code to the line of the file that holds the string, and to the columns within it.
"""

import json
import re
from dataclasses import dataclass

from aisafety_lint.python.facts import Facts, Place
from aisafety_lint.python.parse import ParseError, extract_facts, parse_module
from aisafety_lint.source import SourceText

_ESCAPE = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u\w{4}|\\.")


def extract_notebook(path: str, text: SourceText) -> tuple[Facts, tuple[int, ...]]:
    """The facts of a notebook's code, and the numbers (from 1) of the code cells that are no valid Python.

    Raises ParseError where it is no valid notebook, or no cell is valid.
    """
    try:
        cells = json.loads(text.text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ParseError("it is not a valid notebook") from error
    lines: list[str] = []
    origins: list[_Origin] = [_Origin(1)]
    broken: list[int] = []
    strings = _Strings(text)
    for number, source in enumerate(sources, 1):
        code = _without_magics(source)
        if not _parses(code):
            broken.append(number)
            code = "\n" * code.count("\n")
        lines += code.split("\n")
        origins += strings.find(source.split("\n"), origins[-1].line)
    if len(broken) == len(sources) and sources:
        raise ParseError("none of its code cells is valid Python")
    return _moved(extract_facts(path, "\n".join(lines)), origins[1:]), tuple(broken)


def _parses(code: str) -> bool:
    try:
        parse_module(code)
    except ParseError:
        return False
    return True


def _without_magics(cell: str) -> str:
    """A cell whose magics and shell lines are blanked; a cell magic blanks the cell."""
    if cell.lstrip().startswith("%%"):
        return "\n" * cell.count("\n")
    return "\n".join(
        re.sub(r"\S.*", "pass", line) if line.lstrip().startswith(("%", "!", "?")) else line
        for line in cell.split("\n")
    )


@dataclass(frozen=True, slots=True)
class _Origin:
    """The line of the file that a line of code comes from; `raw` is its text where it holds that line and no other."""

    line: int
    raw: str = ""

    def column(self, column: int) -> int:
        """The column in the file of a column in the code, past the escapes of JSON."""
        start = self.raw.find('"') + 1
        if "\\" not in self.raw:
            return start + column
        position = start
        for _ in range(column - 1):
            position += len(match[0]) if (match := _ESCAPE.match(self.raw, position)) else 1
        return min(position, len(self.raw)) + 1


class _Strings:
    """The strings of a notebook that stand alone on a line."""

    def __init__(self, text: SourceText) -> None:
        self.raw: dict[int, str] = {}
        self.values: dict[int, str] = {}
        self.lines: dict[str, list[int]] = {}
        for number in range(1, len(text.starts) + 1):
            raw = text.line(number)
            line = raw.strip().rstrip(",")
            if len(line) > 1 and line[0] == line[-1] == '"':
                try:
                    value: str = json.loads(line).rstrip("\n")
                except ValueError:
                    continue
                self.raw[number], self.values[number] = raw, value
                self.lines.setdefault(value, []).append(number)

    def find(self, source: list[str], last: int) -> list[_Origin]:
        """Where a cell with these lines stands: on as many lines of the file, the first such place after a line."""
        behind = [""] if source[-1:] == [""] else []  # the last string ends its line
        written = source[: len(source) - len(behind)]
        for first in self.lines.get(source[0], ()):
            if first > last and all(self.values.get(first + at) == line for at, line in enumerate(written)):
                found = [_Origin(first + at, self.raw[first + at]) for at in range(len(written))]
                return found + [_Origin(found[-1].line) for _ in behind] if found else [_Origin(first, self.raw[first])]
        return [_Origin(last)] * len(source)


def _moved(facts: Facts, origins: list[_Origin]) -> Facts:
    """The same facts with places of the file for places of the code."""

    def place(old: Place) -> Place:
        if not old[0]:
            return old
        start, end = origins[min(old[0], len(origins)) - 1], origins[min(old[2], len(origins)) - 1]
        if not start.raw or not end.raw:
            return start.line, 1, start.line, 2
        return start.line, start.column(old[1]), end.line, end.column(old[3])

    import msgspec

    scopes = []
    for scope in facts.scopes:
        values = tuple(msgspec.structs.replace(value, place=place(value.place)) for value in scope.values)
        imports = tuple(msgspec.structs.replace(item, place=place(item.place)) for item in scope.imports)
        scopes.append(
            msgspec.structs.replace(
                scope, values=values, imports=imports, place=place(scope.place), head=place(scope.head)
            )
        )
    return Facts(facts.path, tuple(scopes), facts.is_package)
