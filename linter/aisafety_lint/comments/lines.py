"""Comments in formats of lines: data files, shell, Dockerfiles, units, and texts of languages that are not parsed.

A comment is about a line, and about the rest of a value or command that goes on over several lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from aisafety_lint.comments import Comment, whole_lines
from aisafety_lint.directives import directives
from aisafety_lint.source import SourceText
from aisafety_lint.suppressed import MARK

if TYPE_CHECKING:
    from aisafety_lint.manifests.documents import Syntax
    from aisafety_lint.manifests.nodes import Document, Node

_LEADERS = {
    "yaml": ("#",),
    "toml": ("#",),
    "json": ("//", "/*"),
    "hcl": ("#", "//", "/*"),
    "dockerfile": ("#",),
    "unit": ("#", ";"),
    "shell": ("#",),
    "dotenv": ("#",),
    "python": ("#",),
}
_ANY = ("#", "//", "/*", "--", ";", "%", "<!--")
_HEREDOC = re.compile(r"<<-?(?P<quote>[\"']?)(?P<word>[A-Za-z_]\w*)(?P=quote)")
_CLOSED = {"/*": "*/", "<!--": "-->"}
_DOCUMENTS = ("yaml", "json", "toml", "hcl")
_CONTINUED = ("dockerfile", "shell", "unit")


@dataclass(frozen=True, slots=True)
class Layout:
    """What goes on over several lines, as first and last line, and which lines hold a comment only."""

    text: SourceText
    leaders: tuple[str, ...]
    long: tuple[tuple[int, int], ...]
    quoted: tuple[tuple[int, int], ...] = ()
    _around: dict[int, tuple[int, int]] = field(default_factory=dict, repr=False, compare=False)
    _behind: dict[int, int] = field(default_factory=dict, repr=False, compare=False)

    def about(self, line: int, *, own: bool) -> tuple[int, int] | None:
        """The lines that a comment on a line is about; None for one on its own above nothing."""
        around = self.around(line)
        if around[0] < around[1] or not own:
            return around
        line = self._after_comments(line)
        return self.around(line) if self.text.line(line).strip() else None

    def _after_comments(self, line: int) -> int:
        """The first line from one on that is no comment only; comments one below the other have the same."""
        first = line
        while line not in self._behind and self.is_comment(line):
            line += 1
        last = self._behind.get(line, line)
        self._behind.update(dict.fromkeys(range(first, line), last))
        return last

    def around(self, line: int) -> tuple[int, int]:
        """The lines of what a line belongs to."""
        if self.long and not self._around:
            for lines in sorted(dict.fromkeys(self.long), key=_size, reverse=True):
                self._around.update(dict.fromkeys(range(lines[0], lines[1] + 1), lines))
        return self._around.get(line, (line, line))

    def is_comment(self, line: int) -> bool:
        """Whether a line holds a comment only."""
        return self.text.line(line).lstrip().startswith(self.leaders)


def leaders(kind: str) -> tuple[str, ...]:
    """What begins a comment in files of a kind."""
    return _LEADERS.get(kind, _ANY)


def line_comments(text: SourceText, kind: str) -> Iterator[Comment]:
    """The comments of a text that hold a directive."""
    found = layout(text, kind)
    known = "|".join(map(re.escape, found.leaders))
    for match in re.finditer(rf"(?<![^\s,;(){{}}\[\]>])(?P<leader>{known})[#/*;!-]*[ \t]*(?={MARK})", text.text):
        if any(start < match.start() < end for start, end in found.quoted):
            continue
        start, end = match.end(), _end(text.text, match["leader"], match.end())
        directive = next(directives(text.text[start:end]))
        line = text.span(start, start).line
        before = text.text[text.offset(line, 1) : match.start()].strip()
        about = found.about(line, own=not before or before.startswith(found.leaders))
        span = text.span(start, start + directive.end)
        yield Comment(directive, span, whole_lines(*about) if about else None)


def layout(text: SourceText, kind: str) -> Layout:
    """How the lines of a text belong together."""
    plain = Layout(text, leaders(kind), ())
    if kind in _CONTINUED:
        return replace(plain, long=tuple(_commands(text)))
    if kind in _DOCUMENTS:
        from aisafety_lint.manifests.documents import parse

        document = parse(text, cast("Syntax", kind))
        quoted = ((node.start, node.end) for node in _texts(document) if _is_quoted(text.text, node.start))
        return replace(plain, long=tuple(_entries(document)), quoted=tuple(quoted))
    return plain


def _size(lines: tuple[int, int]) -> int:
    return lines[1] - lines[0]


def _end(text: str, leader: str, start: int) -> int:
    """Where a comment ends whose words begin at an offset: with its line, or with its closing mark."""
    closing = _CLOSED.get(leader)
    end = text.find(closing, start) if closing else -1
    if end < 0:
        end = next((at for at in range(start, len(text)) if text[at] in "\r\n"), len(text))
    return end


def _commands(text: SourceText) -> Iterator[tuple[int, int]]:
    """The lines that a backslash joins, with the comments between them, and those up to the end of a here-document."""
    first = 0
    word = ""
    for line in range(1, len(text.starts) + 1):
        content = text.line(line).rstrip()
        if word:
            if content.strip() == word:
                yield first, line
                first, word = 0, ""
            continue
        if (opened := _HEREDOC.search(content)) is not None and not content.lstrip().startswith("#"):
            first, word = first or line, opened["word"]
            continue
        comment = content.lstrip().startswith("#")
        if content.endswith("\\") and not comment:
            first = first or line
        elif first and not comment:
            yield first, line
            first = 0


def _entries(document: "Document") -> Iterator[tuple[int, int]]:
    """The single values that take several lines, with the line of their key."""
    from aisafety_lint.manifests.nodes import Array, Object, Scalar, walk

    for root in document.roots:
        for node in walk(root):
            held: list[tuple[int, Node]] = []
            if isinstance(node, Object):
                held = [(pair.key.start, pair.value) for pair in node.pairs if not pair.merged]
            elif isinstance(node, Array):
                held = [(item.start, item) for item in node.items]
            for start, value in held:
                if isinstance(value, Scalar):
                    span = document.places.span(min(start, value.start), value.end)
                    if span.line != span.end_line:
                        yield span.line, span.end_line


def _texts(document: "Document") -> Iterator["Node"]:
    from aisafety_lint.manifests.nodes import Object, Scalar, walk

    for root in document.roots:
        for node in walk(root):
            if isinstance(node, Scalar):
                yield node
            elif isinstance(node, Object):
                yield from (pair.key for pair in node.pairs)


def _is_quoted(text: str, start: int) -> bool:
    """Whether a value is written in quotes: a block of lines holds commands, which have comments of their own."""
    return text[max(start - 1, 0) : start + 1].strip("=:,[({ \t\r\n")[:1] in ("'", '"')
