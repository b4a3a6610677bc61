"""Files and places in them: the only module in which bytes become text and offsets become lines."""

import bisect
import codecs
import os
import re
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A region of a text: lines and columns count from 1, columns in characters, the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """A file of the project: `path` is relative to the root with forward slashes, `kind` says how it is read.

    Kinds: python, notebook, yaml, json, toml, markdown, dockerfile, hcl, unit, shell, dotenv, text, and
    archive, of which single members are read.
    """

    path: str
    kind: str
    size: int = 0


def is_zipped(file: SourceFile, data: bytes) -> bool:
    """Whether a file is an archive by its name and by its first bytes; a text may have such a name."""
    return file.kind == "archive" and data.startswith(b"PK")


class UnreadableError(Exception):
    """A file that cannot be read as text; the message says why, for a notification."""


_NEWLINE = re.compile(r"\r\n|\r|\n")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a file has beyond the size that it was said to have is read in pieces of this size.
_CHUNK = 65_536
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A decoded text with an index of its lines (`\\n`, `\\r\\n` and `\\r` end a line, nothing else does)."""

    path: str
    text: str
    _starts: tuple[int, ...] = field(default=(), init=False, repr=False, compare=False)

    @property
    def starts(self) -> tuple[int, ...]:
        """The offsets at which the lines begin; found when they are first asked for, which most texts never are."""
        if not self._starts:
            object.__setattr__(self, "_starts", _line_starts(self.text))
        return self._starts

    def span(self, start: int, end: int) -> Span:
        """Turn two character offsets (end exclusive) into a span."""
        starts = self.starts
        first = bisect.bisect_right(starts, start) - 1
        last = bisect.bisect_right(starts, end) - 1
        return Span(first + 1, start - starts[first] + 1, last + 1, end - starts[last] + 1)

    def offset(self, line: int, column: int) -> int:
        """The character offset of a line and column, both from 1."""
        return self.starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        """The text of one line (from 1) without its line end; empty beyond the last line."""
        starts = self.starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


def _line_starts(text: str) -> tuple[int, ...]:
    if "\r" in text:
        return (0, *(match.end() for match in _NEWLINE.finditer(text)))
    return tuple(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))


def decode(data: bytes) -> str:
    """Decode the bytes of a text file: a byte order mark decides, else UTF-8, else Latin-1 for stray bytes.

    Raises UnreadableError for binary data (a NUL byte and no UTF-16 mark).
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data:
        raise UnreadableError("binary data")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_bytes(root: Path, file: SourceFile, limit: int) -> bytes:
    """Read a file of the project, at most `limit` bytes; raises UnreadableError with the reason."""
    try:
        descriptor = os.open(os.path.join(root, file.path), _READ)  # noqa: PTH118 - once for every file of a project
        try:
            data = _read(descriptor, min(file.size, limit) + 1, limit)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnreadableError(error.strerror or type(error).__name__) from error
    if len(data) > limit:
        raise UnreadableError(f"larger than {limit} bytes")
    return data


def _read(descriptor: int, expected: int, limit: int) -> bytes:
    """Read to the end, or one byte more than the limit: at once where the file is as large as it is said to be."""
    data = os.read(descriptor, expected)
    more = data if len(data) == expected else b""
    while more and len(data) <= limit:
        more = os.read(descriptor, min(_CHUNK, limit + 1 - len(data)))
        data += more
    return data
