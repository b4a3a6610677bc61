"""What the pipelines of other systems than workflows of jobs and steps run: takes a document, gives the same steps.

Such a system is told by data: the keys that hold scripts, the ones that let a failure pass, and the ones that bring in
something that is written elsewhere.
"""

from collections.abc import Iterator

from aisafety_lint.evals.frameworks import System
from aisafety_lint.evals.pipelines import Step, Workflow
from aisafety_lint.evals.tree import at, items, text
from aisafety_lint.finding import Location
from aisafety_lint.manifests.documents import Array, Document, Node, Object, Scalar


def read_system(document: Document, system: System) -> Workflow:
    """Read one pipeline; what does not have the expected shape is left out."""
    holders = tuple(_mappings(document.root))
    shared = _environment(document.root, system)
    steps = (step for holder in holders for step in _steps(document.path, holder, system, shared))
    elsewhere = any(holder.get(key) is not None for holder in holders for key in system.elsewhere)
    return Workflow(document.path, tuple(steps), elsewhere)


def _mappings(root: Node) -> Iterator[Object]:
    """Every mapping of a document in its order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Object):
            yield node
            waiting.extend(pair.value for pair in reversed(node.pairs))
        elif isinstance(node, Array):
            waiting.extend(reversed(node.items))


def _steps(path: str, holder: Object, system: System, shared: dict[str, Scalar]) -> Iterator[Step]:
    """The scripts of one mapping, each a step with those behind it as its later ones."""
    scripts = [script for key in system.scripts for script in _scripts(holder.get(key))]
    if not scripts:
        return
    tolerant, maybe = _tolerance(path, holder, system)
    manual = any(text(holder.get(key)) in values for key, values in system.manual.items())
    for index, script in enumerate(scripts):
        yield Step(
            path=path,
            span=script.span,
            script=script,
            action="",
            inputs={},
            environment={**shared, **_environment(holder, system)},
            folder=next((text(holder.get(key)) for key in system.folders if holder.get(key)), "").strip("./"),
            pipefail=True,
            manual=manual,
            tolerant=tolerant,
            maybe_tolerant=maybe,
            later=tuple(later.raw for later in scripts[index + 1 :]),
        )


def _scripts(node: Node | None) -> Iterator[Scalar]:
    for item in (node,) if isinstance(node, Scalar) else items(node):
        if isinstance(item, Scalar) and text(item):
            yield item


def _tolerance(path: str, holder: Object, system: System) -> tuple[Location | None, bool]:
    """The place that lets a failure of a mapping's scripts pass, and whether something else may."""
    for key, values in system.tolerant.items():
        pair = holder.index.get(key)
        if pair is not None and text(pair.value) in values:
            return Location(path, pair.key.span, f"`{key}: {text(pair.value)}`"), False
        if pair is not None and text(pair.value) not in ("false", ""):
            return None, True
        if pair is not None and isinstance(pair.value, Object | Array):
            return None, True
    return None, False


def _environment(holder: Node, system: System) -> dict[str, Scalar]:
    found = (at(holder, key) for key in system.variables)
    pairs = (pair for node in found if isinstance(node, Object) for pair in node.pairs)
    return {pair.name: pair.value for pair in pairs if isinstance(pair.value, Scalar)}
