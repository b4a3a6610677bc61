"""Baselines: the findings of a day, kept by what they are and not by where, so that only new ones are shown.

Takes a report and the entries of a file, gives the report without what is in them, and tells which entries are over or
match nothing any more. An entry is found again when lines move, files are renamed and code is reformatted, since it
holds the fingerprint of the finding; of findings that are alike, as many are known as there are entries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aisafety_lint.config import Config
from aisafety_lint.directives import is_date
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Finding, Notification, NotificationLevel, Persona, Severity
from aisafety_lint.fingerprint import fingerprints
from aisafety_lint.report.model import Report
from aisafety_lint.source import SourceFile, UnreadableError, read_bytes
from aisafety_lint.suppressed import Suppressed

SCHEMA = 1
DEFAULT = "aisafety-lint-baseline.json"
_MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A known finding: its fingerprint without a number, what a reader should know of it, why it stays, until when."""

    fingerprint: str
    rule: str
    path: str
    symbol: str
    severity: str
    persona: str
    message: str
    reason: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a baseline file holds, described by `rules/schema/baseline.schema.json`."""

    schema: int
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """A report compared with a baseline.

    `known` are pairs of finding and entry, `overdue` those whose entry is over, `new` the findings without one, and
    `stale` the entries that match nothing although the run would have found it.
    """

    known: tuple[tuple[Finding, Entry], ...]
    overdue: tuple[tuple[Finding, Entry], ...]
    new: tuple[Finding, ...]
    stale: tuple[Entry, ...]


def load(path: Path) -> tuple[Entry, ...]:
    """The entries of a file; raises UserError where there is none or it is no baseline."""
    import msgspec

    if not path.is_file():
        raise UserError(f"there is no baseline `{path}`", "`aisafety-lint baseline create` makes one")
    try:
        data = read_bytes(path.parent, SourceFile(path.name, "json"), _MAX_BYTES)
        content = msgspec.json.decode(data, type=Content)
    except (UnreadableError, msgspec.DecodeError) as error:
        raise UserError(f"{path}: not a baseline: {error}") from error
    if content.schema != SCHEMA:
        raise UserError(f"{path}: a baseline of version {content.schema}", f"this program reads version {SCHEMA}")
    for entry in content.entries:
        if not entry.reason.strip():
            raise UserError(f"{path}: the entry of `{entry.rule}` in `{entry.path}` gives no reason")
        if entry.until and not is_date(entry.until):
            raise UserError(f"{path}: `{entry.until}` is no day", "a day is written 2027-01-31")
    return content.entries


def text(entries: Iterable[Entry]) -> str:
    """Entries as the text of a file, in the order of path and rule, so that a change of one changes its lines only."""
    from dataclasses import asdict

    from aisafety_lint.report.encode import dump

    ordered = sorted(entries, key=lambda entry: (entry.path, entry.rule, entry.fingerprint, entry.reason))
    return dump({"schema": SCHEMA, "entries": [asdict(entry) for entry in ordered]})


def entries_of(findings: Sequence[Finding], report: Report, reason: str, until: str = "") -> tuple[Entry, ...]:
    """New entries for findings of a report."""
    return tuple(
        Entry(
            fingerprint=digest,
            rule=finding.rule,
            path=finding.location.path,
            symbol=finding.symbol,
            severity=str(finding.severity),
            persona=str(finding.persona),
            message=finding.message,
            reason=reason,
            until=until,
        )
        for finding, digest in zip(findings, _digests(findings, report), strict=True)
    )


def match(report: Report, entries: Iterable[Entry], config: Config) -> Matched:
    """Compare the findings of a report with the entries of a baseline."""
    today = config.today.isoformat()
    waiting: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: bool(entry.until) and entry.until < today):
        waiting.setdefault(entry.fingerprint, []).append(entry)
    digests = _digests(report.findings, report)
    found: dict[int, Entry] = {}
    # Of several that are alike, those of the same file belong together; what is left was moved.
    for moved in (False, True):
        for index, finding in enumerate(report.findings):
            alike = waiting.get(digests[index], []) if index not in found else []
            for entry in alike:
                if moved or entry.path == finding.location.path:
                    found[index] = entry
                    alike.remove(entry)
                    break
    pairs = [(report.findings[index], found[index]) for index in sorted(found)]
    left = [entry for alike in waiting.values() for entry in alike]
    return Matched(
        known=tuple(pair for pair in pairs if not pair[1].until or pair[1].until >= today),
        overdue=tuple(pair for pair in pairs if pair[1].until and pair[1].until < today),
        new=tuple(finding for index, finding in enumerate(report.findings) if index not in found),
        stale=tuple(entry for entry in left if _would_be_found(entry, report, config)),
    )


def apply(report: Report, entries: Iterable[Entry], config: Config, name: str) -> Report:
    """The report with what is known taken out; `name` is how people are told of the file."""
    matched = match(report, entries, config)
    taken = {id(finding) for finding, _ in matched.known}
    known = tuple(Suppressed(finding, "baseline", entry.reason, entry.until, name) for finding, entry in matched.known)
    hidden = {**report.hidden, **({"baseline": len(known)} if known else {})}
    return replace(
        report,
        findings=tuple(finding for finding in report.findings if id(finding) not in taken),
        suppressed=(*report.suppressed, *known),
        hidden=dict(sorted(hidden.items())),
        notifications=(*report.notifications, *_notes(matched, name)),
        baseline=True,
        overdue=tuple(finding for finding, _ in matched.overdue),
    )


def _digests(findings: Sequence[Finding], report: Report) -> list[str]:
    return [key.partition(":")[0] for key in fingerprints(findings, report.texts)]


def _would_be_found(entry: Entry, report: Report, config: Config) -> bool:
    """Whether a run with these settings and paths would have shown the finding of an entry."""
    if entry.rule not in report.rules or any(note.path == entry.path for note in report.notifications):
        return False
    scope = [config.relative(path) if path != config.root else "" for path in config.paths]
    in_scope = any(not place or entry.path == place or entry.path.startswith(f"{place}/") for place in scope)
    persona = Persona.__members__.get(entry.persona.upper(), Persona.REGULAR)
    severity = Severity.__members__.get(entry.severity.upper(), Severity.CRITICAL)
    return in_scope and persona <= config.persona and severity >= config.min_severity


def _notes(matched: Matched, name: str) -> Iterable[Notification]:
    if matched.overdue:
        days = sorted({entry.until for _, entry in matched.overdue})
        entries = _counted(len(matched.overdue), "entry is", "entries are")
        message = f"{entries} over since {days[0]}, and what they hold is shown again."
        yield Notification("baseline-entry-expired", message, NotificationLevel.WARNING, name)
    if matched.stale:
        entries = _counted(len(matched.stale), "entry matches", "entries match")
        message = f"{entries} nothing any more; `aisafety-lint baseline update` removes what is mended."
        yield Notification("baseline-entry-unused", message, NotificationLevel.NOTE, name)


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
