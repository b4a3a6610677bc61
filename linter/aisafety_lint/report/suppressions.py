"""The list of suppressions: for a person one line for each rule of each of them, for a program one object each."""

from collections import Counter
from typing import Any

from aisafety_lint.report.encode import dump
from aisafety_lint.report.model import Report
from aisafety_lint.report.terminal import count, visible, width
from aisafety_lint.suppressed import State, Suppression

SCHEMA = 1
_WHERE = {"comment": "", "file-comment": " (whole file)", "config": " (settings)"}


def in_order(item: Suppression) -> bool:
    """Whether there is nothing to mend or to delete about a suppression."""
    return not item.problem and not {State.UNUSED, State.EXPIRED} & set(item.states)


def text(report: Report) -> str:
    """Aligned columns: where, which rule, what became of it, and the reason; then how many there are."""
    rows = [row for item in report.suppressions for row in _rows(item)]
    widths = [max(width(row[column]) for row in rows) for column in range(3)] if rows else []
    lines = ["  ".join(_padded(cell, size) for cell, size in zip(row, [*widths, 0], strict=True)) for row in rows]
    return "\n".join([*lines, *([""] if lines else []), _last(report)]) + "\n"


def _padded(cell: str, size: int) -> str:
    return cell + " " * (size - width(cell))


def _rows(item: Suppression) -> list[tuple[str, str, str, str]]:
    place = visible(f"{item.path}:{item.span.line}:{item.span.column}") + _WHERE[item.kind]
    if item.problem:
        return [(place, "-", str(State.MALFORMED), visible(item.problem))]
    day = f" (until {item.until})" if item.until else ""
    return [
        (place, visible(name), _became(state, number), visible(item.reason) + day)
        for name, state, number in zip(item.rules, item.states, item.counts, strict=True)
    ]


def _became(state: State, number: int) -> str:
    if state is State.USED:
        return count(number, "finding")
    return "not judged" if state is State.UNKNOWN else str(state)


def _last(report: Report) -> str:
    if not report.suppressions:
        return "No suppressions."
    states = Counter(state for item in report.suppressions for state in _states(item))
    wrong = [f"{states[state]} {state}" for state in (State.MALFORMED, State.EXPIRED, State.UNUSED) if states[state]]
    held = sum(item.kind != "baseline" for item in report.suppressed)
    notes = f" ({', '.join(wrong)})" if wrong else ""
    verb = "holds" if len(report.suppressions) == 1 else "hold"
    return f"{count(len(report.suppressions), 'suppression')}{notes} {verb} back {count(held, 'finding')}."


def _states(item: Suppression) -> set[State]:
    return {State.MALFORMED} if item.problem else set(item.states)


def json(report: Report) -> str:
    """All suppressions with what became of their rules, described by `rules/schema/suppressions.schema.json`."""
    return dump({"schema": SCHEMA, "suppressions": [_data(item) for item in report.suppressions]})


def _data(item: Suppression) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "path": item.path,
        "line": item.span.line,
        "column": item.span.column,
        "end_line": item.span.end_line,
        "end_column": item.span.end_column,
        "reason": item.reason,
        "until": item.until or None,
        "problem": item.problem or None,
        "rules": [
            {"rule": name, "state": str(state), "findings": number}
            for name, state, number in zip(item.rules, item.states, item.counts, strict=True)
        ],
    }
