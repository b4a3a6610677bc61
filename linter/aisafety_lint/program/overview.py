"""The map of a program as plain data: its agents with all they hold, its tools with what they can do and the proof."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from aisafety_lint.finding import Confidence
from aisafety_lint.program.agents import Agent
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import constant
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.holdings import Held, Holdings, handed_to
from aisafety_lint.program.limits import Limit, Limits
from aisafety_lint.program.model import Program
from aisafety_lint.program.origins import origins
from aisafety_lint.program.spelling import spelled, written
from aisafety_lint.program.tools import Tool
from aisafety_lint.python.facts import Place

MODEL_NAMES = ("model", "model_name", "model_id", "id", "deployment_name")
_Value = tuple[int, int]


class Stop(NamedTuple):
    """A call on the way from a tool to what it does."""

    path: str
    line: int
    name: str


class Ability(NamedTuple):
    """A capability, whether a person is asked on every way to it, and the way that proves it."""

    capability: str
    approved: bool
    sandboxed: bool
    confidence: Confidence
    proof: tuple[Stop, ...]


class ToolEntry(NamedTuple):
    """A tool; `approved` where its framework asks a person before every call of it."""

    id: str
    name: str
    path: str
    place: Place
    framework: str
    approved: bool
    abilities: tuple[Ability, ...]


class HeldEntry(NamedTuple):
    """One thing that an agent holds; `ref` is the id of the tool or agent that it is."""

    kind: str
    name: str
    path: str
    line: int
    ref: str
    detail: str
    approved: bool
    abilities: tuple[Ability, ...]


class LimitEntry(NamedTuple):
    """A cap on an agent: set in code, computed, left to the default, or none.

    `versions` names those with this default, where nothing tells which of them the project has.
    """

    name: str
    origin: str
    value: int | float | None
    written: str
    path: str
    line: int
    versions: str = ""


class AgentEntry(NamedTuple):
    """An agent: what it holds, to whom it can hand over (also through others), and what all of them can do together."""

    id: str
    name: str
    kind: str
    path: str
    place: Place
    framework: str
    model: str
    limits: tuple[LimitEntry, ...]
    asks_about: tuple[str, ...]
    holds: tuple[HeldEntry, ...]
    hands_over: tuple[str, ...]
    capabilities: tuple[str, ...]


class Overview(NamedTuple):
    """The map; `words` says for each capability what it lets a model do."""

    agents: tuple[AgentEntry, ...]
    tools: tuple[ToolEntry, ...]
    words: Mapping[str, str]


def overview(program: Program, wanted: Callable[[str], bool], secret: Callable[[str, Place], bool]) -> Overview:
    """The map of the agents and tools in the files that are wanted, in the order of files and lines."""
    if not program.agents and not program.tools:
        return Overview((), (), {})
    mapper = _Mapper(program, secret)
    return Overview(
        tuple(mapper.agent(agent) for agent in program.agents if wanted(agent.path)),
        tuple(mapper.tools[tool.scope] for tool in program.tools if wanted(tool.path)),
        program.kinds.capabilities,
    )


class _Mapper:
    """Turns the program's agents and tools into entries."""

    def __init__(self, program: Program, secret: Callable[[str, Place], bool]) -> None:
        self.program = program
        self.index = program.index
        self.order = tuple(program.kinds.capabilities)
        self.by_tool: dict[int, list[Effect]] = {}
        for effect in program.effects:
            self.by_tool.setdefault(effect.tool.scope, []).append(effect)
        self.tools = {tool.scope: self._tool(tool, self.by_tool.get(tool.scope, ())) for tool in program.tools}
        holdings = Holdings(program, secret)
        self.held = {(agent.scope, agent.call): holdings.of(agent) for agent in program.agents}
        self.agents = {(agent.scope, agent.call): agent for agent in program.agents}
        self.limits = Limits(program.resolver)

    def agent(self, agent: Agent) -> AgentEntry:
        """The entry of an agent."""
        here = agent.scope, agent.call
        holds = tuple(self._held(agent, item) for item in self.held[here])
        others = handed_to(self.held, here)
        able = self._able(here).union(*(self._able(other) for other in others))
        limits = self.limits.of(agent) if agent.kind != "server" else ()
        return AgentEntry(
            self._agent_id(here),
            agent.name,
            agent.kind,
            agent.path,
            agent.place,
            agent.framework,
            self._model(agent),
            tuple(self._limit(item) for item in limits),
            tuple(sorted(agent.approved)),
            holds,
            tuple(self._agent_id(other) for other in others),
            tuple(sorted(able, key=self.order.index)),
        )

    def _agent_id(self, key: _Value) -> str:
        agent = self.agents[key]
        return f"{agent.path}:{agent.place[0]}:{agent.place[1]}"

    def _tool(self, tool: Tool, effects: Iterable[Effect]) -> ToolEntry:
        abilities = tuple(self._abilities(effects))
        place = f"{tool.path}:{tool.place[0]}:{tool.place[1]}"
        return ToolEntry(place, tool.name, tool.path, tool.place, tool.framework, tool.approved, abilities)

    def _abilities(self, effects: Iterable[Effect]) -> Iterator[Ability]:
        """One for each capability: by a way without a question if there is one, then the surest and shortest."""
        best: dict[str, Effect] = {}
        for effect in sorted(
            effects, key=lambda item: (item.approved, item.sandboxed, -item.confidence, len(item.chain))
        ):
            best.setdefault(effect.capability, effect)
        for capability in self.order:
            if capability in best:
                effect = best[capability]
                proof = tuple(self._stop(*step) for step in effect.chain)
                yield Ability(capability, effect.approved, effect.sandboxed, effect.confidence, proof)

    def _stop(self, scope: int, call: int) -> Stop:
        return Stop(self.index.paths[scope], self.index.value(scope, call).place[0], spelled(self.index, scope, call))

    def _held(self, agent: Agent, item: Held) -> HeldEntry:
        asked = "*" in agent.approved or item.name in agent.approved
        if item.kind == "tool" and item.target is not None:
            tool = self.tools[item.target[0]]
            line = tool.place[0]
            return HeldEntry("tool", tool.name, tool.path, line, tool.id, "", asked or tool.approved, tool.abilities)
        if item.kind == "agent" and item.target is not None:
            other = self.agents[item.target]
            return HeldEntry(
                "agent", other.name, other.path, other.place[0], self._agent_id(item.target), "", asked, ()
            )
        run = self.program.dispatched.get((agent.scope, agent.call), {}).get(item.name)
        if item.kind == "schema" and run is not None and run.scope in self.tools:
            return self._dispatched(item.name, run.scope, asked=asked)
        scope, value = item.value
        line = self.index.value(scope, value).place[0] or agent.place[0]
        abilities = tuple(self._granted(item, asked))
        return HeldEntry(item.kind, item.name, self.index.paths[scope], line, "", item.detail, asked, abilities)

    def _dispatched(self, name: str, scope: int, *, asked: bool) -> HeldEntry:
        """What runs for a schema: a function, or the branch of one."""
        tool = self.tools[scope]
        effects = [effect for effect in self.by_tool.get(scope, ()) if effect.part is None or effect.part.name == name]
        place = next((effect.place for effect in effects), tool.place)
        abilities = tuple(self._abilities(effects))
        return HeldEntry("dispatched", name, tool.path, place[0], tool.id, "", asked or tool.approved, abilities)

    def _granted(self, item: Held, asked: bool) -> Iterator[Ability]:
        found: dict[str, Ability] = {}
        for grant in item.grants:
            for capability in grant.capabilities:
                proof = (self._stop(grant.scope, grant.call),)
                contained = bool(grant.row.get("sandboxed"))
                found.setdefault(capability, Ability(capability, asked, contained, grant.confidence, proof))
        yield from sorted(found.values(), key=lambda ability: self.order.index(ability.capability))

    def _able(self, key: _Value) -> frozenset[str]:
        return frozenset(
            ability.capability
            for item in self.held.get(key, ())
            for ability in self._held(self.agents[key], item).abilities
        )

    def _limit(self, limit: Limit) -> LimitEntry:
        scope, call = limit.call
        line = self.index.value(scope, call).place[0]
        path = self.index.paths[scope]
        return LimitEntry(limit.name, limit.origin, limit.value, limit.written, path, line, limit.versions)

    def _model(self, agent: Agent) -> str:
        """The name of the model where it is written, else how the model is written."""
        resolver = self.program.resolver
        spec = agent.row.get("model")
        for operand in operands(resolver, agent.scope, agent.call, spec) if spec else ():
            fixed = constant(resolver, agent.scope, operand)
            if isinstance(fixed, str):
                return fixed
            for scope, made in origins(resolver, agent.scope, operand):
                if self.index.value(scope, made).op == "call":
                    return self._made_model(scope, made)
            return written(self.index, agent.scope, operand)
        return ""

    def _made_model(self, scope: int, call: int) -> str:
        named = (
            operand for name in MODEL_NAMES for operand in operands(self.program.resolver, scope, call, {"name": name})
        )
        first = operands(self.program.resolver, scope, call, {"position": 0})
        for operand in (*named, *first):
            fixed = constant(self.program.resolver, scope, operand)
            if isinstance(fixed, str):
                return fixed
        return spelled(self.index, scope, call)
