"""Whether anything is decided by a variable of the environment: takes the program, gives reads that lead nowhere.

A read counts as heeded as soon as its value, or what is made of it, is a condition, leaves its function, is kept in an
object, or is handed to anything that does more than show it. So what is said to be unheeded is.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from aisafety_lint.finding import Location
from aisafety_lint.flow.sharing import readers_of_variable
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import constant
from aisafety_lint.program.model import Program
from aisafety_lint.source import Span

_FIRST = {"position": 0, "name": "key"}
_ASKING = frozenset({"os.environ.get", "os.getenv"})
_SHOWING = frozenset({"print", "pprint"})
# What only makes another value of one: what that is used for decides.
_MADE = frozenset({"attr", "compare", "not", "copy", "text", "item", "await"})

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reads:
    """The places where Python reads a variable of the environment; `heeded` where anything may be decided by one."""

    places: tuple[Location, ...]
    heeded: bool


def reads_of(program: Program, name: str, showing: Collection[str]) -> Reads:
    """Where a variable is read, and whether that matters; `showing` are modules that only write down what they get."""
    found = list(_reads(program, name))
    places = tuple(_location(program, place) for place in found)
    return Reads(places, any(_is_heeded(program, place, _SHOWING | set(showing)) for place in found))


def _location(program: Program, place: Place) -> Location:
    return Location(program.index.paths[place[0]], Span(*program.index.value(*place).place), "reads it")


def _reads(program: Program, name: str) -> Iterator[Place]:
    index, resolver = program.index, program.resolver
    for scope, known in enumerate(index.scopes):
        if program.tested(index.paths[scope]):
            continue
        for position, value in enumerate(known.values):
            if value.op == "item" and value.name == name:
                if any(ref.path == "os.environ" for ref in resolver.refs(scope, value.args[0])):
                    yield scope, position
            elif value.op == "call" and not _ASKING.isdisjoint(resolver.paths(scope, position)):
                keys = operands(resolver, scope, position, _FIRST)
                if any(constant(resolver, scope, key) == name for key in keys):
                    yield scope, position


def _is_heeded(program: Program, place: Place, showing: Collection[str]) -> bool:
    pending, seen = [place], {place}
    while pending:
        scope, value = pending.pop()
        known = program.index.scopes[scope]
        decides = any(guard.value == value and guard.holds != "returned" for guard in known.guards)
        if decides or value in (*known.returns, *known.yields):
            return True
        further = [*readers_of_variable(program.resolver, scope, value)]
        for position, user in enumerate(known.values):
            if value not in user.args or _is_shown(program, scope, position, value, showing):
                continue
            if user.op not in _MADE and not (user.op == "call" and _is_method(program, scope, position, value)):
                return True
            further.append((scope, position))
        fresh = [one for one in further if one not in seen]
        seen.update(fresh)
        pending += fresh
    return False


def _is_method(program: Program, scope: int, call: int, value: int) -> bool:
    """Whether a call is of a method of the value itself: `text.lower()`."""
    return program.index.value(scope, call).args[0] == value and program.index.value(scope, value).op == "attr"


def _is_shown(program: Program, scope: int, call: int, value: int, showing: Collection[str]) -> bool:
    """Whether a call only writes down what it is given."""
    user = program.index.value(scope, call)
    if user.op != "call" or user.args[0] == value:
        return False
    paths = program.resolver.paths(scope, call)
    return bool(paths) and all(path.partition(".")[0] in showing for path in paths)
