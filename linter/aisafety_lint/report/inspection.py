"""What the views of `inspect` receive: the things found in the given paths, and what was looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aisafety_lint.finding import Notification
from aisafety_lint.program.overview import Overview
from aisafety_lint.program.powers import ServerEntry
from aisafety_lint.program.unresolved import Unresolved
from aisafety_lint.project import ModelCall
from aisafety_lint.report.model import Coverage
from aisafety_lint.source import SourceText


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything in the order of files and lines.

    `servers` are those in manifests; `coverage` is that of the whole project; `texts` holds the files of the
    unresolved places, with secrets masked.
    """

    overview: Overview
    model_calls: tuple[ModelCall, ...]
    unresolved: tuple[Unresolved, ...]
    coverage: Coverage
    notifications: tuple[Notification, ...]
    texts: Mapping[str, SourceText] = field(default_factory=dict)
    servers: tuple[ServerEntry, ...] = ()
