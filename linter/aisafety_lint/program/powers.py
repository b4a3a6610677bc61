"""What changed in the powers of agents between two maps of a project, the earlier and the later one.

Things are found again by their names, wherever they have moved; one without a name by the order in its file. What
gives a model more (a tool, a capability, an approval that is gone) is told apart from what takes something away.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from aisafety_lint.program.combination import closes
from aisafety_lint.program.overview import Ability, AgentEntry, HeldEntry, LimitEntry, Overview, ToolEntry

MORE, LESS, OTHER = "more", "less", "other"
_Entry = TypeVar("_Entry", AgentEntry, ToolEntry, HeldEntry, "ServerEntry")
_Key = Callable[[_Entry], object]


class ServerEntry(NamedTuple):
    """A tool server in a manifest; `content` is a digest of what the manifest says about it."""

    name: str
    path: str
    line: int
    content: str


class Subject(NamedTuple):
    """Whose powers changed: an agent, a tool, a graph or a server, and where it is."""

    kind: str
    name: str
    path: str
    line: int


class Change(NamedTuple):
    """One change: what kind of change, which way, and the thing that it is about with its place.

    `item` is a capability, or the name of a tool, agent, server or limit; `via` is through what; `before` and `after`
    are values.
    """

    kind: str
    direction: str
    subject: Subject
    item: str = ""
    via: str = ""
    before: str = ""
    after: str = ""


class Side(NamedTuple):
    """One of the two: the map, and the servers in manifests."""

    map: Overview
    servers: tuple[ServerEntry, ...] = ()


def compare(before: Side, after: Side) -> tuple[Change, ...]:
    """All changes, in the order of what they are about: agents, tools, servers in manifests."""
    changes = [*_agents(before.map, after.map), *_tools(before.map, after.map), *_servers(before, after)]
    return tuple(dict.fromkeys(changes))


def _agents(before: Overview, after: Overview) -> Iterator[Change]:
    keys: tuple[_Key[AgentEntry], ...] = (
        lambda item: (item.kind, item.path, item.name) if item.name else None,
        lambda item: (item.kind, item.framework, item.name) if item.name else None,
        lambda item: (item.kind, item.path, tuple(sorted(held.name for held in item.holds))) if item.holds else None,
        lambda item: (item.kind, item.path, item.framework),
    )
    old, new = {item.id: item for item in before.agents}, {item.id: item for item in after.agents}
    for one, other in _paired(before.agents, after.agents, keys):
        if one is None and other is not None:
            yield Change(f"new-{other.kind}", MORE, _agent(other))
            yield from _powers(None, other, {}, new)
        elif other is None and one is not None:
            yield Change(f"{one.kind}-removed", LESS, _agent(one))
        elif one is not None and other is not None:
            yield from _powers(one, other, old, new)
            yield from _limits(one, other)
            if one.model != other.model:
                yield Change("model-changed", OTHER, _agent(other), before=one.model, after=other.model)


def _powers(
    one: AgentEntry | None, other: AgentEntry, old: Mapping[str, AgentEntry], new: Mapping[str, AgentEntry]
) -> Iterator[Change]:
    """What changed in what an agent holds and can do, itself or through those it hands over to."""
    subject = _agent(other)
    capabilities = one.capabilities if one else ()
    for capability in other.capabilities:
        if capability not in capabilities:
            yield Change("capability-gained", MORE, subject, capability, _holder(other, new, capability))
    for capability in capabilities:
        if one is not None and capability not in other.capabilities:
            yield Change("capability-lost", LESS, subject, capability, _holder(one, old, capability))
    if closes(other.capabilities) and not closes(capabilities):
        yield Change("combination-closed", MORE, subject)
    elif one is not None and closes(capabilities) and not closes(other.capabilities):
        yield Change("combination-opened", LESS, subject)
    keys: tuple[_Key[HeldEntry], ...] = (lambda item: (item.kind, item.name), lambda item: item.name)
    for had, has in _paired(one.holds if one else (), other.holds, keys):
        yield from _holding(subject, had, has, new=one is None)


def _holding(subject: Subject, had: HeldEntry | None, has: HeldEntry | None, *, new: bool) -> Iterator[Change]:
    if has is None:
        if had is not None:
            yield Change("no-longer-holds", LESS, subject, had.name, had.kind)
    elif had is None:
        yield Change("holds", MORE, subject, has.name, has.kind, after="asks" if has.approved else "")
    elif had.approved != has.approved:
        kind, direction = ("gate-removed", MORE) if had.approved else ("gate-added", LESS)
        yield Change(kind, direction, subject, has.name)
    if not new and had is not None and has is not None and had.detail != has.detail:
        yield Change("server-changed", OTHER, subject, has.name)


def _holder(agent: AgentEntry, agents: Mapping[str, AgentEntry], capability: str) -> str:
    """The name of what brings a capability, its own before that of others."""
    for one in (agent, *(agents[other] for other in agent.hands_over if other in agents)):
        for item in one.holds:
            if any(ability.capability == capability for ability in item.abilities):
                return item.name
    return ""


def _limits(one: AgentEntry, other: AgentEntry) -> Iterator[Change]:
    had = {limit.name: limit for limit in one.limits}
    has = {limit.name: limit for limit in other.limits}
    for name in dict.fromkeys((*had, *has)):
        before, after = had.get(name), has.get(name)
        if before is not None and _given(before) and (after is None or not _given(after)):
            yield Change("limit-removed", MORE, _agent(other), name, before=_value(before), after=_value(after))
        elif after is not None and _given(after) and (before is None or not _given(before)):
            yield Change("limit-set", LESS, _agent(other), name, before=_value(before), after=_value(after))
        elif before is not None and after is not None and _value(before) != _value(after):
            numbers = before.value is not None and after.value is not None
            raised = numbers and (after.value or 0) > (before.value or 0)
            kind, direction = ("limit-raised", MORE) if raised else ("limit-lowered", LESS)
            if not numbers:
                kind, direction = "limit-changed", OTHER
            yield Change(kind, direction, _agent(other), name, before=_value(before), after=_value(after))


def _given(limit: LimitEntry) -> bool:
    return limit.origin in ("set", "computed")


def _value(limit: LimitEntry | None) -> str:
    if limit is None or limit.origin == "none":
        return "none"
    return limit.written if limit.origin == "computed" else str(limit.value)


def _tools(before: Overview, after: Overview) -> Iterator[Change]:
    keys: tuple[_Key[ToolEntry], ...] = (lambda item: (item.path, item.name), lambda item: item.name)
    for one, other in _paired(before.tools, after.tools, keys):
        if other is None:
            if one is not None:
                yield Change("tool-removed", LESS, _tool(one))
            continue
        subject = _tool(other)
        if one is None:
            yield Change("new-tool", MORE, subject, after="asks" if other.approved else "")
        elif one.approved != other.approved:
            kind, direction = ("gate-removed", MORE) if one.approved else ("gate-added", LESS)
            yield Change(kind, direction, subject)
        yield from _abilities(subject, one.abilities if one else (), other.abilities, new=one is None)


def _abilities(subject: Subject, before: Sequence[Ability], after: Sequence[Ability], *, new: bool) -> Iterator[Change]:
    had = {ability.capability: ability for ability in before}
    for ability in after:
        known = had.pop(ability.capability, None)
        way = ability.proof[-1].name if ability.proof else ""
        if known is None:
            kind = "can" if new else "capability-gained"
            yield Change(kind, MORE, subject, ability.capability, way, after="asks" if ability.approved else "")
            continue
        if known.approved != ability.approved:
            kind, direction = ("gate-removed", MORE) if known.approved else ("gate-added", LESS)
            yield Change(kind, direction, subject, ability.capability, way)
        if known.sandboxed != ability.sandboxed:
            kind, direction = ("sandbox-removed", MORE) if known.sandboxed else ("sandbox-added", LESS)
            yield Change(kind, direction, subject, ability.capability, way)
    for capability in had:
        yield Change("capability-lost", LESS, subject, capability)


def _servers(before: Side, after: Side) -> Iterator[Change]:
    keys: tuple[_Key[ServerEntry], ...] = (lambda item: (item.path, item.name), lambda item: (item.name, item.content))
    for one, other in _paired(before.servers, after.servers, keys):
        if one is None and other is not None:
            yield Change("new-server", MORE, Subject("server", other.name, other.path, other.line))
        elif other is None and one is not None:
            yield Change("server-removed", LESS, Subject("server", one.name, one.path, one.line))
        elif one is not None and other is not None and one.content != other.content:
            yield Change("server-changed", OTHER, Subject("server", other.name, other.path, other.line))


def _paired(
    before: Sequence[_Entry], after: Sequence[_Entry], keys: Iterable[_Key[_Entry]]
) -> Iterator[tuple[_Entry | None, _Entry | None]]:
    """Each thing of the later map with the one that it was, then those that are gone; a key of None says nothing."""
    found: dict[int, int] = {}
    left = dict(enumerate(before))
    for key in keys:
        waiting: dict[object, list[int]] = {}
        for number, item in left.items():
            if (name := key(item)) is not None:
                waiting.setdefault(name, []).append(number)
        for number, item in enumerate(after):
            alike = waiting.get(key(item), []) if number not in found else []
            if alike:
                found[number] = alike.pop(0)
                del left[found[number]]
    for number, item in enumerate(after):
        yield (before[found[number]] if number in found else None), item
    for item in left.values():
        yield item, None


def _agent(entry: AgentEntry) -> Subject:
    return Subject(entry.kind, entry.name, entry.path, entry.place[0])


def _tool(entry: ToolEntry) -> Subject:
    return Subject("tool", entry.name, entry.path, entry.place[0])
