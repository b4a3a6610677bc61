"""What a tool can do: the capabilities of all that it reaches, the calls that prove it, and who approved."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from aisafety_lint.finding import Confidence
from aisafety_lint.program.conditions import Holds, all_hold, row_confidence
from aisafety_lint.program.consent import Consent, Filled
from aisafety_lint.program.models import rows_of
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.tools import Tool
from aisafety_lint.python.facts import Call

_REACH = 400
_BUILT_IN = frozenset(name for kind in (str, bytes, list, dict, set, tuple, int, float) for name in dir(kind))


@dataclass(frozen=True, slots=True)
class Effect:
    """A call with a capability that a tool reaches: `chain` leads from the tool to it as (scope, call)."""

    tool: Tool
    capability: str
    chain: tuple[tuple[int, int], ...]
    approved: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class _Site:
    """A call of a function: its capabilities and the project functions that it may run."""

    call: int
    guard: int
    capabilities: tuple[tuple[str, Confidence], ...]
    callees: tuple[int, ...]


class Effects:
    """Finds the effects of tools; `reached` collects the functions that any of them can run."""

    def __init__(self, resolver: Resolver, consent: Consent, filled: Filled) -> None:
        self.resolver = resolver
        self.consent = consent
        self.filled = filled
        self.reached: set[int] = set()
        self._sites: dict[int, tuple[_Site, ...]] = {}

    def of_tool(self, tool: Tool) -> Iterator[Effect]:
        """All effects of a tool by the shortest way, each call once for each capability; approved and not are two."""
        pending: deque[tuple[int, tuple[tuple[int, int], ...], bool]] = deque([(tool.scope, (), tool.approved)])
        visited: set[tuple[int, bool]] = {(tool.scope, tool.approved)}
        seen: set[tuple[int, int, str, bool]] = set()
        while pending and len(visited) < _REACH:
            scope, chain, approved = pending.popleft()
            self.reached.add(scope)
            for site in self.sites(scope):
                here = approved or self.consent.approved(scope, site.guard, self.filled)
                way = (*chain, (scope, site.call))
                for capability, confidence in site.capabilities:
                    if (scope, site.call, capability, here) not in seen:
                        seen.add((scope, site.call, capability, here))
                        yield Effect(tool, capability, way, here, confidence)
                for callee in site.callees:
                    if (callee, here) not in visited and (callee, False) not in visited:
                        visited.add((callee, here))
                        pending.append((callee, way, here))

    def sites(self, scope: int) -> tuple[_Site, ...]:
        """The calls of a function that matter."""
        known = self._sites.get(scope)
        if known is None:
            known = self._sites[scope] = tuple(self._find(scope))
        return known

    def _find(self, scope: int) -> Iterator[_Site]:
        index = self.resolver.index
        for call in index.scopes[scope].calls:
            value = index.value(scope, call.value)
            capabilities = tuple(self._capabilities(scope, call.value))
            callees = [self.resolver.function_of(ref) for ref in self.resolver.callees(scope, call.value)]
            for operand in value.args[1:]:
                if index.value(scope, operand).op in ("attr", "function", "name", "import"):
                    callees += [ref.scope for ref in self.resolver.refs(scope, operand) if ref.kind == "function"]
            functions = tuple(dict.fromkeys(callee for callee in callees if callee is not None))
            if capabilities or functions:
                yield _Site(call.value, value.guard, capabilities, functions)

    def unresolved(self) -> int:
        """How many calls in the functions that tools reach stand for nothing known, methods of built-in types aside."""
        return sum(self._is_unresolved(scope, call.value) for scope in self.reached for call in self._calls(scope))

    def _calls(self, scope: int) -> tuple[Call, ...]:
        return self.resolver.index.scopes[scope].calls

    def _is_unresolved(self, scope: int, call: int) -> bool:
        function = self.resolver.index.value(scope, self.resolver.index.value(scope, call).args[0])
        return function.name not in _BUILT_IN and not self.resolver.callees(scope, call)

    def _capabilities(self, scope: int, call: int) -> Iterator[tuple[str, Confidence]]:
        found: dict[str, Confidence] = {}
        for row in rows_of(self.resolver.models, "effects", self.resolver.paths(scope, call)):
            held = all_hold(self.resolver, scope, call, row)
            if held is Holds.NO:
                continue
            for capability in row["capability"] if isinstance(row["capability"], list) else [row["capability"]]:
                found.setdefault(capability, row_confidence(row, held))
        yield from found.items()
