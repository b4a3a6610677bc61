"""What the stage hands on: the promises of a declaration as they were read, and what is wrong with them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from aisafety_lint.finding import Confidence, Location, Persona
from aisafety_lint.manifests.nodes import Object
from aisafety_lint.source import Span


@dataclass(frozen=True, slots=True)
class PromisedTool:
    """A tool of the inventory; an `effect` or `approval` that is not declared is empty."""

    name: str
    effect: str
    approval: str
    span: Span
    effect_span: Span
    approval_span: Span


@dataclass(frozen=True, slots=True)
class PromisedAgent:
    """An agent of the inventory: `path` is its file counted from the root, both parts of its address may be empty.

    `inputs` are what it reads that nobody vouches for, None where that is not declared; `on_failure` is what it does
    when something fails, and may be empty.
    """

    name: str
    path: str
    symbol: str
    tools: tuple[PromisedTool, ...]
    span: Span
    tools_span: Span
    address_span: Span
    inputs: frozenset[str] | None
    inputs_span: Span
    on_failure: str
    on_failure_span: Span


@dataclass(frozen=True, slots=True)
class Promises:
    """A declaration, read: its agents, and the whole for what is asked once; `folder` is where it holds."""

    path: str
    folder: str
    root: Object
    span: Span
    agents: tuple[PromisedAgent, ...]
    tier: str


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that is wrong with a declaration, for the rules that ask about its `kind`.

    `words` fill the message; `shift` moves the severity by so many steps. `key` tells breaches at one place apart.
    """

    kind: str
    location: Location
    words: Mapping[str, str]
    shift: int = 0
    confidence: Confidence = Confidence.HIGH
    persona: Persona | None = None
    related: tuple[Location, ...] = ()
    flow: tuple[Location, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is wrong with the declarations of a project, and the days after which that may change."""

    breaches: tuple[Breach, ...] = ()
    last_days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One effect that a tool has in the code, with the steps to it.

    It shows by a `capability`. It is `sure` where it is seen well enough to contradict a declaration, `asked` where a
    person agrees to it before.
    """

    effect: str
    capability: str
    steps: tuple[Location, ...]
    sure: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class Power:
    """A tool as the code gives it to an agent.

    `effect` is the strongest effect that was found in it, empty where nothing was. `asked` tells that its framework
    asks a person before every call, `asking` that a person is asked somewhere in it, or that this is not known. A
    `hidden` name is not the one that the model sees.
    """

    name: str
    kind: str
    path: str
    line: int
    effect: str
    ways: tuple[Way, ...] = ()
    asked: bool = False
    asking: bool = True
    hidden: bool = False

    @property
    def approved(self) -> bool:
        """Whether a person agrees before everything that it does beyond reading."""
        effective = [way for way in self.ways if way.effect != "read"]
        return self.asked or (bool(effective) and all(way.asked for way in effective))


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent as the code builds it; `symbols` are the names under which it can be found in its file.

    It is `open` where it holds something of which the code does not tell which tools it is.
    """

    name: str
    path: str
    span: Span
    symbols: tuple[str, ...]
    model: str
    powers: tuple[Power, ...]
    unknown: tuple[Power, ...] = ()

    @property
    def title(self) -> str:
        """The agent, for a message."""
        return self.name or (self.symbols[0] if self.symbols else f"{self.path}:{self.span.line}")

    @property
    def effects(self) -> Collection[str]:
        """The effects of all its tools."""
        return {power.effect for power in self.powers if power.effect}
