"""What a value stands for: names across files, attributes by type, results of calls.

`Resolver.refs(scope, value)` answers on demand and remembers; recursion ends at values being asked for already and at a
fixed depth, where the answer is empty (unknown). Nothing is guessed from a name.
"""

from collections.abc import Iterable, Sequence

from aisafety_lint.pins.model import Pins
from aisafety_lint.program.aliases import Aliases
from aisafety_lint.program.handed import Handed
from aisafety_lint.program.index import Index
from aisafety_lint.program.members import Members
from aisafety_lint.program.models import Models
from aisafety_lint.program.names import Names
from aisafety_lint.program.narrowing import Narrowing
from aisafety_lint.program.refs import Ref, Refs, external, unique
from aisafety_lint.program.results import Results
from aisafety_lint.program.versions import Versions
from aisafety_lint.python.facts import Annotation, Value

_DEPTH = 30
_ATTEMPTS = 3
_ABSTRACT = frozenset({"abc.ABC", "object", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol"})


class Resolver(Names, Members, Aliases, Narrowing, Results):
    """Resolves values of an index with the types of the loaded models."""

    def __init__(self, index: Index, models: Models, pins: Pins) -> None:
        super().__init__(index, models)
        self.versions = Versions(pins)
        self._memo: dict[tuple[int, int], Refs] = {}
        self._partial: dict[tuple[int, int], Refs] = {}
        self._asked: dict[tuple[int, int], int] = {}
        self._asking: set[tuple[int, int]] = set()
        self._assembled: dict[int, bool] = {}
        self._named: dict[int, dict[int, str]] = {}
        self._handed = Handed(self)

    @property
    def idle(self) -> bool:
        """Whether no question is being answered: only then is an answer complete."""
        return not self._asking

    def refs(self, scope: int, value: int) -> Refs:
        """Everything that a value may stand for; empty where that is unknown."""
        key = scope, value
        known = self._memo.get(key)
        if known is not None:
            return known
        known = self._partial.get(key)
        if known is not None:
            self.cut += 1
            return known
        if key in self._asking or len(self._asking) > _DEPTH:
            self.cut += 1
            return ()
        self._asking.add(key)
        cut = self.cut
        found = self._stands_for(scope, value)
        self._asking.discard(key)
        if cut == self.cut or not self._asking:
            self._memo[key] = found
        else:
            self._partial[key] = found
        if not self._asking and self._partial:
            self._settle()
            if not found:  # what the way to here was cut off from may be known by now
                del self._memo[key]
                self._asking.add(key)
                found = self._memo[key] = self._stands_for(scope, value)
                self._asking.discard(key)
                self._settle()
        return found

    def assembled(self, owner: int) -> bool:
        """Whether the instances of a class are put together by a constructor of the project, from what it is given.

        Such an object is untrusted in the parts that untrusted content was stored in, never as a whole: nothing but its
        own code makes one, unlike data models, which are parsed from text and declare fields.
        """
        known = self._assembled.get(owner)
        if known is None:
            lineage = self.lineage(owner)
            bases = {ref.path.removesuffix("()") for ref in lineage if ref.kind == "external"} - _ABSTRACT
            fields = any(self.index.scopes[ref.scope].annotations for ref in lineage if ref.kind == "class")
            parsed = bool(bases) and (fields or any(kind in bases for kind, _ in self.models.instances))
            made = self.function_of(Ref("class", owner)) is not None or (not bases and not fields)
            known = self._assembled[owner] = made and not parsed
        return known

    def _settle(self) -> None:
        """After a question is answered: keep what was found on the way, ask again a few times where nothing was.

        Answers inside a cycle may be incomplete. Asking each of them again and again would cost exponential time.
        """
        for key, found in self._partial.items():
            self._asked[key] = self._asked.get(key, 0) + 1
            if found or self._asked[key] >= _ATTEMPTS:
                self._memo[key] = found
        self._partial.clear()

    def _stands_for(self, scope: int, value: int) -> Refs:
        """What a value may be by where it comes from, else by the annotation of the local variable that holds it."""
        found = unique(self._evaluate(scope, self.index.value(scope, value), value))
        if any(ref.kind != "external" or ":" in ref.path for ref in found):
            return found
        annotation = self._annotation(scope, value)
        declared = () if annotation is None else self.annotated(scope, annotation)
        return unique((*declared, *found))

    def _annotation(self, scope: int, value: int) -> Annotation | None:
        """The annotation of the variable of a function that a value is given to."""
        known = self.index.scopes[scope]
        if known.form != "function" or not known.annotations:
            return None
        named = self._named.get(scope)
        if named is None:
            named = self._named[scope] = {
                item: name for name in known.annotations for item in known.locals.get(name, ())
            }
        return known.annotations.get(named.get(value, ""))

    def _evaluate(self, scope: int, value: Value, position: int) -> Iterable[Ref]:
        match value.op:
            case "name":
                return self.name(scope, value.name)
            case "import":
                return self.imported(scope, value.kind, value.name)
            case "param":
                return self.parameter(scope, value.name) or self._handed.parameter(scope, value.name)
            case "attr":
                bases = self.narrowed(scope, value.args[0], value.guard, self.refs(scope, value.args[0]))
                found = [ref for base in bases for ref in self.member(base, value.name)]
                return found or self._stored(scope, value)
            case "call":
                return self.result(scope, position)
            case "list" | "tuple" | "set" | "dict":
                return [Ref("container", scope, position)]
            case "element" if value.name.endswith(":"):
                return self.refs(scope, value.args[0])
            case "item" | "element":
                return [ref for base in self.refs(scope, value.args[0]) for ref in self.item(base, value.name)]
            case "class":
                return [Ref("class", self.index.named(scope, value.name))]
            case "function":
                function = self.index.named(scope, value.name)
                return [Ref("function", function), *self.variants(function)]
        return self._combined(scope, value)

    def _combined(self, scope: int, value: Value) -> Iterable[Ref]:
        """Values that stand for what their operands do, and strings."""
        match value.op:
            case "phi" | "or" | "copy" | "return" | "await":
                return [ref for item in value.args for ref in self.refs(scope, item)]
            case "and":
                return self.refs(scope, value.args[-1])
            case "caught":
                return self.instances_of(scope, value.args[0])
            case "store" | "slice" | "star":
                return self.refs(scope, value.args[0])
            case "enter":
                return [ref for base in self.refs(scope, value.args[0]) for ref in self.entered(base)]
            case "arithmetic":
                sides = [ref for item in value.args for ref in self.refs(scope, item) if ref.kind == "external"]
                piped = [ref for ref in sides if self.models.piped.intersection(self.models.lineage(ref.path))]
                return piped or self._joined(sides)
            case "const" | "text" if value.kind in ("str", "f"):
                return [external("str")]
        return ()

    def _joined(self, sides: Sequence[Ref]) -> Refs:
        """`base / "name"` on an instance of a modelled type is one again."""
        return tuple(ref for ref in sides if ":" in ref.path and "." not in ref.path.partition(":")[2])[:1]

    def _stored(self, scope: int, value: Value) -> Refs:
        """An attribute of something unknown that was stored just before in the same scope."""
        base = self.index.value(scope, value.args[0])
        while base.op == "store":
            if base.kind == "attr" and base.name == value.name:
                return self.refs(scope, base.args[1])
            base = self.index.value(scope, base.args[0])
        return ()

    def entered(self, base: Ref) -> Iterable[Ref]:
        """What `with` gives of a context manager."""
        if base.kind == "instance":
            for method in (*self.member(base, "__enter__"), *self.member(base, "__aenter__")):
                if method.kind == "function":
                    return [*self.returned(method), base]
        if base.kind == "items" and base.items:  # a generator that is a context manager gives what it yields
            return base.items
        return [base]
