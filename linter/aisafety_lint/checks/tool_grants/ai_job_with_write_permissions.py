"""Jobs whose agent others can start and whose token may write code, releases or packages, or the default."""

from collections.abc import Iterator
from dataclasses import replace

from aisafety_lint.checks.manifests import Hit, manifest_finding, remedies
from aisafety_lint.finding import Finding, Persona, Severity
from aisafety_lint.manifests.query import Match
from aisafety_lint.manifests.workflows import Access, Job, Workflow, acts
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_CONSEQUENTIAL = ("contents", "actions", "packages", "deployments", "pages")


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    for workflow in project.workflows:
        yield from _findings(rule, workflow)


def _findings(rule: Rule, workflow: Workflow) -> Iterator[Finding]:
    seen: set[tuple[str | int, ...]] = set()
    for job in workflow.jobs.values():
        steps = [step for step in job.steps if step.action is not None and acts(step)]
        if not steps or not workflow.triggers:
            continue
        hit = _hit(job, max((workflow.access(step) for step in steps), key=lambda access: access.value))
        if hit is not None and hit.at.parts not in seen:
            seen.add(hit.at.parts)
            found = manifest_finding(rule, workflow.manifest, hit)
            yield replace(found, remedies=remedies(rule, workflow.manifest, (hit,)))


def _hit(job: Job, access: Access) -> Hit | None:
    is_open = access is Access.OPEN
    block, writes = job.permissions, job.writes()
    if block is None:
        words = {"job": job.name, "power": "the repository's default permissions"}
        persona = None if is_open else Persona.PEDANTIC
        return Hit(job.match, words=words, severity=Severity.MEDIUM if is_open else Severity.LOW, persona=persona)
    if "*" in writes:
        words = {"job": job.name, "power": "permission to write everything"}
        return Hit(block, words=words, severity=None if is_open else Severity.MEDIUM)
    held = [name for name in _CONSEQUENTIAL if name in writes]
    # What only the project's own people start may do what they may; to say so is hygiene.
    if not held or access is Access.CLOSED:
        return None
    place: Match = block.child(held[0]) or block
    words = {"job": job.name, "power": " and ".join(f"`{name}: write`" for name in held)}
    if is_open:
        return Hit(place, words=words)
    severity = Severity.MEDIUM if access is Access.CALLER else Severity.LOW
    return Hit(place, words=words, severity=severity, persona=Persona.PEDANTIC)
