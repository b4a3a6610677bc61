"""The way of a flow as a person follows it: one step for each line of code that matters, with a few words on each.

What matters: where the content comes from, what it is kept in, which function it is passed to or returned by, what
changes it, and where it does harm. Of several things on one line, the one that says most is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aisafety_lint.finding import Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.spelling import spelled, written
from aisafety_lint.python.facts import Value

Place = tuple[int, int]

_SOURCE, _PASSED, _RETURNED, _KEPT, _MADE, _NOTHING = 5, 4, 3, 2, 1, 0
_MADE_OF = {"text": "a text", "list": "a list", "tuple": "a tuple", "set": "a set", "dict": "a dictionary"}


@dataclass(frozen=True, slots=True)
class _Step:
    location: Location
    weight: int


def steps(
    resolver: Resolver, way: Sequence[Place], described: str, sink: Location, taken: Sequence[Place]
) -> tuple[Location, ...]:
    """The steps over the values of a way, from the source (which `described` names) to the sink.

    `taken` are the calls (scope, value) that lead to the sink.
    """
    found: list[_Step] = []
    for step in _Describer(resolver, way, described, taken).steps():
        if found and _line(found[-1].location) == _line(step.location):
            found[-1] = max(found[-1], step, key=lambda item: item.weight)
        elif step.weight:
            found.append(step)
    if len(found) > 1 and _line(found[-1].location) == _line(sink):
        found.pop()
    return (*(step.location for step in found), sink)


def _line(location: Location) -> tuple[str, int]:
    return location.path, location.span.line


class _Describer:
    """Words for the values of one way."""

    def __init__(self, resolver: Resolver, way: Sequence[Place], described: str, taken: Sequence[Place]) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.way = way
        self.described = described
        self.taken = frozenset(taken)

    def steps(self) -> Iterator[_Step]:
        before: Place | None = None
        for place in self.way:
            value = self.index.value(*place)
            if value.place[0] and value.op != "phi":
                yield self._source(place, value) if before is None else self._step(before, place, value)
            before = place

    def _source(self, place: Place, value: Value) -> _Step:
        location = call_place(self.index, *place) if value.op == "call" else self._at(place, value, "")
        return _Step(Location(location.path, location.span, self.described), _SOURCE)

    def _step(self, before: Place, place: Place, value: Value) -> _Step:
        scope, position = place
        function = self.index.scopes[scope]
        if value.op == "param":
            return self._passed(before, place, value)
        if value.op == "return":
            return _Step(self._at(place, value, f"returned by `{function.name}`"), _RETURNED)
        if value.op == "store" and value.kind in ("attr", "item"):
            owner = written(self.index, scope, value.args[0])
            name = f"{owner}.{value.name}" if value.kind == "attr" else f"{owner}[...]"
            return _Step(self._at(place, value, f"kept in `{name}`"), _KEPT)
        variable = self.index.local_names[scope].get(position)
        if value.op in ("name", "attr", "import") and scope != before[0]:
            return _Step(self._at(place, value, f"read from `{written(self.index, scope, position)}`"), _KEPT)
        if variable:
            return _Step(self._at(place, value, f"kept in `{variable}`"), _KEPT)
        if value.op == "call" and self.index.value(*before).op != "return":
            return _Step(self._at(place, value, f"through `{spelled(self.index, scope, position)}`"), _MADE)
        if value.op in _MADE_OF:
            return _Step(self._at(place, value, f"put into {_MADE_OF[value.op]}"), _MADE)
        return _Step(self._at(place, value, ""), _NOTHING)

    def _passed(self, before: Place, place: Place, value: Value) -> _Step:
        """A parameter: told at the call, where the reader sees what is passed, or where no call is seen, at itself."""
        function = self.index.scopes[place[0]]
        call = self._call(before, place[0])
        if call is None:
            return _Step(self._at(place, value, f"passed to `{function.name}` as `{value.name}`"), _PASSED)
        passed = before[1] in self.index.value(before[0], call).args[1:]
        words = f"passed to `{function.name}` as `{value.name}`" if passed else f"`{function.name}` is called on it"
        location = call_place(self.index, before[0], call)
        return _Step(Location(location.path, location.span, words), _PASSED)

    def _call(self, before: Place, function: int) -> int | None:
        """The call of a function that a value is an operand of, or is called on: the one that leads to the sink."""
        found = list(self._calls(before, function))
        return next((call for call in found if (before[0], call) in self.taken), found[0] if found else None)

    def _calls(self, before: Place, function: int) -> Iterator[int]:
        scope, passed = before
        for call in self.index.scopes[scope].calls:
            args = self.index.value(scope, call.value).args
            if passed in args[1:] or passed in self.index.value(scope, args[0]).args:
                callees = self.resolver.callees(scope, call.value)
                if any(self.resolver.function_of(callee) == function for callee in callees):
                    yield call.value

    def _at(self, place: Place, value: Value, label: str) -> Location:
        return Location(self.index.paths[place[0]], one_line(value.place), label)
