"""Text that strangers write (titles, bodies, comments, branch names) in the prompt or environment of an AI step."""

from collections.abc import Iterator

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Confidence, Finding, Persona, Severity
from aisafety_lint.manifests.nodes import Scalar
from aisafety_lint.manifests.query import Match
from aisafety_lint.manifests.workflows import Access, Step, Workflow, acts
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    for workflow in project.workflows:
        yield from _findings(rule, workflow)
    for manifest in project.manifests:
        for match, known in manifest.captures("untrusted-prompts"):
            words = {"expression": known["variable"], "step": "the pipeline's agent", "how": "the prompt"}
            hit = Hit(match, known["value"], words, Severity.MEDIUM, confidence=Confidence.MEDIUM)
            yield manifest_finding(rule, manifest, hit)


def _findings(rule: Rule, workflow: Workflow) -> Iterator[Finding]:
    for step in workflow.ai_steps:
        places = list(_untrusted(workflow, step))
        if not places or workflow.outside_access(step) is Access.CLOSED:
            continue
        assert step.action is not None
        at, text, expression, how = places[0]
        severity, persona, confidence = _level(workflow, step, direct=how == "the prompt")
        words = {"expression": expression, "step": step.action.name, "how": how}
        related = tuple((match, f"`{other}`") for match, _, other, _ in places[1:])
        hit = Hit(at, text, words, severity, persona, confidence, related)
        yield manifest_finding(rule, workflow.manifest, hit)


def _level(workflow: Workflow, step: Step, *, direct: bool) -> tuple[Severity, Persona | None, Confidence]:
    access = workflow.access(step)
    if not acts(step):
        return Severity.LOW, Persona.PEDANTIC, Confidence.HIGH
    if access is Access.OPEN:
        return (Severity.HIGH if direct else Severity.MEDIUM), None, Confidence.HIGH
    if access is Access.CALLER:
        return Severity.MEDIUM, None, Confidence.MEDIUM
    return Severity.MEDIUM, None, Confidence.HIGH


def _untrusted(workflow: Workflow, step: Step) -> Iterator[tuple[Match, str, str, str]]:
    """The places where such text enters, with the whole expression, its name, and where it goes."""
    assert step.action is not None
    prompts = list(step.inputs(step.action.inputs("prompts")))
    variables = step.match.child("env")
    run = step.match.child("run")
    places = [(match, "the prompt") for match in prompts]
    places += [(run, "the prompt")] if run is not None else []
    places += [(match, "the environment") for match in variables.children()] if variables is not None else []
    for match, how in places:
        if isinstance(match.node, Scalar) and isinstance(match.node.value, str):
            found = workflow.untrusted(match.node.value, step)
            if found is not None:
                yield match, found[0], found["expression"], how
