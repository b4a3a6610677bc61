"""YAML texts of the knowledge as plain data, kept in the cache: to parse one takes many times longer than to read it.

Each is found by the hash of its bytes, so an edited file is never missed and no file is out of date.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from aisafety_lint.cache import NO_CACHE, Store

# A few lines of YAML can stand for more nodes than there is memory (aliases of aliases): what is larger is not kept.
_LARGEST = 5_000_000
_MOST = 2_000
_TEXT, _LIST, _MAPPING = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))


class NotYamlError(Exception):
    """A text that is not valid YAML; the message says where."""


@dataclass(slots=True)
class Compiled:
    """The YAML texts of a run by their hashes: those that the store has, and those that were parsed anew.

    With `several` runs they are kept in memory where there is no store.
    """

    store: Store = NO_CACHE
    several: bool = False
    kept: dict[str, Any] | None = None
    used: dict[str, Any] = field(default_factory=dict)

    def load(self, data: bytes) -> Any:
        """What a YAML text says, as data of one's own; raises NotYamlError."""
        if not self.store and not self.several:
            return _parse(data)
        import msgspec

        key = sha256(data).hexdigest()
        found = self._all().get(key) or self.used.get(key)
        if found is None:
            content = _parse(data)
            found = _encoded(content)
            if found is None:
                return content
        self.used[key] = found
        return msgspec.msgpack.decode(found)

    def save(self) -> None:
        """Keep what was parsed anew for the next run."""
        kept = self._all() if self.store else {}
        if self.used.keys() <= kept.keys():
            return
        import msgspec

        every = {**kept, **self.used}
        self.kept = every if len(every) <= _MOST else dict(self.used)
        self.store.put(self.store.name("knowledge"), msgspec.msgpack.encode(self.kept))

    def _all(self) -> dict[str, Any]:
        if self.kept is None:
            self.kept = _decoded(self.store.get(self.store.name("knowledge"))) if self.store else {}
        return self.kept


def _decoded(entry: memoryview | None) -> dict[str, Any]:
    import msgspec

    try:
        return {} if entry is None else msgspec.msgpack.decode(entry, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return {}


def _encoded(content: Any) -> Any:
    """The data in the form of the cache; None where it would come back as something else, as dates do."""
    import msgspec

    try:
        if _is_small(content):
            raw = msgspec.msgpack.encode(content)
            if msgspec.msgpack.decode(raw) == content:
                return msgspec.Raw(raw)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        pass
    return None


def _is_small(content: Any) -> bool:
    size, pending = 0, [content]
    while pending and size < _LARGEST:
        item = pending.pop()
        size += 1 + (len(item) if isinstance(item, str | bytes) else 0)
        if isinstance(item, dict):
            pending += _parts(item)
        elif isinstance(item, list | tuple | set):
            pending += item
    return size < _LARGEST


def _parts(mapping: dict[Any, Any]) -> Iterable[Any]:
    yield from mapping
    yield from mapping.values()


def _parse(data: bytes) -> Any:
    import yaml

    try:
        loader = yaml.CSafeLoader(data)
        try:
            node = loader.get_single_node()
            return None if node is None else _built(node, loader, {})
        except RecursionError:
            return yaml.load(data, Loader=yaml.CSafeLoader)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise NotYamlError(str(error)) from error


def _built(node: Any, loader: Any, known: dict[Any, Any]) -> Any:
    """What a node says: texts, lists and mappings in half of the time that the loader takes, which builds the others.

    `known` is what was built of the nodes with parts, which may stand at several places.
    """
    if _is_text(node):
        return node.value
    if node in known:
        return known[node]
    if node.tag == _LIST and node.id == "sequence":
        items = known[node] = []
        items += [_built(item, loader, known) for item in node.value]
        return items
    if node.tag == _MAPPING and node.id == "mapping" and all(_is_text(key) for key, _ in node.value):
        mapping = known[node] = {}
        for key, value in node.value:
            mapping[key.value] = _built(value, loader, known)
        return mapping
    return loader.construct_object(node, deep=True)


def _is_text(node: Any) -> bool:
    return bool(node.tag == _TEXT) and bool(node.id == "scalar")
