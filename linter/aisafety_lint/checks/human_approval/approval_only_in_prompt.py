"""Approval that a text promises and nothing enforces: the model is told to ask first, and the tool asks nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.agents import Agent
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import constant, text_of
from aisafety_lint.program.descriptions import descriptions
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.program.origins import origins
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span

# What runs anything is consequential where somebody has written that a person is to be asked.
_RISKY = frozenset({"shell", "exec"})
_CHANGING = frozenset({"db-write", "fs-write"})


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    wanted = program.kinds.approval.consequential | _RISKY
    by_tool: dict[int, list[Effect]] = {}
    for effect in program.effects:
        if effect.capability in wanted | _CHANGING and not effect.approved and effect.confidence is not Confidence.LOW:
            by_tool.setdefault(effect.tool.scope, []).append(effect)
    told: set[int] = set()
    for agent in program.agents:
        if "*" not in agent.approved:
            for span in _promised(program, agent):
                names = agent.approved
                held = [by_tool.get(tool.scope, []) for tool in agent.tools if tool.name not in names]
                effects = [effect for items in held for effect in items if effect.capability in wanted]
                if effects:
                    told.update(effect.tool.scope for effect in effects)
                    yield _finding(rule, program, span, "the instructions", effects)
    for scope, effects in by_tool.items():
        if scope not in told:
            yield from _described(rule, program, effects)


def _promised(program: Program, agent: Agent) -> Iterator[Location]:
    """Where the instructions of an agent say that a person is asked first."""
    resolver, index = program.resolver, program.index
    spec = agent.row.get("instructions")
    for operand in operands(resolver, agent.scope, agent.call, spec) if spec is not None else ():
        match = program.kinds.approval.promise.search(text_of(resolver, agent.scope, operand))
        if match is None:
            continue
        for scope, value in origins(resolver, agent.scope, operand):
            known = index.value(scope, value)
            text = constant(resolver, scope, value)
            found = program.kinds.approval.promise.search(text) if isinstance(text, str) else None
            if found is not None and isinstance(text, str):
                yield Location(index.paths[scope], _line_in(known.place, text, found.start()), "told to ask")
                return
        place = index.value(agent.scope, operand).place
        yield Location(agent.path, one_line(place), "told to ask")
        return


def _line_in(place: tuple[int, int, int, int], text: str, start: int) -> Span:
    """The line of an offset in a text that is written over as many lines as it has."""
    line = place[0] + text.count("\n", 0, start)
    written = place[2] - place[0] == text.count("\n")
    if not written or line == place[0]:
        return one_line(place)
    begin = text.rfind("\n", 0, start) + 1
    length = len(text[begin:].partition("\n")[0])
    return Span(line, 1, line, length + 1)


def _described(rule: Rule, program: Program, effects: Sequence[Effect]) -> Iterator[Finding]:
    tool = effects[0].tool
    for text, place in descriptions(program, tool):
        match = program.kinds.approval.promise.search(text)
        if match is not None:
            location = Location(tool.path, place(match.start()), "told to ask")
            yield _finding(rule, program, location, "the words of its description", effects)
            return


def _finding(rule: Rule, program: Program, location: Location, where: str, effects: Sequence[Effect]) -> Finding:
    first = effects[0]
    scope, call = first.chain[-1]
    capability = program.kinds.capabilities[first.capability]
    proofs = list({effect.tool.scope: effect.chain[-1] for effect in reversed(effects)}.values())[::-1]
    places = (replace(call_place(program.index, *proof), label="runs unasked") for proof in proofs[:3])
    return Finding(
        rule=rule.id,
        message=rule.message.format(
            tool=first.tool.name, where=where, sink=spelled(program.index, scope, call), capability=capability
        ),
        location=location,
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        persona=rule.persona,
        related=tuple(places),
        fix=rule.fix,
        symbol=program.index.scopes[first.tool.scope].qualname,
    )
