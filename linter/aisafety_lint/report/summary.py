"""The last line of a report for people: what was found, what was hidden, and what was looked at."""

from collections import Counter

from aisafety_lint.finding import Severity
from aisafety_lint.report.model import Coverage, Report
from aisafety_lint.report.terminal import count

_HIDDEN = {"persona": "by persona", "severity": "by severity", "baseline": "in the baseline", "known": "not new"}


def summary(report: Report, seconds: float | None = None) -> str:
    """One line; the seconds are left out where they are not given."""
    return " ".join(_parts(report, seconds))


def summary_lines(report: Report, seconds: float | None, width: int) -> list[str]:
    """The same in two lines where one would be too long: what was found, and then what was looked at."""
    line = summary(report, seconds)
    return [line] if len(line) <= width else list(_parts(report, seconds))


def _parts(report: Report, seconds: float | None) -> tuple[str, str]:
    parts = [f"in {looked_at(report.coverage)}"]
    if gaps := _gaps(report.coverage):
        parts.append(gaps)
    if seconds is not None:
        parts.append(f"{seconds:.1f} s")
    return _findings(report), "; ".join(parts)


def _findings(report: Report) -> str:
    found = Counter(finding.severity for finding in report.findings)
    number = len(report.findings)
    notes = [f"{found[severity]} {severity}" for severity in sorted(Severity, reverse=True) if found[severity]]
    hidden = [f"{number} {_HIDDEN.get(reason, reason)}" for reason, number in report.hidden.items() if number]
    if hidden:
        notes.append(f"hidden: {', '.join(hidden)}")
    return f"{count(number, 'finding') if number else 'No findings'}{f' ({_join(notes)})' if notes else ''}"


def _join(notes: list[str]) -> str:
    head, tail = notes[:-1], notes[-1]
    separator = "; " if tail.startswith("hidden") else ", "
    return f"{', '.join(head)}{separator}{tail}" if head else tail


def looked_at(coverage: Coverage) -> str:
    """The things that were looked at, counted."""
    things = (
        count(coverage.files, "file"),
        count(coverage.tools, "tool"),
        count(coverage.agents, "agent"),
        count(coverage.mcp_servers, "MCP server"),
        count(coverage.suites, "suite"),
    )
    return ", ".join(things)


def _gaps(coverage: Coverage) -> str:
    gaps = []
    if coverage.unresolved_calls:
        gaps.append(f"{count(coverage.unresolved_calls, 'call')} unresolved")
    if coverage.not_analysed:
        gaps.append(f"{coverage.not_analysed} not analysed")
    return ", ".join(gaps)
