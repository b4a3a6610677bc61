"""The Python of a project as the engine understands it: takes facts, gives the program, its flows and what stayed open.

It is only loaded where a project has Python that matters.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from aisafety_lint.finding import Notification, NotificationLevel
from aisafety_lint.flow.prompts import with_prompts
from aisafety_lint.flow.solver import Solver
from aisafety_lint.flow.sources import Seed, find_seeds
from aisafety_lint.flow.trace import Flow, make_flow, most_nodes
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.pins.model import NO_PINS, Pins
from aisafety_lint.program.model import Program, link_program
from aisafety_lint.program.unresolved import find_unresolved
from aisafety_lint.project import ModelCall, Understood
from aisafety_lint.python.facts import Facts


def understand(
    facts: Mapping[str, Facts],
    knowledge: Knowledge,
    interest: Mapping[str, frozenset[str]],
    aside: Callable[[str], bool] | None,
    pins: Pins = NO_PINS,
) -> Understood:
    """Link the facts and follow the flows; the tools and sources of files that are set aside do not count.

    `interest` tells for each kind of source which kinds of sinks matter, `pins` which versions of libraries there are.
    """
    program = _product(link_program(facts, knowledge, pins), aside)
    seeds = _seeds(program)
    program = replace(program, answers=_answers(program, seeds), requests=_requests(seeds))
    solver = Solver(program, interest)
    flows = _flows(program, solver, seeds)
    notes = []
    if solver.cut:
        message = f"The analysis of flows stopped after {solver.most} steps; more findings are possible."
        notes.append(Notification("flow-limit", message, NotificationLevel.WARNING))
    unresolved = find_unresolved(program, ((seed.scope, seed.value) for seed in seeds))
    return Understood(program, flows, _model_calls(program, seeds), unresolved, tuple(notes))


def _product(program: Program, aside: Callable[[str], bool] | None) -> Program:
    """The program without the tools of test code, which no model calls."""
    if aside is None:
        return program
    tools = tuple(tool for tool in program.tools if not aside(tool.path))
    agents = tuple(agent for agent in program.agents if not aside(agent.path))
    effects = tuple(effect for effect in program.effects if not aside(effect.tool.path))
    return replace(program, tools=tools, agents=agents, effects=effects, tested=aside)


def _seeds(program: Program) -> tuple[Seed, ...]:
    """The sources outside of test code."""
    seeds = find_seeds(program.resolver, program.tools, program.decorators)
    return tuple(seed for seed in seeds if not program.tested(program.index.paths[seed.scope]))


def _flows(program: Program, solver: Solver, seeds: tuple[Seed, ...]) -> tuple[Flow, ...]:
    """The flows from the sources to the sinks, in the order of files and lines."""
    sources = program.kinds.sources
    hits = list(solver.solve(seeds))
    most = most_nodes(len(hits))
    flows = [make_flow(solver, seed, hit, sources[seed.kind].lower(), most) for seed, hit in hits]
    flows.sort(
        key=lambda flow: (flow.location.path, flow.location.span, flow.kind, flow.steps[0].path, flow.steps[0].span)
    )
    return with_prompts(program, seeds, flows)


def _answers(program: Program, seeds: tuple[Seed, ...]) -> frozenset[tuple[int, int]]:
    """The calls of models."""
    found = ((seed.scope, seed.value) for seed in seeds if seed.kind == "model-output")
    return frozenset(site for site in found if program.index.value(*site).op == "call")


def _requests(seeds: tuple[Seed, ...]) -> frozenset[tuple[int, int]]:
    """The values that people write."""
    return frozenset((seed.scope, seed.value) for seed in seeds if seed.kind == "user-input")


def _model_calls(program: Program, seeds: tuple[Seed, ...]) -> tuple[ModelCall, ...]:
    index = program.index
    calls = (seed for seed in seeds if (seed.scope, seed.value) in program.answers)
    return tuple(
        sorted(
            ModelCall(index.paths[seed.scope], index.value(seed.scope, seed.value).place[0], seed.name)
            for seed in calls
        )
    )
