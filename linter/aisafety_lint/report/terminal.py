"""Text on a terminal: what may not act there is made visible, widths are counted in cells, styles are optional.

File names, code and messages come from the scanned repository; escape sequences and marks that turn the direction of
text would let it forge what a person reads.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

TAB = 4
ELLIPSIS = "…"

_STYLES = {
    "critical": "1;31",
    "high": "1;31",
    "medium": "1;33",
    "low": "1;36",
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "gutter": "1;34",
    "secondary": "1;34",
    "strong": "1",
    "underline": "4",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """Adds styles and links to text, or leaves it as it is."""

    color: bool = False
    hyperlinks: bool = False

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.color and text else text

    def link(self, text: str, path: Path) -> str:
        """Make text that is already safe to print a link to a file."""
        return f"\x1b]8;;{path.absolute().as_uri()}\x1b\\{text}\x1b]8;;\x1b\\" if self.hyperlinks else text


def visible(text: str) -> str:
    """Write every character that is not seen, or that acts on the terminal, as a Python escape; spaces stay."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")


def cells(character: str, column: int = 0) -> str:
    """A character of source code as it is shown, a tab filling up to the next stop from this column."""
    return " " * (TAB - column % TAB) if character == "\t" else visible(character)


def width(text: str) -> int:
    """How many cells a visible text takes: two for wide characters, none for marks that combine with the one before."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it needs one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
