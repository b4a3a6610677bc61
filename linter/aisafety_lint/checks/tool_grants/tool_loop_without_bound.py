"""Loops that call a model and run the tools that it asks for, until it asks for none: nothing else ends them."""

from collections.abc import Iterator
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.asking import within
from aisafety_lint.program.constants import constant
from aisafety_lint.program.model import Program
from aisafety_lint.program.spelling import spelled
from aisafety_lint.program.verdicts import Verdicts
from aisafety_lint.project import Project
from aisafety_lint.python.facts import Scope, Value
from aisafety_lint.rule import Rule

_ORDERS = frozenset({"Lt", "LtE", "Gt", "GtE"})
_WRITTEN = frozenset({"name", "attr", "item", "phi", "import", "param"})


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    verdicts = Verdicts(program.resolver, program.answers)
    seen: set[tuple[int, int]] = set()
    for scope, call in sorted(verdicts.calls):
        known = program.scopes[scope]
        loops = [position for position, value in enumerate(known.values) if value.op == "loop"]
        inside = [item for item in loops if within(known.values[call].place, known.values[item].place)]
        for loop in inside[:1]:
            fresh = (scope, loop) not in seen and not program.tested(program.index.paths[scope])
            seen.add((scope, loop))
            if fresh and _endless(program, verdicts, scope, loop, call):
                yield _finding(rule, program, scope, loop, call)


def _endless(program: Program, verdicts: Verdicts, scope: int, loop: int, call: int) -> bool:
    """Whether only the model decides when a loop in which it calls tools is over."""
    words = program.kinds.loops
    known = program.scopes[scope]
    condition = known.values[loop].args[0]
    forever = constant(program.resolver, scope, condition) in (True, 1)
    if not forever and not verdicts.of(scope, condition):
        return False
    body = [value for value in known.values if value.op != "loop" and within(value.place, known.values[loop].place)]
    offered = bool(words.offers.intersection(program.index.calls[scope][call].keywords))
    asked = offered or any(value.name in words.tools for value in body if value.op in ("attr", "const", "item"))
    return asked and not any(_ends(program, known, value) for value in body)


def _ends(program: Program, scope: Scope, value: Value) -> bool:
    """Whether a value in a loop is a sign that something counts, measures or waits for somebody."""
    words = program.kinds.loops
    if value.op == "call":
        called = scope.values[value.args[0]].name.rpartition(".")[2]
        asks = program.kinds.approval.asks
        return any(pattern.fullmatch(called) for pattern in (words.waits, words.counts, asks))
    if value.op == "compare":
        return bool(_ORDERS & set(value.name.split()))
    if value.op == "name" and words.waits.fullmatch(value.name):
        return True  # handed to what calls it: `to_thread(input)`
    return value.op in _WRITTEN and bool(words.counts.fullmatch(value.name))


def _finding(rule: Rule, program: Program, scope: int, loop: int, call: int) -> Finding:
    index = program.index
    return Finding(
        rule=rule.id,
        message=rule.message.format(model=spelled(index, scope, call)),
        location=Location(index.paths[scope], one_line(index.value(scope, loop).place), "ends when the model says so"),
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        persona=rule.persona,
        related=(replace(call_place(index, scope, call), label="asks the model"),),
        fix=rule.fix,
        symbol=index.scopes[scope].qualname,
    )
