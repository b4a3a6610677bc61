"""Makes fixes until nothing is left to mend: each is kept only if its finding is gone when all is analysed anew.

Takes the report of a project and a function that makes such a report with other texts in place of files; gives the
texts after the fixes, the last report, and what could not be done. Nothing is written here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aisafety_lint.config import Config
from aisafety_lint.finding import Edit, Finding, Fix, Notification, NotificationLevel
from aisafety_lint.fixes.edits import Moved, apply, touch
from aisafety_lint.fixes.files import Files
from aisafety_lint.fixes.planning import check, fix_of
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.fixes.shown import secrets_of
from aisafety_lint.report.model import Report
from aisafety_lint.source import SourceText

# Each round mends what the one before left or brought to light.
_ROUNDS = 20

Make = Callable[[Config], Report]
Mended = tuple[Finding, Fix]


@dataclass(slots=True)
class Outcome:
    """What has been done: how many findings are mended, how many an unsafe fix could mend, and the last report.

    `secrets` are the texts in the files that nobody may be shown; `variables` the names for them, by their digests.
    """

    report: Report
    files: Files
    secrets: tuple[str, ...] = ()
    fixed: int = 0
    unsafe: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def fix(config: Config, report: Report, make: Make, *, unsafe: bool) -> Outcome:
    """Mend what can be mended, without writing anything."""
    files = Files(config)
    outcome = Outcome(report, files, secrets=tuple(secrets_of(report, files.texts(report.masked))))
    for _ in range(_ROUNDS):
        chosen = [*_apart(_possible(outcome, unsafe=unsafe))]
        if not chosen:
            break
        _one_round(config, outcome, chosen, make)
    outcome.unsafe = 0 if unsafe else sum(not fix.safe for _, fix in _possible(outcome, unsafe=True))
    return outcome


def _possible(outcome: Outcome, *, unsafe: bool) -> Iterator[Mended]:
    """The findings that a fix can mend, as far as is known before it is tried."""
    findings = outcome.report.findings
    texts = outcome.files.texts(remedy.location.path for finding in findings for remedy in finding.remedies)
    for finding in findings:
        if (name := _name(finding)) in outcome.refused:
            continue
        try:
            found = fix_of(_with_steady_name(outcome, finding), texts)
        except Refusal as error:
            outcome.refused[name] = str(error)
            continue
        if found is not None and (unsafe or found.safe):
            yield finding, found


def _with_steady_name(outcome: Outcome, finding: Finding) -> Finding:
    """The finding with a name of a variable that no other secret had in an earlier round."""
    remedies = []
    for remedy in finding.remedies:
        known = remedy.known
        if remedy.edit == "literal-to-environment":
            base, number = known["name"], 1
            name = outcome.variables.setdefault(finding.key, base)
            while any(key != finding.key and name == taken for key, taken in outcome.variables.items()):
                number += 1
                name = outcome.variables[finding.key] = f"{base}_{number}"
            known["name"] = name
        remedies.append(replace(remedy, words=tuple(sorted(known.items()))))
    return replace(finding, remedies=tuple(remedies))


def _name(finding: Finding) -> str:
    """What a finding is known by while its file changes: not its line."""
    return (
        f"{finding.rule}\0{finding.location.path}\0{finding.symbol}\0{finding.message}\0{finding.location.span.column}"
    )


def _apart(mended: Iterable[Mended]) -> Iterator[Mended]:
    """Fixes that can be made at the same time; the others come in a later round."""
    taken: list[Edit] = []
    for finding, found in mended:
        if not any(touch(edit, other) for edit in found.edits for other in taken):
            taken += found.edits
            yield finding, found


def _one_round(config: Config, outcome: Outcome, chosen: list[Mended], make: Make) -> None:
    """Make fixes, look whether they hold, and try again without those that do not."""
    while chosen:
        texts = _applied(outcome.files, chosen)
        if texts is None:  # each of them alone has been checked
            chosen = chosen[: len(chosen) // 2]
            continue
        tried = Files(config, {**outcome.files.changed, **texts})
        report = make(replace(config, overlay=tried.overlay))
        bad = {_name(finding): why for finding, why in _bad(outcome, report, chosen)}
        if not bad:
            outcome.files.changed.update(texts)
            outcome.report = report
            outcome.fixed += len(chosen)
            return
        outcome.refused |= bad
        chosen = [pair for pair in chosen if _name(pair[0]) not in bad]


def _edits(chosen: Iterable[Mended]) -> Mapping[str, list[Edit]]:
    by_path: dict[str, list[Edit]] = {}
    for _, found in chosen:
        for edit in found.edits:
            by_path.setdefault(edit.path, []).append(edit)
    return by_path


def _applied(files: Files, chosen: Sequence[Mended]) -> dict[str, str] | None:
    """The texts after fixes; None where one of them no longer parses."""
    by_path = _edits(chosen)
    before = files.texts(by_path)
    try:
        return {path: check(before, path, edits).text for path, edits in by_path.items()}
    except Refusal:
        return None


def _bad(outcome: Outcome, after: Report, chosen: Sequence[Mended]) -> Iterator[tuple[Finding, str]]:
    """The findings that are still there although their fix has been made, and those whose fix brought another one."""
    moved = {path: _Lines(outcome.files, path, edits) for path, edits in _edits(chosen).items()}

    def place(finding: Finding) -> tuple[str, int]:
        path, line = finding.location.path, finding.location.span.line
        return path, moved[path].line(finding) if path in moved else line

    # The message tells two findings apart of which one has come to the line of the other.
    still = {(one.rule, one.message, one.location.path, one.location.span.line) for one in after.findings}
    new = still - {(one.rule, one.message, *place(one)) for one in outcome.report.findings}
    places = {known[2:] for known in new}
    for finding, _ in chosen:
        if (finding.rule, finding.message, *place(finding)) in still:
            yield finding, "the finding would still be there"
        elif place(finding) in places:
            yield finding, "it would bring another finding"


class _Lines:
    """On which lines the findings of a file are after edits."""

    def __init__(self, files: Files, path: str, edits: Iterable[Edit]) -> None:
        listed = list(edits)
        self._before = files.texts([path]).text(path)
        self._after = SourceText(path, apply(self._before.text, listed))
        self._moved = Moved(listed)

    def line(self, finding: Finding) -> int:
        span = finding.location.span
        offset = self._moved(self._before.offset(span.line, span.column))
        return self._after.span(offset, offset).line


def notes(outcome: Outcome) -> Iterator[Notification]:
    """What could not be mended, for people."""
    for finding in outcome.report.findings:
        why = outcome.refused.get(_name(finding))
        if why is not None:
            message = f"`{finding.rule}` is not fixed, because {why}."
            place = finding.location
            yield Notification("not-fixed", message, NotificationLevel.NOTE, place.path, place.span)
