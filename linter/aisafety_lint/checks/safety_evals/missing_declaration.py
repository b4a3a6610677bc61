"""An agent of which no declaration says who owns it and what it may do: once for the repository."""

from collections.abc import Iterator

from aisafety_lint.checks.evals import sentence
from aisafety_lint.declaration.matching import is_below
from aisafety_lint.declaration.reading import folder_of
from aisafety_lint.evals.product import Evaluated, shipped
from aisafety_lint.finding import Confidence, Finding, Location, Persona, Severity
from aisafety_lint.rule import Rule


def check(rule: Rule, project: Evaluated) -> Iterator[Finding]:
    """The line that builds the agent; where code owners are named it is a hint, since somebody is there to ask."""
    product = shipped(project)
    if product is None:
        return
    place, evaluation = product.location, project.evaluation
    if any(is_below(place.path, folder_of(one.path)) for one in evaluation.declarations):
        return
    severity, persona, owner = rule.severity, rule.persona, ", and nobody is named as its owner"
    if evaluation.owners:
        severity, persona, owner = Severity.LOW, Persona.AUDITOR, ""
    elif not product.consequential:
        severity, persona = Severity.LOW, max(persona, Persona.PEDANTIC)
    words = {"agent": product.name, "tools": product.named_tools(), "owner": owner}
    yield Finding(
        rule=rule.id,
        message=sentence(rule.message.format_map(words)),
        location=Location(place.path, place.span),
        severity=severity,
        confidence=Confidence.MEDIUM,
        persona=persona,
        fix=rule.fix,
    )
