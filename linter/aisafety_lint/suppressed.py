"""What suppressions are, for all who speak of them: how they are written, what became of them, what they hold back."""

from dataclasses import dataclass
from enum import StrEnum

from aisafety_lint.finding import Finding
from aisafety_lint.source import Span

MARK = "aisafety:"
"""What every file holds that has a comment to the linter; no other file need be looked at."""


class State(StrEnum):
    """What becomes of a suppression for one of its rules; `unknown` where the run could not tell."""

    USED = "used"
    UNUSED = "unused"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A suppression as it is written, and what became of it.

    `kind` is comment, file-comment or config; `path` and `span` are where it stands. `rules` are the names as they are
    written, `states` and `counts` tell for each of them what became of it and how many findings it is about. `aims` is
    whether there is anything that it could be about: a statement below the comment, a file that the pattern matches.
    """

    kind: str
    path: str
    span: Span
    rules: tuple[str, ...]
    reason: str
    until: str = ""
    problem: str = ""
    hint: str = ""
    aims: bool = True
    states: tuple[State, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not shown because somebody has accepted it: in a comment, in the settings, or in a baseline.

    `kind` is comment, file-comment, config or baseline; then why, until which day, and where that is written.
    """

    finding: Finding
    kind: str
    reason: str
    until: str = ""
    path: str = ""
    span: Span | None = None
