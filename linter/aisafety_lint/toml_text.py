"""The text of a TOML file as data, read in bounded time and memory.

The parser of the standard library reads nested values by recursion and keeps every beginning of a dotted key, so a key
of 50,000 parts takes gigabytes: what nests too deeply is refused before it is parsed.
"""

import re
import tomllib
from typing import Any

from aisafety_lint.manifests.nodes import MAX_DEPTH

_BRACKET = re.compile(r"[\[\]{}]")
_KEY_PART = re.compile(r"[\w-]+|\"[^\"\n]*\"|'[^'\n]*'|(\.)|[ \t]+|(.)", re.DOTALL)


class TomlError(ValueError):
    """The text is no TOML, or nests too deeply to be read."""


class TooDeepError(TomlError):
    """The text nests too deeply to be read; what it would say is not known."""

    def __init__(self) -> None:
        super().__init__("it nests too deeply")


def load_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text; raises TomlError, with the words and the place of the parser."""
    if nests_too_deeply(text):
        raise TooDeepError
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise TooDeepError from error
    except ValueError as error:
        raise TomlError(str(error)) from error


def nests_too_deeply(text: str) -> bool:
    """Whether brackets may nest, or parts of a dotted key follow each other, beyond what anybody writes."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH or any(_longest_key(line) > MAX_DEPTH for line in _dotted(text))


def _dotted(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.count(".") > MAX_DEPTH]


def _longest_key(line: str) -> int:
    """How many dots the longest dotted key in a line can have; one inside a string counts, too."""
    run = longest = 0
    for dot, other in _KEY_PART.findall(line):
        run = run + 1 if dot else 0 if other else run
        longest = max(longest, run)
    return longest
