"""Notebooks: the code cells become one module, and every place is told in lines of the notebook file itself.

A notebook is JSON; the source of a cell is a list of strings, usually one a physical line. The places of the facts are
moved from the joined code to the line of the file that holds the string.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from aisafety_lint.python.facts import Facts
from aisafety_lint.python.parse import ParseError, extract_facts, parse_module
from aisafety_lint.source import SourceText


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
    origins: list[int] = []
    broken: list[int] = []
    physical = _physical_lines(text)
    for number, source in enumerate(sources, 1):
        code = _without_magics(source)
        if not _parses(code):
            broken.append(number)
            code = "\n" * code.count("\n")
        lines += code.split("\n")
        for original in source.split("\n"):
            origins.append(next(physical.get(original, iter(())), origins[-1] if origins else 1))
    if len(broken) == len(sources) and sources:
        raise ParseError("none of its code cells is valid Python")
    return _moved(extract_facts(path, "\n".join(lines)), origins), tuple(broken)


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


def _physical_lines(text: SourceText) -> dict[str, Iterator[int]]:
    """For each string that stands alone on a line of the file, the numbers of those lines in order."""
    found: dict[str, list[int]] = {}
    for number in range(1, len(text.starts) + 1):
        line = text.line(number).strip().rstrip(",")
        if len(line) > 1 and line[0] == line[-1] == '"':
            try:
                value: Any = json.loads(line)
            except ValueError:
                continue
            found.setdefault(value.rstrip("\n"), []).append(number)
    return {value: iter(numbers) for value, numbers in found.items()}


def _moved(facts: Facts, origins: list[int]) -> Facts:
    """The same facts with lines of the file for lines of the code; columns count within the string's own text."""

    def line(number: int) -> int:
        return origins[number - 1] if 0 < number <= len(origins) else number

    def place(old: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        return (line(old[0]), 1, line(old[0]), 2) if old[0] else old

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
