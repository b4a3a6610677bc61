"""The report for programs: versioned JSON, described by `rules/schema/report.schema.json`.

It holds neither times nor absolute paths, so the same input gives the same bytes. Keys are only added while the number
of the schema stays; places count as everywhere in the linter: from 1, in characters, the end column exclusive.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aisafety_lint import __version__
from aisafety_lint.finding import Finding, Fix, Location, Notification
from aisafety_lint.fingerprint import fingerprints
from aisafety_lint.report.encode import dump
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.rule import Rule
from aisafety_lint.source import SourceText, Span
from aisafety_lint.suppressed import Suppressed

SCHEMA = 1


def render(report: Report, options: Options) -> str:
    """The whole report as one JSON object."""
    known = report.known
    keys = fingerprints([finding for finding, _ in known], report.texts)
    document = {
        "schema": SCHEMA,
        "tool": {"name": "aisafety-lint", "version": __version__},
        "findings": [
            {
                **_finding(finding, report.rules[finding.rule], key, suppressed, report.texts),
                "change": report.base.change(finding) if report.base and not suppressed else None,
            }
            for (finding, suppressed), key in zip(known, keys, strict=True)
            if suppressed is None or options.include_suppressed
        ],
        "notifications": [notification_data(notification) for notification in report.notifications],
        "coverage": asdict(report.coverage),
        "hidden": dict(sorted(report.hidden.items())),
        "base": {"revision": report.base.revision, "commit": report.base.commit} if report.base else None,
    }
    return dump(document)


def _finding(
    finding: Finding, rule: Rule, fingerprint: str, suppressed: Suppressed | None, texts: Mapping[str, SourceText]
) -> Mapping[str, Any]:
    return {
        "rule": finding.rule,
        "family": rule.family,
        "title": rule.title,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "precision": rule.precision,
        "persona": str(finding.persona),
        "message": finding.message,
        "why": finding.why,
        "fix": finding.fix or rule.fix,
        "location": _location(finding.location),
        "symbol": finding.symbol,
        "flows": [[_location(step) for step in flow] for flow in finding.flows],
        "related": [_location(place) for place in finding.related],
        "indirect": [_location(place) for place in finding.indirect],
        "standards": list(rule.standards),
        "fingerprint": fingerprint,
        "fixes": [_fix(fix, texts) for fix in finding.fixes],
        "suppression": _suppression(suppressed) if suppressed else None,
    }


def _fix(fix: Fix, texts: Mapping[str, SourceText]) -> Mapping[str, Any]:
    return {
        "description": fix.description,
        "applicability": "safe" if fix.safe else "unsafe",
        "edits": [
            {"path": edit.path, **_span(texts[edit.path].span(edit.start, edit.end)), "text": edit.text}
            for edit in fix.edits
        ],
    }


def _suppression(suppressed: Suppressed) -> Mapping[str, Any]:
    return {
        "kind": suppressed.kind,
        "reason": suppressed.reason,
        "until": suppressed.until or None,
        "path": suppressed.path,
        "span": _span(suppressed.span) if suppressed.span else None,
    }


def _location(location: Location) -> Mapping[str, Any]:
    return {"path": location.path, **_span(location.span), "label": location.label}


def _span(span: Span) -> Mapping[str, int]:
    return {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}


def notification_data(notification: Notification) -> Mapping[str, Any]:
    """A notification as all our JSON has it."""
    return {
        "id": notification.id,
        "level": str(notification.level),
        "message": notification.message,
        "path": notification.path or None,
        "span": _span(notification.span) if notification.span else None,
    }
