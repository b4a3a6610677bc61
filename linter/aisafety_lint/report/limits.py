"""What the readers of our reports can take, and the order in which findings give way: the worst are kept.

The numbers are GitHub's: what is above them it rejects or drops without a word, so a report stays below and says what
it left out.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from aisafety_lint.finding import Finding
from aisafety_lint.report.model import Base
from aisafety_lint.source import Span

SARIF_RESULTS = 5000
SARIF_RELATED = 100
SARIF_FLOWS = 30
SARIF_STEPS = 30
SARIF_TAGS = 10
SARIF_DESCRIPTION = 1024
ANNOTATIONS = 10
MARKDOWN_BYTES = 900_000

_Item = TypeVar("_Item")


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by severity and confidence, the highest first, then by place and rule."""
    return sorted(findings, key=badness)


def changed_first(findings: Iterable[Finding], base: Base | None) -> list[Finding]:
    """The same, with what is new or touched since a revision before all that was known there."""
    order = worst_first(findings)
    return sorted(order, key=lambda finding: base.change(finding) == "known") if base else order


def badness(finding: Finding) -> tuple[int, int, str, Span, str, str]:
    """The sort key of `worst_first`."""
    place = finding.location
    return -finding.severity, -finding.confidence, place.path, place.span, finding.rule, finding.message


def both_ends(items: Sequence[_Item], limit: int) -> list[_Item]:
    """At most so many items, taken from both ends: of a long flow the source and the sink matter most."""
    if len(items) <= limit:
        return list(items)
    head = (limit + 1) // 2
    return [*items[:head], *items[len(items) - (limit - head) :]]


def shorten(text: str, limit: int) -> str:
    """Cut a text between words so that it has at most `limit` characters, the ellipsis included."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rpartition(" ")[0].rstrip(" ,;:.") + "…"
