"""The class hierarchy: a class with its bases in the order in which Python looks them up, and what is below it."""

from collections.abc import Sequence

from aisafety_lint.program.index import Index
from aisafety_lint.program.linking import Linking
from aisafety_lint.program.models import Models
from aisafety_lint.program.refs import Ref, Refs, external

_PROTOCOLS = frozenset({"typing.Protocol()", "typing_extensions.Protocol()"})


class Hierarchy(Linking):
    """Orders classes; external bases come as instances of what they are."""

    def __init__(self, index: Index, models: Models) -> None:
        super().__init__(index, models)
        self._lineages: dict[int, tuple[Ref, ...]] = {}
        self._subclasses: dict[int, list[int]] | None = None

    def lineage(self, owner: int) -> tuple[Ref, ...]:
        """A class and its bases in method resolution order; external bases come as instances of what they are."""
        known = self._lineages.get(owner)
        if known is not None:
            return known
        self._lineages[owner] = (Ref("class", owner),)
        outer = self.index.parents[owner]
        bases = [ref for value in self.index.scopes[owner].bases for ref in self._base(outer, value)]
        ways: list[Sequence[Ref]] = []
        for base in bases:
            if base.kind == "class":
                ways.append(self.lineage(base.scope))
            elif base.kind == "external":
                kinds = self.models.types_of_class(base.path)
                ways.append([external(kind) for kind in kinds] or [external(f"{base.path}()")])
        own_kinds = [external(kind) for kind in self.models.types_of_class(self.index.dotted(owner))]
        found = [Ref("class", owner), *_merged([*ways, [way[0] for way in ways]])]
        self._lineages[owner] = tuple(dict.fromkeys((*found, *own_kinds)))
        return self._lineages[owner]

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
        found = [self.lineage(owner)[1:]]
        for subclass in self.subclasses(owner):
            order = self.lineage(subclass)
            place = order.index(Ref("class", owner)) if Ref("class", owner) in order else len(order)
            if order[place + 1 :] not in found:
                found.append(order[place + 1 :])
        return found

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
        outer = self.index.parents[owner]
        bases = [ref for value in self.index.scopes[owner].bases for ref in self._base(outer, value)]
        return any(base.kind == "external" and f"{base.path}()" in _PROTOCOLS for base in bases)

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
    pending = [list(way) for way in ways if way]
    found: list[Ref] = []
    while pending:
        head = next(
            (way[0] for way in pending if not any(way[0] in other[1:] for other in pending)),
            pending[0][0],
        )
        found.append(head)
        pending = [rest for way in pending if (rest := [ref for ref in way if ref != head])]
    return found
