"""Building a value tree without recursion: parsers feed it openings, scalars and closings in source order.

It keeps the limits of every document in one place (nesting, notifications) and closes what a broken text left open.
"""

from dataclasses import dataclass, field

from aisafety_lint.finding import Notification, NotificationLevel
from aisafety_lint.manifests.nodes import MAX_DEPTH, MOST_ROOTS, Array, Node, Object, Pair, Places, Scalar


@dataclass(slots=True)
class Frame:
    """An object or array that is still open: its pairs or items so far, and the key that waits for its value."""

    start: int
    is_object: bool
    tag: str = ""
    pairs: list[Pair] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    key: Scalar | None = None
    names: set[str] = field(default_factory=set)
    merges: list[Node] = field(default_factory=list)
    anchor: str = ""
    weight: int = 1
    height: int = 1


class Notes:
    """Collects the notifications of one document: of each id the first place, and how many more there are."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._first: dict[str, tuple[str, int, int]] = {}
        self._count: dict[str, int] = {}

    def add(self, topic: str, message: str, start: int, end: int) -> None:
        self._first.setdefault(topic, (message, start, end))
        self._count[topic] = self._count.get(topic, 0) + 1

    def duplicate(self, key: Scalar) -> None:
        """Note a key that occurs twice in its object; keys that people write as comments may."""
        if key.raw.lstrip("_").startswith(("//", "#", "comment")):
            return
        message = f"the key `{shorten(key.raw)}` occurs twice; the last one counts"
        self.add("duplicate-key", message, key.start, key.end)

    def too_deep(self, start: int) -> None:
        """Note what is cut because it nests too deep."""
        self.add("document-limit", f"what is nested deeper than {MAX_DEPTH} levels is not read", start, start)

    def too_many(self, start: int) -> None:
        """Note what is left out because there are too many documents in the text."""
        self.add("document-limit", f"only the first {MOST_ROOTS} documents of a file are read", start, start)

    def take(self, other: "Notes") -> None:
        """Add what another reading of the same document has noted."""
        for topic, (message, start, end) in other._first.items():
            self._first.setdefault(topic, (message, start, end))
            self._count[topic] = self._count.get(topic, 0) + other._count[topic]

    def result(self) -> list[Notification]:
        return [self._make(topic) for topic in self._first]

    def _make(self, topic: str) -> Notification:
        message, start, end = self._first[topic]
        more = self._count[topic] - 1
        if more:
            message += f" (and {more} more such place{'s' if more > 1 else ''})"
        size = len(self._places.text)
        level = NotificationLevel.NOTE if topic == "duplicate-key" else NotificationLevel.WARNING
        return Notification(
            topic, message, level, self._places.path, self._places.span(min(start, size), min(end, size))
        )


class Builder:
    """A stack machine for one document; `roots` are the finished trees, `skipped` the open levels beyond the limit.

    With `merge_keys` the key `<<` of an object brings in the pairs of other objects, as in YAML.
    """

    def __init__(self, places: Places, notes: Notes, *, merge_keys: bool = False) -> None:
        self.places = places
        self.notes = notes
        self._merge_keys = merge_keys
        self.roots: list[Node] = []
        self.stack: list[Frame] = []
        self.skipped = 0

    def open(self, start: int, *, is_object: bool, tag: str = "", anchor: str = "") -> None:
        """Begin an object or array."""
        if self.skipped or len(self.stack) >= MAX_DEPTH:
            if not self.skipped:
                self.notes.too_deep(start)
            self.skipped += 1
            return
        self.stack.append(Frame(start, is_object, tag, anchor=anchor))

    def close(self, end: int) -> tuple[Node, Frame] | None:
        """End the innermost object or array; gives it with its frame, or None where the limit cut it."""
        if self.skipped:
            self.skipped -= 1
            if not self.skipped:
                self.add(Scalar(self.places, end, end, None, ""))
            return None
        frame = self.stack.pop()
        node: Node
        if frame.is_object:
            if frame.key is not None:
                self._settle(frame, Scalar(self.places, frame.key.end, frame.key.end, None, ""))
            pairs = _with_merged(frame) if frame.merges else frame.pairs
            node = Object(self.places, frame.start, end, tuple(pairs), frame.tag)
        else:
            node = Array(self.places, frame.start, end, tuple(frame.items), frame.tag)
        self.add(node, frame.weight, frame.height)
        return node, frame

    def add(self, node: Node, weight: int = 1, height: int = 0) -> None:
        """Put a finished node where it belongs; in an object without a waiting key, a scalar becomes the key.

        `weight` counts the nodes below, aliases expanded; `height` the levels below.
        """
        if self.skipped:
            return
        if not self.stack:
            if len(self.roots) < MOST_ROOTS:
                self.roots.append(node)
            else:
                self.notes.too_many(node.start)
            return
        frame = self.stack[-1]
        frame.weight += weight
        frame.height = max(frame.height, height + 1)
        if not frame.is_object:
            frame.items.append(node)
        elif frame.key is None:
            frame.key = node if isinstance(node, Scalar) else self._text_key(node)
        else:
            self._settle(frame, node)

    def finish(self, end: int) -> None:
        """Close everything that the text left open."""
        while self.skipped or self.stack:
            self.close(end)

    def _settle(self, frame: Frame, value: Node) -> None:
        key = frame.key
        assert key is not None
        frame.key = None
        if self._merge_keys and key.raw == "<<" and not key.quoted and not isinstance(value, Scalar):
            frame.merges.extend(value.items if isinstance(value, Array) else [value])
            return
        if key.raw in frame.names:
            self.notes.duplicate(key)
        frame.names.add(key.raw)
        frame.pairs.append(Pair(key, value))

    def _text_key(self, node: Node) -> Scalar:
        raw = self.places.text[node.start : node.end]
        return Scalar(self.places, node.start, node.end, raw, raw)


def _with_merged(frame: Frame) -> list[Pair]:
    """The pairs of an object with those of its merge keys: its own come first and win, then the earlier merge wins."""
    pairs, names = list(frame.pairs), set(frame.names)
    for node in frame.merges:
        for pair in node.pairs if isinstance(node, Object) else ():
            if pair.key.raw not in names:
                names.add(pair.key.raw)
                pairs.append(Pair(pair.key, pair.value, merged=True))
    return pairs


def shorten(text: str, limit: int = 60) -> str:
    """A text for a message: printable, on one line, at most `limit` characters."""
    clean = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
