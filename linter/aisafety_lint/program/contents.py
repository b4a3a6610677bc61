"""What containers hold: the elements of literals, and what is put into them anywhere."""

from collections.abc import Iterator

from aisafety_lint.program.index import Index, Put
from aisafety_lint.program.linking import Linking
from aisafety_lint.program.models import Models
from aisafety_lint.program.refs import Ref, Refs, unique

_NESTING = 4
_PUTS = 64
"""Where more is put into containers of one name, the name says nothing."""


class Contents(Linking):
    """Resolves the elements of containers."""

    def __init__(self, index: Index, models: Models) -> None:
        super().__init__(index, models)
        self._added: dict[tuple[int, int], tuple[Put, ...]] = {}
        self._adding: set[tuple[int, int]] = set()
        self._elements: dict[tuple[Ref, str, int], Refs] = {}

    def elements(self, base: Ref, key: str, depth: int = _NESTING) -> Refs:
        """The elements of a container: those at a constant key, or all."""
        known = self._elements.get((base, key, depth))
        if known is not None:
            return known
        cut = self.cut
        found = self._found(base, key, depth)
        if cut == self.cut:
            self._elements[base, key, depth] = found
        return found

    def _found(self, base: Ref, key: str, depth: int) -> Refs:
        found = list(self._literal(base, key, depth))
        for put in self.added(base):
            refs = self.refs(put.scope, put.content)
            if put.spread:
                found += [ref for inner in refs for ref in self.item(inner, key, depth - 1)]
            elif not key or not put.key or put.key == key:
                found += refs
        return unique(found)

    def _literal(self, base: Ref, key: str, depth: int) -> Iterator[Ref]:
        value = self.index.value(base.scope, base.value)
        if value.op == "dict":
            pairs = list(zip(value.args[::2], value.args[1::2], strict=True))
            named = [item for name, item in pairs if key and self.index.value(base.scope, name).name == key]
            chosen = named or [item for _, item in pairs]
        elif value.op == "call":
            keywords = self.index.calls[base.scope][base.value].keywords
            pairs_given = zip(keywords, value.args[1:], strict=True)
            chosen = [item for name, item in pairs_given if name not in ("", "*", "**") and name == (key or name)]
        elif key.isdigit() and int(key) < len(value.args) and not value.kind:
            chosen = [value.args[int(key)]]
        else:
            chosen = list(value.args)
        merged = frozenset(value.args[::2]) if value.op == "dict" else frozenset()
        for item in chosen:
            spread = item in merged or self.index.value(base.scope, item).op == "star"
            for ref in self.refs(base.scope, item):
                if spread:
                    yield from self.item(ref, key if value.op == "dict" else "", depth - 1)
                else:
                    yield ref

    def added(self, container: Ref) -> tuple[Put, ...]:
        """What is put into a container after it was made, in any function that sees it under its name."""
        key = container.scope, container.value
        known = self._added.get(key)
        if known is not None:
            return known
        if key in self._adding:
            self.cut += 1
            return ()
        self._adding.add(key)
        cut = self.cut
        found = list(self.index.puts_by_root.get(key, ()))
        for name in self.index.names_of.get(key, ()):
            puts = self.index.puts_by_name.get(name, ())
            if len(puts) <= _PUTS:
                found += [put for put in puts if container in self.refs(put.scope, put.root)]
        self._adding.discard(key)
        if cut == self.cut or self.idle:
            self._added[key] = tuple(found)
        return tuple(found)
