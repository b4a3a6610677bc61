"""Fixes for reports: findings with the edits that would mend them, where no edit repeats a secret."""

from collections.abc import Iterable
from dataclasses import replace

from aisafety_lint.config import Config
from aisafety_lint.finding import Finding
from aisafety_lint.fixes.files import Files
from aisafety_lint.fixes.planning import Texts, with_fixes
from aisafety_lint.report.model import Report
from aisafety_lint.source import decode

_SHORTEST = 4


def with_edits(report: Report, config: Config) -> Report:
    """The report with fixes written out, for the texts that were analysed."""
    if not any(finding.remedies for finding in report.findings):
        return report
    paths = {remedy.location.path for finding in report.findings for remedy in finding.remedies}
    # A finding with a remedy is in a text, so that it can be decoded.
    given = {path: decode(config.overlay[path]) for path in paths if path in config.overlay}
    texts = Files(config, given).texts(paths)
    secrets = [*secrets_of(report, texts)]
    findings = with_fixes(report.findings, texts)
    return replace(report, findings=tuple(_without(finding, secrets) for finding in findings))


def secrets_of(report: Report, texts: Texts) -> Iterable[str]:
    """What is masked in the texts of a report."""
    for path, spans in report.masked.items():
        text = texts.texts.get(path)
        for span in spans if text is not None else ():
            assert text is not None
            known = text.text[text.offset(span.line, span.column) : text.offset(span.end_line, span.end_column)]
            if len(known) >= _SHORTEST:
                yield known


def _without(finding: Finding, secrets: Iterable[str]) -> Finding:
    """The finding without fixes that would repeat a secret."""
    kept = tuple(
        fix for fix in finding.fixes if not any(secret in edit.text for edit in fix.edits for secret in secrets)
    )
    return replace(finding, fixes=kept)
