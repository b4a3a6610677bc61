"""The ledger of a fleet: for each repository an entry beside its reports that tells what they are about.

An entry is written last and whole or not at all: where there is one, everything that belongs to it is there.
"""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_bytes

SCHEMA = 1
FOLDER = "repositories"
_ENTRY, _RUN, _LOCK = "entry.json", "run.json", "run.lock"
_LARGEST = 50_000_000
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a repository: `done`, or `failed` for a `reason`.

    `key` is what its reports depend on: content or commit, engine, knowledge and settings; they hold from `day` until
    one of the `last_days` is over. `run` is the run that wrote it, `code` the exit code of a run on it alone.
    """

    repository: str
    status: str
    run: str
    reason: str = ""
    key: str = ""
    commit: str = ""
    version: str = ""
    day: str = ""
    last_days: tuple[str, ...] = ()
    code: int = 0
    severities: Mapping[str, int] = field(default_factory=dict)
    coverage: Mapping[str, int] = field(default_factory=dict)
    fixable: int = 0
    seconds: float = 0.0
    schema: int = SCHEMA

    def holds(self, key: str, day: str) -> bool:
        """Whether its reports are what an analysis on some day would give."""
        settled = all((last < self.day) == (last < day) for last in self.last_days)
        return self.status == "done" and bool(key) and self.key == key and settled


@dataclass(frozen=True, slots=True)
class Run:
    """The run that an output folder is for: the number of its kind there, and whether it came to its end."""

    id: str
    number: int
    complete: bool
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries in an output folder."""

    output: Path

    def folder(self, slug: str) -> Path:
        """Where everything about a repository lies."""
        return self.output / FOLDER / slug

    def entry(self, slug: str) -> Entry | None:
        """The entry of a repository; None where there is none that can be read."""
        return _read(self.folder(slug) / _ENTRY, Entry)

    def withdraw(self, slug: str) -> None:
        """Take back the entry of a repository, before its reports change."""
        with contextlib.suppress(FileNotFoundError):
            (self.folder(slug) / _ENTRY).unlink()

    def record(self, slug: str, entry: Entry) -> None:
        """Write the entry of a repository."""
        self.folder(slug).mkdir(parents=True, exist_ok=True)
        write_bytes(self.folder(slug) / _ENTRY, _encoded(entry))

    def run(self) -> Run | None:
        """The run that the folder was last used for."""
        return _read(self.output / _RUN, Run)

    def begin(self, *, resume: bool) -> Run:
        """Make the folder ready for a run, which goes on with the last one or is a new one; raises UserError."""
        try:
            self.output.mkdir(parents=True, exist_ok=True)
            last = self.run()
            if last is None and any(one.name != _LOCK for one in self.output.iterdir()):
                hint = "`--output-dir` names a new folder, or that of an earlier run"
                raise UserError(f"`{self.output}` holds something else than a fleet's reports", hint)
        except OSError as error:
            raise UserError(f"`{self.output}` cannot be used: {error.strerror}") from None
        if resume and last is None:
            raise UserError(f"there is no run to resume in `{self.output}`", "leave `--resume` out to begin one")
        number = 1 if last is None else last.number + last.complete
        run = Run(last.id if resume and last and not last.complete else os.urandom(8).hex(), number, complete=False)
        write_bytes(self.output / _RUN, _encoded(run))
        return run

    def finish(self, run: Run) -> None:
        """Note that a run came to its end."""
        write_bytes(self.output / _RUN, _encoded(replace(run, complete=True)))

    def lock(self) -> int | None:
        """Keep other runs out of the folder while the result is open; raises UserError where one is in it."""
        try:
            import fcntl
        except ImportError:  # Windows
            return None
        self.output.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.output / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise UserError(
                f"another run is at work in `{self.output}`", "`--output-dir` names another folder"
            ) from None
        return handle


def _encoded(content: Entry | Run) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _read(path: Path, kind: type[_Kind]) -> _Kind | None:
    try:
        data = path.read_bytes() if path.stat().st_size < _LARGEST else b""
        found = msgspec.json.decode(data, type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if getattr(found, "schema", None) == SCHEMA else None
