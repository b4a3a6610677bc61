"""The knowledge about evaluation: `rules/evals/*.yml` as types.

A file describes either a framework (how its suites are recognised, what their entries test, whether a bad result
fails the run) or, by its `kind`, the pipelines that run suites, the signs of a deployment, or what the words of a
declaration mean, which the package `declaration` reads.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from aisafety_lint.errors import UserError
from aisafety_lint.evals.model import Cover, Target
from aisafety_lint.knowledge import Knowledge

FRAMEWORK_KINDS = ("adversarial", "benchmark", "quality")
_KINDS = (*FRAMEWORK_KINDS, "pipelines", "signs", "declaration")


@dataclass(frozen=True, slots=True)
class Shape:
    """A configuration file by its name and the keys (dotted) that it has."""

    name: tuple[str, ...]
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file by what it imports and, where that says too little, by its text."""

    name: str
    text: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Entries:
    """One list of entries in a configuration: where it is, what holds without it, which entries add nothing.

    `inner` is where an entry names further entries of the same list; `split` separates entries written as one text.
    """

    at: str
    default: tuple[str, ...] = ()
    empty_is_default: bool = False
    inner: str = ""
    plain: tuple[str, ...] = ()
    split: str = ""


@dataclass(frozen=True, slots=True)
class ResultForm:
    """Where a results file says what was found; paths are keys and indices with dots between them.

    A file has this form if every path of `has` is there and those of `where` have their values. The numbers are summed
    over the records, or over the rows at `each`; `share` is the part of the total that passed, from 0 to 1. `at` is the
    time of the run. In the XML of test runners (`xml`) the
    paths are attributes of a suite.
    """

    has: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    each: str = ""
    passed: str = ""
    failed: str = ""
    errors: str = ""
    total: str = ""
    share: str = ""
    at: str = ""
    xml: bool = False


@dataclass(frozen=True, slots=True)
class Framework:
    """What is known of one evaluation framework; `config` is empty where its configurations are not read.

    `archived` is the member of its archives that has the form of its results, `public` are the modules and tasks that
    are benchmarks for everybody, in a framework that also runs a team's own. The tests of `remote` entries are made
    elsewhere, unless one of the variables `offline` is set; actions that make no tests are `makes_none`.
    """

    id: str
    title: str
    kind: str
    configs: tuple[Shape, ...] = ()
    programs: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    text: re.Pattern[str] | None = None
    modules: tuple[Module, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    actions: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Entries] = field(default_factory=dict)
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coverage: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    required: Mapping[str, str] = field(default_factory=dict)
    suggest: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    families: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = field(default_factory=dict)
    fails: Cover = Cover.UNKNOWN
    run_by: re.Pattern[str] | None = None
    disabled_by: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    results: tuple[ResultForm, ...] = ()
    archived: str = ""
    public: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()
    makes_none: tuple[str, ...] = ()

    def is_public(self, name: str) -> bool:
        """Whether a module, or a word of a command, names a benchmark that is public."""
        return self.kind == "benchmark" or any(fnmatchcase(name, pattern) for pattern in self.public)

    def known(self, name: str) -> frozenset[str]:
        """Every entry that a list accepts: ids, groups, families and their members; empty where it is not closed."""
        ids = self.ids.get(name)
        if ids is None:
            return frozenset()
        members = (f"{family}:{key}" for family, content in self.families.items() for key in content)
        aliases = (*self.families, *members) if name == next(iter(self.ids)) else ()
        return frozenset((*ids, *self.groups.get(name, ()), *aliases))

    def member(self, entry: str) -> Mapping[str, tuple[str, ...]] | None:
        """What a member of a family stands for, by list; the names of both may have colons in them."""
        for family, members in self.families.items():
            if entry.startswith(f"{family}:") and (key := entry.removeprefix(f"{family}:")) in members:
                return members[key]
        return None

    def target(self, name: str) -> Target:
        """Whether a target by this name is the application or a model; the longest pattern decides."""
        found = [
            (len(pattern), kind)
            for kind in (Target.MODEL, Target.APPLICATION)
            for pattern in self.targets.get(kind.value, ())
            if fnmatchcase(name, pattern)
        ]
        return max(found)[1] if found else Target.UNKNOWN


