"""From findings to fixes: takes the remedies of a finding and the texts of files, gives the fix, checked as far as one
file tells: what it leaves parses as before.
"""

import ast
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar, cast

from aisafety_lint.finding import Edit, Finding, Fix, Remedy
from aisafety_lint.fixes.edits import apply, smallest, touch
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.source import SourceText

if TYPE_CHECKING:
    from aisafety_lint.fixes.documents import Located
    from aisafety_lint.fixes.module import Module
    from aisafety_lint.manifests.documents import Document

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
_MANY = 30

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of files as they are, secrets and all, by path, and the kinds of these files."""

    texts: Mapping[str, SourceText]
    kinds: Mapping[str, str]
    refusals: Mapping[str, str] = field(default_factory=dict)
    _documents: dict[str, tuple[SourceText, "Document"]] = field(default_factory=dict, repr=False, compare=False)
    _located: dict[str, tuple[SourceText, "Located"]] = field(default_factory=dict, repr=False, compare=False)
    _modules: dict[str, tuple[SourceText, "Module"]] = field(default_factory=dict, repr=False, compare=False)

    def text(self, path: str) -> SourceText:
        """The text of a file; raises Refusal for one that is not changed."""
        if path in self.refusals:
            raise Refusal(self.refusals[path])
        if path not in self.texts:
            raise Refusal("the file cannot be read")
        return self.texts[path]

    def document(self, path: str) -> "Document":
        """The document that a file is, read once for all its fixes; raises Refusal for what is not changed as one."""
        text, kind = self.text(path), self.kinds[path]
        if kind not in _DOCUMENTS:
            raise Refusal("this kind of file is not changed")
        return _read_once(self._documents, text, lambda: _document(text, kind))

    def located(self, path: str) -> "Located":
        """The same document with what stands where in it."""
        from aisafety_lint.fixes.documents import Located

        document = self.document(path)
        return _read_once(self._located, self.text(path), lambda: Located(document))

    def module(self, path: str) -> "Module":
        """The code of a file of Python, read once for all its fixes; raises Refusal where it cannot be read."""
        from aisafety_lint.fixes.module import Module

        text = self.text(path)
        return _read_once(self._modules, text, lambda: Module.of(text))


def _read_once(known: dict[str, tuple[SourceText, Read]], text: SourceText, read: Callable[[], Read]) -> Read:
    """What was read of a text, or is now; the last one is kept, since findings come file by file."""
    last = known.get(text.path)
    if last is None or last[0] is not text:
        known.clear()
        last = known[text.path] = text, read()
    return last[1]


def fix_of(finding: Finding, texts: Texts) -> Fix | None:
    """The fix of a finding; None where it has no remedy. Raises Refusal where the code does not fit the remedy."""
    found = _planned(finding, texts)
    if found is not None:
        _check_each(texts, found)
    return found


def _check_each(texts: Texts, fix: Fix, sound: Container[str] = ()) -> None:
    """Raise Refusal where a file no longer parses after the fix; those in `sound` are known to."""
    for path in sorted({edit.path for edit in fix.edits if edit.path not in sound}):
        check(texts, path, [edit for edit in fix.edits if edit.path == path])


def _planned(finding: Finding, texts: Texts) -> Fix | None:
    """The fix of a finding before it is checked."""
    if not finding.remedies:
        return None
    edits: list[Edit] = []
    for remedy in finding.remedies:
        edits += (edit for edit in _edits(texts, remedy) if edit not in edits)
    if any(touch(one, other) for one in edits for other in edits):
        edits = _one_by_one(finding.remedies, texts)
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

        return python_edits(texts.module(path), remedy)
    from aisafety_lint.fixes.documents import document_edits

    return document_edits(text, kind, texts.located(path), remedy)


def check(texts: Texts, path: str, edits: Iterable[Edit]) -> SourceText:
    """The text of a file after edits; raises Refusal where it no longer parses as it did."""
    text, kind = texts.text(path), texts.kinds[path]
    after = SourceText(text.path, apply(text.text, edits))
    if after.text == text.text:
        raise Refusal("it changes nothing")
    if kind == "python":
        if not _parses(after.text) and _parses(text.text):
            raise Refusal("the file would no longer be valid Python")
    elif kind in _DOCUMENTS and len(_document(after, kind).notifications) > len(texts.document(path).notifications):
        raise Refusal("the file would no longer be valid")
    return after


def _parses(text: str) -> bool:
    try:
        compile(text, "", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _document(text: SourceText, kind: str) -> "Document":
    from aisafety_lint.manifests.documents import Syntax, parse

    return parse(text, cast("Syntax", kind))


def with_fixes(findings: Iterable[Finding], texts: Texts) -> tuple[Finding, ...]:
    """The findings with their fixes written out, where there are any."""
    planned = [(finding, _or_none(finding, texts)) for finding in findings]
    sound = frozenset(_sound_together([fix for _, fix in planned if fix is not None], texts))
    return tuple(
        replace(finding, fixes=(fix,) if fix is not None and _holds(fix, texts, sound) else ())
        for finding, fix in planned
    )


def _or_none(finding: Finding, texts: Texts) -> Fix | None:
    try:
        return _planned(finding, texts)
    except Refusal:
        return None


def _holds(fix: Fix, texts: Texts, sound: Container[str]) -> bool:
    try:
        _check_each(texts, fix, sound)
    except Refusal:
        return False
    return True


def _sound_together(fixes: Iterable[Fix], texts: Texts) -> Iterator[str]:
    """Files with very many fixes that parse after all of them: to parse them after each takes quadratic time."""
    edits: dict[str, set[Edit]] = {}
    for fix in fixes:
        for edit in fix.edits:
            edits.setdefault(edit.path, set()).add(edit)
    for path, together in edits.items():
        ordered = sorted(together)
        if len(ordered) > _MANY and not any(touch(one, other) for one, other in pairwise(ordered)):
            try:
                check(texts, path, ordered)
            except Refusal:
                continue
            yield path
