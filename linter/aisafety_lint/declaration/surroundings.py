"""What a declaration refers to besides the agents: takes files and documents, answers about paths, owners and names."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from aisafety_lint.errors import UserError
from aisafety_lint.evals.commands import joined
from aisafety_lint.evals.model import Evaluation
from aisafety_lint.ignorefiles import path_test
from aisafety_lint.manifests.nodes import Node, Object, Scalar, walk
from aisafety_lint.source import SourceFile, SourceText

_OWNERS = "CODEOWNERS"
# Where a name is only said, not used.
_NO_CODE = frozenset({"markdown", "yaml", "json", "toml", "dotenv", "dockerfile", "hcl", "unit", "archive"})
_STRUCTURED = frozenset({"hcl", "yaml", "json"})
_SPECIAL = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The files of the project by path, how they are read and parsed, and whether a path is there at all."""

    files: Mapping[str, SourceFile]
    read: Callable[[str], SourceText | None]
    exists: Callable[[str], bool]
    parsed: Callable[[str], Node | None]
    modules: frozenset[str]
    evaluation: Evaluation

    def found(self, folder: str, path: str) -> tuple[str, ...]:
        """The files that a path of a declaration means: from its own folder, else from the root; it may have stars."""
        for candidate in dict.fromkeys((joined(folder, path.strip()), joined("", path.strip()))):
            if _SPECIAL.search(candidate):
                hits = tuple(one for one in self.files if _matches(one, candidate))
            else:
                hits = (candidate,) if candidate and self.exists(candidate) else ()
            if hits:
                return hits
        return ()

    def mentioning(self, name: str) -> frozenset[str]:
        """The files of code that have a name: as a whole, or its end as settings classes with a prefix write it."""
        parts = name.split("_")
        ends = {"_".join(parts[at:]) for at in range(1, len(parts) - 1)}
        words = "|".join(map(re.escape, sorted({name, *ends}, key=len, reverse=True)))
        pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])", re.IGNORECASE)
        return frozenset(source.path for source in self._code() if pattern.search(source.text))

    def _code(self) -> Iterator[SourceText]:
        for path, file in self.files.items():
            if file.kind not in _NO_CODE and (source := self.read(path)) is not None:
                yield source

    def owners(self, paths: Iterable[str]) -> frozenset[str]:
        """Whom the lists of code owners name for some files: of each list the last line that matches."""
        lists = [path for path in self.evaluation.owners if path.rpartition("/")[2] == _OWNERS]
        sources = [source for path in lists if (source := self.read(path)) is not None]
        return frozenset(owner for source in sources for path in paths for owner in owners_of(source.text, path))

    def retentions(self, kept: Mapping[str, str]) -> Iterator[tuple[str, Scalar]]:
        """The days for which infrastructure keeps logs, with the file that says so."""
        for path, file in self.files.items():
            source = self.read(path) if file.kind in _STRUCTURED else None
            if source is not None and any(kind in source.text for kind in kept):
                root = self.parsed(path)
                yield from ((path, found) for found in (_retentions(root, kept) if root is not None else ()))


def owners_of(text: str, path: str) -> tuple[str, ...]:
    """The owners of a file by a list of code owners: those of the last line whose pattern matches."""
    last: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.partition(" #")[0].split()
        if len(words) > 1 and not words[0].startswith(("#", "[", "^", "!")) and _is_for(words[0], path):
            last = tuple(words[1:])
    return last


def _is_for(pattern: str, path: str) -> bool:
    try:
        return path_test([pattern], _OWNERS).matches(path)
    except UserError:
        return False


def _matches(path: str, pattern: str) -> bool:
    """Whether a path matches a pattern, in which two stars also stand for no folder at all."""
    return fnmatchcase(path, pattern) or fnmatchcase(path, pattern.replace("**/", ""))


def _retentions(root: Node, kept: Mapping[str, str]) -> Iterator[Scalar]:
    for node in walk(root):
        for pair in node.pairs if isinstance(node, Object) else ():
            if pair.name in kept:
                yield from _numbers(pair.value, kept[pair.name])
        if isinstance(node, Object) and isinstance(node.get("Type"), Scalar):
            kind = node.get("Type")
            name = kept.get(kind.raw) if isinstance(kind, Scalar) else None
            if name is not None:
                yield from _numbers(node, name)


def _numbers(node: Node, key: str) -> Iterator[Scalar]:
    for one in walk(node):
        value = one.get(key) if isinstance(one, Object) else None
        if isinstance(value, Scalar) and isinstance(value.value, int) and not isinstance(value.value, bool):
            yield value
