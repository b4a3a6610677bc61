"""The ways that the content of several sources takes, kept only to find out which parts of it lead to a sink at all."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TypeAlias

from aisafety_lint.flow.transfer import Path

Part: TypeAlias = tuple[int, int, Path]
"""An untrusted part of a value: scope, value, path."""


@dataclass(slots=True)
class Ways:
    """What each part was reached from, and the parts that are at a sink."""

    before: defaultdict[Part, set[Part]] = field(default_factory=lambda: defaultdict(set))
    goals: set[Part] = field(default_factory=set)

    def leading(self) -> frozenset[Part]:
        """The parts from which a sink is reached, those at a sink included."""
        found = set(self.goals)
        work = list(found)
        while work:
            for part in self.before.get(work.pop(), ()):
                if part not in found:
                    found.add(part)
                    work.append(part)
        return frozenset(found)
