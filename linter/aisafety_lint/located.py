"""The findings at a place: takes a report, a path and a line, gives what is there or passes there, or the nearest."""

from collections.abc import Iterator

from aisafety_lint.finding import Finding, Location
from aisafety_lint.report.model import Report
from aisafety_lint.suppressed import Suppressed

_NEAREST = 3

Known = tuple[Finding, Suppressed | None]


def findings_at(report: Report, path: str, line: int, column: int | None = None) -> list[Known]:
    """The findings whose place holds the line, else those whose flow or proof passes it."""
    here = [pair for pair in report.known if _holds(pair[0].location, path, line, column)]
    if here or column is not None:
        return here
    return [pair for pair in report.known if any(_holds(place, path, line) for place in _proof(pair[0]))]


def nearest(report: Report, path: str, line: int) -> list[Finding]:
    """The findings of the file that are nearest to a line; without any, the first of the project."""
    same = [finding for finding, _ in report.known if finding.location.path == path]
    if not same:
        return [finding for finding, _ in report.known][:_NEAREST]
    return sorted(same, key=lambda finding: (abs(finding.location.span.line - line), finding.order))[:_NEAREST]


def _proof(finding: Finding) -> Iterator[Location]:
    yield from finding.related
    for flow in finding.flows:
        yield from flow


def _holds(place: Location, path: str, line: int, column: int | None = None) -> bool:
    span = place.span
    if place.path != path or not span.line <= line <= span.end_line:
        return False
    return column is None or (span.line, span.column) <= (line, column) < (span.end_line, span.end_column)
