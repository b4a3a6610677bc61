"""From a report to what an editor shows: places in its units, fixes as replacements, explanations in Markdown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from aisafety_lint.config import Config
from aisafety_lint.editor.hover import explained
from aisafety_lint.editor.messages import Item, Place, Range, Remedy, Replacement
from aisafety_lint.editor.texts import analysed
from aisafety_lint.finding import Finding, Location, Notification, NotificationLevel, Severity
from aisafety_lint.fixes.shown import with_edits
from aisafety_lint.knowledge import builtin_root
from aisafety_lint.report.model import Report
from aisafety_lint.report.sarif import HOME
from aisafety_lint.report.terminal import visible
from aisafety_lint.rule import Rule
from aisafety_lint.source import SourceText, Span

# As the protocol counts: error, warning, information, hint.
_SEVERITIES = {Severity.CRITICAL: 1, Severity.HIGH: 1, Severity.MEDIUM: 2, Severity.LOW: 3}
_LEVELS = {NotificationLevel.ERROR: 1, NotificationLevel.WARNING: 2, NotificationLevel.NOTE: 3}
_MOST_RELATED = 40
_WHOLE = Span(1, 1, 1, 1)


def items(report: Report, config: Config, units: str, wanted: Callable[[str], bool]) -> tuple[Item, ...]:
    """What there is to show in the files that are wanted; `units` is the position encoding of the protocol."""
    findings = tuple(finding for finding in report.findings if wanted(finding.location.path))
    report = with_edits(replace(report, findings=findings), config)
    places = _Places(config, units)
    view = _View(report, config, places)
    notes = [note for note in report.notifications if note.path and wanted(note.path)]
    return (*(view.finding(finding) for finding in report.findings), *(view.note(note) for note in notes))


@dataclass(frozen=True, slots=True)
class _View:
    """What is the same for all findings."""

    report: Report
    config: Config
    places: "_Places"

    def finding(self, finding: Finding) -> Item:
        rule, place = self.report.rules[finding.rule], finding.location
        span = place.span
        return Item(
            path=self.absolute(place.path),
            range=self.places.range(place.path, span),
            severity=_SEVERITIES[finding.severity],
            code=finding.rule,
            message=visible(finding.message),
            address=_address(rule),
            rule="suppression" not in rule.match,
            unused=rule.match.get("suppression") == "unused",
            span=(span.line, span.column, span.end_line, span.end_column),
            related=tuple(self.related(finding)),
            remedies=tuple(self.remedies(finding)),
            hover=explained(self.report, finding),
        )

    def note(self, note: Notification) -> Item:
        span = note.span or _WHOLE
        return Item(
            path=self.absolute(note.path),
            range=self.places.range(note.path, span),
            severity=_LEVELS[note.level],
            code=note.id,
            message=visible(note.message),
        )

    def absolute(self, path: str) -> str:
        return str(self.config.root / path)

    def related(self, finding: Finding) -> Iterator[Place]:
        """The steps of the first flow, and the other places of the proof."""
        flow = finding.flows[0] if finding.flows else ()
        said: dict[tuple[str, Span], Location] = {}
        for place in (*flow, *finding.related):
            said.setdefault((place.path, place.span), place)
        for number, place in enumerate(list(said.values())[:_MOST_RELATED], 1):
            step = f"{number} of {len(flow)}: " if number <= len(flow) else ""
            label = visible(place.label) or "on the way"
            yield Place(self.absolute(place.path), self.places.range(place.path, place.span), step + label)

    def remedies(self, finding: Finding) -> Iterator[Remedy]:
        for fix in finding.fixes:
            parts = tuple(
                Replacement(self.absolute(edit.path), self.places.between(edit.path, edit.start, edit.end), edit.text)
                for edit in fix.edits
            )
            yield Remedy(visible(fix.description).rstrip("."), fix.safe, parts)


def _address(rule: Rule) -> str:
    """Where the rule is documented."""
    if rule.path.is_relative_to(builtin_root()):
        return f"{HOME}/blob/main/rules/catalog/{rule.family}/{rule.id}.md"
    return rule.path.absolute().as_uri()


@dataclass(slots=True)
class _Places:
    """Turns places of files into those of the protocol."""

    config: Config
    units: str
    known: dict[str, SourceText] = field(default_factory=dict)

    def range(self, path: str, span: Span) -> Range:
        """A region by its lines."""
        text = self._text(path)
        return (
            span.line - 1,
            self._character(text, span.line, span.column),
            span.end_line - 1,
            self._character(text, span.end_line, span.end_column),
        )

    def between(self, path: str, start: int, end: int) -> Range:
        """A region by its offsets."""
        return self.range(path, self._text(path).span(start, end))

    def _character(self, text: SourceText, line: int, column: int) -> int:
        before = text.line(line)[: column - 1]
        return max(column - 1, 0) if before.isascii() or self.units == "utf-32" else length(before, self.units)

    def _text(self, path: str) -> SourceText:
        if path not in self.known:
            self.known[path] = SourceText(path, analysed(self.config, path))
        return self.known[path]


def length(text: str, units: str) -> int:
    """How long a text is in the units of a position encoding."""
    if units == "utf-32":
        return len(text)
    encoded = text.encode("utf-8" if units == "utf-8" else "utf-16-le", "surrogatepass")
    return len(encoded) // (1 if units == "utf-8" else 2)


def path_of(config: Config, absolute: str) -> str | None:
    """A file as findings name it; None for one that is not of the project."""
    path = Path(absolute)
    return config.relative(path) if path.is_relative_to(config.root) else None
