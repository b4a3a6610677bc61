"""Attributes of what is resolved: module members, methods through the class hierarchy, what methods store."""

from collections.abc import Iterable, Iterator

from aisafety_lint.program.index import Index
from aisafety_lint.program.linking import Linking
from aisafety_lint.program.models import Models
from aisafety_lint.program.refs import MOST, Ref, Refs, external, unique

_SAME_ELEMENT = frozenset({"get", "pop", "setdefault", "values", "items", "popitem", "copy", "__getitem__"})


class Members(Linking):
    """Resolves attributes by what they are taken from."""

    def __init__(self, index: Index, models: Models) -> None:
        super().__init__(index, models)
        self._lineages: dict[int, tuple[Ref, ...]] = {}
        self._attributes: dict[tuple[int, str], Refs] = {}
        self._subclasses: dict[int, list[int]] | None = None

    def member(self, base: Ref, name: str) -> Refs:
        """The attribute of something resolved."""
        match base.kind:
            case "external":
                return self._external_member(base.path, name)
            case "module":
                found = self.module_member(base.scope, name)
                return found or (
                    (external(f"{self.index.dotted(base.scope)}.{name}"),) if self.index.dotted(base.scope) else ()
                )
            case "class" | "instance" | "super":
                return self._class_member(base, name)
            case "container" | "items" if name in _SAME_ELEMENT:
                return (Ref("items", receiver=base, path=name),)
        return ()

    def _external_member(self, path: str, name: str) -> Refs:
        for key in self.models.keys(path):
            target = self.models.fields.get(f"{key}.{name}")
            if target is not None:
                return (external(target),)
        return (external(f"{path}.{name}"),)

    def _class_member(self, base: Ref, name: str) -> Refs:
        """An attribute through the class hierarchy: methods, properties, stored attributes, then external bases."""
        found: list[Ref] = []
        lineage = self.lineage(base.scope)
        for owner in lineage[1:] if base.kind == "super" else lineage:
            if owner.kind == "external":
                found += (
                    [external(f"{owner.path}.{name}")]
                    if not any(ref.kind == "function" for ref in found) or ":" in owner.path
                    else []
                )
            elif not found:
                found += self._own_member(base, owner.scope, name)
        if base.kind == "instance" and found and found[0].kind == "function":
            found += self._overrides(base, name)
        return unique(found)

    def _own_member(self, base: Ref, owner: int, name: str) -> Iterable[Ref]:
        scope = self.index.scopes[owner]
        receiver = Ref("instance", base.scope) if base.kind == "super" else base
        declared = scope.annotations.get(name)
        if declared is not None and (found := self.annotated(owner, declared)):
            return found
        if name in scope.locals:
            return [
                ref
                for value in scope.locals[name]
                for raw in self.refs(owner, value)
                for ref in self._bind(raw, receiver, owner)
            ]
        if base.kind == "class":
            return ()
        return self.stored_attribute(owner, name)

    def _bind(self, raw: Ref, receiver: Ref, owner: int) -> Iterable[Ref]:
        """A class attribute as seen through a receiver: methods are bound, properties are called."""
        if raw.kind != "function" or self.index.enclosing_class(raw.scope) != owner:
            return [raw]
        decorated = self.decorated_with(raw.scope)
        if receiver.kind == "instance" and self._is_property(raw.scope):
            return self.returned(raw)
        if "staticmethod" in decorated:
            return [raw]
        if "classmethod" in decorated:
            return [Ref("function", raw.scope, receiver=Ref("class", receiver.scope))]
        return [Ref("function", raw.scope, receiver=receiver if receiver.kind == "instance" else None)]

    def properties(self, scope: int, attribute: int) -> list[int]:
        """The project functions that reading an attribute runs."""
        value = self.index.value(scope, attribute)
        found: list[int] = []
        for base in self.refs(scope, value.args[0]):
            for owner in self.lineage(base.scope) if base.kind == "instance" else ():
                if owner.kind == "class" and value.name in self.index.scopes[owner.scope].locals:
                    qualname = f"{self.index.scopes[owner.scope].qualname}.{value.name}"
                    method = self.index.by_qualname.get((self.index.paths[owner.scope], qualname))
                    if method is not None and self._is_property(method):
                        found.append(method)
                    break
        return found

    def _is_property(self, method: int) -> bool:
        return any(
            name.rpartition(".")[2].endswith(("property", "computed_field")) for name in self.decorated_with(method)
        )

    def _overrides(self, base: Ref, name: str) -> Iterator[Ref]:
        """The same method in subclasses, which the receiver may be an instance of."""
        for subclass in self.subclasses(base.scope)[:MOST]:
            values = self.index.scopes[subclass].locals.get(name, ())
            for value in values:
                for raw in self.refs(subclass, value):
                    if raw.kind == "function":
                        yield Ref("function", raw.scope, receiver=Ref("instance", subclass))

    def stored_attribute(self, owner: int, name: str) -> Refs:
        """What methods of a class store in an attribute of the receiver, and what it is annotated to be."""
        key = owner, name
        known = self._attributes.get(key)
        if known is not None:
            return known
        self._attributes[key] = ()
        found: list[Ref] = []
        annotation = self.index.scopes[owner].annotations.get(name)
        if annotation is not None:
            found += self.annotated(owner, annotation)
        for where, position in self.index.attribute_stores.get(name, ()):
            if self.index.outer_class(where) == owner and self._on_receiver(where, position):
                found += self.refs(where, self.index.value(where, position).args[1])
                declared = self.index.scopes[where].annotations.get(f"self.{name}")
                found += self.annotated(where, declared) if declared is not None else ()
        self._attributes[key] = unique(found)
        return self._attributes[key]

    def _on_receiver(self, where: int, position: int) -> bool:
        value = self.index.value(where, position)
        while value.op == "store":
            value = self.index.value(where, value.args[0])
        params = self.index.scopes[where].params
        return (value.op == "param" and bool(params) and params[0].name == value.name) or (
            value.op == "name" and value.name == "self"
        )

    def lineage(self, owner: int) -> tuple[Ref, ...]:
        """A class and its bases, nearest first; external bases come as instances of what they are."""
        known = self._lineages.get(owner)
        if known is not None:
            return known
        self._lineages[owner] = (Ref("class", owner),)
        found: list[Ref] = [Ref("class", owner)]
        outer = self.index.parents[owner]
        own_kinds = self.models.types_of_class(self.index.dotted(owner))
        bases = [ref for value in self.index.scopes[owner].bases for ref in self._base(outer, value)]
        for base in bases:
            if base.kind == "class":
                found += [ref for ref in self.lineage(base.scope) if ref not in found]
            elif base.kind == "external":
                kinds = self.models.types_of_class(base.path)
                found += [external(kind) for kind in kinds] or [external(f"{base.path}()")]
        found += [external(kind) for kind in own_kinds if external(kind) not in found]
        self._lineages[owner] = tuple(found)
        return self._lineages[owner]

    def _base(self, scope: int, value: int) -> Refs:
        base = self.index.value(scope, value)
        if base.op == "item":  # Generic[T]
            return self.refs(scope, base.args[0])
        return self.refs(scope, value)

    def types(self, owner: int) -> tuple[str, ...]:
        """The modelled types that instances of a project class are."""
        found = [
            kind
            for ref in self.lineage(owner)
            if ref.kind == "external" and ":" in ref.path
            for kind in self.models.lineage(ref.path)
        ]
        return tuple(dict.fromkeys(found))

    def subclasses(self, owner: int) -> list[int]:
        """All project classes below a class."""
        if self._subclasses is None:
            self._subclasses = {}
            for number, scope in enumerate(self.index.scopes):
                if scope.form == "class":
                    for ref in self.lineage(number)[1:]:
                        if ref.kind == "class":
                            self._subclasses.setdefault(ref.scope, []).append(number)
        return self._subclasses.get(owner, [])
