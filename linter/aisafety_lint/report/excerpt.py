"""Excerpts of source code with a gutter and marks under the regions that matter.

Takes a text and marks, gives lines for a terminal. Marks stay under their text whatever stands before it: tabs, wide
characters, characters that had to be made visible. Of a line that is too long, the surroundings of its mark are shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aisafety_lint.report.terminal import ELLIPSIS, TAB, Paint, cells, visible, width
from aisafety_lint.source import SourceText, Span

_BLOCK_LINES = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """A region to underline with a few words; the style names how it is painted."""

    span: Span
    label: str
    style: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """A line as it is shown: from its character number `first`, with the cell at which each shown character begins."""

    shown: str
    first: int
    edges: tuple[int, ...]

    def cell(self, column: int) -> int:
        """The cell of a column of the line (from 1), or the nearest one where it was cut away."""
        return self.edges[min(max(column - 1 - self.first, 0), len(self.edges) - 1)]


def fit(line: str, column: int, end_column: int, limit: int) -> Fitted:
    """Show a line in at most `limit` cells, cut around the region between two columns (from 1, the end exclusive)."""
    line = line.rstrip()
    low, high = _window(line, column - 1, end_column - 1, limit)
    shown = ELLIPSIS if low else ""
    position = width(shown)
    edges = [position]
    for character in line[low:high]:
        piece = cells(character, position)
        shown += piece
        position += width(piece)
        edges.append(position)
    return Fitted(shown + (ELLIPSIS if high < len(line) else ""), low, tuple(edges))


def _window(line: str, start: int, end: int, limit: int) -> tuple[int, int]:
    """Which characters to show: the region from its start, then what surrounds it, in turn to the left and right."""
    if len(line) * TAB <= limit and line.isprintable() and line.isascii():
        return 0, len(line)
    room = limit - 2 * width(ELLIPSIS)
    low = high = min(max(start, 0), len(line))
    while high < min(end, len(line)) and (room := room - _cost(line[high])) >= 0:
        high += 1
    while room > 0 and (low > 0 or high < len(line)):
        if low > 0 and (room := room - _cost(line[low - 1])) >= 0:
            low -= 1
        if high < len(line) and (room := room - _cost(line[high])) >= 0:
            high += 1
    return low, high


def _cost(character: str) -> int:
    return TAB if character == "\t" else width(visible(character))


def draw(text: SourceText, marks: Sequence[Mark], paint: Paint, gutter: int, limit: int) -> Iterator[str]:
    """The lines of an excerpt: numbered in a gutter of so many digits, at most `limit` cells wide."""
    block = next((mark for mark in marks if mark.span.end_line > mark.span.line), None)
    sheet = _Sheet(text, block, paint, gutter, limit - gutter - 3 - (2 if block else 0))
    previous = 0
    for number in _numbers(marks, block):
        if previous and number > previous + 1:
            yield paint("...", "gutter")
        previous = number
        here = [mark for mark in marks if mark.span.line == number and mark is not block]
        yield from sheet.line(number, sorted(here, key=lambda mark: not mark.primary))


def _numbers(marks: Sequence[Mark], block: Mark | None) -> list[int]:
    """Which lines to show: those with marks, a line between two of them, and of a long block its head and its end."""
    numbers = {mark.span.line for mark in marks}
    if block:
        first, last = block.span.line, block.span.end_line
        numbers.update(range(first, last + 1) if last - first < _BLOCK_LINES else (first, first + 1, first + 2, last))
    numbers |= {number + 1 for number in numbers if number + 2 in numbers}
    return sorted(numbers)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is the same for all lines of an excerpt; `block` is the mark over several lines, which bars tie together."""

    text: SourceText
    block: Mark | None
    paint: Paint
    gutter: int
    room: int

    def line(self, number: int, marks: Sequence[Mark]) -> Iterator[str]:
        """One line of code, and the rows under it."""
        columns = [self._columns(mark, number) for mark in marks] or [self._block_columns(number)]
        line = fit(self.text.line(number), *columns[0], self.room)
        yield f"{self._margin(number)} {self._bar(number, opening=True)}{line.shown}".rstrip()
        margin = f"{self._margin()} {self._bar(number)}"
        for mark, (start, end) in zip(marks, columns, strict=False):
            yield from (margin + row for row in _rows(mark, line.cell(start), line.cell(end), self.paint, self.room))
        if self.block and number == self.block.span.line and not self._starts_line(self.block):
            corner = f" {'_' * (line.cell(self.block.span.column) + 1)}{_sign(self.block)}"
            yield f"{self._margin()} {self.paint(corner, self.block.style)}"
        if self.block and number == self.block.span.end_line:
            reach = line.cell(max(self.block.span.end_column - 1, 1)) + 1
            tail = f"|{'_' * reach}{_sign(self.block)} {visible(self.block.label)}".rstrip()
            yield f"{self._margin()} {self.paint(tail, self.block.style)}"

    def _margin(self, number: int | str = "") -> str:
        return self.paint(f"{number:>{self.gutter}} |", "gutter")

    def _bar(self, number: int, *, opening: bool = False) -> str:
        """The two cells before the code of a line, or before the rows under it."""
        if self.block is None:
            return ""
        span = self.block.span
        if opening and number == span.line and self._starts_line(self.block):
            return self.paint("/", self.block.style) + " "
        if opening:
            inside = span.line < number <= span.end_line
        else:
            inside = span.line <= number < span.end_line and (number > span.line or self._starts_line(self.block))
        return self.paint("|", self.block.style) + " " if inside else "  "

    def _starts_line(self, mark: Mark) -> bool:
        return not self.text.line(mark.span.line)[: mark.span.column - 1].strip()

    def _columns(self, mark: Mark, number: int) -> tuple[int, int]:
        """Where to underline: to the end of the line where the mark goes on after it."""
        span = mark.span
        end = span.end_column if span.end_line == span.line else len(self.text.line(number).rstrip()) + 1
        return span.column, max(end, span.column + 1)

    def _block_columns(self, number: int) -> tuple[int, int]:
        """Around what to cut a line without marks of its own."""
        if self.block and number == self.block.span.end_line:
            return max(self.block.span.end_column - 1, 1), self.block.span.end_column
        return (self.block.span.column, self.block.span.column + 1) if self.block else (1, 1)


def _rows(mark: Mark, start: int, end: int, paint: Paint, room: int) -> Iterator[str]:
    """The row of a mark and its words, which go to a row of their own where they do not fit behind it."""
    line = _sign(mark) * max(end - start, 1)
    label = visible(mark.label)
    size = width(label)
    if not label or start + len(line) + 1 + size <= room:
        yield " " * start + paint(f"{line} {label}".rstrip(), mark.style)
    else:
        yield " " * start + paint(line, mark.style)
        yield " " * min(start, max(room - size, 0)) + paint(label, mark.style)


def _sign(mark: Mark) -> str:
    return "^" if mark.primary else "-"
