"""A script as the list of its simple commands: as much of the shell as it takes to see what a pipeline step runs.

Takes the text of a script, gives its commands with their words, place and the operator that follows. Expansions are
left as they are written; nothing is run or resolved.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<blank>[^\S\n]+|\\\n)
  | (?P<comment>\#[^\n]*)
  | (?P<operator>\|\||&&|;;|[;|&\n()])
  | (?P<word>(?:\$\{\{[^\n]{0,200}?\}\}|\$\([^()\n]*\)|'[^']*'|"(?:\\.|[^"\\])*"|\\[^\n]|[^\s;|&()'"\\])+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTES = re.compile(r"""'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)""", re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: words without quotes and leading assignments, place in the script, what follows."""

    words: tuple[str, ...]
    assignments: tuple[str, ...]
    start: int
    end: int
    operator: str


def commands(script: str) -> tuple[Command, ...]:
    """Split a script into its simple commands, in order; keywords such as `if` stay words."""
    return tuple(_commands(script))


def _commands(script: str) -> Iterator[Command]:
    words: list[str] = []
    start = end = 0
    for token in _TOKEN.finditer(script):
        kind = token.lastgroup
        if kind == "operator":
            if words:
                yield _command(words, start, end, token[0])
            words = []
        elif kind in ("word", "other"):
            if not words:
                start = token.start()
            end = token.end()
            words.append(_QUOTES.sub(lambda match: match[1] or match[2] or match[3] or "", token[0]))
    if words:
        yield _command(words, start, end, "")


def _command(words: list[str], start: int, end: int, operator: str) -> Command:
    count = next((i for i, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
    return Command(tuple(words[count:]), tuple(words[:count]), start, end, operator)
