"""Findings as SARIF results: regions in UTF-16 code units, code flows, related places and fingerprints."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from aisafety_lint.finding import Confidence, Edit, Finding, Fix, Location, Severity
from aisafety_lint.fingerprint import hashed_lines, line_hashes, region_text
from aisafety_lint.report.limits import SARIF_FLOWS, SARIF_RELATED, SARIF_STEPS, both_ends
from aisafety_lint.rule import Rule
from aisafety_lint.source import SourceText, Span
from aisafety_lint.suppressed import Suppressed

ROOT = "%SRCROOT%"
LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_LINKS = 3
_CONTEXT = 1000


class Places:
    """Turns places of files into SARIF: keeps the hashes of lines, which are computed once a file."""

    def __init__(self, texts: Mapping[str, SourceText], masked: Mapping[str, Sequence[Span]]) -> None:
        self._texts = texts
        self._masked = masked
        self._hashes: dict[str, list[str]] = {}
        self._hashed: dict[tuple[str, int], range] = {}

    def physical(self, path: str, span: Span | None) -> dict[str, Any]:
        """A file, and a region of it where there is a span."""
        file = {"artifactLocation": {"uri": uri(path), "uriBaseId": ROOT}}
        return file if span is None else {**file, "region": self.region(path, span)}

    def location(self, path: str, span: Span | None, label: str = "") -> dict[str, Any]:
        """A place with what is there in words."""
        place: dict[str, Any] = {"physicalLocation": self.physical(path, span)}
        if label:
            place["message"] = {"text": _plain(label)}
        return place

    def primary(self, location: Location) -> dict[str, Any]:
        """The place of a result, with its text.

        Only the first line of a longer region, since GitHub shows an alert where all its lines were changed; the whole
        lines are kept as context.
        """
        span, text = location.span, self._texts.get(location.path)
        if text is None:
            return self.physical(location.path, span)
        short = span
        if span.line != span.end_line:
            end = len(text.line(span.line).rstrip()) + 1
            short = Span(span.line, span.column, span.line, max(end, span.column))
        place = self.physical(location.path, short)
        place["region"]["snippet"] = {"text": region_text(text, short)}
        lines = Span(span.line, 1, span.end_line, len(text.line(span.end_line)) + 1)
        if lines != short and len(context := region_text(text, lines)) <= _CONTEXT:
            place["contextRegion"] = {**self.region(location.path, lines), "snippet": {"text": context}}
        return place

    def region(self, path: str, span: Span) -> dict[str, Any]:
        """The four numbers of a region; columns count UTF-16 code units."""
        return {
            "startLine": span.line,
            "startColumn": self._column(path, span.line, span.column),
            "endLine": span.end_line,
            "endColumn": self._column(path, span.end_line, span.end_column),
        }

    def replacement(self, edit: Edit) -> dict[str, Any]:
        """A region that goes, and the text that takes its place."""
        region = self.region(edit.path, self._texts[edit.path].span(edit.start, edit.end))
        return {"deletedRegion": region, **({"insertedContent": {"text": edit.text}} if edit.text else {})}

    def _column(self, path: str, line: int, column: int) -> int:
        text = self._texts.get(path)
        if text is None:
            return column
        if text.text.isascii() and 1 <= line < len(text.starts):
            return min(column, text.starts[line] - text.starts[line - 1])
        return utf16_column(text.line(line), column)

    def line_hash(self, path: str, line: int) -> str | None:
        """GitHub's hash of a line; none where the text was masked, since the hash would not be that of the file."""
        text = self._texts.get(path)
        if text is None or not 1 <= line <= len(text.starts):
            return None
        lines = self._hashed.get((path, line))
        if lines is None:
            lines = self._hashed[path, line] = hashed_lines(text, line)
        if any(span.line < lines.stop and lines.start <= span.end_line for span in self._masked.get(path, ())):
            return None
        if path not in self._hashes:
            self._hashes[path] = line_hashes(text.text)
        return self._hashes[path][line - 1]


