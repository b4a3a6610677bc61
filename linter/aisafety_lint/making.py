"""Makes a report where none is remembered by stamps: finds the files, asks for their content, analyses, and keeps.

A process that makes several reports on a project hands over what it keeps itself.
"""

import time
from dataclasses import dataclass, replace
from hashlib import sha256

from aisafety_lint import discovery, recall, remembered
from aisafety_lint.cache import Store
from aisafety_lint.commons import Commons
from aisafety_lint.compiled import Compiled
from aisafety_lint.config import Config
from aisafety_lint.digests import Digests
from aisafety_lint.discovery import Discovered
from aisafety_lint.edition import Edition, edition
from aisafety_lint.finding import NotificationLevel
from aisafety_lint.kept import Kept, LastingMemory
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.memory import Memory
from aisafety_lint.recall import Seen
from aisafety_lint.remembered import Catalogue
from aisafety_lint.report.model import Report
from aisafety_lint.standards import load_standards


def make(store: Store, config: Config, kept: Kept | None = None) -> Report:
    """The report on a project; raises UserError where the job cannot be done."""
    moment = time.time_ns()
    known = None if kept is None else kept.edition
    roots = (builtin_root(), *config.rules)
    present = known if known and known.holds() else edition(roots) if store or kept is not None else None
    if present is None:
        from aisafety_lint import pipeline

        return pipeline.run(config)
    attempt = Attempt.on(store, config, present, moment)
    if kept is not None:
        kept.renew(present, store, config)
        attempt = replace(attempt, shared=kept.knowledge, kept=kept)
    return attempt.report()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run of an edition on the files that were found; several runs may share the knowledge and a commons."""

    store: Store
    config: Config
    edition: Edition
    found: Discovered
    digests: Digests
    shared: Knowledge | None = None
    commons: Commons | None = None
    kept: Kept | None = None

    @classmethod
    def on(cls, store: Store, config: Config, present: Edition, moment: int) -> "Attempt":
        """Begin with what is there at a moment; raises UserError where the job cannot be done."""
        found = discovery.discover(config)
        return cls(store, config, present, found, Digests.of(store, config, found.files, moment))

    def content(self) -> bytes:
        """A digest of all that is analysed; files that cannot be read count as such."""
        self.digests.complete()
        return sha256(self._parts()).digest()

    def report(self) -> Report:
        """The report, remembered or made."""
        try:
            return self._recalled() or self._analysed()
        except remembered.ChangedError:
            digests = Digests.of(self.store, self.config, self.found.files, self.digests.moment)
            return replace(self, digests=digests)._analysed()

    def _recalled(self) -> Report | None:
        """The report of an earlier run on the same content; None where there is none."""
        if self.kept is not None:
            self.digests.complete()  # what a process knows it knows by content
            if self.kept.found is None:  # it will need what it learns, even if the answer is known
                return None
            if self.kept.last is not None and self.kept.last[0] == self._named():
                return self.kept.last[1]
        # Without digests of an earlier run there is hardly a report either, and to read all files twice is dear.
        if self.digests.before is None or not self.digests.complete():
            return None
        report = recall.restored(self.store, self.config, self._report(), self._catalogue())
        if report is not None:
            self.digests.save()
            self._keep_seen()
        return report

    def _analysed(self) -> Report:
        """Analyse the project, and keep what was found out."""
        from aisafety_lint import pipeline

        knowledge = self.shared or Knowledge((builtin_root(), *self.config.rules), Compiled(self.store))
        memory = self._memory()
        report = pipeline.report(self.config, knowledge, self.found, memory)
        if self.kept is not None:
            self.kept.found = self.found
            self.kept.tables.forget(self.digests.files.keys())
            self.kept.last = self._named(), report
            if self.config.overlay:  # what is only typed, and in no file yet, is nothing for the disk
                return report
        if self.edition.holds() or self.edition == edition(knowledge.roots):
            knowledge.compiled.save()
            memory.save()
            if self.digests.complete() and self.digests.hold() and not memory.by_accident:
                content = remembered.remembered(
                    report, self.found.files, self.digests.known, memory.secrets, self.config.today.isoformat()
                )
                remembered.put(self.store, self._report(), content)
                self._keep_catalogue(knowledge)
                self._keep_seen()
            self.store.trim()
        return report

    def _memory(self) -> Memory:
        if self.kept is None:
            return Memory.of(self.store, self.digests, self.edition, self.commons)
        memory = LastingMemory.of(self.store, self.digests, self.edition, self.commons)
        memory.tables = self.kept.tables
        return memory

    def _named(self) -> str:
        """The name of the report, and the day on which it was made."""
        return f"{self._report()} {self.config.today}"

    def _report(self) -> str:
        """The name of the report, which holds everything that decides it."""
        asked = recall.question(self.config)
        return self.store.name("report", self.edition.engine, self.edition.knowledge, asked, self._parts())

    def _parts(self) -> bytes:
        """What is analysed: the files with the digests of those that can be read, and why there are no others."""
        found, known = self.found, self.digests.known
        files = [(file.path, file.kind, known.get(file.path)) for file in found.files]
        return repr((found.scope, found.notifications, found.not_analysed, files)).encode()

    def _catalogue(self) -> str:
        return self.store.name("catalogue", self.edition.engine, self.edition.knowledge)

    def _keep_catalogue(self, knowledge: Knowledge) -> None:
        if remembered.get(self.store, self._catalogue(), Catalogue) is None:
            references = [reference for rule in knowledge.rules.values() for reference in rule.standards]
            content = Catalogue(knowledge.rules, load_standards(knowledge, references))
            remembered.put(self.store, self._catalogue(), content)

    def _keep_seen(self) -> None:
        """Keep by what the next run can tell that nothing has changed; what could not be read has no stamp for that."""
        stamps = self.digests.stamps
        if self.config.overlay or len(stamps) + (self.config.stdin is not None) < len(self.found.files):
            return
        if any(
            note.level is NotificationLevel.ERROR or note.id.startswith("unreadable")
            for note in self.found.notifications
        ):
            return
        seen = Seen(
            {**self.found.looked, **stamps}, self.edition.stamps, self.found.links, self._report(), self._catalogue()
        )
        if seen.proves(self.digests.moment):
            remembered.put(self.store, self.store.name("seen", recall.question(self.config)), seen)
