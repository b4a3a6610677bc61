"""The agents of the program and the ready-made powers granted in it."""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aisafety_lint.finding import Confidence
from aisafety_lint.program.approval import Approval
from aisafety_lint.program.conditions import Holds, all_hold, operands, row_confidence
from aisafety_lint.program.constants import constant
from aisafety_lint.program.guards import Guards
from aisafety_lint.program.handing import Handing, handed_on
from aisafety_lint.program.index import Index
from aisafety_lint.program.models import Row
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.slices import sliced
from aisafety_lint.program.tools import Tool
from aisafety_lint.python.facts import Place
from aisafety_lint.source import Span


@dataclass(frozen=True, slots=True)
class Grant:
    """A ready-made tool, or a flag, that gives power: the call, the model row about it, how sure that is.

    A tool that is named and not called has its `name`, and `call` is the list that names it.
    """

    scope: int
    call: int
    row: Row
    capabilities: tuple[str, ...]
    confidence: Confidence
    name: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """A model with tools: where it is built, its tools defined in the project, and the capabilities of ready-made ones.

    `kind` is "agent", or "server" for a server that offers tools to agents elsewhere; `scope` and `call` are the call
    that builds it, `row` what the models say about that call.
    """

    name: str
    path: str
    place: Place
    framework: str
    kind: str
    tools: tuple[Tool, ...]
    capabilities: frozenset[str]
    approved: frozenset[str]
    scope: int = -1
    call: int = -1
    row: Row = field(default_factory=dict, compare=False, repr=False)

    @property
    def span(self) -> Span:
        """Where the agent is built."""
        return Span(*self.place)


def find_grants(resolver: Resolver, guards: Guards) -> tuple[Grant, ...]:
    """All grants of the program in the order of files and lines."""
    found: list[Grant] = []
    for name in resolver.models.candidates("grants", resolver.index.calls_by_name):
        for scope, call in resolver.index.calls_by_name.get(name, ()):
            for path in resolver.paths(scope, call.value):
                for row in resolver.models.rows("grants", path):
                    held = all_hold(resolver, scope, call.value, row)
                    if held is not Holds.NO and not _kept(resolver, guards, scope, call.value, row):
                        capabilities = tuple(row.get("capabilities", ()))
                        found.append(Grant(scope, call.value, row, capabilities, row_confidence(row, held)))
    found += _named(resolver)
    unique = {(grant.scope, grant.call, id(grant.row)): grant for grant in found}
    return tuple(
        sorted(unique.values(), key=lambda grant: (grant.scope, resolver.index.value(grant.scope, grant.call).place))
    )


def _named(resolver: Resolver) -> Iterator[Grant]:
    """Ready-made tools that are named in a list, not called."""
    names = {path.rpartition(".")[2] for path in resolver.models.values}
    for number, scope in enumerate(resolver.index.scopes) if names else ():
        for position, value in enumerate(scope.values):
            for item in value.args if value.op == "list" else ():
                known = scope.values[item]
                if known.op in ("name", "attr", "import") and known.name.rpartition(".")[2] in names:
                    rows = [
                        row for ref in resolver.refs(number, item) for row in resolver.models.values.get(ref.path, ())
                    ]
                    for row in rows:
                        held = resolver.versions.hold(resolver.index.paths[number], row)
                        if held is not Holds.NO:
                            capabilities = tuple(row.get("capabilities", ()))
                            yield Grant(number, position, row, capabilities, row_confidence(row, held), known.name)


def _kept(resolver: Resolver, guards: Guards, scope: int, call: int, row: Row) -> bool:
    """Whether a power stays with the program, or the developer's opt-in is elsewhere."""
    how = Handing(frozenset(row.get("except", ())), frozenset(row.get("makes", ())))
    unused = "handed" in row and not handed_on(resolver, scope, call, how)
    return unused or _opted_in(resolver, guards, scope, call)


