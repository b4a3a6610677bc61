"""AI steps of workflows that anyone can start: neither the action nor a condition nor an earlier job asks who acts."""

from collections.abc import Iterator

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Finding, Severity
from aisafety_lint.manifests.workflows import Access, Step, Workflow, acts
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

# What a stranger who steers the agent may as well have: it can be undone, and nobody takes it for the project's word.
_HARMLESS = frozenset({"issues", "id-token", "models", "checks", "statuses", "discussions"})
_PLAIN_TOKENS = ("secrets.GITHUB_TOKEN", "github.token")


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    for workflow in project.workflows:
        yield from _findings(rule, workflow)


def _findings(rule: Rule, workflow: Workflow) -> Iterator[Finding]:
    for step in workflow.ai_steps:
        if workflow.access(step) is not Access.OPEN or not acts(step):
            continue
        assert step.action is not None
        opened = workflow.opened_by(step)
        reason = f"`{opened.name}` is set" if opened is not None else "nothing checks who acts"
        events = sorted(event for event in workflow.triggers if event in workflow.facts["triggers"]["open"])
        words = {"step": step.action.name, "reason": reason, "events": ", ".join(f"`{event}`" for event in events)}
        severity = None if opened is None or _powerful(step) else Severity.MEDIUM
        yield manifest_finding(rule, workflow.manifest, Hit(opened or step.place, step.command, words, severity))


def _powerful(step: Step) -> bool:
    """Whether the job's token, or another token that is handed to the agent, can do lasting harm."""
    assert step.action is not None
    if step.job.permissions is None or not _HARMLESS.issuperset(step.job.writes()):
        return True
    tokens = [str(found.data) for found in step.inputs(step.action.inputs("tokens"))]
    return any(not any(plain in token for plain in _PLAIN_TOKENS) for token in tokens)
