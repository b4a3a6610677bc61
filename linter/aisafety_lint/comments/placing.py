"""Where a new comment goes: above the statement, value or paragraph that a finding is in, in the syntax of the file."""

import bisect
import json
import re
from dataclasses import dataclass

from aisafety_lint.comments.lines import layout
from aisafety_lint.comments.markdown import block_around, front_matter
from aisafety_lint.comments.python import statements
from aisafety_lint.notebooks import cells
from aisafety_lint.source import SourceText, Span

_SUFFIXES = {
    "//": "js ts mjs cjs mts cts go java kt kts c cc cpp h hpp cs swift rs scala groovy gradle proto dart",
    "#": "rb pl pm r jl tcl ex exs nix ps1 psm1 cmake graphql gql properties tfvars rego",
    "--": "sql lua hs elm",
    ";": "ini",
}
_LEADER_BY_SUFFIX = {suffix: leader for leader, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
_WITH_COMMENTS = re.compile(r"\.(?:jsonc|json5|code-workspace)\Z|(?:\A|/)(?:[jt]sconfig[^/]*|devcontainer)\.json\Z")
# What stands within these may be a text of several lines, in which a comment would be a part of the text.
_LONG_QUOTES = ("`", '"""', "'''")
_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment goes in a file: an offset, and what stands before and behind the words of the comment."""

    offset: int
    before: str
    behind: str

    def written(self, words: str) -> str:
        """What is put in."""
        return f"{self.before}{words}{self.behind}"


@dataclass(frozen=True, slots=True)
class _InNotebook(Place):
    """A place in a string of JSON."""

    def written(self, words: str) -> str:
        return json.dumps(f"{self.before}{words}{self.behind}", ensure_ascii=False)[1:-1]


def place(text: SourceText, kind: str, span: Span) -> Place | None:
    """The place of a comment about what is at a region; None where there is none."""
    match kind:
        case "python":
            return _in_python(text, span.line)
        case "notebook":
            return _in_notebook(text, span)
        case "markdown":
            return _in_markdown(text, span.line)
        case "json":
            commented = _WITH_COMMENTS.search(text.path) or re.search(r"^\s*(?://|/\*)", text.text, re.MULTILINE)
            return _above(text, layout(text, kind).around(span.line)[0], "// ") if commented else None
        case "text":
            leader = _LEADER_BY_SUFFIX.get(text.path.rpartition(".")[2].lower())
            return _above(text, span.line, f"{leader} ") if leader and _outside_of_quotes(text, span.line) else None
        case "shell":
            line = layout(text, kind).around(span.line)[0]
            return _above(text, line, "# ") if _outside_of_quotes(text, line, ('"', "'")) else None
        case _:
            return _above(text, layout(text, kind).around(span.line)[0], "# ")


def _above(text: SourceText, line: int, leader: str, closing: str = "") -> Place:
    start = text.offset(line, 1)
    indent = _INDENT.match(text.text, start)
    end = "\r\n" if text.text[start:].partition("\n")[0].endswith("\r") else "\n"
    return Place(start, f"{indent[0] if indent else ''}{leader}", f"{closing}{end}")


def _in_python(text: SourceText, line: int) -> Place | None:
    found = statements(text.text)
    around = found.around(line) if found else None
    return _above(text, around[0], "# ") if around else None


def _in_notebook(text: SourceText, span: Span) -> Place | None:
    at = text.offset(span.line, span.column)
    for cell in cells(text.text):
        inner = SourceText(text.path, cell.text)
        if cell.kind != "python" or not cell.text or not cell.place(0) <= at <= cell.place(len(cell.text) - 1):
            continue
        # The places of a cell grow with its offsets, so that the line can be found by them.
        line = bisect.bisect_right(inner.starts, at, key=cell.place)
        here = _in_python(inner, line)
        return _InNotebook(cell.place(here.offset), here.before, here.behind) if here else None
    return None


def _in_markdown(text: SourceText, line: int) -> Place | None:
    if text.path.lower().endswith((".rst", ".adoc", ".textile")):
        return None
    matter = front_matter(text)
    if matter is not None and line <= text.span(len(matter.text), len(matter.text)).line:
        return _above(text, layout(matter, "yaml").around(line)[0], "# ")
    return _above(text, block_around(text, line), "<!-- ", " -->")


def _outside_of_quotes(text: SourceText, line: int, quotes: tuple[str, ...] = _LONG_QUOTES) -> bool:
    """Whether no text of several lines is open at the beginning of a line, as far as its quotes tell."""
    lines = (text.line(number) for number in range(1, line))
    before = "\n".join(one for one in lines if not one.lstrip().startswith(("#", "//")))
    return all(before.count(quote) % 2 == 0 for quote in quotes)
