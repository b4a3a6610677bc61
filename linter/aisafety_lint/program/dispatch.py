"""Tools that a project only describes to the model by a schema, and runs itself: which function each of them is.

The function has the name of the schema, or stands under it in a table, or is found by it (`getattr(self, name)`); and
the project has to call it, or nobody knows whether the model can have it called. Else it is the branch of a function
that compares the name that the model chose with that of the schema.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from aisafety_lint.program.agents import Agent
from aisafety_lint.program.consent import Consent
from aisafety_lint.program.kinds import Loops
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.running import call_sites
from aisafety_lint.program.schemas import offered
from aisafety_lint.program.tools import Tool, make_tool, model_params
from aisafety_lint.python.facts import Place

Value = tuple[int, int]

_ABOVE = 3
_FEW = 2
_MODULE = "<module>"


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of a function for the names of tools: the names, the values compared with them, and where."""

    names: frozenset[str]
    choosers: frozenset[int]
    first: Place


Dispatched = Mapping[Value, Mapping[str, Tool]]
"""For the call that builds an agent: what runs for the schemas that it offers, by their names."""


def dispatched(resolver: Resolver, consent: Consent, agents: Iterable[Agent], words: Loops) -> Dispatched:
    """The tools that the schemas of agents stand for."""
    named = {(agent.scope, agent.call): dict(offered(resolver, agent)) for agent in agents if agent.kind == "agent"}
    named = {call: names for call, names in named.items() if names}
    if not named:
        return {}
    dispatch = Dispatch(resolver, consent, words, named)
    frameworks = {(agent.scope, agent.call): agent.framework for agent in agents}
    return {call: dict(dispatch.tools(call, names, frameworks[call])) for call, names in named.items()}


