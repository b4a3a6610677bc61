"""The combination that makes an injected order dangerous: private data, what strangers wrote, and a way out."""

from collections.abc import Collection

PARTS = (
    ("private data", frozenset({"db-read", "fs-read", "secret-read"})),
    ("what strangers wrote", frozenset({"net-read", "browser"})),
    ("a way out", frozenset({"message", "net-write", "code-publish"})),
)
"""The three parts, and for each the capabilities that bring it."""


def closes(capabilities: Collection[str]) -> bool:
    """Whether capabilities bring all three."""
    return all(not part.isdisjoint(capabilities) for _, part in PARTS)
