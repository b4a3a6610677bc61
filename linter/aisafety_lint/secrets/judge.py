"""The judgement on values: random or word-like, stand-in or template, published example, host that nobody owns."""

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import unquote

from aisafety_lint.secrets.checksums import decode_jwt

_SCALE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789_-"
# Bits per character above which text is not made of words: 1 % of long identifiers and 99.6 % of random strings pass.
RANDOM_BITS = 5.2
# The same for the body of a format, which has been recognised by its shape already.
ISSUED_BITS = 4.6
# Bits per character below which a word is one.
WORD_BITS = 4.5
_PLAUSIBLE = re.compile(r"[\w.~+/=!@#$%^&*:-]+", re.ASCII)
_REPEAT = re.compile(r"(.)\1{5}")
_WORD = re.compile(r"[A-Za-z][a-z]{3,}|[A-Z]{4,}")
_NO_SECRET = re.compile(
    r"\w[\w+.-]*://|[~./]{1,2}/|[A-Za-z]:\\|[\w.+-]+@[\w-]+\.[\w.]+$|v?\d+(?:\.\d+)+[\w.-]*$|[\d.,:+-]+$"
    r"|.*\d{4}-\d\d-\d\d|(?:application|text|image|audio|video)/|data:|sha\d+[-:]|md5[-:]|projects/"
    r"|[\w./-]+\.(?:py|js|ts|json|ya?ml|toml|pem|key|crt|txt|md|sh|env|html|cfg|ini|com|org|io|net|dev|svc)$"
)


class TokenState(Enum):
    """What the claims of a JSON web token say about its worth."""

    LIVE = 0
    ENDLESS = 1
    SAMPLE = 2
    PUBLIC = 3
    EXPIRED = 4


