"""Agents that run in a checkout of code from outside, which can bring settings, hooks and build scripts."""

import re
from collections.abc import Iterator

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Finding, Severity
from aisafety_lint.manifests.nodes import Scalar
from aisafety_lint.manifests.query import Match
from aisafety_lint.manifests.workflows import Access, Step, Workflow, acts
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_HERE = ("", ".", "./")


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    for workflow in project.workflows:
        yield from _findings(rule, workflow)


def _findings(rule: Rule, workflow: Workflow) -> Iterator[Finding]:
    seen: set[tuple[str | int, ...]] = set()
    for step in workflow.ai_steps:
        if workflow.outside_access(step) is not Access.OPEN or not acts(step) or workflow.own_code_only(step):
            continue
        for checkout in _checkouts(workflow, step):
            if checkout.parts in seen:
                continue
            seen.add(checkout.parts)
            assert step.action is not None
            unguarded = workflow.access(step) is Access.OPEN and not step.action.facts.get("restores-settings")
            words = {"step": step.action.name}
            severity = Severity.CRITICAL if unguarded else None
            related = ((step.place, "the agent runs here"),)
            yield manifest_finding(
                rule, workflow.manifest, Hit(checkout, words=words, severity=severity, related=related)
            )


def _checkouts(workflow: Workflow, step: Step) -> Iterator[Match]:
    """Inputs and commands before the step that put code from outside at the root of the workspace."""
    for earlier in step.job.steps[: step.number]:
        command = earlier.match.child("run")
        if command is not None and re.search(workflow.facts["untrusted-checkout-command"], str(command.data)):
            yield command
        uses = earlier.match.child("uses")
        if uses is None or "checkout" not in str(uses.data):
            continue
        path = earlier.input("path")
        if path is not None and str(path.data) not in _HERE:
            continue
        for name in ("ref", "repository"):
            found = earlier.input(name)
            if found is not None and isinstance(found.node, Scalar) and _from_outside(workflow, found.node.raw):
                yield found
                break


def _from_outside(workflow: Workflow, text: str) -> bool:
    return re.search(workflow.facts["untrusted-checkout"], text) is not None
