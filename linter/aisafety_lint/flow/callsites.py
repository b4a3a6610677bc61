"""Who calls what, seen from the called side: the inverse of the resolver's answers, as far as anybody asks.

A call is found by the name that it is written with; calls written with another name (an entry of a table, a parameter,
an attribute that holds a handler, an alias) are resolved once and kept by what they call.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from aisafety_lint.flow.binding import bind_operand
from aisafety_lint.flow.implicit import Implicit
from aisafety_lint.flow.library import Library
from aisafety_lint.flow.states import States
from aisafety_lint.program.refs import Ref
from aisafety_lint.python.facts import Param

Place = tuple[int, int]


class CallSites:
    """Answers about the calls of a program."""

    def __init__(self, library: Library, implicit: Implicit) -> None:
        self.library = library
        self.implicit = implicit
        self.resolver = library.resolver
        self.index = library.resolver.index
        self.states = States(library.resolver)
        self._known: dict[int, tuple[Place, ...]] = {}
        self._uses: dict[int, Mapping[int, list[Place]]] = {}
        self._rooted: dict[int, Mapping[int, list[int]]] = {}

    def uses(self, scope: int) -> Mapping[int, list[Place]]:
        """For each value of a scope the values that use it, with the position among their operands."""
        known = self._uses.get(scope)
        if known is None:
            found: dict[int, list[Place]] = defaultdict(list)
            for position, value in enumerate(self.index.scopes[scope].values):
                for operand, item in enumerate(value.args):
                    found[item].append((position, operand))
            known = self._uses[scope] = found
        return known

    def calls_to(self, role: str) -> Iterator[Place]:
        """The calls that can match a path of a role of the models."""
        names = self.resolver.models.candidates(role, self.index.calls_by_name)
        for name in self._names(names):
            yield from ((scope, call.value) for scope, call in self.index.calls_by_name.get(name, ()))
        yield from self._indirect_calls

    @cached_property
    def _aliases(self) -> Mapping[str, Sequence[str]]:
        """Other names under which the project imports something, by its name."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for scope in self.index.scopes:
            for item in scope.imports:
                if item.name and item.local != item.name:
                    found[item.name][item.local] = None
        return {name: tuple(others) for name, others in found.items()}

    def _names(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names, and those under which they are imported."""
        return tuple(dict.fromkeys(other for name in names for other in (name, *self._aliases.get(name, ()))))

    def of(self, function: int) -> tuple[Place, ...]:
        """The calls of a function as (scope, call)."""
        known = self._known.get(function)
        if known is None:
            found = dict.fromkeys((*self._by_name(function), *self._indirect.get(function, ())))
            known = self._known[function] = tuple(found)
        return known

    def _by_name(self, function: int) -> Iterator[Place]:
        known = self.index.scopes[function]
        names = [known.name]
        owner = self.index.enclosing_class(function)
        if owner is not None and known.name in ("__init__", "__call__", "__new__"):
            names = [self.index.scopes[item].name for item in (owner, *self.resolver.subclasses(owner))]
            names += [known.name] if known.name == "__init__" else []
        names += self.resolver.dispatchers(function)
        for name in self._names(names):
            for scope, call in self.index.calls_by_name.get(name, ()):
                if self._calls(scope, call.value, function):
                    yield scope, call.value

    def _calls(self, scope: int, call: int, function: int) -> bool:
        return any(self.resolver.function_of(callee) == function for callee in self.resolver.callees(scope, call))

    @cached_property
    def _indirect_calls(self) -> tuple[Place, ...]:
        """Calls of what is not written with its own name."""
        return tuple(
            (scope, call.value)
            for scope, known in enumerate(self.index.scopes)
            for call in known.calls
            if self._is_indirect(scope, known.values[call.value].args[0])
        )

    def _is_indirect(self, scope: int, function: int) -> bool:
        value = self.index.value(scope, function)
        if value.op == "attr":
            return value.name in self._holders
        if value.op == "name":
            return self._is_variable(scope, value.name)
        return value.op not in ("function", "class", "import")

    @cached_property
    def _holders(self) -> frozenset[str]:
        """Attributes in which something is stored, and that no definition of the project is called by."""
        defined = {scope.name for scope in self.index.scopes}
        fields = {name for scope in self.index.scopes if scope.form == "class" for name in scope.annotations}
        return frozenset(name for name in {*self.index.attribute_stores, *fields} if name not in defined)

    def _is_variable(self, scope: int, name: str) -> bool:
        current = scope
        while current >= 0:
            known = self.index.scopes[current]
            values = known.locals.get(name)
            if values is not None and (known.form != "class" or current == scope):
                return known.values[values[-1]].op not in ("function", "class", "import")
            current = self.index.parents[current]
        return False

    @cached_property
    def _indirect(self) -> Mapping[int, list[Place]]:
        """Calls by what they call, where that is written with another name, libraries that run it included."""
        found: dict[int, list[Place]] = defaultdict(list)
        for scope, call in self._indirect_calls:
            for callee in self.resolver.callees(scope, call):
                function = self.resolver.function_of(callee)
                if function is not None:
                    found[function].append((scope, call))
        return found

    @cached_property
    def _run(self) -> Mapping[int, list[Place]]:
        """Library calls that run a function they are given, by that function."""
        found: dict[int, list[Place]] = defaultdict(list)
        for scope, call in dict.fromkeys(self.calls_to("runs")):
            for _, function in self.library.runs(scope, call):
                found[function.scope].append((scope, call))
        return found

    def giving(self, function: int) -> Iterator[Place]:
        """The calls, of libraries that run it too, that give what a function returns: `executor.submit(answer)`."""
        yield from self.of(function)
        yield from (site for site in self._run.get(function, ()) if self.library.gives(*site))

    # -- arguments ------------------------------------------------------------------------------------------------

    def operands_for(self, function: int, param: Param) -> Iterator[Place]:
        """The values that callers pass for a parameter, as (scope, value)."""
        owner = self.index.enclosing_class(function)
        is_receiver = owner is not None and self.index.scopes[function].params[0] is param
        for scope, call in self.of(function):
            value = self.index.value(scope, call)
            if is_receiver:
                callee = self.index.value(scope, value.args[0])
                yield from ((scope, item) for item in (*(callee.args[:1] if callee.op == "attr" else ()), call))
            for operand in dict.fromkeys(value.args[1:]):
                if self._may_bind(scope, call, operand, function, param):
                    yield scope, operand
        for scope, call in self._run.get(function, ()):
            yield from ((scope, operand) for operand in self.index.value(scope, call).args[1:])
        yield from self.implicit.operands(function, param.value)

    def caught(self, scope: int, call: int) -> Iterator[int]:
        """The exceptions that handlers around a call catch."""
        for position, operand in self.uses(scope).get(call, ()):
            value = self.index.value(scope, position)
            if value.op == "caught" and operand > int(value.name):
                yield position

    def _may_bind(self, scope: int, call: int, operand: int, function: int, param: Param) -> bool:
        return any(
            self.resolver.function_of(callee) == function
            and any(
                value == param.value
                for value, _ in bind_operand(self.resolver, scope, call, operand, (), callee, function)
            )
            for callee in self.resolver.callees(scope, call)
        )

    def bound(self, scope: int, call: int, operand: int, callee: Ref, function: int) -> Iterator[int]:
        """The parameters that a value becomes in a called function, as operand or as receiver."""
        value = self.index.value(scope, call)
        target = self.index.value(scope, value.args[0])
        params = self.index.scopes[function].params
        if target.op == "attr" and target.args[0] == operand and params and callee.receiver is not None:
            yield params[0].value
        for param, _ in bind_operand(self.resolver, scope, call, operand, (), callee, function):
            yield param

    def calls_with(self, scope: int, position: int) -> Iterator[int]:
        """The calls that a value is an argument of, or whose method is taken from it."""
        values = self.index.scopes[scope].values
        uses = self.uses(scope)
        for user, operand in uses.get(position, ()):
            if values[user].op == "call" and operand:
                yield user
            elif values[user].op == "attr":
                yield from (call for call, place in uses.get(user, ()) if place == 0 and values[call].op == "call")

    # -- what is written ------------------------------------------------------------------------------------------

    def rooted(self, function: int, param: int) -> Sequence[int]:
        """A parameter and all that it becomes by writing into it."""
        known = self._rooted.get(function)
        if known is None:
            roots: dict[int, int] = {}
            found: dict[int, list[int]] = defaultdict(list)
            for position, value in enumerate(self.index.scopes[function].values):
                if value.op == "param":
                    roots[position] = position
                elif value.op in ("store", "phi", "copy"):
                    origin = next((roots[item] for item in value.args[: _carried(value.op)] if item in roots), None)
                    if origin is not None:
                        roots[position] = origin
            for position, root in roots.items():
                found[root].append(position)
            known = self._rooted[function] = found
        return known.get(param, ())

    def stored_in(self, owner: int) -> Iterator[Place]:
        """What the methods of a class, and its body, store in its objects."""
        known = self.index.scopes[owner]
        yield from ((owner, value) for values in known.locals.values() for value in values)
        for child in self.index.children.get(owner, ()):
            for position in self.index.scopes[child].stores:
                value = self.index.value(child, position)
                if value.op == "store":
                    yield child, value.args[1]

    def stored_under(self, name: str) -> Iterator[Place]:
        """Everything that is stored under the name of an attribute: by assignment, in a class body, by a constructor
        without code of its own, or by writing into what the attribute holds."""
        for scope, position in self.index.attribute_stores.get(name, ()):
            yield scope, self.index.value(scope, position).args[1]
        for owner in self._fields.get(name, ()):
            yield from ((owner, value) for value in self.index.scopes[owner].locals.get(name, ()))
            for scope, call in self._constructions(owner):
                yield from self._field_operands(scope, call, owner, name)

    @cached_property
    def _fields(self) -> Mapping[str, list[int]]:
        """The classes that have a field or class attribute, by its name."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, scope in enumerate(self.index.scopes):
            if scope.form == "class":
                for name in dict.fromkeys((*scope.annotations, *scope.locals)):
                    found[name].append(number)
        return found

    def _constructions(self, owner: int) -> Iterator[Place]:
        for number in (owner, *self.resolver.subclasses(owner)):
            for scope, call in self.index.calls_by_name.get(self.index.scopes[number].name, ()):
                if any(ref.kind == "class" and ref.scope == number for ref in self.resolver.callees(scope, call.value)):
                    yield scope, call.value

    def _field_operands(self, scope: int, call: int, owner: int, name: str) -> Iterator[Place]:
        """What a construction passes under a name: by keyword, unpacked, or by position (any, where that is unsure)."""
        record = self.index.calls[scope][call]
        for keyword, operand in zip(record.keywords, self.index.value(scope, call).args[1:], strict=True):
            if keyword in (name, "", "*", "**"):
                yield scope, operand


def _carried(op: str) -> int:
    """How many operands of an operation keep being the same object."""
    return 1 if op == "store" else 1_000
