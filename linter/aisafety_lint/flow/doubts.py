"""What looks like protection on a flow and is none: takes a finished flow, gives its weak checks in their order.

A flow is only found where nothing cleared it, so whatever its values were tested by or changed by was not enough for
its kind of sink. Which tests and changes are worth naming, and why each is weak, is data: `weak_checks` of the models.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from aisafety_lint.finding import Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.flow.trace import Flow
from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.guards import Guards
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.spelling import spelled

VERBS = {"check": "checked", "change": "changed", "sandbox": "contained"}
"""What each kind of weak check does with the value."""

_MOST, _NAMED = 4, 2
_LOOKED_AT = 100  # conditions around a place
_DEPTH = 8
_PARTS = 60
_OPERATORS = {"In": "in", "NotIn": "in"}
_APART = frozenset({"compare", "dict", "caught"})
_LOOKED_INTO = frozenset({"and", "or", "await", "copy", "return", "phi", "attr", "item", "element", "arithmetic"})
_OUTCOME = {"true": "false", "false": "true"}

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A weak check: its name (`startswith`), what it does (check, change or sandbox), why that is not enough.

    A minor one is only worth a word where there is no other.
    """

    name: str
    how: str
    because: str
    location: Location
    minor: bool = False


def doubts(resolver: Resolver, guards: Guards, flow: Flow) -> tuple[Doubt, ...]:
    """The weak checks of a flow, each name once: changes, then checks, then sandboxes, each in their order."""
    values: dict[int, set[int]] = {}
    for scope, value in flow.way:
        values.setdefault(scope, set()).add(value)
    finder = _Finder(resolver, guards, flow, values)
    found: dict[tuple[str, str], Doubt] = {}
    for doubt in (*finder.changes(), *finder.checks(), *finder.sandboxes()):
        found.setdefault((doubt.how, doubt.name.rpartition(".")[2]), doubt)
    telling = [doubt for doubt in found.values() if not doubt.minor]
    return tuple(telling or found.values())[:_MOST]


