"""An agent that nobody is named for: no declaration, no code owners."""

from collections.abc import Iterator

from aisafety_lint.checks.evals import sentence
from aisafety_lint.evals.product import Evaluated, shipped
from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.rule import Rule


def check(rule: Rule, project: Evaluated) -> Iterator[Finding]:
    """The line that builds the agent, once for the repository."""
    product = shipped(project)
    if product is None or project.evaluation.declarations or project.evaluation.owners:
        return
    place = product.location
    yield Finding(
        rule=rule.id,
        message=sentence(rule.message.format(agent=product.name)),
        location=Location(place.path, place.span),
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        persona=rule.persona,
    )
