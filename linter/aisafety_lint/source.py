"""Files and places in them: the only module in which bytes become text and offsets become lines."""

import bisect
import codecs
import os
import re
from dataclasses import dataclass, field
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

    Kinds: python, notebook, yaml, json, toml, markdown, dockerfile, shell, dotenv, text.
    """

    path: str
    kind: str
    size: int = 0


class UnreadableError(Exception):
    """A file that cannot be read as text; the message says why, for a notification."""


_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class SourceText:
    """A decoded text with an index of its lines (`\\n`, `\\r\\n` and `\\r` end a line, nothing else does)."""

    path: str
    text: str
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", (0, *(match.end() for match in _NEWLINE.finditer(self.text))))

    def span(self, start: int, end: int) -> Span:
        """Turn two character offsets (end exclusive) into a span."""
        first = bisect.bisect_right(self.starts, start) - 1
        last = bisect.bisect_right(self.starts, end) - 1
        return Span(first + 1, start - self.starts[first] + 1, last + 1, end - self.starts[last] + 1)

    def offset(self, line: int, column: int) -> int:
        """The character offset of a line and column, both from 1."""
        return self.starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        """The text of one line (from 1) without its line end; empty beyond the last line."""
        if not 1 <= number <= len(self.starts):
            return ""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


def decode(data: bytes) -> str:
    """Decode the bytes of a text file: a byte order mark decides, else UTF-8, else Latin-1 for stray bytes.

    Raises UnreadableError for binary data (a NUL byte and no UTF-16 mark).
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
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
        descriptor = os.open(root / file.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise UnreadableError(error.strerror or type(error).__name__) from error
    if len(data) > limit:
        raise UnreadableError(f"larger than {limit} bytes")
    return data
