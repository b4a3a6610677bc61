"""Agents in workflows that are handed a token which outlives the job or reaches beyond the repository."""

import re
from collections.abc import Iterator

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Finding, Persona, Severity
from aisafety_lint.manifests.nodes import Scalar
from aisafety_lint.manifests.query import Match
from aisafety_lint.manifests.workflows import Access, Step, acts
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_VARIABLES = ("GH_TOKEN", "GITHUB_TOKEN", "GITHUB_PERSONAL_ACCESS_TOKEN", "GITHUB_MCP_SERVER_TOKEN")
_SECRET = re.compile(r"\bsecrets\.(?!GITHUB_TOKEN\b)(?P<name>\w+)")
_APP_TOKEN = re.compile(r"\bsteps\.(?P<name>[\w-]+)\.outputs\.token\b")


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    for workflow in project.workflows:
        for step in workflow.ai_steps:
            if not acts(step):
                continue
            is_open = workflow.access(step) is Access.OPEN
            for token in _tokens(step):
                found = _SECRET.search(str(token.data)) or (is_open and _APP_TOKEN.search(str(token.data))) or None
                if found is not None:
                    assert step.action is not None
                    words = {"step": step.action.name, "token": found[0]}
                    severity, persona = (None, None) if is_open else (Severity.LOW, Persona.PEDANTIC)
                    hit = Hit(token, words=words, severity=severity, persona=persona)
                    yield manifest_finding(rule, workflow.manifest, hit)
                    break


def _tokens(step: Step) -> Iterator[Match]:
    """The inputs and variables of a step that hand it a token of the forge."""
    assert step.action is not None
    yield from step.inputs(step.action.inputs("tokens"))
    variables = step.match.child("env")
    for name in _VARIABLES if variables is not None else ():
        found = variables.child(name) if variables is not None else None
        if found is not None and isinstance(found.node, Scalar):
            yield found
