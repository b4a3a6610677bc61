"""The notation in which a secret format is written down, e.g. `sk-ant-api{digit:2}-{base64url:93}AA`.

One shape gives the pattern that finds a value, the literals that make looking for it cheap, and made-up values of the
format; so the three cannot disagree. A shape has no nested repeats: its pattern is safe on hostile text by construction
and means the same in RE2.

    text            stands for itself
    {alnum:20}      exactly 20 characters of a named class; {alnum:20-74} a range, {alnum:20-} one without end
    {[A-Z2-7]:16}   the same with a character class spelled out
    {live|test}     one of several texts; {|-prod} an optional one
    {uuid}          a UUID in lower case
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

CLASSES = {
    "digit": "[0-9]",
    "lower": "[a-z]",
    "upper": "[A-Z]",
    "letter": "[A-Za-z]",
    "hex": "[0-9a-f]",
    "hexupper": "[0-9A-F]",
    "hexany": "[0-9A-Fa-f]",
    "loweralnum": "[a-z0-9]",
    "upperalnum": "[A-Z0-9]",
    "alnum": "[A-Za-z0-9]",
    "word": "[A-Za-z0-9_]",
    "base32": "[A-Z2-7]",
    "base58": "[1-9A-HJ-NP-Za-km-z]",
    "base64": "[A-Za-z0-9+/]",
    "base64url": "[A-Za-z0-9_-]",
}
# Characters of which most secrets are made: no part of a longer word may stand right before or after a value.
WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_WORD_CHARACTERS = "".join(sorted(WORD))
_ENDLESS = 1 << 30
_PRINTABLE = "".join(map(chr, range(33, 127)))
_INSIDE, _OUTSIDE = b"a "
_TOKEN = re.compile(r"\{(?:(uuid)|(\[[^\]]+\]|[a-z0-9]+):(\d+)(?:-(\d*))?|([^{}]*\|[^{}]*))\}|([^{}]+)")
_UUID = tuple(("hex", n) for n in (8, 4, 4, 4, 12))


class Piece(NamedTuple):
    """One part of a shape: fixed `texts` (one of them stands there), or `least` to `most` characters of a class."""

    texts: tuple[str, ...] = ()
    characters: str = ""
    least: int = 0
    most: int = 0

    @property
    def pattern(self) -> str:
        """The piece as a regular expression."""
        if self.texts:
            parts = sorted(map(re.escape, self.texts), key=len, reverse=True)
            return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
        if self.least == self.most:
            return f"{self.characters}{{{self.least}}}"
        return f"{self.characters}{{{self.least},{'' if self.most == _ENDLESS else self.most}}}"

    @property
    def shortest(self) -> int:
        """The least number of characters that the piece takes."""
        return min(map(len, self.texts)) if self.texts else self.least

    @property
    def longest(self) -> int:
        """The greatest number of characters that the piece takes."""
        return max(map(len, self.texts)) if self.texts else self.most


@dataclass(frozen=True)
class Shape:
    """A shape, read; what follows from its pieces is worked out when it is asked for."""

    pieces: tuple[Piece, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The shape as a regular expression."""
        return re.compile("".join(piece.pattern for piece in self.pieces))

    @cached_property
    def shortest(self) -> int:
        """The least number of characters of a value."""
        return sum(piece.shortest for piece in self.pieces)

    @cached_property
    def longest(self) -> int:
        """The greatest number of characters of a value."""
        return sum(piece.longest for piece in self.pieces)

    @property
    def prefix(self) -> str:
        """The fixed text that every value begins with."""
        first = self.pieces[0].texts
        return first[0] if len(first) == 1 else ""

    @property
    def anchors(self) -> tuple[str, ...]:
        """The literals of which a value has one."""
        return self._anchoring[0]

    @property
    def nearest(self) -> int:
        """The least number of characters before an anchor."""
        return self._anchoring[1]

    @property
    def reach(self) -> int:
        """The greatest number of characters before an anchor."""
        return self._anchoring[2]

    @property
    def anchored_at_start(self) -> bool:
        """Whether the anchors are what a value begins with."""
        return bool(self.anchors) and self.reach == 0

    @cached_property
    def leading(self) -> int:
        """The least number of characters of a word that a value begins with."""
        length = 0
        for piece in self.pieces:
            if not piece.texts:
                if not _are_of_words(piece.characters):
                    break
                length += piece.least
                continue
            runs = [len(text) - len(text.lstrip(_WORD_CHARACTERS)) for text in piece.texts]
            length += min(runs)
            if any(run < len(text) for run, text in zip(runs, piece.texts, strict=True)):
                break
        return length

    @cached_property
    def _anchoring(self) -> tuple[tuple[str, ...], int, int]:
        return _anchors(self.pieces)


