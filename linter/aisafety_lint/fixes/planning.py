"""From findings to fixes: takes the remedies of a finding and the texts of files, gives the fix, checked as far as one
file tells: what it leaves parses as before.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from aisafety_lint.finding import Edit, Finding, Fix, Remedy
from aisafety_lint.fixes.edits import apply, smallest, touch
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.source import SourceText

_COMMENTS = ("delete-comment", "delete-names")
_PYTHON = (
    "set-argument",
    "set-entry",
    "delete-argument",
    "rename-argument",
    "delete-items",
    "replace-call",
    "wrap-argument",
    "split-command",
    "bind-parameters",
    "literal-to-environment",
)
_DOCUMENTS = ("yaml", "json", "toml", "markdown", "dockerfile", "hcl", "unit")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of files as they are, secrets and all, by path, and the kinds of these files."""

    texts: Mapping[str, SourceText]
    kinds: Mapping[str, str]
    refusals: Mapping[str, str] = field(default_factory=dict)

    def text(self, path: str) -> SourceText:
        """The text of a file; raises Refusal for one that is not changed."""
        if path in self.refusals:
            raise Refusal(self.refusals[path])
        if path not in self.texts:
            raise Refusal("the file cannot be read")
        return self.texts[path]


def fix_of(finding: Finding, texts: Texts) -> Fix | None:
    """The fix of a finding; None where it has no remedy. Raises Refusal where the code does not fit the remedy."""
    if not finding.remedies:
        return None
    edits: list[Edit] = []
    for remedy in finding.remedies:
        edits += (edit for edit in _edits(texts, remedy) if edit not in edits)
    if any(touch(one, other) for one in edits for other in edits):
        edits = _one_by_one(finding.remedies, texts)
    paths = sorted({edit.path for edit in edits})
    for path in paths:
        check(texts.text(path), texts.kinds[path], [edit for edit in edits if edit.path == path])
    described = dict.fromkeys(remedy.location.label for remedy in finding.remedies)
    description = "; ".join(described)
    safe = all(remedy.safe for remedy in finding.remedies)
    return Fix(f"{description[:1].upper()}{description[1:]}.", safe, tuple(sorted(edits)))


def _one_by_one(remedies: Iterable[Remedy], texts: Texts) -> list[Edit]:
    """The edits of remedies that are about the same place, one for each file.

    The last one is made first, so that the others stay where they are.
    """
    present = dict(texts.texts)
    ordered = sorted(remedies, key=lambda remedy: remedy.location.span, reverse=True)
    for remedy in ordered:
        made = _edits(replace(texts, texts=present), remedy)
        for path in {edit.path for edit in made}:
            changed = apply(present[path].text, (edit for edit in made if edit.path == path))
            present[path] = SourceText(path, changed)
    paths = dict.fromkeys(remedy.location.path for remedy in ordered)
    return [smallest(path, 0, texts.texts[path].text, present[path].text) for path in paths]


def _edits(texts: Texts, remedy: Remedy) -> tuple[Edit, ...]:
    path = remedy.location.path
    text, kind = texts.text(path), texts.kinds[path]
    if remedy.edit in _COMMENTS:
        from aisafety_lint.fixes.comments import comment_edits

        return comment_edits(text, remedy)
    if remedy.edit == "replace-text":
        span = remedy.location.span
        start, end = text.offset(span.line, span.column), text.offset(span.end_line, span.end_column)
        return (Edit(path, start, end, remedy.known["value"]),)
    if remedy.edit in _PYTHON:
        if kind != "python":
            raise Refusal("only files of Python are changed so")
        from aisafety_lint.fixes.python import python_edits

        return python_edits(text, remedy)
    from aisafety_lint.fixes.documents import document_edits

    return document_edits(text, kind, remedy)


def check(text: SourceText, kind: str, edits: Iterable[Edit]) -> SourceText:
    """The text after edits; raises Refusal where it no longer parses as it did."""
    after = SourceText(text.path, apply(text.text, edits))
    if after.text == text.text:
        raise Refusal("it changes nothing")
    if kind == "python":
        if _parses(text.text) and not _parses(after.text):
            raise Refusal("the file would no longer be valid Python")
    elif kind in _DOCUMENTS and len(_problems(after, kind)) > len(_problems(text, kind)):
        raise Refusal("the file would no longer be valid")
    return after


def _parses(text: str) -> bool:
    try:
        compile(text, "", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _problems(text: SourceText, kind: str) -> list[str]:
    from aisafety_lint.manifests.documents import Syntax, parse

    return [note.id for note in parse(text, cast("Syntax", kind)).notifications]


def with_fixes(findings: Iterable[Finding], texts: Texts) -> tuple[Finding, ...]:
    """The findings with their fixes written out, where there are any."""
    return tuple(replace(finding, fixes=_or_none(finding, texts)) for finding in findings)


def _or_none(finding: Finding, texts: Texts) -> tuple[Fix, ...]:
    try:
        fix = fix_of(finding, texts)
    except Refusal:
        return ()
    return () if fix is None else (fix,)
