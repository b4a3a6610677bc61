"""How a secret is spoken of without being shown: prefix, length and a salted hash, never the value.

Every text that leaves the linter goes through `mask_text` first, so no report, excerpt or log can quote a secret.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Protocol

from aisafety_lint.source import SourceText, Span

_SALT = b"aisafety-lint/secret/1"
# Slow on purpose: a hash of a short password must not be a way to find it out.
_ROUNDS = 4_000
# Shorter values may be ordinary words elsewhere in a file.
_LEAST_REPEATED = 12
_LONG_WORD = re.compile(r"[A-Za-z0-9_+/=-]{16}")
_CONCEALED = re.compile(r"[^\r\n]")


class Masked(Protocol):
    """What masking needs to know of a match."""

    @property
    def span(self) -> Span: ...

    @property
    def prefix(self) -> str: ...


def digest(value: str) -> str:
    """A salted hash of a secret, 16 hexadecimal digits: the same secret has the same one anywhere."""
    return hashlib.pbkdf2_hmac("sha256", value.encode("utf-8", "surrogatepass"), _SALT, _ROUNDS, dklen=8).hex()


def mask(value: str, prefix: str) -> str:
    """The value with everything after its public prefix starred out, line ends kept; as long as the value."""
    return prefix + _CONCEALED.sub("*", value[len(prefix) :])


def mask_text(text: SourceText, matches: Iterable[Masked]) -> SourceText:
    """Star out all matched values, also where they are repeated; no line or column changes."""
    content = text.text
    values: dict[str, str] = {}
    for match in matches:
        start = text.offset(match.span.line, match.span.column)
        end = text.offset(match.span.end_line, match.span.end_column)
        value = text.text[start:end]
        hidden = mask(value, match.prefix if value.startswith(match.prefix) else "")
        content = content[:start] + hidden + content[end:]
        if len(value) >= _LEAST_REPEATED:
            values[value] = hidden
    for value, hidden in sorted(values.items(), key=lambda item: -len(item[0])):
        content = content.replace(value, hidden)
    return SourceText(text.path, content)


def concealed(text: str) -> str:
    """A text about a run, such as an error message that quotes a setting, without the secrets in it."""
    if not _LONG_WORD.search(text):
        return text
    # Only needed where something goes wrong: a run that goes well has masked what it shows before.
    from aisafety_lint.knowledge import Knowledge
    from aisafety_lint.secrets.formats import load_formats
    from aisafety_lint.secrets.scan import scan

    source = SourceText("", text)
    return mask_text(source, scan(source, "text", load_formats(Knowledge()))).text
