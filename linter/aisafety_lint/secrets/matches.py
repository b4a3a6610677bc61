"""What a scan finds: a secret at a place, without its value."""

from dataclasses import dataclass

from aisafety_lint.finding import Confidence, Severity
from aisafety_lint.source import Span


@dataclass(frozen=True, slots=True)
class SecretMatch:
    """A secret at a place, without its value.

    `prefix` is the fixed text that the value begins with, `length` counts characters, `digest` is a salted hash. `name`
    is what the value is assigned to or passed as. `proven` values prove themselves by a checksum or a fixed part, also
    in a test. `place` is `prompt` where the secret stands in text for a model.
    """

    path: str
    span: Span
    format: str
    vendor: str
    what: str
    group: str
    precision: str
    severity: Severity
    confidence: Confidence
    proven: bool
    prefix: str
    length: int
    digest: str
    name: str = ""
    place: str = ""
    rotate: str = ""

    @property
    def masked(self) -> str:
        """The value with everything but its prefix starred out."""
        return self.prefix + "*" * (self.length - len(self.prefix))
