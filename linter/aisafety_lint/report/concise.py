"""The report for editors and problem matchers: one line a finding, `path:line:col: severity rule message`."""

from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.summary import summary
from aisafety_lint.report.terminal import Paint, visible
from aisafety_lint.source import Span


def render(report: Report, options: Options) -> str:
    """Findings, then notifications in the same form, then the last line."""
    paint = Paint(options.color)
    lines = []
    for finding in report.findings:
        level = paint(str(finding.severity), str(finding.severity))
        where = _place(finding.location.path, finding.location.span)
        lines.append(f"{where}: {level} {finding.rule} {visible(finding.message)}")
    for note in report.notifications:
        level = paint(str(note.level), str(note.level))
        where = _place(note.path, note.span) if note.path else "aisafety-lint"
        lines.append(f"{where}: {level} {note.id} {visible(note.message)}")
    return "\n".join([*lines, summary(report, options.seconds)]) + "\n"


def _place(path: str, span: Span | None) -> str:
    """A path with its place; a folder comes before one that the runner of a workflow could take for a command."""
    shown = visible(f"./{path}" if path[:1].isspace() or path.startswith(":") else path)
    return f"{shown}:{span.line}:{span.column}" if span else shown
