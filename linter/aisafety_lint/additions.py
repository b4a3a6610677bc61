"""Suppressions that the linter writes itself: comments above what findings are about.

A text is changed only where each comment is then read as one that holds its findings, and everything else in the file
means what it meant; where that cannot be, the settings are the place, in `entries`.
"""

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from aisafety_lint.comments import comments, placing
from aisafety_lint.directives import text_of
from aisafety_lint.finding import Finding
from aisafety_lint.source import SourceText

if TYPE_CHECKING:
    from aisafety_lint.manifests.documents import Syntax

_DOCUMENTS = ("yaml", "json", "toml", "hcl", "dockerfile", "unit")


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said about all findings: why they are accepted, and until which day."""

    reason: str
    until: str = ""


def with_comments(text: SourceText, kind: str, findings: Sequence[Finding], said: Said) -> str | None:
    """The text of a file with a comment above what each finding is about; None where one cannot stand there."""
    places: dict[int, tuple[placing.Place, set[str]]] = {}
    for finding in findings:
        place = placing.place(text, kind, finding.location.span)
        if place is None:
            return None
        places.setdefault(place.offset, (place, set()))[1].add(finding.rule)
    inserted = {
        offset: place.written(text_of(tuple(sorted(rules)), said.reason, said.until))
        for offset, (place, rules) in places.items()
    }
    changed = text.text
    for offset in sorted(inserted, reverse=True):
        changed = changed[:offset] + inserted[offset] + changed[offset:]
    after = SourceText(text.path, changed)
    holds = all(_holds(text, after, kind, finding, inserted) for finding in findings)
    return changed if holds and _meaning(text, kind) == _meaning(after, kind) else None


def _holds(before: SourceText, after: SourceText, kind: str, finding: Finding, inserted: Mapping[int, str]) -> bool:
    """Whether a finding, where it is in the changed text, is covered by a comment for its rule."""
    offset = before.offset(finding.location.span.line, finding.location.span.column)
    offset += sum(len(added) for place, added in inserted.items() if place <= offset)
    start = after.span(offset, offset)
    for comment in comments(after, kind):
        if comment.covers is not None and not comment.directive.problem and finding.rule in comment.directive.rules:
            first, last = (
                (comment.covers.line, comment.covers.column),
                (comment.covers.end_line, comment.covers.end_column),
            )
            if first <= (start.line, start.column) < last:
                return True
    return False


def _meaning(text: SourceText, kind: str) -> Any:
    """What a file says to the programs that read it, as far as that is known here."""
    if kind == "python":
        return _tree(text.text)
    if kind == "notebook":
        cells = json.loads(text.text)["cells"]
        return [_tree("".join(cell.get("source", ""))) for cell in cells if cell.get("cell_type") == "code"]
    if kind in _DOCUMENTS:
        from aisafety_lint.manifests.documents import parse

        document = parse(text, cast("Syntax", kind))
        return document.data, len(document.notifications)
    return None


def _tree(code: str) -> str:
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError):
        return ""
