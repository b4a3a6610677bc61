"""Attributes of what is resolved: module members, methods through the class hierarchy, what methods store."""

import fnmatch
from collections.abc import Iterable, Iterator

import msgspec

from aisafety_lint.program.hierarchy import Hierarchy
from aisafety_lint.program.index import Index
from aisafety_lint.program.models import Models
from aisafety_lint.program.refs import MOST, Ref, Refs, external, unique

_SAME_ELEMENT = frozenset({"get", "pop", "setdefault", "values", "items", "popitem", "copy", "__getitem__"})

_DEFINITIONS = frozenset({"function", "class"})
_FOREIGN = 24
"""Where an attribute of a name is written at more places than this, those outside of the class are not looked at."""

_WITHOUT_MEMBERS = frozenset({"abc.ABC()", "typing.Generic()", "typing.Protocol()", "typing_extensions.Protocol()"})
"""Bases that say something of a class and have no attributes of their own."""


class Members(Hierarchy):
    """Resolves attributes by what they are taken from."""

    def __init__(self, index: Index, models: Models) -> None:
        super().__init__(index, models)
        self._attributes: dict[tuple[int, str], Refs] = {}
        self._storing: set[tuple[int, str]] = set()

    def member(self, base: Ref, name: str) -> Refs:
        """The attribute of something resolved."""
        match base.kind:
            case "external":
                return self._generic_member(base, name) or self._external_member(base.path, name)
            case "module":
                found = self.module_member(base.scope, name)
                return found or (
                    (external(f"{self.index.dotted(base.scope)}.{name}"),) if self.index.dotted(base.scope) else ()
                )
            case "class" | "instance" | "super":
                return self._class_member(base, name)
            case "container" | "collection" | "items" if name in _SAME_ELEMENT:
                return (Ref("items", receiver=base, path=name),)
        return ()

    def _generic_member(self, base: Ref, name: str) -> Refs:
        """The attribute, or what leads to it, whose type stands in brackets behind the type that it is taken from."""
        path = f"{base.path}.{name}"
        for kind, (attribute, _) in self.models.generics.items() if base.items else ():
            if path == f"{kind}.{attribute}":
                return base.items
            if f"{kind}.{attribute}".startswith(f"{path}."):
                return (msgspec.structs.replace(base, path=path),)
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
        for lineage in self.after(base.scope) if base.kind == "super" else [self.lineage(base.scope)]:
            found += self._first_member(base, lineage, name)
        if base.kind == "instance" and found and found[0].kind == "function":
            found += self._overrides(base, name)
        elif base.kind == "instance" and all(self._is_empty(ref) for ref in found):
            found += self._filled_below(base, name)
        return unique(found)

    def _is_empty(self, ref: Ref) -> bool:
        """Whether something is a list or dict that is written without an element: others are to fill it."""
        return ref.kind == "container" and not self.index.value(ref.scope, ref.value).args

    def _filled_below(self, base: Ref, name: str) -> Iterator[Ref]:
        """What subclasses store in an attribute that a class leaves to them."""
        below = set(self.subclasses(base.scope)) if name in self.index.attribute_stores else set()
        owners = {self.index.outer_class(where) for where, _ in self.index.attribute_stores[name]} if below else set()
        for owner in sorted(owner for owner in owners if owner in below)[:MOST]:
            yield from self.stored_attribute(owner, name)

    def _first_member(self, base: Ref, lineage: Iterable[Ref], name: str) -> list[Ref]:
        own: list[Ref] = []
        outside: list[Ref] = []
        for owner in lineage:
            if owner.path in _WITHOUT_MEMBERS:
                continue
            if owner.kind == "external":
                overridden = any(ref.kind == "function" for ref in own)
                outside += [] if overridden and ":" not in owner.path else [external(f"{owner.path}.{name}")]
            elif not own:  # also behind a base outside of the project, which may lack the member
                own += self._own_member(base, owner.scope, name)
        return [*own, *outside]

    def _own_member(self, base: Ref, owner: int, name: str) -> Iterable[Ref]:
        scope = self.index.scopes[owner]
        receiver = Ref("instance", base.scope) if base.kind == "super" else base
        declared = scope.annotations.get(name)
        if declared is not None and (found := self.annotated(owner, declared)):
            foreign = all(ref.kind == "external" for ref in found)
            made = self.stored_attribute(owner, name) if foreign else ()
            return [*found, *(ref for ref in made if ref.kind == "external")]
        if declared is not None and declared.name == "str":
            return [external("str")]
        raws = [raw for value in scope.locals.get(name, ()) for raw in self.refs(owner, value)]
        bound = [ref for raw in raws for ref in self._bind(raw, receiver, owner)]
        if any(raw.kind == "function" for raw in raws):
            return bound
        return [*bound, *self.stored_attribute(owner, name)]

    def _bind(self, raw: Ref, receiver: Ref, owner: int) -> Iterable[Ref]:
        """A class attribute as seen through a receiver: methods are bound, properties are called."""
        if raw.kind != "function" or self.index.enclosing_class(raw.scope) != owner:
            return [raw]
        decorated = self.decorated_with(raw.scope)
        if any(name.endswith((".setter", ".deleter")) for name in decorated):
            return []
        if receiver.kind == "instance" and self.is_property(raw.scope):
            return self.returned(raw)
        if "staticmethod" in decorated:
            return [raw]
        if "classmethod" in decorated:
            return [msgspec.structs.replace(raw, receiver=Ref("class", receiver.scope))]
        return [msgspec.structs.replace(raw, receiver=receiver if receiver.kind == "instance" else None)]

    def named_like(self, base: Ref, pattern: str) -> Refs:
        """The functions and classes under the names of a class or module that fit a glob."""
        if base.kind == "module":
            known = self.index.scopes[base.scope]
            names = [name for name, values in known.locals.items() if known.values[values[-1]].op in _DEFINITIONS]
        elif base.kind in ("instance", "class"):
            owners = [ref.scope for ref in self.lineage(base.scope) if ref.kind == "class"]
            names = [name for owner in owners for name in self.index.methods[owner]]
        else:
            return ()
        wanted = [name for name in fnmatch.filter(dict.fromkeys(names), pattern) if not name.startswith("__")]
        if not pattern.strip("*"):
            wanted = [name for name in wanted if not name.startswith("_")]
        return unique(ref for name in wanted for ref in self.member(base, name))

    def properties(self, scope: int, attribute: int) -> list[int]:
        """The project functions that reading an attribute runs."""
        value = self.index.value(scope, attribute)
        found: list[int] = []
        for base in self.refs(scope, value.args[0]):
            for owner in self.lineage(base.scope) if base.kind == "instance" else ():
                if owner.kind == "class" and value.name in self.index.scopes[owner.scope].locals:
                    qualname = f"{self.index.scopes[owner.scope].qualname}.{value.name}"
                    method = self.index.by_qualname.get((self.index.paths[owner.scope], qualname))
                    if method is not None and self.is_property(method):
                        found.append(method)
                    break
        return found

    def has_attribute(self, owner: int, name: str) -> bool:
        """Whether a class, or a base of it, defines or stores an attribute."""
        classes = {ref.scope for ref in self.lineage(owner) if ref.kind == "class"}
        if any(
            name in self.index.scopes[item].locals or name in self.index.scopes[item].annotations for item in classes
        ):
            return True
        return any(self.index.outer_class(where) in classes for where, _ in self.index.attribute_stores.get(name, ()))

    def setters(self, scope: int, store: int) -> list[int]:
        """The project functions that writing an attribute runs (`@name.setter`)."""
        value = self.index.value(scope, store)
        return [
            method
            for method in self.index.setters.get(value.name, ())
            for base in self.refs(scope, value.args[0])
            if base.kind == "instance" and Ref("class", self.index.parents[method]) in self.lineage(base.scope)
        ]

    def is_property(self, method: int) -> bool:
        """Whether reading the attribute of its name runs a method."""
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
                        yield from self._bind(raw, Ref("instance", subclass), subclass)

    def stored_attribute(self, owner: int, name: str) -> Refs:
        """What methods of a class store in an attribute of the receiver, and what it is annotated to be."""
        key = owner, name
        known = self._attributes.get(key)
        if known is not None:
            return known
        if key in self._storing:
            self.cut += 1
            return ()
        self._storing.add(key)
        found: list[Ref] = []
        annotation = self.index.scopes[owner].annotations.get(name)
        if annotation is not None:
            found += self.annotated(owner, annotation)
        stores = self.index.attribute_stores.get(name, ())
        for where, position in stores:
            content = self.index.value(where, position).args[1]
            if self._on_receiver(where, position):
                if self.index.outer_class(where) == owner:
                    found += self.refs(where, content)
                    declared = self.index.scopes[where].annotations.get(f"self.{name}")
                    found += self.annotated(where, declared) if declared is not None else ()
            elif len(stores) <= _FOREIGN and self._is_of(owner, where, position):
                found += self.refs(where, content)
        self._storing.discard(key)
        self._attributes[key] = unique(found)
        return self._attributes[key]

    def _is_of(self, owner: int, where: int, position: int) -> bool:
        """Whether an attribute is written from outside into an instance of a class, or into the class itself."""
        bases = self.refs(where, self.index.value(where, position).args[0])
        return any(
            ref.kind in ("instance", "class") and Ref("class", owner) in self.lineage(ref.scope) for ref in bases
        )

    def _on_receiver(self, where: int, position: int) -> bool:
        value = self.index.value(where, position)
        while value.op == "store":
            value = self.index.value(where, value.args[0])
        params = self.index.scopes[where].params
        return (value.op == "param" and bool(params) and params[0].name == value.name) or (
            value.op == "name" and value.name == "self"
        )
