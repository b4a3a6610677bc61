"""What the analysis could not follow: calls, registrations and lists of tools that stand for nothing known.

Looks where it matters, in the functions that tools, sources and agents reach, and says for each place why. Methods of
Python's own types, and what is imported from outside, are known by their names and not listed.
"""

import builtins
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aisafety_lint.program.agents import tool_values
from aisafety_lint.program.constants import Unknown, constant
from aisafety_lint.program.model import Program
from aisafety_lint.program.refs import MOST
from aisafety_lint.program.running import Place as Value
from aisafety_lint.program.running import holders, reached
from aisafety_lint.program.spelling import spelled
from aisafety_lint.python.facts import Place

REASONS: Mapping[str, str] = {
    "computed-name": "the name of the attribute is computed when the program runs",
    "namespace": "it is looked up in a namespace by a name that is computed",
    "table": "it is taken from a table whose entries are not known",
    "parameter": "it is a parameter, and no call that is known says what is passed",
    "receiver": "the type of the object is not known",
    "attribute": "the object is known, but not this attribute of it",
    "result": "it is the result of a call that is not known",
    "variable": "the variable stands for nothing known",
    "import": "the name of the module is computed when the program runs",
    "built-code": "the code is built when the program runs",
    "tools": "it is not known which tools these are",
    "function": "it is not known which function is registered",
    "candidates": f"it may be any of more than {MOST} things, and no more are followed",
    "bound": "the tool reaches more functions than are followed",
}
"""Why something could not be resolved, in a few fixed words."""

_OWN_TYPES = (str, bytes, list, dict, set, tuple, int, float, BaseException, io.TextIOWrapper)
_OWN_METHODS = {"group", "groups", "groupdict", "isoformat", "strftime", "timestamp", "total_seconds"}
_KNOWN = frozenset(name for kind in _OWN_TYPES for name in dir(kind)) | _OWN_METHODS
_BUILTINS = frozenset({*dir(builtins), "display", "get_ipython"})  # the last two are those of a notebook
_IMPORTERS = frozenset({"importlib.import_module", "importlib.__import__", "__import__"})
_RUNNERS = frozenset({"exec", "eval"})
_NAMESPACES = frozenset({"globals", "locals", "vars"})
_LOOKING_UP = frozenset({"get", "pop", "setdefault", "__getitem__"})
_BY_NAME = frozenset(f"{space}().{method}" for space in _NAMESPACES for method in _LOOKING_UP)
_DECIDING = {name.rpartition(".")[2] for name in (*_IMPORTERS, *_RUNNERS, *_LOOKING_UP, "getattr")}
_TRANSPARENT = frozenset({"copy", "await", "return", "enter", "store", "slice", "star"})
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Unresolved:
    """One place that could not be followed; `reason` is a key of `REASONS`.

    `extent` is the region whose text is the expression, unless the facts say it themselves (`expression`).
    """

    path: str
    place: Place
    extent: Place
    symbol: str
    expression: str
    reason: str


def find_unresolved(program: Program, contents: Iterable[Value]) -> tuple[Unresolved, ...]:
    """All places outside of test code, in the order of files and lines; `contents` are the values of the sources."""
    starts = {tool.scope for tool in program.tools} | {agent.scope for agent in program.agents}
    starts |= holders(program.guards, contents)
    finder = _Finder(program)
    found = [item for scope in sorted(reached(program.resolver, starts)) for item in finder.of_scope(scope)]
    found += finder.registrations()
    found += (Unresolved(tool.path, tool.place, tool.place, tool.name, tool.name, "bound") for tool in program.cut)
    reported = dict.fromkeys(item for item in found if not program.tested(item.path))
    return tuple(sorted(reported, key=lambda item: (item.path, item.place, item.reason, item.expression)))


