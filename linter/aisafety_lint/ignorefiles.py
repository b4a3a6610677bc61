"""Patterns in the syntax of .gitignore: those of the settings, and those of the ignore files met on a walk.

A walk asks about every entry of every folder. Most patterns are a name, a path, or a name with a star in it, and most
entries match none: that is seen by look-ups and one expression, and the patterns are compiled only where they decide.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from aisafety_lint.errors import UserError

if TYPE_CHECKING:
    import pathspec

MAX_BYTES = 1_000_000
MAX_PATTERNS = 5_000

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
_PLAIN_FOLDER = re.compile(r"[^*?\[\\!#/]+/")
# The patterns that need no library: a name or a path without special characters, a name with stars or a set of letters.
_PLAIN_NAME = re.compile(r"[^*?\[\\!#/\s]+/?")
_PLAIN_PATH = re.compile(r"/?[^*?\[\\!#/\s]+(?:/[^*?\[\\!#/\s]+)*/?")
_GLOB = re.compile(r"(?:[^*?\[\]\\!#/\s]|\[\w+\]|\*(?!\*))+/?")
# What is a pattern without asking: nothing in it can be wrong.
_SURE = re.compile(r"/?[^\[\]\\!#/\s]+(?:/[^\[\]\\!#/\s]+)*/?")
_SPECIAL = re.compile(r"(\*|\[\w+\])")


@dataclass(frozen=True, slots=True)
class Mentions:
    """A quick test whether one of some patterns, of whatever sign, is about an entry itself (and not a folder above).

    A trailing slash in a key says that it is about folders only.
    """

    names: frozenset[str]
    paths: frozenset[str]
    globs: re.Pattern[str] | None
    others: "pathspec.GitIgnoreSpec | None"

    def about(self, path: str, name: str, is_folder: bool) -> bool:
        """Whether an entry is mentioned."""
        if name in self.names or path in self.paths:
            return True
        if is_folder:
            path, name = f"{path}/", f"{name}/"
            if name in self.names or path in self.paths:
                return True
        if self.globs is not None and self.globs.fullmatch(name):
            return True
        return self.others is not None and self.others.check_file(path).include is not None


@dataclass(frozen=True)
class Patterns:
    """Patterns of one place: paths lose a prefix of `base` characters before they are matched.

    Plain names of folders, which most patterns of the settings are, are `folders`; the `lines` are matched in order.
    """

    lines: tuple[str, ...]
    folders: frozenset[str] = frozenset()
    base: int = 0
    mentions: Mentions = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mentions", _mentions(self.lines))

    def verdict(self, path: str, name: str, is_folder: bool, *, inherited: bool = False) -> bool | None:
        """Whether a path is excluded: True, False where a negation takes it back, None where no pattern says.

        With `inherited` a pattern may be about a folder above it; without, nothing says anything about those.
        """
        if is_folder and name in self.folders:
            return True
        path = path[self.base :]
        if not inherited:
            if not self.mentions.about(path, name, is_folder):
                return None
            if not self.ordered:
                return True
        return self._spec.check_file(f"{path}/" if is_folder else path).include

    @cached_property
    def ordered(self) -> bool:
        """Whether one pattern can take back what another excludes, so that their order counts."""
        return any(line.startswith("!") for line in self.lines)

    @cached_property
    def _spec(self) -> "pathspec.GitIgnoreSpec":
        return _compiled(self.lines)


def _mentions(lines: Iterable[str]) -> Mentions:
    names, paths, globs, others = set(), set(), [], []
    for line in lines:
        body = _shortest(line.removeprefix("!"))
        if _PLAIN_NAME.fullmatch(body):
            names.add(body)
        elif _PLAIN_PATH.fullmatch(body):
            paths.add(body.removeprefix("/"))
        elif _GLOB.fullmatch(body):
            globs.append(_expression(body))
        else:
            others.append(line)
    return Mentions(
        frozenset(names),
        frozenset(paths),
        re.compile("|".join(globs)) if globs else None,
        _compiled(others) if others else None,
    )


def _shortest(pattern: str) -> str:
    """The same pattern as it is mostly written: `**/a` is `a`, and what is below `a` is asked when the folder is."""
    anywhere = pattern.startswith("**/")
    short = pattern.removeprefix("**/")
    if short.endswith("/**"):
        short = short.removesuffix("**") if anywhere or short.startswith("/") else f"/{short[:-2]}"
    return pattern if anywhere and "/" in short[:-1] else short


def _expression(glob: str) -> str:
    """A name with stars and sets of letters as a regular expression; a folder's name has a slash at its end."""
    name = glob.removesuffix("/")
    parts = (part if part.startswith("[") else "[^/]*" if part == "*" else re.escape(part) for part in _split(name))
    return "".join(parts) + ("/" if name != glob else "/?")


def _split(name: str) -> Iterator[str]:
    return (part for part in _SPECIAL.split(name) if part)


def _compiled(lines: Iterable[str]) -> "pathspec.GitIgnoreSpec":
    """Always by Python's own `re`: the faster engines that may be installed refuse names in no encoding."""
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")


@dataclass(frozen=True)
class PathTest:
    """Patterns for whole paths: whether a path, or a folder above it, matches them; each folder is asked once."""

    patterns: Patterns
    _folders: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)

    def matches(self, path: str) -> bool:
        """Whether the patterns include the path of a file."""
        folder, _, name = path.rpartition("/")
        if self.patterns.ordered:
            return bool(self.patterns.verdict(path, name, is_folder=False, inherited=True))
        return self._is_in(folder) or self.patterns.mentions.about(path, name, is_folder=False)

    def _is_in(self, folder: str) -> bool:
        if not folder:
            return False
        known = self._folders.get(folder)
        if known is None:
            above, _, name = folder.rpartition("/")
            known = self._is_in(above) or self.patterns.mentions.about(folder, name, is_folder=True)
            self._folders[folder] = known
        return known


def path_test(patterns: Iterable[str], setting: str) -> PathTest:
    """The patterns of a setting, for whole paths; raises UserError for one that is not a pattern."""
    patterns = tuple(patterns)
    _check(patterns, setting)
    return PathTest(Patterns(patterns))


def pruning(patterns: Iterable[str], setting: str) -> Patterns:
    """The patterns of a setting, for a walk that asks about each folder before what is in it."""
    patterns = tuple(patterns)
    _check(patterns, setting)
    # A negation takes back what came before it, so order counts: no short cut then.
    negated = any(pattern.startswith("!") for pattern in patterns)
    folders = frozenset() if negated else frozenset(item[:-1] for item in patterns if _PLAIN_FOLDER.fullmatch(item))
    return Patterns(tuple(item for item in patterns if item[:-1] not in folders), folders)


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
        descriptor = os.open(path, _READ)
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
    if bad := [line for line in lines if not _is_pattern(line)]:
        lines = [line for line in lines if line not in bad]
        problem = f"`{bad[0]}` is not a pattern and has no effect."
    return IgnoreFile(Patterns(tuple(lines), base=base), problem)


def _check(patterns: Iterable[str], setting: str) -> None:
    for pattern in patterns:
        if not _is_pattern(pattern):
            raise UserError(f"`{pattern}` in `{setting}` is not a pattern in the syntax of .gitignore")


def _is_pattern(line: str) -> bool:
    if any(form.fullmatch(line.removeprefix("!")) for form in (_SURE, _GLOB)):
        return True
    try:
        _compiled([line])
    except (ValueError, re.error):
        return False
    return True
