"""Messages of a conversation that a function is handed: takes the program, gives the parts of them that are content.

Chat programs keep messages as mappings of a few well-known keys. Where a function shows messages that come from its
caller, or from a session, what its callers keep there is often out of sight: the keys say what it is.
"""

from collections import defaultdict
from collections.abc import Container, Iterator

from aisafety_lint.program.index import Index
from aisafety_lint.program.models import Row
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Scope, Value

_GIVEN = frozenset({"param", "attr"})
_WITHIN = frozenset({"element", "item", "copy", "phi", "store"})
_STEPS = 6


def read_messages(resolver: Resolver) -> Iterator[tuple[int, int, str, int, Row]]:
    """What is read under a key of a message: (scope, the message, the key, what is read, the row that says so)."""
    rows = resolver.models.reads
    below = {key: [row for row in listed if "under" in row] for key, listed in rows.items()}
    for number, scope in enumerate(resolver.index.scopes if rows else ()):
        reads = list(_reads(scope))
        keys: dict[int, set[str]] = defaultdict(set)
        for base, key, _ in reads:
            keys[base].add(key)
        for base, key, position in reads:
            for row in rows.get(key, ()):
                beside = not keys[base].isdisjoint(row.get("beside", ())) and _is_given(resolver.index, number, base)
                if beside or ("under" in row and _is_under(resolver, number, base, row["under"])):
                    yield number, base, key, position, row
        for position, value in enumerate(scope.values):
            for row in below.get(value.name, ()) if value.op == "attr" else ():
                if _is_under(resolver, number, value.args[0], row["under"]):
                    yield number, value.args[0], value.name, position, row


def _is_under(resolver: Resolver, scope: int, base: int, names: Container[str]) -> bool:
    """Whether something was read by one of some names from what has no known type: `call["function"]`."""
    known = resolver.index.value(scope, base)
    if known.op not in ("item", "attr"):
        known = next((item for item in _gotten(resolver.index.scopes[scope], known)), known)
    if known.name not in names:
        return False
    refs = resolver.refs(scope, base)
    return all(ref.kind == "external" and not _is_modelled(resolver, ref.path) for ref in refs)


def _is_modelled(resolver: Resolver, path: str) -> bool:
    """Whether the models say what something is: an object of a known type, or the answer of a call that is a source."""
    calls = path.split("()")
    made = ("()".join(calls[:count]) for count in range(1, len(calls)))
    return (":" in path and len(calls) == 1) or any(any(resolver.models.rows("sources", call)) for call in made)


def _gotten(scope: Scope, value: Value) -> Iterator[Value]:
    """The key of `mapping.get("function", {})`."""
    if value.op == "call" and len(value.args) > 1 and scope.values[value.args[0]].name == "get":
        yield scope.values[value.args[1]]


def _reads(scope: Scope) -> Iterator[tuple[int, str, int]]:
    """Reads by a constant key: (what is read, the key, the result)."""
    for position, value in enumerate(scope.values):
        if value.op == "item" and value.name:
            yield value.args[0], value.name, position
        elif value.op == "call" and len(value.args) > 1:
            function, key = scope.values[value.args[0]], scope.values[value.args[1]]
            if function.op == "attr" and function.name == "get" and key.op == "const" and key.kind == "str":
                yield function.args[0], key.name, position


def _is_given(index: Index, scope: int, value: int) -> bool:
    """Whether something comes from outside of the function: a parameter, an attribute, or an element of one."""
    known = index.value(scope, value)
    for _ in range(_STEPS):
        if known.op not in _WITHIN:
            break
        known = index.value(scope, known.args[0])
    return known.op in _GIVEN