def parse_shape(notation: str) -> Shape:
    """Read a shape; raises ValueError where the notation is wrong."""
    return Shape(tuple(_pieces(notation)))


def make(shape: Shape, rng: "random.Random") -> str:
    """Make up a value of the shape; ranges take a length in their lower middle."""
    return "".join(_make_piece(piece, rng) for piece in shape.pieces)


@lru_cache(maxsize=256)
def expand(characters: str) -> str:
    """All characters of a class such as `[A-Z2-7]`, in order."""
    return "".join(re.findall(characters, _PRINTABLE))


@lru_cache(maxsize=256)
def _are_of_words(characters: str) -> bool:
    return WORD.issuperset(expand(characters))


class Alphabet(NamedTuple):
    """Characters of which values are made, and the least number of them in a row that a value has."""

    marks: bytes
    least: int

    @staticmethod
    def of(characters: Iterable[str], least: int) -> "Alphabet":
        """The alphabet of some characters; what is not ASCII counts as a question mark."""
        known = set("".join(characters).encode("ascii", "replace"))
        return Alphabet(bytes(_INSIDE if code in known else _OUTSIDE for code in range(256)), least)

    def runs(self, data: bytes) -> list[tuple[int, int]]:
        """The offsets of the unbroken runs of these characters that are long enough, in order.

        The text is turned into marks, one for each character, in which long runs are found at the speed of a search.
        """
        least, found = self.least, []
        needle, outside = bytes([_INSIDE]) * least, bytes([_OUTSIDE])
        find = data.translate(self.marks).find
        start = find(needle)
        while start >= 0:
            end = find(outside, start + least)
            if end < 0:
                end = len(data)
            found.append((start, end))
            start = find(needle, end)
        return found


def _make_piece(piece: Piece, rng: "random.Random") -> str:
    if piece.texts:
        return rng.choice(piece.texts)
    alphabet = expand(piece.characters)
    longest = piece.least + (20 if piece.most == _ENDLESS else (piece.most - piece.least) // 2)
    length = rng.randint(piece.least, longest)
    return "".join(rng.choice(alphabet) for _ in range(length))


def _pieces(notation: str) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    for match in _TOKEN.finditer(notation):
        if match.start() != position:
            break
        position = match.end()
        uuid, name, least, most, choice, text = match.groups()
        if text is not None:
            pieces.append(Piece(texts=(text,)))
        elif choice is not None:
            pieces.append(Piece(texts=tuple(choice.split("|"))))
        elif uuid:
            for index, (kind, count) in enumerate(_UUID):
                pieces += [Piece(texts=("-",))] * bool(index)
                pieces.append(Piece(characters=CLASSES[kind], least=count, most=count))
        else:
            characters = name if name.startswith("[") else CLASSES.get(name, "")
            if not characters:
                raise ValueError(f"no character class `{name}` in the shape `{notation}`")
            longest = _ENDLESS if most == "" else int(most or least)
            pieces.append(Piece(characters=characters, least=int(least), most=longest))
    if position != len(notation) or not pieces:
        raise ValueError(f"the shape `{notation}` is not well-formed at offset {position}")
    return pieces


def _anchors(pieces: tuple[Piece, ...]) -> tuple[tuple[str, ...], int, int]:
    """The most telling run of fixed text, at the start where that is telling enough, and how far in it stands."""
    best: tuple[tuple[str, ...], int, int] = ((), 0, 0)
    nearest = reach = index = 0
    while index < len(pieces):
        runs = [""]
        first = index
        while index < len(pieces) and pieces[index].texts and len(runs) * len(pieces[index].texts) <= 24:
            runs = [start + text for start in runs for text in pieces[index].texts]
            index += 1
        length = min(map(len, runs))
        if length >= 3 and (not best[0] or length > min(map(len, best[0]))):
            best = (tuple(runs), nearest, reach)
        if best[0] and best[2] == 0:
            return best
        index = max(index, first + 1)
        nearest += sum(piece.shortest for piece in pieces[first:index])
        reach += sum(piece.longest for piece in pieces[first:index])
    return best
