"""What the linter says: findings with their locations and flows, and notifications about its own work."""

from dataclasses import dataclass, field
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
class Remedy:
    """A part of what would mend a finding, named but not yet written: the kind of edit, the region that it is about
    (its label says what is done, in words), and what the edit needs to know besides.

    It is safe where nothing but the danger goes away; after another one somebody has to look.
    """

    edit: str
    location: Location
    words: tuple[tuple[str, str], ...] = ()
    safe: bool = False

    @property
    def known(self) -> dict[str, str]:
        """What the edit needs to know, by name."""
        return dict(self.words)


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A text that takes the place of a region of a file, from one offset in characters to another."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that together mend a finding, and what they do in words."""

    description: str
    safe: bool
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem at one place.

    `flows` holds for each source the steps from source to sink, with both ends; `related` other places of the proof;
    `symbol` the dotted name of the enclosing definition (part of the stable fingerprint); `key` what
    identifies the finding apart from its position (by default the text of the primary region; for a secret, its hash).
    A `proven` finding holds in test code too. `indirect` is what is seen to go into the model whose output is the
    source. `remedies` together would mend it; `fixes` are such changes written out, where a report was asked for them.
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
    remedies: tuple[Remedy, ...] = ()
    # Written out for some reports only: a finding is the same with and without them.
    fixes: tuple[Fix, ...] = field(default=(), compare=False)

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
