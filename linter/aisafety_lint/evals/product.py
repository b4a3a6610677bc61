"""Does the repository ship an agent that can do something? The question before every rule about missing evaluation.

Yes, if an agent with at least one tool that has an effect is built in product code, in a repository that is deployed:
its dependencies are written down, something puts it into operation, and it is no library that agents are built with.
Reading tools alone do not count. A snippet, a test, an example, a framework: no. Where no agent's list of tools could
be followed to one, a tool of the product that no server offers to others belongs to the first agent.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from aisafety_lint.evals.model import Evaluation
from aisafety_lint.finding import Location
from aisafety_lint.source import Span

# Reading is no effect; nearly every tool that calls a service reads the key for it.
HARMLESS = frozenset({"fs-read", "net-read", "db-read", "secret-read", "model"})
# What can be undone, or does no harm by itself.
_LESSER = frozenset({"fs-write", "net-write", "db-write", "browser"})
_NAMES_SHOWN = 3


class ToolLike(Protocol):
    """What is asked of a tool that the project defines."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def capabilities(self) -> Collection[str]: ...


class AgentLike(Protocol):
    """What is asked of an agent: `capabilities` are those of its ready-made tools."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def span(self) -> Span: ...
    @property
    def kind(self) -> str: ...
    @property
    def tools(self) -> Sequence[ToolLike]: ...
    @property
    def capabilities(self) -> Collection[str]: ...


class ProgramLike(Protocol):
    """What is asked of a program."""

    @property
    def agents(self) -> Sequence[AgentLike]: ...
    @property
    def tools(self) -> Sequence[ToolLike]: ...
    def fills(self, kinds: Collection[str]) -> bool:
        """Whether product code hands something to a sink of one of these kinds."""
        ...


class Evaluated(Protocol):
    """What rules of this family ask of a project."""

    @property
    def program(self) -> ProgramLike: ...
    @property
    def evaluation(self) -> Evaluation: ...


@dataclass(frozen=True, slots=True)
class Shipped:
    """An agent of the product: the first one by path and line that can do more than read, with its own tools."""

    agent: AgentLike
    tools: tuple[ToolLike, ...]
    capabilities: frozenset[str]

    @property
    def location(self) -> Location:
        """The place that builds the agent."""
        return Location(self.agent.path, self.agent.span, self.name)

    @property
    def name(self) -> str:
        """The agent, for a message."""
        return f"`{self.agent.name}`" if self.agent.name else "the agent"

    @property
    def consequential(self) -> bool:
        """Whether it can do what somebody may have to answer for: pay, delete, send, run commands, change access."""
        return bool(self.capabilities - HARMLESS - _LESSER)

    def named_tools(self, wanted: Collection[str] = ()) -> str:
        """Its tools with one of the capabilities, or those with an effect, for a message."""
        useful = self.capabilities.intersection(wanted) if wanted else self.capabilities - HARMLESS
        names = [f"`{tool.name}`" for tool in self.tools if not useful.isdisjoint(tool.capabilities)]
        if not names:
            return f"ready-made tools ({', '.join(sorted(useful))})"
        more = len(names) - _NAMES_SHOWN
        return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def shipped(project: Evaluated) -> Shipped | None:
    """The agent that the repository ships, or None."""
    evaluation, program = project.evaluation, project.program
    if not evaluation.deployed:
        return None
    agents = [agent for agent in program.agents if agent.kind == "agent" and agent.path not in evaluation.aside]
    agents.sort(key=lambda agent: (agent.path, agent.span))
    for agent in agents:
        capabilities = frozenset(agent.capabilities).union(*(tool.capabilities for tool in agent.tools))
        if capabilities - HARMLESS:
            return Shipped(agent, tuple(agent.tools), capabilities)
    tools = _loose_tools(program, evaluation)
    capabilities = frozenset().union(*(tool.capabilities for tool in tools))
    return Shipped(agents[0], tools, capabilities) if agents and capabilities - HARMLESS else None


def _loose_tools(program: ProgramLike, evaluation: Evaluation) -> tuple[ToolLike, ...]:
    """The tools of the product that belong to no agent or server that is known."""
    owned = {(tool.path, tool.name) for agent in program.agents for tool in agent.tools}
    product = (tool for tool in program.tools if tool.path not in evaluation.aside)
    return tuple(tool for tool in product if (tool.path, tool.name) not in owned)
