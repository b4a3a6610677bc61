"""What an agent holds: everything on its lists of tools, servers and hand-offs, each told for what it is.

Nothing is left out: what stands for nothing known is held too, as unknown. An element that is made from another agent
(a hand-off, an agent as a tool) is that agent.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from aisafety_lint.program.agents import Agent, Grant, tool_values, tools_of
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import constant
from aisafety_lint.program.model import Program
from aisafety_lint.program.origins import origins
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.schemas import schema_name
from aisafety_lint.program.spelling import spelled, written
from aisafety_lint.python.facts import Place

HeldKind = Literal["tool", "agent", "ready-made", "server", "library", "schema", "named", "project", "unknown"]
Value = tuple[int, int]

HIDDEN = "***"
_LISTS = ("tools", "servers", "handoffs")
_ADDRESS = frozenset({"", "command", "cmd", "args", "url", "uri", "endpoint", "server_url", "package", "module"})
_PRIVATE = frozenset({"env", "headers", "auth", "environment"})
_CREDENTIAL = re.compile(r"token|key|secret|passw|auth|bearer|credential|header", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=//)[^/?#\s@]+(?=@)|(?<=\?)\S+")
_WORDS = 6
_FACTORIES = 3


class Held(NamedTuple):
    """One thing that an agent holds, and the value that is it, as (scope, value).

    `target` is the scope of a tool, or the call that builds an agent. Of what is ready-made, `grants` say what it can
    do; of a server, `detail` says how it is started or where it is.
    """

    kind: HeldKind
    name: str
    value: Value
    target: Value | None = None
    grants: tuple[Grant, ...] = ()
    detail: str = ""


class Holdings:
    """Answers what the agents of a program hold; `secret` tells where credentials are written, which are not shown."""

    def __init__(self, program: Program, secret: Callable[[str, Place], bool]) -> None:
        self.secret = secret
        self.resolver = program.resolver
        self.index = program.index
        self.tools = {tool.scope: tool for tool in program.tools}
        self.agents = {(agent.scope, agent.call): agent for agent in program.agents}
        self.dispatched = program.dispatched
        self.grants: dict[Value, tuple[Grant, ...]] = {}
        for grant in program.grants:
            key = grant.scope, grant.call
            self.grants[key] = (*self.grants.get(key, ()), grant)

    def of(self, agent: Agent) -> tuple[Held, ...]:
        """Everything on the lists of an agent, then what its own arguments give it, each once."""
        found: dict[tuple[str, object], Held] = {}
        for key in _LISTS:
            spec = agent.row.get(key)
            for scope, value in tool_values(self.resolver, agent.scope, agent.call, spec) if spec else ():
                for held in self._element(agent, key, scope, value):
                    found.setdefault((held.kind, held.target or held.value), held)
        shown = {held.name for held in found.values() if held.kind == "schema"}
        run = self.dispatched.get((agent.scope, agent.call), {})
        behind = {tool.scope for name, tool in run.items() if name in shown}
        registered = (tool.scope for tool in agent.tools if tool.scope in self.tools and tool.scope not in behind)
        for number in registered:
            held = Held("tool", self.tools[number].name, (number, 0), (number, 0))
            found.setdefault((held.kind, held.target), held)
        # What is only said about how it is built, such as a flag that asks too late, gives no power.
        own = tuple(grant for grant in self.grants.get((agent.scope, agent.call), ()) if grant.capabilities)
        if own:
            name = spelled(self.index, agent.scope, agent.call)
            found["ready-made", None] = Held("ready-made", name, (agent.scope, agent.call), None, own)
        return tuple(found.values())

    def _element(self, agent: Agent, key: str, scope: int, value: int) -> Iterator[Held]:
        here = scope, value
        made = tuple(dict.fromkeys((here, *built(self.resolver, scope, value))))
        others = [
            item for item in (self._agent(*place) for place in made) if item not in (None, (agent.scope, agent.call))
        ]
        if others:
            for other in others:
                if other is not None:
                    yield Held("agent", self.agents[other].name, here, other)
            return
        refs = self.resolver.refs(scope, value)
        tools = [tool for ref in refs for tool in tools_of(self.resolver, ref, self.tools)]
        if tools:
            yield from (Held("tool", tool.name, here, (tool.scope, 0)) for tool in tools)
            return
        grants = tuple(grant for place in made for grant in self.grants.get(place, ()))
        name = self._name(*made[-1]) if len(made) > 1 else self._name(scope, value)
        if key == "servers":
            yield Held("server", name, here, None, grants, " ".join(self._words(*made[-1])))
        elif grants:
            yield Held("ready-made", name, here, None, grants)
        else:
            # The first arguments of what is not known to be a server may be anything.
            detail = (
                " ".join(self._words(*made[-1], _ADDRESS - {""})) if self.index.value(*made[-1]).op == "call" else ""
            )
            yield Held(self._kind(refs, *made[-1]), name, here, detail=detail)

    def _kind(self, refs: tuple[Ref, ...], scope: int, value: int) -> HeldKind:
        op = self.index.value(scope, value).op
        if op == "dict":
            return "schema"
        if op in ("const", "text"):
            return "named"
        kinds = {ref.kind for ref in refs}
        if kinds & {"function", "class", "instance"}:
            return "project"
        return "library" if "external" in kinds else "unknown"

    def _agent(self, scope: int, value: int, depth: int = 2) -> Value | None:
        """The agent that a value is, or that the call that makes it is given."""
        if (scope, value) in self.agents:
            return scope, value
        known = self.index.value(scope, value)
        if known.op != "call" or depth == 0:
            return None
        function = self.index.value(scope, known.args[0])
        given = (*(function.args[:1] if function.op == "attr" else ()), *known.args[1:])
        for operand in given:
            for where, item in built(self.resolver, scope, operand):
                found = self._agent(where, item, depth - 1)
                if found is not None and self.agents[found].kind != "server":
                    return found
        return None

    def _name(self, scope: int, value: int) -> str:
        known = self.index.value(scope, value)
        if known.op in ("const", "text"):
            fixed = constant(self.resolver, scope, value)
            if self.secret(self.index.paths[scope], known.place):
                return HIDDEN
            return fixed if isinstance(fixed, str) else written(self.index, scope, value)
        if known.op == "dict":
            return schema_name(self.resolver, scope, value) or "{...}"
        if known.op == "call":
            for operand in operands(self.resolver, scope, value, {"name": "name"}):
                fixed = constant(self.resolver, scope, operand)
                if isinstance(fixed, str):
                    return fixed
            return spelled(self.index, scope, value)
        return written(self.index, scope, value)

    def _words(self, scope: int, value: int, names: frozenset[str] = _ADDRESS) -> list[str]:
        """The constant texts that a server is made with: the command that starts it, or its address."""
        return list(_shown(self._texts(scope, value, names, "", 5)))[:_WORDS]

    def _texts(self, scope: int, value: int, names: frozenset[str], name: str, depth: int) -> Iterator[str]:
        """Texts that are passed under a name that tells of a command or an address; never what may hold credentials."""
        known = self.index.value(scope, value)
        path = self.index.paths[scope]
        if name in _PRIVATE or depth == 0:
            return
        if known.op == "const" and known.kind == "str" and name in names:
            yield HIDDEN if self.secret(path, known.place) else known.name
        elif known.op == "call":
            for keyword, item in zip(self.index.calls[scope][value].keywords, known.args[1:], strict=True):
                yield from self._texts(scope, item, names, keyword, depth - 1)
        elif known.op == "dict":
            for key, item in zip(known.args[::2], known.args[1::2], strict=True):
                yield from self._texts(scope, item, names, self.index.value(scope, key).name, depth - 1)
        elif known.op in ("list", "tuple"):
            for item in known.args:
                yield from self._texts(scope, item, names, name, depth - 1)
        elif known.op in ("name", "copy", "import"):
            for where, item in origins(self.resolver, scope, value):
                if (where, item) != (scope, value):
                    yield from self._texts(where, item, names, name, depth - 1)


def built(resolver: Resolver, scope: int, value: int, depth: int = _FACTORIES) -> Iterator[Value]:
    """The values that a value is a name of, also those that functions of the project make and return."""
    for where, item in origins(resolver, scope, value):
        yield where, item
        if depth and resolver.index.value(where, item).op == "call":
            for callee in resolver.callees(where, item):
                if callee.kind == "function":
                    for returned in resolver.index.scopes[callee.scope].returns[:_FACTORIES]:
                        yield from built(resolver, callee.scope, returned, depth - 1)


def _shown(words: Iterable[str]) -> Iterator[str]:
    """The words of a command line without what follows the name of a credential, or stands in an address."""
    before = ""
    for word in words:
        name, sign, _ = word.partition("=")
        if before.startswith("-") and _CREDENTIAL.search(before) and "=" not in before:
            yield HIDDEN
        elif sign and _CREDENTIAL.search(name):
            yield f"{name}={HIDDEN}"
        else:
            yield _IN_ADDRESS.sub(HIDDEN, word)
        before = word


def handed_to(held: Mapping[Value, tuple[Held, ...]], start: Value) -> tuple[Value, ...]:
    """The agents that one can hand over to, also through others, itself left out."""
    found: dict[Value, None] = {start: None}
    for agent in (pending := [start]):
        for item in held.get(agent, ()):
            if item.kind == "agent" and item.target is not None and item.target not in found:
                found[item.target] = None
                pending.append(item.target)
    return tuple(item for item in found if item != start)