@dataclass(frozen=True, slots=True)
class System:
    """How the pipelines of one system are read: the keys that hold scripts, variables and working folders.

    `tolerant` keys let a failure pass when they have one of the values, `manual` ones leave the start to a person;
    `elsewhere` brings in what another file says. A pipeline that is a program (`program`) has calls by these names.
    """

    files: tuple[str, ...]
    scripts: tuple[str, ...]
    variables: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    tolerant: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    manual: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()
    program: bool = False


@dataclass(frozen=True, slots=True)
class TaskRunner:
    """How a command names a task of the repository, and where its script stands.

    `form` is "recipes" (a make file), "sections" (an INI file), "functions" (a Python program, whose functions run
    commands by the method `at`) or "entries" (a mapping at `at`, where a star stands for any key). `verbs` may stand
    before the name, or are names themselves when nothing follows; `one` holds where only the first word is a name.
    """

    files: tuple[str, ...]
    form: str = "entries"
    at: str = ""
    verbs: tuple[str, ...] = ()
    name_options: tuple[str, ...] = ()
    folder_options: tuple[str, ...] = ()
    one: bool = False
    all_without_name: bool = False


@dataclass(frozen=True, slots=True)
class Pipelines:
    """How pipelines are found and read."""

    workflows: tuple[str, ...]
    systems: tuple[System, ...]
    tasks: Mapping[str, TaskRunner]
    others: tuple[str, ...]
    scripts: tuple[str, ...]
    wrappers: tuple[tuple[str, ...], ...]
    indirect: tuple[str, ...]
    harmless: tuple[str, ...]
    runners: tuple[str, ...]
    collectors: tuple[str, ...]
    manual: tuple[str, ...]
    judges: re.Pattern[str]
    excluding: re.Pattern[str]
    floating: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of a deployed application, of a library that others install, and of a named owner."""

    deployment: tuple[str, ...]
    dependencies: tuple[str, ...]
    shown: frozenset[str]
    aside: frozenset[str]
    owners: tuple[str, ...]
    declarations: tuple[str, ...]
    libraries: frozenset[str]
    library_topic: str
    attack_words: re.Pattern[str]
    floating: re.Pattern[str]
    verdicts: re.Pattern[str]


@dataclass(frozen=True)
class EvalKnowledge:
    """Everything the stage knows: the frameworks by id, the pipelines, the signs, the schema of the declaration.

    What all frameworks look for is told together, since most files are none of what any of them looks for.
    """

    frameworks: Mapping[str, Framework]
    pipelines: Pipelines
    signs: Signs
    schema: Path

    @cached_property
    def configs(self) -> tuple[str, ...]:
        """The names of all configurations."""
        shapes = (shape for framework in self.frameworks.values() for shape in framework.configs)
        return tuple(dict.fromkeys(name for shape in shapes for name in shape.name))

    @cached_property
    def programs(self) -> tuple[str, ...]:
        """The names of all files that are suites by their names."""
        named = (name for framework in self.frameworks.values() for name in (*framework.programs, *framework.paths))
        return tuple(dict.fromkeys(named))

    @cached_property
    def started(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
        """The commands that start a framework, with its id, by their first word."""
        found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for framework in self.frameworks.values():
            for command in framework.commands:
                found.setdefault(command[0], []).append((command, framework.id))
        return found

    @cached_property
    def archived(self) -> tuple[str, ...]:
        """The members of archives that hold results."""
        return tuple(dict.fromkeys(framework.archived for framework in self.frameworks.values() if framework.archived))

    @cached_property
    def modules(self) -> frozenset[str]:
        """The modules that suites import."""
        return frozenset(module.name for framework in self.frameworks.values() for module in framework.modules)


def load(knowledge: Knowledge) -> EvalKnowledge:
    """Read `rules/evals`; of files of one name the user's wins. Raises UserError for a file that is not understood."""
    models = dict(knowledge.models("evals"))
    for name, data in models.items():
        if data.get("kind") not in _KINDS:
            hint = f"`kind` is one of {', '.join(_KINDS)}"
            raise UserError(f"evals/{name}.yml: `{data.get('kind')}` is no kind of file about evaluation", hint)
    by_kind = {data["kind"]: data for data in models.values()}
    frameworks = {name: _checked(name, data) for name, data in models.items() if data["kind"] in FRAMEWORK_KINDS}
    schema = knowledge.roots[0] / "schema" / "aisafety.schema.json"
    return EvalKnowledge(frameworks, _pipelines(by_kind["pipelines"]), _signs(by_kind["signs"]), schema)