def _opted_in(resolver: Resolver, guards: Guards, scope: int, call: int) -> bool:
    """Whether a developer's own opt-in dominates the call: the grant is then where the opt-in is set."""
    guard = resolver.index.value(scope, call).guard
    while guard >= 0:
        known = resolver.index.scopes[scope].guards[guard]
        if known.holds in ("true", "false"):
            names = (resolver.index.value(scope, item).name for item in sliced(resolver.index, scope, known.value))
            if any(fnmatch.fnmatchcase(name, pattern) for name in names if name for pattern in resolver.models.opt_ins):
                return True
        guard = known.parent
    return False


class Offered:
    """The tools and ready-made powers of a program as agents get them: by what they are, and by who registers them."""

    def __init__(self, approval: Approval, tools: tuple[Tool, ...], grants: tuple[Grant, ...]) -> None:
        self.approval = approval
        self.by_scope = {tool.scope: tool for tool in tools}
        self.granted: dict[tuple[int, int], frozenset[str]] = {}
        for grant in grants:
            key = grant.scope, grant.call
            self.granted[key] = self.granted.get(key, frozenset()) | frozenset(grant.capabilities)
        self.registered: dict[tuple[int, int], list[Tool]] = {}
        self.unclaimed: dict[str, list[Tool]] = {}
        for tool in tools:
            owners = {place for _, where in tool.ways for place in approval.belongs(where)}
            for place in owners:
                self.registered.setdefault(place, []).append(tool)
            if len(owners) <= len(tool.ways):
                self.unclaimed.setdefault(tool.registered[0], []).append(tool)


def find_agents(
    resolver: Resolver, approval: Approval, tools: tuple[Tool, ...], grants: tuple[Grant, ...]
) -> tuple[Agent, ...]:
    """All agents in the order of files and lines."""
    offered = Offered(approval, tools, grants)
    found: dict[tuple[int, int], Agent] = {}
    for name in resolver.models.candidates("agents", resolver.index.calls_by_name):
        for scope, call in resolver.index.calls_by_name.get(name, ()):
            for path in resolver.paths(scope, call.value):
                for row in resolver.models.rows("agents", path):
                    built = row.get("kind") != "run" and (scope, call.value) not in found
                    if built and all_hold(resolver, scope, call.value, row) is not Holds.NO:
                        found[scope, call.value] = _agent(resolver, scope, call.value, row, offered)
    for scope, call_value, row in _derived(resolver):
        if (scope, call_value) not in found:
            found[scope, call_value] = _agent(resolver, scope, call_value, row, offered)
    return tuple(sorted(found.values(), key=lambda agent: (agent.path, agent.place)))


def _derived(resolver: Resolver) -> Iterator[tuple[int, int, Row]]:
    """The calls of the constructor of an agent by a class that is derived from it: `super().__init__(tools=[...])`."""
    index = resolver.index
    kinds = {key for key in resolver.models.facts["agents"] if ":" in key and "." not in key.rpartition(":")[2]}
    called = index.inits_called.items() if kinds else ()
    for scope, call in (one for owner, calls in called if not kinds.isdisjoint(resolver.types(owner)) for one in calls):
        paths = [path for path in resolver.paths(scope, call.value) if path.endswith(".__init__")]
        rows = [row for path in paths for row in resolver.models.rows("agents", path.removesuffix(".__init__"))]
        for row in rows:
            if row.get("kind", "agent") == "agent" and all_hold(resolver, scope, call.value, row) is not Holds.NO:
                yield scope, call.value, row


def _deriving(index: Index, scope: int, call: int) -> int | None:
    """The class that builds an agent of itself by calling the constructor of its base."""
    named = index.value(scope, index.value(scope, call).args[0]).name == "__init__"
    return index.enclosing_class(scope) if named else None


