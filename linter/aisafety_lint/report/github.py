"""Annotations as workflow commands, for a job of GitHub Actions that may not upload SARIF.

GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest without a word, so what a
change is about comes first, then the worst, and the last notice counts what is not shown.
"""

from collections.abc import Iterable

from aisafety_lint.finding import Finding, Notification, NotificationLevel, Severity
from aisafety_lint.report.limits import ANNOTATIONS, changed_first
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.summary import summary
from aisafety_lint.report.terminal import visible

_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "notice"}
_NOTES = {NotificationLevel.ERROR: "error", NotificationLevel.WARNING: "warning", NotificationLevel.NOTE: "notice"}


def render(report: Report, _options: Options) -> str:
    """Workflow commands: what is new, then the worst first; then the last line of every report for people."""
    findings = changed_first(report.findings, report.base)
    commands = [(_LEVELS[item.severity], _finding(item, item.fix or report.rules[item.rule].fix)) for item in findings]
    commands += [(_NOTES[notification.level], _notification(notification)) for notification in report.notifications]
    lines = [f"::{level} {rest}" for level, rest in _within_limits(commands)]
    return "\n".join([*lines, summary(report)]) + "\n"


def _within_limits(commands: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Keep what GitHub shows; where something is left out, the last notice says how much."""
    groups = {level: [rest for kind, rest in commands if kind == level] for level in ("error", "warning", "notice")}
    room = dict.fromkeys(groups, ANNOTATIONS)
    if any(len(group) > ANNOTATIONS for group in groups.values()):
        room["notice"] -= 1
    for level, group in groups.items():
        yield from ((level, rest) for rest in group[: room[level]])
    if left_out := sum(max(len(group) - room[level], 0) for level, group in groups.items()):
        yield "notice", f"title=aisafety-lint::{left_out} more in the summary."


def _finding(finding: Finding, fix: str) -> str:
    span = finding.location.span
    place: dict[str, str | int] = {"file": finding.location.path, "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:
        place |= {"col": span.column, "endColumn": span.end_column}
    return _command(place | {"title": f"{finding.rule} ({finding.severity})"}, f"{finding.message}\n{fix}")


def _notification(notification: Notification) -> str:
    place: dict[str, str | int] = {"file": notification.path} if notification.path else {}
    if notification.path and notification.span:
        place["line"] = notification.span.line
    return _command(place | {"title": notification.id}, notification.message)


def _command(properties: dict[str, str | int], message: str) -> str:
    return f"{','.join(f'{key}={escape_property(str(value))}' for key, value in properties.items())}::{escape(message)}"


def escape(text: str) -> str:
    """Escape what ends a workflow command, which the runner turns back, and what the log viewer would act on."""
    text = "\n".join(map(visible, text.replace("\r\n", "\n").split("\n")))
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a property of a workflow command, where colon and comma have a meaning too."""
    return escape(text).replace(":", "%3A").replace(",", "%2C")
