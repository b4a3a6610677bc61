"""Which paths are meant by some globs: all globs of a list become one look-up of a name and two expressions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

_SPECIAL = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class _Globs:
    """Names without special characters, an expression for the other names, and one for whole paths."""

    names: frozenset[str]
    name: re.Pattern[str] | None
    path: re.Pattern[str] | None


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a path matches a glob: by its last part, or from any folder on where the glob has a slash."""
    known, name = _compiled(tuple(globs)), path.rpartition("/")[2]
    return (
        name in known.names
        or (known.name is not None and known.name.match(name) is not None)
        or (known.path is not None and known.path.match(f"/{path}") is not None)
    )


def matches_root(path: str, globs: Iterable[str]) -> bool:
    """Whether a path, counted from the root of the repository, matches a glob; `*` stays inside a folder."""
    pattern = _by_depth(tuple(globs)).get(path.count("/"))
    return pattern is not None and pattern.match(path) is not None


@lru_cache(maxsize=1024)
def _compiled(globs: tuple[str, ...]) -> _Globs:
    names = [glob for glob in globs if "/" not in glob]
    plain = frozenset(glob for glob in names if not _SPECIAL.search(glob))
    paths = [f"*/{glob}" for glob in globs if "/" in glob]
    return _Globs(plain, _any_of(glob for glob in names if glob not in plain), _any_of(paths))


@lru_cache(maxsize=64)
def _by_depth(globs: tuple[str, ...]) -> dict[int, re.Pattern[str] | None]:
    depths = {glob.count("/") for glob in globs}
    return {depth: _any_of(glob for glob in globs if glob.count("/") == depth) for depth in depths}


def _any_of(globs: Iterable[str]) -> re.Pattern[str] | None:
    expressions = "|".join(map(translate, globs))
    return re.compile(expressions) if expressions else None
