"""What a graph that stops before some of its nodes asks a person about: takes agents, gives the same with approval.

A node is what runs the tools, also with fallbacks or a setting added, a function of the project that runs it, or what a
helper makes of the tools that it is given: each call of the helper is then a holder of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from aisafety_lint.program.agents import Agent, listed, tools_of
from aisafety_lint.program.approval import ALL, Approval
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.origins import origins
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.running import call_sites, reached
from aisafety_lint.program.tools import Tool

_Value = tuple[int, int]
_CHAIN = 5


class Stops(NamedTuple):
    """Before which values graphs stop, and the functions that only run after that."""

    places: frozenset[_Value]
    functions: frozenset[int]


def stops(agents: Iterable[Agent], approval: Approval) -> Stops:
    """All stops of the graphs of a program."""
    places: dict[_Value, None] = {}
    functions: dict[bool, list[int]] = {True: [], False: []}
    for graph in agents:
        for stopped, (scope, value) in approval.nodes(graph.scope, graph.call, graph.row):
            places |= dict.fromkeys(_made_from(approval, scope, value)) if stopped else {}
            functions[stopped] += [ref.scope for ref in approval.resolver.refs(scope, value) if ref.kind == "function"]
    after, any_time = (reached(approval.resolver, functions[stopped]) for stopped in (True, False))
    return Stops(frozenset(places), after - any_time)


def _made_from(approval: Approval, scope: int, value: int, depth: int = _CHAIN) -> Iterator[_Value]:
    """A value, and the object whose methods gave it (`ToolNode(tools).with_fallbacks(...)`)."""
    for where, item in origins(approval.resolver, scope, value):
        yield where, item
        known = approval.index.value(where, item)
        function = approval.index.value(where, known.args[0]) if known.op == "call" else known
        if known.op == "call" and function.op == "attr" and depth:
            yield from _made_from(approval, where, function.args[0], depth - 1)


def with_stops(agents: tuple[Agent, ...], found: Stops, approval: Approval) -> tuple[Agent, ...]:
    """The same agents, those that a helper makes once for each of its calls; the stopped ones ask about every tool."""
    if not found.places:
        return agents
    by_scope = {tool.scope: tool for agent in agents for tool in agent.tools}
    split = [
        part
        for agent in agents
        for part in ([agent] if _is_stopped(agent, found, approval) else _for_each_call(agent, by_scope, approval))
    ]
    return tuple(replace(item, approved=ALL) if _is_stopped(item, found, approval) else item for item in split)


def told_of(agent: Agent, found: Stops, approval: Approval) -> Iterator[tuple[Agent, Tool]]:
    """The tools that an agent only tells a model of and that the project runs, with whether all runs are stopped."""
    resolver, calls = approval.resolver, approval.index.calls_by_name
    by_scope = {tool.scope: tool for tool in agent.tools}
    runs: dict[int, list[int]] = {}
    for name in agent.row["run_by"] if by_scope else ():
        for where, call in calls.get(name, ()):
            for operand in operands(resolver, where, call.value, {"receiver": True}):
                for ref in resolver.refs(where, operand):
                    for tool in tools_of(resolver, ref, by_scope):
                        runs.setdefault(tool.scope, []).append(where)
    for number, functions in runs.items():
        stopped = found.functions.issuperset(functions)
        yield (replace(agent, approved=ALL) if stopped else agent), by_scope[number]


def _is_stopped(agent: Agent, found: Stops, approval: Approval) -> bool:
    if "run_by" in agent.row:  # before the model that learns of the tools, and not before the tools
        return False
    if (agent.scope, agent.call) in found.places:
        return True
    return bool(found.functions) and bool(runs := set(_runs(agent, approval))) and runs <= found.functions


def _runs(agent: Agent, approval: Approval) -> Iterator[int]:
    """The functions that call a method of an agent, or the agent itself."""
    name = approval.index.local_names[agent.scope].get(agent.call, "")
    for where, call in _uses(approval, name):
        if (agent.scope, agent.call) in _made_from(approval, where, call):
            yield where


def _uses(approval: Approval, name: str) -> Iterator[_Value]:
    """What is called, or whose method is, in any function: everything that has a name."""
    index = approval.index
    for scope, known in enumerate(index.scopes) if name else ():
        for call in known.calls:
            function = known.values[known.values[call.value].args[0]]
            owner = known.values[function.args[0]] if function.op == "attr" else function
            if owner.name == name:
                yield scope, function.args[0] if function.op == "attr" else known.values[call.value].args[0]


def _for_each_call(agent: Agent, by_scope: Mapping[int, Tool], approval: Approval) -> Iterator[Agent]:
    """An agent whose tools are a parameter of the helper that makes it, once for each call of the helper."""
    resolver = approval.resolver
    names = _own_parameters(agent, approval)
    sites = list(call_sites(resolver, agent.scope)) if names else []
    for site in sites:
        lists = [(site[0], operand) for name in names for operand in _passed(resolver, site, agent.scope, name)]
        refs = (ref for place in listed(resolver, lists) for ref in resolver.refs(*place))
        tools = {tool.scope: tool for ref in refs for tool in tools_of(resolver, ref, by_scope)}
        yield replace(agent, tools=tuple(tools.values()), scope=site[0], call=site[1])
    if not sites:
        yield agent


def _own_parameters(agent: Agent, approval: Approval) -> tuple[str, ...]:
    """The parameters, of the function that makes an agent, which are all that its list of tools is."""
    spec = agent.row.get("tools")
    given = operands(approval.resolver, agent.scope, agent.call, spec) if spec else ()
    places = [place for operand in given for place in origins(approval.resolver, agent.scope, operand)]
    values = [approval.index.value(*place) for place in places if place[0] == agent.scope]
    names = tuple(value.name for value in values if value.op == "param")
    return names if len(names) == len(places) else ()


def _passed(resolver: Resolver, site: _Value, function: int, name: str) -> Iterator[int]:
    """What a call passes for a parameter of the function that it calls."""
    record = resolver.index.calls[site[0]][site[1]]
    for callee in resolver.callees(*site):
        if resolver.function_of(callee) == function:
            bound = callee.receiver is not None or callee.kind in ("class", "instance")
            operand = resolver.argument_for(site[0], record, function, name, bound=bound, given=callee.given)
            if operand is not None:
                yield operand
