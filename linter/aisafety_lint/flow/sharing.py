"""State that functions share without a call between them: who reads a variable or an attribute that was written.

Each function takes a value that was written and gives the places (scope, value) that read it.
"""

from collections.abc import Iterator

from aisafety_lint.program.index import Index
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver

Place = tuple[int, int]

_NAMED = frozenset({"name", "import", "attr", "param", "class"})
_SAME_OBJECT = frozenset({"store", "phi", "copy", "function", "class"})


def readers_of_variable(resolver: Resolver, scope: int, value: int) -> Iterator[Place]:
    """Nested functions, other functions of the module, and modules that import it, by the variable's name."""
    index = resolver.index
    name = index.local_names[scope].get(value)
    form = index.scopes[scope].form
    if name is None or form == "class":
        return
    path = index.paths[scope]
    if form == "module" or index.children.get(scope):
        for where, load in index.name_loads.get((path, name), ()):
            if where != scope and _sees(index, where, scope, name):
                yield where, load
    if form == "module":
        for where, load in index.importers.get(name, ()):
            module = index.absolute(where, index.value(where, load).kind)
            if index.modules.find(module, index.paths[where]) == path:
                yield where, load
        for where, load in index.attribute_loads.get(name, ()):
            base = index.value(where, load).args[0]
            if index.value(where, base).op in _NAMED and Ref("module", scope) in resolver.refs(where, base):
                yield where, load


def readers_of_global(index: Index, scope: int, name: str) -> Iterator[Place]:
    """The definitions of a variable that a function writes in an outer scope, and its readers where it has none."""
    owner = owner_of(index, index.parents[scope], name)
    if owner >= 0:
        yield from ((owner, value) for value in index.scopes[owner].locals[name])
    for where, load in index.name_loads.get((index.paths[scope], name), ()):
        if where != scope and owner_of(index, where, name) in (owner, -1):
            yield where, load


def owner_of(index: Index, scope: int, name: str) -> int:
    """The nearest scope around a place that binds a name, -1 where none does."""
    first = True
    while scope >= 0:
        known = index.scopes[scope]
        if name in known.locals and (first or known.form != "class"):
            return scope
        first = False
        scope = index.parents[scope]
    return -1


def homes(
    resolver: Resolver, scope: int, position: int, path: tuple[str, ...]
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where an object that was written into is known too: as a variable of another scope or module, as a class.

    Not a table that is written under keys which are not known: what is read of it elsewhere is mostly another entry.
    """
    index = resolver.index
    root = position
    while (known := index.value(scope, root)).op == "store":
        if known.kind == "item" and not known.name:
            return
        root = known.args[0]
    known = index.value(scope, root)
    if known.op == "name":
        owner = owner_of(index, scope, known.name)
        yield from _definitions(index, owner, known.name, path) if owner not in (-1, scope) else ()
    elif known.op == "import" and known.name:
        yield from _in_module(index, scope, known.kind, known.name, path)
    elif known.op == "attr":
        for ref in resolver.refs(scope, known.args[0]):
            yield from _of_owner(resolver, ref, (known.name, *path))
    for ref in resolver.refs(scope, root) if known.op in _NAMED else ():
        yield from _of_owner(resolver, ref, path)


def _of_owner(resolver: Resolver, ref: Ref, path: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """A variable of a module, or an attribute that all instances of a class share."""
    if ref.kind == "module":
        yield from _definitions(resolver.index, ref.scope, path[0], path[1:])
    elif ref.kind == "class":
        yield from ((where, load, path[1:]) for where, load in readers_of_class(resolver, ref.scope, path[0]))


def _in_module(
    index: Index, scope: int, module: str, name: str, path: tuple[str, ...]
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    found = index.modules.find(index.absolute(scope, module), index.paths[scope])
    if found is not None and index.first[found] != scope:
        yield from _definitions(index, index.first[found], name, path)


def _definitions(
    index: Index, owner: int, name: str, path: tuple[str, ...]
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """The definitions of a variable where it gets a new object, and the last one, whatever it is."""
    values = index.scopes[owner].locals.get(name, ())
    for value in values:
        known = index.value(owner, value)
        if known.op == "import":
            yield from _in_module(index, owner, known.kind, known.name, path)
        elif value == values[-1] or known.op not in _SAME_OBJECT:
            yield owner, value, path


def readers_of_class(resolver: Resolver, owner: int, name: str) -> Iterator[Place]:
    """Reads of an attribute that the instances of a class and of its subclasses share."""
    index = resolver.index
    related = {owner, *resolver.subclasses(owner)}
    for where, load in index.attribute_loads.get(name, ()):
        bases = resolver.refs(where, index.value(where, load).args[0])
        if any(ref.kind in ("instance", "class") and ref.scope in related for ref in bases):
            yield where, load


def readers_of_attribute(resolver: Resolver, scope: int, name: str) -> Iterator[Place]:
    """Other methods of the class, its bases and its subclasses that read an attribute of the receiver."""
    index = resolver.index
    owner = index.enclosing_class(scope)
    if owner is None or name == "*":
        return
    bases = (ref.scope for ref in resolver.lineage(owner) if ref.kind == "class")
    related = {owner, *resolver.subclasses(owner), *bases}
    for where, load in index.attribute_loads.get(name, ()):
        if where != scope and index.outer_class(where) in related and _reads_receiver(index, where, load):
            yield where, load


def _sees(index: Index, where: int, owner: int, name: str) -> bool:
    """Whether a name read in a scope means the variable of an outer scope."""
    current = index.parents[where]
    while current >= 0:
        if current == owner:
            return True
        if index.scopes[current].form != "class" and name in index.scopes[current].locals:
            return False
        current = index.parents[current]
    return False


def _reads_receiver(index: Index, where: int, load: int) -> bool:
    base = index.value(where, index.value(where, load).args[0])
    params = index.scopes[where].params
    if base.op == "param":
        return bool(params) and params[0].name == base.name
    return base.op == "name" and base.name == "self"
