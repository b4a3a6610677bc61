"""What the solver works on: untrusted parts of values, how they were reached, and the sinks that they reach."""

from dataclasses import dataclass
from typing import NamedTuple

from aisafety_lint.flow.transfer import Path
from aisafety_lint.flow.ways import Part, Ways
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

    @property
    def part(self) -> Part:
        """What is untrusted, in whichever context."""
        return self[1:4]


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
    """Where untrusted content enters: sources, or a part of a parameter of a function.

    `group` tells which sinks matter for it: they depend on the kind of source. `crossings` is how far the entry is from
    the nearest source. `clean` are the attributes of what enters that carry no text. What enters a function is at
    `scope`, `value` and `path`; -1 stands for sources. `ways` are kept for several sources that are followed together;
    `only` are the parts that matter for one source, where that is known.
    """

    group: int
    crossings: int
    scope: int
    value: int
    path: Path
    clean: Kindset = NONE
    ways: Ways | None = None
    only: frozenset[Part] | None = None

    @property
    def is_source(self) -> bool:
        """Whether it is no call that content enters by."""
        return self.scope < 0
