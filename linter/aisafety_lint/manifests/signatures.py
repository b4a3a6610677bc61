"""By what a file may be a manifest before it is read as a document: its path, and literals in its bytes.

Asked of every file of a project; most projects have no manifest, and need to know no more of the kinds than this.
"""

import codecs
import re
from collections.abc import Iterable, Mapping
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
    """The globs of a kind, and its literals: of each group one occurs in the bytes."""

    globs: tuple[str, ...]
    literals: tuple[tuple[bytes, ...], ...] = ()

    @staticmethod
    def of(content: Mapping[str, Any]) -> "Signature":
        """The signature in the file of a kind."""
        groups = content.get("literals", ())
        return Signature(
            tuple(content.get("files", ())),
            tuple(tuple(word.encode() for word in ([group] if isinstance(group, str) else group)) for group in groups),
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

    def fits(self, path: str, data: bytes) -> bool:
        """Whether a file may be of this kind."""
        return (path.endswith(self.suffixes) or self.pattern.fullmatch(path) is not None) and self.speaks(data)

    def speaks(self, data: bytes) -> bool:
        """Whether the literals occur in the bytes of a file."""
        for group in self.literals:
            for word in group:
                if word in data:
                    break
            else:
                # The literals are ASCII: they cannot be searched in a text of two bytes a character.
                return data.startswith(_WIDE_MARKS)
        return True


@dataclass(frozen=True)
class Signatures:
    """The signatures of all kinds by id."""

    by_id: Mapping[str, Signature]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """One expression for the paths of all kinds, to sort out a file with a single match."""
        return paths_of(glob for signature in self.by_id.values() for glob in signature.globs)

    @cached_property
    def named(self) -> re.Pattern[str]:
        """The same without the globs that ask for a suffix only."""
        globs = (glob for signature in self.by_id.values() for glob in signature.globs)
        return paths_of(glob for glob in globs if not _BY_SUFFIX.fullmatch(glob))

    def candidates(self, path: str, data: bytes) -> tuple[str, ...]:
        """The ids of the kinds that a file may be of."""
        if self.named.fullmatch(path) is None:
            return tuple(
                name
                for name, signature in self.by_suffix.get(path[path.rfind(".") :], {}).items()
                if signature.speaks(data)
            )
        return tuple(name for name, signature in self.by_id.items() if signature.fits(path, data))

    @cached_property
    def by_suffix(self) -> Mapping[str, Mapping[str, Signature]]:
        """The signatures that take any file with a suffix, by the suffix."""
        found: dict[str, dict[str, Signature]] = {}
        for name, signature in self.by_id.items():
            for suffix in signature.suffixes:
                found.setdefault(suffix, {})[name] = signature
        return found


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
