"""What the process behind an editor knows of one folder: its settings, the texts that are typed, the last answers."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aisafety_lint import pipeline, recall
from aisafety_lint.commands import check
from aisafety_lint.config import Config
from aisafety_lint.digests import Digests
from aisafety_lint.editor.items import items, path_of
from aisafety_lint.editor.messages import Item, Typed
from aisafety_lint.editor.near import Difference, neighbours, refined
from aisafety_lint.editor.texts import analysed, written
from aisafety_lint.kept import Kept
from aisafety_lint.making import make
from aisafety_lint.python.relevance import imported_files
from aisafety_lint.report.model import Report
from aisafety_lint.source import SourceText


@dataclass(slots=True)
class Whole:
    """The last answer about the whole project: with which settings and texts, and what came of it.

    `edges` tell for each file of Python which ones it imports; `before` keeps what the near files of an edited one
    say with the texts of this answer.
    """

    config: Config
    report: Report
    edges: Mapping[str, frozenset[str]] = field(default_factory=dict)
    before: dict[str, tuple[tuple[str, ...], Report]] = field(default_factory=dict)


@dataclass(slots=True)
class Folder:
    """One folder and what is known of it; `units` is the position encoding of the protocol.

    `texts` are those in the editor by their absolute paths; `seen` are the files of those that were on disk, and are
    deleted if they are not there any more. `everything` shows findings of closed files, too.
    """

    arguments: argparse.Namespace
    units: str
    everything: bool = False
    texts: dict[str, Typed] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    last: Whole | None = None
    differences: dict[str, Difference] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def typed(self, message: Typed) -> None:
        """Take the text of a file from the editor."""
        if message.text is None:
            self.texts.pop(message.path, None)
        else:
            self.texts[message.path] = message

    @property
    def versions(self) -> dict[str, int]:
        """The versions of the texts, by path."""
        return {path: message.version for path, message in self.texts.items()}

    def remembered(self) -> tuple[Item, ...] | None:
        """The answer of an earlier run, where nothing has changed since."""
        config = self._config()
        report = None if config.overlay else recall.unchanged(config, check.store_of(self.arguments, config.root))
        return None if report is None else self._items(check.without_known(report, config), config)

    def whole(self) -> tuple[Item, ...]:
        """The answer of the command line; raises UserError where it has none."""
        config = self._config()
        report = make(check.store_of(self.arguments, config.root), config, self.kept)
        report = check.without_known(report, config)
        shown = self._items(report, config)
        looks = self.kept.tables.looks
        imports = {path: look.imports for path, (_, look) in looks.items() if look.imports is not None}
        self.last = Whole(config, report, imported_files(imports))
        self.differences = {}
        return shown

    def prepare(self, path: str) -> None:
        """Find out what the near files of one that may be edited next say now."""
        if self.last is not None and (name := path_of(self.last.config, path)) is not None:
            self._before(self.last, name)

    def near(self, path: str) -> tuple[Item, ...] | None:
        """The first answer after an edit of a file; None where nothing can be said yet."""
        if self.last is None or (name := path_of(self.last.config, path)) is None or self.kept.found is None:
            return None
        if not any(file.path == name for file in self.kept.found.files):
            return None
        config = replace(self.last.config, overlay=self._overlay(self.last.config))
        files, before = self._before(self.last, name)
        after = self._report(config, files)
        old, new = (SourceText(name, analysed(one, name)) for one in (self.last.config, config))
        self.differences[name] = Difference(name, before, after, old, new)
        return self._items(refined(self.last.report, self.differences.values()), config)

    def _before(self, last: Whole, name: str) -> tuple[tuple[str, ...], Report]:
        if name not in last.before:
            found = self.kept.found
            sizes = {file.path: file.size for file in found.files} if found else {}
            files = neighbours(name, last.edges, sizes)
            last.before[name] = files, self._report(last.config, files)
        return last.before[name]

    def _report(self, config: Config, names: tuple[str, ...]) -> Report:
        """The report on some files alone."""
        kept = self.kept
        assert kept.found is not None, "a whole report came before"
        assert kept.edition is not None, "a whole report came before"
        config = replace(config, jobs=1, map=False)
        files = tuple(file for file in kept.found.files if file.path in names)
        found = replace(kept.found, files=files, notifications=(), not_analysed=0)
        digests = Digests(config, {file.path: file for file in files}, 0)
        digests.complete()
        return pipeline.report(config, kept.knowledge, found, kept.memory(digests))

    def _config(self) -> Config:
        """The settings of a run now."""
        config = check.config_of(self.arguments)
        return replace(config, jobs=1, overlay=self._overlay(config))

    def _overlay(self, config: Config) -> dict[str, bytes]:
        """The texts that differ from what is written in their files."""
        found = {}
        for path, message in self.texts.items():
            name = path_of(config, path)
            if name is None or message.text is None:
                continue
            on_disk = written(config, name)
            if on_disk is not None:
                self.seen.add(path)
            if on_disk != message.text and (on_disk is not None or path not in self.seen):
                found[name] = message.text.encode("utf-8", "replace")
        return found

    def _items(self, report: Report, config: Config) -> tuple[Item, ...]:
        shown = {path_of(config, path) for path in self.texts}
        return items(report, config, self.units, lambda path: self.everything or path in shown)
