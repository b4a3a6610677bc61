"""Functions of the project that an operation runs without a call: properties, setters, and methods with double
underscores (`value["x"]`, `for item in value`, `f"{value}"`, `one + other`, `with value`).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from aisafety_lint.program.fields import AFTERWARDS
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Value

Place = tuple[int, int]
Run = tuple[int, tuple[int, ...]]
"""A function, and for each operand of the operation the value of the parameter that it becomes, or -1."""

_METHODS: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "item": (("__getitem__",), (0, 1)),
    "element": (("__iter__", "__aiter__"), (0,)),
    "enter": (("__enter__", "__aenter__"), (0,)),
    "await": (("__await__",), (0,)),
}
_ARITHMETIC = {
    "BitAnd": "__and__",
    "BitOr": "__or__",
    "Div": "__truediv__",
    "FloorDiv": "__floordiv__",
    "LShift": "__lshift__",
    "MatMult": "__matmul__",
    "Mult": "__mul__",
    "RShift": "__rshift__",
    "Sub": "__sub__",
}
_CALLS = {
    "str": ("__str__", "__repr__"),
    "format": ("__format__", "__str__"),
    "repr": ("__repr__",),
    "iter": ("__iter__",),
}


class Implicit:
    """Finds such functions by the class of the object that an operation is done on."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self._known: dict[Place, tuple[Run, ...]] = {}
        defined = frozenset(self.index.with_method)
        self.operations = frozenset({"attr", "store"} | {op for op, names in _OPERATIONS.items() if names & defined})

    def runs(self, scope: int, position: int) -> tuple[Run, ...]:
        """The functions that an operation runs."""
        known = self._known.get((scope, position))
        if known is None:
            value = self.index.value(scope, position)
            known = self._known[scope, position] = tuple(dict.fromkeys(self._find(scope, position, value)))
        return known

    def _find(self, scope: int, position: int, value: Value) -> Iterator[Run]:
        match value.op:
            case "attr":
                for function in self.resolver.properties(scope, position):
                    yield self._run(function, (0,))
                yield from self._made(scope, value)
            case "store" if value.kind == "attr":
                for function in self.resolver.setters(scope, position):
                    yield self._run(function, (0, 1))
            case "store" if value.kind == "item":
                yield from self._methods(scope, value.args[0], _operators(value), (0, 2, 1))
            case "text" if value.kind != "+":
                for place, item in enumerate(value.args):
                    places = tuple(0 if other == place else -1 for other in range(len(value.args)))
                    yield from self._methods(scope, item, _operators(value), places)
            case "text" | "arithmetic":
                yield from self._methods(scope, value.args[0], _operators(value), (0, 1))
            case op if op in _METHODS:
                yield from self._methods(scope, value.args[0], _operators(value), _METHODS[op][1])

    def called(self, scope: int, call: int) -> Iterator[int]:
        """The methods that a built-in function runs on its argument (`str(value)`)."""
        args = self.index.value(scope, call).args
        function = self.index.value(scope, args[0])
        if len(args) == 2 and function.op == "name" and function.name in _CALLS:
            yield from (run[0] for run in self._methods(scope, args[1], _CALLS[function.name], (0,)))

    def constructed(self, owner: int) -> tuple[int, ...]:
        """The methods that run when an object of a class without a constructor of its own has been made."""
        owners = [base.scope for base in self.resolver.lineage(owner) if base.kind == "class"]
        found = (
            self.index.methods[item][name] for name in AFTERWARDS for item in owners if name in self.index.methods[item]
        )
        return tuple(dict.fromkeys(found))

    def _made(self, scope: int, value: Value) -> Iterator[Run]:
        """`__getattr__`, for an attribute that the class of the object does not have."""
        found = tuple(self._methods(scope, value.args[0], ("__getattr__",), (0,)))
        owners = (
            [ref.scope for ref in self.resolver.refs(scope, value.args[0]) if ref.kind == "instance"] if found else ()
        )
        if not any(self.resolver.has_attribute(owner, value.name) for owner in owners):
            yield from found

    def _methods(self, scope: int, receiver: int, names: tuple[str, ...], places: tuple[int, ...]) -> Iterator[Run]:
        """The first of some methods that the class of an object defines, for each class that it may be of."""
        if not any(name in self.index.with_method for name in names):
            return
        for ref in self.resolver.refs(scope, receiver):
            if ref.kind == "instance":
                owners = [base.scope for base in self.resolver.lineage(ref.scope) if base.kind == "class"]
                defined = (
                    self.index.methods[owner][name]
                    for name in names
                    for owner in owners
                    if name in self.index.methods[owner]
                )
                function = next(defined, None)
                if function is not None:
                    yield self._run(function, places)

    def _run(self, function: int, places: tuple[int, ...]) -> Run:
        params = self.index.scopes[function].params
        return function, tuple(params[place].value if 0 <= place < len(params) else -1 for place in places)

    # -- seen from the function -----------------------------------------------------------------------------------

    def operands(self, function: int, param: int) -> Iterator[Place]:
        """The values that become a parameter of a function where an operation runs it, as (scope, value)."""
        if self.index.enclosing_class(function) is None:
            return
        for scope, position in self._operations(function):
            value = self.index.value(scope, position)
            for runs, params in self.runs(scope, position):
                if runs == function:
                    yield from ((scope, value.args[place]) for place, item in enumerate(params) if item == param)

    def _operations(self, method: int) -> Sequence[Place]:
        """The operations that may run a method, by its name."""
        name = self.index.scopes[method].name
        if method in self.index.setters.get(name, ()):
            return self.index.attribute_stores.get(name, ())
        if name in _OPERATORS:
            return self._by_method.get(name, ())
        return self.index.attribute_loads.get(name, ()) if self.resolver.is_property(method) else ()

    @cached_property
    def _by_method(self) -> Mapping[str, list[Place]]:
        """Operations by the names of the methods that they may run, of those that the project defines."""
        found: dict[str, list[Place]] = {name: [] for name in self.index.with_method if name in _OPERATORS}
        wanted = {op for op, names in _OPERATIONS.items() if not names.isdisjoint(found)}
        for scope, known in enumerate(self.index.scopes) if wanted else ():
            for position, value in enumerate(known.values):
                if value.op in wanted:
                    for name in _operators(value):
                        if name in found:
                            found[name].append((scope, position))
        return found


def _operators(value: Value) -> tuple[str, ...]:
    """The methods that an operation may run, by its form alone."""
    if value.op == "store":
        return ("__setitem__",) if value.kind == "item" else ()
    if value.op == "text":
        return ("__add__", "__iadd__") if value.kind == "+" else ("__format__", "__str__")
    if value.op == "arithmetic":
        return (_ARITHMETIC.get(value.name, ""),)
    return _METHODS[value.op][0] if value.op in _METHODS else ()


_OPERATIONS: Mapping[str, frozenset[str]] = {
    "store": frozenset({"__setitem__"}),
    "text": frozenset({"__add__", "__iadd__", "__format__", "__str__"}),
    "arithmetic": frozenset(_ARITHMETIC.values()),
    **{op: frozenset(names) for op, (names, _) in _METHODS.items()},
}
_OPERATORS = frozenset().union(*_OPERATIONS.values())
