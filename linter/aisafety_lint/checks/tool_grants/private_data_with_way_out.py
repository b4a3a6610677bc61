"""Agents that see private data, read what strangers wrote and can send something out."""

from collections.abc import Iterator
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import call_place
from aisafety_lint.program.agents import Agent
from aisafety_lint.program.combination import PARTS
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.index import Index
from aisafety_lint.program.model import Program
from aisafety_lint.program.slices import sliced
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_PRIVATE = PARTS[0][0]


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    by_tool: dict[int, list[Effect]] = {}
    for effect in program.effects:
        if effect.confidence is not Confidence.LOW and not effect.approved:
            by_tool.setdefault(effect.tool.scope, []).append(effect)
    for agent in program.agents:
        effects = [effect for tool in agent.tools for effect in by_tool.get(tool.scope, ())]
        proofs = _proofs(program.index, effects)
        if agent.kind == "agent" and proofs:
            yield _finding(rule, program, agent, proofs)


def _is_seen(index: Index, effect: Effect) -> bool:
    """Whether a model may see what a tool reads: not the key that it signs its requests with, nor its own settings.

    A tool uses a secret for itself unless it gives it back, and so it does with what a constructor reads, or a function
    that gives nothing back.
    """
    comes_back = all(
        any(call in sliced(index, scope, end) for end in (*index.scopes[scope].returns, *index.scopes[scope].yields))
        for scope, call in effect.chain
    )
    own = effect.capability == "secret-read" or any(index.scopes[scope].name == "__init__" for scope, _ in effect.chain)
    reader = index.scopes[effect.chain[-1][0]]
    return comes_back or not (own or not (reader.returns or reader.yields))


def _proofs(index: Index, effects: list[Effect]) -> list[tuple[str, Effect]]:
    """A call for each of the three, no call for two of them; empty where one is missing."""
    found: list[tuple[str, Effect]] = []
    for name, capabilities in PARTS:
        taken = {effect.chain[-1] for _, effect in found}
        fitting = (item for item in effects if item.capability in capabilities and item.chain[-1] not in taken)
        proof = next((item for item in fitting if name != _PRIVATE or _is_seen(index, item)), None)
        if proof is None:
            return []
        found.append((name, proof))
    return found


def _finding(rule: Rule, program: Program, agent: Agent, proofs: list[tuple[str, Effect]]) -> Finding:
    tools = {name: effect.tool.name for name, effect in proofs}
    private, strange, out = tools.values()
    return Finding(
        rule=rule.id,
        message=rule.message.format(private=private, strange=strange, out=out),
        location=Location(agent.path, agent.span, "has all three"),
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        persona=rule.persona,
        related=tuple(_proof(program, name, effect) for name, effect in proofs),
        fix=rule.fix,
        symbol=program.index.scopes[agent.scope].qualname,
    )


def _proof(program: Program, name: str, effect: Effect) -> Location:
    scope, call = effect.chain[-1]
    written = spelled(program.index, scope, call)
    return replace(
        call_place(program.index, scope, call), label=f"{name}: the tool `{effect.tool.name}` calls `{written}`"
    )
