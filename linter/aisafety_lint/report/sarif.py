"""The report as SARIF 2.1.0, for GitHub code scanning and every other reader of the format.

It stays below GitHub's limits, the worst findings first, and says in notifications what was left out. It holds neither
times nor absolute paths, so the same input gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aisafety_lint import __version__
from aisafety_lint.finding import Finding, Notification, NotificationLevel
from aisafety_lint.fingerprint import fingerprints
from aisafety_lint.report.encode import dump
from aisafety_lint.report.limits import (
    SARIF_FLOWS,
    SARIF_RELATED,
    SARIF_RESULTS,
    SARIF_STEPS,
    SARIF_TAGS,
    badness,
    worst_first,
)
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.sarif_results import ROOT, Places, result, standing
from aisafety_lint.report.sarif_rules import Taxa, descriptor, tags
from aisafety_lint.report.terminal import count
from aisafety_lint.suppressed import Suppressed

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://github.com/aisafety-lint/aisafety-lint"


def render(report: Report, options: Options) -> str:
    """One log with one run."""
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report, options)]})


def left_out(report: Report, options: Options) -> tuple[Notification, ...]:
    """What the limits keep out of the SARIF output, in words."""
    listed = [finding for finding, by in report.known if by is None or options.include_suppressed]
    findings = worst_first(listed)[:SARIF_RESULTS]
    flows = sum(len(finding.flows) > SARIF_FLOWS for finding in findings)
    steps = sum(any(len(flow) > SARIF_STEPS for flow in finding.flows) for finding in findings)
    related = sum(len(finding.related) > SARIF_RELATED for finding in findings)
    tagged = sum(len(tags(rule)) > SARIF_TAGS for rule in report.rules.values())
    note = NotificationLevel.NOTE
    messages = (
        (
            len(listed) - len(findings),
            NotificationLevel.WARNING,
            ("results", "finding", f"left out: a run holds the {SARIF_RESULTS} worst."),
        ),
        (flows, note, ("flows", "finding", f"with fewer flows than found: a result holds {SARIF_FLOWS}.")),
        (steps, note, ("steps", "finding", f"with shortened flows: a flow holds {SARIF_STEPS} steps, from both ends.")),
        (related, note, ("related", "finding", f"with fewer related places: a result holds {SARIF_RELATED}.")),
        (tagged, note, ("tags", "rule", f"with fewer tags: a rule holds {SARIF_TAGS}.")),
    )
    return tuple(
        Notification(f"sarif-{name}-left-out", f"{count(number, noun)} {words}", level)
        for number, level, (name, noun, words) in messages
        if number
    )


def _run(report: Report, options: Options) -> Mapping[str, Any]:
    known = report.known
    keys = fingerprints([finding for finding, _ in known], report.texts)
    listed = [
        (finding, key, by)
        for (finding, by), key in zip(known, keys, strict=True)
        if by is None or options.include_suppressed
    ]
    findings = sorted(listed, key=lambda item: badness(item[0]))[:SARIF_RESULTS]
    places = Places(report.texts, report.masked)
    taxa = Taxa.of(report.rules.values(), report.standards)
    notifications = (*report.notifications, *left_out(report, options))
    order = {rule_id: index for index, rule_id in enumerate(report.rules)}
    return {
        "tool": {"driver": _driver(report, taxa)},
        "automationDetails": {"id": f"aisafety-lint/{options.category.strip('/')}/".replace("//", "/")},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the scanned repository."}}},
        "columnKind": "utf16CodeUnits",
        "invocations": [_invocation(notifications, places)],
        "results": [
            {
                **result(finding, report.rules[finding.rule], order[finding.rule], key, places),
                **standing(by, places),
                **({"baselineState": _state(report, finding, by)} if report.baseline or report.base else {}),
            }
            for finding, key, by in findings
        ],
        "taxonomies": taxa.components(),
        "properties": {"coverage": asdict(report.coverage), "hidden": dict(sorted(report.hidden.items()))},
    }


def _state(report: Report, finding: Finding, by: Suppressed | None) -> str:
    """How a finding stands to the baseline, or to the revision that the report was compared with."""
    if report.base and by is None:
        return {"new": "new", "touched": "updated", "known": "unchanged"}[report.base.change(finding)]
    return "unchanged" if finding in report.overdue or (by is not None and by.kind == "baseline") else "new"


def _driver(report: Report, taxa: Taxa) -> Mapping[str, Any]:
    return {
        "name": "aisafety-lint",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": [descriptor(rule, taxa) for rule in report.rules.values()],
        "supportedTaxonomies": taxa.references(),
    }


def _invocation(notifications: Sequence[Notification], places: Places) -> Mapping[str, Any]:
    return {
        "executionSuccessful": all(item.level is not NotificationLevel.ERROR for item in notifications),
        "toolExecutionNotifications": [
            {
                "descriptor": {"id": item.id},
                "level": str(item.level),
                "message": {"text": item.message},
                **({"locations": [places.location(item.path, item.span)]} if item.path else {}),
            }
            for item in notifications
        ],
    }
