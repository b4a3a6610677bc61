"""The list of the entries of a baseline, with what has become of them: for a person, and for a program."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from aisafety_lint.baseline import SCHEMA, Entry, Matched
from aisafety_lint.report.encode import dump
from aisafety_lint.report.terminal import visible, width

_STATES = ("known", "over", "gone", "not judged")


def text(entries: Sequence[Entry], matched: Matched) -> str:
    """Aligned columns: where, which rule, what became of it, and the reason; then how many there are."""
    rows = [
        (f"{visible(entry.path)}", entry.rule, state, _reason(entry)) for entry, state in _with_states(entries, matched)
    ]
    sizes = [max(width(row[column]) for row in rows) for column in range(3)] if rows else []
    lines = [
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, [*sizes, 0], strict=True))
        for row in rows
    ]
    states = Counter(row[2] for row in rows)
    counted = ", ".join(f"{states[state]} {state}" for state in _STATES if states[state])
    last = f"{len(rows)} {'entry' if len(rows) == 1 else 'entries'}{f' ({counted})' if counted else ''}."
    return "\n".join([*lines, *([""] if lines else []), last]) + "\n"


def json(entries: Sequence[Entry], matched: Matched) -> str:
    """The entries as in the file, each with its state."""
    listed = [{**asdict(entry), "state": state} for entry, state in _with_states(entries, matched)]
    return dump({"schema": SCHEMA, "entries": listed})


def _with_states(entries: Sequence[Entry], matched: Matched) -> Iterator[tuple[Entry, str]]:
    """Each entry with what has become of it; of entries that are alike, as many as there are."""
    groups = {
        "known": Counter(entry for _, entry in matched.known),
        "over": Counter(entry for _, entry in matched.overdue),
        "gone": Counter(matched.stale),
    }
    for entry in entries:
        state = next((name for name, group in groups.items() if group[entry]), "not judged")
        if state in groups:
            groups[state][entry] -= 1
        yield entry, state


def _reason(entry: Entry) -> str:
    return visible(entry.reason) + (f" (until {entry.until})" if entry.until else "")
