"""The report in Markdown, for the summary of a job on GitHub and wherever else HTML in Markdown is shown.

A table for each family with collapsible flows, what is new and what is worst first. GitHub drops a summary of more than
1 MiB, so the report stays below and says what it left out. With `--source-url` places are links.
"""

from collections import Counter
from collections.abc import Iterator

from aisafety_lint.finding import Finding, Location, Notification, NotificationLevel, Severity
from aisafety_lint.report.limits import MARKDOWN_BYTES, both_ends, changed_first
from aisafety_lint.report.markdown_text import link, plain
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.summary import looked_at
from aisafety_lint.report.terminal import count
from aisafety_lint.rule import FAMILIES

_MOST_STEPS = 30
_HEAD = "| severity | rule | where | what |\n| --- | --- | --- | --- |"
_TITLES = {
    "tool-grants": "Tool grants",
    "output-sinks": "Output sinks",
    "human-approval": "Human approval",
    "secrets": "Secrets",
    "safety-evals": "Safety evaluation",
}


def render(report: Report, options: Options) -> str:
    """Title, what was looked at, notifications, and a table for each family."""
    found = Counter(finding.severity for finding in report.findings)
    counts = ", ".join(
        f"{found[severity]} {severity}" for severity in sorted(Severity, reverse=True) if found[severity]
    )
    number = count(len(report.findings), "finding") if report.findings else "no findings"
    parts = [f"## aisafety-lint: {number}{f' ({counts})' if counts else ''}\n", f"{_looked_at(report)}\n"]
    parts += [_note(note, options.source_url) for note in report.notifications]
    room = MARKDOWN_BYTES - _size("\n".join(parts))
    parts += _tables(report, options, room)
    return "\n".join(parts) + "\n"


def _looked_at(report: Report) -> str:
    hidden = ", ".join(f"{number} {reason}" for reason, number in sorted(report.hidden.items()) if number)
    coverage = report.coverage
    gaps = [f"{count(coverage.unresolved_calls, 'call')} unresolved"] if coverage.unresolved_calls else []
    gaps += [f"{coverage.not_analysed} not analysed"] if coverage.not_analysed else []
    told = "; ".join([looked_at(coverage), *gaps, *([f"hidden: {hidden}"] if hidden else [])])
    base = f" Compared with {plain(f'`{report.base.revision}`')}." if report.base else ""
    return f"Looked at {told}.{base}"


def _note(note: Notification, url: str) -> str:
    level = "" if note.level is NotificationLevel.NOTE else f"**{note.level}**&#58; "
    line = note.span.line if note.span else 1
    return f"> {level}{f'{link(note.path, note.path, line, url)} ' if note.path else ''}{plain(note.message)}\n"


def _tables(report: Report, options: Options, room: int) -> Iterator[str]:
    """A table for each family as far as there is room, the findings that matter most first to be given it."""
    rows: dict[str, list[str]] = {}
    order = changed_first(report.findings, report.base)
    for shown, finding in enumerate(order):
        row = _row(report, finding, options.source_url)
        family = report.rules[finding.rule].family
        size = _size(row) + (0 if family in rows else _size(_HEAD) + 60)
        if size > room:
            left = len(order) - shown
            rest = f"\n{left} more findings are in the log and in the SARIF file."
            yield from (_table(family, rows[family]) for family in FAMILIES if family in rows)
            yield rest
            return
        room -= size
        rows.setdefault(family, []).append(row)
    yield from (_table(family, rows[family]) for family in FAMILIES if family in rows)


def _table(family: str, rows: list[str]) -> str:
    return "\n".join([f"### {_TITLES[family]}\n", _HEAD, *rows]) + "\n"


def _row(report: Report, finding: Finding, url: str) -> str:
    change = report.base.change(finding) if report.base else "known"
    severity = f"{finding.severity}" if change == "known" else f"{finding.severity}, {change}"
    fix = finding.fix or report.rules[finding.rule].fix
    what = f"{plain(finding.message)}<br>{plain(fix)}"
    if finding.flows:
        steps = finding.flows[0]
        listed = "".join(f"<li>{_step(step, url)}</li>" for step in both_ends(steps, _MOST_STEPS))
        what += f"<details><summary>{count(len(steps), 'step')}</summary><ol>{listed}</ol></details>"
    return f"| {severity} | {plain(finding.rule)} | {_place(finding.location, url)} | {what} |"


def _step(step: Location, url: str) -> str:
    return f"{_place(step, url, html=True)} {plain(step.label)}".rstrip()


def _place(place: Location, url: str, *, html: bool = False) -> str:
    return link(f"{place.path}:{place.span.line}", place.path, place.span.line, url, html=html)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace")) + 1
