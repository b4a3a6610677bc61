"""Texts become documents: takes a source text and its syntax, gives a value tree with the place of every key and value.

Nothing here raises for bad input: a broken text yields what could be read, and notifications say what could not.
"""

import re
from typing import Literal, TypeAlias, assert_never

from aisafety_lint.manifests.builder import Notes
from aisafety_lint.manifests.nodes import Array, Document, Node, Object, Pair, Places, Scalar, to_data, walk

__all__ = ["Array", "Document", "Node", "Object", "Pair", "Places", "Scalar", "Syntax", "parse", "to_data", "walk"]

Syntax: TypeAlias = Literal["yaml", "json", "toml", "markdown", "dockerfile", "hcl", "unit"]

# No syntax allows these outside a comment; left in place they would end the text for a parser that is written in C.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def parse(text: Places, syntax: Syntax) -> Document:
    """Parse a text: `yaml`, `json` (with comments and trailing commas), `toml`, `markdown` with front matter,
    `dockerfile`, `hcl` or `unit` (of systemd).

    The notifications of the document have the ids `broken-document` (the rest of the text was not understood),
    `document-limit` (too deep, or too large once aliases are expanded) and `duplicate-key`.
    """
    notes = Notes(text)
    for match in _FORBIDDEN.finditer(text.text):
        notes.add("broken-document", "a character that no syntax allows is read as text", match.start(), match.end())
    source = _FORBIDDEN.sub("\ufffd", text.text)
    if source.startswith("\ufeff"):
        source = " " + source[1:]
    roots = _parse(source, text, syntax, notes)
    return Document(text, syntax, tuple(roots), tuple(notes.result()))


def _parse(source: str, places: Places, syntax: Syntax, notes: Notes) -> list[Node]:
    match syntax:
        case "yaml":
            from aisafety_lint.manifests.yaml import parse_yaml

            return parse_yaml(source, places, notes)
        case "json":
            from aisafety_lint.manifests.json import parse_json

            return parse_json(source, places, notes)
        case "toml":
            from aisafety_lint.manifests.toml import parse_toml

            return parse_toml(source, places, notes)
        case "markdown":
            from aisafety_lint.manifests.markdown import parse_markdown

            return parse_markdown(source, places, notes)
        case "dockerfile":
            from aisafety_lint.manifests.dockerfile import parse_dockerfile

            return parse_dockerfile(source, places, notes)
        case "hcl":
            from aisafety_lint.manifests.hcl import parse_hcl

            return parse_hcl(source, places, notes)
        case "unit":
            from aisafety_lint.manifests.unit import parse_unit

            return parse_unit(source, places, notes)
    assert_never(syntax)
