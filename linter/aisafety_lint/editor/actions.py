"""What an editor is told of a finding, and offers to do about it: its fixes, and a comment that accepts it."""

from collections.abc import Callable, Iterator

from lsprotocol import types

from aisafety_lint.additions import Said, with_comments
from aisafety_lint.editor.items import length
from aisafety_lint.editor.messages import Item, Range
from aisafety_lint.filetypes import kind_by_name
from aisafety_lint.finding import Confidence, Finding, Location, Severity
from aisafety_lint.fixes.edits import smallest
from aisafety_lint.source import SourceText, Span

SOURCE = "aisafety-lint"
_BLANK = "REASON"

Edits = dict[str, list[types.TextEdit]]
Address = Callable[[str], str]


def range_of(found: Range) -> types.Range:
    """A region as the protocol has it."""
    return types.Range(types.Position(*found[:2]), types.Position(*found[2:]))


def diagnostic(item: Item, address: Address) -> types.Diagnostic:
    """A finding as the protocol has it; `address` gives the address of a file."""
    related = [
        types.DiagnosticRelatedInformation(types.Location(address(place.path), range_of(place.range)), place.label)
        for place in item.related
    ]
    return types.Diagnostic(
        range=range_of(item.range),
        message=item.message,
        severity=types.DiagnosticSeverity(item.severity),
        code=item.code,
        code_description=types.CodeDescription(item.address) if item.address else None,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if item.unused else None,
        related_information=related or None,
    )


def fixes(item: Item, address: Address) -> Iterator[tuple[str, bool, Edits]]:
    """The titles of the fixes, whether they are safe, and their edits."""
    for remedy in item.remedies:
        edits: Edits = {}
        for part in remedy.parts:
            edits.setdefault(address(part.path), []).append(types.TextEdit(range_of(part.range), part.text))
        yield remedy.title if remedy.safe else f"{remedy.title} (unsafe: look at the outcome)", remedy.safe, edits


def acceptance(item: Item, text: str, units: str) -> types.TextEdit | None:
    """The comment that accepts a finding, up to its reason; None where none can stand.

    Until somebody writes the reason, it is a finding that there is none.
    """
    source = SourceText(item.path, text)
    place = Location(item.path, Span(*item.span))
    finding = Finding(item.code, item.message, place, Severity.LOW, Confidence.LOW)
    kind = kind_by_name(item.path.replace("\\", "/").rpartition("/")[2]) or "text"
    after = with_comments(source, kind, [finding], Said(_BLANK))
    if after is None:
        return None
    edit = smallest(item.path, 0, text, after)
    span = source.span(edit.start, edit.end)
    lines = ((span.line, span.column), (span.end_line, span.end_column))
    start, end = (types.Position(line - 1, length(source.line(line)[: column - 1], units)) for line, column in lines)
    return types.TextEdit(types.Range(start, end), edit.text.replace(_BLANK, "", 1))


def holds(found: types.Range, item: Item) -> bool:
    """Whether a region of the editor touches the one of an item."""
    first, last = item.range[:2], item.range[2:]
    start, end = (found.start.line, found.start.character), (found.end.line, found.end.character)
    return start <= last and first <= end
