"""A short map of a project for a person: its agents with their tools, its servers, tools and model calls."""

from collections.abc import Iterable

from aisafety_lint.program.agents import Agent
from aisafety_lint.program.tools import Tool
from aisafety_lint.report.inspection import Inspection
from aisafety_lint.report.summary import looked_at
from aisafety_lint.report.terminal import visible, width

Row = tuple[str, str]


def text(inspection: Inspection) -> str:
    """One block for each kind of thing, one line a thing; then what was looked at."""
    blocks = [
        _block("agents", (_agent(agent) for agent in inspection.agents if agent.kind == "agent")),
        _block("servers", (_agent(agent) for agent in inspection.agents if agent.kind != "agent")),
        _block("tools", (_tool(tool) for tool in inspection.tools)),
        _block("model calls", ((f"{call.path}:{call.line}", f"`{call.name}`") for call in inspection.model_calls)),
    ]
    last = f"Looked at {looked_at(inspection.coverage)}."
    return "\n\n".join([*("\n".join(block) for block in blocks if block), last]) + "\n"


def _agent(agent: Agent) -> Row:
    name = f"`{agent.name}`" if agent.name else "without a name"
    tools = ", ".join(f"`{tool.name}`" for tool in agent.tools) or "none that are known"
    return f"{agent.path}:{agent.place[0]}", f"{name} ({agent.framework}), tools: {tools}"


def _tool(tool: Tool) -> Row:
    approved = ", a person is asked" if tool.approved else ""
    return f"{tool.path}:{tool.place[0]}", f"`{tool.name}` ({tool.framework}){approved}"


def _block(title: str, rows: Iterable[Row]) -> list[str]:
    listed = [(visible(place), visible(words)) for place, words in rows]
    if not listed:
        return []
    size = max(width(place) for place, _ in listed)
    return [title, *(f"  {place}{' ' * (size - width(place))}  {words}" for place, words in listed)]
