"""The sinks that contexts have reached: one hit for each sink and each set of switches that the way to it needs.

Of two ways to a sink, the one that needs less says all that the other does.
"""

from collections import defaultdict
from collections.abc import Iterator

from aisafety_lint.flow.decided import Decided, Switch
from aisafety_lint.flow.nodes import Hit

_Key = tuple[int, int, str, int]


class Hits:
    """The hits of each context by its number."""

    def __init__(self, decided: Decided) -> None:
        self.decided = decided
        self._known: dict[int, dict[_Key, dict[frozenset[Switch], Hit]]] = defaultdict(lambda: defaultdict(dict))

    def add(self, context: int, hit: Hit) -> bool:
        """Note a hit; returns whether it is one that no known hit stands for."""
        known = self._known[context][_key(hit)]
        needed = self.decided.needed(hit)
        if any(other <= needed for other in known):
            return False
        known[needed] = hit
        return True

    def of(self, context: int) -> list[Hit]:
        """All hits of a context."""
        return [hit for found in self._known[context].values() for hit in found.values()]

    def sinks(self, context: int) -> Iterator[Hit]:
        """One hit for each sink of a context."""
        for found in self._known[context].values():
            yield next(iter(found.values()))


def _key(hit: Hit) -> _Key:
    sink = hit
    while sink.inner is not None:
        sink = sink.inner
    return (*sink.sink, hit.kind, id(hit.row))
