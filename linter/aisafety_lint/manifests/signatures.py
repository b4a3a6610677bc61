"""By what a file may be a manifest before it is read as a document: its path, and literals in its bytes.

Asked of every file of a project; most projects have no manifest, and need to know no more of the kinds than this.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aisafety_lint.knowledge import Knowledge

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PARTS = re.compile(r"(\*\*/|\*\*|\*|\?)")
_EXPRESSIONS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_BY_SUFFIX = re.compile(r"\*\*/\*\.\w+")


@dataclass(frozen=True)
class Signature:
    """The globs of a kind, and its literals: of each group one occurs in the bytes.

    With `beside` it says nothing by itself but together with those kinds, unless one of the words of `alone` is in it.
    """

    globs: tuple[str, ...]
    literals: tuple[tuple[bytes, ...], ...] = ()
    beside: tuple[str, ...] = ()
    alone: tuple[bytes, ...] = ()

    @staticmethod
    def of(content: Mapping[str, Any]) -> "Signature":
        """The signature in the file of a kind."""
        groups = content.get("literals", ())
        return Signature(
            tuple(content.get("files", ())),
            tuple(tuple(word.encode() for word in ([group] if isinstance(group, str) else group)) for group in groups),
            tuple(content.get("beside", ())),
            tuple(word.encode() for word in content.get("alone", ())),
        )

    @cached_property
    def suffixes(self) -> tuple[str, ...]:
        """What paths end in, by globs that ask for nothing else: many kinds do, and this is the quickest question."""
        return tuple(glob[len("**/*") :] for glob in self.globs if _BY_SUFFIX.fullmatch(glob))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The other globs as one expression for paths with forward slashes."""
        return paths_of(glob for glob in self.globs if not _BY_SUFFIX.fullmatch(glob))

    def names(self, path: str) -> bool:
        """Whether the path says by itself that the file is of this kind, more than by its suffix."""
        return self.pattern.fullmatch(path) is not None

    def speaks(self, data: bytes) -> bool:
        """Whether the literals occur in the bytes of a file."""
        for group in self.literals:
            if not any_in(group, data):
                # The literals are ASCII: they cannot be searched in a text of two bytes a character.
                return is_wide(data)
        return True

    def waits(self, data: bytes) -> bool:
        """Whether a file of this kind says nothing without manifests of the kinds that it stands beside."""
        return bool(self.beside) and not is_wide(data) and not any(word in data for word in self.alone)


