"""The edits of a fix as a person reads them: for each file the lines that go, with a minus, and those that come."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff

from aisafety_lint.finding import Edit, Fix
from aisafety_lint.source import SourceText


def changes(fix: Fix, texts: Mapping[str, SourceText]) -> Iterator[tuple[str, list[str]]]:
    """Each file that a fix changes, with its changed lines."""
    for path in dict.fromkeys(edit.path for edit in fix.edits):
        before = texts[path].text
        after = _edited(before, [edit for edit in fix.edits if edit.path == path])
        lines = list(unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
        yield path, [line.expandtabs(4) for line in lines if not line.startswith("@@")]


def option(fix: Fix) -> str:
    """What makes the change."""
    return "--fix" if fix.safe else "--fix --unsafe-fixes"


def _edited(text: str, edits: Sequence[Edit]) -> str:
    """A text with its edits, the last one first so that the places of the others stay."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
