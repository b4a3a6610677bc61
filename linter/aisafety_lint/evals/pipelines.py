"""What the pipelines of a repository run: takes workflow documents, gives their steps and what lets them not fail.

Only workflows of jobs and steps are read; that other pipelines exist is known to the caller.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aisafety_lint.evals.tree import at, items, text
from aisafety_lint.finding import Location
from aisafety_lint.manifests.documents import Array, Document, Node, Object, Scalar
from aisafety_lint.source import Span

_TRUE = ("true", "${{ true }}", "${{true}}")
_FALSE = ("false", "${{ false }}", "${{false}}")


@dataclass(frozen=True, slots=True)
class Step:
    """A step that can run: a script or an action, its settings, and the later steps of its job that may judge it.

    `tolerant` is the place that lets the job go on when the step fails, `maybe_tolerant` a condition that may.
    `manual` holds when only a person starts the workflow. `later` is the text of the scripts that follow.
    """

    path: str
    span: Span
    script: Scalar | None
    action: str
    inputs: dict[str, str]
    environment: dict[str, Scalar]
    folder: str
    pipefail: bool
    manual: bool
    tolerant: Location | None
    maybe_tolerant: bool
    later: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """The steps of one workflow, and whether it runs something that is not in the repository."""

    path: str
    steps: tuple[Step, ...]
    elsewhere: bool


def read_workflow(document: Document, manual: tuple[str, ...]) -> Workflow:
    """Read one workflow; what does not have the expected shape is left out."""
    root = document.root
    jobs = at(root, "jobs")
    pairs = jobs.pairs if isinstance(jobs, Object) else ()
    by_hand = bool(triggers(root)) and all(trigger in manual for trigger in triggers(root))
    steps: list[Step] = []
    elsewhere = False
    for pair in pairs:
        called = text(at(pair.value, "uses"))
        elsewhere = elsewhere or (bool(called) and not called.startswith("./"))
        if text(at(pair.value, "if")) not in _FALSE:
            steps.extend(_steps(document.path, root, pair.value, by_hand))
    return Workflow(document.path, tuple(steps), elsewhere)


def triggers(root: Node) -> tuple[str, ...]:
    """The events that start a workflow."""
    on = at(root, "on")
    if isinstance(on, Object):
        return tuple(pair.name for pair in on.pairs)
    return tuple(text(item) for item in items(on)) if isinstance(on, Array) else tuple(filter(None, (text(on),)))


def _steps(path: str, root: Node, job: Node, manual: bool) -> Iterator[Step]:
    steps = items(at(job, "steps"))
    for index, step in enumerate(steps):
        if text(at(step, "if")) in _FALSE:
            continue
        script = at(step, "run")
        tolerant = _tolerant(path, step) or _tolerant(path, job)
        yield Step(
            path=path,
            span=script.span if script is not None else step.span,
            script=script if isinstance(script, Scalar) else None,
            action=text(at(step, "uses")),
            inputs={name: node.raw for name, node in _scalars(at(step, "with"))},
            environment=dict(pair for holder in (root, job, step) for pair in _scalars(at(holder, "env"))),
            folder=_setting("working-directory", step, job, root).strip("./"),
            pipefail=_setting("shell", step, job, root).startswith("bash"),
            manual=manual,
            tolerant=tolerant,
            maybe_tolerant=any(_dynamic(at(holder, "continue-on-error")) for holder in (step, job)),
            later=tuple(_judgement(other) for other in steps[index + 1 :]),
        )


def _setting(name: str, step: Node, job: Node, root: Node) -> str:
    return text(at(step, name)) or text(at(job, f"defaults.run.{name}")) or text(at(root, f"defaults.run.{name}"))


def _tolerant(path: str, holder: Node) -> Location | None:
    if not isinstance(holder, Object) or text(holder.get("continue-on-error")) not in _TRUE:
        return None
    return Location(path, holder.index["continue-on-error"].key.span, "`continue-on-error: true`")


def _dynamic(node: Node | None) -> bool:
    value = text(node)
    return bool(value) and value not in (*_TRUE, *_FALSE)


def _judgement(step: Node) -> str:
    """All by which a later step can fail the job: its script, its condition, the script of an action."""
    return "\n".join(text(at(step, key)) for key in ("run", "if", "with.script"))


def _scalars(node: Node | None) -> Iterator[tuple[str, Scalar]]:
    for pair in node.pairs if isinstance(node, Object) else ():
        if isinstance(pair.value, Scalar):
            yield pair.name, pair.value
