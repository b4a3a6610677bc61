"""What is new against a revision: the whole program is analysed on both sides, and findings are compared by content.

Takes the report of today and a revision, gives the report with only what is new since then: findings that the revision
does not have, and those that it has whose proof passes through a line that was changed since. What a finding is, not
where, tells whether it was there: lines may have moved and files may have other names.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aisafety_lint import baseline, discovery, recall, remembered
from aisafety_lint.baseline import Entry
from aisafety_lint.cache import Store
from aisafety_lint.changes import changed_lines, likeness
from aisafety_lint.config import Config
from aisafety_lint.edition import edition
from aisafety_lint.finding import Finding, Location, Notification, NotificationLevel
from aisafety_lint.knowledge import builtin_root
from aisafety_lint.report.model import Base, Report
from aisafety_lint.revision import Object, Repository, by_path, lay_out, repository
from aisafety_lint.source import SourceFile, UnreadableError, decode

if TYPE_CHECKING:
    from aisafety_lint.report.inspection import Inspection
    from aisafety_lint.report.powers import Compared

_CANDIDATES = 40
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Before:
    """What a run found at a revision: the findings as entries, and how many files could not be analysed."""

    entries: tuple[Entry, ...]
    not_analysed: int


def against(report: Report, config: Config, revision: str, store: Store, *, hide: bool = True) -> Report:
    """The report with what is new since a revision; the rest is left out, or with `hide` off merely told apart.

    Raises UserError where there is no such revision.
    """
    git = repository(config.root)
    commit = git.commit(revision)
    before = _before(git, commit, config, store)
    matched = baseline.match(report, before.entries, config)
    old = {id(finding): entry for finding, entry in (*matched.known, *matched.overdue)}
    lines = _Lines(git, config, by_path(git.files(commit)), _moved(report.findings, old))
    touched = tuple(finding for finding in report.findings if id(finding) in old and lines.touch(finding))
    passing = {id(finding) for finding in touched}
    known = [finding for finding in report.findings if id(finding) in old and id(finding) not in passing]
    taken = {id(finding) for finding in known} if hide else set()
    return replace(
        report,
        findings=tuple(finding for finding in report.findings if id(finding) not in taken),
        hidden=dict(sorted({**report.hidden, **({"known": len(taken)} if taken else {})}.items())),
        notifications=(*report.notifications, *_notes(revision, before)),
        base=Base(revision, commit, frozenset(matched.new), frozenset(touched)),
    )


def powers_since(config: Config, now: "Inspection", revision: str) -> "Compared":
    """What changed in the powers of agents since a revision; raises UserError where there is no such revision."""
    from aisafety_lint import pipeline
    from aisafety_lint.program.powers import Side, compare
    from aisafety_lint.report.powers import Compared

    git = repository(config.root)
    commit = git.commit(revision)
    with tempfile.TemporaryDirectory(prefix="aisafety-lint-") as made:
        folder = Path(made).resolve()
        lay_out(git, commit, folder, discovery.size_limit(config, "notebook"))
        then = pipeline.inspect(laid_out(config, folder, config.explicit))
    changes = compare(Side(then.overview, then.servers), Side(now.overview, now.servers))
    scope = [config.relative(path) if path != config.root else "" for path in config.paths]
    shown = tuple(change for change in changes if _lies_in(change.subject.path, scope))
    return Compared(Base(revision, commit), shown, now, {**then.overview.words, **now.overview.words})


def _lies_in(path: str, scope: Iterable[str]) -> bool:
    return any(not place or path == place or path.startswith(f"{place}/") for place in scope)


def laid_out(config: Config, folder: Path, explicit: Iterable[str]) -> Config:
    """The settings of a run on another state of the same project, of which all is reported on."""
    named = (folder / path for path in explicit)
    paths = (folder, *(path for path in named if path.is_file() and not path.is_symlink()))
    return replace(config, root=folder, paths=paths, stdin=None, map=False)


def _before(git: Repository, commit: str, config: Config, store: Store) -> Before:
    """What a run finds at a commit, with the settings of today; kept, since a commit does not change."""
    from aisafety_lint import pipeline

    present = edition((builtin_root(), *config.rules)) if store else None
    name = ""
    if present is not None:
        named = (config.root / path for path in config.explicit)
        asked = recall.question(replace(config, stdin=None, paths=(config.root, *sorted(named)), map=False))
        day = config.today.isoformat().encode()
        name = store.name("before", present.engine, present.knowledge, asked, commit.encode(), day)
        known = remembered.get(store, name, Before)
        if known is not None:
            return known
    with tempfile.TemporaryDirectory(prefix="aisafety-lint-") as made:
        folder = Path(made).resolve()
        lay_out(git, commit, folder, discovery.size_limit(config, "notebook"))
        report = pipeline.run(laid_out(config, folder, config.explicit))
    entries = baseline.entries_of(report.findings, report, reason=commit)
    before = Before(entries, report.coverage.not_analysed)
    if name:
        remembered.put(store, name, before)
    return before


def _moved(findings: Iterable[Finding], old: Mapping[int, Entry]) -> dict[str, str]:
    """Where the files of known findings were."""
    return {finding.location.path: old[id(finding)].path for finding in findings if id(finding) in old}


@dataclass(slots=True)
class _Lines:
    """The lines of files that were changed since a commit, found when they are asked for.

    `objects` are the files of the commit by path, `moved` tells of some files where they were then.
    """

    git: Repository
    config: Config
    objects: Mapping[str, Object]
    moved: Mapping[str, str]
    known: dict[str, frozenset[int]] = field(default_factory=dict)

    def touch(self, finding: Finding) -> bool:
        """Whether the place of a finding or of its proof lies on a changed line."""
        return any(
            not self._of(place.path).isdisjoint(range(place.span.line, place.span.end_line + 1))
            for place in _places(finding)
        )

    def _of(self, path: str) -> frozenset[int]:
        if path not in self.known:
            now = self._now(path)
            then = None if now is None else self._then(path, now)
            if now is None:
                self.known[path] = frozenset()
            elif then is None:
                self.known[path] = frozenset(range(1, len(now.splitlines()) + 1))
            else:
                self.known[path] = changed_lines(then, now)
        return self.known[path]

    def _now(self, path: str) -> str | None:
        try:
            return decode(discovery.read(self.config, SourceFile(path, "notebook")))
        except UnreadableError:
            return None

    def _then(self, path: str, now: str) -> str | None:
        """The text that a file had under this name or another."""
        for name in (path, self.moved.get(path, "")):
            if name in self.objects:
                return self._text(self.objects[name])
        gone = [name for name in self.objects if self._may_have_become(name, path)]
        gone.sort(key=lambda name: (name.rpartition("/")[2] != path.rpartition("/")[2], name))
        texts = [text for name in gone[:_CANDIDATES] if (text := self._text(self.objects[name])) is not None]
        best = max(texts, key=lambda text: likeness(text, now), default=None)
        return best if best is not None and likeness(best, now) >= _ALIKE else None

    def _may_have_become(self, name: str, path: str) -> bool:
        return name.rpartition(".")[2] == path.rpartition(".")[2] and not (self.config.root / name).exists()

    def _text(self, item: Object) -> str | None:
        try:
            return next((decode(data) for _, data in self.git.contents([item])), None)
        except UnreadableError:
            return None


def _places(finding: Finding) -> Iterator[Location]:
    yield finding.location
    yield from finding.related
    for flow in finding.flows:
        yield from flow


def _notes(revision: str, before: Before) -> Iterator[Notification]:
    if before.not_analysed:
        files = "file" if before.not_analysed == 1 else "files"
        message = f"At `{revision}` {before.not_analysed} {files} could not be analysed; what is in them now is new."
        yield Notification("revision-not-analysed", message, NotificationLevel.NOTE)
