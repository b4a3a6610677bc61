"""How long an agent may go on: the limits that its constructor sets, and those of the calls that start it."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from aisafety_lint.program.agents import Agent
from aisafety_lint.program.conditions import Spec, operands
from aisafety_lint.program.constants import Unknown, constant
from aisafety_lint.program.holdings import built
from aisafety_lint.program.models import Row
from aisafety_lint.program.origins import origins
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.spelling import written

Value = tuple[int, int]


class Limit(NamedTuple):
    """A cap on an agent: `origin` tells whether the code sets it, and `value` is what it is, as far as that is known.

    `written` is how it is set where the value is no constant; `call` is where.
    """

    name: str
    origin: Literal["set", "default", "none", "computed"]
    value: int | float | None
    written: str
    call: Value


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
        found = dict.fromkeys(_limit(self.resolver, *site, row["limit"]) for site, row in rows)
        decided = [limit for limit in found if limit.origin in ("set", "computed")]
        return tuple(decided or list(found)[:1] or self._by_default(agent))

    def _started(self) -> Iterator[tuple[Value, Row]]:
        """The calls that start an agent with a limit."""
        models, index = self.resolver.models, self.resolver.index
        for name in models.candidates("agents", index.calls_by_name):
            for scope, call in index.calls_by_name.get(name, ()):
                for path in self.resolver.paths(scope, call.value):
                    for row in models.rows("agents", path):
                        if row.get("kind") == "run" and "limit" in row and "agent" in row:
                            yield (scope, call.value), row

    def _by_default(self, agent: Agent) -> Iterator[Limit]:
        """What holds of an agent that is started elsewhere."""
        for rows in self.resolver.models.facts["agents"].values():
            for row in rows:
                if row["stem"] == agent.framework and row.get("kind") == "run" and "limit" in row:
                    yield _left_out(row["limit"], (agent.scope, agent.call))
                    return


def _limit(resolver: Resolver, scope: int, call: int, spec: Spec) -> Limit:
    for operand in operands(resolver, scope, call, spec):
        name = spec.get("item", spec.get("name", ""))
        chosen = _inside(resolver, scope, operand, spec["item"]) if "item" in spec else (scope, operand)
        if chosen is None:
            continue
        known = constant(resolver, *chosen)
        if isinstance(known, Unknown):
            return Limit(name, "computed", None, written(resolver.index, *chosen), (scope, call))
        number = known if isinstance(known, int | float) and not isinstance(known, bool) else None
        return Limit(name, "none" if number is None else "set", number, "", (scope, call))
    return _left_out(spec, (scope, call))


def _left_out(spec: Spec, call: Value) -> Limit:
    default: Any = spec.get("default")
    name = spec.get("item", spec.get("name", ""))
    return Limit(name, "none" if default is None else "default", default, "", call)


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
