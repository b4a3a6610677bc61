"""A declaration as promises: takes what was read of it, gives its agents and tools with their places."""

from collections.abc import Iterator

from aisafety_lint.declaration.model import PromisedAgent, PromisedTool, Promises
from aisafety_lint.evals.commands import joined
from aisafety_lint.evals.declaration import BLANK
from aisafety_lint.evals.model import Declaration
from aisafety_lint.evals.tree import at, items, pair_at, text
from aisafety_lint.manifests.nodes import Node, Object
from aisafety_lint.source import Span

_AT_THE_ROOT = ".github"


def promises(declaration: Declaration) -> Promises | None:
    """What a declaration promises, as far as it can be read; None where it is not even a mapping."""
    root = declaration.root
    if root is None:
        return None
    folder = folder_of(declaration.path)
    return Promises(
        path=declaration.path,
        folder=folder,
        root=root,
        span=declaration.span,
        agents=tuple(_agent(entry, folder) for entry in items(at(root, "agents")) if isinstance(entry, Object)),
        tier=text(at(root, "system.risk_tier")),
    )


def folder_of(path: str) -> str:
    """The folder that a declaration is about: its own, or the root where it lies beside the workflows."""
    folder = path.rpartition("/")[0]
    return folder.rpartition("/")[0] if folder.rpartition("/")[2] == _AT_THE_ROOT else folder


def key_span(promised: Promises, path: str) -> Span:
    """The place of a key, or of the nearest one around it where it is not there."""
    while path:
        pair = pair_at(promised.root, path)
        if pair is not None:
            return pair.key.span
        path = path.rpartition(".")[0]
    return promised.span


def value_span(promised: Promises, path: str) -> Span:
    """The place of a value, or of the nearest key around it where it is not there."""
    pair = pair_at(promised.root, path)
    return key_span(promised, path) if pair is None else pair.value.span


def _agent(entry: Object, folder: str) -> PromisedAgent:
    address = text(at(entry, "code"))
    path, _, symbol = address.partition(":")
    first = entry.pairs[0].key.span if entry.pairs else entry.span
    inputs, reaction = at(entry, "untrusted_inputs"), text(at(entry, "on_failure"))
    return PromisedAgent(
        name=text(at(entry, "name")),
        path=joined(folder, path.strip()),
        symbol=symbol.strip(),
        tools=tuple(_tools(entry)),
        span=first,
        tools_span=_key(entry, "tools", first),
        address_span=_value(entry, "code", first),
        inputs=None if inputs is None else frozenset(text(item) for item in items(inputs)),
        inputs_span=_key(entry, "untrusted_inputs", first),
        on_failure="" if reaction.startswith(BLANK) else reaction,
        on_failure_span=_value(entry, "on_failure", first),
    )


def _tools(entry: Object) -> Iterator[PromisedTool]:
    for tool in items(at(entry, "tools")):
        name = text(at(tool, "name"))
        if name:
            place = _value(tool, "name", tool.span)
            yield PromisedTool(
                name,
                text(at(tool, "effect")),
                text(at(tool, "approval")),
                place,
                _value(tool, "effect", place),
                _value(tool, "approval", place),
            )


def _value(node: Node, key: str, otherwise: Span) -> Span:
    pair = pair_at(node, key)
    return otherwise if pair is None else pair.value.span


def _key(node: Node, key: str, otherwise: Span) -> Span:
    pair = pair_at(node, key)
    return otherwise if pair is None else pair.key.span
