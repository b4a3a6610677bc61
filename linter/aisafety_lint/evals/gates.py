"""Whether a bad result of a suite fails the pipeline: takes a command in its step, gives the run with its gate.

A gate is absent only where something is in the way and nothing after it can judge the result in its place.
"""

from aisafety_lint.evals.commands import CONDITIONS
from aisafety_lint.evals.frameworks import Framework, Pipelines
from aisafety_lint.evals.model import Cover, Run
from aisafety_lint.evals.pipelines import Step
from aisafety_lint.evals.shell import Command
from aisafety_lint.finding import Location
from aisafety_lint.manifests.documents import Scalar
from aisafety_lint.source import Span

_HARMLESS = (("true",), (":",), ("exit", "0"))
_ON = ("1", "true", "yes", "on")
_OUTCOME = ("outcome", "conclusion", "exit", "setFailed")


def action_run(step: Step, framework: Framework) -> Run:
    """The run of an action that knows its framework."""
    span, offline = step.span, _offline(step, (), framework)
    given = step.action.partition("@")[0] in framework.makes_none
    for name, limit in framework.disabled_by.get("with", {}).items():
        if _at_most(step.inputs.get(name), limit):
            breaker = Location(step.path, span, f"`{name}: {limit:g}`")
            return Run(step.path, span, Cover.ABSENT, breaker, offline=offline, given=given)
    gate, reason = _outside(step, framework)
    return Run(step.path, span, gate, reason if gate is Cover.ABSENT else None, offline=offline, given=given)


def command_run(
    step: Step, script: Scalar, line: tuple[Command, ...], index: int, framework: Framework | None, knowledge: Pipelines
) -> Run:
    """The run of one command of a script; without a framework it is a program that may run a suite."""
    command, before, after = line[index], line[:index], line[index + 1 :]
    span = place(script, command)
    if command.words[:1] and command.words[0] in CONDITIONS:
        return Run(step.path, span, Cover.UNKNOWN)
    gate, reason = _inside(command, before, after, pipefail=step.pipefail)
    breaker = Location(step.path, span, reason) if reason else None
    if gate is Cover.COVERED:
        gate, breaker = _outside(step, framework)
        if gate is Cover.ABSENT and breaker is None:
            breaker = Location(step.path, span, f"`{' '.join(command.words)[:60]}` succeeds whatever it finds")
            gate = Cover.UNKNOWN if after else gate
    if gate is Cover.ABSENT and any(knowledge.judges.search(later) for later in step.later):
        gate = Cover.UNKNOWN
    floating = next(filter(knowledge.floating.search, command.words), "")
    offline = _offline(step, command.words, framework) if framework is not None else ""
    return Run(step.path, span, gate, breaker if gate is Cover.ABSENT else None, floating, offline)


def _offline(step: Step, words: tuple[str, ...], framework: Framework) -> str:
    """The variable that keeps a run from having tests made elsewhere, as it is set; empty where none is."""
    settings = {name: node.raw for name, node in step.environment.items()}
    settings |= {name: value for name, _, value in (word.partition("=") for word in words) if value}
    return next((name for name in framework.offline if settings.get(name, "").lower() in _ON), "")


def _inside(
    command: Command, before: tuple[Command, ...], after: tuple[Command, ...], *, pipefail: bool
) -> tuple[Cover, str]:
    """What the script does with the exit status of a command, and the words that lose it."""
    if command.operator == "||" and after:
        harmless = after[0].words in _HARMLESS or after[0].words[:1] == ("echo",)
        return (
            (Cover.ABSENT, f"`|| {' '.join(after[0].words)}`")
            if harmless and after[0].operator != "&&"
            else (Cover.UNKNOWN, "")
        )
    if command.operator == "|" and after and not pipefail and not any("pipefail" in one.words for one in before):
        return Cover.ABSENT, f"the pipe into `{' '.join(after[0].words[:2])}` without `pipefail`"
    if command.operator == "&":
        return Cover.UNKNOWN, ""
    if after and any(one.words[:2] == ("set", "+e") for one in before):
        return (Cover.ABSENT, "`set +e`") if after[-1].words in _HARMLESS else (Cover.UNKNOWN, "")
    return Cover.COVERED, ""


def _outside(step: Step, framework: Framework | None) -> tuple[Cover, Location | None]:
    """What the step, its job, its environment and the framework itself do with a failure."""
    if step.tolerant is not None:
        judged = any(word in later for later in step.later for word in _OUTCOME)
        return (Cover.UNKNOWN, None) if judged else (Cover.ABSENT, step.tolerant)
    if step.maybe_tolerant or framework is None:
        return Cover.UNKNOWN, None
    for name, limit in framework.disabled_by.get("env", {}).items():
        node = step.environment.get(name)
        if node is not None and _at_most(node.raw, limit):
            return Cover.ABSENT, Location(step.path, node.span, f"`{name}: {node.raw}`")
    return framework.fails, None


def _at_most(value: str | None, limit: float) -> bool:
    try:
        return value is not None and float(value) <= limit
    except ValueError:
        return False


def place(script: Scalar, command: Command) -> Span:
    """Where a command of a script stands in the file: its first line, or the whole script where that cannot be told."""
    written = script.places.text[script.start : script.end]
    first = script.raw[command.start : command.end].split("\n")[0].strip()
    offset = written.find(first)
    if offset < 0:
        return script.span
    return script.places.span(script.start + offset, script.start + offset + len(first))
