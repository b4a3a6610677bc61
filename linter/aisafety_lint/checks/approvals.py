"""Rules about consequential calls that no person approves: takes a rule's `approval` block, gives findings."""

import re
from collections.abc import Iterator
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding, Location, Persona
from aisafety_lint.flow.places import call_place
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_WAYS_SHOWN = 5


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with an `approval` block: one for each function, with a way from each tool to it."""
    block = rule.match["approval"]
    wanted = set(block["capabilities"])
    by_function: dict[int, list[Effect]] = {}
    for effect in project.program.effects:
        if effect.capability in wanted and not effect.approved:
            by_function.setdefault(effect.chain[-1][0], []).append(effect)
    for effects in by_function.values():
        yield _finding(rule, project.program, effects, re.compile(block.get("purpose", "")))


def _finding(rule: Rule, program: Program, effects: list[Effect], purpose: re.Pattern[str]) -> Finding:
    index = program.index

    def order(item: Effect) -> tuple[object, ...]:
        return (
            not purpose.search(item.tool.name),
            -item.confidence,
            index.value(*item.chain[-1]).place,
            len(item.chain),
            item.tool.path,
            item.tool.place,
        )

    effects = sorted(effects, key=order)
    effect = effects[0]
    scope, call = effect.chain[-1]
    others = dict.fromkeys(item.chain[-1] for item in effects if item.chain[-1] != (scope, call))
    name = spelled(program.index, scope, call)
    capability = program.kinds.capabilities[effect.capability]
    # An effect that the tool's name does not speak of is housekeeping: temporary files, a cache.
    hidden = effect.confidence is Confidence.LOW or not purpose.search(effect.tool.name)
    return Finding(
        rule=rule.id,
        message=rule.message.format(tool=effect.tool.name, sink=name),
        location=replace(call_place(index, scope, call), label=f"can {capability}"),
        severity=rule.severity,
        confidence=effect.confidence,
        persona=Persona.AUDITOR if hidden else rule.persona,
        flows=tuple(_way(program, item) for item in _one_for_each_tool(effects)[:_WAYS_SHOWN]),
        related=tuple(replace(call_place(index, *item), label=f"can {capability}, too") for item in others),
        why=f"no approval gate dominates this call on the way from the tool `{effect.tool.name}`",
        fix=rule.fix,
        symbol=index.scopes[scope].qualname,
    )


def _one_for_each_tool(effects: list[Effect]) -> list[Effect]:
    return list({effect.tool.scope: effect for effect in reversed(effects)}.values())[::-1]


def _way(program: Program, effect: Effect) -> tuple[Location, ...]:
    """From the tool through the calls to the effect."""
    index = program.index
    steps = [Location(effect.tool.path, effect.tool.span, f"the tool `{effect.tool.name}`, called by the model")]
    for scope, call in effect.chain:
        name = spelled(program.index, scope, call)
        steps.append(replace(call_place(index, scope, call), label=f"calls `{name}`"))
    return tuple(steps)
