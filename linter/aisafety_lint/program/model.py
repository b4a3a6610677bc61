"""The linked program as the later stages see it, and the one function that builds it from facts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aisafety_lint.knowledge import Knowledge
from aisafety_lint.pins.model import NO_PINS, Pins
from aisafety_lint.program.agents import Agent, Grant, find_agents, find_grants, with_tools
from aisafety_lint.program.approval import Approval
from aisafety_lint.program.asked import with_approval
from aisafety_lint.program.asking import Asking
from aisafety_lint.program.consent import Consent, Filled
from aisafety_lint.program.dispatch import Dispatched, dispatched, with_dispatched
from aisafety_lint.program.effects import Effect, Effects
from aisafety_lint.program.guards import Guards
from aisafety_lint.program.index import Index, build_index
from aisafety_lint.program.kinds import Kinds, load_kinds
from aisafety_lint.program.models import imported_roots, library_roots, load_models, rows_of
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.tools import DecoratorIndex, Tool, find_tools
from aisafety_lint.python.facts import Facts, Scope


@dataclass(frozen=True, slots=True)
class Program:
    """Tools, agents, grants and effects of a project, and what is needed to ask more.

    `cut` are the tools that reach more functions than were followed; `tested` tells test code; `answers` are the calls
    (scope, value) whose results a model wrote, `requests` the values that people write; `dispatched` is what runs for
    the schemas that a model is offered.
    """

    index: Index
    resolver: Resolver
    guards: Guards
    consent: Consent
    asking: Asking
    filled: Filled
    kinds: Kinds
    decorators: DecoratorIndex
    tools: tuple[Tool, ...]
    agents: tuple[Agent, ...]
    grants: tuple[Grant, ...]
    effects: tuple[Effect, ...]
    cut: tuple[Tool, ...] = ()
    tested: Callable[[str], bool] = lambda _: False
    answers: frozenset[tuple[int, int]] = frozenset()
    requests: frozenset[tuple[int, int]] = frozenset()
    dispatched: Dispatched = field(default_factory=dict)

    @property
    def scopes(self) -> Sequence[Scope]:
        """Modules, classes and functions, in the order of their numbers."""
        return self.index.scopes

    def fills(self, kinds: Collection[str]) -> bool:
        """Whether product code hands anything to a sink of one of these kinds, wherever that comes from."""
        sinks = self.resolver.models.facts["sinks"]
        names = {path.rpartition(".")[2] for path, rows in sinks.items() if any(row["kind"] in kinds for row in rows)}
        calls = (
            (scope, call.value)
            for scope, known in enumerate(self.scopes)
            if not self.tested(self.index.paths[scope])
            for call in known.calls
            if known.values[known.values[call.value].args[0]].name in names
        )
        return any(
            row["kind"] in kinds
            for scope, call in calls
            for row in rows_of(self.resolver.models, "sinks", self.resolver.paths(scope, call))
        )


def _defines(index: Index, dotted: str) -> bool | None:
    """Whether a module of the project defines a name; None where the project has no such module at its top."""
    module, _, name = dotted.rpartition(".")
    paths = [path for path, own in index.modules.names.items() if own == module]
    if not paths:
        return None
    return any(name in index.scopes[index.first[path]].locals for path in paths)


def link_program(facts: Mapping[str, Facts], knowledge: Knowledge, pins: Pins = NO_PINS) -> Program:
    """Link the facts of all files of a project with the knowledge about the packages that it imports, and requires."""
    index = build_index(facts, knowledge.part(library_roots))
    modules = {
        item.module
        for scope in index.scopes
        for item in scope.imports
        if item.module and not item.module.startswith(".")
    }
    modules |= {
        f"{item.module}.{item.name}"
        for scope in index.scopes
        for item in scope.imports
        if item.name and not item.module.startswith(".")
    }
    modules |= {name for name in index.modules.names.values() if name}
    kinds = knowledge.part(load_kinds)
    models = load_models(knowledge, imported_roots(modules), lambda name: _defines(index, name))
    models.inert = kinds.inert
    resolver = Resolver(index, models, pins)
    consent = Consent(resolver, kinds.approval)
    asking = Asking(resolver, consent, kinds.approval)
    guards = Guards(resolver, kinds, consent.switched)
    decorators = DecoratorIndex(resolver)
    grants = find_grants(resolver, guards)
    tools = find_tools(resolver, decorators)
    approval = Approval(resolver, asking)
    agents = find_agents(resolver, approval, tools, grants)
    tools = with_approval(tools, agents, approval)
    run_for = dispatched(resolver, consent, agents, kinds.loops)
    tools, agents = with_dispatched(tools, agents, run_for)
    filled = frozenset((tool.scope, value) for tool in tools for value in tool.params)
    guards = Guards(resolver, kinds, consent.switched, filled)
    effects = Effects(resolver, consent, filled)
    found = tuple(effect for tool in tools for effect in effects.of_tool(tool))
    capabilities: dict[int, set[str]] = {}
    for effect in found:
        capabilities.setdefault(effect.tool.scope, set()).add(effect.capability)
    tools = tuple(replace(tool, capabilities=frozenset(capabilities.get(tool.scope, ()))) for tool in tools)
    return Program(
        index,
        resolver,
        guards,
        consent,
        asking,
        filled,
        kinds,
        decorators,
        tools,
        with_tools(agents, tools),
        grants,
        found,
        tuple(effects.cut),
        dispatched=run_for,
    )