def _checked(name: str, data: Mapping[str, Any]) -> Framework:
    try:
        return _framework(name, data)
    except (KeyError, TypeError, AttributeError, re.error) as error:
        hint = "the form is rules/schema/eval.schema.json"
        raise UserError(f"evals/{name}.yml: cannot be used: {error}", hint) from error


def _framework(name: str, data: Mapping[str, Any]) -> Framework:
    recognise, gate = data["recognise"], data.get("gate", {})
    config = data.get("config", {})
    return Framework(
        id=name,
        title=data["title"],
        kind=data["kind"],
        configs=tuple(Shape(**_tuples(shape)) for shape in recognise.get("configs", ())),
        programs=tuple(recognise.get("programs", ())),
        paths=tuple(recognise.get("paths", ())),
        text=re.compile(recognise["text"]) if "text" in recognise else None,
        modules=tuple(_module(entry) for entry in recognise.get("modules", ())),
        commands=tuple(tuple(command.split()) for command in recognise.get("commands", ())),
        actions=tuple(recognise.get("actions", ())),
        config=config,
        lists={key: Entries(**_tuples(entry)) for key, entry in config.get("lists", {}).items()},
        targets=_tuples(data.get("targets", {})),
        coverage=_each(data.get("coverage", {}), _tuples),
        open=frozenset(data.get("open", ())),
        required=data.get("required", {}),
        suggest=data.get("suggest", {}),
        ids=_tuples(data.get("ids", {})),
        groups=_each(data.get("groups", {}), _tuples),
        families=_each(data.get("families", {}), lambda family: _each(family, _tuples)),
        fails={True: Cover.COVERED, False: Cover.ABSENT}.get(gate.get("fails"), Cover.UNKNOWN),
        run_by=re.compile(gate["run_by"]) if "run_by" in gate else None,
        disabled_by=gate.get("disabled_by", {}),
        results=tuple(ResultForm(**_tuples(form)) for form in data.get("results", ())),
        archived=data.get("archived", ""),
        public=tuple(data.get("public", ())),
        remote=tuple(data.get("remote", {}).get("entries", ())),
        offline=tuple(data.get("remote", {}).get("off_by", ())),
        makes_none=tuple(data.get("makes_none", ())),
    )


def _module(entry: str | Mapping[str, str]) -> Module:
    if isinstance(entry, str):
        return Module(entry)
    return Module(entry["name"], re.compile(entry["text"]))


def _pipelines(data: Mapping[str, Any]) -> Pipelines:
    return Pipelines(
        workflows=tuple(data["workflows"]),
        systems=tuple(_system(entry) for entry in data["systems"]),
        tasks=dict(pair for entry in data["tasks"] for pair in _task_runners(entry)),
        others=tuple(data["others"]),
        scripts=tuple(data["scripts"]),
        wrappers=tuple(tuple(wrapper.split()) for wrapper in data["wrappers"]),
        indirect=tuple(data["indirect"]),
        harmless=tuple(data["harmless"]),
        runners=tuple(data["runners"]),
        collectors=tuple(data["collectors"]),
        manual=tuple(data["manual"]),
        judges=re.compile("|".join(data["judges"])),
        excluding=re.compile("|".join(data["excluding"])),
        floating=re.compile("|".join(data["floating"])),
    )


def _task_runners(entry: Mapping[str, Any]) -> Iterator[tuple[str, TaskRunner]]:
    """The same reading of tasks for each command that names them so."""
    runner = TaskRunner(**_tuples({key: value for key, value in entry.items() if key != "commands"}))
    return ((name, runner) for name in entry["commands"])


def _system(entry: Mapping[str, Any]) -> System:
    values = {key: _tuples(value) if isinstance(value, Mapping) else value for key, value in entry.items()}
    return System(**_tuples(values))


def _signs(data: Mapping[str, Any]) -> Signs:
    return Signs(
        deployment=tuple(data["deployment"]),
        dependencies=tuple(data["dependencies"]),
        shown=frozenset(data["shown"]),
        aside=frozenset((*data["aside"], *data["shown"])),
        owners=tuple(data["owners"]),
        declarations=tuple(data["declarations"]),
        libraries=frozenset(data["libraries"]),
        library_topic=data["library_topic"],
        attack_words=re.compile("|".join(data["attack_words"]), re.IGNORECASE),
        floating=re.compile("|".join(data["floating"])),
        verdicts=re.compile("|".join(data["verdicts"])),
    )


def _each(data: Mapping[str, Any], convert: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
    return {str(key): convert(value) for key, value in data.items()}


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
