"""Makes a report where none is remembered by stamps: finds the files, asks for their content, analyses, and keeps."""

import time
from dataclasses import dataclass, replace

from aisafety_lint import discovery, recall, remembered
from aisafety_lint.cache import Store
from aisafety_lint.compiled import Compiled
from aisafety_lint.config import Config
from aisafety_lint.digests import Digests
from aisafety_lint.discovery import Discovered
from aisafety_lint.edition import Edition, edition
from aisafety_lint.finding import NotificationLevel
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.recall import Seen
from aisafety_lint.remembered import Catalogue
from aisafety_lint.report.model import Report
from aisafety_lint.standards import load_standards


def make(store: Store, config: Config) -> Report:
    """The report on a project; raises UserError where the job cannot be done."""
    moment = time.time_ns()
    present = edition((builtin_root(), *config.rules)) if store else None
    if present is None:
        from aisafety_lint import pipeline

        return pipeline.run(config)
    found = discovery.discover(config)
    attempt = _Attempt(store, config, present, found, Digests.of(store, config, found.files, moment))
    try:
        return attempt.recalled() or attempt.analysed()
    except remembered.ChangedError:
        return replace(attempt, digests=Digests.of(store, config, found.files, moment)).analysed()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A run of an edition on the files that were found."""

    store: Store
    config: Config
    edition: Edition
    found: Discovered
    digests: Digests

    def recalled(self) -> Report | None:
        """The report of an earlier run on the same content; None where there is none."""
        # Without digests of an earlier run there is hardly a report either, and to read all files twice is dear.
        if self.digests.before is None or not self.digests.complete():
            return None
        report = recall.restored(self.store, self.config, self._report(), self._catalogue())
        if report is not None:
            self.digests.save()
            self._keep_seen()
        return report

    def analysed(self) -> Report:
        """Analyse the project, and keep what was found out."""
        from aisafety_lint import pipeline
        from aisafety_lint.memory import Memory

        knowledge = Knowledge((builtin_root(), *self.config.rules), Compiled(self.store))
        memory = Memory.of(self.store, self.digests, self.edition)
        report = pipeline.report(self.config, knowledge, self.found, memory)
        if self.edition == edition(knowledge.roots):
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

    def _report(self) -> str:
        """The name of the report, which holds everything that decides it."""
        found, known = self.found, self.digests.known
        files = [(file.path, file.kind, known[file.path]) for file in found.files]
        parts = repr((found.scope, found.notifications, found.not_analysed, files)).encode()
        asked = recall.question(self.config)
        return self.store.name("report", self.edition.engine, self.edition.knowledge, asked, parts)

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
