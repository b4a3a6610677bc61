"""What the solver works on: untrusted parts of values, how they were reached, and the sinks that they reach."""

from dataclasses import dataclass
from typing import NamedTuple

from aisafety_lint.flow.sources import Seed
from aisafety_lint.flow.transfer import Path
from aisafety_lint.program.conditions import Holds
from aisafety_lint.program.models import Row

Kindset = frozenset[str]
NONE: Kindset = frozenset()


class Node(NamedTuple):
    """An untrusted part of a value in a context; `cleaned` lists the sink kinds that it is safe for."""

    context: int
    scope: int
    value: int
    path: Path
    cleaned: Kindset


class Arrival(NamedTuple):
    """How a node was reached: over how many crossings from a source, from which node, through which exit of a called
    context, and whether that is a guess."""

    crossings: int
    before: Node | None = None
    through: Node | None = None
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A sink reached in a context from `node`; `inner` is the hit in the called context where the sink is deeper."""

    row: Row
    scope: int
    call: int
    node: Node
    kind: str
    held: Holds
    inner: "Hit | None" = None

    @property
    def sink(self) -> tuple[int, int]:
        """The scope and call of the sink itself."""
        return (self.scope, self.call)


@dataclass(slots=True)
class Context:
    """One entry of untrusted content: a seed, or a part of a parameter of a function.

    `group` tells which sinks matter for it: they depend on the kind of source. `crossings` is how far the entry is from
    the nearest source. `clean` are the attributes of what enters that carry no text.
    """

    group: int
    crossings: int
    seed: Seed | None
    scope: int
    value: int
    path: Path
    clean: Kindset = NONE
