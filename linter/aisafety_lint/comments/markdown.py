"""Comments of Markdown, which are those of HTML, and of the front matter: about the paragraph or fenced block below."""

import re
from collections.abc import Iterator

from aisafety_lint.comments import Comment, whole_lines
from aisafety_lint.comments.lines import line_comments
from aisafety_lint.directives import directives
from aisafety_lint.source import SourceText

_MATTER = re.compile(r"\A---[ \t]*\r?\n.*?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(
    r"^(?P<indent>[ \t>]*)(?P<fence>```++|~~~++)[^\n]*\n.*?(?:^[ \t>]*(?P=fence)[`~]*[ \t]*\r?$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_COMMENT = re.compile(r"<!--+\s*(?P<words>aisafety:.*?)--+>", re.DOTALL)
# In reStructuredText and AsciiDoc.
_OTHER = re.compile(r"^[ \t]*(?:\.\.|//)[ \t]+(?P<words>aisafety:[^\r\n]*)", re.MULTILINE)


def markdown_comments(text: SourceText) -> Iterator[Comment]:
    """The comments of a text that hold a directive; what is quoted as code is none."""
    matter = front_matter(text)
    if matter is not None:
        yield from line_comments(matter, "yaml")
    body = len(matter.text) if matter else 0
    fences = _fences(text)
    behind: dict[int, int] = {}
    pattern = _OTHER if text.path.lower().endswith((".rst", ".adoc")) else _COMMENT
    for match in pattern.finditer(text.text, body):
        line = text.span(match.start(), match.start()).line
        before = text.text[text.offset(line, 1) : match.start()]
        if before.count("`") % 2 or any(start <= match.start() < end for start, end in fences):
            continue
        directive = next(directives(match["words"].rstrip()))
        last = text.span(match.end(), match.end()).line
        about = (line, last) if before.strip(" \t>*-") else _below(text, last, fences, behind)
        yield Comment(directive, text.span(*match.span("words")), whole_lines(*about) if about else None)


def front_matter(text: SourceText) -> SourceText | None:
    """The front matter of a text with its lines of dashes, if it has one."""
    matter = _MATTER.match(text.text)
    return SourceText(text.path, matter[0]) if matter else None


def block_around(text: SourceText, line: int) -> int:
    """The first line of the paragraph or fenced block that a line belongs to."""
    for start, end in _fences(text):
        span = text.span(start, end)
        if span.line <= line <= span.end_line:
            return span.line
    while line > 1 and text.line(line - 1).strip():
        line -= 1
    return line


def _fences(text: SourceText) -> list[tuple[int, int]]:
    matter = _MATTER.match(text.text)
    return [match.span() for match in _FENCE.finditer(text.text, matter.end() if matter else 0)]


def _below(
    text: SourceText, line: int, fences: list[tuple[int, int]], behind: dict[int, int]
) -> tuple[int, int] | None:
    """The paragraph below a line, which may be a fenced block, other comments and empty lines left out.

    `behind` holds what is known to come after such lines, and learns more.
    """
    count = len(text.starts)
    line = first = line + 1
    while (
        line not in behind
        and line <= count
        and (not text.line(line).strip() or text.line(line).lstrip().startswith("<!--"))
    ):
        line += 1
    behind.update(dict.fromkeys(range(first, line), last := behind.get(line, line)))
    line = last
    if line > count:
        return None
    for start, end in fences:
        span = text.span(start, end)
        if span.line == line:
            return line, span.end_line
    last = line
    while last < count and text.line(last + 1).strip():
        last += 1
    return line, last
