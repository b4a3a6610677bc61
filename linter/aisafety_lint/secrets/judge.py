"""The judgement on values: random or word-like, stand-in or template, published example, host that nobody owns."""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple
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
_DIGIT = re.compile(r"[0-9]")
_REPEAT = re.compile(r"(.)\1{5}")
_LONGEST_TYPED = 32
_LEAST_NOISE, _LEAST_SIGNS = 24, 8
# Zero bytes, as pictures and archives begin with them in Base64.
ZEROS = "AAAA"
_CHOSEN = re.compile(r"[A-Z]?[a-z]{2,}(?:[A-Z][a-z]+){0,4}\d{0,4}[a-z]?[!@#$.?]{1,2}")
_WORD = re.compile(r"[A-Za-z][a-z]{3,}|[A-Z]{4,}")
# Letters alone between two signs: in what is made by chance a digit or a capital stands among them.
_PART = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]?[a-z]{4,}(?![A-Za-z0-9])")
_NO_SECRET = re.compile(
    r"\w[\w+.-]*://|%7[Bb]|[~./]{1,2}/|[A-Za-z]:\\|[\w.+-]+@[\w-]+\.[\w.]+$|v?\d+(?:\.\d+)+[\w.-]*$|[\d.,:+-]+$"
    r"|[\w.-]+:\d{2,5}(?:/[\w./-]*)?$|.*\d{4}-\d\d-\d\d|(?:application|text|image|audio|video)/|data:|sha\d+[-:]|md5[-:]|projects/"
    r"|0x[0-9a-fA-F]{40}$"  # the address of an account or of a contract
    r"|[\w./-]+\.(?:py|js|ts|json|ya?ml|toml|pem|key|crt|txt|md|sh|env|html|cfg|ini|com|org|io|net|dev|svc)$"
)


class TokenState(Enum):
    """What the claims of a JSON web token say about its worth."""

    LIVE = 0
    ENDLESS = 1
    SAMPLE = 2
    PUBLIC = 3
    EXPIRED = 4


