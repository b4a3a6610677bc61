"""Whole outputs that are kept in `tests/golden`: a change of the output is a change of a file that a person reads.

`UPDATE_GOLDEN=1 pytest` writes them anew.
"""

import os
from pathlib import Path

from aisafety_lint import __version__

FOLDER = Path(__file__).resolve().parent / "golden"


def same_as_golden(name: str, text: str) -> bool:
    """Whether a text equals the kept one, apart from the version of the linter; shows the difference otherwise."""
    path = FOLDER / name
    text = text.replace(f'"{__version__}"', '"VERSION"')
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    assert text == path.read_text("utf-8")
    return True
