"""What a stage found out about single files, kept from run to run: rows by path, each good for one content of the file.

The rows of a project lie in a few entries, so that keeping them costs few files, and a changed file not all of them.
"""

import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import msgspec

from aisafety_lint.cache import NO_CACHE, Store

_MANY = 500
_ENTRIES = 16
_SHARED = 16  # digits of a name that tell the edition; the others tell the project
Rows = dict[str, tuple[bytes, msgspec.Raw]]
"""By path: the digest of the content, and what was found out about it."""


@dataclass(slots=True)
class Shelf:
    """The rows of one stage: `kind` is the word for them, `edition` what they depend on besides the file.

    `root` is the project that they are of.
    """

    store: Store = NO_CACHE
    kind: str = ""
    edition: tuple[bytes, ...] = ()
    root: bytes = b""
    entries: int = 1
    rows: dict[int, Rows] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, store: Store, kind: str, edition: tuple[bytes, ...], root: bytes, files: int) -> "Shelf":
        """The shelf of a project with so many files."""
        return cls(store, kind, edition, root, _ENTRIES if files > _MANY else 1)

    def get(self, path: str, digest: bytes) -> Any:
        """The row of a file with this content; None where there is none."""
        row = self._rows(self._number(path)).get(path)
        return row[1] if row is not None and row[0] == digest else None

    def put(self, path: str, digest: bytes, row: bytes) -> None:
        """Set the row of a file."""
        number = self._number(path)
        self._rows(number)[path] = (digest, msgspec.Raw(row))
        self.changed.add(number)

    def save(self, paths: Collection[str]) -> None:
        """Keep what changed, without the rows of files that are no longer there."""
        for number, rows in self.rows.items():
            present = {path: row for path, row in rows.items() if path in paths}
            if number in self.changed or len(present) < len(rows):
                self.store.put(self._name(number), msgspec.msgpack.encode(present))

    def _number(self, path: str) -> int:
        return zlib.crc32(path.encode("utf-8", "surrogateescape")) % self.entries

    def _name(self, number: int) -> str:
        beginning = beginning_of(self.store, self.kind, self.edition)
        own = self.store.name(self.kind, *self.edition, self.root, b"%d of %d" % (number, self.entries))
        return f"{beginning}{own[len(beginning) :]}"

    def _rows(self, number: int) -> Rows:
        if number not in self.rows:
            self.rows[number] = rows_of(self.store, self._name(number))
        return self.rows[number]


def beginning_of(store: Store, kind: str, edition: tuple[bytes, ...]) -> str:
    """How the names of all entries of a kind begin that depend on the same, whatever project they are of."""
    return store.name(kind, *edition)[: len(kind) + 1 + _SHARED]


def rows_of(store: Store, name: str) -> Rows:
    """The rows of an entry; none where there is no such entry."""
    entry = store.get(name)
    try:
        return {} if entry is None else msgspec.msgpack.decode(entry, type=Rows)
    except msgspec.DecodeError:
        return {}
