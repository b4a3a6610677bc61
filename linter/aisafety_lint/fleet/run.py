"""The story of a fleet's run: every repository has its turn, then what they have in common is written."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from aisafety_lint.errors import UserError
from aisafety_lint.fleet.ledger import Entry, Ledger, Run
from aisafety_lint.fleet.sources import Source
from aisafety_lint.fleet.task import Asked, Done
from aisafety_lint.outputs import write_file, write_stdout
from aisafety_lint.report.terminal import count, visible

OVERVIEW, TABLES = "index.html", "fleet.duckdb"


@dataclass(frozen=True, slots=True)
class Means:
    """What a run works with: the address of a scheduler, or so many processes with so many bytes of memory each."""

    scheduler: str = ""
    workers: int = 1
    memory: int = 4_000_000_000


def run(found: Sequence[Source], asked: Asked, means: Means, previous: Path | None, *, exit_zero: bool = False) -> int:
    """Analyse all repositories: the exit code of the whole. Raises UserError where the job cannot be done."""
    ledger = Ledger(asked.output)
    before = _tables_of(previous) if previous else None
    with _alone(ledger):
        this = ledger.begin(resume=asked.resume)
        entries = _entries(found, replace(asked, run=this.id), means)
        counted = together(found, entries, asked, this, before)
        ledger.finish(this)
    write_stdout(counted)
    if any(entry.code == 2 for entry in entries.values()):
        return 2
    return int(not exit_zero and any(entry.code for entry in entries.values()))


def _tables_of(folder: Path) -> Path:
    """The tables of an earlier run; raises UserError where there are none."""
    if not (folder / TABLES).is_file():
        raise UserError(f"there is no `{TABLES}` in `{folder}`", "`--previous` names the output folder of a run")
    return folder / TABLES


@contextlib.contextmanager
def _alone(ledger: Ledger) -> Iterator[None]:
    handle = ledger.lock()
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _entries(found: Sequence[Source], asked: Asked, means: Means) -> dict[str, Entry]:
    """What becomes of each repository, by slug, in the order of the sources."""
    from aisafety_lint.fleet.scheduling import Schedule, connected

    progress = Progress(sys.stderr, len(found))
    known: dict[str, Entry] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="aisafety-lint-") as scratch, connected(means, scratch) as client:
            for slug, done in Schedule(client, asked, attempts=1 if means.scheduler else 2).done(found):
                known[slug] = done.entry
                progress.tell(done)
    except KeyboardInterrupt:
        progress.stop()
        sys.stderr.write(f"{len(known)} of {len(found)} are finished and kept: `--resume` goes on with the rest\n")
        raise
    finally:
        progress.stop()
        with contextlib.suppress(OSError):
            asked.work.rmdir()  # nothing is left in it
    return {source.slug: known[source.slug] for source in found}


def together(found: Sequence[Source], entries: dict[str, Entry], asked: Asked, this: Run, before: Path | None) -> str:
    """Write the tables and the overview; the last line, in words."""
    from aisafety_lint.fleet import overview, tables

    last = asked.output / TABLES
    with tables.building(asked.output, TABLES, before or (last if last.is_file() else None)) as database:
        for source in found:
            database.add(source, entries[source.slug])
        database.load(this.number, asked.today.isoformat())
        page = overview.page(database)
    write_file(asked.output / OVERVIEW, page)
    failed = sum(entry.status == "failed" for entry in entries.values())
    findings = sum(sum(entry.severities.values()) for entry in entries.values())
    where = f"{len(found)} repositories" if len(found) > 1 else "1 repository"
    gaps = f", {failed} of them failed" if failed else ""
    return f"{count(findings, 'finding')} in {where}{gaps}; see {visible(str(asked.output / OVERVIEW))}\n"


@dataclass(slots=True)
class Progress:
    """Tells on standard error how far a run is: on one line of a terminal, else with a line for each repository."""

    stream: TextIO
    total: int
    finished: int = 0
    failed: int = 0
    findings: int = 0
    shown: bool = field(default=False)

    def tell(self, done: Done) -> None:
        """Count a repository, and say so."""
        entry = done.entry
        self.finished += 1
        self.failed += entry.status == "failed"
        self.findings += sum(entry.severities.values())
        name = visible(entry.repository)
        if entry.status == "failed":
            self._line(f"failed: {name}: {visible(entry.reason)}")
        elif not self.stream.isatty():
            what = "kept" if done.kept else f"{entry.seconds:.1f} s"
            self._line(
                f"[{self.finished}/{self.total}] {name}: {count(sum(entry.severities.values()), 'finding')}, {what}"
            )
        if self.stream.isatty():
            failed = f", {self.failed} failed" if self.failed else ""
            self._write(
                f"\r\x1b[K{self.finished} of {self.total}{failed}, {count(self.findings, 'finding')}: {name[:50]}"
            )
            self.shown = True

    def stop(self) -> None:
        """Leave no unfinished line behind."""
        if self.shown:
            self._write("\r\x1b[K")
            self.shown = False

    def _line(self, text: str) -> None:
        self.stop()
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self.stream.flush()