class _Finder:
    """Asks the resolver about calls and values, and finds words for what it does not know."""

    def __init__(self, program: Program) -> None:
        self.resolver = program.resolver
        self.index = program.index

    def of_scope(self, scope: int) -> Iterator[Unresolved]:
        """Calls of a function that stand for nothing known, then what else it decides when it runs."""
        told: set[Value] = set()
        for call in self.index.scopes[scope].calls:
            function = self.index.value(scope, call.value).args[0]
            if self.index.value(scope, function).name in _KNOWN:
                continue
            callees = self.resolver.callees(scope, call.value)
            if len(callees) >= MOST:
                yield self._called(scope, call.value, "candidates")
            elif not callees or self._is_undefined(scope, function):
                reason, origin = self._reason(scope, function)
                told.add(origin)
                yield self._called(scope, call.value, reason)
        for position, value in enumerate(self.index.scopes[scope].values):
            if value.op in ("call", "item") and (scope, position) not in told:
                reason = self._dynamic(scope, position)
                if reason:
                    yield self._there(scope, position, value.place, reason)

    def _is_undefined(self, scope: int, value: int) -> bool:
        """Whether a name is neither bound in the project nor one of Python's own."""
        known = self.index.value(scope, value)
        refs = self.resolver.refs(scope, value) if known.op == "name" and known.name not in _BUILTINS else ()
        return [ref.path for ref in refs if ref.kind == "external"] == [known.name]

    def registrations(self) -> Iterator[Unresolved]:
        """Functions registered as tools, and elements of an agent's list of tools, that are not known."""
        yield from self._registered("tools", ("function", "functions"), "function")
        yield from self._registered("agents", ("tools",), "tools")

    def _registered(self, role: str, keys: tuple[str, ...], reason: str) -> Iterator[Unresolved]:
        models = self.resolver.models
        for name in models.candidates(role, self.index.calls_by_name):
            for scope, call in self.index.calls_by_name.get(name, ()):
                rows = (row for path in self.resolver.paths(scope, call.value) for row in models.rows(role, path))
                for spec in (row[key] for row in rows for key in keys if key in row):
                    yield from self._listed(scope, call.value, spec, reason)

    def _listed(self, scope: int, call: int, spec: Mapping[str, object], reason: str) -> Iterator[Unresolved]:
        for where, item in tool_values(self.resolver, scope, call, spec):
            value = self.index.value(where, item)
            if value.op not in ("const", "text", "dict") and not self.resolver.refs(where, item):
                yield self._element(where, item, (scope, call), reason)

    def _element(self, where: int, item: int, call: Value, reason: str) -> Unresolved:
        """An element of a list: told where it is written, a variable that is bound before the call at the call."""
        place, around = self.index.value(where, item).place, self.index.value(*call).place
        name = self.index.local_names[where].get(item, "")
        if place[0] and not (name and where == call[0] and place[:2] < around[:2]):
            return self._there(where, item, place, reason)
        return self._at(call[0], self._line(around), around, name or spelled(self.index, where, item), reason)

    def _dynamic(self, scope: int, position: int) -> str:
        """Why something that the resolver knows by its name is decided only when the program runs; else empty."""
        value = self.index.value(scope, position)
        if value.op == "item":
            by_name = self._is_namespace(scope, value.args[0]) and self._is_computed(scope, value.args[1])
            return "namespace" if by_name else ""
        function = self.index.value(scope, value.args[0])
        if function.op in ("name", "attr") and function.name not in _DECIDING:
            return ""
        names = set(self.resolver.paths(scope, position))
        if "getattr" in names and len(value.args) > 2 and self._is_computed(scope, value.args[2]):
            return "computed-name"
        if len(value.args) > 1 and self._is_computed(scope, value.args[1]):
            if names & _IMPORTERS:
                return "import"
            if names & _RUNNERS:
                return "built-code"
            if names & _BY_NAME:
                return "namespace"
        return ""

    def _is_computed(self, scope: int, value: int) -> bool:
        return isinstance(constant(self.resolver, scope, value), Unknown)

    def _is_namespace(self, scope: int, value: int) -> bool:
        known = self.index.value(scope, value)
        return known.op == "call" and bool(_NAMESPACES.intersection(self.resolver.paths(scope, value)))

    # -- words ----------------------------------------------------------------------------------------------------

    def _reason(self, scope: int, value: int, depth: int = _DEPTH) -> tuple[str, Value]:
        """Why a value stands for nothing known, and the value that decides it."""
        known = self.index.value(scope, value)
        here = scope, value
        if depth == 0:
            return "variable", here
        if known.op in _TRANSPARENT:
            return self._reason(scope, known.args[0], depth - 1)
        match known.op:
            case "param":
                return "parameter", here
            case "attr":
                return ("attribute" if self.resolver.refs(scope, known.args[0]) else "receiver"), here
            case "item" | "element":
                return ("namespace" if self._is_namespace(scope, known.args[0]) else "table"), here
            case "call":
                return self._reason_of_result(scope, value), here
            case "name":
                definition = self._definition(scope, known.name)
                return self._reason(*definition, depth - 1) if definition is not None else ("variable", here)
            case "phi" | "or" | "and":
                unknown = (item for item in known.args if self.index.value(scope, item).op != "const")
                return self._reason(scope, next(unknown, known.args[0]), depth - 1)
        return "variable", here

    def _reason_of_result(self, scope: int, call: int) -> str:
        function = self.index.value(scope, self.index.value(scope, call).args[0])
        looked_up = function.op == "attr" and function.name in _LOOKING_UP
        return self._dynamic(scope, call) or ("table" if looked_up else "result")

    def _definition(self, scope: int, name: str) -> Value | None:
        """The one value of a name that an enclosing scope binds."""
        current = self.index.parents[scope]
        while current >= 0:
            values = self.index.scopes[current].locals.get(name)
            if values is not None and self.index.scopes[current].form != "class":
                return (current, values[0]) if len(values) == 1 and values[0] >= 0 else None
            current = self.index.parents[current]
        return None

    # -- places ---------------------------------------------------------------------------------------------------

    def _called(self, scope: int, call: int, reason: str) -> Unresolved:
        """A call: told at the name that is called, with all that is called as the expression."""
        place = self.index.value(scope, call).place
        position = self.index.value(scope, call).args[0]
        function = self.index.value(scope, position)
        if function.place[:2] != place[:2]:  # a variable: its value was made elsewhere
            name = self.index.local_names[scope].get(position) or function.name
            return self._at(scope, (*place[:2], place[0], place[1] + max(len(name), 1)), place, name, reason)
        if any(value.op == "text" and value.place == place for value in self.index.scopes[scope].values):
            # Inside an f-string all places are that of the string.
            return self._at(scope, self._line(place), place, spelled(self.index, scope, call), reason)
        line, _, end_line, end_column = function.place
        if end_line > line and function.op == "attr":
            told = (end_line, max(end_column - len(function.name), 1), end_line, end_column)
            return self._at(scope, told, function.place, "", reason)
        return self._there(scope, position, function.place, reason)

    def _there(self, scope: int, position: int, place: Place, reason: str) -> Unresolved:
        """A value, told where it begins, on one line."""
        return self._at(scope, self._line(place), place, "", reason)

    def _line(self, place: Place) -> Place:
        line, column, end_line, end_column = place
        return line, column, line, end_column if end_line == line else column + 1

    def _at(self, scope: int, told: Place, extent: Place, expression: str, reason: str) -> Unresolved:
        return Unresolved(self.index.paths[scope], told, extent, self.index.scopes[scope].qualname, expression, reason)
