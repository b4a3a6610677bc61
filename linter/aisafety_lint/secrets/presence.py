"""The words that detectors ask for before they look any further: most texts have few of them.

All are looked for at once, in lower case; a detector whose word is there looks for what it wants by itself.
"""

from collections.abc import Iterable

from aisafety_lint.secrets.searching import Pass, passes

ARMOUR = b"private key"
PUTTY = b"putty-user-key-file-"
WEB_KEYS = frozenset({b'"kty"', b"'kty'"})
ENCODED = b"ls0tls1crudjti"
REGISTRY = b'"auth"'
ADDRESS = b"://"
VARIABLE = b"variable"
BEARER = b"bearer "
CLUSTER = b"kind: secret"
_WORDS = (ARMOUR, PUTTY, *sorted(WEB_KEYS), ENCODED, REGISTRY, ADDRESS, VARIABLE, BEARER, CLUSTER)


def searches(literals: Iterable[bytes]) -> tuple[Pass, ...]:
    """Searches for the words of all detectors, and for literals that the knowledge names."""
    return passes(word.decode() for word in (*_WORDS, *(literal.lower() for literal in literals)))
