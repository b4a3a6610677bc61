"""`aisafety-lint --watch`: reports again whenever a file changes, and tells what is new and what is gone.

What is watched is what a run goes by: the files that it analyses, and the folders, ignore files and settings that
decide which these are. They are looked at a few times a second, which costs some milliseconds for thousands of files;
so folders that are not analysed are not watched either, it works on every file system, and nothing need be installed.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from aisafety_lint import recall
from aisafety_lint.arguments import use_color
from aisafety_lint.cache import Store
from aisafety_lint.commands import check
from aisafety_lint.config import Config
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Finding
from aisafety_lint.interpreter import tidy
from aisafety_lint.kept import Kept
from aisafety_lint.making import make
from aisafety_lint.outputs import Output, write_stdout
from aisafety_lint.report.model import Report
from aisafety_lint.report.terminal import Paint, count, visible
from aisafety_lint.settings import OWN_FILES

INTERRUPTED = 130

# Files are looked at so often, but in no more than a twentieth of the time; several changes at once are one.
_INTERVAL, _SHARE, _SETTLED = 0.3, 20, 0.15
_CLEARED = "\x1b[2J\x1b[3J\x1b[H"
_FORMATS = ("full", "concise")
_OTHERS = ("fix", "fix_only", "add_ignores", "show_files", "show_settings", "statistics")

Marks = dict[str, tuple[int, int, int] | None]


@dataclass(slots=True)
class Watch:
    """A watched project: how it is reported on, the last report, and what that went by.

    `files` are those that were analysed, `marks` tell of all places that decide something what they were before.
    """

    arguments: argparse.Namespace
    outputs: list[Output]
    form: str
    kept: Kept = field(default_factory=Kept)
    config: Config | None = None
    last: Report | None = None
    files: tuple[str, ...] = ()
    marks: Marks = field(default_factory=dict)

    def run(self) -> int:
        """Report until somebody interrupts; raises UserError where not even the first report can be made."""
        try:
            while True:
                try:
                    self._once()
                except UserError as error:
                    if self.last is None:
                        raise
                    words = [f"error: {error.message}", *([f"hint: {error.hint}"] if error.hint else [])]
                    sys.stderr.write("".join(f"{visible(line)}\n" for line in words))
                tidy()
                self._wait()
        except KeyboardInterrupt:
            if sys.stderr.isatty():  # which shows ^C
                sys.stderr.write("\n")
            return INTERRUPTED

    def _once(self) -> None:
        started = time.monotonic()
        html = "html" in (form for form, _ in self.outputs)
        self.config = config = replace(check.config_of(self.arguments), map=html)
        self._look(config)
        report = check.made(self.arguments, config, lambda store: self._made(config, store))
        self._clear()
        check.reported(self.arguments, config, report, self.outputs, self.form, started)
        if self.last is not None:
            write_stdout("".join(self._difference(self.last, report, config)))
        self.last = report
        sys.stderr.write(f"Watching {count(len(self.files), 'file')}; Ctrl-C ends.\n")

    def _made(self, config: Config, store: Store) -> Report:
        """The report on the project, for the first time remembered if it can be."""
        known = recall.unchanged(config, store) if self.last is None else None
        return known or make(store, config, self.kept)

    def _clear(self) -> None:
        """Begin a new page on a terminal, and elsewhere a new part."""
        if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            write_stdout(_CLEARED)
        elif self.last is not None:
            write_stdout(f"\n{'-' * 60}\n\n")

    def _difference(self, before: Report, now: Report, config: Config) -> Iterator[str]:
        """What the report before did not have, and what this one has no more."""
        new, gone = _beyond(now, before, config), _beyond(before, now, config)
        paint = Paint(use_color(self.arguments.color, os.environ, sys.stdout.isatty()))
        if not new and not gone:
            yield "\nNothing is new, and nothing is gone.\n"
            return
        yield "\nSince the run before:\n"
        for sign, findings in (("new", new), ("gone", gone)):
            for finding in findings:
                name = paint(f"{finding.severity}[{finding.rule}]", str(finding.severity))
                place = f"{visible(finding.location.path)}:{finding.location.span.line}"
                yield f"{sign:>5}  {name} {place} {visible(finding.message)}\n"

    def _look(self, config: Config) -> None:
        """Note what decides about the report that is to be made."""
        from aisafety_lint.discovery import discover

        found = discover(config)
        self.files = tuple(file.path for file in found.files)
        root = str(config.root)
        places = {f"{root}/{path}" if path else root for path in (*self.files, *found.looked)}
        self.marks = _marks({*places, *_of_settings(config)})

    def _wait(self) -> None:
        """Wait until something has changed, and then until nothing does."""
        while True:
            began = time.monotonic()
            now = _marks(self.marks)
            cost = time.monotonic() - began
            if now == self.marks:
                time.sleep(max(_INTERVAL, cost * _SHARE))
                continue
            while True:
                time.sleep(_SETTLED)
                before, now = now, _marks(self.marks)
                if now == before:
                    break
            if not self._only_folders(now):
                self.marks = now  # where there is no report this time, the next change is one against this
                return

    def _only_folders(self, now: Marks) -> bool:
        """Whether just a folder has changed, and the files are the same, as after an editor's file of its own."""
        if any(now[path] != mark and not Path(path).is_dir() for path, mark in self.marks.items()):
            return False
        assert self.config is not None, "there was a report"
        before = self.files
        self._look(self.config)
        return self.files == before


def watch(arguments: argparse.Namespace, outputs: list[Output], form: str) -> int:
    """Report again and again; raises UserError for options that do not go with that."""
    for name in _OTHERS:
        if getattr(arguments, name):
            raise UserError(f"`--watch` and `--{name.replace('_', '-')}` exclude each other")
    if arguments.diff == "" or "-" in arguments.paths:
        raise UserError("`--watch` reports on files, and on nothing else")
    if form not in _FORMATS:
        raise UserError(f"`--watch` does not write `{form}` to standard output", "`--output FORMAT=FILE` writes a file")
    return Watch(arguments, outputs, form).run()


def _beyond(report: Report, other: Report, config: Config) -> tuple[Finding, ...]:
    """The findings of a report that another one does not have, wherever their lines are."""
    from aisafety_lint import baseline

    return baseline.match(report, baseline.entries_of(other.findings, other, "seen"), config).new


def _of_settings(config: Config) -> Iterator[str]:
    """Where settings are, or could be, and what they name."""
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        yield from (str(folder / name) for name in (*OWN_FILES, "pyproject.toml"))
        if folder == config.root:
            break
    if config.file is not None:
        yield str(config.file.path)
    if config.baseline is not None:
        yield str(config.baseline)
    for folder in config.rules:
        yield from (str(path) for path in folder.rglob("*"))


def _marks(paths: Iterable[str]) -> Marks:
    """What tells of each place whether it has changed; None where there is nothing."""
    found: Marks = {}
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 - thousands of times a second
            found[path] = status.st_mtime_ns, status.st_size, status.st_ino
        except (OSError, ValueError):
            found[path] = None
    return found
