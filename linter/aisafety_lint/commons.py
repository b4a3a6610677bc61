"""What is known about files of other projects: rows of their shelves, found by path and content.

Forks, templates and copies hold the same files. Who analyses many projects one after the other looks here before a
file is read anew; the entries are those that each project keeps for itself, with the same trust.
"""

import time
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from aisafety_lint.cache import Store
from aisafety_lint.shelf import Rows, Shelf, beginning_of, rows_of

_MOST_ENTRIES = 8
_MOST_ROWS = 2_000_000
_PAUSE = 1.0  # seconds: to list a large cache again and again takes longer than it saves


@dataclass(slots=True)
class Commons:
    """The rows of all shelves in a store: `places` tells by what they are about in which entry each lies.

    `read` are the entries that were looked into, `recent` holds the rows of the last few of them.
    """

    store: Store
    places: dict[bytes, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    recent: dict[str, Rows] = field(default_factory=dict)
    looked: dict[str, float] = field(default_factory=dict)

    def refresh(self, kind: str, edition: tuple[bytes, ...]) -> None:
        """Look into the entries of a kind that were written since the last time, unless that was just now."""
        if time.monotonic() - self.looked.get(kind, -_PAUSE) < _PAUSE:
            return
        self.looked[kind] = time.monotonic()
        for name in self.store.names(beginning_of(self.store, kind, edition)):
            if name not in self.read and len(self.places) < _MOST_ROWS:
                self.read.add(name)
                for path, (digest, _) in rows_of(self.store, name).items():
                    self.places.setdefault(_about(kind, path, digest), name)

    def get(self, shelf: Shelf, path: str, digest: bytes) -> msgspec.Raw | None:
        """What some project found out for a shelf of this kind about a content under this path."""
        name = self.places.get(_about(shelf.kind, path, digest))
        row = None if name is None else self._rows(name).get(path)
        return row[1] if row is not None and row[0] == digest else None

    def _rows(self, name: str) -> Rows:
        rows = self.recent.pop(name, None)
        self.recent[name] = rows_of(self.store, name) if rows is None else rows
        if len(self.recent) > _MOST_ENTRIES:
            del self.recent[next(iter(self.recent))]
        return self.recent[name]


def _about(kind: str, path: str, digest: bytes) -> bytes:
    whole = blake2b(digest, digest_size=16)
    whole.update(f"{kind}\0{path}".encode("utf-8", "surrogateescape"))
    return whole.digest()
