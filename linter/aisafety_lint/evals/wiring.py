"""Which suites the pipelines run: takes the workflows and the suites found so far, gives the suites with their runs.

A command that leads to a task or a script of the repository is followed; one that cannot be leaves it unknown whether
a suite runs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from aisafety_lint.evals.commands import Call, bare, joined, match_command, mentions
from aisafety_lint.evals.coverage import commanded
from aisafety_lint.evals.frameworks import EvalKnowledge
from aisafety_lint.evals.gates import action_run, command_run
from aisafety_lint.evals.globs import matches
from aisafety_lint.evals.model import Cover, Run, Suite
from aisafety_lint.evals.pipelines import Step, Workflow
from aisafety_lint.evals.shell import commands
from aisafety_lint.evals.tasks import Tasks
from aisafety_lint.evals.tree import at, items, text

# A task that calls a task that calls a script is common; more than this is a circle.
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything the pipelines run; `unknown` when they also run something that could not be followed."""

    calls: tuple[Call, ...]
    unknown: bool


def read_wiring(workflows: Iterable[Workflow], knowledge: EvalKnowledge, tasks: Tasks) -> Wiring:
    """Collect every command and action of the workflows that may run a suite."""
    calls: list[Call] = []
    unknown = False
    for workflow in workflows:
        unknown = unknown or workflow.elsewhere
        for step in workflow.steps:
            trail = _Trail(step, knowledge, tasks)
            found = [*_actions(trail), *_commands(trail)]
            calls.extend(call for call in found if call is not None)
            unknown = unknown or None in found
    return Wiring(tuple(calls), unknown)


def wire(
    suites: Iterable[Suite], wiring: Wiring, scripts: Iterable[Call], knowledge: EvalKnowledge
) -> tuple[Suite, ...]:
    """The suites with their runs; those that only a command in a pipeline or script shows are added at the end."""
    suites = tuple(suites)
    runs: dict[int, list[Run]] = {}
    possible: set[int] = set(range(len(suites))) if wiring.unknown else set()
    added: dict[str, Suite] = {}
    for call in wiring.calls:
        certain, maybe = attach(call, suites)
        if call.run.given:  # what is made when a suite runs is not made here
            certain, maybe = ({i for i in found if not suites[i].made} for found in (certain, maybe))
        for index in certain:
            runs.setdefault(index, []).append(call.run)
        possible |= maybe
        if call.framework and not certain | maybe and not call.run.given:
            added.setdefault(call.framework, _from_call(call, knowledge))
    for call in scripts:
        if not any(suite.framework == call.framework for suite in suites):
            added.setdefault(call.framework, _from_call(call, knowledge))
    return (*(_wired(suite, runs.get(i, []), i in possible) for i, suite in enumerate(suites)), *added.values())


def override(suites: tuple[Suite, ...], calls: Iterable[Call], knowledge: EvalKnowledge) -> tuple[Suite, ...]:
    """Leave unknown what a suite tests where a command other than its own replaces or extends its entries."""
    changed: set[int] = set()
    for call in calls:
        framework = knowledge.frameworks.get(call.framework)
        options = framework.config.get("overrides", ()) if framework else ()
        if any(word.partition("=")[0] in options for word in call.words):
            here = (call.run.path, call.run.span)
            others = {i for i in set.union(*attach(call, suites)) if (suites[i].path, suites[i].span) != here}
            changed |= {i for i in others if _replaces(call, options, suites[i])}
    return tuple(_doubted(suite) if i in changed else suite for i, suite in enumerate(suites))


def _replaces(call: Call, options: Iterable[str], suite: Suite) -> bool:
    """Whether a command has one of these options, and not just to name the suite's own file."""
    for word, after in zip(call.words, (*call.words[1:], ""), strict=True):
        name, _, value = word.partition("=")
        if name in options and not mentions(value or after, call.folder, suite.path):
            return True
    return False


def _doubted(suite: Suite) -> Suite:
    coverage = {name: max(cover, Cover.UNKNOWN) for name, cover in suite.coverage.items()}
    return replace(suite, coverage=coverage, size=None)


def _wired(suite: Suite, runs: list[Run], possible: bool) -> Suite:
    state = Cover.COVERED if runs else Cover.UNKNOWN if possible else Cover.ABSENT
    return replace(suite, runs=tuple(dict.fromkeys(runs)), wired=max(state, suite.wired) if suite.external else state)


@dataclass(frozen=True, slots=True)
class _Trail:
    """A step, with what it takes to follow what it leads to; what was `followed` already leads nowhere new."""

    step: Step
    knowledge: EvalKnowledge
    tasks: Tasks
    followed: set[tuple[str, str]] = field(default_factory=set, compare=False)

    def call(self, name: str, words: tuple[str, ...], folder: str, run: Run) -> Call:
        """A command as something that may run a suite."""
        pipelines = self.knowledge.pipelines
        collector = words[0] in pipelines.collectors
        if collector and pipelines.excluding.search(" ".join(words)):
            return Call(name, words[:1], folder, self.step.manual, run)
        given = any(not word.startswith("-") and ("/" in word or word.endswith(".py")) for word in words[1:])
        return Call(name, words, folder, self.step.manual, run, collects=collector and not given)

    def runs_file(self, words: tuple[str, ...], written: tuple[str, ...]) -> bool:
        """Whether a command runs a file or module that is named in its words."""
        return bool(words) and (words[0] in self.knowledge.pipelines.runners or "-m" in written[:3])


