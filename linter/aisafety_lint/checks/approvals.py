"""Rules about consequential calls that no person approves: takes a rule's `approval` block, gives findings."""

from collections.abc import Iterator
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding, Location, Persona
from aisafety_lint.flow.sources import spelled
from aisafety_lint.flow.trace import call_place
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with an `approval` block: one for each call, with a way from each tool that reaches it."""
    wanted = set(rule.match["approval"]["capabilities"])
    by_call: dict[tuple[int, int], list[Effect]] = {}
    for effect in project.program.effects:
        if effect.capability in wanted and not effect.approved:
            by_call.setdefault(effect.chain[-1], []).append(effect)
    for effects in by_call.values():
        yield _finding(rule, project.program, effects)


def _finding(rule: Rule, program: Program, effects: list[Effect]) -> Finding:
    effect = min(effects, key=lambda item: (-item.confidence, len(item.chain), item.tool.path, item.tool.place))
    index = program.index
    scope, call = effect.chain[-1]
    name = spelled(program.resolver, scope, call)
    capability = program.kinds.capabilities[effect.capability]
    location = replace(call_place(index, scope, call), label=f"can {capability}")
    return Finding(
        rule=rule.id,
        message=rule.message.format(tool=effect.tool.name, sink=name),
        location=location,
        severity=rule.severity,
        confidence=effect.confidence,
        persona=Persona.AUDITOR if effect.confidence is Confidence.LOW else rule.persona,
        flows=tuple(_way(program, item) for item in effects[:5]),
        why=f"no approval gate dominates this call on the way from the tool `{effect.tool.name}`",
        fix=rule.fix,
        symbol=index.scopes[scope].qualname,
    )


def _way(program: Program, effect: Effect) -> tuple[Location, ...]:
    """From the tool through the calls to the effect."""
    index = program.index
    steps = [Location(effect.tool.path, effect.tool.span, f"the tool `{effect.tool.name}`, called by the model")]
    for scope, call in effect.chain:
        name = spelled(program.resolver, scope, call)
        steps.append(replace(call_place(index, scope, call), label=f"calls `{name}`"))
    return tuple(steps)
