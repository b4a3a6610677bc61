"""Approval that is asked for when the call is done: what it decides is only what happens afterwards."""

from collections.abc import Iterator
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding
from aisafety_lint.flow.places import call_place
from aisafety_lint.program.asking import Asking
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_RISKY = frozenset({"shell", "exec"})


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    asking = program.asking
    wanted = asking.words.consequential | _RISKY
    found: dict[tuple[int, int], tuple[Effect, tuple[int, int]]] = {}
    for effect in program.effects:
        if effect.capability in wanted and not effect.approved and effect.confidence is not Confidence.LOW:
            for site in effect.chain:
                for late in _late(program, asking, *site):
                    found.setdefault((site[0], late), (effect, site))
    for (scope, late), (effect, site) in found.items():
        if not _is_for_another(program, asking, scope, late, wanted):
            yield _finding(rule, program, effect, site, late)


def _late(program: Program, asking: Asking, scope: int, call: int) -> Iterator[int]:
    """The questions in a function that come after a call on every way from it, and whose answers decide something.

    A call that can do both runs one of several functions, or one that is looked at by itself.
    """
    index = program.index
    asked = asking.asked.get(scope, frozenset())
    if not asked or any(item < call for item in asked):
        return
    before = index.value(scope, call).guard
    for item in sorted(asked):
        behind = _contains(program, scope, index.value(scope, item).guard, before)
        if item != call and behind and _decides(program, asking, scope, item):
            yield item
            return


def _contains(program: Program, scope: int, guard: int, outer: int) -> bool:
    """Whether a place under a guard is only reached past another place: its own guard is further in."""
    guards = program.index.scopes[scope].guards
    while guard > outer:
        guard = guards[guard].parent
    return guard == outer


def _decides(program: Program, asking: Asking, scope: int, item: int) -> bool:
    """Whether an answer is a condition; what is only returned is an answer to somebody else."""
    known = program.index.scopes[scope]
    return any(guard.holds != "joined" and asking.from_answer(scope, guard.value) for guard in known.guards)


def _is_for_another(program: Program, asking: Asking, scope: int, late: int, wanted: frozenset[str]) -> bool:
    """Whether a question comes before another consequential call of the same function, which it may be about."""
    return any(
        effect.capability in wanted and any(site == scope and call > late for site, call in effect.chain)
        for effect in program.effects
    )


def _finding(rule: Rule, program: Program, effect: Effect, site: tuple[int, int], late: int) -> Finding:
    index = program.index
    scope, call = effect.chain[-1]
    name = spelled(index, scope, call)
    return Finding(
        rule=rule.id,
        message=rule.message.format(asks=spelled(index, site[0], late), sink=name, tool=effect.tool.name),
        location=replace(call_place(index, site[0], late), label="asks when it is done"),
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        persona=rule.persona,
        related=(
            replace(call_place(index, scope, call), label=f"can {program.kinds.capabilities[effect.capability]}"),
        ),
        fix=rule.fix,
        symbol=index.scopes[site[0]].qualname,
    )
