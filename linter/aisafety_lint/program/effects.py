"""What a tool can do: the capabilities of all that it reaches, the calls that prove it, and who approved."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from aisafety_lint.finding import Confidence
from aisafety_lint.program.conditions import Holds, all_hold, operands, row_confidence
from aisafety_lint.program.consent import Consent, Filled
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.receivers import UNKNOWN, Classes, run_on
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.running import functions_run
from aisafety_lint.program.tools import Part, Tool
from aisafety_lint.python.facts import Place

_REACH = 400


@dataclass(frozen=True, slots=True)
class Effect:
    """A call with a capability that a tool reaches: `chain` leads from the tool to it as (scope, call).

    A `sandboxed` one is contained: it happens elsewhere than on this machine. `part` is the one of several tools that
    a function runs by their names.
    """

    tool: Tool
    capability: str
    chain: tuple[tuple[int, int], ...]
    approved: bool
    confidence: Confidence
    sandboxed: bool = False
    part: Part | None = None

    @property
    def name(self) -> str:
        """The name by which the model calls for it."""
        return self.part.name if self.part is not None else self.tool.name

    @property
    def place(self) -> Place:
        """Where the tool is defined, or the branch begins that it is."""
        return self.part.place if self.part is not None else self.tool.place


@dataclass(frozen=True, slots=True)
class _Site:
    """A call of a function: its capabilities and the project functions that it may run."""

    call: int
    guard: int
    capabilities: tuple[tuple[str, Confidence, bool], ...]
    callees: tuple[int, ...]


class Effects:
    """Finds the effects of tools; `cut` collects the tools that reach more functions than are followed."""

    def __init__(self, resolver: Resolver, consent: Consent, filled: Filled) -> None:
        self.resolver = resolver
        self.consent = consent
        self.filled = filled
        self.cut: list[Tool] = []
        self._sites: dict[int, tuple[_Site, ...]] = {}

    def of_tool(self, tool: Tool) -> Iterator[Effect]:
        """All effects of a tool by the shortest way, each call once for each capability; approved and not are two."""
        pending: deque[tuple[int, tuple[tuple[int, int], ...], bool, Part | None, Classes]] = deque()
        pending.append((tool.scope, (), tool.approved, None, UNKNOWN))
        visited: set[tuple[int, bool, Part | None, Classes]] = {(tool.scope, tool.approved, None, UNKNOWN)}
        seen: set[tuple[int, int, str, bool, Part | None]] = set()
        while pending and len(visited) < _REACH:
            scope, chain, approved, part, classes = pending.popleft()
            for site in self.sites(scope):
                if not chain:
                    part = self._part(tool, site.guard)
                    if tool.parts and (part is None or part.name not in tool.parts):
                        continue
                here = approved or self.consent.approved(scope, site.guard, self.filled, -1 if chain else tool.since)
                way = (*chain, (scope, site.call))
                for capability, confidence, sandboxed in site.capabilities:
                    if (scope, site.call, capability, here, part) not in seen:
                        seen.add((scope, site.call, capability, here, part))
                        yield Effect(tool, capability, way, here, confidence, sandboxed, part)
                functions = self._run_by(scope, site, chain)
                for callee, on in run_on(self.resolver, scope, site.call, functions, classes):
                    known = product((here, False), (on, UNKNOWN))
                    if not any((callee, asked, part, less) in visited for asked, less in known):
                        visited.add((callee, here, part, on))
                        pending.append((callee, way, here, part, on))
        if pending:
            self.cut.append(tool)

    def _run_by(self, scope: int, site: _Site, chain: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
        """The functions that a call runs: of a parameter, those that the caller has passed for it."""
        index = self.resolver.index
        function = index.value(scope, index.value(scope, site.call).args[0])
        if function.op != "param" or not chain:
            return site.callees
        outer, call = chain[-1]
        for callee in self.resolver.callees(outer, call):
            if self.resolver.function_of(callee) == scope:
                bound = callee.receiver is not None
                record = index.calls[outer][call]
                operand = self.resolver.argument_for(outer, record, scope, function.name, bound=bound)
                refs = () if operand is None else self.resolver.refs(outer, operand)
                return tuple(ref.scope for ref in refs if ref.kind == "function") or site.callees
        return site.callees

    def _part(self, tool: Tool, guard: int) -> Part | None:
        """The branch that a place of a function stands in which runs several tools by their names."""
        index = self.resolver.index
        for condition, holds in self.consent.chain(tool.scope, guard) if tool.choosers else ():
            for value in self._compared(tool.scope, condition) if holds == "true" else ():
                known = index.value(tool.scope, value)
                if known.op == "compare" and known.name == "Eq" and known.args[0] in tool.choosers:
                    return Part(index.value(tool.scope, known.args[1]).name, known.place)
        return None

    def _compared(self, scope: int, condition: int) -> tuple[int, ...]:
        """The comparisons of which one holds where a condition does."""
        known = self.resolver.index.value(scope, condition)
        return known.args if known.op in ("or", "and") else (condition,)

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
            functions = tuple(dict.fromkeys(functions_run(self.resolver, scope, call.value)))
            if capabilities or functions:
                yield _Site(call.value, value.guard, capabilities, functions)

    def _capabilities(self, scope: int, call: int) -> Iterator[tuple[str, Confidence, bool]]:
        found: dict[str, tuple[Confidence, bool]] = {}
        for row in self._rows(scope, call):
            held = all_hold(self.resolver, scope, call, row)
            if held is Holds.NO:
                continue
            for capability in row["capability"] if isinstance(row["capability"], list) else [row["capability"]]:
                found.setdefault(capability, (row_confidence(row, held), "sandboxed" in row))
        if "fs-delete" in found and self._made_here(scope, call):
            del found["fs-delete"]
        if self._asks_a_model(scope, call):
            found.setdefault("model", (Confidence.HIGH, False))
        yield from ((capability, *known) for capability, known in found.items())

    def _rows(self, scope: int, call: int) -> Iterator[Row]:
        """What the models say about the effects of a call, and of a library's function that it hands over to be run.

        The arguments of the latter are not those of the call, so only what holds whatever they are counts.
        """
        models, paths = self.resolver.models, self.resolver.paths(scope, call)
        yield from rows_of(models, "effects", paths)
        for run in rows_of(models, "runs", paths):
            for function in operands(self.resolver, scope, call, run["function"]):
                handed = [path for ref in self.resolver.refs(scope, function) for path in self.resolver.paths_of(ref)]
                for row in rows_of(models, "effects", handed):
                    if "when" not in row and "unless" not in row:
                        yield row

    def _asks_a_model(self, scope: int, call: int) -> bool:
        """Whether what a call gives was written by a model."""
        rows = rows_of(self.resolver.models, "sources", self.resolver.paths(scope, call))
        return any(
            row["yields"] == "model-output" and all_hold(self.resolver, scope, call, row) is not Holds.NO
            for row in rows
        )

    def _made_here(self, scope: int, call: int) -> bool:
        """Whether a function deletes a file that it makes itself: a temporary one, one that it writes and moves."""
        index = self.resolver.index
        deleted = self._subjects(scope, call)
        origin = self._origin(scope, deleted)
        for other in index.scopes[scope].calls:
            paths = self.resolver.paths(scope, other.value)
            if other.value in origin and self._makes_temporary(scope, other.value):
                return True
            written = self._subjects(scope, other.value)
            if other.value != call and written & deleted and self._writes(scope, other.value, paths):
                return True
        return False

    def _makes_temporary(self, scope: int, call: int) -> bool:
        """Whether a call gives a new temporary file or folder, or a function does that makes one."""
        made = any(path.startswith("tempfile.") for path in self.resolver.paths(scope, call))
        functions = (self.resolver.function_of(callee) for callee in self.resolver.callees(scope, call))
        return made or any(
            path.startswith("tempfile.")
            for function in functions
            if function is not None
            for inner in self.resolver.index.scopes[function].calls
            for path in self.resolver.paths(function, inner.value)
        )

    def _subjects(self, scope: int, call: int) -> set[int]:
        """What a call may be about: its first argument, and the receiver of a method."""
        value = self.resolver.index.value(scope, call)
        function = self.resolver.index.value(scope, value.args[0])
        return {*value.args[1:2], *(function.args[:1] if function.op == "attr" else ())}

    def _origin(self, scope: int, values: set[int]) -> set[int]:
        found, pending = set(values), list(values)
        for item in pending:
            fresh = [arg for arg in self.resolver.index.value(scope, item).args if arg not in found]
            found.update(fresh)
            pending += fresh
        return found

    def _writes(self, scope: int, call: int, paths: tuple[str, ...]) -> bool:
        rows = [row for row in rows_of(self.resolver.models, "effects", paths) if "fs-write" in row["capability"]]
        return any(all_hold(self.resolver, scope, call, row) is not Holds.NO for row in rows)
