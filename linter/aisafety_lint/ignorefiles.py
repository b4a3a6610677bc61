"""Patterns in the syntax of .gitignore: those of the settings, and those of the ignore files met on a walk."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

import pathspec

from aisafety_lint.errors import UserError

MAX_BYTES = 1_000_000
MAX_PATTERNS = 5_000

_PLAIN_FOLDER = re.compile(r"[^*?\[\\!#/]+/")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns of one place: paths lose a prefix of `base` characters before they are matched.

    Plain names of folders, which most patterns of the settings are, are looked up; the rest is matched in order.
    """

    spec: pathspec.GitIgnoreSpec
    folders: frozenset[str] = frozenset()
    base: int = 0

    def verdict(self, path: str, name: str, is_folder: bool) -> bool | None:
        """Whether a path is excluded: True, False where a negation takes it back, None where no pattern says."""
        if is_folder and name in self.folders:
            return True
        return self.spec.check_file(f"{path[self.base :]}/" if is_folder else path[self.base :]).include


def _compiled(lines: Iterable[str]) -> pathspec.GitIgnoreSpec:
    """Always by Python's own `re`: the faster engines that may be installed refuse names in no encoding."""
    return pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")


def checked_spec(patterns: Iterable[str], setting: str) -> pathspec.GitIgnoreSpec:
    """Compile the patterns of a setting; raises UserError for one that is not a pattern."""
    patterns = tuple(patterns)
    for pattern in patterns:
        if not _is_pattern(pattern):
            raise UserError(f"`{pattern}` in `{setting}` is not a pattern in the syntax of .gitignore")
    return _compiled(patterns)


def pruning(patterns: Iterable[str], setting: str) -> Patterns:
    """The patterns of a setting, for a walk that asks about each folder before what is in it."""
    patterns = tuple(patterns)
    # A negation takes back what came before it, so order counts: no short cut then.
    negated = any(pattern.startswith("!") for pattern in patterns)
    folders = frozenset() if negated else frozenset(item[:-1] for item in patterns if _PLAIN_FOLDER.fullmatch(item))
    return Patterns(checked_spec((item for item in patterns if item[:-1] not in folders), setting), folders)


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """A compiled ignore file, and what is wrong with it (nothing: an empty text)."""

    patterns: Patterns
    problem: str = ""


def read_ignore_file(path: str, base: int) -> IgnoreFile | None:
    """Read a .gitignore or .git/info/exclude that holds below a prefix of `base` characters; None without patterns.

    A link is not followed, as in git. What is not a pattern, or too much, has no effect and is told.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError:
        return None
    lines = data[:MAX_BYTES].decode("utf-8", "surrogateescape").splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    problem = (
        f"Only the first {MAX_PATTERNS} patterns count." if len(lines) > MAX_PATTERNS or len(data) > MAX_BYTES else ""
    )
    lines = lines[:MAX_PATTERNS]
    if not lines:
        return None
    try:
        spec = _compiled(lines)
    except (ValueError, re.error):
        good = [line for line in lines if _is_pattern(line)]
        spec = _compiled(good)
        bad = next(line for line in lines if line not in good)
        problem = f"`{bad}` is not a pattern and has no effect."
    return IgnoreFile(Patterns(spec, base=base), problem)


def _is_pattern(line: str) -> bool:
    try:
        _compiled([line])
    except (ValueError, re.error):
        return False
    return True
