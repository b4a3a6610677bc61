"""What the linter says: findings with their locations and flows, and notifications about its own work."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from aisafety_lint.source import Span


class Severity(IntEnum):
    """How much harm the pattern can do when it is real."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the linter is of one finding; only proven flows and grants are high."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    def __str__(self) -> str:
        return self.name.lower()


class Persona(IntEnum):
    """Who wants to see a finding: each persona sees its own and those of the smaller ones."""

    REGULAR = 1
    PEDANTIC = 2
    AUDITOR = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file of the project, with a few words on what is there."""

    path: str
    span: Span
    label: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem at one place.

    `flows` holds for each source the steps from source to sink, with both ends; `related` other places of the proof;
    `symbol` the dotted name of the enclosing definition (part of the stable fingerprint); `key` what
    identifies the finding apart from its position (by default the text of the primary region; for a secret, its hash).
    A `proven` finding holds in test code too. `indirect` is what is seen to go into the model whose output is the
    source.
    """

    rule: str
    message: str
    location: Location
    severity: Severity
    confidence: Confidence
    persona: Persona = Persona.REGULAR
    flows: tuple[tuple[Location, ...], ...] = ()
    related: tuple[Location, ...] = ()
    why: str = ""
    fix: str = ""
    symbol: str = ""
    key: str = ""
    proven: bool = False
    indirect: tuple[Location, ...] = ()

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Where it comes in a report: by path, line, column, rule and message."""
        span = self.location.span
        return self.location.path, span.line, span.column, self.rule, self.message


class NotificationLevel(StrEnum):
    """How bad it is for the run: an error means that the answer is incomplete where the user asked for it."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notification:
    """Something about the run itself that a reader must know: a file that could not be parsed, a limit."""

    id: str
    message: str
    level: NotificationLevel = NotificationLevel.WARNING
    path: str = ""
    span: Span | None = None
