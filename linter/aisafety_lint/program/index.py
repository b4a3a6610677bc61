"""All scopes of the project under one numbering, with the look-ups that linking needs.

Built from the facts of all files; holds no judgement. A scope's number is its index in `scopes`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from aisafety_lint.program.modules import ModuleTable, absolute_name, link_modules
from aisafety_lint.python.facts import Call, Facts, Scope, Value


@dataclass(frozen=True)
class Index:
    """The files' facts, numbered. `first[path]` is the number of a file's module scope."""

    facts: Mapping[str, Facts]
    modules: ModuleTable
    scopes: tuple[Scope, ...]
    paths: tuple[str, ...]
    first: Mapping[str, int]
    parents: tuple[int, ...]
    by_qualname: Mapping[tuple[str, str], int] = field(repr=False)

    def value(self, scope: int, value: int) -> Value:
        """A value of a scope."""
        return self.scopes[scope].values[value]

    def named(self, scope: int, qualname: str) -> int:
        """The number of the scope with this qualified name in the same file."""
        return self.by_qualname[self.paths[scope], qualname]

    def dotted(self, scope: int) -> str:
        """The dotted name of a definition: module and qualified name."""
        module = self.modules.names[self.paths[scope]]
        qualname = self.scopes[scope].qualname
        return f"{module}.{qualname}" if module and qualname else module or qualname

    def module_of(self, scope: int) -> int:
        """The module scope of the file that holds a scope."""
        return self.first[self.paths[scope]]

    def enclosing_class(self, scope: int) -> int | None:
        """The class that a function is directly defined in."""
        parent = self.parents[scope]
        return parent if parent >= 0 and self.scopes[parent].form == "class" else None

    def outer_class(self, scope: int) -> int | None:
        """The nearest class around a scope, also through nested functions."""
        while scope >= 0:
            if self.scopes[scope].form == "class":
                return scope
            scope = self.parents[scope]
        return None

    def absolute(self, scope: int, module: str) -> str:
        """The absolute name of a module as imported by a scope."""
        path = self.paths[scope]
        return absolute_name(module, self.modules.names[path], self.facts[path].is_package)

    @cached_property
    def calls(self) -> tuple[Mapping[int, Call], ...]:
        """For each scope its calls by value."""
        return tuple({call.value: call for call in scope.calls} for scope in self.scopes)

    @cached_property
    def calls_by_name(self) -> Mapping[str, Sequence[tuple[int, Call]]]:
        """All calls by the last name of what is called ("" where it has none)."""
        found: dict[str, list[tuple[int, Call]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for call in scope.calls:
                found[_called_name(scope.values[scope.values[call.value].args[0]])].append((number, call))
        return found

    @cached_property
    def local_names(self) -> tuple[Mapping[int, str], ...]:
        """For each scope the variable that a value was bound to first."""
        return tuple(
            {value: name for name, values in scope.locals.items() for value in reversed(values)}
            for scope in self.scopes
        )

    @cached_property
    def children(self) -> Mapping[int, Sequence[int]]:
        """Scopes nested directly in a scope."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, parent in enumerate(self.parents):
            if parent >= 0:
                found[parent].append(number)
        return found

    @cached_property
    def attribute_loads(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """All reads of an attribute, by its name."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for position, value in enumerate(scope.values):
                if value.op == "attr":
                    found[value.name].append((number, position))
        return found

    @cached_property
    def attribute_stores(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """All writes of an attribute, by its name."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for position in scope.stores:
                value = scope.values[position]
                if value.op == "store" and value.kind == "attr":
                    found[value.name].append((number, position))
        return found

    @cached_property
    def name_loads(self) -> Mapping[tuple[str, str], Sequence[tuple[int, int]]]:
        """Reads of a name that is not local, by file and name."""
        found: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for position, value in enumerate(scope.values):
                if value.op == "name":
                    found[self.paths[number], value.name].append((number, position))
        return found

    @cached_property
    def global_stores(self) -> Mapping[tuple[str, str], Sequence[tuple[int, int]]]:
        """Writes of a module variable from inside functions, by file and name."""
        found: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for position in scope.stores:
                value = scope.values[position]
                if value.op == "global":
                    found[self.paths[number], value.name].append((number, value.args[0]))
        return found

    @cached_property
    def importers(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Imports by the last name they bind: (scope, value of the import)."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            if scope.imports:
                for position, value in enumerate(scope.values):
                    if value.op == "import" and value.name:
                        found[value.name].append((number, position))
        return found


def _called_name(function: Value) -> str:
    """The last name of what is called; a definition of the same scope is known by its qualified name."""
    if function.op in ("function", "class"):
        return function.name.rpartition(".")[2].partition("#")[0]
    return function.name if function.op in ("name", "attr", "import") else ""


def build_index(facts: Mapping[str, Facts]) -> Index:
    """Number all scopes of all files, files in the order of their paths."""
    scopes: list[Scope] = []
    paths: list[str] = []
    first: dict[str, int] = {}
    parents: list[int] = []
    for path in sorted(facts):
        first[path] = base = len(scopes)
        for scope in facts[path].scopes:
            scopes.append(scope)
            paths.append(path)
            parents.append(base + scope.parent if scope.parent >= 0 else -1)
    by_qualname = {
        (path, scope.qualname): number for number, (path, scope) in enumerate(zip(paths, scopes, strict=True))
    }
    return Index(facts, link_modules(facts), tuple(scopes), tuple(paths), first, tuple(parents), by_qualname)
