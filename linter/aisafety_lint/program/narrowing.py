"""What `isinstance` and class patterns say about the type of a value where they dominate it."""

from collections.abc import Iterator

from aisafety_lint.program.index import Index
from aisafety_lint.program.linking import Linking
from aisafety_lint.program.models import Models
from aisafety_lint.program.refs import Ref, Refs, unique
from aisafety_lint.python.facts import Value

Key = tuple[object, ...]

_BUILTINS = frozenset({"str", "bytes", "int", "float", "bool", "list", "tuple", "dict", "set"})


class Narrowing(Linking):
    """Narrows the types of values by the guards in force."""

    def __init__(self, index: Index, models: Models) -> None:
        super().__init__(index, models)
        self._tested: dict[int, frozenset[Key]] = {}

    def narrowed(self, scope: int, value: int, guard: int, known: Refs) -> Refs:
        """What a value may be under a guard, given what it may be at all."""
        if guard < 0:
            return known
        tested = self._tested.get(scope)
        if tested is None:
            tested = self._tested[scope] = frozenset(self._tests(scope))
        if not tested or self._key(scope, value) not in tested:
            return known
        key = self._key(scope, value)
        guards = self.index.scopes[scope].guards
        while guard >= 0:
            for wanted in self._classes(scope, guards[guard].value, guards[guard].holds, key):
                narrower = self.instances_of(scope, wanted)
                if narrower:
                    return self._meet(known, narrower)
            guard = guards[guard].parent
        return known

    def classes_of(self, scope: int, wanted: int, depth: int = 3) -> Refs:
        """The class, or the classes in the tuple or union, that a value is."""
        value = self.index.value(scope, wanted)
        if depth == 0:
            return ()
        if value.op in ("tuple", "arithmetic"):
            return unique(ref for item in value.args for ref in self.classes_of(scope, item, depth - 1))
        found: list[Ref] = []
        for ref in self.refs(scope, wanted):
            if ref.kind == "container":
                args = self.index.value(ref.scope, ref.value).args
                found += [inner for item in args for inner in self.classes_of(ref.scope, item, depth - 1)]
            else:
                found.append(ref)
        return unique(found)

    def instances_of(self, scope: int, wanted: int) -> Refs:
        """Instances of the class, or of the classes in the tuple or union, that a value is."""
        return unique(ref for named in self.classes_of(scope, wanted) for ref in self.instances(named))

    def _meet(self, known: Refs, narrower: Refs) -> Refs:
        """The known things that the narrower type allows, else that type."""
        classes = {Ref("class", ref.scope) for ref in narrower if ref.kind == "instance"}
        if not classes:
            return known or narrower
        kept = [ref for ref in known if ref.kind == "instance" and classes & set(self.lineage(ref.scope))]
        return tuple(kept) or narrower

    def excludes(self, scope: int, value: int, guard: int, known: Ref) -> bool:
        """Whether the guards in force say that a value is no such instance: of a union, the others are left."""
        while guard >= 0:
            item = self.index.scopes[scope].guards[guard]
            for condition, holds in self._conjuncts(scope, item.value, item.holds):
                tested = self.index.value(scope, condition)
                subject, wanted = self._instance_test(scope, tested)
                if subject >= 0 and self._key(scope, subject) == self._key(scope, value):
                    fits = self._covers(self.classes_of(scope, wanted), known)
                    if fits is not None and fits != (holds == "true"):
                        return True
            guard = item.parent
        return False

    def _covers(self, classes: Refs, known: Ref) -> bool | None:
        """Whether an instance of a class of the project is one of some classes; None where that is not sure."""
        bases = self.lineage(known.scope)
        outside = {ref.path.removesuffix("()") for ref in bases if ref.kind == "external"}
        sure = bool(classes)
        for ref in classes:
            if ref in bases or ref.path in outside:
                return True
            derived = ref.kind == "class" and bases[0] in self.lineage(ref.scope)
            sure &= ref.path in _BUILTINS if ref.kind == "external" else not derived
        return False if sure else None

    def _tests(self, scope: int) -> Iterator[Key]:
        values = self.index.scopes[scope].values
        for value in values:
            if value.op == "call" and len(value.args) == 3 and values[value.args[0]].name == "isinstance":
                yield self._key(scope, value.args[1])
            elif value.op == "compare" and value.name == "isinstance":
                yield self._key(scope, value.args[0])

    def _key(self, scope: int, value: int) -> Key:
        """The same for two reads of the same attribute of the same object."""
        known = self.index.value(scope, value)
        if known.op == "attr":
            return (*self._key(scope, known.args[0]), known.name)
        return (known.name,) if known.op == "name" else (value,)

    def _classes(self, scope: int, condition: int, holds: str, key: Key) -> Iterator[int]:
        """The class operands of the tests of a value that a condition establishes."""
        for item, outcome in self._conjuncts(scope, condition, holds):
            subject, wanted = self._instance_test(scope, self.index.value(scope, item))
            if outcome == "true" and subject >= 0 and self._key(scope, subject) == key:
                yield wanted

    def _conjuncts(self, scope: int, condition: int, holds: str) -> Iterator[tuple[int, str]]:
        """The conditions all of which one establishes by how it came out, each with how it did."""
        known = self.index.value(scope, condition)
        match known.op:
            case "not" if not known.kind:
                yield from self._conjuncts(scope, known.args[0], "false" if holds == "true" else "true")
            case "and" | "or" if (known.op == "and") == (holds == "true"):
                for item in known.args:
                    yield from self._conjuncts(scope, item, holds)
            case _:
                yield condition, holds

    def _instance_test(self, scope: int, known: Value) -> tuple[int, int]:
        """What a test of a type is about, and the class that it names; -1 where it is no such test."""
        if known.op == "compare" and known.name == "isinstance":
            return known.args[0], known.args[1]
        called = known.op == "call" and len(known.args) == 3
        named = called and self.index.value(scope, known.args[0]).name == "isinstance"
        return (known.args[1], known.args[2]) if named else (-1, -1)
