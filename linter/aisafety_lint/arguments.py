"""Parsing arguments as all commands do it: one kind of error for what is not understood, with the nearest names."""

import argparse
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from aisafety_lint.errors import UserError
from aisafety_lint.suggest import did_you_mean

if TYPE_CHECKING:
    import datetime


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UserError instead of leaving the program."""

    def __init__(self, name: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=f"aisafety-lint {name}".strip(),
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse the words after the command."""
        found, unknown = self.parse_known_args(words)
        if unknown:
            word = unknown[0].partition("=")[0]
            options = [option for option in self._option_string_actions if option.startswith("--")]
            message = f"unknown option `{word}`" if word.startswith("-") else f"too many arguments: `{word}`"
            raise UserError(message, did_you_mean(word, options, f"`{self.prog} --help` lists the options"))
        return found

    def shown_options(self) -> list[argparse.Action]:
        """All options, in the order of the help."""
        return [action for action in self._actions if action.option_strings]

    def error(self, message: str) -> NoReturn:
        """Turn what argparse complains about into an error of ours."""
        message = re.sub(r"^argument ([^:]+): ", lambda match: f"`{match[1].split('/')[0]}`: ", message)
        raise UserError(message, f"`{self.prog} --help` shows the usage")


class OneOf:
    """A type of argument that takes one of some values."""

    def __init__(self, what: str, values: Iterable[str]) -> None:
        self._what = what
        self.values = tuple(values)

    def __call__(self, text: str) -> str:
        if text not in self.values:
            otherwise = f"it is one of {', '.join(f'`{value}`' for value in self.values)}"
            raise UserError(f"unknown {self._what} `{text}`", did_you_mean(text, self.values, otherwise))
        return text


def count(text: str) -> int:
    """A type of argument that takes a number of things."""
    if not (text.isascii() and text.isdigit()):
        raise UserError(f"`{text}` is not a number of something")
    return int(text)


def day(text: str) -> "datetime.date":
    """A type of argument that takes a day."""
    import datetime

    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise UserError(f"`{text}` is no day", "a day is written 2027-01-31") from None


def address(text: str) -> str:
    """A type of argument that takes the address of a page."""
    if text and not re.fullmatch(r"https?://[\w.\-:]+(/[\w.\-~%/@+]*)?", text, re.ASCII):
        raise UserError(f"`{text}` is no address", "an address begins with https:// and names a folder")
    return text


def words(text: str) -> list[str]:
    """A type of argument that takes several words with commas between them."""
    return [word for word in (part.strip() for part in text.split(",")) if word]


def folder(text: str) -> Path:
    """A type of argument that takes an existing folder."""
    path = Path(text).resolve()
    if not path.is_dir():
        raise UserError(f"`{text}` is not a folder")
    return path


def use_color(choice: str, environment: "os._Environ[str] | dict[str, str]", terminal: bool) -> bool:
    """Whether to color: the option decides, then NO_COLOR, FORCE_COLOR or CLICOLOR_FORCE, then the terminal."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return terminal and environment.get("TERM") != "dumb"


# Terminals that show links, by a variable that they set, and some by its value; others may show the characters.
_LINKING = (
    ("WT_SESSION", ""),
    ("KONSOLE_VERSION", ""),
    ("DOMTERM", ""),
    ("VTE_VERSION", r"[5-9]\d{3}|\d{5,}"),
    ("TERM_PROGRAM", r"iTerm\.app|WezTerm|vscode|ghostty|Hyper|mintty|rio|Tabby|zed|WarpTerminal"),
    ("TERM", r".*(?:kitty|alacritty|foot|ghostty|wezterm|contour)"),
)


def use_links(environment: "os._Environ[str] | dict[str, str]", terminal: bool) -> bool:
    """Whether to make places links: FORCE_HYPERLINK decides, then whether the terminal is known to show them."""
    if forced := environment.get("FORCE_HYPERLINK"):
        return forced != "0"
    # What lies between hands links on or does not, whatever the terminal can.
    if not terminal or environment.get("TERM", "").startswith(("dumb", "screen", "tmux", "linux")):
        return False
    return any(name in environment and re.match(value, environment[name]) for name, value in _LINKING)


def add_run_options(parser: Parser) -> None:
    """The options of a command that makes a report for itself: which rules and settings, and the cache."""
    parser.add_argument(
        "--rules", action="append", type=folder, metavar="DIR", help="a folder of own rules; repeatable"
    )
    parser.add_argument("--config", metavar="FILE", help="use this configuration file")
    parser.add_argument("--isolated", action="store_true", help="use no configuration file")
    parser.add_argument("--no-cache", action="store_true", help="neither use what earlier runs found nor keep anything")
    parser.add_argument("--cache-dir", metavar="DIR", help="the folder of the cache")