@dataclass(frozen=True)
class Judge:
    """The judgement, from data; `bigrams` gives the cost in bits of a character after another."""

    placeholder_values: frozenset[str]
    inside: re.Pattern[str]
    inside_unknown: re.Pattern[str]
    patterns: re.Pattern[str]
    templates: re.Pattern[str]
    published: re.Pattern[str]
    sample_claims: frozenset[str]
    public_roles: frozenset[str]
    expired_before: int
    reserved_hosts: frozenset[str]
    reserved_suffixes: tuple[str, ...]
    public_hosts: tuple[str, ...]
    host_words: frozenset[str]
    guessable: re.Pattern[str]
    confessed: re.Pattern[str]
    weak_passwords: re.Pattern[str]
    bigrams: Mapping[str, float] = field(repr=False)

    @staticmethod
    def build(data: Mapping[str, Any]) -> "Judge":
        """Build the judgement from the data of a judgement file."""
        stand_ins, hosts, guessable = data["placeholders"], data["hosts"], data["guessable"]
        day = datetime.date.fromisoformat(stand_ins["expired_before"])
        return Judge(
            placeholder_values=frozenset(str(value).lower() for value in stand_ins["values"]),
            inside=_any_of(map(re.escape, stand_ins["inside"])),
            inside_unknown=_any_of(map(re.escape, stand_ins["inside_unknown"])),
            patterns=_any_of(stand_ins["patterns"]),
            templates=_any_of(stand_ins["templates"]),
            published=_any_of(map(re.escape, stand_ins["published"])),
            sample_claims=frozenset(stand_ins["sample_claims"]),
            public_roles=frozenset(stand_ins["public_roles"]),
            expired_before=(day - datetime.date(1970, 1, 1)).days * 86400,
            reserved_hosts=frozenset(hosts["reserved"]),
            reserved_suffixes=tuple(hosts["reserved_suffixes"]),
            public_hosts=tuple(hosts["public"]),
            host_words=frozenset(map(str, hosts["words"])),
            guessable=_weak(guessable["words"]),
            confessed=_any_of(guessable["confessed"]),
            weak_passwords=_weak(guessable["passwords"]),
            bigrams={
                first + second: _SCALE.index(code) / 4
                for first, row in data["bigrams"].items()
                for second, code in zip(_ALPHABET, row, strict=True)
            },
        )

    def bits(self, text: str) -> float:
        """The mean cost of the characters of a text, in bits: about 4 for words, 6 and more for random ones."""
        costs = self.bigrams
        previous = "^"
        total = 0.0
        count = 0
        for character in text.lower():
            cost = costs.get(previous + character)
            if cost is not None:
                total += cost
                count += 1
                previous = character
        return total / count if count else 0.0

    def is_template(self, value: str) -> bool:
        """Whether the value is filled in or looked up elsewhere."""
        return self.templates.search(value) is not None

    def is_placeholder(self, value: str) -> bool:
        """Whether the value stands in for a credential, or is a published example."""
        return (
            value.lower() in self.placeholder_values
            or self.inside.search(value.lower()) is not None
            or self.patterns.search(value) is not None
            or _REPEAT.search(value) is not None
            or self.published.search(value) is not None
        )

    def looks_issued(self, body: str) -> bool:
        """Whether the part of a value after its fixed prefix was made by chance and not by hand."""
        return len(set(body)) > 5 and not self.is_placeholder(body) and self.bits(body) >= ISSUED_BITS

    def is_random(self, value: str, least: int = 12) -> bool:
        """Whether a value without known format was made by chance: no word, path, address, version or stand-in."""
        if not least <= len(value) <= 2000 or not _PLAUSIBLE.fullmatch(value) or _NO_SECRET.match(value):
            return False
        digits = sum(map(str.isdigit, value))
        if not digits and (value.islower() or value.isupper() or len(value) < 16):
            return False
        if digits * 10 > len(value) * 8 or len(set(value)) < 7:
            return False
        if self.bits(value) <= RANDOM_BITS or self._wordy(value) or self.inside_unknown.search(value.lower()):
            return False
        return not self.is_placeholder(value) and not self.is_template(value)

    def is_strong_password(self, value: str) -> bool:
        """Whether a value that stands for a password mixes kinds of characters as people are told to."""
        kinds = (
            any(map(str.islower, value)),
            any(map(str.isupper, value)),
            any(map(str.isdigit, value)),
            not value.isalnum(),
        )
        plausible = 8 <= len(value) <= 64 and _PLAUSIBLE.fullmatch(value) and not _NO_SECRET.match(value)
        return bool(plausible) and sum(kinds) >= 4 and not self.is_placeholder(value) and not self.is_template(value)

    def is_guessable(self, value: str) -> bool:
        """Whether a secret is a common word with at most a few digits or signs."""
        return self.guessable.fullmatch(value.lower()) is not None

    def is_confessed(self, value: str) -> bool:
        """Whether a value says of itself that it is a secret that somebody made up, e.g. to be changed later."""
        return self.is_chosen(value) and self.confessed.search(value.lower()) is not None and not self.is_random(value)

    def is_weak_password(self, value: str) -> bool:
        """Whether a password is one of the common ones."""
        return self.weak_passwords.fullmatch(value.lower()) is not None

    def is_chosen(self, value: str) -> bool:
        """Whether a secret of one's own is text that a person made up: not looked up, no path, address or name."""
        if not 3 <= len(value) <= 100 or " " in value or self.is_template(value) or _NO_SECRET.match(value):
            return False
        return _PLAUSIBLE.fullmatch(value) is not None and "/" not in value and "." not in value and not value.isupper()

    def _wordy(self, value: str) -> bool:
        words = [word for word in _WORD.findall(value) if len(word) > 3 and self.bits(word) < WORD_BITS]
        return sum(map(len, words)) * 5 >= len(value) * 2

    def token_state(self, value: str) -> TokenState:
        """Judge a JSON web token by its claims."""
        decoded = decode_jwt(value)
        if decoded is None or str(decoded[0].get("alg", "")).lower() == "none":
            return TokenState.SAMPLE
        claims = decoded[1]
        if any(str(claims.get(key, "")).lower() in self.sample_claims for key in ("sub", "name", "iss")):
            return TokenState.SAMPLE
        if claims.get("role") in self.public_roles:
            return TokenState.PUBLIC
        expiry = claims.get("exp")
        if isinstance(expiry, int | float):
            return TokenState.EXPIRED if expiry < self.expired_before else TokenState.LIVE
        return TokenState.ENDLESS

    def opens(self, user: str, password: str, host: str) -> bool:
        """Whether user and password in an address can open something: no example host, word, template or stand-in."""
        host, password = host.lower(), unquote(password)
        name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host
        if (
            name in self.reserved_hosts
            or name.endswith(self.reserved_suffixes)
            or any(part in name for part in self.public_hosts)
        ):
            return False
        if (
            password.lower() in self.host_words
            or password == user
            or self.is_template(password)
            or self.is_placeholder(password)
        ):
            return False
        return any(map(str.isdigit, password)) or not password.isalpha() or self.bits(password) > RANDOM_BITS


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _weak(words: Iterable[str]) -> re.Pattern[str]:
    """One or two of the words, run together or joined, with a few digits and signs: `dev`, `admin123`, `dev-secret`."""
    word = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"(?:{word})(?:[-_]?(?:{word})){{0,3}}[-_@]?[0-9]{{0,4}}[!?.]?|[0-9]{{3,8}}")
