"""Code quality for merge requests of GitLab: a list of issues in the part of the Code Climate format that it reads.

https://docs.gitlab.com/ci/testing/code_quality/ says what is needed: a description, a name of the check, a fingerprint
that is unique, a severity, and a path with a line. What the run itself has to say is an issue, too.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from aisafety_lint.finding import Finding, Notification, NotificationLevel, Severity
from aisafety_lint.fingerprint import fingerprints
from aisafety_lint.report.encode import dump
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options

_SEVERITIES = {
    Severity.LOW: "minor",
    Severity.MEDIUM: "major",
    Severity.HIGH: "critical",
    Severity.CRITICAL: "blocker",
}
_LEVELS = {NotificationLevel.NOTE: "info", NotificationLevel.WARNING: "minor", NotificationLevel.ERROR: "major"}


def render(report: Report, _options: Options) -> str:
    """All findings, then what the run has to say."""
    keys = fingerprints(report.findings, report.texts)
    issues = [_finding(report, finding, key) for finding, key in zip(report.findings, keys, strict=True)]
    return dump([*issues, *map(_notification, report.notifications)])


def _finding(report: Report, finding: Finding, key: str) -> Mapping[str, Any]:
    rule = report.rules[finding.rule]
    span = finding.location.span
    body = "\n\n".join(filter(None, (finding.why, finding.fix or rule.fix, *_flow(finding))))
    return {
        "type": "issue",
        "check_name": finding.rule,
        "description": finding.message,
        "content": {"body": body},
        "categories": ["Security"],
        "fingerprint": _digest(key),
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": finding.location.path,
            "lines": {"begin": span.line, "end": span.end_line},
        },
    }


def _flow(finding: Finding) -> tuple[str, ...]:
    steps = finding.flows[0] if finding.flows else ()
    lines = [f"{number}. {step.path}:{step.span.line} {step.label}" for number, step in enumerate(steps, 1)]
    return ("\n".join(lines),) if lines else ()


def _notification(note: Notification) -> Mapping[str, Any]:
    line = note.span.line if note.span else 1
    return {
        "type": "issue",
        "check_name": note.id,
        "description": note.message,
        "categories": ["Clarity"],
        "fingerprint": _digest(f"{note.id}\0{note.path}\0{note.message}"),
        "severity": _LEVELS[note.level],
        "location": {"path": note.path or ".", "lines": {"begin": line, "end": line}},
    }


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
