"""All scopes of the project under one numbering, with the look-ups that linking needs.

Built from the facts of all files; holds no judgement. A scope's number is its index in `scopes`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from aisafety_lint.program.modules import ModuleTable, absolute_name, link_modules
from aisafety_lint.python.facts import Call, Facts, Scope, Value

_ACCESS = frozenset({"name", "attr", "import"})
_LITERALS = frozenset({"list", "set", "dict", "call"})
_ALIASED = 8
_WRAPPERS = frozenset({"staticmethod", "classmethod", "partial", "partialmethod", "cast", "wraps"})


@dataclass(frozen=True, slots=True)
class Put:
    """`root[key] = content`, `root.append(content)`; `spread` where all elements of the content are put.

    `position` is the value that is the object afterwards.
    """

    scope: int
    position: int
    root: int
    content: int
    key: str
    spread: bool


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

    def passed(self, scope: int, call: int) -> Mapping[int, Sequence[tuple[str, int]]]:
        """For each operand of a call how it is passed: by which keyword, after how many positional arguments."""
        known = self._passed.get((scope, call))
        if known is None:
            found: dict[int, list[tuple[str, int]]] = defaultdict(list)
            place = 0
            for keyword, item in zip(self.calls[scope][call].keywords, self.value(scope, call).args[1:], strict=True):
                found[item].append((keyword, place))
                place += keyword == ""
            known = self._passed[scope, call] = found
        return known

    @cached_property
    def _passed(self) -> dict[tuple[int, int], Mapping[int, Sequence[tuple[str, int]]]]:
        """Kept, since a call with very many arguments would otherwise be read once for each of them."""
        return {}

    @cached_property
    def inits_called(self) -> Mapping[int, Sequence[tuple[int, Call]]]:
        """The calls of an `__init__` by the class that they stand in (`super().__init__(name)`)."""
        found: dict[int, list[tuple[int, Call]]] = defaultdict(list)
        for scope, call in self.calls_by_name.get("__init__", ()):
            owner = self.enclosing_class(scope)
            if owner is not None:
                found[owner].append((scope, call))
        return found

    @cached_property
    def calls_by_name(self) -> Mapping[str, Sequence[tuple[int, Call]]]:
        """All calls by the last name of what is called ("" where it has none), also by what that name is an alias of.

        `ask = client.create; ask(...)` is listed under both names; whether it is meant is for the resolver to say.
        """
        found: dict[str, list[tuple[int, Call]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for call in scope.calls:
                function = scope.values[scope.values[call.value].args[0]]
                if function.op == "item":  # a generic class with its parameters
                    function = scope.values[function.args[0]]
                name = _called_name(function)
                found[name].append((number, call))
                for other in self.aliases.get(name, ()) if name else ():
                    found[other].append((number, call))
        return found

    @cached_property
    def aliases(self) -> Mapping[str, tuple[str, ...]]:
        """For each name the names of other things that it is bound to somewhere: by an import or an assignment."""
        direct: dict[str, dict[str, None]] = defaultdict(dict)
        for scope in self.scopes:
            for item in scope.imports:
                if item.name not in ("", "*", item.local):
                    direct[item.local][item.name] = None
            for name, values in scope.locals.items():
                for value in values:
                    for target in _named_by(scope, value):
                        if target != name:
                            direct[name][target] = None
            for position in scope.stores:
                stored = scope.values[position]
                for target in _named_by(scope, stored.args[-1]):
                    if target != stored.name:
                        direct[stored.name][target] = None
        return {name: _reachable(name, direct) for name in direct}

    @cached_property
    def methods(self) -> tuple[Mapping[str, int], ...]:
        """For each class scope its methods by name, the last definition of each; empty for other scopes."""
        found: list[dict[str, int]] = [{} for _ in self.scopes]
        for number, parent in enumerate(self.parents):
            if parent >= 0 and self.scopes[parent].form == "class" and self.scopes[number].form == "function":
                found[parent][self.scopes[number].name] = number
        return tuple(found)

    @cached_property
    def setters(self) -> Mapping[str, Sequence[int]]:
        """The functions that are decorated as setters of a property, by its name."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, _ in self.decorated_by.get("setter", ()):
            if self.enclosing_class(number) is not None:
                found[self.scopes[number].name].append(number)
        return found

    @cached_property
    def with_method(self) -> Mapping[str, Sequence[int]]:
        """The classes that define a method of a name."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, methods in enumerate(self.methods):
            for name in methods:
                found[name].append(number)
        return found

    @cached_property
    def decorated_by(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Decorated functions and classes with the decorator (a value of the enclosing scope), by its last name."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for value in scope.decorators:
                outer = self.scopes[self.parents[number]]
                known = outer.values[value]
                named = outer.values[known.args[0]] if known.op == "call" else known
                found[_called_name(named)].append((number, value))
        return found

    @cached_property
    def puts_by_root(self) -> Mapping[tuple[int, int], Sequence[Put]]:
        """What is put into the container that a value makes, in the same scope."""
        return self._puts[0]

    @cached_property
    def puts_by_name(self) -> Mapping[str, Sequence[Put]]:
        """What is put into a container that is known by a name: of a variable, or of an attribute."""
        return self._puts[1]

    @cached_property
    def _puts(self) -> tuple[Mapping[tuple[int, int], Sequence[Put]], Mapping[str, Sequence[Put]]]:
        by_root: dict[tuple[int, int], list[Put]] = defaultdict(list)
        by_name: dict[str, list[Put]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for position, value in enumerate(scope.values):
                if value.op == "store" and value.kind != "attr":
                    root = _root(scope, value.args[0])
                    put = Put(number, position, root, value.args[1], value.name, value.kind == "spread")
                    if scope.values[root].op in _ACCESS:
                        by_name[scope.values[root].name].append(put)
                    elif scope.values[root].op in _LITERALS:
                        by_root[number, root].append(put)
        return by_root, by_name

    @cached_property
    def names_of(self) -> Mapping[tuple[int, int], tuple[str, ...]]:
        """The names by which a container that a value makes is known: of variables and of attributes."""
        found: dict[tuple[int, int], dict[str, None]] = defaultdict(dict)
        for number, scope in enumerate(self.scopes):
            for name, values in scope.locals.items():
                for value in values:
                    for item in _alternatives(scope, value):
                        found[number, item][name] = None
            for position in scope.stores:
                stored = scope.values[position]
                for item in _alternatives(scope, stored.args[-1]):
                    found[number, item][stored.name] = None
        return {key: tuple(names) for key, names in found.items()}

    @cached_property
    def local_names(self) -> tuple[Mapping[int, str], ...]:
        """For each scope the variable that a value was bound to first."""
        return tuple(
            {value: name for name, values in scope.locals.items() for value in reversed(values)}
            for scope in self.scopes
        )

    @cached_property
    def defaults(self) -> Mapping[tuple[int, int], Sequence[tuple[int, int]]]:
        """The parameters that a value is the default of."""
        found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for number, scope in enumerate(self.scopes):
            for param in scope.params:
                if param.default >= 0:
                    found[self.parents[number], param.default].append((number, param.value))
        return found

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
    return function.name if function.op in _ACCESS else ""


def build_index(facts: Mapping[str, Facts], libraries: frozenset[str]) -> Index:
    """Number all scopes of all files, files in the order of their paths; `libraries` are import roots of others."""
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
    return Index(facts, link_modules(facts, libraries), tuple(scopes), tuple(paths), first, tuple(parents), by_qualname)


def _root(scope: Scope, value: int) -> int:
    """The value behind what was written into it: the object itself."""
    for _ in range(len(scope.values)):
        known = scope.values[value]
        if known.op not in ("store", "copy", "phi") or not known.args:
            break
        value = known.args[0]
    return value


def _alternatives(scope: Scope, value: int) -> tuple[int, ...]:
    """The containers that a value is, also through `given or {}`."""
    known = scope.values[value]
    if known.op in ("or", "phi"):
        return tuple(item for item in known.args if scope.values[item].op in _LITERALS)
    return (value,) if known.op in _LITERALS else ()


def _named_by(scope: Scope, value: int) -> tuple[str, ...]:
    """The names of what a value stands for directly, also in a call that only wraps it (`staticmethod(f)`)."""
    known = scope.values[value]
    if known.op == "call":
        wrapped = len(known.args) > 1 and scope.values[known.args[0]].name in _WRAPPERS
        known = scope.values[known.args[1]] if wrapped else known
    items = [scope.values[item] for item in known.args] if known.op in ("or", "phi", "copy") else [known]
    return tuple(name for item in items if (name := _called_name(item)))


def _reachable(name: str, direct: Mapping[str, Mapping[str, None]]) -> tuple[str, ...]:
    """The names behind a name, through several bindings, at most a few."""
    found: dict[str, None] = {}
    edge = [name]
    for _ in range(3):
        edge = [target for item in edge for target in direct.get(item, ()) if target not in found and target != name]
        found.update(dict.fromkeys(edge))
    return tuple(found)[:_ALIASED]
