"""What a worker does with one repository: analyses it, writes its reports, and last its entry in the ledger.

Workers may be on other machines: everything that a task needs comes with it, and what it says is the entry.
"""

import datetime
import gc
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from aisafety_lint import __version__, interpreter, recall
from aisafety_lint.cache import NO_CACHE, Store, open_store
from aisafety_lint.commons import Commons
from aisafety_lint.compiled import Compiled
from aisafety_lint.config import Config
from aisafety_lint.edition import Edition, edition
from aisafety_lint.errors import UserError
from aisafety_lint.fleet.clones import CloneError, Remote
from aisafety_lint.fleet.ledger import Entry, Ledger
from aisafety_lint.fleet.sources import Source
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.making import Attempt
from aisafety_lint.outputs import write_file
from aisafety_lint.report.model import Report
from aisafety_lint.settings import CommandLine, load_config

REPORTS = {"sarif": "report.sarif", "json": "report.json", "html": "report.html"}
MAP = "map.json"
_MANY_OBJECTS = 3_000_000
_LARGEST = 20_000_000  # what of a remote repository is larger is not even written into the work folder


class FailedError(Exception):
    """A repository that cannot be analysed; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What all tasks of a run have in common: its run, where it writes, and the settings of the command line."""

    run: str
    output: Path
    work: Path
    today: datetime.date
    resume: bool = False
    cache: Path | None = None
    config: str | None = None
    isolated: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 600.0
    version: str = __version__

    @property
    def patience(self) -> float:
        """How long git may take: less than all of it may, so that git is ended with a reason of its own."""
        return self.seconds * 0.9

    @property
    def rules(self) -> tuple[Path, ...]:
        """The folders of rules that the command line names."""
        named: tuple[Path, ...] = self.settings.get("rules", ())
        return named

    @property
    def ledger(self) -> Ledger:
        """Where entries are."""
        return Ledger(self.output)


@dataclass(frozen=True, slots=True)
class Done:
    """The entry of a repository; it was `kept` where its reports were there already."""

    entry: Entry
    kept: bool = False


def work(source: Source, asked: Asked) -> Done:
    """Analyse a repository and write what is found; what fails is an entry with its reason."""
    started = time.monotonic()
    if asked.ledger.run() is None:
        # Nothing can be recorded: who gave the task has to tell.
        raise FailedError(f"the worker does not see the output folder `{asked.output}`")
    last = asked.ledger.entry(source.slug)
    if last is not None and last.status == "failed" and last.run == asked.run and not asked.resume:
        return Done(last, kept=True)
    try:
        found = _fetched(source, asked, last) if source.address else _analysed(source, asked, last)
    except (FailedError, CloneError, UserError) as error:
        return Done(recorded(source, asked, str(error), started))
    except (OSError, MemoryError, RecursionError, ValueError) as error:
        return Done(recorded(source, asked, f"{type(error).__name__}: {error}", started))
    finally:
        _tidy()
    if found is last:
        return Done(found, kept=True)
    found = replace(found, seconds=round(time.monotonic() - started, 2))
    asked.ledger.record(source.slug, found)
    return Done(found)


def _tidy() -> None:
    """Let go of what refers to itself: an analysis leaves hardly any, and to look through all takes long."""
    if gc.get_freeze_count() > _MANY_OBJECTS:
        interpreter.tidy()


def recorded(source: Source, asked: Asked, reason: str, started: float | None = None) -> Entry:
    """Record that a repository failed."""
    from aisafety_lint.secrets.redact import concealed

    seconds = 0.0 if started is None else round(time.monotonic() - started, 2)
    entry = Entry(
        source.name,
        "failed",
        asked.run,
        concealed(reason).encode("utf-8", "backslashreplace").decode(),
        version=__version__,
        day=asked.today.isoformat(),
        code=2 if source.explicit else 0,
        seconds=seconds,
    )
    asked.ledger.record(source.slug, entry)
    return entry


def _fetched(source: Source, asked: Asked, last: Entry | None) -> Entry:
    """The entry of a repository at an address: fetched into the work folder, unless its commit is done already."""
    remote = Remote(source.address)
    present = _edition(asked.rules)
    if last is not None and last.commit:
        known = _reusable(last, asked, _key(asked, present, last.commit))
        if known and remote.commit(asked.patience) == last.commit:
            return last
    folder = asked.work / source.slug
    shutil.rmtree(folder, ignore_errors=True)
    try:
        commit, tree = remote.files(folder, _LARGEST, asked.patience)
        config, attempt = _begun(tree.resolve(), asked)
        return _written(source, asked, config, _report(attempt, asked), _key(asked, present, commit), commit)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _analysed(source: Source, asked: Asked, last: Entry | None) -> Entry:
    """The entry of a repository in a folder."""
    config, attempt = _begun(_root(source), asked)
    key = _key(asked, attempt.edition, attempt.content().hex(), config)
    if last is not None and _reusable(last, asked, key):
        return last
    return _written(source, asked, config, _report(attempt, asked), key)


