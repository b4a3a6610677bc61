"""Entries for the table `suppressions` of a configuration file, for findings in files that hold no comments.

Takes findings and the text of the file, gives the text with entries at its end; nothing in it is moved.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aisafety_lint.errors import UserError
from aisafety_lint.finding import Finding
from aisafety_lint.source import SourceText
from aisafety_lint.toml_text import TomlError, load_toml

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL = re.compile(r"([\\*?\[\]!#]|\s\Z)")


@dataclass(frozen=True, slots=True, order=True)
class NewEntry:
    """What an entry says: the pattern of a path, the rule, and where in the document, if that can be said."""

    path: str
    rule: str
    at: str = ""


def entry(finding: Finding, path: str, text: SourceText | None) -> NewEntry:
    """The entry for a finding; `path` is that of its file as the settings name it, `text` that of a JSON file."""
    pattern = "/" + _SPECIAL.sub(r"\\\1", path)
    return NewEntry(pattern, finding.rule, _at(text, finding) if text is not None else "")


def with_entries(
    name: str, text: str, table: tuple[str, ...], entries: Iterable[NewEntry], reason: str, until: str
) -> str:
    """The text of a file of settings with entries at its end; raises UserError where they cannot stand there."""
    head = f"[[{'.'.join((*table, 'suppressions'))}]]"
    added = []
    for one in sorted(set(entries)):
        lines = [head, f"path = {_quoted(one.path)}", f"rule = {_quoted(one.rule)}"]
        lines += [f"at = {_quoted(one.at)}"] if one.at else []
        lines += [f"reason = {_quoted(reason)}"] + ([f"until = {until}"] if until else [])
        added.append("\n".join(lines) + "\n")
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    changed = text + gap + "\n".join(added)
    try:
        load_toml(changed)
    except TomlError as error:
        hint = f"write `suppressions` as tables {head}, then entries can be added"
        raise UserError(f"{name}: entries cannot be added: {error}", hint) from error
    return changed


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _at(text: SourceText, finding: Finding) -> str:
    """The way to a finding in a document by its keys: up to the first list, since the places in a list change."""
    from aisafety_lint.manifests.documents import parse
    from aisafety_lint.manifests.nodes import Object

    offset = text.offset(finding.location.span.line, finding.location.span.column)
    node: Any = parse(text, "json").root
    way = "$"
    while isinstance(node, Object):
        pair = next((one for one in node.pairs if one.key.start <= offset <= one.value.end), None)
        if pair is None or "'" in pair.name or "\\" in pair.name or not pair.name.isprintable():
            break
        way += f".{pair.name}" if _PLAIN_KEY.fullmatch(pair.name) else f"['{pair.name}']"
        node = pair.value
    return "" if way == "$" else way
