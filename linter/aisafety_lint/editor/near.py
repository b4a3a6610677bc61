"""The first answer after an edit: what the edit takes away and adds in the files nearest to it, applied to the last
answer about the whole project.

The near files are analysed as a project of their own, before and after the edit. What is found among them alone need
not be true of the whole; but what differs between the two comes from the edit. All else is as the whole said, with
its places moved.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from aisafety_lint.finding import Finding, Location
from aisafety_lint.fingerprint import region_text
from aisafety_lint.report.model import Report
from aisafety_lint.source import SourceText, Span

# So much can be analysed while somebody types.
MOST_FILES = 16
MOST_BYTES = 120_000
_LINE_END = re.compile(r"\r\n|\r|\n")
_UNREADABLE = ("syntax-error", "unreadable-file")

_Key = tuple[str, str, str, str, str, int]


def neighbours(path: str, edges: Mapping[str, Collection[str]], sizes: Mapping[str, int]) -> tuple[str, ...]:
    """A file and those nearest to it by imports, in both directions, as many as can be analysed at once."""
    importers: dict[str, list[str]] = {}
    for importer, targets in edges.items():
        for target in targets:
            importers.setdefault(target, []).append(importer)
    taken, room, ring = {path: None}, MOST_BYTES - sizes.get(path, 0), [path]
    while ring:
        beside = (other for one in ring for other in (*sorted(edges.get(one, ())), *sorted(importers.get(one, ()))))
        ring = []
        for other in dict.fromkeys(beside):
            if other not in taken and sizes.get(other, room) < room and len(taken) < MOST_FILES:
                taken[other] = None
                room -= sizes[other]
                ring.append(other)
    return tuple(taken)


@dataclass(frozen=True, slots=True)
class Difference:
    """The near files of an edit, analysed with the text of before and with the one of now."""

    path: str
    before: Report
    after: Report
    old: SourceText
    new: SourceText

    @property
    def readable(self) -> bool:
        """Whether the edited file could be analysed; in the middle of a line it often cannot."""
        return not any(note.path == self.path and note.id in _UNREADABLE for note in self.after.notifications)


def refined(whole: Report, differences: Iterable[Difference]) -> Report:
    """The last answer about the whole, with what edits have changed."""
    shown, fresh = dict(_named(whole)), dict[_Key, Finding]()
    texts, masked, notes = dict(whole.texts), dict(whole.masked), list(whole.notifications)
    moves: dict[str, _Moves] = {}
    for difference in differences:
        moves[difference.path] = _Moves(difference.old.text, difference.new.text)
        before, after = dict(_counted(difference, difference.before)), dict(_counted(difference, difference.after))
        for key in before.keys() - after.keys():
            shown.pop(key, None)
            fresh.pop(key, None)
        for key, finding in after.items():
            if key in shown or key not in before:
                shown[key] = fresh[key] = finding
        texts.pop(difference.path, None)
        masked.pop(difference.path, None)
        texts |= difference.after.texts
        masked |= difference.after.masked
        notes = [note for note in notes if note.path != difference.path]
        notes += [
            note
            for note in difference.after.notifications
            if note.path == difference.path and note.id not in _UNREADABLE and note not in notes
        ]
    findings = (finding if key in fresh else _moved(finding, moves) for key, finding in shown.items())
    kept = sorted((finding for finding in findings if finding is not None), key=lambda finding: finding.order)
    return replace(whole, findings=tuple(kept), texts=texts, masked=masked, notifications=tuple(notes))


def _counted(difference: Difference, report: Report) -> Iterator[tuple[_Key, Finding]]:
    """The findings that tell something about an edit: without facts of the file, only what is seen in its text."""
    for key, finding in _named(report):
        if difference.readable or "secret" in report.rules[finding.rule].match:
            yield key, finding


def _named(report: Report) -> Iterator[tuple[_Key, Finding]]:
    """The findings, each with what it is known by while lines move."""
    seen: dict[tuple[str, str, str, str, str], int] = {}
    for finding in report.findings:
        text = report.texts.get(finding.location.path)
        region = " ".join(region_text(text, finding.location.span).split()) if text is not None else ""
        name = finding.rule, finding.location.path, finding.symbol, finding.message, finding.key or region
        number = seen[name] = seen.get(name, -1) + 1
        yield (*name, number), finding


class _Moves:
    """Where lines of a text are after an edit: those before it where they were, those behind it further up or down."""

    def __init__(self, old: str, new: str) -> None:
        before, after = _LINE_END.split(old), _LINE_END.split(new)
        most = min(len(before), len(after))
        self.first = next((at for at in range(most) if before[at] != after[at]), most)
        most -= self.first
        same = next((at for at in range(most) if before[-1 - at] != after[-1 - at]), most)
        self.behind = len(before) - same
        self.shift = len(after) - len(before)

    def __call__(self, span: Span) -> Span | None:
        """The region after the edit; None where its lines were edited."""
        if span.end_line <= self.first:
            return span
        if span.line > self.behind:
            return Span(span.line + self.shift, span.column, span.end_line + self.shift, span.end_column)
        return None


def _moved(finding: Finding, moves: Mapping[str, _Moves]) -> Finding | None:
    """The finding at its new places, without those that were edited; None where it is itself at one of them."""

    def kept(places: Iterable[Location]) -> tuple[Location, ...]:
        return tuple(place for place in map(move, places) if place is not None)

    def move(place: Location) -> Location | None:
        if place.path not in moves:
            return place
        span = moves[place.path](place.span)
        return None if span is None else replace(place, span=span)

    location = move(finding.location)
    if location is None:
        return None
    remedies = [(remedy, move(remedy.location)) for remedy in finding.remedies]
    return replace(
        finding,
        location=location,
        flows=tuple(flow for flow in map(kept, finding.flows) if flow),
        related=kept(finding.related),
        remedies=()
        if any(place is None for _, place in remedies)
        else tuple(replace(remedy, location=place) for remedy, place in remedies if place is not None),
    )
