"""What could not be resolved, for a person and for a program (`rules/schema/inspect.schema.json`)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from aisafety_lint import __version__
from aisafety_lint.program.unresolved import REASONS, Unresolved
from aisafety_lint.report.encode import dump
from aisafety_lint.report.inspection import Inspection
from aisafety_lint.report.json import notification_data
from aisafety_lint.report.terminal import ELLIPSIS, count, visible, width

SCHEMA = 1
_WIDE = 48
_STRING_END = re.compile(r'(\\n)?",?$')  # of a line of a notebook, which is a string of JSON
_BEFORE_DOT = re.compile(r" (?=\.\w)")


def text(inspection: Inspection) -> str:
    """Grouped by file, one line a place: where, what, why; and how many of how many these are."""
    blocks = [
        "\n".join(_file(path, list(items), inspection))
        for path, items in groupby(inspection.unresolved, key=lambda item: item.path)
    ]
    return "\n\n".join([*blocks, _total(inspection)]) + "\n"


def json(inspection: Inspection) -> str:
    """The same for a program, with what was looked at."""
    return dump(
        {
            "schema": SCHEMA,
            "tool": {"name": "aisafety-lint", "version": __version__},
            "unresolved": [unresolved_data(inspection, item) for item in inspection.unresolved],
            "notifications": [notification_data(item) for item in inspection.notifications],
            "coverage": asdict(inspection.coverage),
        }
    )


def unresolved_data(inspection: Inspection, item: Unresolved) -> dict[str, Any]:
    """One place that could not be followed."""
    return {
        "path": item.path,
        **dict(zip(("line", "column", "end_line", "end_column"), item.place, strict=True)),
        "symbol": item.symbol,
        "expression": expression(inspection, item),
        "reason": item.reason,
        "why": REASONS[item.reason],
    }


def expression(inspection: Inspection, item: Unresolved) -> str:
    """The expression as it is written, on one line."""
    text = inspection.texts.get(item.path)
    if item.expression or text is None:
        return item.expression
    line, column, end_line, end_column = item.extent
    if item.path.endswith(".ipynb"):
        end = end_column - 1 if end_line == line else None
        written = _STRING_END.sub("", text.line(line)[column - 1 : end])
        written = re.sub(r"\\(.)", r"\1", written)
    else:
        written = text.text[text.offset(line, column) : text.offset(end_line, end_column)]
    return _BEFORE_DOT.sub("", " ".join(written.split()))


def _file(path: str, items: Iterable[Unresolved], inspection: Inspection) -> Iterator[str]:
    rows = [
        (f"{item.place[0]}:{item.place[1]}", _cut(visible(expression(inspection, item))), REASONS[item.reason])
        for item in items
    ]
    first, second = (max(width(row[column]) for row in rows) for column in (0, 1))
    yield visible(path)
    for place, written, why in rows:
        yield f"  {_padded(place, first)}  {_padded(written, second)}  {why}"


def _padded(words: str, size: int) -> str:
    return words + " " * (size - width(words))


def _cut(written: str) -> str:
    """The end of a long expression, where the name is that is called."""
    while width(written) > _WIDE:
        written = ELLIPSIS + written[max(2, len(written) - _WIDE + 1) :]
    return written


def _total(inspection: Inspection) -> str:
    here, everywhere = len(inspection.unresolved), inspection.coverage.unresolved_calls
    files = len({item.path for item in inspection.unresolved})
    where = f" in {count(files, 'file')}" if here else ""
    others = f"; {everywhere} in the whole project" if everywhere != here else ""
    return f"{count(here, 'call') if here else 'No calls'} unresolved{where}{others}."
