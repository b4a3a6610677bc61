"""Rules about a declaration: takes `match: {declaration: [...]}` of a rule, gives a finding for each such breach."""

from collections.abc import Collection, Iterator

from aisafety_lint.finding import Finding, Severity
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with a `declaration` block."""
    kinds: Collection[str] = rule.match["declaration"]
    for breach in project.declared.breaches:
        if breach.kind in kinds:
            message = rule.message.format_map(breach.words)
            yield Finding(
                rule=rule.id,
                message=message[:1].upper() + message[1:],
                location=breach.location,
                severity=Severity(min(max(rule.severity + breach.shift, Severity.LOW), Severity.CRITICAL)),
                confidence=breach.confidence,
                persona=max(rule.persona, breach.persona) if breach.persona else rule.persona,
                related=breach.related,
                flows=(breach.flow,) if breach.flow else (),
                fix=rule.fix,
                key=breach.key,
            )
