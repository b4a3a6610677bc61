"""Agents that nothing stops: no cap on their steps is set, and the framework has none, or one in name only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding, Persona, Remedy
from aisafety_lint.flow.places import call_place
from aisafety_lint.program.agents import Agent
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.limits import Limit, Limits
from aisafety_lint.program.model import Program
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.remedies import of_call, safer
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span

# So many steps are no limit that anybody waits for, or pays.
_MANY = 1000
_HELD = ("tools", "servers", "handoffs")


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    if not any(agent.kind == "agent" for agent in program.agents):
        return
    limits = Limits(program.resolver)
    left: dict[tuple[str, str], list[Limit]] = {}
    for agent in program.agents:
        if agent.kind != "agent" or not _goes_on(program, agent):
            continue
        for limit in _open_ended(limits.of(agent)):
            if limit.origin == "set" or operands(program.resolver, *limit.call, {"name": limit.name}):
                yield _finding(rule, program, [limit], written=True)
            elif (agent.path, limit.name) in left or not _is_set_elsewhere(program, agent.path, limit.name):
                left.setdefault((agent.path, limit.name), []).append(limit)
    # Leaving it out is a habit: one finding for each file.
    yield from (_finding(rule, program, limits_here, written=False) for limits_here in left.values())


def _open_ended(found: Sequence[Limit]) -> Sequence[Limit]:
    """The limit that is none, or one in name only: the first that calls set, or the default of any version."""
    counting = [limit for limit in found if limit.versions] or found[:1]
    return [
        limit for limit in counting if limit.origin != "computed" and (limit.value is None or limit.value >= _MANY)
    ][:1]


def _goes_on(program: Program, agent: Agent) -> bool:
    """Whether an agent has something to do in a loop, and no other argument ends it."""
    keywords = program.index.calls[agent.scope][agent.call].keywords
    held = any(
        operands(program.resolver, agent.scope, agent.call, agent.row[part]) for part in _HELD if part in agent.row
    )
    return held and "**" not in keywords and not set(agent.row.get("capped_by", ())) & set(keywords)


def _finding(rule: Rule, program: Program, limits: Sequence[Limit], *, written: bool) -> Finding:
    """A limit that somebody has taken away is worth everybody's minute, one that nobody has set is not."""
    index, limit = program.index, limits[0]
    how = f"is {limit.value:,}" if limit.value is not None else "is off" if written else "has no default"
    if limit.versions:
        how += f" in {limit.versions}"
    return Finding(
        rule=rule.id,
        message=rule.message.format(agent=spelled(index, *limit.call), limit=limit.name, how=how),
        location=replace(call_place(index, *limit.call), label="goes on until the model stops"),
        severity=rule.severity,
        confidence=Confidence.HIGH if written else Confidence.LOW if limit.versions else Confidence.MEDIUM,
        persona=Persona.REGULAR if written else rule.persona,
        related=tuple(replace(call_place(index, *item.call), label="nor does this") for item in limits[1:]),
        fix=rule.fix,
        symbol=index.scopes[limit.call[0]].qualname,
        remedies=tuple(found for item in limits for found in _remedies(rule, program, item)),
    )


def _remedies(rule: Rule, program: Program, limit: Limit) -> tuple[Remedy, ...]:
    """The limit, where the model of the framework says how it is set."""
    scope, call = limit.call
    rows = [row for path in program.resolver.paths(scope, call) for row in program.resolver.models.rows("agents", path)]
    ways = [way for row in rows for way in safer(row) if limit.name in (way.get("name"), way.get("key", "").strip('"'))]
    return of_call(rule, ways, program.index.paths[scope], Span(*program.index.value(scope, call).place))


def _is_set_elsewhere(program: Program, path: str, name: str) -> bool:
    """Whether the same file names the limit: in a call, a configuration, or a field."""
    for scope, known in enumerate(program.scopes):
        if program.index.paths[scope] == path:
            if any(value.name == name for value in known.values) or name in known.annotations:
                return True
            if any(name in call.keywords for call in known.calls):
                return True
    return False
