"""What a run knows about files from earlier runs, and what later runs may know from it.

The facts of a file with a secret are not kept: they would hold the secret. Nor are those of a file that holds what may
turn out to be one by its use in another file.
"""

import contextlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from aisafety_lint.cache import Store
from aisafety_lint.perfile import Look, Outcome, Parsed
from aisafety_lint.secrets.matches import SecretMatch

if TYPE_CHECKING:
    import msgspec

    from aisafety_lint.commons import Commons
    from aisafety_lint.digests import Digests
    from aisafety_lint.edition import Edition
    from aisafety_lint.shelf import Shelf


# What another run, or another machine, may not meet.
_ACCIDENTS = frozenset({"worker-died", "worker-hung", "file-timeout", "file-memory"})


@dataclass(slots=True)
class Memory:
    """The first looks and the facts of the files of a project; without a store it knows and keeps nothing."""

    digests: "Digests | None" = None
    looks: "Shelf | None" = None
    parsed: "Shelf | None" = None
    commons: "Commons | None" = None
    secrets: dict[str, tuple[SecretMatch, ...]] = field(default_factory=dict)
    holding: set[str] = field(default_factory=set)
    by_accident: bool = False

    @classmethod
    def of(cls, store: Store, digests: "Digests", edition: "Edition", commons: "Commons | None" = None) -> Self:
        """The memory of a project; with a commons also of what other projects have the same of."""
        from aisafety_lint.shelf import Shelf

        root, count = str(digests.config.root).encode("utf-8", "surrogateescape"), len(digests.files)
        looks = Shelf.of(store, "looks", (edition.engine, edition.knowledge), root, count)
        return cls(digests, looks, Shelf.of(store, "facts", (edition.engine,), root, count), commons)

    def look(self, path: str) -> Look | None:
        """The first look at a file, if its content is the one of an earlier run."""
        found: Look | None = self._known(self.looks, path, Look)
        shared: Look | None = None if found else self._shared(self.looks, path, Look)
        if shared is not None:
            self._keep(self.looks, path, self._digest(path), shared)
        return found or shared

    def facts(self, path: str) -> Parsed | None:
        """The facts of a file, if its content is the one of an earlier run."""
        found: Parsed | None = self._known(self.parsed, path, Parsed)
        shared: Parsed | None = None if found else self._shared(self.parsed, path, Parsed)
        if shared is not None:
            self.keep_facts(path, self._digest(path), shared)
        return found or shared

    @property
    def keeps(self) -> bool:
        """Whether anything is kept, so that the digests of files are of use."""
        return self.digests is not None

    def keep_look(self, path: str, digest: bytes, look: Look) -> None:
        """Keep what the first look at a content has shown."""
        self._keep(self.looks, path, digest, look)

    def keep_facts(self, path: str, digest: bytes, parsed: Parsed) -> None:
        """Keep the facts of a content, unless there is a secret in it."""
        if not self.secrets.get(path) and path not in self.holding:
            self._keep(self.parsed, path, digest, parsed)

    def note(self, path: str, outcome: Outcome) -> None:
        """Learn the digest of a file when it is read; and that the answer depends on an accident."""
        if self.digests is not None and outcome.digest:
            self.digests.known.setdefault(path, outcome.digest)
        if outcome.failure is not None and outcome.failure.id in _ACCIDENTS:
            self.by_accident = True

    def save(self) -> None:
        """Keep everything for the next run."""
        if self.digests is not None:
            for shelf in filter(None, (self.looks, self.parsed)):
                shelf.save(self.digests.files.keys())
            self.digests.save()

    def _known(self, shelf: "Shelf | None", path: str, kind: type) -> Any:
        if self.digests is None or shelf is None or path not in self.digests.known:
            return None
        row = shelf.get(path, self.digests.known[path])
        return None if row is None else _decoded(row, kind)

    def _shared(self, shelf: "Shelf | None", path: str, kind: type) -> Any:
        """What another project found out about the same content under the same path."""
        digest = self._digest(path)
        if self.commons is None or shelf is None or not digest:
            return None
        row = self.commons.get(shelf, path, digest)
        return None if row is None else _decoded(row, kind)

    def _digest(self, path: str) -> bytes:
        return b"" if self.digests is None else self.digests.known.get(path, b"")

    def _keep(self, shelf: "Shelf | None", path: str, digest: bytes, content: object) -> None:
        if shelf is None:
            return
        import msgspec

        with contextlib.suppress(UnicodeEncodeError):  # code can spell out what no encoding can hold
            shelf.put(path, digest, msgspec.msgpack.encode(content))


def _decoded(row: bytes, kind: type) -> Any:
    import msgspec

    try:
        return _decoder(kind).decode(row)
    except msgspec.DecodeError:
        return None


@lru_cache(maxsize=2)
def _decoder(kind: type) -> "msgspec.msgpack.Decoder[Any]":
    import msgspec

    return msgspec.msgpack.Decoder(kind)
