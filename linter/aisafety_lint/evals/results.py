"""What a run of a suite found: takes a results file, gives how many tests passed and failed, and when.

Nothing is run. The forms are data of the frameworks (`results` in `rules/evals`): one JSON document, one JSON record a
line, or the XML of test runners. What is not understood gives no result, never a good one.
"""

import datetime
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aisafety_lint.evals.frameworks import EvalKnowledge, Framework, ResultForm
from aisafety_lint.evals.model import Result
from aisafety_lint.source import SourceText

_SUITE = re.compile(r"<testsuite\b([^<>]*)>")
_ATTRIBUTE = re.compile(r"\b(\w+)\s*=\s*[\"']([^\"'<>]*)[\"']")
_STAMP = re.compile(r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")


def read_result(source: SourceText, knowledge: EvalKnowledge) -> Result | None:
    """The result in a file, by the first framework whose form it has."""
    records = _records(source.text)
    for framework in knowledge.frameworks.values():
        for form in framework.results:
            counted = _counted(form, records, source.text)
            if counted is not None:
                return _result(source.path, framework, form, counted, records, source.text)
    return None


def _records(content: str) -> tuple[Any, ...]:
    """The JSON documents of a text: one, or one a line; none where it is something else."""
    try:
        return (json.loads(content),)
    except (ValueError, RecursionError):
        pass
    records = []
    for line in content.splitlines():
        try:
            records.append(json.loads(line))
        except (ValueError, RecursionError):
            if not records:
                return ()
    return tuple(records)


def _counted(form: ResultForm, records: tuple[Any, ...], content: str) -> dict[str, float] | None:
    """The numbers of a result by name (passed, failed, errors, total), or None where the file has another form."""
    if form.xml:
        suites = [dict(_ATTRIBUTE.findall(head)) for head in _SUITE.findall(content)]
        suites = [suite for suite in suites if form.total in suite]
        return _summed(form, suites) if suites else None
    chosen = [record for record in records if all(_value(record, key) is not None for key in form.has)]
    chosen = [record for record in chosen if all(_value(record, key) == want for key, want in form.where.items())]
    rows = [row for record in chosen for row in (_rows(_value(record, form.each)) if form.each else (record,))]
    return _summed(form, rows) if rows else None


def _summed(form: ResultForm, rows: Iterable[Any]) -> dict[str, float] | None:
    sums: dict[str, float] = {}
    for row in rows:
        for name in ("passed", "failed", "errors", "total"):
            path = getattr(form, name)
            number = _number(_value(row, path)) if path else None
            if number is not None:
                sums[name] = sums.get(name, 0.0) + number
        share, total = (_number(_value(row, path)) if path else None for path in (form.share, form.total))
        if share is not None and total is not None and share <= 1:
            sums["passed"] = sums.get("passed", 0.0) + round(share * total)
    return sums or None


def _result(
    path: str, framework: Framework, form: ResultForm, sums: dict[str, float], records: tuple[Any, ...], content: str
) -> Result | None:
    errors = sums.get("errors", 0.0)
    day = _day(form, records, content, path)
    passed, failed, total = sums.get("passed"), sums.get("failed"), sums.get("total")
    if passed is None and failed is not None and total is not None:
        passed = total - failed - errors
    if failed is None and passed is not None and total is not None:
        failed = total - passed
    if passed is None or failed is None or passed + failed <= 0 or min(passed, failed) < 0:
        return None
    return Result(path, framework.title, int(passed), int(failed), int(errors), day)


def _day(form: ResultForm, records: tuple[Any, ...], content: str, path: str) -> datetime.date | None:
    """The day of a run: where the form says it, else in the name of the file."""
    if form.xml:
        told: Iterator[Any] = (dict(_ATTRIBUTE.findall(head)).get(form.at) for head in _SUITE.findall(content))
    else:
        told = (_value(record, form.at) for record in records if form.at)
    for text in (*(one for one in told if isinstance(one, str)), path.rpartition("/")[2]):
        stamp = _STAMP.search(text)
        if stamp is not None:
            try:
                return datetime.date(int(stamp[1]), int(stamp[2]), int(stamp[3]))
            except ValueError:
                continue
    return None


def _value(record: Any, path: str) -> Any:
    """The value at a path of keys and indices with dots between them, or None where there is none."""
    for key in path.split("."):
        if isinstance(record, Mapping):
            record = record.get(key)
        elif isinstance(record, list) and key.isdecimal() and int(key) < len(record):
            record = record[int(key)]
        else:
            return None
    return record


def _rows(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else ()


def _number(value: Any) -> float | None:
    """A count or share; a text of digits, as XML has it, is one too."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
