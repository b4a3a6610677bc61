"""The entry of the stage: takes the declarations, the program with its map, and what is around; gives all breaches.

It is only loaded where a project has a declaration.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import replace

from aisafety_lint.declaration.content import content_breaches, flaw_breaches, last_days
from aisafety_lint.declaration.coverage import coverage_breaches
from aisafety_lint.declaration.crosscheck import inventory_breaches
from aisafety_lint.declaration.inventory import workers
from aisafety_lint.declaration.matching import governed
from aisafety_lint.declaration.model import Breach, Judged, Promises, Worker
from aisafety_lint.declaration.reading import promises
from aisafety_lint.declaration.references import reference_breaches
from aisafety_lint.declaration.results import result_breaches, result_days
from aisafety_lint.declaration.surroundings import Surroundings
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.evals.model import Declaration
from aisafety_lint.program.model import Program
from aisafety_lint.program.overview import Overview

# What contradicts the code is as grave in an agent of minimal risk.
_CONTRADICTIONS = frozenset(
    {
        "undeclared-tool",
        "undeclared-agent",
        "declared-approval-not-enforced",
        "declared-effect-too-low",
        "declared-fallback-not-kept",
        "declared-evaluation-not-found",
        "kill-switch-not-found",
        "model-not-as-declared",
        "evaluation-result-over-limit",
        "expired-exception",
        "invalid-declaration",
    }
)
_BY_TIER = {"minimal": -1, "high": 1}


def judge(
    declarations: Iterable[Declaration],
    program: Program,
    overview: Overview,
    around: Surroundings,
    terms: Terms,
    today: datetime.date,
) -> Judged:
    """What is wrong with the declarations of a project."""
    read = [(one, promises(one)) for one in declarations]
    every = [promised for _, promised in read if promised is not None]
    agents = product_agents(program, overview, around, terms)
    breaches: list[Breach] = []
    for declaration, promised in read:
        if promised is None:
            breaches += flaw_breaches(declaration, terms)
        else:
            own = governed(agents, promised.folder, every)
            breaches += _by_tier(_of(declaration, promised, own, program, around, terms, today), promised)
    days = {one for promised in every for one in last_days(promised)}
    days |= {one.isoformat() for promised in every for one in result_days(promised, around)}
    return Judged(tuple(breaches), tuple(sorted(days)))


def product_agents(program: Program, overview: Overview, around: Surroundings, terms: Terms) -> tuple[Worker, ...]:
    """The agents that the code of the product builds; those of tests and examples are left out."""
    aside = around.evaluation.aside
    return tuple(worker for worker in workers(program, overview, terms) if worker.path not in aside)


def _of(
    declaration: Declaration,
    promised: Promises,
    found: tuple[Worker, ...],
    program: Program,
    around: Surroundings,
    terms: Terms,
    today: datetime.date,
) -> Iterator[Breach]:
    yield from content_breaches(promised, declaration, found, terms, today)
    yield from inventory_breaches(promised, program, found, terms)
    yield from reference_breaches(promised, around, program, found, terms)
    yield from coverage_breaches(promised, around, found, terms)
    yield from result_breaches(promised, around, today)


def _by_tier(breaches: Iterable[Breach], promised: Promises) -> Iterator[Breach]:
    """What is missing weighs by the declared tier."""
    step = _BY_TIER.get(promised.tier, 0)
    for breach in breaches:
        yield breach if breach.kind in _CONTRADICTIONS else replace(breach, shift=breach.shift + step)