def utf16_column(line: str, column: int) -> int:
    """The column in UTF-16 code units of a column in characters, both from 1, at most one behind the line."""
    before = line[: column - 1]
    return 1 + len(before) + (0 if before.isascii() else sum(character > "\uffff" for character in before))


def uri(path: str) -> str:
    """A path as a relative, percent-encoded URI; the bytes of a name that is not UTF-8 are kept."""
    return quote(path, safe="/", errors="surrogateescape")


def result(finding: Finding, rule: Rule, index: int, fingerprint: str, places: Places) -> dict[str, Any]:
    """One result; `index` is that of its rule."""
    location: dict[str, Any] = {"physicalLocation": places.primary(finding.location)}
    if finding.symbol:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.symbol}]
    if finding.location.label:
        location["message"] = {"text": _plain(finding.location.label)}
    line_hash = places.line_hash(finding.location.path, finding.location.span.line)
    hashes = {"primaryLocationLineHash": line_hash} if line_hash else {}
    entry: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "rank": _rank(finding.severity, finding.confidence),
        "message": {"text": _message(finding, rule)},
        "locations": [location],
        "partialFingerprints": {**hashes, "aisafetyLint/v1": fingerprint},
        "properties": {"confidence": str(finding.confidence), "severity": str(finding.severity)},
    }
    if finding.flows:
        entry["codeFlows"] = [_flow(flow, places) for flow in finding.flows[:SARIF_FLOWS]]
    if finding.related:
        entry["relatedLocations"] = [
            {"id": number, **places.location(place.path, place.span, place.label)}
            for number, place in enumerate(finding.related[:SARIF_RELATED], 1)
        ]
    if finding.fixes:
        entry["fixes"] = [_fix(fix, places) for fix in finding.fixes]
    return entry


def _fix(fix: Fix, places: Places) -> dict[str, Any]:
    """A fix: for each file the regions that go and what takes their place."""
    changes = []
    for path in sorted({edit.path for edit in fix.edits}):
        replacements = [places.replacement(edit) for edit in fix.edits if edit.path == path]
        changes.append({"artifactLocation": {"uri": uri(path), "uriBaseId": ROOT}, "replacements": replacements})
    return {
        "description": {"text": fix.description},
        "artifactChanges": changes,
        "properties": {"applicability": "safe" if fix.safe else "unsafe"},
    }


def standing(by: Suppressed | None, places: Places) -> dict[str, Any]:
    """How somebody has accepted a finding, where somebody has."""
    if by is None:
        return {}
    entry: dict[str, Any] = {
        "kind": "inSource" if by.kind in ("comment", "file-comment") else "external",
        "status": "accepted",
        "justification": by.reason,
    }
    if by.path:
        entry["location"] = places.location(by.path, by.span)
    if by.until:
        entry["properties"] = {"until": by.until}
    return {"suppressions": [entry]}


def _flow(flow: Sequence[Location], places: Places) -> dict[str, Any]:
    """A flow with one thread; of a long one both ends, with the number of each step that it has in the whole."""
    steps = both_ends(list(enumerate(flow, 1)), SARIF_STEPS)
    locations = [
        {"location": places.location(step.path, step.span, step.label), "executionOrder": number}
        for number, step in steps
    ]
    return {"threadFlows": [{"locations": locations}]}


def _message(finding: Finding, rule: Rule) -> str:
    """What is wrong, why, what to change, and links to the first related places."""
    links = [f"[{_link_text(place)}]({number})" for number, place in enumerate(finding.related[:_LINKS], 1)]
    parts = [_plain(part) for part in (finding.message, finding.why, finding.fix or rule.fix) if part]
    if links:
        parts.append(f"See {', '.join(links)}.")
    return " ".join(parts)


def _link_text(place: Location) -> str:
    return re.sub(r"[\[\]]", "", place.label) or f"{place.path}:{place.span.line}"


def _plain(text: str) -> str:
    """Text in which nothing looks like a link to a related place."""
    return text.replace("](", "] (")


def _rank(severity: Severity, confidence: Confidence) -> float:
    """How much a result matters, up to 100: the severity decides, the confidence orders within it."""
    return severity * 25.0 - (Confidence.HIGH - confidence) * 8.0
