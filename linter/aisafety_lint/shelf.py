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
_Rows = dict[str, tuple[bytes, msgspec.Raw]]


@dataclass(slots=True)
class Shelf:
    """The rows of one stage: `kind` is the word for them, `parts` are what they depend on besides the file."""

    store: Store = NO_CACHE
    kind: str = ""
    parts: tuple[bytes, ...] = ()
    entries: int = 1
    rows: dict[int, _Rows] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, store: Store, kind: str, parts: tuple[bytes, ...], files: int) -> "Shelf":
        """The shelf of a project with so many files."""
        return cls(store, kind, parts, _ENTRIES if files > _MANY else 1)

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
        return self.store.name(self.kind, *self.parts, b"%d of %d" % (number, self.entries))

    def _rows(self, number: int) -> _Rows:
        if number not in self.rows:
            entry = self.store.get(self._name(number))
            try:
                self.rows[number] = {} if entry is None else msgspec.msgpack.decode(entry, type=_Rows)
            except msgspec.DecodeError:
                self.rows[number] = {}
        return self.rows[number]
