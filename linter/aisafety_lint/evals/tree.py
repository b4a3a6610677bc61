"""Small questions to a value tree that the modules of this stage share."""

from collections.abc import Iterator

from aisafety_lint.manifests.documents import Array, Document, Node, Object, Pair, Scalar


def at(node: Node | None, path: str) -> Node | None:
    """The value at a path of keys with dots between them, or None where there is none."""
    for key in path.split("."):
        if not isinstance(node, Object):
            return None
        node = node.get(key)
    return node


def pair_at(node: Node | None, path: str) -> Pair | None:
    """The key and value at a path of keys, or None where there is none."""
    parent, _, name = path.rpartition(".")
    holder = at(node, parent) if parent else node
    return holder.index.get(name) if isinstance(holder, Object) else None


def has(node: Node | None, path: str) -> bool:
    """Whether there is a value at a path, null included."""
    return pair_at(node, path) is not None


def text(node: Node | None) -> str:
    """The text of a scalar; empty for everything else."""
    return node.raw if isinstance(node, Scalar) and node.value is not None else ""


def items(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; none for everything else."""
    return node.items if isinstance(node, Array) else ()


def is_broken(document: Document) -> bool:
    """Whether some of a document could not be read; a key that occurs twice is no such thing."""
    return any(note.id != "duplicate-key" for note in document.notifications)


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar at and below a node, without the keys."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, Scalar):
            yield current
        else:
            stack.extend(current.items if isinstance(current, Array) else (pair.value for pair in current.pairs))


def texts(node: Node) -> Iterator[str]:
    """The text of every scalar at and below a node."""
    return (scalar.raw for scalar in scalars(node))


def is_empty(node: Node | None) -> bool:
    """Whether a setting says nothing: absent, null, an empty text, list or mapping."""
    if isinstance(node, Array):
        return not node.items
    if isinstance(node, Object):
        return not node.pairs
    return node is None or not text(node).strip()
