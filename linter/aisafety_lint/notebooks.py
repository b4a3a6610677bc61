"""The parts of a notebook that people write or leave: cell sources and text outputs, never images.

A notebook is read as text, token by token, so that every character of a cell keeps its place in the file.
"""

import bisect
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# A string that is not closed is one token too: nothing is read twice.
_TOKEN = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[{}\[\],:]')
# A notebook nests about ten levels; the paths of deeper ones would cost more than their length.
_DEEPEST = 100
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")
_TEXT_OUTPUTS = frozenset(
    {"text", "traceback", "evalue", "text/plain", "text/html", "text/markdown", "application/json"}
)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """The decoded text of one cell or output; `places` maps offsets in it to offsets in the file, piece by piece."""

    kind: str
    text: str
    places: tuple[tuple[int, int], ...] = field(repr=False)

    def place(self, offset: int) -> int:
        """The offset in the file of an offset in the text."""
        start, place = self.places[max(0, bisect.bisect_right(self.places, (offset, 1 << 62)) - 1)]
        return place + offset - start


def cells(text: str) -> Iterator[Cell]:
    """The cells and text outputs of a notebook in order; nothing where it is no notebook."""
    strings = [found for found in _strings(text) if found[0][:1] == ("cells",)]
    code = {path[1] for path, raw, _ in strings if len(path) == 3 and path[2] == "cell_type" and raw == '"code"'}
    for path, group in itertools.groupby(strings, key=lambda found: _holder(found[0])):
        if path[2:] == ("source",):
            yield _cell("python" if path[1] in code else "markdown", list(group))
        elif "outputs" in path and path[-1] in _TEXT_OUTPUTS:
            yield _cell("text", list(group))


def _holder(path: Path) -> Path:
    """The path of the text that a string is a line of."""
    return path[:-1] if isinstance(path[-1], int) else path


def _strings(text: str) -> Iterator[tuple[Path, str, int]]:
    """Every string value of a JSON text with its path, as it is written, and its offset."""
    path: list[str | int] = []
    key = ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if len(path) > _DEEPEST:
            return
        if mark == "{":
            path.append(key)
        elif mark == "[":
            path += [key, 0]
        elif mark == "}":
            del path[-1:]
        elif mark == "]":
            del path[-2:]
        elif mark == ",":
            if path and isinstance(path[-1], int):
                path[-1] += 1
        elif mark[0] == '"' and len(mark) > 1 and mark[-1] == '"':
            if text[token.end() : token.end() + 20].lstrip()[:1] == ":":
                key = mark[1:-1]
                continue
            held = path if path and isinstance(path[-1], int) else [*path, key]
            yield tuple(part for part in held if part != ""), mark, token.start()
        if mark != ":":
            key = ""


def _cell(kind: str, pieces: list[tuple[Path, str, int]]) -> Cell:
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    length = 0
    for _, raw, start in pieces:
        position = 1
        for escape in [*_ESCAPE.finditer(raw, 1, len(raw) - 1), None]:
            end = escape.start() if escape else len(raw) - 1
            places.append((length, start + position))
            parts.append(raw[position:end])
            length += end - position
            if escape is not None:
                places.append((length, start + end))
                parts.append(_decode(escape[0]))
                length += len(parts[-1])
                position = escape.end()
    return Cell(kind, "".join(parts), tuple(places))


def _decode(escape: str) -> str:
    try:
        return str(json.loads(f'"{escape}"'))
    except ValueError:
        return escape
