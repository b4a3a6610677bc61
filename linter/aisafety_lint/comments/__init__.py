"""Comments that speak to the linter, in every syntax that has comments, and what of the file each of them is about.

A comment at the end of a line is about the statement on that line, one on a line of its own about the statement below,
one within a statement about all of it. Only texts with the mark of a directive are looked at; a mark inside of a string
is no comment.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aisafety_lint.directives import Directive
from aisafety_lint.source import SourceText, Span
from aisafety_lint.suppressed import MARK


@dataclass(frozen=True, slots=True)
class Comment:
    """A directive in a comment, and its place in the file.

    `covers` is the region whose findings it is about, from its beginning up to, but not including, its end; None where
    there is no statement.
    """

    directive: Directive
    span: Span
    covers: Span | None


def comments(text: SourceText, kind: str) -> Iterator[Comment]:
    """The directives in the comments of a file of a kind, in order."""
    if MARK not in text.text:
        return
    if kind in ("python", "notebook"):
        from aisafety_lint.comments import python

        yield from python.python_comments(text) if kind == "python" else python.notebook_comments(text)
    elif kind == "markdown":
        from aisafety_lint.comments.markdown import markdown_comments

        yield from markdown_comments(text)
    else:
        from aisafety_lint.comments.lines import line_comments

        yield from line_comments(text, kind)


def whole_lines(first: int, last: int) -> Span:
    """The region of some lines, from the first up to and with the last."""
    return Span(first, 1, last + 1, 1)
