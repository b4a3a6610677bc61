"""Workflows of a forge as their runner reads them: who can start a step, what guards it, and what its job may do.

Takes a manifest whose kind has the facts `triggers`, `gates`, `untrusted` and `actions`, gives a model that the rules
with logic of their own ask. Names of actions and events are knowledge, not code.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, TypeAlias

from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.manifests.nodes import Object, Scalar, walk
from aisafety_lint.manifests.predicates import Captured
from aisafety_lint.manifests.query import Match

Parts: TypeAlias = tuple[str | int, ...]

_EVENT_TEST = re.compile(r"github\.event_name\s*==\s*'([^']+)'|'([^']+)'\s*==\s*github\.event_name")
_FALSE_WORDS = ("", "false", "no", "0")


class Access(Enum):
    """Who can start a step: nobody from outside, a caller we do not see, outsiders behind a gate, or anyone."""

    CLOSED = 0
    CALLER = 1
    GATED = 2
    OPEN = 3


@dataclass(frozen=True)
class Action:
    """How an action that runs a model behaves, by the kind's facts; a plain command has no facts.

    `command` is the part of a script that runs it.
    """

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""

    def inputs(self, key: str) -> tuple[str, ...]:
        """A list of input names among the facts."""
        return tuple(self.facts.get(key, ()))


@dataclass(frozen=True)
class Step:
    """A step of a job; `action` where it runs a model, `command` the part of its script that does."""

    match: Match
    job: "Job"
    number: int
    action: Action | None = None
    command: str = ""

    @property
    def id(self) -> str:
        return _text(self.match, "@.id")

    @property
    def condition(self) -> str:
        return _text(self.match, "@['if']")

    def input(self, name: str) -> Match | None:
        """An input of the step under `with`."""
        given = self.match.child("with")
        return None if given is None else given.child(name)

    def inputs(self, names: tuple[str, ...]) -> Iterator[Match]:
        """The inputs of these names that are set to something."""
        for name in names:
            found = self.input(name)
            if (
                found is not None
                and isinstance(found.node, Scalar)
                and found.node.raw.strip().lower() not in _FALSE_WORDS
            ):
                yield found

    @property
    def place(self) -> Match:
        """What to show for the step: its `uses` or `run`."""
        return self.match.child("uses") or self.match.child("run") or self.match


@dataclass(frozen=True)
class Job:
    """A job: its steps and the permissions of its token."""

    match: Match
    workflow: "Workflow"

    @property
    def name(self) -> str:
        return self.match.name

    @property
    def condition(self) -> str:
        return _text(self.match, "@['if']")

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        ai = self.workflow.with_ai
        found = []
        for number, match in enumerate(self.match.select("@.steps[*]")):
            words = ai.get(match.parts)
            script = self.workflow.scripts.get(match.parts)
            action = script if words is None else self.workflow.action(match)
            command = script.command if script is not None and words is None else (words or {}).get("value", "")
            found.append(Step(match, self, number, action, command))
        return tuple(found)

    @property
    def permissions(self) -> Match | None:
        """The block that holds for the job: its own, else that of the workflow; None: the repository's default."""
        return self.match.child("permissions") or self.workflow.manifest.root.child("permissions")

    def writes(self) -> tuple[str, ...]:
        """The scopes that the job's token may write; `*` for all."""
        block = self.permissions
        if block is None:
            return ()
        if isinstance(block.node, Object):
            return tuple(name for name, value in block.data.items() if value == "write")
        return ("*",) if block.data == "write-all" else ()

    @cached_property
    def needs(self) -> tuple["Job", ...]:
        """The jobs that must succeed before this one, in any number of steps."""
        found: dict[str, Job] = {}
        todo = [self]
        while todo:
            given = todo.pop().match.data.get("needs") or []
            for name in [given] if isinstance(given, str) else given:
                job = self.workflow.jobs.get(name) if isinstance(name, str) else None
                if job is not None and name not in found:
                    found[name] = job
                    todo.append(job)
        return tuple(found.values())


