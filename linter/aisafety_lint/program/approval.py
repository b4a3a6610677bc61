"""Which tools a framework asks a person about, as the models say: by the tool, by its agent, by a hook or a graph.

A hook that the project writes itself counts by what it does: a person's answer decides what it returns or goes on with.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import PurePosixPath
from typing import Any

from aisafety_lint.program.asking import Asking
from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.constants import Unknown, constant
from aisafety_lint.program.models import Row
from aisafety_lint.program.origins import origins
from aisafety_lint.program.resolver import Resolver

Value = tuple[int, int]
Spec = Mapping[str, Any]

ALL = frozenset({"*"})
_NESTING = 5
_MOST = 200


def approvals(row: Row) -> list[Spec]:
    """The ways in which a row says that a person is asked."""
    spec = row.get("approval")
    return list(spec) if isinstance(spec, list) else [] if spec is None else [spec]


class Approval:
    """Answers which tools are asked about."""

    def __init__(self, resolver: Resolver, asking: Asking) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.asking = asking
        self.consent = asking.consent

    def of_agent(self, scope: int, call: int, row: Row) -> frozenset[str]:
        """The names of the tools that an agent's own configuration asks about; "*" for all."""
        found: frozenset[str] = frozenset()
        for spec in (spec for spec in approvals(row) if "nodes" not in spec):
            chosen = operands(self.resolver, scope, call, spec)
            found = found.union(*(self._of_operand(scope, operand, spec) for operand in chosen))
            if not chosen and spec.get("default"):
                found = ALL
        return found

    def _of_operand(self, scope: int, operand: int, spec: Spec) -> frozenset[str]:
        if "asks" in spec:
            return ALL if self._asks(scope, operand) else frozenset()
        if "decides" in spec:
            return ALL if self._may_refuse(scope, operand) else frozenset()
        if "has_instance" in spec:
            return frozenset().union(*(self._by(*item, spec) for item in self.inside(scope, operand)))
        if self.index.value(scope, operand).op == "dict":
            return self._keys(scope, operand)
        known = constant(self.resolver, scope, operand)
        return ALL if _is_yes(known, spec) else frozenset()

    def _by(self, scope: int, item: int, spec: Spec) -> frozenset[str]:
        """Approval by an object: it asks about all tools, or about those that one of its arguments names."""
        wanted = f":{spec['has_instance'].rpartition(':')[2]}"
        value = self.index.value(scope, item)
        if value.op != "call" or not any(ref.path.endswith(wanted) for ref in self.resolver.refs(scope, item)):
            return frozenset()
        if "per_tool" not in spec:
            return ALL
        named = operands(self.resolver, scope, item, {"name": spec["per_tool"], "position": 0})
        return frozenset().union(*(self._keys(scope, operand) for operand in named))

    def _keys(self, scope: int, operand: int) -> frozenset[str]:
        """The keys of a dict whose entries are not false."""
        found: set[str] = set()
        for ref in self.resolver.refs(scope, operand):
            if ref.kind == "container" and self.index.value(ref.scope, ref.value).op == "dict":
                args = self.index.value(ref.scope, ref.value).args
                for key, item in zip(args[::2], args[1::2], strict=True):
                    if constant(self.resolver, ref.scope, item) not in (False, None):
                        found.add(self.index.value(ref.scope, key).name)
        return frozenset(found)

    def inside(self, scope: int, value: int) -> Iterator[Value]:
        """A value and what it is put together from: elements, entries, arguments."""
        pending = [(scope, value, _NESTING)]
        seen: set[Value] = set()
        while pending and len(seen) < _MOST:
            where, item, depth = pending.pop()
            for place in ((where, item), *origins(self.resolver, where, item)):
                if place in seen:
                    continue
                seen.add(place)
                yield place
                known = self.index.value(*place)
                parts: Iterable[int] = ()
                if known.op in ("list", "tuple", "set", "phi", "store"):
                    parts = known.args
                elif known.op == "dict":
                    parts = known.args[1::2]
                elif known.op == "call":
                    parts = known.args[1:]
                pending += [(place[0], part, depth - 1) for part in parts if depth]

    def _asks(self, scope: int, operand: int) -> bool:
        """Whether a function among the values, or a method of an object among them, asks a person."""
        for where, item in self.inside(scope, operand):
            for ref in self.resolver.refs(where, item):
                methods = self.index.methods[ref.scope].values() if ref.kind in ("instance", "class") else ()
                functions = [ref.scope] if ref.kind == "function" else methods
                if any(self.consent.asks(function) for function in functions):
                    return True
        return False

    def _may_refuse(self, scope: int, operand: int) -> bool:
        """Whether a function that is asked before a tool runs may say no; whose code is elsewhere is taken to."""
        if constant(self.resolver, scope, operand) is None:
            return False
        functions = [ref.scope for ref in self.resolver.refs(scope, operand) if ref.kind == "function"]
        return not functions or any(map(self._refuses, functions))

    def _refuses(self, function: int) -> bool:
        known = self.index.scopes[function]
        return (
            bool(known.raises)
            or self.consent.asks(function)
            or any(not self.asking.is_yes(function, value) for value in known.returns)
        )

    def of_tool(self, function: int, row: Row, where: Value) -> bool:
        """Whether the registration of a tool asks for a person's approval; `where` is the registering call, or -1."""
        specs = approvals(row)
        if not specs:
            return bool(row.get("approved"))
        return any(self._registered(function, spec, where) for spec in specs)

    def _registered(self, function: int, spec: Spec, where: Value) -> bool:
        if where[1] < 0 or self.index.value(*where).op != "call":
            return bool(spec.get("default"))
        calls = self._receivers(*where) if "receiver" in spec else [where]
        chosen = [
            (scope, item)
            for scope, call in calls
            for item in operands(
                self.resolver, scope, call, {key: spec[key] for key in ("name", "position") if key in spec}
            )
        ]
        if not chosen:
            return bool(spec.get("default"))
        if "has_instance" in spec:
            return bool(self._of_operand(*chosen[0], spec))
        if spec.get("per_tool"):
            return self.index.scopes[function].name in self._names(*chosen[0])
        known = constant(self.resolver, *chosen[0])
        return _is_yes(known, spec)

    def _names(self, scope: int, operand: int) -> set[object]:
        return {constant(self.resolver, *place) for place in self.inside(scope, operand)}

    def _receivers(self, scope: int, call: int) -> list[Value]:
        """The calls that made the object whose method registers a tool."""
        function = self.index.value(scope, self.index.value(scope, call).args[0])
        made = origins(self.resolver, scope, function.args[0]) if function.op == "attr" else ()
        return [place for place in made if self.index.value(*place).op == "call"]

    # -- hooks, sets of tools and graphs ---------------------------------------------------------------------------

    def hooked(self) -> tuple[tuple[str, str], ...]:
        """The frameworks whose tools a hook of the project asks about, each with the folder of the hook."""
        found: dict[tuple[str, str], None] = {}
        for (scope, call), row in self._gates("hook"):
            for operand in operands(self.resolver, scope, call, row["function"]):
                if self._asks(scope, operand):
                    found[row["stem"], self._folder(scope)] = None
        rows = [(key, row) for key, row in self.resolver.models.decorators if "hook" in row]
        for number, known in enumerate(self.index.scopes) if rows else ():
            for value in known.decorators:
                paths = set(self._decorating(self.index.parents[number], value))
                for key, row in rows:
                    if key in paths and self.consent.asks(number):
                        found[row["stem"], self._folder(number)] = None
        return tuple(found)

    def _decorating(self, scope: int, value: int) -> Iterator[str]:
        if self.index.value(scope, value).op == "call":
            paths: Iterable[str] = self.resolver.paths(scope, value)
        else:
            paths = [path for ref in self.resolver.refs(scope, value) for path in self.resolver.paths_of(ref)]
        for path in paths:
            yield from self.resolver.models.keys(path)

    def _folder(self, scope: int) -> str:
        return str(PurePosixPath(self.index.paths[scope]).parent)

    def _gates(self, key: str) -> Iterator[tuple[Value, Row]]:
        """The calls of the rows about gates that say this."""
        models = self.resolver.models
        for name in models.candidates("gates", self.index.calls_by_name):
            for scope, call in self.index.calls_by_name.get(name, ()):
                for path in self.resolver.paths(scope, call.value):
                    for row in models.rows("gates", path):
                        if key in row and all_hold(self.resolver, scope, call.value, row) is not Holds.NO:
                            yield (scope, call.value), row

    def wrapped(self) -> frozenset[Value]:
        """The calls that make sets of tools which are wrapped so that each of them is asked about."""
        found: set[Value] = set()
        for (scope, call), row in self._gates("tools"):
            for operand in operands(self.resolver, scope, call, row["tools"]):
                found.update(origins(self.resolver, scope, operand))
        return frozenset(found)

    def belongs(self, where: Value) -> frozenset[Value]:
        """The registering call itself, and the calls that made the object whose method registers."""
        if where[1] < 0 or self.index.value(*where).op != "call":
            known = self.index.value(*where) if where[1] >= 0 else None
            if known is None or known.op != "attr":
                return frozenset()
            return frozenset(origins(self.resolver, where[0], known.args[0]))
        return frozenset({where, *self._receivers(*where)})

    def nodes(self, scope: int, call: int, row: Row) -> Iterator[tuple[bool, Value]]:
        """The values that are the nodes of a graph, each with whether the graph stops before it."""
        for spec in (spec for spec in approvals(row) if "nodes" in spec):
            names: set[object] = set()
            for operand in operands(self.resolver, scope, call, spec):
                names |= {constant(self.resolver, *place) for place in self.inside(scope, operand)}
            nodes = spec["nodes"]
            for site in self._calls_in_file(scope, nodes["call"]) if names else ():
                given = operands(self.resolver, *site, nodes["name"]), operands(self.resolver, *site, nodes["node"])
                for name, node in product(*given):
                    stopped = constant(self.resolver, site[0], name) in names or "*" in names
                    yield from ((stopped, place) for place in origins(self.resolver, site[0], node))

    def _calls_in_file(self, scope: int, wanted: str) -> Iterator[Value]:
        """The calls of a modelled method in the file of a scope."""
        path = self.index.paths[scope]
        for where, call in self.index.calls_by_name.get(wanted.rpartition(".")[2], ()):
            if self.index.paths[where] == path:
                known = self.resolver.paths(where, call.value)
                if any(item.endswith(f":{wanted}") for item in known):
                    yield where, call.value


def _is_yes(known: object, spec: Spec) -> bool:
    """Whether a setting says that a person is asked; where whoever sets it decides, it does."""
    if isinstance(known, Unknown):
        return True
    if "equals" in spec:
        return known in spec["equals"]
    return known not in (False, None) and not str(known).startswith("never")


def covers(hook: str, path: str) -> bool:
    """Whether a hook in a folder is meant for a file: one of them is below the other, or beside it."""
    folder = PurePosixPath(path).parent
    return (
        PurePosixPath(hook) == folder or PurePosixPath(hook) in folder.parents or folder in PurePosixPath(hook).parents
    )
