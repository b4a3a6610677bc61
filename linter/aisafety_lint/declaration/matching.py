"""Which agent and tool of the code a declaration means: by address, by name, and as the model sees the name."""

import re
from collections.abc import Iterable, Sequence

from aisafety_lint.declaration.model import Power, PromisedAgent, PromisedTool, Promises, Worker

_WORDS = re.compile(r"[\s_.\-]+")
_SERVER = "mcp__"
_ALL = "*"


def folded(name: str) -> str:
    """A name without what spellings differ in."""
    return _WORDS.sub("", name).lower()


def governed(found: Iterable[Worker], folder: str, declared: Iterable[Promises]) -> tuple[Worker, ...]:
    """The agents that a declaration in a folder is about: those below it that no nearer one is about."""
    nearer = [other.folder for other in declared if len(other.folder) > len(folder)]
    return tuple(
        worker
        for worker in found
        if is_below(worker.path, folder) and not any(is_below(worker.path, other) for other in nearer)
    )


def is_below(path: str, folder: str) -> bool:
    """Whether a file is in a folder or below it; the root is empty."""
    return not folder or path.startswith(f"{folder}/")


def meant(promised: PromisedAgent, found: Sequence[Worker]) -> tuple[Worker, ...]:
    """The agents of the code that an entry means: by its address, else by its name; of a file without a symbol all."""
    if not promised.path:
        return tuple(worker for worker in found if _is_called(worker, promised.name))
    there = [worker for worker in found if worker.path == promised.path or is_below(worker.path, promised.path)]
    exact = tuple(worker for worker in there if _is_called(worker, promised.symbol)) if promised.symbol else ()
    named = tuple(worker for worker in there if _is_called(worker, promised.name))
    return exact or (tuple(there) if len(there) == 1 or not promised.symbol else named)


def _is_called(worker: Worker, name: str) -> bool:
    last = name.rpartition(".")[2]
    return bool(name) and (
        folded(name) == folded(worker.name) or any(name == one or last == one for one in worker.symbols)
    )


def listed(power: Power, tools: Iterable[PromisedTool]) -> PromisedTool | None:
    """The entry of the inventory for a tool of the code; None where there is none by its name."""
    names = {folded(power.name), folded(power.name.rpartition(".")[2])}
    for tool in tools:
        if folded(_plain(tool.name)) in names or folded(tool.name) in names:
            return tool
    return None


def is_for_all(tool: PromisedTool) -> bool:
    """Whether an entry stands for all tools of a server, or of anything."""
    return tool.name.endswith(_ALL)


def _plain(name: str) -> str:
    """The name of a tool without that of its server."""
    return name.rpartition("__")[2] if name.startswith(_SERVER) else name.rpartition(".")[2]
