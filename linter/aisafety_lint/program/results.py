"""Calls and subscripts: what is called, what comes back, and by which access paths the models know it."""

import builtins
from collections.abc import Iterable, Iterator

from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.index import Index
from aisafety_lint.program.models import Models, Row
from aisafety_lint.program.refs import Ref, Refs, external, unique
from aisafety_lint.program.standard import Standard, in_pairs
from aisafety_lint.python.facts import Annotation

_NESTING = 4
_CLASSES = frozenset({"type", "Type", "typing.Type"})
_ALTERNATIVES = frozenset({"Union", "|", "Optional", "tuple", "Tuple"})
_BUILTINS = frozenset({*dir(builtins), "None", "Any"})
_OF_TEXT = frozenset(name for name in dir(str) if not name.startswith("_"))
# Objects of libraries have no methods of these names.
_OF_TEXT_ALONE = frozenset({"strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "startswith", "endswith"})
_WITH_DEFAULT = frozenset({"get", "pop", "setdefault"})
_COPYING = frozenset({"copy", "deepcopy", "model_copy", "__copy__", "_replace"})


class Results(Standard):
    """Resolves calls and elements."""

    def __init__(self, index: Index, models: Models) -> None:
        super().__init__(index, models)
        self._callees: dict[tuple[int, int], Refs] = {}
        self._paths: dict[tuple[int, int], tuple[str, ...]] = {}

    def item(self, base: Ref, key: str, depth: int = _NESTING) -> Refs:
        """An element of something resolved; an empty key means any element."""
        if depth == 0:
            return ()
        match base.kind:
            case "container" | "collection":
                return self.elements(base, key, depth)
            case "class":  # a generic class with its parameters
                return (base,)
            case "module":
                return self.module_member(base.scope, key) if key else self.named_like(base, "*")
            case "items":
                return base.items or (self.item(base.receiver, key, depth - 1) if base.receiver is not None else ())
            case "external" if base.path.endswith(("globals()", "locals()", "vars()")):
                return ()
            case "external" if ":" not in base.path and self.models.types_of_class(base.path):
                return (base,)
            case "external":
                made = self._made_by(f"{base.path}[]", None)
                return made or (external(f"{base.path}[]"),)
        return ()

    def callees(self, scope: int, call: int) -> Refs:
        """What a call calls: functions, classes, instances (by `__call__`) and external paths; empty where unknown."""
        key = scope, call
        known = self._callees.get(key)
        if known is None:
            function = self.index.value(scope, call).args[0]
            known = self.refs(scope, function)
            if self.idle:
                self._callees[key] = known
        return known

    def result(self, scope: int, position: int) -> Refs:
        """What a call returns."""
        found = [ref for callee in self.callees(scope, position) for ref in self._result_of(scope, position, callee)]
        return unique((*found, *self._by_default(scope, position)))

    def _by_default(self, scope: int, position: int) -> Refs:
        """What `mapping.get(key, default)` gives where the mapping has no such key, whatever the mapping is."""
        call = self.index.value(scope, position)
        function = self.index.value(scope, call.args[0])
        if function.op != "attr" or function.name not in _WITH_DEFAULT or len(call.args) != 3:
            return ()
        if any(ref.kind != "items" for ref in self.callees(scope, position)):
            return ()
        return self.refs(scope, call.args[2])

    def _result_of(self, scope: int, position: int, callee: Ref) -> Iterable[Ref]:
        match callee.kind:
            case "class":
                return [Ref("instance", callee.scope)]
            case "function":
                returned = self._of_argument(scope, position, callee) or list(self.returned(callee))
                typed = [external(kind) for kind in self.models_made_by_function(callee)]
                return [*returned, *typed]
            case "instance":
                return [
                    ref
                    for method in self.member(callee, "__call__")
                    if method.kind == "function"
                    for ref in self.returned(method)
                ]
            case "items" if callee.receiver is not None:
                if callee.path in ("values", "copy"):
                    return [callee.receiver]
                if callee.path == "items":
                    return in_pairs(self.item(callee.receiver, ""))
                return self.item(callee.receiver, "")
            case "external":
                return self._external_result(scope, position, callee.path)
        return ()

    def _of_argument(self, scope: int, position: int, callee: Ref) -> list[Ref]:
        """What a call returns whose type is that of an argument: `def load(kind: type[T]) -> T`."""
        function = self.index.scopes[callee.scope]
        wanted = function.annotation
        if wanted is None or not self._is_variable(callee.scope, wanted):
            return []
        found: list[Ref] = []
        first = callee.given + (callee.receiver is not None)
        for place, param in enumerate(function.params):
            declared = param.annotation
            made = declared is not None and declared.name in _CLASSES and declared.args == (wanted,)
            if declared is not None and (made or declared == wanted):
                spec = {"name": param.name, **({"position": place - first} if place >= first else {})}
                given = [ref for item in operands(self, scope, position, spec) for ref in self.refs(scope, item)]
                found += [Ref("instance", ref.scope) for ref in given if ref.kind == "class"] if made else given
        return found

    def _is_variable(self, scope: int, annotation: Annotation) -> bool:
        """Whether an annotation is a type variable, or a class that is one: a name that stands for no type."""
        if annotation.name in _CLASSES and len(annotation.args) == 1:
            return self._is_variable(scope, annotation.args[0])
        plain = annotation.name.isidentifier() and not annotation.args and annotation.name not in _BUILTINS
        return plain and not self.dotted(scope, annotation.name)

    def models_made_by_function(self, callee: Ref) -> tuple[str, ...]:
        """Modelled types that the models say a project function returns."""
        return tuple(
            kind
            for kind, when in self.models.made_by.get(self.models.normal(self.index.dotted(callee.scope)), ())
            if not when
        )

    def _external_result(self, scope: int, position: int, path: str) -> Iterable[Ref]:
        args = self.index.value(scope, position).args
        if path == "super":
            owner = self.index.outer_class(scope)
            return () if owner is None else [Ref("super", owner)]
        function = self.index.value(scope, args[0])
        if path.rpartition(".")[2] in _COPYING and function.op == "attr":
            return self.refs(scope, function.args[0])
        special = self.standard_result(scope, position, path)
        if special is not None:
            return special
        if path.endswith("()") and len(args) == 2:  # a decorator of a library that is applied by hand
            wrapped = [ref for ref in self.refs(scope, args[1]) if ref.kind == "function"]
            if wrapped:
                return wrapped
        if function.op == "attr" and self.models.constructors.intersection(self.models.keys(path)):
            return [Ref("instance", ref.scope) for ref in self.refs(scope, function.args[0]) if ref.kind == "class"]
        rows = [row for row in self.models.rows("sources", path) if "typed" in row]
        typed = [ref for row in rows for ref in self._typed(scope, position, row)]
        if typed:
            return typed
        made = self._made_by(path, (scope, position))
        if made:
            return made
        kinds = self.models.types_of_class(path) if ":" not in path else ()
        return [external(kind) for kind in kinds] or [external(f"{path}()")]

    def _typed(self, scope: int, call: int, row: Row) -> Iterator[Ref]:
        """The instances of the class that a call is given as the type of its result."""
        for operand in operands(self, scope, call, row["typed"]):
            yield from (Ref("instance", ref.scope) for ref in self.refs(scope, operand) if ref.kind == "class")

    def _made_by(self, path: str, call: tuple[int, int] | None) -> Refs:
        """The types that the models say a call returns; rows with a condition come first and shut out the others."""
        rows = [row for key in self.models.keys(path) for row in self.models.made_by.get(key, ())]
        fitting = [
            kind
            for kind, when in rows
            if when and call is not None and all_hold(self, *call, {"when": when}) is Holds.YES
        ]
        return unique(external(kind) for kind in fitting or [kind for kind, when in rows if not when])

    def returned(self, callee: Ref) -> Iterable[Ref]:
        """What a project function returns: by its annotation where that says something, else by its return values."""
        scope = self.index.scopes[callee.scope]
        if scope.annotation is not None:
            annotated = self.annotated(callee.scope, scope.annotation)
            if scope.annotation.name.rpartition(".")[2] == "Self" and callee.receiver is not None:
                annotated = (Ref("instance", callee.receiver.scope),)
            if annotated and not _is_vague(scope.annotation):
                return annotated
        return [ref for value in scope.returns[:8] for ref in self.refs(callee.scope, value)] or [
            ref for value in scope.yields[:4] for ref in self.refs(callee.scope, value)
        ]

    def function_of(self, callee: Ref) -> int | None:
        """The project function that a callee runs: itself, a constructor or a `__call__`."""
        if callee.kind == "function":
            return callee.scope
        if callee.kind in ("class", "instance"):
            name = "__init__" if callee.kind == "class" else "__call__"
            for owner in self.lineage(callee.scope):
                if owner.kind == "class" and name in self.index.scopes[owner.scope].locals:
                    method = self.index.by_qualname.get(
                        (self.index.paths[owner.scope], f"{self.index.scopes[owner.scope].qualname}.{name}")
                    )
                    if method is not None:
                        return method
        return None

    def paths(self, scope: int, call: int) -> tuple[str, ...]:
        """The external access paths of what a call calls, also those by which models know a project function."""
        known = self._paths.get((scope, call))
        if known is None:
            known = self._find_paths(scope, call)
            if self.idle:
                self._paths[scope, call] = known
        return known

    def _find_paths(self, scope: int, call: int) -> tuple[str, ...]:
        found: list[str] = []
        for callee in self.callees(scope, call):
            found += self.paths_of(callee)
        if not found and not any(True for _ in self.callees(scope, call)):
            function = self.index.value(scope, self.index.value(scope, call).args[0])
            if function.op == "attr":
                found += [f"?.{function.name}", f"str.{function.name}"]
        return tuple(dict.fromkeys(found))

    def paths_of(self, callee: Ref) -> tuple[str, ...]:
        """The access paths by which models may know something resolved."""
        match callee.kind:
            case "external":
                _, colon, rest = callee.path.partition(":")
                if colon and "." not in rest:
                    return (f"{callee.path}.__call__",)
                as_text = _as_text(callee.path, _OF_TEXT_ALONE if colon else _OF_TEXT)
                return (callee.path, *as_text, *(() if colon else self.models.types_of_class(callee.path)))
            case "function":
                own = self.index.enclosing_class(callee.scope)
                name = self.index.scopes[callee.scope].name
                found = [self.index.dotted(callee.scope)]
                owner = (
                    callee.receiver.scope if callee.receiver is not None and callee.receiver.kind == "instance" else own
                )
                if owner is not None:
                    found += [f"{kind}.{name}" for kind in self.types(owner)]
                return tuple(found)
            case "class":
                return (self.index.dotted(callee.scope), *self.types(callee.scope))
            case "instance":
                return tuple(f"{kind}.__call__" for kind in self.types(callee.scope))
        return ()


def _is_vague(annotation: Annotation) -> bool:
    """Whether an annotation leaves a part open that says what comes back: `tuple[Any, str] | Failure`."""
    last = annotation.name.rpartition(".")[2]
    return last == "Any" or (last in _ALTERNATIVES and any(_is_vague(item) for item in annotation.args))


def _as_text(path: str, methods: frozenset[str]) -> tuple[str, ...]:
    """A method of strings on what an unmodelled call returned, or on an element of it."""
    base, _, name = path.rpartition(".")
    return (f"str.{name}",) if name in methods and base.endswith((")", "]")) else ()
