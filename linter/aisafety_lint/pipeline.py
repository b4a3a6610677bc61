"""The story of a run on one screen: from the settings to the report."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from aisafety_lint import analysis, discovery, select, suppression
from aisafety_lint.checks import interest, run_checks
from aisafety_lint.checks.folding import folded
from aisafety_lint.checks.subjects import applied
from aisafety_lint.config import Config
from aisafety_lint.discovery import Discovered
from aisafety_lint.finding import Finding, Notification, Persona, Severity
from aisafety_lint.interpreter import analysing
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.memory import Memory
from aisafety_lint.project import Project
from aisafety_lint.report.model import Coverage, Report
from aisafety_lint.select import Selection
from aisafety_lint.standards import standards_of
from aisafety_lint.suppressed import Suppressed, Suppression

if TYPE_CHECKING:
    from aisafety_lint.report.inspection import Inspection


def run(config: Config, knowledge: Knowledge | None = None) -> Report:
    """Analyse a project, with knowledge that several runs share if there is any; raises UserError where it cannot."""
    known = knowledge or Knowledge((builtin_root(), *config.rules))
    return report(config, known, discovery.discover(config), Memory())


def report(config: Config, knowledge: Knowledge, found: Discovered, memory: Memory) -> Report:
    """Analyse the files that were found; `memory` is what is known about them, and learns more."""
    selection = select.resolve(config, knowledge.rules)
    reader = analysis.Reader(config, found, memory)
    with analysing():
        project = analysis.analyse(reader, knowledge, interest(selection.rules.values()))
        findings = [*_placed(run_checks(selection.rules.values(), project), found)]
        judged = suppression.judge(findings, suppression.written(reader, project, knowledge.rules), selection, found)
        project = replace(project, suppressions=judged.suppressions)
        findings += run_checks([rule for rule in selection.rules.values() if "suppression" in rule.match], project)
    with_suppressions = [(finding, judged.held.get(index)) for index, finding in enumerate(findings)]
    decided = _decide(sorted(with_suppressions, key=lambda pair: pair[0].order), found, selection)
    said = folded(decided.shown, selection.rules)
    notifications = (*config.notifications, *found.notifications, *project.notifications)
    shown_map = _map(reader, project) if config.map else None
    quoted = [*said.shown, *(item.finding for item in decided.suppressed)]
    texts, masked = reader.texts(
        {*_paths(quoted), *_changed(quoted), *(note.path for note in notifications), *_map_paths(shown_map)},
        project.secrets,
    )
    return Report(
        root=str(config.root),
        findings=tuple(said.shown),
        folded=tuple(said.others),
        notifications=tuple(_unique(notifications)),
        coverage=_coverage(found, project, reader),
        rules=selection.rules,
        texts=texts,
        hidden=decided.hidden(),
        standards=standards_of(knowledge, [name for rule in selection.rules.values() for name in rule.standards]),
        masked=masked,
        suppressed=tuple(decided.suppressed),
        suppressions=judged.suppressions,
        last_days=tuple(sorted({*suppression.last_days(judged.suppressions), *project.declared.last_days})),
        map=shown_map,
        applied=applied(selection.rules.values(), project),
    )


def _map(reader: analysis.Reader, project: Project) -> dict[str, Any]:
    """The map of the project as plain data, which can be kept like the rest of a report."""
    from aisafety_lint.declaration.owners import owners
    from aisafety_lint.mapping import mapped, servers_of
    from aisafety_lint.report.map_data import whole_map

    wanted = reader.found.in_scope
    overview = mapped(project, wanted)
    around = analysis.surroundings(reader, project)
    answering = owners((agent.path for agent in overview.agents), project.evaluation.declarations, around)
    return whole_map(overview, servers_of(project, wanted), answering)


def _map_paths(known: Mapping[str, Any] | None) -> Collection[str]:
    if known is None:
        return ()
    from aisafety_lint.report.map_data import paths_of

    return paths_of(known)


def inspect(config: Config) -> "Inspection":
    """Analyse a project and show what is in it instead of what is wrong; raises UserError as `run` does."""
    from aisafety_lint.mapping import mapped, servers_of
    from aisafety_lint.report.inspection import Inspection

    found = discovery.discover(config)
    reader = analysis.Reader(config, found)
    with analysing():
        project = analysis.analyse(reader, Knowledge((builtin_root(), *config.rules)), {})
        overview = mapped(project, found.in_scope)
    unresolved = tuple(item for item in project.unresolved if found.in_scope(item.path))
    notifications = (*config.notifications, *found.notifications, *project.notifications)
    return Inspection(
        overview=overview,
        model_calls=tuple(call for call in project.model_calls if found.in_scope(call.path)),
        unresolved=unresolved,
        coverage=_coverage(found, project, reader),
        notifications=tuple(_unique(notifications)),
        texts=reader.texts({item.path for item in unresolved}, project.secrets)[0],
        servers=servers_of(project, found.in_scope),
    )


def _placed(findings: Iterable[Finding], found: Discovered) -> Iterator[Finding]:
    """Findings in test code are for the auditor only; a secret that proves itself is less severe there, and shown."""
    for finding in findings:
        if not found.is_test(finding.location.path):
            yield finding
        elif finding.proven:
            yield replace(finding, severity=min(finding.severity, Severity.MEDIUM))
        else:
            yield replace(finding, persona=Persona.AUDITOR)


@dataclass(slots=True)
class _Decided:
    """What becomes of the findings: those shown, those that a person has accepted, and how many others by reason."""

    shown: list[Finding] = field(default_factory=list)
    suppressed: list[Suppressed] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    def hidden(self) -> dict[str, int]:
        counts = self.others + Counter(suppressed=len(self.suppressed))
        return dict(sorted(counts.items()))


def _decide(
    findings: Iterable[tuple[Finding, Suppression | None]], found: Discovered, selection: Selection
) -> _Decided:
    """What is shown and what is not; what lies outside the given paths is not counted at all."""
    result = _Decided()
    for finding, by in findings:
        if any(found.in_scope(path) for path in _paths([finding])):
            decided, reason = selection.decide(finding)
            if reason:
                result.others[reason] += 1
            elif by is not None:
                result.suppressed.append(Suppressed(decided, by.kind, by.reason, by.until, by.path, by.span))
            else:
                result.shown.append(decided)
    return result


def _paths(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        for location in (finding.location, *finding.related, *(step for flow in finding.flows for step in flow)):
            yield location.path


def _changed(findings: Iterable[Finding]) -> Iterator[str]:
    """The files that fixes of findings would change."""
    yield from (remedy.location.path for finding in findings for remedy in finding.remedies)


def _unique(notifications: Iterable[Notification]) -> Iterator[Notification]:
    yield from sorted(dict.fromkeys(notifications), key=lambda note: (note.path, note.id, note.message))


def _coverage(found: Discovered, project: Project, reader: analysis.Reader) -> Coverage:
    agents = [agent for agent in project.program.agents if agent.kind == "agent"]
    built = sum(agent.kind == "server" for agent in project.program.agents)
    servers = built + sum(len(manifest.servers) for manifest in project.manifests)
    return Coverage(
        files=len(found.files),
        python_files=sum(file.kind in ("python", "notebook") for file in found.files),
        manifests=len(project.manifests),
        tools=len(project.program.tools),
        agents=len(agents),
        model_calls=len(project.model_calls),
        mcp_servers=servers,
        suites=len(project.evaluation.suites),
        unresolved_calls=len(project.unresolved),
        not_analysed=found.not_analysed + len(reader.unreadable),
    )