class _Finder:
    """Walks over the values of one flow, by scope, and the conditions under which they are used."""

    def __init__(self, resolver: Resolver, guards: Guards, flow: Flow, values: Mapping[int, set[int]]) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.guards = guards
        self.flow = flow
        self.values = values

    def changes(self) -> Iterator[Doubt]:
        """Calls that gave back the value, or what they made of it."""
        for place in dict.fromkeys(flow_place for flow_place in self.flow.way):
            if self.index.value(*place).op == "call":
                for row, name in self._rows(*place):
                    if row["how"] == "change":
                        yield self._doubt(*place, row, name)
                yield from self._named(*place, "change")

    def sandboxes(self) -> Iterator[Doubt]:
        """What the call of the sink itself is given to make it harmless."""
        scope, call = self.flow.sink
        if self.index.value(scope, call).op == "call":
            for row, name in self._rows(scope, call):
                if row["how"] == "sandbox":
                    yield self._doubt(scope, call, row, name)

    def checks(self) -> Iterator[Doubt]:
        """Conditions on the values of the flow that hold where they are used or where the sink is called."""
        seen: set[tuple[int, int, str]] = set()
        passing = [place for place in self.flow.way if self._goes_on(*place)]
        for scope, value in (*passing, *self.flow.chain):
            for condition, holds in self._conditions(scope, self.index.value(scope, value).guard):
                if (scope, condition, holds) not in seen and not self._routes(scope, condition, holds):
                    seen.add((scope, condition, holds))
                    yield from self._weak(scope, condition, holds, _DEPTH)

    def _goes_on(self, scope: int, value: int) -> bool:
        """Whether a value of the way leaves its function: what holds there holds for all that comes after."""
        return self.index.value(scope, value).op == "return" or self._is_own(scope, value)

    def _is_own(self, scope: int, call: int) -> bool:
        if self.index.value(scope, call).op != "call":
            return False
        return any(callee.kind == "function" for callee in self.resolver.callees(scope, call))

    def _routes(self, scope: int, condition: int, holds: str) -> bool:
        """Whether a condition only chooses among several things that are done with the value: no check at all."""
        if holds not in _OUTCOME:
            return False
        guards = self.index.scopes[scope].guards
        opposite = {
            number
            for number, guard in enumerate(guards)
            if guard.value == condition and guard.holds == _OUTCOME.get(holds)
        }
        for call in self.index.scopes[scope].calls if opposite else ():
            guard = self.index.value(scope, call.value).guard
            while guard >= 0 and guard not in opposite:
                guard = guards[guard].parent
            if guard >= 0 and self._given(scope, call.value) and self._matters(scope, call.value):
                return True
        return False

    def _matters(self, scope: int, call: int) -> bool:
        """Whether a call can do harm, or leads to code of the project that can."""
        rows = rows_of(self.resolver.models, "sinks", self.resolver.paths(scope, call))
        return any(row["kind"] != "log" for row in rows) or self._is_own(scope, call)

    def _conditions(self, scope: int, guard: int) -> list[tuple[int, str]]:
        """The conditions in force under a guard, outermost first; of very many, the innermost."""
        found: list[tuple[int, str]] = []
        while guard >= 0 and len(found) < _LOOKED_AT:
            known = self.index.scopes[scope].guards[guard]
            if known.holds != "joined":
                found.append((known.value, known.holds))
            guard = known.parent
        return found[::-1]

    def _weak(self, scope: int, value: int, holds: str, depth: int) -> Iterator[Doubt]:
        """The weak checks in one condition."""
        known = self.index.value(scope, value)
        if depth == 0:
            return
        if known.op == "not":
            yield from self._weak(scope, known.args[0], _OUTCOME.get(holds, holds), depth - 1)
        elif known.op == "compare":
            yield from self._comparison(scope, value, holds, depth)
        elif known.op == "call":
            yield from self._call(scope, value, holds, depth)
        elif known.op == "attr":
            yield from self._attribute(scope, value, holds, depth)
        elif known.op in _LOOKED_INTO:
            for item in known.args:
                if item < value:
                    yield from self._weak(scope, item, holds, depth - 1)

    def _comparison(self, scope: int, value: int, holds: str, depth: int) -> Iterator[Doubt]:
        """`word in text` looks for bad words; `text not in forbidden` too, where that decides."""
        known = self.index.value(scope, value)
        operator = _OPERATORS.get(known.name, "")
        found = (known.name == "In") == (holds == "true")
        row = self.resolver.models.weak_operators.get((operator, found))
        # What is found in a list is an allow-list: had it been about this value, there would be no flow.
        tested = [known.args[1], *(known.args[:1] if not found else ())] if row is not None else []
        if row is not None and any(self._touches(scope, item) for item in tested):
            yield self._doubt(scope, value, row, operator)
            return
        for item in known.args:
            yield from self._weak(scope, item, holds, depth - 1)

    def _attribute(self, scope: int, value: int, holds: str, depth: int) -> Iterator[Doubt]:
        """`urlparse(url).scheme`, `path.suffix`."""
        known = self.index.value(scope, value)
        paths = [ref.path for ref in self.resolver.refs(scope, value) if ref.kind == "external"]
        for row in rows_of(self.resolver.models, "weak_checks", [path for path in paths if "." in path]):
            if row["how"] == "check" and self._concerns(row) and self._touches(scope, known.args[0]):
                yield self._doubt(scope, value, row, known.name)
        if self.index.value(scope, known.args[0]).op == "call":
            yield from self._call(scope, known.args[0], holds, depth, known.name)

    def _call(self, scope: int, call: int, holds: str, depth: int, attribute: str = "") -> Iterator[Doubt]:
        known = self.index.value(scope, call)
        # Of a call that only came back, its answer decides nothing.
        asked = holds in _OUTCOME
        rows = ((row, name) for row, name in self._rows(scope, call, attribute) if asked or row.get("raises"))
        found = [self._doubt(scope, call, row, name) for row, name in rows if row["how"] == "check"]
        found += self._named(scope, call, "check") if self._given(scope, call) else ()
        yield from found
        if asked and not found and len(known.args) == 2 and {"any", "all"} & set(self.resolver.paths(scope, call)):
            items = self.index.value(scope, known.args[1])
            for item in items.args if items.kind == "comprehension" else ():
                yield from self._weak(scope, item, holds, depth - 1)

    # -- rows -----------------------------------------------------------------------------------------------------

    def _rows(self, scope: int, call: int, attribute: str = "") -> Iterator[tuple[Row, str]]:
        """The rows about a call that speak of this kind of sink and of a value of this flow, with a name for each."""
        for path in self.resolver.paths(scope, call):
            owner, _, member = self.resolver.models.normal(path).rpartition(".")
            is_method = owner in ("?", "str") or ":" in owner
            for row in rows_of(self.resolver.models, "weak_checks", (path,)):
                if not self._concerns(row) or attribute not in row.get("attribute", (attribute,)):
                    continue
                spec = row.get("argument", {"receiver": True} if is_method else {"position": 0})
                touched = any(self._touches(scope, item) for item in operands(self.resolver, scope, call, spec))
                if touched and all_hold(self.resolver, scope, call, row) is not Holds.NO:
                    name = member if is_method else spelled(self.index, scope, call)
                    yield row, row.get("name") or (f"{name}().{attribute}" if "attribute" in row else name)

    def _concerns(self, row: Row) -> bool:
        return self.flow.kind in row.get("kinds", (self.flow.kind,))

    def _named(self, scope: int, call: int, how: str) -> Iterator[Doubt]:
        """A function of the project that is called like a check; what it does has not cleared the value."""
        function = self.index.value(scope, self.index.value(scope, call).args[0])
        own = [callee.scope for callee in self.resolver.callees(scope, call) if callee.kind == "function"]
        for pattern, row in self.resolver.models.weak_names if own else ():
            if row["how"] == how and pattern.search(function.name):
                because = self._body(own[0]) or row["because"]
                yield self._doubt(scope, call, {**row, "because": because}, spelled(self.index, scope, call))
                return

    def _body(self, function: int) -> str:
        """What a function does with what it is given, where that is easily said."""
        scope = self.index.scopes[function]
        params = {param.value for param in scope.params if param.name not in ("self", "cls")}
        if not any(params.intersection(value.args) for value in scope.values):
            return "it does not look at the value"
        inner = _Finder(self.resolver, self.guards, self.flow, {function: params})
        names: dict[str, None] = {}
        for position, value in enumerate(scope.values):
            if value.op == "call":
                names |= dict.fromkeys(name for _, name in inner._rows(function, position))
            elif value.name in _OPERATORS and inner._touches(function, value.args[1]):
                names[_OPERATORS[value.name]] = None
        shown = [f"`{name}`" for name in names][:_NAMED] + (["others"] if len(names) > _NAMED else [])
        return f"it relies on {' and '.join(shown)}" if names else ""

    def _given(self, scope: int, call: int) -> bool:
        return any(self._touches(scope, item) for item in self.index.value(scope, call).args[1:])

    def _touches(self, scope: int, value: int) -> bool:
        """Whether a value is one of the flow or was made from one, and not by what the sink or another function did."""
        wanted = self.values.get(scope, set())
        pending, seen = [value], {value}
        while pending and len(seen) < _PARTS:
            item = pending.pop()
            if item in wanted:
                return True
            known = self.index.value(scope, item)
            if known.op in _APART or (known.op == "call" and self._matters(scope, item)):
                continue
            fresh = [arg for arg in known.args if arg not in seen]
            seen.update(fresh)
            pending += fresh
        return False

    def _doubt(self, scope: int, value: int, row: Row, name: str) -> Doubt:
        known = self.index.value(scope, value)
        place = Location(self.index.paths[scope], one_line(known.place))
        if known.op == "call":
            place = call_place(self.index, scope, value)
        label = f"{VERBS[row['how']]} only by `{name}`: {row['because']}"
        location = replace(place, label=label)
        return Doubt(name, row["how"], row["because"], location, minor=bool(row.get("minor")))
