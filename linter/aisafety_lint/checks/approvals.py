"""Rules about consequential calls that no person approves: takes a rule's `approval` block, gives findings.

A finding stands at the tool, since that is where approval is asked for, whatever the call does that it leads to.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding, Location, Persona
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span

_WAYS_SHOWN = 5


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with an `approval` block: one for each tool, with the ways from it to what it does."""
    block = rule.match["approval"]
    wanted = set(block["capabilities"])
    by_tool: dict[tuple[int, str], list[Effect]] = {}
    for effect in project.program.effects:
        if effect.capability in wanted and not effect.approved:
            by_tool.setdefault((effect.tool.scope, effect.name), []).append(effect)
    for effects in by_tool.values():
        yield _finding(rule, project.program, effects, re.compile(block.get("purpose", "")))


def _finding(rule: Rule, program: Program, effects: list[Effect], purpose: re.Pattern[str]) -> Finding:
    index = program.index

    def order(item: Effect) -> tuple[object, ...]:
        return (
            -item.confidence,
            len(item.chain),
            index.paths[item.chain[-1][0]],
            index.value(*item.chain[-1]).place,
        )

    effects = list({item.chain[-1]: item for item in sorted(effects, key=order, reverse=True)}.values())[::-1]
    effect = effects[0]
    scope, call = effect.chain[-1]
    name = spelled(program.index, scope, call)
    # An effect that the tool's name does not speak of is housekeeping: temporary files, a cache.
    hidden = effect.confidence is Confidence.LOW or not purpose.search(effect.name)
    return Finding(
        rule=rule.id,
        message=rule.message.format(tool=effect.name, sink=name),
        location=Location(effect.tool.path, one_line(effect.place), "the model calls this tool"),
        severity=rule.severity,
        confidence=effect.confidence,
        persona=Persona.AUDITOR if hidden else rule.persona,
        flows=tuple(_way(program, item) for item in effects[:_WAYS_SHOWN]),
        related=tuple(_related(program, item) for item in effects),
        why=f"no approval gate dominates the call of `{name}` on the way from this tool",
        fix=rule.fix,
        symbol=index.scopes[effect.tool.scope].qualname,
    )


def _related(program: Program, effect: Effect) -> Location:
    capability = program.kinds.capabilities[effect.capability]
    return replace(call_place(program.index, *effect.chain[-1]), label=f"can {capability}")


def _way(program: Program, effect: Effect) -> tuple[Location, ...]:
    """From the tool through the calls to the effect."""
    index = program.index
    steps = [Location(effect.tool.path, Span(*effect.place), f"the tool `{effect.name}`, called by the model")]
    for scope, call in effect.chain:
        name = spelled(program.index, scope, call)
        steps.append(replace(call_place(index, scope, call), label=f"calls `{name}`"))
    return tuple(steps)
