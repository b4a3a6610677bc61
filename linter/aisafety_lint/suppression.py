"""Suppressions: findings that a person has accepted, in a comment or in the configuration, with a reason.

Takes what the files and the settings say and the findings of a run, gives for each suppression what it holds back, and
which are wrong, over, or about nothing. A finding is matched by its place, not by its line: two on one line are two.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aisafety_lint.comments import Comment, comments
from aisafety_lint.config import Acceptance, SettingsFile
from aisafety_lint.directives import directives
from aisafety_lint.finding import Finding, NotificationLevel, Persona
from aisafety_lint.fingerprint import region_text
from aisafety_lint.ignorefiles import path_test
from aisafety_lint.rule import Rule
from aisafety_lint.select import Selection, find_rule, matching
from aisafety_lint.source import SourceText, Span
from aisafety_lint.suggest import did_you_mean
from aisafety_lint.suppressed import State, Suppression

if TYPE_CHECKING:
    from aisafety_lint.analysis import Reader
    from aisafety_lint.discovery import Discovered
    from aisafety_lint.project import Project


@dataclass(frozen=True, slots=True)
class Written:
    """A suppression before it is judged: the rules by their ids, and the regions by file; None is the whole file."""

    suppression: Suppression
    ids: tuple[str, ...]
    regions: Mapping[str, tuple[Span, ...] | None]
    judged: bool = True

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is at a place that it is about."""
        place = finding.location
        if place.path not in self.regions:
            return False
        regions = self.regions[place.path]
        start = (place.span.line, place.span.column)
        return regions is None or any(
            (one.line, one.column) <= start < (one.end_line, one.end_column) for one in regions
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What suppressions hold back: for the position of a finding the one that does; all of them with their states."""

    held: Mapping[int, Suppression] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()


def written(reader: "Reader", project: "Project", rules: Mapping[str, Rule]) -> tuple[Written, ...]:
    """The suppressions of a project, those of the narrowest effect first; raises UserError for wrong settings.

    What they say is taken from texts in which secrets are masked, so that no reason can show one.
    """
    config = reader.config
    if not config.suppress:
        return ()
    doubtful = {note.path for note in project.notifications if note.level is not NotificationLevel.NOTE}
    found = []
    for path, masked in reader.texts(reader.marked, project.secrets)[0].items():
        judged = path not in doubtful and (config.persona is Persona.AUDITOR or not reader.found.is_test(path))
        for comment in comments(reader.text(project.files[path]) or masked, project.files[path].kind):
            found.append(_of_comment(path, _masked(comment, masked), rules, judged=judged))  # noqa: PERF401 - it is long
    found += [_of_settings(item, reader, project, rules) for item in config.suppressions]
    return tuple(sorted(found, key=_reach))


def _masked(comment: Comment, masked: SourceText) -> Comment:
    """The comment as it is in the masked text; a mask can break the syntax by which comments are found."""
    if "*" not in region_text(masked, comment.span):
        return comment
    said = next(directives(region_text(masked, comment.span)), comment.directive)
    return replace(comment, directive=replace(comment.directive, reason=said.reason, until=said.until))


def _reach(item: Written) -> tuple[int, str, Span]:
    kinds = ("comment", "file-comment", "config")
    return kinds.index(item.suppression.kind), item.suppression.path, item.suppression.span


def _of_comment(path: str, comment: Comment, rules: Mapping[str, Rule], *, judged: bool) -> Written:
    said = comment.directive
    problem, hint = (said.problem, said.hint) if said.problem else _wrong_name(said.rules, rules)
    suppression = Suppression(
        kind="file-comment" if said.whole_file else "comment",
        path=path,
        span=comment.span,
        rules=said.rules,
        reason=said.reason,
        until=said.until,
        problem=problem,
        hint=hint,
        aims=said.whole_file or comment.covers is not None,
    )
    regions = None if said.whole_file else (comment.covers,) if comment.covers else ()
    return Written(suppression, _ids(said.rules, rules), {path: regions}, judged)


def _wrong_name(names: Iterable[str], rules: Mapping[str, Rule]) -> tuple[str, str]:
    """What is wrong with the first name that is no rule, or no rule that can be suppressed, and a hint."""
    for name in names:
        rule = find_rule(name, rules)
        if rule is None:
            if several := matching(name, rules):
                return f"`{name}` stands for {len(several)} rules", "name the rule that is meant"
            return f"there is no rule `{name}`", did_you_mean(name, rules, "`aisafety-lint rules` lists the rules")
        if "suppression" in rule.match:
            return (
                f"`{name}` cannot be suppressed",
                "mend what it tells of, or `ignore` it in the settings",
            )
    return "", ""


def _ids(names: Iterable[str], rules: Mapping[str, Rule]) -> tuple[str, ...]:
    return tuple(rule.id if (rule := find_rule(name, rules)) else name for name in names)


def _of_settings(item: Acceptance, reader: "Reader", project: "Project", rules: Mapping[str, Rule]) -> Written:
    from aisafety_lint import settings_schema
    from aisafety_lint.errors import UserError

    file = reader.config.file
    assert file is not None, "only a file has such settings"
    problem, hint = _wrong_name([item.rule], rules)
    if problem:
        where = settings_schema.place(file, ("suppressions", item.position, "rule"))
        raise UserError(f"{where}: {problem}", hint)
    places = path_test([item.path], f"suppressions[{item.position}].path")
    paths = [path for path in project.files if places.matches(path)]
    regions = {path: _selected(item, path, file, reader, project) for path in paths}
    aims = any(region is None or region for region in regions.values())
    span = settings_schema.span(file, ("suppressions", item.position, "path")) or Span(1, 1, 1, 1)
    said = Suppression("config", item.file or file.name, span, (item.rule,), item.reason, item.until, aims=aims)
    return Written(said, _ids(said.rules, rules), regions, judged=bool(item.file))


def _selected(
    item: Acceptance, path: str, file: SettingsFile, reader: "Reader", project: "Project"
) -> tuple[Span, ...] | None:
    """The regions that the path of an acceptance selects in a document; the whole file without such a path."""
    if not item.at:
        return None
    from aisafety_lint import settings_schema
    from aisafety_lint.errors import UserError
    from aisafety_lint.manifests.query import select

    if project.files[path].kind not in ("json", "yaml", "toml"):
        return ()
    document = reader.document(project.files[path])
    try:
        found = () if document is None else select(document, item.at)
    except UserError as error:
        where = settings_schema.place(file, ("suppressions", item.position, "at"))
        raise UserError(f"{where}: {error.message}", error.hint) from error
    return tuple(
        match.node.places.span(match.key.start if match.key else match.node.start, match.node.end) for match in found
    )


def judge(
    findings: Sequence[Finding], suppressions: Iterable[Written], selection: Selection, found: "Discovered"
) -> Judgement:
    """Match findings with suppressions: the first one that covers a finding holds it back, if it is not over."""
    by_path: dict[str, list[tuple[int, Finding]]] = {}
    for index, finding in enumerate(findings):
        by_path.setdefault(finding.location.path, []).append((index, finding))
    held: dict[int, Suppression] = {}
    judged = []
    for item in suppressions:
        about = _about(item, by_path, held)
        suppression = _with_states(item, Counter(rule for _, rule in about), selection)
        judged.append(suppression)
        if not suppression.problem and State.EXPIRED not in suppression.states:
            held |= {index: suppression for index, _ in about}
    in_scope = (item for item in judged if found.in_scope(item.path))
    return Judgement(held, tuple(sorted(in_scope, key=lambda item: (item.path, item.span))))


def _about(
    item: Written, by_path: Mapping[str, Iterable[tuple[int, Finding]]], held: Collection[int]
) -> list[tuple[int, str]]:
    """The findings that a suppression is about and no other one holds: position and rule."""
    if item.suppression.problem:
        return []
    return [
        (index, finding.rule)
        for path in item.regions
        for index, finding in by_path.get(path, ())
        if finding.rule in item.ids and index not in held and item.covers(finding)
    ]


def _with_states(item: Written, counts: Mapping[str, int], selection: Selection) -> Suppression:
    said = item.suppression
    over = bool(said.until) and said.until < selection.config.today.isoformat()
    states = tuple(_state(item, name, counts.get(name, 0), over, selection.rules) for name in item.ids)
    return replace(said, states=states, counts=tuple(counts.get(name, 0) for name in item.ids))


def _state(item: Written, name: str, count: int, over: bool, active: Collection[str]) -> State:
    if item.suppression.problem:
        return State.MALFORMED
    if count:
        return State.EXPIRED if over else State.USED
    return State.UNUSED if item.judged and name in active else State.UNKNOWN


def last_days(suppressions: Iterable[Suppression]) -> Iterator[str]:
    """The days after which a run could say something else."""
    return (item.until for item in suppressions if item.until and not item.problem)
