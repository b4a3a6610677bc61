"""TOML to a value tree: places from tree-sitter's grammar, meaning of scalars and verdict on errors from tomllib."""

import re
from typing import TYPE_CHECKING, Any

from aisafety_lint.manifests.builder import Notes, shorten
from aisafety_lint.manifests.nodes import MAX_DEPTH, Array, Node, Places, Scalar
from aisafety_lint.manifests.tables import Table, Tables
from aisafety_lint.manifests.tokens import ByteIndex, syntax_tree
from aisafety_lint.toml_text import TomlError, TooDeepError, load_toml

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode

_KEYS = frozenset({"bare_key", "quoted_key"})
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse_toml(source: str, places: Places, notes: Notes) -> list[Node]:
    """The one root of a TOML text; where tomllib refuses the text, the tables that could be read."""
    import tree_sitter_toml

    _judge(source, notes)
    index = ByteIndex(source)
    reader = _Reader(source, index, places, notes)
    root = Table(0, len(source))
    table = root
    for child in syntax_tree(tree_sitter_toml.language(), index.data).root_node.named_children:
        if child.type in ("table", "table_array_element"):
            table = reader.table(root, child)
        elif child.type == "pair":
            reader.pair(root, child, 0)
        elif child.type == "ERROR":
            reader.salvage(table, child)
    return [root.freeze(places)]


def _judge(source: str, notes: Notes) -> None:
    try:
        load_toml(source)
    except TooDeepError:
        notes.too_deep(0)
    except TomlError as error:
        message = str(error)
        place = _PLACE.search(message)
        offset = 0
        if place and place[1]:
            lines = source.replace("\r\n", " \n").split("\n")
            offset = sum(len(line) + 1 for line in lines[: int(place[1]) - 1]) + int(place[2]) - 1
        elif place:
            offset = len(source)
        notes.add("broken-document", f"not valid TOML: {shorten(_PLACE.sub('', message), 120)}", offset, offset)


class _Reader:
    def __init__(self, source: str, index: ByteIndex, places: Places, notes: Notes) -> None:
        self.source = source
        self.index = index
        self.places = places
        self.notes = notes

    def table(self, root: Table, node: "SyntaxNode") -> Table:
        """Read a table with its header; gives the table that following pairs belong to."""
        keys = [key for child in node.named_children[:1] for key in self._keys(child)]
        if not keys or len(keys) > MAX_DEPTH:
            return self._too_deep(node) if keys else root
        start, end = self._range(node)
        end = start + len(self.source[start:end].rstrip())
        parent = self._descend(root, keys[:-1], start, end)
        table = Table(start, end)
        key, known = keys[-1], parent.entries.get(keys[-1].raw, (None, None))[1]
        if node.type == "table_array_element":
            if isinstance(known, Tables):
                known.tables.append(table)
            else:
                parent.entries[key.raw] = (key, Tables([table]))
        elif isinstance(known, Table):
            known.end = max(known.end, end)
            table = known
        else:
            parent.entries[key.raw] = (key, table)
        for child in node.named_children[1:]:
            if child.type == "pair":
                self.pair(table, child, len(keys))
            elif child.type == "ERROR":
                self.salvage(table, child)
        return table

    def pair(self, table: Table, node: "SyntaxNode", depth: int) -> None:
        """Read `key = value` into a table; a dotted key opens the tables on its way."""
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) < 2:
            return
        keys = self._keys(children[0])
        if not keys or depth + len(keys) > MAX_DEPTH:
            self._too_deep(node)
            return
        start, end = self._range(node)
        target = self._descend(table, keys[:-1], start, end)
        if keys[-1].raw in target.entries:
            self.notes.duplicate(keys[-1])
        target.entries[keys[-1].raw] = (keys[-1], self._value(children[1], depth + len(keys)))

    def salvage(self, table: Table, node: "SyntaxNode") -> None:
        """Keep the whole pairs inside of a part that was not understood."""
        for child in node.named_children:
            if child.type == "pair":
                self.pair(table, child, 0)

    def _descend(self, table: Table, keys: list[Scalar], start: int, end: int) -> Table:
        for key in keys:
            known = table.entries.get(key.raw, (None, None))[1]
            if isinstance(known, Tables):
                table = known.tables[-1]
            elif isinstance(known, Table):
                table = known
            else:
                inner = Table(start, end)
                table.entries[key.raw] = (key, inner)
                table = inner
            table.end = max(table.end, end)
        return table

    def _value(self, node: "SyntaxNode", depth: int) -> Node:
        start, end = self._range(node)
        if depth > MAX_DEPTH:
            self._too_deep(node)
            return Scalar(self.places, start, end, None, "")
        if node.type == "array":
            items = tuple(
                self._value(child, depth + 1) for child in node.named_children if child.type not in ("comment", "ERROR")
            )
            return Array(self.places, start, end, items)
        if node.type == "inline_table":
            table = Table(start, end)
            for child in node.named_children:
                if child.type == "pair":
                    self.pair(table, child, depth + 1)
            return table.freeze(self.places)
        text = self.source[start:end]
        value = _scalar(text)
        quoted = node.type == "string"
        raw = value if quoted and isinstance(value, str) else text
        return Scalar(self.places, start, end, value, raw, quoted=quoted)

    def _keys(self, node: "SyntaxNode") -> list[Scalar]:
        """The parts of a key, from left to right; the grammar nests the parts of a dotted one."""
        found: list[Scalar] = []
        todo = [node]
        while todo:
            part = todo.pop()
            if part.type in _KEYS:
                start, end = self._range(part)
                text = self.source[start:end]
                name = str(_scalar(text)) if part.type == "quoted_key" else text
                found.append(Scalar(self.places, start, end, name, name, quoted=part.type == "quoted_key"))
            else:
                todo.extend(reversed(part.named_children))
        return found

    def _range(self, node: "SyntaxNode") -> tuple[int, int]:
        return self.index.char(node.start_byte), self.index.char(node.end_byte)

    def _too_deep(self, node: "SyntaxNode") -> Table:
        start, end = self._range(node)
        self.notes.too_deep(start)
        return Table(start, end)


def _scalar(text: str) -> Any:
    """The value of one TOML value; dates and times stay text."""
    try:
        value = load_toml(f"v = {text}")["v"]
    except TomlError:
        return text.strip("\"'")
    return value if isinstance(value, (str, int, float, bool)) else text
