"""The class hierarchy: a class with its bases in the order in which Python looks them up, and what is below it."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import islice

from aisafety_lint.program.index import Index
from aisafety_lint.program.linking import Linking
from aisafety_lint.program.models import Models
from aisafety_lint.program.refs import Ref, Refs, external

# More classes above one, or below one that calls `super()`, than any program has that people wrote.
_LONGEST, _MOST_BELOW = 300, 50
_PROTOCOLS = frozenset({"typing.Protocol()", "typing_extensions.Protocol()"})


class Hierarchy(Linking):
    """Orders classes; external bases come as instances of what they are."""

    def __init__(self, index: Index, models: Models) -> None:
        super().__init__(index, models)
        self._lineages: dict[int, tuple[Ref, ...]] = {}
        self._subclasses: dict[int, list[int]] | None = None

    def lineage(self, owner: int) -> tuple[Ref, ...]:
        """A class and its bases in method resolution order; external bases come as instances of what they are."""
        pending = [] if owner in self._lineages else [owner]
        while pending:  # no recursion: nothing says how long a chain of classes is
            number = pending[-1]
            self._lineages.setdefault(number, (Ref("class", number),))
            bases = self._bases(number)
            below = [base.scope for base in bases if base.kind == "class" and base.scope not in self._lineages]
            if below:
                pending += below[::-1]
            else:
                self._lineages[number] = self._order(number, bases)
                pending.pop()
        return self._lineages[owner]

    def _bases(self, owner: int) -> list[Ref]:
        outer = self.index.parents[owner]
        return [ref for value in self.index.scopes[owner].bases for ref in self._base(outer, value)]

    def _order(self, owner: int, bases: Iterable[Ref]) -> tuple[Ref, ...]:
        """The lineage of a class, after those of its bases; what derives from itself has only begun to have one."""
        ways: list[Sequence[Ref]] = []
        for base in bases:
            if base.kind == "class":
                ways.append(self._lineages[base.scope])
            elif base.kind == "external":
                kinds = self.models.types_of_class(base.path)
                ways.append([external(kind) for kind in kinds] or [external(f"{base.path}()")])
        own_kinds = [external(kind) for kind in self.models.types_of_class(self.index.dotted(owner))]
        found = [Ref("class", owner), *_merged([*ways, [way[0] for way in ways]])][:_LONGEST]
        return tuple(dict.fromkeys((*found, *own_kinds)))

    def _base(self, scope: int, value: int) -> Refs:
        base = self.index.value(scope, value)
        if base.op == "item":  # Generic[T]
            return self.refs(scope, base.args[0])
        return self.refs(scope, value)

    def fields(self, owner: int) -> tuple[str, ...]:
        """The names of the fields of a class in order, those of its bases first."""
        classes = [ref.scope for ref in self.lineage(owner) if ref.kind == "class"]
        return tuple(dict.fromkeys(name for number in classes[::-1] for name in self.index.scopes[number].annotations))

    def after(self, owner: int) -> list[tuple[Ref, ...]]:
        """What `super()` may mean in a class: what comes after it in its own order and in that of each subclass."""
        found = {self.lineage(owner)[1:]: None}
        for subclass in self.subclasses(owner)[:_MOST_BELOW]:
            order = self.lineage(subclass)
            place = order.index(Ref("class", owner)) if Ref("class", owner) in order else len(order)
            found[order[place + 1 :]] = None
        return list(found)

    def types(self, owner: int) -> tuple[str, ...]:
        """The modelled types that instances of a project class are."""
        found = [
            kind
            for ref in self.lineage(owner)
            if ref.kind == "external" and ":" in ref.path
            for kind in self.models.lineage(ref.path)
        ]
        fields = frozenset(self.fields(owner))
        found += [kind for kind, shape in self.models.shapes if shape <= fields]
        return tuple(dict.fromkeys(found))

    def subclasses(self, owner: int) -> list[int]:
        """All project classes below a class; below a protocol those that have its methods."""
        if self._subclasses is None:
            self._subclasses = {}
            for number, scope in enumerate(self.index.scopes):
                if scope.form == "class":
                    for ref in self.lineage(number)[1:]:
                        if ref.kind == "class":
                            self._subclasses.setdefault(ref.scope, []).append(number)
            for number, scope in enumerate(self.index.scopes):
                if scope.form == "class" and self._is_protocol(number):
                    below = self._subclasses.setdefault(number, [])
                    below += [other for other in self._meeting(number) if other not in below]
        return self._subclasses.get(owner, [])

    def _is_protocol(self, owner: int) -> bool:
        return any(base.kind == "external" and f"{base.path}()" in _PROTOCOLS for base in self._bases(owner))

    def _meeting(self, protocol: int) -> list[int]:
        """The classes that have all methods of a protocol."""
        wanted = {name for name in self.index.methods[protocol] if not name.startswith("__") or name == "__call__"}
        return [
            owner
            for owner in self.index.with_method.get(min(wanted, default=""), ())
            if owner != protocol and wanted <= self.index.methods[owner].keys() and not self._is_protocol(owner)
        ]


def _merged(ways: list[Sequence[Ref]]) -> list[Ref]:
    """C3 linearisation; where the orders contradict each other, in the order in which the bases are written."""
    pending = [deque(way) for way in ways if way]
    later = Counter(ref for way in pending for ref in islice(way, 1, None))  # what is behind the first of a way
    found: dict[Ref, None] = {}
    while pending:
        head = next((way[0] for way in pending if not later[way[0]]), pending[0][0])
        found[head] = None
        for way in pending:
            while way and way[0] in found:
                way.popleft()
                if way:
                    later[way[0]] -= 1
        pending = [way for way in pending if way]
    return list(found)
