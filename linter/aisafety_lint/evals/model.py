"""What is known about the evaluation of a repository: the types that the stage hands to the checks.

Every judgement has three values. Only what was read completely can be `ABSENT`; whatever is dynamic, hidden or not
understood is `UNKNOWN`, and no rule speaks about it.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from aisafety_lint.finding import Location, Notification
from aisafety_lint.source import Span

if TYPE_CHECKING:
    from aisafety_lint.manifests.nodes import Object

DIMENSIONS = (
    "adversarial",
    "multi_turn",
    "injection",
    "excessive_agency",
    "command_injection",
    "memory_poisoning",
    "over_refusal",
    "bias",
    "obfuscation",
    "domain",
)


class Cover(IntEnum):
    """Whether something is there; the greater value wins where two suites are taken together."""

    ABSENT = 0
    UNKNOWN = 1
    COVERED = 2


class Target(StrEnum):
    """What a suite talks to: the application as it is deployed, or a model without its tools."""

    APPLICATION = "application"
    MODEL = "model"
    UNKNOWN = "unknown"


class ProblemKind(StrEnum):
    """Why an entry of a suite has no effect."""

    UNKNOWN_ENTRY = "unknown-entry"
    WRONG_LIST = "wrong-list"
    MISSING_SETTING = "missing-setting"
    SWITCHED_OFF = "switched-off"


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry of a suite without effect; `hint` is the missing setting, the right list, or the nearest known name."""

    kind: ProblemKind
    entry: str
    span: Span
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Addition:
    """The smallest change of a suite that covers a dimension, as a sentence (`text`).

    Where it can be made without knowing more, `edit` is the kind of edit of the node at `span`, and `words` are what
    that needs to know.
    """

    text: str
    edit: str = ""
    span: Span | None = None
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A step of a pipeline that runs a suite.

    `gate` says whether a bad result can fail the pipeline; where it cannot, `breaker` is the place and the reason.
    `floating` is the word by which it takes whatever version of a program is the newest, `offline` the variable that
    keeps it from having tests made elsewhere. `given` says that it runs the tests of a file and makes none.
    """

    path: str
    span: Span
    gate: Cover
    breaker: Location | None = None
    floating: str = ""
    offline: str = ""
    given: bool = False


@dataclass(frozen=True, slots=True)
class Suite:
    """An evaluation suite.

    `span` is the place that stands for it: the mapping with its attacks, an import, a command. `places` are the places
    to extend it by dimension, `additions` what to write there. `target_span` is the place that names its target,
    `size` the number of tests of one run where it can be computed, `size_span` the place that sets it. `judged` says
    whether the program that runs it can fail by what it finds. `grader` is the model that judges the answers, by its
    name and place, `self_graded` says that it is the target itself, `floating` that its name stands for other models as
    time goes by. `public` holds for a benchmark that anybody can train on. `wired` says whether a pipeline runs it; an
    `external` suite runs elsewhere, as a declaration says. `read` holds where the coverage was computed, not
    guessed, `shown` where the suite is an example or a template: it counts, and no rule points at it. `remote` are the
    entries whose tests are made elsewhere, a problem where that is switched off; `made` holds where all tests are made
    when the suite runs.
    """

    framework: str
    title: str
    path: str
    span: Span
    coverage: Mapping[str, Cover]
    target: Target = Target.UNKNOWN
    target_name: str = ""
    target_span: Span | None = None
    size: int | None = None
    size_span: Span | None = None
    grader: Location | None = None
    self_graded: bool = False
    floating: bool = False
    public: bool = False
    judged: Cover = Cover.UNKNOWN
    read: bool = False
    shown: bool = False
    external: bool = False
    wired: Cover = Cover.UNKNOWN
    runs: tuple[Run, ...] = ()
    problems: tuple[Problem, ...] = ()
    remote: tuple[Problem, ...] = ()
    made: bool = False
    places: Mapping[str, Span] = field(default_factory=dict)
    additions: Mapping[str, Addition] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flaw:
    """A place where a declaration breaks its schema; `message` is one sentence without the full stop.

    Where an answer is missing, `missing` is its place in the declaration: keys with dots between them.
    """

    span: Span
    message: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The declaration of an agent's owner, limits and promises, as it was read; `flaws` is empty when it is valid.

    `root` is the value tree with all places, None for what is not even a mapping.
    """

    path: str
    span: Span
    data: Mapping[str, Any]
    flaws: tuple[Flaw, ...] = ()
    root: "Object | None" = None


@dataclass(frozen=True, slots=True)
class Result:
    """One run: tests that passed, failed and could not be judged, and its day where that is known."""

    path: str
    title: str
    passed: int
    failed: int
    errors: int = 0
    day: datetime.date | None = None

    @property
    def judged(self) -> int:
        """The number of tests that passed or failed, at least one."""
        return self.passed + self.failed

    @property
    def rate(self) -> float:
        """The share of failures among the judged tests, from 0 to 1."""
        return self.failed / self.judged


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that the stage found: suites, declarations, and why the repository counts as deployed or as owned.

    `deployed` are the files that show a deployment, empty for a library; `pipelines` those of the pipelines, read or
    not; `owners` those that name an owner; `aside` those that are no product code (tests, examples, documentation);
    `results` are the runs whose files a declaration names.
    """

    suites: tuple[Suite, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    deployed: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    aside: frozenset[str] = frozenset()
    results: tuple[Result, ...] = ()
    notifications: tuple[Notification, ...] = ()


def covered(suites: tuple[Suite, ...], dimension: str) -> Cover:
    """What several suites together cover of one dimension; without a suite nothing is covered."""
    return max((suite.coverage.get(dimension, Cover.UNKNOWN) for suite in suites), default=Cover.ABSENT)


def everything(value: Cover) -> dict[str, Cover]:
    """The same judgement for every dimension."""
    return dict.fromkeys(DIMENSIONS, value)