class Login(NamedTuple):
    """A notation for a login: what it is found by (one of some texts, or a name of the password in lower case, with `=`
    after it), and a pattern with the password, and perhaps the user and host."""

    format: str
    literals: tuple[bytes, ...]
    names: frozenset[str]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Judge:
    """The judgement, from the data of a judgement file; what it needs of them is made ready when it is first needed."""

    data: Mapping[str, Any] = field(repr=False)

    @cached_property
    def placeholder_values(self) -> frozenset[str]:
        return frozenset(str(value).lower() for value in self._stand_ins["values"])

    @cached_property
    def inside(self) -> re.Pattern[str]:
        return _any_of(map(re.escape, self._stand_ins["inside"]))

    @cached_property
    def inside_unknown(self) -> re.Pattern[str]:
        return _any_of(map(re.escape, self._stand_ins["inside_unknown"]))

    @cached_property
    def patterns(self) -> re.Pattern[str]:
        return _any_of(self._stand_ins["patterns"])

    @cached_property
    def templates(self) -> re.Pattern[str]:
        return _any_of(self._stand_ins["templates"])

    @cached_property
    def published(self) -> re.Pattern[str]:
        return _any_of(map(re.escape, self._stand_ins["published"]))

    @cached_property
    def remarks(self) -> re.Pattern[str]:
        words = [re.escape(word) for word in self._stand_ins["remarks"]]
        # Scripts without blanks between their words have no boundaries to look for.
        return _any_of(rf"\b(?i:{word})\b" if word.isascii() else word for word in words)

    @cached_property
    def sample_claims(self) -> frozenset[str]:
        return frozenset(self._stand_ins["sample_claims"])

    @cached_property
    def expired_before(self) -> int:
        """The second from which on a token that has expired was alive lately."""
        day = datetime.date.fromisoformat(self._stand_ins["expired_before"])
        return (day - datetime.date(1970, 1, 1)).days * 86400

    @cached_property
    def guessable(self) -> re.Pattern[str]:
        return _weak(self.data["guessable"]["words"])

    @cached_property
    def confessed(self) -> re.Pattern[str]:
        return _any_of(self.data["guessable"]["confessed"])

    @cached_property
    def weak_passwords(self) -> re.Pattern[str]:
        return _weak(self.data["guessable"]["passwords"])

    @cached_property
    def logins(self) -> tuple[Login, ...]:
        """The notations for a login."""
        return tuple(
            Login(
                format=entry["format"],
                literals=tuple(map(str.encode, entry.get("literals", ()))),
                names=frozenset(entry.get("names", ())),
                pattern=re.compile(entry["pattern"]),
            )
            for entry in self.data["logins"]
        )

    @cached_property
    def bigrams(self) -> Mapping[str, float]:
        """The cost in bits of a character after another."""
        return {
            first + second: _SCALE.index(code) / 4
            for first, row in self.data["bigrams"].items()
            for second, code in zip(_ALPHABET, row, strict=True)
        }

    @property
    def _stand_ins(self) -> Mapping[str, Any]:
        stand_ins: Mapping[str, Any] = self.data["placeholders"]
        return stand_ins

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

    def is_ciphered(self, context: str) -> bool:
        """Whether what holds a value says that it is encrypted."""
        return any(holder in context for holder in self._stand_ins["ciphered"])

    def is_placeholder(self, value: str) -> bool:
        """Whether the value stands in for a credential, or is a published example."""
        return (
            value.lower() in self.placeholder_values
            or self.inside.search(value.lower()) is not None
            or self.patterns.search(value) is not None
            or _REPEAT.search(value) is not None
            or self.published.search(value) is not None
            or _is_counted(value)
        )

    def is_remarked(self, remark: str) -> bool:
        """Whether what a comment beside a value says is that it is none to be kept."""
        return self.remarks.search(remark) is not None

    def is_signed(self, before: str) -> bool:
        """Whether what stands before the id of a key says that it is part of a signed address."""
        return before.endswith(tuple(self._stand_ins["signed"]))

    def is_for_trials(self, value: str) -> bool:
        """Whether a secret that somebody made up says that it is for a trial run, not for a service that people use."""
        return not frozenset(self.data["guessable"]["trials"]).isdisjoint(re.split(r"[^a-z0-9]+", value.lower()))

    def looks_issued(self, body: str) -> bool:
        """Whether the part of a value after its fixed prefix was made by chance and not by hand."""
        return len(set(body)) > 5 and not self.is_placeholder(body) and self.bits(body) >= ISSUED_BITS

    def is_random(self, value: str, least: int = 12) -> bool:
        """Whether a value without known format was made by chance: no word, path, address, version or stand-in."""
        if not least <= len(value) <= 2000:
            return False
        # Most values are words: they have no digit.
        if (value.islower() or value.isupper() or len(value) < 16) and not _DIGIT.search(value):
            return False
        if not _PLAUSIBLE.fullmatch(value) or _NO_SECRET.match(value):
            return False
        digits = sum(map(str.isdigit, value))
        if digits * 10 > len(value) * 8 or len(set(value)) < 7:
            return False
        if self.bits(value) <= RANDOM_BITS or self.is_wordy(value) or self.inside_unknown.search(value.lower()):
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

    def is_noise(self, value: str) -> bool:
        """Whether a value is full of signs of many kinds, as generators of secrets give them."""
        if not _LEAST_NOISE <= len(value) <= 200 or not (value.isascii() and value.isprintable()) or " " in value:
            return False
        signs = {character for character in value if not character.isalnum()}
        letters = any(map(str.islower, value)) and any(map(str.isupper, value)) and any(map(str.isdigit, value))
        return letters and len(signs) >= _LEAST_SIGNS and not self.is_template(value)

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

    def is_wordy(self, value: str) -> bool:
        """Whether words make up a good part of a value, or begin it, as in one that a person chose: `AdminPass1!`."""
        if _CHOSEN.fullmatch(value):
            return True
        words = [word for word in _WORD.findall(value) if self.bits(word) < WORD_BITS]
        parts = [part for part in _PART.findall(value) if self.bits(part) < RANDOM_BITS]
        return max(sum(map(len, words)), sum(map(len, parts))) * 5 >= len(value) * 2

    def is_shown_to_visitors(self, name: str, around: Callable[[], str]) -> bool:
        """Whether a key is one of those that a page gives to everybody who opens it, by what holds it."""
        if name.lower().replace("_", "") not in self._stand_ins["visitor_keys"]:
            return False
        return not frozenset(self._stand_ins["visitor_services"]).isdisjoint(re.findall(r"[a-z]+", around().lower()))

    def token_state(self, value: str) -> TokenState:
        """Judge a JSON web token by its claims."""
        decoded = decode_jwt(value)
        if decoded is None or str(decoded[0].get("alg", "")).lower() == "none":
            return TokenState.SAMPLE
        signature = value.rsplit(".", 1)[-1]
        if self.is_placeholder(signature) and self.bits(signature) < RANDOM_BITS:
            return TokenState.SAMPLE  # signed by hand
        claims = decoded[1]
        if any(str(claims.get(key, "")).lower() in self.sample_claims for key in ("sub", "name", "iss")):
            return TokenState.SAMPLE
        if claims.get("role") in self._stand_ins["public_roles"]:
            return TokenState.PUBLIC
        expiry = claims.get("exp")
        if isinstance(expiry, int | float):
            return TokenState.EXPIRED if expiry < self.expired_before else TokenState.LIVE
        return TokenState.ENDLESS

    def opens(self, user: str, password: str, host: str) -> bool:
        """Whether user and password in an address can open something: no example host, word, template or stand-in."""
        host, password, hosts = host.lower(), unquote(password), self.data["hosts"]
        name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host
        if (
            name in hosts["reserved"]
            or name.endswith(tuple(hosts["reserved_suffixes"]))
            or any(part in name for part in hosts["public"])
        ):
            return False
        if (
            password.lower() in map(str, hosts["words"])
            or password == user
            or self.is_template(password)
            or self.is_placeholder(password)
        ):
            return False
        return any(map(str.isdigit, password)) or not password.isalpha() or self.bits(password) > RANDOM_BITS


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _is_counted(value: str) -> bool:
    """Whether a value, short enough to be typed, is half in the order of the alphabet or of numbers: `abc123def456`."""
    if len(value) > _LONGEST_TYPED:
        return False
    in_order = sum(ord(after) - ord(before) == 1 for before, after in pairwise(value))
    return in_order * 2 >= max(len(value), 8)


def _weak(words: Iterable[str]) -> re.Pattern[str]:
    """One or two of the words, run together or joined, with a few digits and signs: `dev`, `admin123`, `dev-secret`."""
    word = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"(?:{word})(?:[-_#.@]?(?:{word})){{0,3}}[-_@]?[0-9]{{0,4}}[!?.]?|[0-9]{{3,8}}")
