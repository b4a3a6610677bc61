"""Tools that answer with all variables of the environment."""

from collections.abc import Iterator

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import one_line
from aisafety_lint.program.answers import answer_parts
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_ENVIRONMENT = frozenset({"os.environ", "os.environb"})


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    index, resolver = project.program.index, project.program.resolver
    seen: set[tuple[int, int]] = set()
    for tool in project.program.tools:
        for part in answer_parts(resolver, project.program.kinds, tool):
            paths = {ref.path for ref in resolver.refs(part.scope, part.value) if ref.kind == "external"}
            if (part.scope, part.value) in seen or not paths & _ENVIRONMENT:
                continue
            seen.add((part.scope, part.value))
            yield Finding(
                rule=rule.id,
                message=rule.message.format(tool=tool.name),
                location=Location(
                    index.paths[part.scope],
                    one_line(index.value(part.scope, part.value).place),
                    "all variables of the environment",
                ),
                severity=rule.severity,
                confidence=Confidence.HIGH,
                persona=rule.persona,
                related=(Location(tool.path, tool.span, f"the tool `{tool.name}`"),),
                fix=rule.fix,
                symbol=index.scopes[part.scope].qualname,
            )
