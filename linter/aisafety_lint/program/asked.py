"""Marks the tools that a person is asked about before they run: takes tools and agents, gives the same tools."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from aisafety_lint.program.agents import Agent
from aisafety_lint.program.approval import Approval, approvals, covers
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.stops import Stops, stops, told_of, with_stops
from aisafety_lint.program.tools import Tool

_Value = tuple[int, int]


def with_approval(tools: tuple[Tool, ...], agents: tuple[Agent, ...], approval: Approval) -> tuple[Tool, ...]:
    """Mark the tools whose registration asks, or which every agent that holds them asks about."""
    found = stops(agents, approval)
    asked: dict[int, bool] = {}
    for agent, tool in _held(with_stops(agents, found, approval), found, approval):
        this = bool(agent.approved & {"*", tool.name})
        asked[tool.scope] = asked.get(tool.scope, True) and this
    hooks, wrapped = approval.hooked(), approval.wrapped()

    def approved(tool: Tool) -> bool:
        return (
            asked.get(tool.scope, False)
            or _registered(tool, approval)
            or any(tool.framework == stem and covers(folder, tool.path) for stem, folder in hooks)
            or any(wrapped & approval.belongs(where) for _, where in (tool.ways if wrapped else ()))
        )

    return tuple(replace(tool, approved=True) if approved(tool) else tool for tool in tools)


def _registered(tool: Tool, approval: Approval) -> bool:
    """Whether one of the decorators of a tool asks, or all registrations that could."""
    decorators = set(approval.index.scopes[tool.scope].decorators)
    outer = approval.index.parents[tool.scope]
    able = [(row, where) for row, where in tool.ways if approvals(row) or row.get("approved")]
    answers = [
        (where[0] == outer and where[1] in decorators, approval.of_tool(tool.scope, row, where)) for row, where in able
    ]
    decorated = any(yes for decorator, yes in answers if decorator)
    return decorated or (bool(answers) and all(yes for _, yes in answers))


def _held(agents: tuple[Agent, ...], found: Stops, approval: Approval) -> Iterator[tuple[Agent, Tool]]:
    """The agents that run tools, each with all tools that it runs: also those of the servers that it holds.

    An agent that only tells a model of tools counts for those that the project calls itself.
    """
    parts = {place for agent in agents for place in _given(agent, "agent", approval)}
    servers: Mapping[_Value, Agent] = {(item.scope, item.call): item for item in agents if item.kind == "server"}
    for agent in agents:
        if "run_by" in agent.row:
            yield from told_of(agent, found, approval)
        elif agent.kind == "agent" and (agent.scope, agent.call) not in parts:
            yield from ((agent, tool) for tool in agent.tools)
            for place in _given(agent, "servers", approval) if servers else ():
                if place in servers:
                    yield from ((agent, tool) for tool in servers[place].tools)


def _given(agent: Agent, key: str, approval: Approval) -> Iterator[_Value]:
    """What an agent is given by an argument, down to what that is put together from."""
    spec = agent.row.get(key)
    for operand in operands(approval.resolver, agent.scope, agent.call, spec) if spec else ():
        yield from approval.inside(agent.scope, operand)
