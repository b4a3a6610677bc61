"""What the tree-sitter parsers share: from a syntax tree's byte offsets to the characters of the text."""

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Tree


@dataclass(frozen=True, slots=True)
class ByteIndex:
    """Turns offsets in the UTF-8 bytes of a text into offsets of characters."""

    text: str
    data: bytes = field(init=False, repr=False)
    _ends: list[int] = field(init=False, repr=False)
    _extra: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ends: list[int] = []
        extra: list[int] = []
        if not self.text.isascii():
            byte = surplus = 0
            for char in self.text:
                width = 1 if char < "\x80" else 2 if char < "\u0800" else 3 if char < "\U00010000" else 4
                byte += width
                if width > 1:
                    surplus += width - 1
                    ends.append(byte)
                    extra.append(surplus)
        object.__setattr__(self, "data", self.text.encode("utf-8"))
        object.__setattr__(self, "_ends", ends)
        object.__setattr__(self, "_extra", extra)

    def char(self, byte: int) -> int:
        """The character offset of a byte offset that lies between two characters."""
        found = bisect.bisect_right(self._ends, byte)
        return byte - self._extra[found - 1] if found else byte


def syntax_tree(language: object, data: bytes) -> "Tree":
    """Parse bytes with a grammar; never fails, errors are nodes of the tree."""
    from tree_sitter import Language, Parser

    return Parser(Language(language)).parse(data)
