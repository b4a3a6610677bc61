"""Code of the scanned repository in HTML: lines with numbers, and marks on the regions that matter. Nothing acts."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from aisafety_lint.report.terminal import visible
from aisafety_lint.source import SourceText, Span

_LONGEST = 400
_MOST_LINES = 6


class Region(NamedTuple):
    """A region to mark, with a few words on it."""

    span: Span
    label: str
    primary: bool


def text_of(text: str) -> str:
    """Text as HTML shows it, with what cannot be seen made visible."""
    return escape(visible(text))


def words(text: str) -> str:
    """A message, what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return text_of(text)
    return "".join(
        f"<code>{text_of(part)}</code>" if number % 2 else text_of(part) for number, part in enumerate(parts)
    )


def excerpt(text: SourceText, regions: Sequence[Region], around: int = 1) -> str:
    """The lines of some regions with those around them."""
    numbers: set[int] = set()
    for region in regions:
        last = min(region.span.end_line, region.span.line + _MOST_LINES)
        numbers.update(range(region.span.line - around, last + around + 1))
    shown = [number for number in sorted(numbers) if 1 <= number <= len(text.starts)]
    return f'<pre tabindex="0">{"".join(_lines(text, shown, regions))}</pre>'


def _lines(text: SourceText, numbers: Sequence[int], regions: Sequence[Region]) -> Iterable[str]:
    previous = 0
    for number in numbers:
        if previous and number > previous + 1:
            yield '<span class="l"><span class="n">…</span></span>'
        previous = number
        here = [region for region in regions if region.span.line <= number <= region.span.end_line]
        at = " at" if any(region.primary for region in here) else ""
        labels = "".join(
            f'<span class="t">{text_of(region.label)}</span>' for region in here if _starts(region, number)
        )
        code = _marked(text.line(number), number, here)
        yield f'<span class="l{at}"><span class="n">{number}</span>{code}{labels}</span>'


def _starts(region: Region, number: int) -> bool:
    return bool(region.label) and region.span.line == number


def _marked(line: str, number: int, regions: Iterable[Region]) -> str:
    """A line in which the regions are marked; where they overlap, the first one counts."""
    pieces: list[str] = []
    position = 0
    for region in sorted(regions, key=lambda item: item.span):
        span = region.span
        start = span.column - 1 if span.line == number else len(line) - len(line.lstrip())
        end = span.end_column - 1 if span.end_line == number else len(line)
        start, end = max(start, position), min(end, len(line))
        if start < end:
            pieces.append(_shown(line[position:start]))
            pieces.append(f"<mark{' class=p' if region.primary else ''}>{_shown(line[start:end])}</mark>")
            position = end
    return "".join([*pieces, _shown(line[position:])])


def _shown(piece: str) -> str:
    short = piece if len(piece) <= _LONGEST else f"{piece[: _LONGEST // 2]} … {piece[-_LONGEST // 2 :]}"
    return text_of(short.replace("\t", "    "))
