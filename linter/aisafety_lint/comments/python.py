"""Comments of Python and of notebooks: one is about a logical line, a decorated definition goes with its decorators."""

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aisafety_lint.comments import Comment, whole_lines
from aisafety_lint.comments.lines import line_comments
from aisafety_lint.comments.markdown import markdown_comments
from aisafety_lint.directives import directives
from aisafety_lint.notebooks import Cell, cells
from aisafety_lint.source import SourceText, Span
from aisafety_lint.suppressed import MARK

Lines: TypeAlias = tuple[int, int]
_SILENT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER})


@dataclass(frozen=True, slots=True)
class Statements:
    """The logical lines of a Python text, as first and last line in order, and its comments.

    `own` are the lines that hold nothing but a comment.
    """

    lines: tuple[Lines, ...]
    comments: tuple[tokenize.TokenInfo, ...]
    own: frozenset[int]

    def about(self, line: int) -> Lines | None:
        """The statement that a comment on a line is about: the one around it, else the one right below."""
        if (around := self.around(line)) is not None:
            return around
        while line in self.own:
            line += 1
        return self.around(line)

    def around(self, line: int) -> Lines | None:
        """The statement that a line belongs to."""
        return next((lines for lines in self.lines if lines[0] <= line <= lines[1]), None)


def statements(text: str) -> Statements | None:
    """The logical lines of a text; None where it is no Python."""
    lines: list[Lines] = []
    comments: list[tokenize.TokenInfo] = []
    first = decorated = 0
    decorator = False
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            if token.type == tokenize.COMMENT:
                comments.append(token)
            elif token.type == tokenize.NEWLINE:
                if decorator:
                    decorated = decorated or first
                else:
                    lines.append((decorated or first, token.start[0]))
                    decorated = 0
                first, decorator = 0, False
            elif token.type not in _SILENT and not first:
                first, decorator = token.start[0], token.string == "@"
    except (tokenize.TokenError, SyntaxError):
        return None
    own = frozenset(token.start[0] for token in comments if not token.line[: token.start[1]].strip())
    return Statements(tuple(lines), tuple(comments), own)


def python_comments(text: SourceText) -> Iterator[Comment]:
    """The comments of a Python file; of one that is none, whatever looks like a comment."""
    found = statements(text.text)
    if found is None:
        yield from line_comments(text, "python")
        return
    for token in found.comments:
        if MARK in token.string:
            start = text.offset(token.start[0], token.start[1] + 1)
            about = found.about(token.start[0])
            covers = whole_lines(*about) if about else None
            for directive in directives(token.string):
                yield Comment(directive, text.span(start + directive.start, start + directive.end), covers)


def notebook_comments(text: SourceText) -> Iterator[Comment]:
    """The comments of the cells of a notebook."""
    for cell in cells(text.text):
        if MARK not in cell.text or cell.kind == "text":
            continue
        inner = SourceText(text.path, cell.text)
        for comment in python_comments(inner) if cell.kind == "python" else markdown_comments(inner):
            covers = None if comment.covers is None else in_file(text, cell, inner, comment.covers)
            yield Comment(comment.directive, in_file(text, cell, inner, comment.span), covers)


def in_file(text: SourceText, cell: Cell, inner: SourceText, span: Span) -> Span:
    """Where a region of a cell is in the file."""
    start = cell.place(inner.offset(span.line, span.column))
    beyond = span.end_line > len(inner.starts)
    end = len(inner.text) if beyond else inner.offset(span.end_line, span.end_column)
    # The last character tells where the region ends: behind it another string of the file may begin.
    return text.span(start, cell.place(max(end - 1, 0)) + 1)
