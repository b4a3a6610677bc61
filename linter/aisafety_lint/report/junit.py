"""JUnit XML, which most CI systems show: a suite for each file, a failed case for each finding.

The form is the one that Jenkins, GitLab and others read: `testsuites`, `testsuite`, `testcase` with a `failure` or an
`error`. A run without findings is one case that passes.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from aisafety_lint.finding import Finding, Notification, NotificationLevel
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.summary import summary
from aisafety_lint.report.terminal import visible

_NAME = "aisafety-lint"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, _options: Options) -> str:
    """Findings by file, then what the run has to say, then the last line of every report for people."""
    suites = [
        _suite(path, [_failed(report, finding) for finding in found], failures=True)
        for path, found in groupby(report.findings, key=lambda finding: finding.location.path)
    ]
    errors = [note for note in report.notifications if note.level is not NotificationLevel.NOTE]
    if errors:
        suites.append(_suite("not analysed", [_error(note) for note in errors], failures=False))
    if not suites:
        suites.append(_suite(_NAME, ['    <testcase name="no findings" classname="aisafety-lint"/>'], failures=None))
    total, failed = len(report.findings) + len(errors), len(report.findings)
    head = f'<testsuites name="{_NAME}" tests="{max(total, 1)}" failures="{failed}" errors="{len(errors)}">'
    notes = [note.message for note in report.notifications if note.level is NotificationLevel.NOTE]
    said = _suite_of_words("\n".join([*notes, summary(report)]))
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, said, "</testsuites>"]) + "\n"


def _suite(name: str, cases: list[str], *, failures: bool | None) -> str:
    failed = len(cases) if failures else 0
    errors = len(cases) if failures is False else 0
    head = f'  <testsuite name={_quoted(name)} tests="{len(cases)}" failures="{failed}" errors="{errors}">'
    return "\n".join([head, *cases, "  </testsuite>"])


def _suite_of_words(words: str) -> str:
    """A suite without cases that holds what there is to say in words."""
    head = '  <testsuite name="what was looked at" tests="0" failures="0" errors="0">'
    return f"{head}\n    <system-out>{_text(words)}</system-out>\n  </testsuite>"


def _failed(report: Report, finding: Finding) -> str:
    place, rule = finding.location, report.rules[finding.rule]
    name = f"{finding.rule} at {place.span.line}:{place.span.column}"
    head = f'classname={_quoted(place.path)} file={_quoted(place.path)} line="{place.span.line}"'
    told = "\n".join(_lines(finding, finding.fix or rule.fix))
    kind = f"{finding.severity}"
    return (
        f"    <testcase name={_quoted(name)} {head}>\n"
        f'      <failure message={_quoted(finding.message)} type="{kind}">{_text(told)}</failure>\n'
        "    </testcase>"
    )


def _lines(finding: Finding, fix: str) -> Iterator[str]:
    span = finding.location.span
    yield f"{finding.location.path}:{span.line}:{span.column}: {finding.message}"
    yield from (f"why: {finding.why}",) if finding.why else ()
    yield f"fix: {fix}"
    yield f"confidence: {finding.confidence}"
    steps: Iterable[tuple[int, str]] = enumerate(
        (f"{step.path}:{step.span.line}:{step.span.column} {step.label}" for step in next(iter(finding.flows), ())), 1
    )
    yield from (f"{number}. {step}".rstrip() for number, step in steps)


def _error(note: Notification) -> str:
    path = note.path or _NAME
    line = f' line="{note.span.line}"' if note.span else ""
    return (
        f"    <testcase name={_quoted(note.id)} classname={_quoted(path)} file={_quoted(path)}{line}>\n"
        f'      <error message={_quoted(note.message)} type="{note.level}"/>\n'
        "    </testcase>"
    )


def _quoted(text: str) -> str:
    return quoteattr(_allowed(visible(text)))


def _text(text: str) -> str:
    return escape(_allowed("\n".join(map(visible, text.split("\n")))))


def _allowed(text: str) -> str:
    """Text with only what XML can hold."""
    return _FORBIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
