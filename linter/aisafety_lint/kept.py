"""What a process keeps that makes report after report on one project, as the one behind an editor does."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeVar

from aisafety_lint.cache import Store
from aisafety_lint.compiled import Compiled
from aisafety_lint.config import Config
from aisafety_lint.digests import Digests
from aisafety_lint.discovery import Discovered
from aisafety_lint.edition import Edition
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.memory import Memory
from aisafety_lint.perfile import Look, Parsed
from aisafety_lint.report.model import Report

_Row = TypeVar("_Row", Look, Parsed)


@dataclass(slots=True)
class Tables:
    """What is known of files: by path, for one content."""

    looks: dict[str, tuple[bytes, Look]] = field(default_factory=dict)
    facts: dict[str, tuple[bytes, Parsed]] = field(default_factory=dict)

    def forget(self, paths: Collection[str]) -> None:
        """Forget what is known of files that are none of these."""
        for known in (self.looks, self.facts):
            for path in known.keys() - paths:
                del known[path]


@dataclass(slots=True)
class Kept:
    """The knowledge, what is known of files and which these were, and the last report with its name; all of it for one
    edition of the program and its rules.
    """

    edition: Edition | None = None
    knowledge: Knowledge = field(default_factory=Knowledge)
    tables: Tables = field(default_factory=Tables)
    found: Discovered | None = None
    last: tuple[str, Report] | None = None

    def renew(self, present: Edition, store: Store, config: Config) -> None:
        """Begin anew where the edition is another one."""
        if self.edition != present:
            self.knowledge = Knowledge((builtin_root(), *config.rules), Compiled(store, several=True))
            self.tables, self.found, self.last = Tables(), None, None
        self.edition = present

    def memory(self, digests: Digests) -> "LastingMemory":
        """The memory of a run on some files, which keeps nothing on disk."""
        return LastingMemory(digests, tables=self.tables)


@dataclass(slots=True)
class LastingMemory(Memory):
    """A memory that knows, besides what is on disk, what this process has found out before."""

    tables: Tables = field(default_factory=Tables)

    def look(self, path: str) -> Look | None:
        """The first look at a file, if its content is the one of an earlier run."""
        found = self._at_hand(self.tables.looks, path)
        if found is None and (found := Memory.look(self, path)) is not None:
            self.tables.looks[path] = self._digest(path), found
        return found

    def facts(self, path: str) -> Parsed | None:
        """The facts of a file, if its content is the one of an earlier run."""
        found = self._at_hand(self.tables.facts, path)
        if found is None and (found := Memory.facts(self, path)) is not None:
            self.tables.facts[path] = self._digest(path), found
        return found

    def keep_look(self, path: str, digest: bytes, look: Look) -> None:
        """Keep what the first look at a content has shown."""
        self.tables.looks[path] = digest, look
        Memory.keep_look(self, path, digest, look)

    def keep_facts(self, path: str, digest: bytes, parsed: Parsed) -> None:
        """Keep the facts of a content; on disk not if there is a secret in it."""
        self.tables.facts[path] = digest, parsed
        Memory.keep_facts(self, path, digest, parsed)

    def _at_hand(self, known: dict[str, tuple[bytes, _Row]], path: str) -> _Row | None:
        digest, row = known.get(path, (b"", None))
        return row if digest and digest == self._digest(path) else None
