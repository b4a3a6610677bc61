"""What a declaration is written from, and compared with: takes a config, gives the agents and what is around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aisafety_lint import analysis, discovery
from aisafety_lint.compiled import Compiled
from aisafety_lint.config import Config
from aisafety_lint.declaration.draft import Material, Noted
from aisafety_lint.declaration.drift import drift
from aisafety_lint.declaration.inventory import loose_powers
from aisafety_lint.declaration.matching import governed, is_below
from aisafety_lint.declaration.model import Power, Promises, Worker
from aisafety_lint.declaration.reading import promises
from aisafety_lint.declaration.stage import product_agents
from aisafety_lint.declaration.surroundings import Surroundings
from aisafety_lint.declaration.terms import Terms, load_terms
from aisafety_lint.evals.tree import at, text
from aisafety_lint.finding import Notification
from aisafety_lint.interpreter import analysing
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.mapping import mapped

_PROJECT = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Known:
    """A project with its agents, its declarations, and what they may refer to."""

    config: Config
    agents: tuple[Worker, ...]
    loose: tuple[Power, ...]
    declared: tuple[Promises, ...]
    around: Surroundings
    terms: Terms
    notifications: tuple[Notification, ...]


def know(config: Config) -> Known:
    """Analyse a project; raises UserError where that cannot be done."""
    knowledge = Knowledge((builtin_root(), *config.rules), Compiled())
    reader = analysis.Reader(config, discovery.discover(config))
    with analysing():
        project = analysis.analyse(reader, knowledge, {})
        overview = mapped(project, lambda path: not reader.found.is_test(path))
        around, terms = analysis.surroundings(reader, project), knowledge.part(load_terms)
        agents = product_agents(project.program, overview, around, terms)
        loose = loose_powers(project.program, overview, terms)
    read = (promises(one) for one in project.evaluation.declarations)
    declared = tuple(one for one in read if one is not None)
    product = tuple(power for power in loose if power.path not in project.evaluation.aside)
    return Known(config, agents, product, declared, around, terms, project.notifications)


def material(known: Known, folder: str) -> Material:
    """What a declaration in a folder can be written from."""
    others = [one for one in known.declared if one.folder != folder]
    # What has neither a name nor tools may be a task or a step of an agent.
    listed = (worker for worker in known.agents if worker.name or worker.powers or worker.unknown)
    own = governed(listed, folder, others)
    suites = [one for one in known.around.evaluation.suites if not one.external and not one.shown]
    by_path = {one.path: one for one in reversed(suites) if is_below(one.path, folder)}
    owners = known.around.owners([worker.path for worker in own] or [f"{folder}/aisafety.yaml".lstrip("/")])
    roots = {name.partition(".")[0] for name in known.around.modules} | known.around.modules
    return Material(
        name=_name(known, folder),
        workers=tuple(_relative(worker, folder) for worker in own),
        loose=tuple(_moved(power, folder) for power in known.loose if is_below(power.path, folder)),
        models=tuple(_models(known, own, folder)),
        suites=tuple(replace(one, path=_below(one.path, folder)) for _, one in sorted(by_path.items())),
        owners=tuple(sorted(owners)),
        tracing=tuple(sorted(roots & known.terms.tracing)),
    )


def differences(known: Known) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For each declaration the lines of its difference to the code."""
    for promised in known.declared:
        own = governed(known.agents, promised.folder, known.declared)
        yield promised.path, tuple(drift(promised, own, known.terms))


def _name(known: Known, folder: str) -> Noted:
    """What the project is called: by the nearest description of it, else by its folder."""
    above = folder
    while True:
        path = f"{above}/{_PROJECT}" if above else _PROJECT
        root = known.around.parsed(path) if path in known.around.files else None
        for key in ("project.name", "tool.poetry.name"):
            if name := text(at(root, key)):
                return Noted(name, path)
        if not above:
            return Noted(folder.rpartition("/")[2] or known.config.root.name or "agent", "the name of the folder")
        above = above.rpartition("/")[0]


def _models(known: Known, own: tuple[Worker, ...], folder: str) -> Iterator[Noted]:
    """The models that stand as a text in the file that builds the agent."""
    seen: set[str] = set()
    for worker in own:
        source = known.around.read(worker.path) if worker.model and worker.model not in seen else None
        match = re.search(rf"""["']{re.escape(worker.model)}["']""", source.text) if source else None
        if source is not None and match is not None:
            seen.add(worker.model)
            line = source.span(match.start(), match.end()).line
            yield Noted(worker.model, f"{_below(worker.path, folder)}:{line}")


def _relative(worker: Worker, folder: str) -> Worker:
    """An agent with its paths counted from a folder."""

    powers = tuple(_moved(power, folder) for power in worker.powers)
    unknown = tuple(_moved(power, folder) for power in worker.unknown)
    return replace(worker, path=_below(worker.path, folder), powers=powers, unknown=unknown)


def _moved(power: Power, folder: str) -> Power:
    """A tool with its paths counted from a folder."""
    ways = tuple(
        replace(way, steps=tuple(replace(step, path=_below(step.path, folder)) for step in way.steps))
        for way in power.ways
    )
    return replace(power, path=_below(power.path, folder), ways=ways)


def _below(path: str, folder: str) -> str:
    return path.removeprefix(f"{folder}/") if folder else path
