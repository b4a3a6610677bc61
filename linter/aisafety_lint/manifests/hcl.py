"""HCL (Terraform) to a value tree, in the form that the JSON syntax of HCL has.

A block stands under its type and its labels as an item of a list: `resource "aws_iam_role" "agent" {...}` is
`{resource: {aws_iam_role: {agent: [{...}]}}}`, a block without labels `{statement: [{...}]}`. The argument of
`jsonencode` stands for the call. Any other expression that is not a literal is its text, with the tag `expression`:
what it will be is not known. Source: the JSON configuration syntax and the native syntax of HCL.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aisafety_lint.manifests.builder import Notes, shorten
from aisafety_lint.manifests.nodes import MAX_DEPTH, Array, Node, Object, Pair, Places, Scalar
from aisafety_lint.manifests.tables import Table, Tables
from aisafety_lint.manifests.tokens import ByteIndex, syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node as SyntaxNode

UNKNOWN = "expression"
"""The tag of a scalar whose value is not known: a reference, a call, a template with parts of another value."""

_TEXT = "template_literal"
_LABELS = frozenset({"string_lit", "identifier"})
_WRAPPERS = frozenset({"expression", "literal_value", "collection_value", "template_expr"})
_KEYWORDS = {"true": True, "false": False, "null": None}


def parse_hcl(source: str, places: Places, notes: Notes) -> list[Node]:
    """The one root of a text; what could not be read is left out with a notification."""
    import tree_sitter_hcl

    index = ByteIndex(source)
    reader = _Reader(source, index, places, notes)
    root = Table(0, len(source))
    tree = syntax_tree(tree_sitter_hcl.language(), index.data).root_node
    for part in _errors(tree):
        reader.broken(part)
    if tree.type == "ERROR":
        reader.body(root, tree, 0)
    for child in tree.named_children:
        if child.type == "body":
            reader.body(root, child, 0)
    return [root.freeze(places)]


class _Reader:
    def __init__(self, source: str, index: ByteIndex, places: Places, notes: Notes) -> None:
        self.source = source
        self.index = index
        self.places = places
        self.notes = notes

    def body(self, block: Table, node: "SyntaxNode", depth: int) -> None:
        """Read the attributes and blocks of a body into an object."""
        for child in node.named_children:
            if child.type == "attribute" and len(child.named_children) > 1:
                key = self._text(child.named_children[0])
                block.entries[key.raw] = (key, self._value(child.named_children[1], depth + 1))
            elif child.type == "block":
                self._block(block, child, depth + 1)

    def broken(self, node: "SyntaxNode") -> None:
        """Note a part that was not understood."""
        start, end = self._range(node)
        self.notes.add("broken-document", f"not valid HCL: {shorten(self.source[start:end])}", start, end)

    def _block(self, parent: Table, node: "SyntaxNode", depth: int) -> None:
        if depth > MAX_DEPTH:
            self.notes.too_deep(self._range(node)[0])
            return
        labels = [self._scalar(child) for child in node.named_children if child.type in _LABELS]
        start, end = self._range(node)
        owner = parent
        for label in labels[:-1]:
            known = owner.entries.get(label.raw, (None, None))[1]
            if not isinstance(known, Table):
                known = Table(start, end)
                owner.entries[label.raw] = (label, known)
            known.end = max(known.end, end)
            owner = known
        inner = Table(start, end)
        for child in node.named_children:
            if child.type == "body":
                self.body(inner, child, depth)
        if labels:
            held = owner.entries.get(labels[-1].raw, (None, None))[1]
            if isinstance(held, Tables):
                held.tables.append(inner)
            else:
                owner.entries[labels[-1].raw] = (labels[-1], Tables([inner]))

    def _value(self, node: "SyntaxNode", depth: int) -> Node:
        while node.type in _WRAPPERS and len(node.named_children) == 1:
            node = node.named_children[0]
        if depth > MAX_DEPTH:
            self.notes.too_deep(self._range(node)[0])
            return Scalar(self.places, *self._range(node), None, "")
        match node.type:
            case "tuple":
                items = [self._value(child, depth + 1) for child in node.named_children if child.type == "expression"]
                return Array(self.places, *self._range(node), tuple(items))
            case "object":
                return self._object(node, depth)
            case "function_call":
                argument = _encoded(node)
                return self._value(argument, depth + 1) if argument is not None else self._unknown(node)
        return self._scalar(node)

    def _object(self, node: "SyntaxNode", depth: int) -> Object:
        pairs = []
        for child in node.named_children:
            if child.type == "object_elem" and len(child.named_children) > 1:
                key = self._value(child.named_children[0], depth + 1)
                name = key.raw if isinstance(key, Scalar) else ""
                value = self._value(child.named_children[1], depth + 1)
                pairs.append(Pair(Scalar(self.places, key.start, key.end, name, name), value))
        return Object(self.places, *self._range(node), tuple(pairs))

    def _scalar(self, node: "SyntaxNode") -> Scalar:
        start, end = self._range(node)
        match node.type:
            case "string_lit":
                text = self._inner(node)
                return Scalar(self.places, start, end, text, text, quoted=True)
            case "heredoc_template":
                text = self._inner(node)
                tag = UNKNOWN if "${" in text or "%{" in text else ""
                inner = next((self._range(part)[0] for part in node.named_children if part.type == _TEXT), start)
                return Scalar(self.places, inner, inner + len(text), text, text, tag=tag)
            case "quoted_template":
                text = self.source[start + 1 : end - 1]
                return Scalar(self.places, start, end, text, text, quoted=True, tag=UNKNOWN)
            case "identifier":
                return self._text(node)
            case "bool_lit" | "null_lit":
                word = self.source[start:end]
                return Scalar(self.places, start, end, _KEYWORDS.get(word), word)
            case "numeric_lit":
                return Scalar(self.places, start, end, _number(self.source[start:end]), self.source[start:end])
        return self._unknown(node)

    def _inner(self, node: "SyntaxNode") -> str:
        """The text between the quotes, or the lines of a heredoc."""
        parts = [child for child in node.named_children if child.type.startswith("template_")]
        if not parts:
            return ""
        return self.source[self._range(parts[0])[0] : self._range(parts[-1])[1]]

    def _unknown(self, node: "SyntaxNode") -> Scalar:
        start, end = self._range(node)
        text = self.source[start:end]
        return Scalar(self.places, start, end, text, text, tag=UNKNOWN)

    def _text(self, node: "SyntaxNode") -> Scalar:
        start, end = self._range(node)
        text = self.source[start:end]
        return Scalar(self.places, start, end, text, text)

    def _range(self, node: "SyntaxNode") -> tuple[int, int]:
        return self.index.char(node.start_byte), self.index.char(node.end_byte)


def _errors(tree: "SyntaxNode") -> Iterator["SyntaxNode"]:
    """The outermost parts that were not understood, in source order."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            waiting.extend(reversed(node.children))


def _encoded(call: "SyntaxNode") -> "SyntaxNode | None":
    """The argument of `jsonencode`."""
    name, *arguments = call.named_children
    if name.text != b"jsonencode" or not arguments:
        return None
    return next((child for child in arguments[0].named_children if child.type == "expression"), None)


def _number(text: str) -> int | float | str:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text
