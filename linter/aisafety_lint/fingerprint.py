"""Fingerprints: what identifies a finding from one run to the next.

Takes findings and texts, gives two kinds of keys. GitHub's `primaryLocationLineHash` must equal what its upload action
computes from the file, else the action warns; our own key survives what that one does not: edits of the lines below,
moved code and renamed files.
"""

import hashlib
import re
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

from aisafety_lint.finding import Finding
from aisafety_lint.source import SourceText, Span

_WINDOW = 100
_BASE = 37
_MASK = 0xFFFF_FFFF_FFFF_FFFF
_END_OF_FILE = 0xFFFF
_LINE_FEED = 0x0A
_BASE_TO_WINDOW = pow(_BASE, _WINDOW, _MASK + 1)

_LINE_END = re.compile(r"\r\n?")
_BLANKS = str.maketrans("", "", " \t")
_SPACE = re.compile(r"\s+")
# What a scan of Python code must not look into, and what it counts.
_CODE = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""|\'{3}(?:[^\\]|\\.)*?\'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*|[()\[\]{}]''',
    re.DOTALL,
)
_BEGINNING = re.compile(r"""["'#()\[\]{}]""")
_OPENING = re.compile(r"(?<=\w)[\w.]*(?:[ \t]*\()?")
_DEFINED = re.compile(r"\b(?:def|class)[ \t]+$")
_LONGEST = 20_000
_LAST_COMMA = re.compile(r",(?=[)\]}])")


def line_hashes(text: str) -> list[str]:
    """GitHub's `primaryLocationLineHash` of every line of a file, the first line first.

    A rolling hash of the hundred UTF-16 code units from the start of the line, blanks and tabs left out and line ends
    made equal; then a colon and how often the same hash has occurred up to this line.
    """
    packed = _LINE_END.sub("\n", text).translate(_BLANKS).encode("utf-16-le", "surrogatepass")
    units = [*struct.unpack(f"<{len(packed) // 2}H", packed), _END_OF_FILE]
    starts = [0, *(index + 1 for index, unit in enumerate(units) if unit == _LINE_FEED)]
    units += [0] * _WINDOW
    rolled = list(accumulate(units, lambda value, unit: (value * _BASE + unit) & _MASK, initial=0))
    seen: Counter[str] = Counter()
    hashes = []
    for start in starts:
        value = f"{(rolled[start + _WINDOW] - rolled[start] * _BASE_TO_WINDOW) & _MASK:x}"
        seen[value] += 1
        hashes.append(f"{value}:{seen[value]}")
    return hashes


def hashed_lines(text: SourceText, line: int) -> range:
    """The lines whose text goes into the hash of a line: where one of them was changed, the hash is not the file's."""
    seen = 0
    last = line
    for last in range(line, len(text.starts) + 1):
        seen += len(text.line(last).translate(_BLANKS)) + 1
        if seen >= _WINDOW:
            break
    return range(line, last + 1)


def fingerprints(findings: Sequence[Finding], texts: Mapping[str, SourceText]) -> list[str]:
    """Our own key of every finding, in the order of the findings.

    It stands on the rule, the enclosing definition and the text of the primary region (or the finding's own key), so
    it holds when lines move, files are renamed and code is reformatted. Equal keys are told apart by a number in the
    order of path and place, which is the only use of both.
    """
    digests = [_digest(finding, texts) for finding in findings]
    places = [(finding.location.path, finding.location.span) for finding in findings]
    seen: Counter[str] = Counter()
    keys = [""] * len(findings)
    for index in sorted(range(len(findings)), key=places.__getitem__):
        digest = digests[index]
        seen[digest] += 1
        keys[index] = f"{digest}:{seen[digest]}"
    return keys


def _digest(finding: Finding, texts: Mapping[str, SourceText]) -> str:
    text = texts.get(finding.location.path)
    what = finding.key or (normalised(_what(text, finding.location.span)) if text else "")
    parts = (finding.rule, finding.symbol, what)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _what(text: SourceText, span: Span) -> str:
    """The text that a region stands for: in Python all of the call or list that it is the beginning of."""
    name = text.path.rpartition("/")[2]
    if not name.endswith((".py", ".pyw", ".ipynb")) and "." in name:
        return region_text(text, span)
    start = text.offset(span.line, span.column) if span.line <= len(text.starts) else len(text.text)
    return _call(text.text, start, start + len(region_text(text, span)))


def _call(source: str, start: int, end: int) -> str:
    """The code from one offset to another and on to where its brackets close, without comments; of a call its name and
    arguments, since a call over several lines is marked at its name only, and one in a line as a whole.
    """
    opening = _OPENING.match(source, end)
    if opening and not _DEFINED.search(source, max(start - 20, 0), start):
        end = opening.end()
    parts: list[str] = []
    opened: list[int] = []
    last = position = start
    longest = start + _LONGEST
    while (token := _token(source, position, longest if opened else end, longest)) is not None:
        parts.append(source[position : token.start()])
        position = token.end()
        if token[0][0] in "([{":
            opened.append(sum(map(len, parts)))
        elif token[0][0] in ")]}" and opened:
            last = opened.pop()
        parts.append("" if token[0][0] == "#" else token[0])
        end = max(end, position)
    code = "".join([*parts, source[position:end]]).rstrip()
    if not code.endswith(")"):
        return code
    name = code[:last].rstrip()
    first = next((at for at in range(len(name), 0, -1) if not _is_in_name(name[at - 1])), 0)
    return code[first:]


def _token(source: str, start: int, until: int, longest: int) -> re.Match[str] | None:
    """The first bracket, text or comment that begins between two offsets; it ends before a third one."""
    found = _BEGINNING.search(source, start, until)
    while found is not None:
        token = _CODE.match(source, found.start(), longest)
        if token is not None:
            return token
        found = _BEGINNING.search(source, found.end(), until)
    return None


def _is_in_name(character: str) -> bool:
    return character.isalnum() or character == "_"


def region_text(text: SourceText, span: Span) -> str:
    """The text of a region; what lies behind the end of a line or of the file is nothing."""
    lines = [text.line(number) for number in range(span.line, span.end_line + 1)]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def normalised(text: str) -> str:
    """A text without what formatters change: blanks, line ends, the kind of quotes, last commas."""
    return _LAST_COMMA.sub("", _SPACE.sub("", text).replace("'", '"'))
