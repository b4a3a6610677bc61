"""How long an agent may go on: the limits that its constructor sets, and those of the calls that start it."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from aisafety_lint.program.agents import Agent
from aisafety_lint.program.conditions import Spec, operands
from aisafety_lint.program.constants import Unknown, constant
from aisafety_lint.program.holdings import built
from aisafety_lint.program.holds import Holds
from aisafety_lint.program.models import Row
from aisafety_lint.program.origins import origins
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.spelling import written

Value = tuple[int, int]


class Limit(NamedTuple):
    """A cap on an agent: `origin` tells whether the code sets it, and `value` is what it is, as far as that is known.

    `written` is how it is set where the value is no constant; `call` is where. `versions` names the versions of the
    framework whose default it is, where nothing tells which of them the project has.
    """

    name: str
    origin: Literal["set", "default", "none", "computed"]
    value: int | float | None
    written: str
    call: Value
    versions: str = ""


class Limits:
    """Finds the limits of agents."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.runs: dict[Value, list[tuple[Value, Row]]] = {}
        for site, row in self._started():
            for operand in operands(resolver, *site, row["agent"]):
                for origin in built(resolver, site[0], operand):
                    self.runs.setdefault(origin, []).append((site, row))

    def of(self, agent: Agent) -> tuple[Limit, ...]:
        """The limits of an agent, in the order of the calls that set them; none where nothing is known of any."""
        here = agent.scope, agent.call
        rows = [(here, agent.row)] if "limit" in agent.row else []
        rows += self.runs.get(here, ())
        found = [_limits(self.resolver, *site, row["limit"]) for site, row in rows]
        decided = dict.fromkeys(limit for limits in found for limit in limits if limit.origin in ("set", "computed"))
        return tuple(decided) or (found[0] if found else self._by_default(agent))

    def _started(self) -> Iterator[tuple[Value, Row]]:
        """The calls that start an agent with a limit."""
        models, index = self.resolver.models, self.resolver.index
        for name in models.candidates("agents", index.calls_by_name):
            for scope, call in index.calls_by_name.get(name, ()):
                for path in self.resolver.paths(scope, call.value):
                    for row in models.rows("agents", path):
                        if row.get("kind") == "run" and "limit" in row and "agent" in row:
                            yield (scope, call.value), row

    def _by_default(self, agent: Agent) -> tuple[Limit, ...]:
        """What holds of an agent that is started elsewhere."""
        for rows in self.resolver.models.facts["agents"].values():
            for row in rows:
                if row["stem"] == agent.framework and row.get("kind") == "run" and "limit" in row:
                    return _left_out(self.resolver, row["limit"], (agent.scope, agent.call))
        return ()


def _limits(resolver: Resolver, scope: int, call: int, spec: Spec) -> tuple[Limit, ...]:
    """The limit that a call sets, or those that may hold where it leaves it out."""
    for operand in operands(resolver, scope, call, spec):
        name = _name(spec)
        chosen = _inside(resolver, scope, operand, spec["item"]) if "item" in spec else (scope, operand)
        if chosen is None:
            continue
        known = constant(resolver, *chosen)
        if isinstance(known, Unknown):
            return (Limit(name, "computed", None, written(resolver.index, *chosen), (scope, call)),)
        number = known if isinstance(known, int | float) and not isinstance(known, bool) else None
        return (Limit(name, "none" if number is None else "set", number, "", (scope, call)),)
    return _left_out(resolver, spec, (scope, call))


def _left_out(resolver: Resolver, spec: Spec, call: Value) -> tuple[Limit, ...]:
    """The default of the versions that there may be."""
    path = resolver.index.paths[call[0]]
    found: list[Limit] = []
    defaults: Sequence[Spec] = spec.get("defaults") or ({"is": spec.get("default")},)
    for item in defaults:
        held = resolver.versions.hold(path, item)
        if held is not Holds.NO:
            origin: Literal["none", "default"] = "none" if item["is"] is None else "default"
            versions = f"{item['packages'][0]} {item['in']}" if held is Holds.MAYBE else ""
            found.append(Limit(_name(spec), origin, item["is"], "", call, versions))
    return tuple(found)


def _name(spec: Spec) -> str:
    return str(spec.get("item", spec.get("name", "")))


def _inside(resolver: Resolver, scope: int, operand: int, key: str) -> Value | None:
    """The entry of a dict, or the argument of the call that makes an object of settings."""
    index = resolver.index
    for where, item in origins(resolver, scope, operand):
        value = index.value(where, item)
        if value.op == "dict":
            for name, entry in zip(value.args[::2], value.args[1::2], strict=True):
                if index.value(where, name).name == key:
                    return where, entry
        elif value.op == "call":
            for entry in operands(resolver, where, item, {"name": key}):
                return where, entry
    return None
