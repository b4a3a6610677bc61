"""JSON and JSONC to a value tree: the tokens of tree-sitter's grammar, put together by a tolerant stack machine.

Comments, trailing commas and a missing end are read as their author meant them; only what no dialect allows is noted.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aisafety_lint.manifests.builder import Builder, Notes, shorten
from aisafety_lint.manifests.nodes import Node, Places, Scalar
from aisafety_lint.manifests.tokens import ByteIndex, syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode
    from tree_sitter import Tree

_LITERALS = {"true": True, "false": False, "null": None}
_TOKENS = frozenset({"string", "number", "comment", *_LITERALS})


def parse_json(source: str, places: Places, notes: Notes) -> list[Node]:
    """The value of a JSON text; a text with several values (JSON lines) gives several roots."""
    import tree_sitter_json

    index = ByteIndex(source)
    machine = _Machine(source, index, Builder(places, notes), notes)
    for token in _tokens(syntax_tree(tree_sitter_json.language(), index.data)):
        machine.take(token)
    return machine.finish()


def _tokens(tree: "Tree") -> "Iterator[SyntaxNode]":
    """The tokens in source order, those inside of error nodes too."""
    cursor = tree.walk()
    while True:
        node = cursor.node
        assert node is not None
        if node.type not in _TOKENS and cursor.goto_first_child():
            continue
        yield node
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


class _Machine:
    def __init__(self, source: str, index: ByteIndex, builder: Builder, notes: Notes) -> None:
        self.source = source
        self.index = index
        self.builder = builder
        self.notes = notes
        self.depth: list[str] = []
        self.open: Counter[str] = Counter()
        self.end = 0

    def take(self, token: "SyntaxNode") -> None:
        start, end = self.index.char(token.start_byte), self.index.char(token.end_byte)
        if start == end or token.type == "comment":
            return
        match token.type:
            case "{" | "[":
                self.depth.append(token.type)
                self.open[token.type] += 1
                self.builder.open(start, is_object=token.type == "{")
            case "}" | "]":
                self._close("{" if token.type == "}" else "[", start, end)
            case ",":
                self._comma(start)
            case ":" | "document" | '"' | "escape_sequence":
                pass
            case _:
                self._value(token.type, start, end)
        self.end = end

    def finish(self) -> list[Node]:
        if self.depth:
            self.notes.add("broken-document", "not valid JSON: the text ends too early", self.end, self.end)
        self.builder.finish(self.end)
        return self.builder.roots

    def _close(self, opening: str, start: int, end: int) -> None:
        if not self.open[opening]:
            self.notes.add("broken-document", "not valid JSON: a bracket closes nothing", start, end)
            return
        while self.depth[-1] != opening:
            self.notes.add("broken-document", "not valid JSON: a bracket is not closed", start, start)
            self.open[self.depth.pop()] -= 1
            self.builder.close(start)
        self.open[self.depth.pop()] -= 1
        self.builder.close(end)

    def _comma(self, start: int) -> None:
        """A comma ends a key that has no value."""
        frame = self.builder.stack[-1] if self.builder.stack else None
        if frame is not None and frame.key is not None:
            self.notes.add("broken-document", "not valid JSON: a key has no value", frame.key.start, start)
            self.builder.add(Scalar(self.builder.places, start, start, None, ""))

    def _value(self, kind: str, start: int, end: int) -> None:
        text = self.source[start:end]
        places = self.builder.places
        if kind == "string":
            self.builder.add(Scalar(places, start, end, value := _string(text), value, quoted=True))
        elif kind == "number":
            self.builder.add(Scalar(places, start, end, _number(text), text))
        elif kind in _LITERALS:
            self.builder.add(Scalar(places, start, end, _LITERALS[kind], text))
        else:
            self.notes.add("broken-document", f"not valid JSON: `{shorten(text, 30)}` is no value", start, end)
            quoted = kind == "string_content"
            if quoted or not self._expects_key():
                self.builder.add(Scalar(places, start, end, text, text, quoted=quoted))

    def _expects_key(self) -> bool:
        stack = self.builder.stack
        return bool(stack) and stack[-1].is_object and stack[-1].key is None


def _string(text: str) -> str:
    """The text of a string with its quotes; odd escapes stay as they are written."""
    if "\\" not in text:
        return text[1:-1]
    try:
        value = json.loads(text, strict=False)
    except ValueError:
        return text[1:-1]
    # An escaped half of a surrogate pair is no character and could not be printed later.
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _number(text: str) -> int | float | str:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
