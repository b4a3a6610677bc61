"""Lists of allowed tools in code in which a `*` stands for all of them, also for those that come later."""

from collections.abc import Iterator

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import one_line
from aisafety_lint.program.model import Program
from aisafety_lint.project import Project
from aisafety_lint.python.facts import Scope
from aisafety_lint.rule import Rule

_LISTS = frozenset({"list", "tuple", "set"})


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    for number, scope in enumerate(program.scopes):
        starred = any(value.name == "*" and value.op == "const" for value in scope.values)
        if starred and not program.tested(program.index.paths[number]):
            yield from _findings(rule, program, number, scope)


def _findings(rule: Rule, program: Program, number: int, scope: Scope) -> Iterator[Finding]:
    for name, value in _named(program, number, scope):
        known = scope.values[value]
        for item in known.args if known.op in _LISTS and not known.kind else ():
            star = scope.values[item]
            if star.op == "const" and star.kind == "str" and star.name == "*":
                yield Finding(
                    rule=rule.id,
                    message=rule.message.format(name=name),
                    location=Location(program.index.paths[number], one_line(star.place), "allows everything"),
                    severity=rule.severity,
                    confidence=Confidence.MEDIUM,
                    persona=rule.persona,
                    fix=rule.fix,
                    symbol=scope.qualname,
                )


def _named(program: Program, number: int, scope: Scope) -> Iterator[tuple[str, int]]:
    """The arguments and the entries of dicts that are lists of what is allowed, by their names."""
    allowed = program.kinds.lists
    granted = {grant.call for grant in program.grants if grant.scope == number}
    for call in scope.calls if allowed else ():
        if call.value in granted:
            continue  # a finding by itself
        operands = scope.values[call.value].args[1:]
        yield from ((name, item) for name, item in zip(call.keywords, operands, strict=True) if name in allowed)
    for value in scope.values:
        if value.op == "dict":
            for key, item in zip(value.args[::2], value.args[1::2], strict=True):
                if scope.values[key].op == "const" and scope.values[key].name in allowed:
                    yield scope.values[key].name, item
