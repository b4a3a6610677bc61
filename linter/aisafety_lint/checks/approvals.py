"""Rules about consequential calls that no person approves: takes a rule's `approval` block, gives findings.

A finding stands at the tool, since that is where approval is asked for, whatever the call does that it leads to.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from aisafety_lint.finding import Confidence, Finding, Location, Persona, Remedy
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.agents import Agent
from aisafety_lint.program.approval import approvals
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.program.models import Row
from aisafety_lint.program.spelling import spelled
from aisafety_lint.program.tools import Tool
from aisafety_lint.project import Project
from aisafety_lint.remedies import of_call, safer
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span

_WAYS_SHOWN = 5
_SHARED = 3


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with an `approval` block: one for each tool, with the ways from it to what it does."""
    block = rule.match["approval"]
    wanted = set(block["capabilities"])
    purpose = re.compile(block.get("purpose", ""))
    by_tool: dict[tuple[int, str], list[Effect]] = {}
    found = [item for item in project.program.effects if item.capability in wanted and not item.approved]
    for effect in found:
        by_tool.setdefault((effect.tool.scope, effect.name), []).append(effect)
    tidying = _tidying(found, purpose)
    for effects in by_tool.values():
        yield _finding(rule, project.program, effects, purpose, tidying)


def _tidying(effects: list[Effect], purpose: re.Pattern[str]) -> frozenset[tuple[int, int]]:
    """The calls that most tools reach whose names do not speak of them: what serves them all tidies up after itself."""
    reaching: dict[tuple[int, int], set[str]] = {}
    for effect in effects:
        reaching.setdefault(effect.chain[-1], set()).add(effect.name)
    return frozenset(
        call
        for call, names in reaching.items()
        if (other := sum(not purpose.search(name) for name in names)) >= _SHARED and other > len(names) - other
    )


def _finding(
    rule: Rule, program: Program, effects: list[Effect], purpose: re.Pattern[str], tidying: frozenset[tuple[int, int]]
) -> Finding:
    index = program.index

    def order(item: Effect) -> tuple[object, ...]:
        return (
            item.chain[-1] in tidying,
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
    spoken_of = purpose.search(effect.name) and effect.chain[-1] not in tidying
    hidden = effect.confidence is Confidence.LOW or not spoken_of
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
        remedies=_remedies(rule, program, effect.tool) if rule.edits else (),
    )


def _remedies(rule: Rule, program: Program, tool: Tool) -> tuple[Remedy, ...]:
    """The framework's own question about the tool, where each of its registrations or agents can be told to ask it."""
    asked = [_asking(rule, program, tool, row, where) for row, where in tool.ways]
    if asked and all(asked):
        return tuple(dict.fromkeys(found for group in asked for found in group))
    agents = [agent for agent in program.agents if any(known.scope == tool.scope for known in agent.tools)]
    named = [_per_tool(rule, program, agent, tool.name) for agent in agents]
    return tuple(found for group in named for found in group) if named and all(named) else ()


def _asking(rule: Rule, program: Program, tool: Tool, row: Row, where: tuple[int, int]) -> tuple[Remedy, ...]:
    """The argument of a registration that makes the framework ask."""
    for spec in approvals(row):
        if spec.keys() <= {"name", "equals", "position"} and where[1] >= 0:
            value = f'"{spec["equals"][0]}"' if "equals" in spec else "True"
            ways = [{"edit": "set-argument", "name": spec["name"], "value": value}]
            known, decorators = program.index.value(*where), program.scopes[tool.scope].decorators
            if known.op == "call":
                return of_call(rule, ways, program.index.paths[where[0]], Span(*known.place))
            if where[1] in decorators:  # where it is only named, its place is that of the import
                words = {"decorator": decorators.index(where[1])}
                return of_call(rule, ways, tool.path, tool.span, words)
    return ()


def _per_tool(rule: Rule, program: Program, agent: Agent, name: str) -> tuple[Remedy, ...]:
    """The entry for a tool in what an agent asks about, or the object that asks about it."""
    for spec in approvals(agent.row):
        ways: list[Mapping[str, Any]] = []
        if spec.get("per_tool") is True and "name" in spec:
            ways = [{"edit": "set-entry", "name": spec["name"], "key": f'"{name}"', "value": "True"}]
        elif "per_tool" in spec:
            ways = [{**way, "value": way["value"].replace("TOOL", name)} for way in safer(agent.row) if "with" in way]
        if ways:
            return of_call(rule, ways, agent.path, agent.span)
    return ()


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
