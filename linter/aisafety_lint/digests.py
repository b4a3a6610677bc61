"""The SHA-256 of each file of a project, by which all that is kept about it is found.

A file whose stamp is the one of an earlier run has the digest of that run; the others are hashed when they are read.
Stamps are taken before anything is read, and compared at the end: what changed meanwhile is not kept under a digest
that is not its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from aisafety_lint import discovery
from aisafety_lint.cache import NO_CACHE, Store
from aisafety_lint.config import Config
from aisafety_lint.source import SourceFile, UnreadableError
from aisafety_lint.stamps import Stamp, is_settled, stamp

_Table = dict[str, tuple[Stamp, bytes]]


@dataclass(slots=True)
class Digests:
    """The digests of the files of a run, as far as they are known.

    `moment` is when the run began, in nanoseconds: what changed since, or just before, is hashed again at the end.
    `before` is what an earlier run kept, if there was one.
    """

    config: Config
    files: Mapping[str, SourceFile]
    moment: int
    store: Store = NO_CACHE
    stamps: dict[str, Stamp] = field(default_factory=dict)
    known: dict[str, bytes] = field(default_factory=dict)
    before: _Table | None = None

    @classmethod
    def of(cls, store: Store, config: Config, files: Iterable[SourceFile], moment: int) -> "Digests":
        """Start with what an earlier run kept."""
        made = cls(config, {file.path: file for file in files}, moment, store)
        given = {path: data for path in made.files if (data := config.given(path)) is not None}
        made.known |= {path: sha256(data).digest() for path, data in given.items()}
        made.stamps = {
            path: found
            for path in made.files
            if path not in made.known and (found := stamp(f"{config.root}/{path}")) is not None
        }
        made.before = made._table()
        table = made.before or {}
        for path, found in made.stamps.items():
            if path in table and table[path][0] == found:
                made.known[path] = table[path][1]
        return made

    def complete(self) -> bool:
        """Read the files whose digests are not known yet; whether all are known then."""
        for path, file in self.files.items():
            if path not in self.known and (data := _read(self.config, file)) is not None:
                self.known[path] = sha256(data).digest()
        return len(self.known) == len(self.files)

    def hold(self) -> bool:
        """Whether all files are still what they were when their digests were taken."""
        return all(self._holds(path) for path in self.known)

    def save(self) -> None:
        """Keep the digests of those files whose stamps prove something."""
        table = {
            path: (found, self.known[path])
            for path, found in self.stamps.items()
            if path in self.known and is_settled(found, self.moment)
        }
        if table != self.before:
            self.store.put(self._name(), msgspec.msgpack.encode(table))

    def _holds(self, path: str) -> bool:
        if self.config.given(path) is not None:
            return True
        before = self.stamps.get(path)
        if before is not None and is_settled(before, self.moment):
            return stamp(f"{self.config.root}/{path}") == before
        data = _read(self.config, self.files[path])
        return data is not None and sha256(data).digest() == self.known[path]

    def _name(self) -> str:
        return self.store.name("digests", str(self.config.root).encode("utf-8", "surrogateescape"))

    def _table(self) -> _Table | None:
        entry = self.store.get(self._name())
        try:
            return None if entry is None else msgspec.msgpack.decode(entry, type=_Table)
        except msgspec.DecodeError:
            return None


def _read(config: Config, file: SourceFile) -> bytes | None:
    try:
        return discovery.read(config, file)
    except UnreadableError:
        return None
