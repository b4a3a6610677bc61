"""What the views of `inspect` receive: the things found in the given paths, and what was looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aisafety_lint.finding import Notification
from aisafety_lint.program.overview import Overview, overview
from aisafety_lint.program.unresolved import Unresolved
from aisafety_lint.project import ModelCall, Project
from aisafety_lint.python.facts import Place
from aisafety_lint.report.model import Coverage
from aisafety_lint.source import SourceText, Span


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything in the order of files and lines.

    `coverage` is that of the whole project; `texts` holds the files of the unresolved places, with secrets masked.
    """

    overview: Overview
    model_calls: tuple[ModelCall, ...]
    unresolved: tuple[Unresolved, ...]
    coverage: Coverage
    notifications: tuple[Notification, ...]
    texts: Mapping[str, SourceText] = field(default_factory=dict)


def mapped(project: Project, wanted: Callable[[str], bool]) -> Overview:
    """The map of a project, which shows no secret that the project holds."""
    spans: dict[str, list[Span]] = {}
    for match in project.secrets:
        spans.setdefault(match.path, []).append(match.span)

    def secret(path: str, place: Place) -> bool:
        return any(
            (span.line, span.column) < place[2:] and place[:2] < (span.end_line, span.end_column)
            for span in spans.get(path, ())
        )

    return overview(project.program, wanted, secret)