def _root(source: Source) -> Path:
    """The folder of a repository; raises FailedError where there is none that can be analysed."""
    assert source.folder is not None
    root = source.folder.resolve()
    if not root.is_dir():
        raise FailedError("it is not a folder" if root.exists() else "it does not exist")
    try:
        names = {one.name for one in root.iterdir()}
    except OSError as error:
        raise FailedError(f"it cannot be read: {error.strerror}") from None
    if {"HEAD", "objects", "refs"} <= names and ".git" not in names:
        raise FailedError("it is a bare repository, which holds no files to analyse")
    return root


def _begun(root: Path, asked: Asked) -> tuple[Config, Attempt]:
    """The settings for a repository, and what is to be analysed."""
    store = open_store(asked.cache, root) if asked.cache else NO_CACHE
    line = CommandLine((str(root),), asked.config, asked.isolated, None, asked.settings)
    loaded = load_config(line, cwd=root, today=asked.today, store_for=lambda _: store, root=root)
    config = replace(loaded, map=True)
    return config, Attempt.on(store, config, _edition(config.rules), time.time_ns())


def _report(attempt: Attempt, asked: Asked) -> Report:
    """The report, made with what the tasks of this process share."""
    commons = _commons(attempt.store) if attempt.store else None
    if commons is not None:
        commons.refresh("looks", (attempt.edition.engine, attempt.edition.knowledge))
        commons.refresh("facts", (attempt.edition.engine,))
    own = attempt.config.rules != asked.rules  # the repository brings rules of its own
    shared = None if own else _knowledge(asked.rules, attempt.store)
    return replace(attempt, shared=shared, commons=commons).report()


@lru_cache(maxsize=1)
def _knowledge(rules: tuple[Path, ...], store: Store) -> Knowledge:
    return Knowledge((builtin_root(), *rules), Compiled(store, several=True))


@lru_cache(maxsize=1)
def _commons(store: Store) -> Commons:
    return Commons(store)


@lru_cache(maxsize=4)
def _edition(rules: tuple[Path, ...]) -> Edition:
    found = edition((builtin_root(), *rules))
    if found is None:
        raise FailedError("the program or its rules changed while it ran, or cannot be read")
    return found


def _key(asked: Asked, present: Edition, content: str, config: Config | None = None) -> str:
    """What reports depend on: the content or commit, the engine, the knowledge, the settings and the baseline.

    The settings and the baseline of a commit are a part of it.
    """
    question = b"" if config is None else recall.question(config)
    baseline = b"" if config is None or config.baseline is None else _content_of(config.baseline)
    named = _content_of(Path(asked.config)) if asked.config else b""
    parts = (content, present.engine, present.knowledge, question, baseline, named, asked.isolated)
    return sha256(repr((parts, sorted(asked.settings.items()))).encode()).hexdigest()


def _content_of(path: Path) -> bytes:
    try:
        return sha256(path.read_bytes()).digest()
    except OSError as error:
        raise FailedError(f"`{path}` cannot be read: {error.strerror}") from None


def _reusable(last: Entry, asked: Asked, key: str) -> bool:
    """Whether reports are there that need not be made again: this run made them, or it goes on with another one."""
    return (asked.resume or last.run == asked.run) and last.holds(key, asked.today.isoformat())


def _written(source: Source, asked: Asked, config: Config, report: Report, key: str, commit: str = "") -> Entry:
    """Write the reports of a repository, and give the entry that is still to be recorded."""
    from aisafety_lint.commands.check import exit_code, without_known
    from aisafety_lint.fixes.shown import with_edits
    from aisafety_lint.report import render
    from aisafety_lint.report.encode import dump

    report = with_edits(without_known(report, config), config)
    folder = asked.ledger.folder(source.slug)
    asked.ledger.withdraw(source.slug)
    folder.mkdir(parents=True, exist_ok=True)
    for form, name in REPORTS.items():
        write_file(folder / name, render(form, report))
    write_file(folder / MAP, dump(report.map))
    severities = Counter(str(finding.severity) for finding in report.findings)
    return Entry(
        source.name,
        "done",
        asked.run,
        key=key,
        commit=commit,
        version=__version__,
        day=asked.today.isoformat(),
        last_days=report.last_days,
        code=exit_code(config, report),
        severities=dict(sorted(severities.items())),
        coverage=asdict(report.coverage),
        fixable=sum(bool(finding.fixes) for finding in report.findings),
    )
