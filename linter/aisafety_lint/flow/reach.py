"""Where it is worth following untrusted content: how far the sinks are, seen from the values near them.

The solver walks forwards with full precision, and most of what it could walk through leads nowhere. This module walks
backwards from the sinks first, a few crossings far, without contexts. A *crossing* is a step from one scope to another:
into a called function, back out of it, through a variable or an attribute that functions share. The distance that it
gives to a value is never more than what the solver needs from there (each rule here is the inverse of one in `solver`,
`sharing` or `library`), so the solver can give up early on what is too far from every sink.

Objects are met field by field: reading `x.name` asks for everything that is stored under `name` in the project, and for
`x` itself only as far as all of it may be untrusted. So an object that carries content under a wanted name is worth
following wherever it goes.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from aisafety_lint.flow.callsites import CallSites
from aisafety_lint.flow.library import Library
from aisafety_lint.flow.operations import Operations, entry_rows
from aisafety_lint.flow.sources import scalar
from aisafety_lint.flow.transfer import FILE, Path, may_pass
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Value

Place = tuple[int, int]

_FIRST = 1_500  # values met before the solver begins; more for a group that turns out to be asked for often
_WIDE = 8_000  # values met: beyond it, walking one crossing further costs more than it saves the solver
_NEVER = 1_000_000
_MELTING = frozenset({"text", "unknown", "arithmetic"})  # the result holds every part of the operands


class Nearness:
    """How many crossings there are at least from a value, or an attribute by its name, to one of a group of sinks.

    `others` is that of everything else. It grows when the walk is taken further: what was not worth following from a
    value is not worth it then either, so that this can be done at any time.
    """

    def __init__(self, walk: "_Walk") -> None:
        self.walk = walk
        self.values: Mapping[Place, int] = walk.near
        self.fields: Mapping[str, int] = walk.fields
        self.others = 0
        self.asked = 0
        self._look(_FIRST)

    def _look(self, most: int) -> None:
        """Walk further, until so many values are met."""
        self.walk.further(most)
        self.others = self.walk.level if self.walk.work else _NEVER

    def distance(self, scope: int, value: int, path: Path) -> int:
        """A lower bound of the crossings from an untrusted part of a value to a sink."""
        self.asked += 1
        if self.asked == _WIDE:  # as much was followed as is met by walking: it pays to know what leads nowhere
            self._look(_WIDE)
        near = self.values.get((scope, value), self.others)
        return min(near, self.fields.get(path[0], self.others)) if path else near


class Reach:
    """Finds what is relevant for sinks; `seeded` are the calls that are sources: nothing comes through them."""

    def __init__(self, library: Library, operations: Operations, sites: CallSites, seeded: frozenset[Place]) -> None:
        self.library = library
        self.operations = operations
        self.resolver: Resolver = library.resolver
        self.index = library.resolver.index
        self.sites = sites
        self.seeded = seeded

    def nearness(self, kinds: frozenset[str]) -> Nearness:
        """How near everything is to sinks of these kinds."""
        walk = _Walk(self)
        for scope, value, kind in self.sinks:
            if kind in kinds:
                walk.want(scope, value)
        return Nearness(walk)

    @cached_property
    def sinks(self) -> tuple[tuple[int, int, str], ...]:
        """What must not be untrusted: (scope, value, kind of sink)."""
        return tuple(dict.fromkeys((*self._call_sinks(), *self._item_sinks())))

    def _call_sinks(self) -> Iterator[tuple[int, int, str]]:
        for scope, call in self.sites.calls_to("sinks"):
            for row, _ in self.library.sinks(scope, call):
                for operand in operands(self.resolver, scope, call, row["argument"]):
                    yield scope, operand, row["kind"]

    def _item_sinks(self) -> Iterator[tuple[int, int, str]]:
        """`message["Subject"] = text` on a modelled type, and `globals()[name]`."""
        models = self.resolver.models
        for scope, known in enumerate(self.index.scopes) if models.entries else ():
            for value in known.values:
                if value.op in ("dict", "tuple"):
                    for operand, row in entry_rows(self.resolver, scope, value):
                        yield scope, value.args[operand], row["kind"]
        for scope, known in enumerate(self.index.scopes) if self.library.item_methods else ():
            for position, value in enumerate(known.values):
                if self._may_name(scope, value):
                    for row in self.operations.item_rows(scope, position):
                        yield scope, value.args[1], row["kind"]

    def _may_name(self, scope: int, value: Value) -> bool:
        """Whether a value writes an item, or reads one of what a call gives by a key that is not written out."""
        if value.op == "store":
            return value.kind == "item"
        return value.op == "item" and not value.name and self.index.value(scope, value.args[0]).op == "call"


class _Walk:
    """One walk backwards; a value is met as a whole, or for what it is untrusted in as a whole (`part`)."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.resolver = reach.resolver
        self.index = reach.index
        self.sites = reach.sites
        self.files = reach.library.files
        self.near: dict[Place, int] = {}
        self.whole: set[Place] = set()
        # The names of files with untrusted content are few: follow them all.
        self.fields: dict[str, int] = {FILE[0]: 0}
        self.mutated: set[Place] = set()
        self.level = 0
        self.work: list[tuple[int, int, bool]] = []
        self.next: list[tuple[int, int, bool]] = []

    def further(self, most: int) -> None:
        """Walk crossing by crossing, until nothing is left or so many values are met."""
        while self.work and len(self.near) < most:
            while self.work:
                self._visit(*self.work.pop())
            self.level += 1
            for scope, value, whole in self.next:
                self.want(scope, value, whole)
            self.next.clear()

    def want(self, scope: int, value: int, whole: bool = True) -> None:
        """Meet a value of the same scope, unless it was met like this before."""
        place = scope, value
        if place in self.whole or (not whole and place in self.near):
            return
        if whole:
            self.whole.add(place)
        self.near.setdefault(place, self.level)
        self.work.append((scope, value, whole))

    def cross(self, places: Iterable[Place], whole: bool = True) -> None:
        """Meet values of other scopes, one crossing further."""
        self.next += [(scope, value, whole) for scope, value in places]

    def _visit(self, scope: int, position: int, whole: bool) -> None:
        value = self.index.value(scope, position)
        match value.op:
            case "call":
                self._call(scope, position, value, whole)
            case "param":
                self._param(scope, position, value, whole)
            case "attr":
                self._attribute(scope, position, value)
            case "name" | "import":
                self.cross(self._named(scope, value), whole)
            case "store":
                self.want(scope, value.args[0], whole)
                if whole or value.kind != "attr":
                    self.want(scope, value.args[1])
            case _ if may_pass(value):
                for operand in value.args[: int(value.name) + 1] if value.op == "caught" else value.args:
                    self.want(scope, operand, whole or value.op in _MELTING)
        if whole:
            self._filled(scope, position, value)

    def _filled(self, scope: int, position: int, value: Value) -> None:
        """What else a value holds than its operands: what operations run, and what is written into it elsewhere."""
        if value.op == "caught":
            self.cross(self._thrown(scope, value))
        elif value.op != "attr" and value.op in self.sites.implicit.operations:
            for function, _ in self.sites.implicit.runs(scope, position):
                self._results(function, True)
        self._written_by_callees(scope, position)
        self._written_elsewhere(scope, position)
        for content in self.files.contents(scope, position):
            self.want(scope, content)

    # -- calls ----------------------------------------------------------------------------------------------------

    def _call(self, scope: int, call: int, value: Value, whole: bool) -> None:
        if (scope, call) in self.reach.seeded:
            return
        entered = False
        for callee in self.resolver.callees(scope, call):
            function = self.resolver.function_of(callee)
            if callee.kind == "class":
                entered = self._made(scope, value, callee, function, whole) or entered
            elif function is not None:
                entered = True
                self._results(function, whole)
        for _, run in self.reach.library.runs(scope, call):
            self._results(run.scope, whole)
        for method in self.sites.implicit.called(scope, call):
            self._results(method, whole)
        if not entered and not self.reach.library.cleans_all(scope, call):
            called = self.index.value(scope, value.args[0])
            self.want(scope, called.args[0] if called.op == "attr" else value.args[0])
            for operand in value.args[1:]:
                self.want(scope, operand)

    def _results(self, function: int, whole: bool) -> None:
        known = self.index.scopes[function]
        self.cross(((function, item) for item in (*known.returns, *known.yields)), whole)

    def _made(self, scope: int, value: Value, callee: Ref, function: int | None, whole: bool) -> bool:
        """An object under construction: as a whole it holds all arguments and all that its methods store in it."""
        if function is None or whole:
            for operand in value.args[1:]:
                self.want(scope, operand)
        if whole:
            for owner in self.resolver.lineage(callee.scope):
                if owner.kind == "class":
                    self.cross(self.sites.stored_in(owner.scope), True)
        return True

    def _written_by_callees(self, scope: int, position: int) -> None:
        """Called functions write into what they are given."""
        for user in self.sites.calls_with(scope, position):
            for callee in self.resolver.callees(scope, user):
                function = self.resolver.function_of(callee)
                if function is not None:
                    for param in self.sites.bound(scope, user, position, callee, function):
                        self._mutations(function, param)

    def _mutations(self, function: int, param: int) -> None:
        """What a function writes into a parameter."""
        if (function, param) in self.mutated:
            return
        self.mutated.add((function, param))
        for item in self.sites.rooted(function, param):
            value = self.index.value(function, item)
            if value.op == "store":
                self.cross([(function, item)])
            self.cross((function, content) for content in self.files.contents(function, item))
            self._written_by_callees(function, item)

    # -- what functions share -------------------------------------------------------------------------------------

    def _param(self, scope: int, position: int, value: Value, whole: bool) -> None:
        declared = next((item for item in self.index.scopes[scope].params if item.value == position), None)
        kind = None if declared is None else declared.annotation
        if declared is None or (kind is not None and scalar(self.resolver, scope, kind, whole=False)):
            return
        if declared.default >= 0:
            self.cross([(self.index.parents[scope], declared.default)], whole)
        self.cross(self.sites.states.written(scope, position), whole)
        for where, operand in self.sites.operands_for(scope, declared):
            self.cross([(where, operand)], whole or declared.form in ("*", "**"))

    def _attribute(self, scope: int, position: int, value: Value) -> None:
        self.want(scope, value.args[0], value.name == "name")  # of a file: what it holds counts
        for function, _ in self.sites.implicit.runs(scope, position):
            self._results(function, True)
        for ref in self.resolver.refs(scope, value.args[0]):
            if ref.kind == "module":
                self.cross(self._definitions(ref.scope, value.name))
        if value.name not in self.fields:
            self.fields[value.name] = self.level
            self.cross(self.sites.stored_under(value.name), True)

    def _thrown(self, scope: int, caught: Value) -> Iterator[Place]:
        """What the functions that are called where an exception is caught raise."""
        for call in caught.args[int(caught.name) + 1 :]:
            for callee in self.resolver.callees(scope, call):
                function = self.resolver.function_of(callee)
                if function is not None:
                    yield from ((function, item) for item in self.index.scopes[function].raises)

    def _written_elsewhere(self, scope: int, position: int) -> None:
        """What other scopes write into an object, or bind its variable to, that they know by a name."""
        for name in self.index.names_of.get((scope, position), ()):
            self.cross((put.scope, put.position) for put in self.index.puts_by_name.get(name, ()))
        variable = self.index.local_names[scope].get(position)
        if variable is not None:
            self.cross(self.index.global_stores.get((self.index.paths[scope], variable), ()))
            if self.index.scopes[scope].form == "module":
                self.cross(self._assigned_from_outside(variable))

    def _assigned_from_outside(self, variable: str) -> Iterator[Place]:
        """`module.variable = content`, whichever module it is."""
        for where, store in self.index.attribute_stores.get(variable, ()):
            base = self.index.value(where, self.index.value(where, store).args[0])
            if base.op in ("import", "name"):
                yield where, store

    def _named(self, scope: int, value: Value) -> Iterator[Place]:
        """What a name stands for, here or in the module that it is imported from."""
        return self._definitions(scope, value.name) if value.op == "name" else self._imported(scope, value)

    def _definitions(self, scope: int, name: str) -> Iterator[Place]:
        """The definitions of a variable of an enclosing scope or of the module."""
        current, first = scope, True
        while current >= 0:
            known = self.index.scopes[current]
            if (first or known.form != "class") and name in known.locals:
                yield from ((current, value) for value in known.locals[name])
                if known.form != "module":
                    return
            first = False
            current = self.index.parents[current]
        yield from self.index.global_stores.get((self.index.paths[scope], name), ())

    def _imported(self, scope: int, value: Value) -> Iterator[Place]:
        if value.name:
            module = self.index.absolute(scope, value.kind)
            path = self.index.modules.find(module, self.index.paths[scope])
            if path is not None:
                yield from self._definitions(self.index.first[path], value.name)
