"""A declaration that breaks its schema: one finding at each place."""

from collections.abc import Iterator

from aisafety_lint.evals.product import Evaluated
from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.rule import Rule


def check(rule: Rule, project: Evaluated) -> Iterator[Finding]:
    """The places where the declarations of a project are not what the schema asks for."""
    for declaration in project.evaluation.declarations:
        for flaw in declaration.flaws:
            yield Finding(
                rule=rule.id,
                message=rule.message.format(flaw=flaw.message),
                location=Location(declaration.path, flaw.span),
                severity=rule.severity,
                confidence=Confidence.HIGH,
                persona=rule.persona,
                key=flaw.message,
            )