@dataclass(frozen=True)
class Signatures:
    """The signatures of all kinds by id."""

    by_id: Mapping[str, Signature]

    def may_name(self, path: str) -> bool:
        """Whether a path is one of some kind: asked of every file, so by its last part first."""
        return path[path.rfind(".") :] in self._by_suffix or self._is_named(path)

    def candidates(self, path: str, data: bytes) -> tuple[str, ...]:
        """The ids of the kinds that a file may be of."""
        wide = is_wide(data)
        found = {
            name
            for words, signatures in self._by_suffix.get(path[path.rfind(".") :], ())
            if wide or any_in(words, data)
            for name, signature in signatures
            if signature.speaks(data)
        }
        if self._is_named(path):
            found.update(name for name in self._naming(path) if self.by_id[name].speaks(data))
        return tuple(sorted(found, key=self._order.__getitem__))

    def _is_named(self, path: str) -> bool:
        """Whether a path is one of some kind by more than its suffix."""
        name = path[path.rfind("/") + 1 :]
        names, pattern = self._last_parts
        return (name in names or pattern.fullmatch(name) is not None) and self._named.fullmatch(path) is not None

    def _naming(self, path: str) -> Iterator[str]:
        """The kinds that a path is one of by more than its suffix."""
        last = path[path.rfind("/") + 1 :]
        names, others = self._kinds_by_last_part
        yield from (name for name in names.get(last, ()) if self.by_id[name].names(path))
        yield from (name for name, pattern in others if pattern.fullmatch(last) and self.by_id[name].names(path))

    @cached_property
    def _named(self) -> re.Pattern[str]:
        return paths_of(glob for _, glob in self._longer_globs())

    @cached_property
    def _last_parts(self) -> tuple[frozenset[str], re.Pattern[str]]:
        """The last parts of the globs that ask for more than a suffix: names, and an expression for the others."""
        last = dict.fromkeys(glob.rpartition("/")[2] for _, glob in self._longer_globs())
        return frozenset(part for part in last if not _PARTS.search(part)), paths_of(filter(_PARTS.search, last))

    @cached_property
    def _kinds_by_last_part(self) -> tuple[Mapping[str, list[str]], list[tuple[str, re.Pattern[str]]]]:
        """The kinds with such globs by the last part, where that is a name; of the others, an expression each."""
        names: dict[str, list[str]] = {}
        others: dict[str, list[str]] = {}
        for kind, glob in self._longer_globs():
            last = glob.rpartition("/")[2]
            if _PARTS.search(last):
                others.setdefault(kind, []).append(last)
            else:
                names.setdefault(last, []).append(kind)
        return names, [(kind, paths_of(parts)) for kind, parts in others.items()]

    def _longer_globs(self) -> Iterator[tuple[str, str]]:
        globs = ((kind, glob) for kind, signature in self.by_id.items() for glob in signature.globs)
        return ((kind, glob) for kind, glob in globs if not _BY_SUFFIX.fullmatch(glob))

    @cached_property
    def _order(self) -> Mapping[str, int]:
        return {name: number for number, name in enumerate(self.by_id)}

    @cached_property
    def _by_suffix(self) -> Mapping[str, tuple[tuple[tuple[bytes, ...], tuple[tuple[str, Signature], ...]], ...]]:
        """The signatures that take any file with a suffix, below words of which they all need one."""
        found: dict[str, dict[tuple[bytes, ...], list[tuple[str, Signature]]]] = {}
        for name, signature in self.by_id.items():
            first = min(signature.literals, key=len, default=(b"",))
            for suffix in signature.suffixes:
                found.setdefault(suffix, {}).setdefault(first, []).append((name, signature))
        return {
            suffix: tuple((words, tuple(known)) for words, known in groups.items()) for suffix, groups in found.items()
        }


def any_in(words: Iterable[bytes], data: bytes) -> bool:
    """Whether one of some words is in the bytes of a file."""
    for word in words:  # noqa: SIM110 - asked of every file: half of the time
        if word in data:
            return True
    return False


def is_wide(data: bytes) -> bool:
    """Whether a text has two bytes a character, so that no word can be searched in its bytes."""
    return data.startswith(_WIDE_MARKS)


def load_signatures(knowledge: Knowledge) -> Signatures:
    """Read the signatures of all kinds; a later file with the same name wins."""
    models = dict(knowledge.models("manifests"))
    return Signatures({stem: Signature.of(content) for stem, content in models.items() if "files" in content})


def paths_of(globs: Iterable[str]) -> re.Pattern[str]:
    """Path globs as one expression: `**/` is any folders, `*` and `?` stay inside one name."""
    anywhere: dict[str, None] = {}
    other: dict[str, None] = {}
    for glob in globs:
        # Those that only ask for a suffix come first: most paths end in one.
        (anywhere if glob.startswith("**/") else other)[glob.removeprefix("**/")] = None
    ordered = sorted(anywhere, key=lambda glob: not glob.startswith("*."))
    names = "|".join(_expression(glob) for glob in ordered)
    rest = "|".join(_expression(glob) for glob in other)
    parts = ([f"(?:[^/]+/)*(?:{names})"] if names else []) + ([rest] if rest else [])
    return re.compile("|".join(parts) or r"(?!)")


def _expression(glob: str) -> str:
    return "".join(_EXPRESSIONS.get(part) or re.escape(part) for part in _PARTS.split(glob))
