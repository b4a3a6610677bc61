"""What the model of an AI step wrote, pasted by an expression into a script of a later step or job."""

import re
from collections.abc import Iterator, Mapping

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Finding
from aisafety_lint.manifests.nodes import Scalar
from aisafety_lint.manifests.query import Match
from aisafety_lint.manifests.workflows import Job, Step, Workflow
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_EXPRESSION = re.compile(r"\$\{\{(?P<body>[^{}]{0,1000})\}\}")
_STEP_OUTPUT = re.compile(r"\bsteps\.(?P<step>[\w-]+)\.outputs\.(?P<output>[\w-]+)")
_JOB_OUTPUT = re.compile(r"\bneeds\.(?P<job>[\w-]+)\.outputs\.(?P<output>[\w-]+)")
_SCRIPT_INPUTS = ("script",)


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    for workflow in project.workflows:
        yield from _findings(rule, workflow)


def _findings(rule: Rule, workflow: Workflow) -> Iterator[Finding]:
    outputs = {job.name: _job_outputs(job) for job in workflow.jobs.values()}
    for job in workflow.jobs.values():
        for step in job.steps:
            for script in _scripts(step):
                yield from _in_script(rule, workflow, script, step, outputs)


def _in_script(
    rule: Rule, workflow: Workflow, script: Match, step: Step, outputs: Mapping[str, Mapping[str, Step]]
) -> Iterator[Finding]:
    assert isinstance(script.node, Scalar)
    for expression in _EXPRESSION.finditer(str(script.node.value)):
        source = _source(expression["body"], step.job, outputs)
        if source is not None:
            words = {"expression": expression["body"].strip(), "script": script.name}
            related = ((source.place, "the model's step"),)
            yield manifest_finding(rule, workflow.manifest, Hit(script, expression[0], words, related=related))
            return


def _source(body: str, job: Job, outputs: Mapping[str, Mapping[str, Step]]) -> Step | None:
    """The AI step whose words an expression brings in."""
    for found in _STEP_OUTPUT.finditer(body):
        step = _ai_step(job, found["step"])
        if step is not None and _by_model(step, found["output"]):
            return step
    for found in _JOB_OUTPUT.finditer(body):
        step = outputs.get(found["job"], {}).get(found["output"])
        if step is not None:
            return step
    return None


def _job_outputs(job: Job) -> dict[str, Step]:
    """The outputs of a job that hand on what a model wrote."""
    found = {}
    for output in job.match.select("@.outputs.*"):
        step = _source(output.node.raw, job, {}) if isinstance(output.node, Scalar) else None
        if step is not None:
            found[output.name] = step
    return found


def _ai_step(job: Job, name: str) -> Step | None:
    return next((step for step in job.steps if step.action is not None and step.id == name), None)


def _by_model(step: Step, output: str) -> bool:
    assert step.action is not None
    return bool(step.action.facts) and output not in step.action.inputs("plain-outputs")


def _scripts(step: Step) -> Iterator[Match]:
    places = (step.match.child("run"), *(step.input(name) for name in _SCRIPT_INPUTS))
    yield from (place for place in places if place is not None and isinstance(place.node, Scalar))
