"""Consequential calls that a model's yes lets through: an answer of its own, or a parameter of a tool that it fills."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.effects import Effects
from aisafety_lint.program.model import Program
from aisafety_lint.program.running import functions_run
from aisafety_lint.program.spelling import spelled
from aisafety_lint.program.verdicts import Verdicts
from aisafety_lint.project import Project
from aisafety_lint.python.facts import Value
from aisafety_lint.rule import Rule

_RISKY = frozenset({"shell", "exec"})
_DEPTH = 3


class Passed(NamedTuple):
    """A consequential call that a condition lets through: where the condition and the call stand."""

    scope: int
    condition: int
    site: tuple[int, int]
    capability: str
    how: str


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    found: dict[tuple[int, int], Passed] = {}
    for passed in (*_filled(program), *_judged(program)):
        found.setdefault((passed.scope, passed.condition), passed)
    for passed in sorted(found.values(), key=lambda item: (program.index.paths[item.scope], item.condition)):
        yield _finding(rule, program, passed)


def _filled(program: Program) -> Iterator[Passed]:
    """Effects of tools that run where a parameter says that somebody has agreed."""
    words = program.kinds.approval
    for effect in program.effects:
        wanted = effect.capability in words.consequential | _RISKY and not effect.approved
        if not wanted or effect.confidence is Confidence.LOW:
            continue
        scope = effect.tool.scope
        call = effect.chain[0][1]
        for value, holds in program.consent.chain(scope, program.index.value(scope, call).guard):
            tested, positive = program.consent.tested(scope, value, holds)
            known = program.index.value(scope, tested)
            if (scope, tested) in program.filled and positive and words.filled.fullmatch(known.name):
                yield Passed(scope, value, effect.chain[-1], effect.capability, f"the parameter `{known.name}`")


def _judged(program: Program) -> Iterator[Passed]:
    """Calls that run where a model has said that they may."""
    verdicts = Verdicts(program.resolver, program.answers)
    effects = Effects(program.resolver, program.consent, program.filled)
    for scope in sorted({scope for scope, _ in verdicts.calls}):
        if program.tested(program.index.paths[scope]):
            continue
        guards = program.index.scopes[scope].guards
        conditions = {
            guard.value
            for guard in guards
            if guard.holds in ("true", "false")
            and _speaks_of_approval(program, scope, guard.value)
            and verdicts.of(scope, guard.value)
            and not _moderates(program, verdicts, scope, guard.value)
        }
        for site in effects.sites(scope) if conditions else ():
            chain = list(program.consent.chain(scope, site.guard))
            deciding = [value for value, holds in chain if value in conditions and holds != "returned"]
            if deciding and not program.consent.approved(scope, site.guard, program.filled):
                for proof, capability in _reached(program, effects, scope, site.call):
                    yield Passed(scope, deciding[0], proof, capability, "its own answer")


def _moderates(program: Program, verdicts: Verdicts, scope: int, condition: int) -> bool:
    """Whether the model judged what a person asks for here, and nothing that a model has come up with."""
    values = _made_of(program, scope, [condition])
    judges = [item for item in values if (scope, item) in verdicts.calls]
    judged = _made_of(program, scope, [arg for judge in judges for arg in program.index.value(scope, judge).args[1:]])
    places = {(scope, item) for item in judged}
    return bool(places & program.requests) and not places & (verdicts.calls | program.filled)


def _made_of(program: Program, scope: int, values: list[int]) -> dict[int, None]:
    """Some values, and all values of the same function that went into them."""
    found = dict.fromkeys(values)
    for item in (pending := list(found)):
        fresh = [arg for arg in program.index.value(scope, item).args if arg not in found]
        found |= dict.fromkeys(fresh)
        pending += fresh
    return found


def _speaks_of_approval(program: Program, scope: int, value: int) -> bool:
    """Whether a condition asks for a yes: it names approval, or compares with a word for it."""
    words = program.kinds.approval
    pending, seen = [value], {value}
    for item in pending:
        known = program.index.value(scope, item)
        name = known.name if known.op != "call" else program.index.value(scope, known.args[0]).name
        local = program.index.local_names[scope].get(item, "")
        if known.op == "const" and known.kind == "str" and words.verdict.fullmatch(name.strip()):
            return True
        if known.op != "const" and (words.decides.fullmatch(name) or words.decides.fullmatch(local)):
            return True
        fresh = [arg for arg in _inside(known) if arg not in seen] if len(seen) < 40 else []
        seen.update(fresh)
        pending += fresh
    return False


def _inside(known: Value) -> tuple[int, ...]:
    return known.args if known.op in ("compare", "not", "and", "or", "attr", "item", "await", "call", "copy") else ()


def _reached(program: Program, effects: Effects, scope: int, call: int) -> Iterator[tuple[tuple[int, int], str]]:
    """The first consequential call that a call is or leads to without a person in between."""
    wanted = program.kinds.approval.consequential | _RISKY
    pending = [(scope, call, _DEPTH)]
    seen = {scope}
    while pending:
        where, at, depth = pending.pop(0)
        site = next((item for item in effects.sites(where) if item.call == at), None)
        for capability, confidence, _ in site.capabilities if site is not None else ():
            if capability in wanted and confidence is not Confidence.LOW:
                yield (where, at), capability
                return
        for callee in functions_run(program.resolver, where, at) if depth else ():
            if callee not in seen:
                seen.add(callee)
                inner = (item for item in effects.sites(callee) if not program.consent.approved(callee, item.guard))
                pending += [(callee, item.call, depth - 1) for item in inner]


def _finding(rule: Rule, program: Program, passed: Passed) -> Finding:
    index = program.index
    capability = program.kinds.capabilities[passed.capability]
    place = one_line(index.value(passed.scope, passed.condition).place)
    return Finding(
        rule=rule.id,
        message=rule.message.format(how=passed.how, sink=spelled(index, *passed.site)),
        location=Location(index.paths[passed.scope], place, "the model says yes"),
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        persona=rule.persona,
        related=(replace(call_place(index, *passed.site), label=f"can {capability}"),),
        fix=rule.fix,
        symbol=index.scopes[passed.scope].qualname,
    )