@dataclass(frozen=True)
class Workflow:
    """A workflow, or a composite action, which has steps but no triggers of its own.

    `scripts` are the steps, by where they are, that run a file of the project with an agent or a model in it.
    """

    manifest: Manifest
    scripts: Mapping[Parts, Action] = field(default_factory=dict)

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.manifest.kind.facts

    @cached_property
    def jobs(self) -> Mapping[str, Job]:
        """The jobs by name; the steps of a composite action are those of its one job `runs`."""
        root = self.manifest.root
        found = {match.name: Job(match, self) for match in root.select("$.jobs.*") if isinstance(match.node, Object)}
        runs = root.child("runs")
        if not found and runs is not None and isinstance(runs.node, Object):
            found["runs"] = Job(runs, self)
        return found

    @cached_property
    def with_ai(self) -> Mapping[Parts, Captured]:
        """The steps that run a model, by where they are, with what the kind says of them."""
        return {match.parts: words for match, words in self.manifest.captures("ai-steps")}

    @property
    def ai_steps(self) -> Iterator[Step]:
        """The steps that run a model, in order."""
        for job in self.jobs.values():
            yield from (step for step in job.steps if step.action is not None)

    @cached_property
    def triggers(self) -> Mapping[str, Any]:
        """The events of `on`, each with its filter (None: all of it)."""
        given = self.manifest.root.data.get("on")
        if isinstance(given, str):
            return {given: None}
        if isinstance(given, list):
            return {name: None for name in given if isinstance(name, str)}
        return given if isinstance(given, dict) else {}

    def action(self, step: Match) -> Action:
        """The action that a step uses, with its facts; for a command, its first word is the name."""
        uses = _text(step, "@.uses").partition("@")[0]
        if uses:
            known: Mapping[str, Mapping[str, Any]] = self.facts["actions"]
            return Action(uses, next((facts for name, facts in known.items() if uses.lower() == name.lower()), {}))
        return Action("run")

    def access(self, step: Step) -> Access:
        """Who can start a step, its own actor check and all conditions on the way considered."""
        outside = self.outside_access(step)
        if outside is Access.OPEN and (self._checks_actor(step) or self._guarded(step)):
            return Access.GATED
        return outside

    def outside_access(self, step: Step) -> Access:
        """Whose event can reach the step, before any gate."""
        facts = self.facts["triggers"]
        events = self._events(step)
        if not self.triggers or any(event in facts["called"] for event in events):
            return Access.CALLER
        if any(event in facts["open"] and not self._by_maintainers(event) for event in events):
            return Access.OPEN
        return Access.CLOSED

    def opened_by(self, step: Step) -> Match | None:
        """The input that switches the actor check of the action off."""
        assert step.action is not None
        for found in step.inputs(step.action.inputs("opened-by")):
            return found
        for found in step.inputs(step.action.inputs("opened-by-star")):
            if "*" in str(found.data) or found.data is True or found.data == "true":
                return found
        return None

    def own_code_only(self, step: Step) -> bool:
        """Whether conditions on the way keep code of forks out."""
        pattern = self.facts["own-code-gates"]
        return any(re.search(pattern, text) for text in (step.condition, step.job.condition))

    def untrusted(self, text: str, step: Step) -> re.Match[str] | None:
        """An expression in a text that brings in what an outsider wrote, directly or through a variable of `env`."""
        pattern = self.facts["untrusted"]
        expression = re.compile(rf"\$\{{\{{[^{{}}]{{0,500}}?(?P<expression>{pattern})[^{{}}]{{0,500}}\}}\}}")
        found = expression.search(text)
        if found is not None:
            return found
        for name, value in self._variables(step).items():
            if expression.search(value):
                found = re.search(
                    rf"\$\{{\{{[^{{}}]{{0,500}}?(?P<expression>\benv\.{re.escape(name)}\b)[^{{}}]{{0,500}}\}}\}}", text
                )
                if found is not None:
                    return found
        return None

    def _variables(self, step: Step) -> dict[str, str]:
        found: dict[str, str] = {}
        for match in (self.manifest.root, step.job.match, step.match):
            block = match.child("env")
            if block is not None and isinstance(block.node, Object):
                found.update((name, value) for name, value in block.data.items() if isinstance(value, str))
        return found

    def _events(self, step: Step) -> set[str]:
        """The events that can reach a step: a condition that names some events leaves only those."""
        events = set(self.triggers)
        for condition in (step.job.condition, step.condition):
            named = {first or second for first, second in _EVENT_TEST.findall(condition)}
            if named:
                events &= named
        return events

    def _by_maintainers(self, event: str) -> bool:
        given = self.triggers.get(event)
        types = given.get("types") if isinstance(given, dict) else None
        names = {types} if isinstance(types, str) else {name for name in types or () if isinstance(name, str)}
        return bool(names) and names <= set(self.facts["triggers"]["maintainer-types"])

    def _checks_actor(self, step: Step) -> bool:
        assert step.action is not None
        return bool(step.action.facts.get("checks-actor")) and self.opened_by(step) is None

    def _guarded(self, step: Step) -> bool:
        """Whether a condition of the step or its job, an earlier step, or a job before it looks at the actor."""
        if step.job.match.child("environment") is not None:
            return True
        texts = [step.condition, step.job.condition]
        texts += [text for job in step.job.needs for text in _texts(job.match)]
        texts += [text for earlier in step.job.steps[: step.number] for text in _texts(earlier.match)]
        return any(re.search(gate, text) for gate in self.facts["gates"] for text in texts)


def workflows(
    manifests: Iterable[Manifest], scripts: Mapping[str, Mapping[Parts, Action]] | None = None
) -> Iterator[Workflow]:
    """The workflows among manifests: those whose kind has facts about triggers; `scripts` are those of each by path."""
    scripts = scripts or {}
    for manifest in manifests:
        if "triggers" in manifest.kind.facts and isinstance(manifest.root.node, Object):
            yield Workflow(manifest, scripts.get(manifest.path, {}))


def acts(step: Step) -> bool:
    """Whether the model of a step can do anything but answer."""
    assert step.action is not None
    if not step.action.facts.get("inference"):
        return True
    return any(True for _ in step.inputs(step.action.inputs("given-tools")))


def _texts(match: Match) -> Iterator[str]:
    for node in walk(match.node):
        if isinstance(node, Scalar) and isinstance(node.value, str):
            yield node.value


def _text(match: Match, query: str) -> str:
    found = match.select(query)
    return found[0].node.raw if found and isinstance(found[0].node, Scalar) else ""
