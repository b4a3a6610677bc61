"""Whether a configured value is a credential written out, a reference to one, or a placeholder."""

import math
import re
from collections import Counter

_NAME = re.compile(
    r"(?i)(?:api[_-]?key|access[_-]?key|secret|token|passw(?:or)?d|credential|authorization|bearer|private[_-]?key"
    r"|connection[_-]?string|dsn|[_-]pat)s?\Z"
)
_REFERENCE = re.compile(r"\$\{|\$\(|\$[A-Za-z_]|\{\{|\{env:|\{file:|%[A-Za-z_]+%|<[^<>]*>|\bos\.environ/|\A=Env\.")
_PLACEHOLDER = re.compile(
    r"(?i)your[_-]|xxx|changeme|change[_-]me|example|placeholder|dummy|replace|insert|todo|redacted|fake|\*\*\*|\.\.\.|test"
)
_SCHEME = re.compile(r"(?i)\A(?:bearer|token|basic|apikey)\s+")
_MIN_LENGTH = 16
_MIN_ENTROPY = 3.0


def is_literal_secret(name: str, value: str) -> bool:
    """Whether a value under a name that speaks of a credential looks like one, by length and entropy."""
    text = _SCHEME.sub("", value.strip())
    if not _NAME.search(name) or len(text) < _MIN_LENGTH or " " in text:
        return False
    if _REFERENCE.search(text) or _PLACEHOLDER.search(text) or text.upper() == name.upper():
        return False
    return _entropy(text) >= _MIN_ENTROPY


def _entropy(text: str) -> float:
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
