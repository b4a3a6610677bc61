"""Does the repository ship an agent that can do something? The question before every rule about missing evaluation.

Yes, if an agent with at least one tool that has an effect is built in product code, in a repository that is deployed:
its dependencies are written down, something puts it into operation, and it is no library that agents are built with.
Reading tools alone do not count. A snippet, a test, an example, a framework: no.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from aisafety_lint.evals.model import Evaluation
from aisafety_lint.finding import Location
from aisafety_lint.source import Span

HARMLESS = frozenset({"fs-read", "net-read", "db-read", "model"})
_NAMES_SHOWN = 3


class ToolLike(Protocol):
    """What is asked of a tool that the project defines."""

    @property
    def name(self) -> str: ...
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


class Evaluated(Protocol):
    """What rules of this family ask of a project."""

    @property
    def program(self) -> ProgramLike: ...
    @property
    def evaluation(self) -> Evaluation: ...


@dataclass(frozen=True, slots=True)
class Shipped:
    """An agent of the product: the first one by path and line that can do more than read."""

    agent: AgentLike
    capabilities: frozenset[str]

    @property
    def location(self) -> Location:
        """The place that builds the agent."""
        return Location(self.agent.path, self.agent.span, self.name)

    @property
    def name(self) -> str:
        """The agent, for a message."""
        return f"`{self.agent.name}`" if self.agent.name else "the agent"

    def tools(self, wanted: Collection[str] = ()) -> str:
        """Its tools with one of the capabilities, or those with an effect, for a message."""
        useful = self.capabilities.intersection(wanted) if wanted else self.capabilities - HARMLESS
        names = [f"`{tool.name}`" for tool in self.agent.tools if not useful.isdisjoint(tool.capabilities)]
        if not names:
            return f"ready-made tools ({', '.join(sorted(useful))})"
        more = len(names) - _NAMES_SHOWN
        return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def shipped(project: Evaluated) -> Shipped | None:
    """The agent that the repository ships, or None."""
    evaluation = project.evaluation
    if not evaluation.deployed:
        return None
    for agent in sorted(project.program.agents, key=lambda agent: (agent.path, agent.span)):
        capabilities = frozenset(agent.capabilities).union(*(tool.capabilities for tool in agent.tools))
        if agent.kind == "agent" and capabilities - HARMLESS and agent.path not in evaluation.aside:
            return Shipped(agent, capabilities)
    return None
