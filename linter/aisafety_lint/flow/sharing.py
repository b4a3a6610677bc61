"""State that functions share without a call between them: who reads a variable or an attribute that was written.

Each function takes a value that was written and gives the places (scope, value) that read it.
"""

from collections.abc import Iterator

from aisafety_lint.program.index import Index
from aisafety_lint.program.resolver import Resolver

Place = tuple[int, int]


def readers_of_variable(index: Index, scope: int, value: int) -> Iterator[Place]:
    """Nested functions, other functions of the module, and modules that import it, by the variable's name."""
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


def readers_of_global(index: Index, scope: int, name: str) -> Iterator[Place]:
    """Functions that read a module variable which another function of the module writes."""
    for where, load in index.name_loads.get((index.paths[scope], name), ()):
        if where != scope:
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