class Dispatch:
    """Finds what runs for schemas; `models` are the calls that offer them."""

    def __init__(self, resolver: Resolver, consent: Consent, words: Loops, models: Iterable[Value]) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.consent = consent
        self.words = words
        self.asked_at = _asking(resolver, models)
        self._tables: dict[str, dict[str, list[int]]] = {}
        self._called: dict[str, dict[int, list[Value]]] = {}

    def tools(self, call: Value, names: dict[str, Value], framework: str) -> Iterator[tuple[str, Tool]]:
        """What runs for the names in the schemas of a call, as tools."""
        files = self._family({self.index.paths[scope] for scope, _ in (call, *names.values())})
        sites: dict[int, list[Value]] = {}
        for path in files:
            for function, calls in self._calls(path).items():
                sites.setdefault(function, []).extend(calls)
        left = []
        for name in names:
            found = [function for function in self._functions(files, sites, name) if function in sites]
            if found:
                yield name, self._tool(found[0], name, sites[found[0]], framework, call)
            else:
                left.append(name)
        for function, branches in self._branching(files, frozenset(left)) if left else ():
            chooser = self._chooser(function, branches, framework, call)
            yield from ((name, chooser) for name in sorted(branches.names))

    def _tool(self, function: int, name: str, sites: list[Value], framework: str, call: Value) -> Tool:
        tool = make_tool(self.resolver, function, {"stem": framework}, call)
        filled = frozenset().union(*(self._unpacked(function, *site) for site in sites))
        asked = all(self._approved(scope, self.index.value(scope, value).guard, _ABOVE) for scope, value in sites)
        params = tuple(param for param in tool.params if param in filled)
        return replace(tool, name=name, params=params, approved=asked, ways=())

    def _chooser(self, function: int, branches: Branches, framework: str, call: Value) -> Tool:
        tool = make_tool(self.resolver, function, {"stem": framework}, call)
        single = next(iter(branches.names)) if len(branches.names) == 1 else tool.name
        return replace(
            tool,
            name=single or _MODULE,
            place=branches.first if single != tool.name or not tool.place[0] else tool.place,
            params=(),
            approved=function not in self.asked_at and self._at_calls(function, _ABOVE),
            ways=(),
            choosers=branches.choosers,
            parts=branches.names,
            since=self.asked_at.get(function, -1),
        )

    def _unpacked(self, function: int, scope: int, call: int) -> frozenset[int]:
        """The parameters that a call fills from a dict of arguments (`run(**block.input)`)."""
        keywords = self.index.calls[scope][call].keywords
        if "**" not in keywords:
            return frozenset()
        params = model_params(self.resolver, function, {"except": keywords})
        return frozenset(params[keywords.count("") :])

    # -- a person's answer -----------------------------------------------------------------------------------------

    def _approved(self, scope: int, guard: int, depth: int) -> bool:
        """Whether a person agrees before a place, here or before every call that leads to it, once a model is asked."""
        if self.consent.approved(scope, guard, since=self.asked_at.get(scope, -1)):
            return True
        return scope not in self.asked_at and depth > 0 and self._at_calls(scope, depth - 1)

    def _at_calls(self, function: int, depth: int) -> bool:
        sites = list(call_sites(self.resolver, function))
        return bool(sites) and all(
            self._approved(scope, self.index.value(scope, call).guard, depth) for scope, call in sites
        )

    # -- functions and tables --------------------------------------------------------------------------------------

    def _family(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Files and the project's own files that they import."""
        found = dict.fromkeys(sorted(paths))
        for path in list(found):
            for scope in self._scopes(path):
                for item in self.index.scopes[scope].imports:
                    module = self.index.absolute(scope, item.module)
                    for dotted in (module, f"{module}.{item.name}"):
                        other = self.index.modules.find(dotted, path)
                        if other is not None:
                            found[other] = None
        return tuple(found)

    def _scopes(self, path: str) -> range:
        first = self.index.first[path]
        return range(first, first + len(self.index.facts[path].scopes))

    def _functions(self, files: Iterable[str], sites: dict[int, list[Value]], name: str) -> Iterator[int]:
        """The functions that may be meant by a name: of a table first, then by their own."""
        for path in files:
            yield from self._table(path).get(name, ())
        yield from (function for function in sites if self.index.scopes[function].name == name)
        for function, calls in sites.items():
            own = self.index.scopes[function].name
            if own.endswith(f"_{name}") and any(self._is_taken_by_name(*site) for site in calls):
                yield function

    def _is_taken_by_name(self, scope: int, call: int) -> bool:
        """Whether what is called is taken from an object by a name (`getattr(self, f"do_{x}")`)."""
        made = self.index.value(scope, self.index.value(scope, call).args[0])
        while made.op in ("copy", "phi"):
            made = self.index.value(scope, made.args[0])
        return made.op == "call" and self.index.value(scope, made.args[0]).name == "getattr"

    def _table(self, path: str) -> dict[str, list[int]]:
        """The functions that dicts of a file hold, by their keys."""
        known = self._tables.get(path)
        if known is None:
            known = self._tables[path] = {}
            for scope in self._scopes(path):
                for value in self.index.scopes[scope].values:
                    for key, item in zip(value.args[::2], value.args[1::2], strict=True) if value.op == "dict" else ():
                        functions = [ref.scope for ref in self.resolver.refs(scope, item) if ref.kind == "function"]
                        if functions and self.index.value(scope, key).op == "const":
                            known.setdefault(self.index.value(scope, key).name, []).extend(functions)
        return known

    def _calls(self, path: str) -> dict[int, list[Value]]:
        """The calls of functions in a file, by the function."""
        known = self._called.get(path)
        if known is None:
            known = self._called[path] = {}
            for scope in self._scopes(path):
                for call in self.index.scopes[scope].calls:
                    for callee in self.resolver.callees(scope, call.value):
                        if callee.kind == "function":
                            known.setdefault(callee.scope, []).append((scope, call.value))
        return known

    # -- branches --------------------------------------------------------------------------------------------------

    def _branching(self, files: Iterable[str], names: frozenset[str]) -> Iterator[tuple[int, Branches]]:
        """The functions with branches for some names."""
        for path in files:
            for scope in self._scopes(path):
                compared = [
                    (value.args[0], self.index.value(scope, value.args[1]).name, value.place)
                    for value in self.index.scopes[scope].values
                    if value.op == "compare" and value.name == "Eq" and self._is_name(scope, value.args[1], names)
                ]
                found = frozenset(name for _, name, _ in compared)
                choosers = [chooser for chooser, _, _ in compared]
                if len(found) >= _FEW or any(self._is_chosen(scope, chooser) for chooser in choosers):
                    yield scope, Branches(found, frozenset(choosers), compared[0][2])

    def _is_name(self, scope: int, value: int, names: frozenset[str]) -> bool:
        known = self.index.value(scope, value)
        return known.op == "const" and known.kind == "str" and known.name in names

    def _is_chosen(self, scope: int, value: int) -> bool:
        """Whether a value is named after the name of a tool."""
        known = self.index.value(scope, value)
        local = self.index.local_names[scope].get(value, "")
        return any(word and self.words.chosen.fullmatch(word) for word in (known.name, local))


def _asking(resolver: Resolver, models: Iterable[Value]) -> dict[int, int]:
    """The functions that ask a model, themselves or through others, each with the first call by which it does."""
    found: dict[int, int] = {}
    pending = [(scope, call, _ABOVE) for scope, call in models]
    for scope, call, depth in pending:
        if scope in found:
            found[scope] = min(found[scope], call)
            continue
        found[scope] = call
        pending += [(*site, depth - 1) for site in call_sites(resolver, scope)] if depth else []
    return found


def with_dispatched(
    tools: tuple[Tool, ...], agents: tuple[Agent, ...], found: Dispatched
) -> tuple[tuple[Tool, ...], tuple[Agent, ...]]:
    """Tools and agents with what runs for schemas, each function once."""
    known = {tool.scope: tool for tool in tools}
    for tool in (tool for listed in found.values() for tool in listed.values()):
        known[tool.scope] = _merged(known[tool.scope], tool) if tool.scope in known else tool
    return tuple(sorted(known.values(), key=_order)), tuple(_holding(agent, known, found) for agent in agents)


def _holding(agent: Agent, tools: Mapping[int, Tool], found: Dispatched) -> Agent:
    """An agent with what runs for the schemas that it offers."""
    scopes = {tool.scope for tool in (*agent.tools, *found.get((agent.scope, agent.call), {}).values())}
    return replace(agent, tools=tuple(sorted((tools[scope] for scope in scopes), key=_order)))


def _order(tool: Tool) -> tuple[object, ...]:
    return tool.path, tool.place, tool.name


def _merged(known: Tool, other: Tool) -> Tool:
    """One tool of two that run the same function: what is said of it elsewhere counts as well."""
    if not known.parts or not other.parts:
        return known
    return replace(known, parts=known.parts | other.parts, choosers=known.choosers | other.choosers)