def _agent(
    resolver: Resolver,
    scope: int,
    call: int,
    row: Row,
    offered: Offered,
) -> Agent:
    index = resolver.index
    tools: dict[int, Tool] = {}
    capabilities: frozenset[str] = frozenset()
    for where, item in tool_values(resolver, scope, call, row.get("tools", {})):
        capabilities |= offered.granted.get((where, item), frozenset())
        for ref in resolver.refs(where, item):
            for tool in tools_of(resolver, ref, offered.by_scope):
                tools[tool.scope] = tool
    owner = _deriving(index, scope, call) if index.scopes[scope].name == "__init__" else None
    if owner is not None:
        tools |= {tool.scope: tool for tool in tools_of(resolver, Ref("class", owner), offered.by_scope)}
    kind = row.get("kind", "agent")
    tools |= {tool.scope: tool for tool in offered.registered.get((scope, call), ())}
    if kind == "server":  # whatever its file registers, where it is not known with whom
        beside = offered.unclaimed.get(index.paths[scope], ())
        tools |= {tool.scope: tool for tool in beside if tool.framework == row["stem"]}
    approved = offered.approval.of_agent(scope, call, row)
    listed = tuple(sorted(tools.values(), key=lambda tool: (tool.path, tool.place)))
    name = _name(resolver, scope, call, {"name": "name", "position": 0} if kind == "server" else {"name": "name"})
    return Agent(
        name,
        index.paths[scope],
        index.value(scope, call).place,
        row["stem"],
        kind,
        listed,
        capabilities,
        approved,
        scope,
        call,
        row,
    )


def _name(resolver: Resolver, scope: int, call: int, spec: Mapping[str, Any]) -> str:
    for operand in operands(resolver, scope, call, spec):
        known = constant(resolver, scope, operand)
        if isinstance(known, str):
            return known
    owner = _deriving(resolver.index, scope, call)
    if owner is not None:
        return resolver.index.scopes[owner].name
    return resolver.index.local_names[scope].get(call, "")


def tool_values(resolver: Resolver, scope: int, call: int, spec: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """The values in an agent's list of tools, through variables and concatenation, as (scope, value)."""
    yield from listed(resolver, [(scope, operand) for operand in operands(resolver, scope, call, spec)] if spec else [])


def listed(resolver: Resolver, lists: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The values in lists of tools, through variables and concatenation, as (scope, value)."""
    pending = list(reversed(lists))
    seen: set[tuple[int, int]] = set()
    while pending:  # the last first: what a value is made of takes its place
        where, value = pending.pop()
        if (where, value) in seen:
            continue
        seen.add((where, value))
        known = resolver.index.value(where, value)
        if known.op in ("text", "phi", "store", "star", "copy", "list", "tuple", "set"):
            parts = known.args[:2] if known.op in ("text", "phi", "store", "copy") else known.args
            if known.op == "store" and known.kind == "attr":  # an attribute of an object is none of its elements
                parts = known.args[:1]
            pending += [(where, item) for item in reversed(parts)]
            continue
        containers = [
            ref
            for ref in resolver.refs(where, value)
            if ref.kind == "container" and (ref.scope, ref.value) != (where, value)
        ]
        pending += [(ref.scope, ref.value) for ref in reversed(containers)]
        if not containers:
            yield where, value


def tools_of(resolver: Resolver, ref: Ref, by_scope: Mapping[int, Tool]) -> Iterator[Tool]:
    """The tools that something in a list of tools is: a function, or the methods of a class or of an object."""
    if ref.kind == "function" and ref.scope in by_scope:
        yield by_scope[ref.scope]
    elif ref.kind in ("class", "instance"):
        path = resolver.index.paths[ref.scope]
        qualname = resolver.index.scopes[ref.scope].qualname
        for tool in by_scope.values():
            owner = resolver.index.enclosing_class(tool.scope)
            if (
                owner is not None
                and resolver.index.paths[owner] == path
                and resolver.index.scopes[owner].qualname == qualname
            ):
                yield tool


def with_tools(agents: tuple[Agent, ...], tools: tuple[Tool, ...]) -> tuple[Agent, ...]:
    """The same agents with what has been learnt of their tools since they were found."""
    known = {tool.scope: tool for tool in tools}
    return tuple(replace(agent, tools=tuple(known[tool.scope] for tool in agent.tools)) for agent in agents)
