"""JSON that every reader and every terminal takes: ASCII only, and no half of a surrogate pair.

A file name that is not UTF-8 reaches us with lone surrogates; a strict reader refuses them even when escaped, so they
are written as the text of their escape.
"""

import json
import re
from typing import Any

import msgspec

_LONE = re.compile("[\ud800-\udfff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def dump(document: Any) -> str:
    """Write a document with its keys in their order, indented, with a line end."""
    try:
        text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    except UnicodeEncodeError:
        whole = json.dumps(document, ensure_ascii=False, indent=2)
        text = _LONE.sub(lambda match: f"\\\\u{ord(match[0]):04x}", whole)
    return _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text) + "\n"
