"""Type aliases: what annotation a name stands for that is bound to a type expression."""

from collections.abc import Iterator

from aisafety_lint.program.index import Index
from aisafety_lint.program.linking import Linking
from aisafety_lint.python.annotations import PATTERNS, annotation_from
from aisafety_lint.python.facts import Annotation

_DEPTH = 6


class Aliases(Linking):
    """Finds what aliases stand for, across files."""

    def aliases(self, scope: int, name: str, depth: int = _DEPTH) -> Iterator[tuple[int, Annotation]]:
        """The annotations that a name stands for, each with the scope that it is written in."""
        head, _, last = name.rpartition(".")
        if head:
            owners = [ref.scope for ref in self.dotted(scope, head) if ref.kind in ("module", "class")]
        else:
            owners = list(self._enclosing(scope))
        for owner in owners:
            for value in self.index.scopes[owner].locals.get(last, ()):
                known = self.index.value(owner, value)
                if known.op == "import" and known.name:
                    path = self.index.modules.find(self.index.absolute(owner, known.kind), self.index.paths[owner])
                    if path is not None and depth > 0:
                        yield from self.aliases(self.index.first[path], known.name, depth - 1)
                elif known.op in ("item", "arithmetic", "const"):
                    annotation = written(self.index, owner, value)
                    if annotation is not None:
                        yield owner, annotation

    def _enclosing(self, scope: int) -> Iterator[int]:
        while scope >= 0:
            yield scope
            scope = self.index.parents[scope]


def written(index: Index, scope: int, value: int, depth: int = _DEPTH) -> Annotation | None:
    """The annotation that an expression spells, or None."""
    known = index.value(scope, value)
    if depth == 0:
        return None
    match known.op:
        case "name" | "import":
            return Annotation(index.local_names[scope].get(value, known.name))
        case "class":
            return Annotation(index.scopes[index.named(scope, known.name)].name)
        case "attr":
            base = written(index, scope, known.args[0], depth - 1)
            return None if base is None else Annotation(f"{base.name}.{known.name}")
        case "item":
            base = written(index, scope, known.args[0], depth - 1)
            key = index.value(scope, known.args[1])
            items = key.args if key.op == "tuple" else known.args[1:]
            return None if base is None else Annotation(base.name, _all_written(index, scope, items, depth))
        case "call":
            base = written(index, scope, known.args[0], depth - 1)
            return None if base is None else Annotation(base.name, pattern=_pattern(index, scope, value))
        case "arithmetic" if known.name == "BitOr":
            return Annotation("Union", _all_written(index, scope, known.args, depth))
        case "const" if known.kind == "str":
            return annotation_from(known.name)
        case "const" if known.kind == "NoneType":
            return Annotation("None")
    return None


def _pattern(index: Index, scope: int, call: int) -> str:
    """The pattern that a constraint is given as a constant."""
    given = zip(index.calls[scope][call].keywords, index.value(scope, call).args[1:], strict=True)
    texts = (index.value(scope, item) for keyword, item in given if keyword in PATTERNS)
    return next((text.name for text in texts if text.kind == "str"), "")


def _all_written(index: Index, scope: int, values: tuple[int, ...], depth: int) -> tuple[Annotation, ...]:
    found = (written(index, scope, value, depth - 1) for value in values)
    return tuple(item for item in found if item is not None)
