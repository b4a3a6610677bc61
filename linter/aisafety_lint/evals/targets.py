"""What a configuration attacks: the application as deployed, or a model without its tools."""

from collections.abc import Iterator
from dataclasses import dataclass

from aisafety_lint.evals.frameworks import Framework
from aisafety_lint.evals.model import Target
from aisafety_lint.evals.tree import at, has, is_empty, text
from aisafety_lint.manifests.documents import Array, Node, Object, Scalar
from aisafety_lint.source import Span


@dataclass(frozen=True, slots=True)
class Aim:
    """The target of a suite: its kind, and name and place of the first entry of that kind."""

    kind: Target
    name: str = ""
    span: Span | None = None


def aim(framework: Framework, root: Node) -> Aim:
    """One application among the targets is enough; a model counts only if every target is known to be one."""
    if any(has(root, key) for key in framework.config.get("applications", ())):
        return Aim(Target.APPLICATION)
    found = [one for key in framework.config.get("targets", ()) for one in _aims(framework, at(root, key))]
    for kind in (Target.APPLICATION, Target.UNKNOWN, Target.MODEL):
        for one in found:
            if one.kind is kind:
                return one
    return Aim(Target.UNKNOWN)


def grader(framework: Framework, root: Node) -> tuple[str, Span] | None:
    """The model that judges the answers, by its name and its place."""
    nodes = (at(root, key) for key in framework.config.get("graders", ()))
    return next(((text(node), node.span) for node in nodes if node is not None and text(node)), None)


def is_only_target(framework: Framework, root: Node, name: str) -> bool:
    """Whether every target is the model of this name."""
    targets = [one for key in framework.config.get("targets", ()) for one in _aims(framework, at(root, key))]
    return bool(targets) and all(one.name == name for one in targets)


def _aims(framework: Framework, node: Node | None) -> Iterator[Aim]:
    match node:
        case Array():
            for item in node.items:
                yield from _aims(framework, item)
        case Scalar():
            if name := text(node):
                yield Aim(framework.target(name), name, node.span)
        case Object():
            yield _described(framework, node)
        case None:
            return


def _described(framework: Framework, node: Object) -> Aim:
    """A target written as a mapping: with an id, or with the id as its only key."""
    name, span, settings = text(node.get("id")), node.span, node
    if name:
        span = node.index["id"].value.span
    elif len(node.pairs) == 1:
        pair = node.pairs[0]
        name, span = pair.name, pair.key.span
        settings = pair.value if isinstance(pair.value, Object) else node
    kind = framework.target(name)
    if kind is Target.MODEL and any(not is_empty(at(settings, key)) for key in framework.targets.get("tools", ())):
        kind = Target.APPLICATION
    return Aim(kind, name, span)