def _actions(trail: _Trail) -> Iterator[Call | None]:
    step = trail.step
    action = step.action.partition("@")[0]
    if action.startswith("./"):
        yield from _composite(action, trail)
    for framework in trail.knowledge.frameworks.values():
        if action in framework.actions:
            words = tuple(word for value in step.inputs.values() for word in value.split())
            yield Call(framework.id, words, step.folder, step.manual, action_run(step, framework))


def _composite(action: str, trail: _Trail) -> Iterator[Call | None]:
    """The calls of an action of the repository; one that cannot be read leads elsewhere."""
    documents = trail.tasks.documents
    names = (joined(action, name) for name in ("action.yml", "action.yaml"))
    root = next((documents[name].root for name in names if name in documents), None)
    if at(root, "runs.steps") is None:
        yield None
    for inner in items(at(root, "runs.steps")):
        if text(at(inner, "uses")).startswith("./"):
            yield None
        yield from _followed(text(at(inner, "run")), trail.step.folder, trail)


def _commands(trail: _Trail) -> Iterator[Call | None]:
    """The calls of a script; None stands for one that leads elsewhere."""
    step, knowledge = trail.step, trail.knowledge
    if step.script is None:
        return
    script = commands(step.script.raw)
    for index, command in enumerate(script):
        name, words = match_command(command.words, knowledge)
        if name or trail.runs_file(words, command.words):
            run = command_run(step, step.script, script, index, knowledge.frameworks.get(name), knowledge.pipelines)
            yield trail.call(name, words, step.folder, run)
        if not name:
            yield from _led(words, command.words, step.folder, trail)


def _followed(script: str, folder: str, trail: _Trail, depth: int = 0) -> Iterator[Call | None]:
    """The calls of a script that a step leads to; whether the step fails with them is left unknown."""
    if (script, folder) in trail.followed:
        return
    trail.followed.add((script, folder))
    for command in commands(script):
        name, words = match_command(command.words, trail.knowledge)
        if name or trail.runs_file(words, command.words):
            yield trail.call(name, words, folder, Run(trail.step.path, trail.step.span, Cover.UNKNOWN))
        if not name:
            yield from _led(words, command.words, folder, trail, depth)


def _led(
    words: tuple[str, ...], written: tuple[str, ...], folder: str, trail: _Trail, depth: int = 0
) -> Iterator[Call | None]:
    """The calls behind a command that runs a task or a shell script of the repository."""
    if depth > _DEPTH:
        yield None
        return
    for word in written[:2]:
        if matches(word, ("*.sh", "*.bash")):
            source = trail.tasks.read(joined(folder, word))
            yield from [None] if source is None else _followed(source.text, folder, trail, depth + 1)
    if not words:
        return
    found = next((one for head in (words, bare(written)) if (one := trail.tasks.named(head, folder)) is not None), None)
    for task in found or ():
        for script in task.scripts:
            yield from _followed(script, task.folder, trail, depth + 1)
    pipelines = trail.knowledge.pipelines
    harmless = len(words) > 1 and words[1] in pipelines.harmless
    if found is None and words[0] in pipelines.indirect and not harmless:
        yield None


def attach(call: Call, suites: tuple[Suite, ...]) -> tuple[set[int], set[int]]:
    """The suites that a call runs for certain, and those that it may run."""
    mentioned = {
        i for i, suite in enumerate(suites) if any(mentions(word, call.folder, suite.path) for word in call.words)
    }
    same = {i for i, suite in enumerate(suites) if suite.framework == call.framework}
    if call.manual:
        return set(), mentioned | same
    if not call.framework:
        tests = {
            i for i, suite in enumerate(suites) if call.collects and matches(suite.path, ("test_*.py", "*_test.py"))
        }
        return mentioned | tests, set()
    if mentioned & same:
        return mentioned & same, set()
    if any(_names_config(word) for word in call.words[1:]):
        return set(), same
    here = {i for i in same if suites[i].path.rpartition("/")[0] == call.folder}
    certain = here or (same if len(same) == 1 else set())
    return certain, same - certain


def _names_config(word: str) -> bool:
    return word.endswith((".yaml", ".yml", ".json", ".py", ".ts", ".js")) or "${" in word


def _from_call(call: Call, knowledge: EvalKnowledge) -> Suite:
    """A suite of which only the command in a pipeline is known."""
    return Suite(
        framework=call.framework,
        title=knowledge.frameworks[call.framework].title,
        path=call.run.path,
        span=call.run.span,
        coverage=commanded(knowledge.frameworks[call.framework], call.words),
        public=any(map(knowledge.frameworks[call.framework].is_public, call.words)),
        wired=Cover.UNKNOWN if call.manual else Cover.COVERED,
        runs=() if call.manual else (call.run,),
    )
