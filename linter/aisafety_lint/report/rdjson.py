"""Diagnostics for reviewdog (rdjson), which comments on the lines of a change wherever it is reviewed.

Its columns count bytes in UTF-8 from 1, and the end is exclusive, as in its Diagnostic format:
https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from collections.abc import Iterator, Mapping
from typing import Any

from aisafety_lint.finding import Finding, Location, Notification, NotificationLevel, Severity
from aisafety_lint.report.encode import dump
from aisafety_lint.report.limits import both_ends
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.sarif import HOME
from aisafety_lint.source import SourceText, Span

_SEVERITIES = {Severity.CRITICAL: "ERROR", Severity.HIGH: "ERROR", Severity.MEDIUM: "WARNING", Severity.LOW: "INFO"}
_LEVELS = {
    NotificationLevel.ERROR: "ERROR",
    NotificationLevel.WARNING: "WARNING",
    NotificationLevel.NOTE: "INFO",
}
_MOST_PLACES = 30


def render(report: Report, _options: Options) -> str:
    """All findings, then what the run has to say."""
    diagnostics = [_finding(report, finding) for finding in report.findings]
    diagnostics += [_notification(report, note) for note in report.notifications]
    return dump({"source": {"name": "aisafety-lint", "url": HOME}, "diagnostics": diagnostics})


def _finding(report: Report, finding: Finding) -> Mapping[str, Any]:
    rule = report.rules[finding.rule]
    steps = finding.flows[0] if finding.flows else ()
    places = both_ends(list(dict.fromkeys((*steps, *finding.related))), _MOST_PLACES)
    return {
        "message": "\n".join(filter(None, (finding.message, finding.why, finding.fix or rule.fix))),
        "location": _location(report, finding.location.path, finding.location.span),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule, "url": f"{HOME}/blob/main/rules/catalog/{rule.family}/{rule.id}.md"},
        "relatedLocations": [_related(report, place) for place in places],
        **({"suggestions": suggestions} if (suggestions := list(_suggestions(report, finding))) else {}),
    }


def _suggestions(report: Report, finding: Finding) -> Iterator[Mapping[str, Any]]:
    """The fixes that are one edit near the finding, which is all that a suggestion can be."""
    for fix in finding.fixes:
        if len(fix.edits) == 1 and fix.edits[0].path == finding.location.path:
            (edit,) = fix.edits
            span = report.texts[edit.path].span(edit.start, edit.end)
            yield {"range": _location(report, edit.path, span)["range"], "text": edit.text}


def _related(report: Report, place: Location) -> Mapping[str, Any]:
    return {"message": place.label, "location": _location(report, place.path, place.span)}


def _location(report: Report, path: str, span: Span | None) -> Mapping[str, Any]:
    if span is None:
        return {"path": path}
    text = report.texts.get(path)
    return {
        "path": path,
        "range": {
            "start": {"line": span.line, "column": _column(text, span.line, span.column)},
            "end": {"line": span.end_line, "column": _column(text, span.end_line, span.end_column)},
        },
    }


def _column(text: SourceText | None, line: int, column: int) -> int:
    """A column in bytes."""
    before = text.line(line)[: column - 1] if text else ""
    return column if not before else column - len(before) + len(before.encode("utf-8", "surrogatepass"))


def _notification(report: Report, note: Notification) -> Mapping[str, Any]:
    return {
        "message": note.message,
        **({"location": _location(report, note.path, note.span)} if note.path else {}),
        "severity": _LEVELS[note.level],
        "code": {"value": note.id},
    }
