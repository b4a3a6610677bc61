"""Decides what a name with a literal value is: of a format that needs its name, random, guessable, or no secret."""

import re
from collections.abc import Callable
from typing import NamedTuple

from aisafety_lint.secrets.checksums import decode_text
from aisafety_lint.secrets.formats import Format, Formats
from aisafety_lint.secrets.names import Role, split, squash
from aisafety_lint.secrets.pairs import Pair
from aisafety_lint.secrets.runs import find_formats, is_near, is_real
from aisafety_lint.secrets.searching import present
from aisafety_lint.secrets.structures import basic_credentials, find_structures

_SCHEME = re.compile(r"(bearer|token|basic|apikey|api-key|key|bot)[ ]+(\S+)", re.IGNORECASE)
# What hashes and identifiers look like too: where something is only described, it is one of those.
_HASH = re.compile(r"[0-9a-fA-F-]+")
# A host with port and path, or the name of a data source: nobody's name and password.
_ADDRESS = re.compile(r"[\w.-]+(?::\d+)?(?:/[\w./-]*)?")
_LEAST_PASSWORD = 10
_LEAST_TOKEN = 16
_LEAST_KEY = 12
_SECRET_WORDS = frozenset({"secret", "private"})
# Kinds of files whose values are used as they stand, not shown to a reader.
_DEPLOYED = frozenset({"python", "yaml", "json", "toml", "dockerfile", "shell", "dotenv", "hcl", "unit", "text"})


class Verdict(NamedTuple):
    """A secret in the value of a pair: its format, and the offset of the secret in the value."""

    format: Format
    value: str
    offset: int = 0


def judge_pair(pair: Pair, kind: str, context: Callable[[], str], formats: Formats) -> Verdict | None:
    """Judge a pair in a file of a kind; `context` gives the text around it that can name a vendor."""
    value, offset, scheme = _without_scheme(pair.value)
    judge = formats.judge
    if scheme == "basic":
        return Verdict(formats.structure("basic"), value, offset) if basic_credentials(value, formats) else None
    if len(value) < 3 or squash(value).rstrip("s") == squash(pair.name).rstrip("s"):
        return None
    if pair.role is Role.OWN and not pair.prose and kind in _DEPLOYED and _is_guessable_secret(pair, kind, formats):
        return Verdict(formats.structure("guessable"), value, offset)
    form = _by_name(value, lambda: f"{pair.name} {pair.context} {context()}", formats)
    form = form or (_by_shape(value, formats) if pair.joined else None)
    if form is not None:
        described = pair.role is Role.OWN and _is_described(pair, kind)
        return None if described else Verdict(form, value, offset)
    if not pair.named:
        return None
    if judge.is_template(value):
        return None
    if scheme:
        return Verdict(formats.structure("bearer"), value, offset) if judge.is_random(value, _LEAST_TOKEN) else None
    if judge.is_shown_to_visitors(pair.name, lambda: f"{pair.context} {context()}"):
        return None
    found = _by_content(pair, kind, value, offset, formats)
    return None if found is not None and judge.is_ciphered(context()) else found


def _by_content(pair: Pair, kind: str, value: str, offset: int, formats: Formats) -> Verdict | None:
    """Judge a value by itself; what is only encoded, as in the secrets of a cluster, by what it stands for."""
    plain = decode_text(value)
    if plain is None:
        return _by_randomness(pair, kind, value, offset, formats)
    form = _by_shape(plain, formats) or _by_structure(plain, formats)
    if form is None and (found := _by_randomness(pair, kind, plain, offset, formats)) is not None:
        form = found.format
    return None if form is None or formats.judge.is_template(plain) else Verdict(form, value, offset)


def _by_randomness(pair: Pair, kind: str, value: str, offset: int, formats: Formats) -> Verdict | None:
    judge = formats.judge
    if pair.role is Role.PASSWORD:
        # Documentation has passwords that are made up for the reader: only what was issued counts there.
        shown = pair.prose or "test" in split(pair.name)
        strong = kind != "markdown" and judge.is_strong_password(value) and not (shown and judge.is_wordy(value))
        if strong or judge.is_random(value, _LEAST_PASSWORD):
            return Verdict(formats.structure("password"), value, offset)
        if _is_weak_password(pair, kind, value, formats):
            return Verdict(formats.structure("weak" if any(map(str.isdigit, value)) else "plain-word"), value, offset)
        return None
    if formats.names.is_address(pair.name) and _ADDRESS.fullmatch(value):
        return None
    if kind == "page" and pair.role is Role.CREDENTIAL and _SECRET_WORDS.isdisjoint(split(pair.name)):
        return None  # services issue keys for what every visitor is given
    if pair.role is Role.OWN and pair.quoted and judge.is_noise(value):
        return Verdict(formats.structure("own"), value, offset)
    least = _LEAST_TOKEN if "token" in pair.name.lower() or not pair.quoted else _LEAST_KEY
    if not judge.is_random(value, least):
        return None
    if _is_described(pair, kind) and _HASH.fullmatch(value):
        return None
    return Verdict(formats.structure("own" if pair.role is Role.OWN else "random"), value, offset)


def _is_described(pair: Pair, kind: str) -> bool:
    """Whether the pair stands in text for a reader: not as a variable's setting, or as code with an own secret."""
    if pair.role is Role.OWN:
        return (kind == "markdown" or (pair.prose and kind != "python")) and pair.quoted
    return (pair.prose or kind == "markdown") and not pair.name.isupper()


def _without_scheme(value: str) -> tuple[str, int, str]:
    """The value without an authorization scheme before it, where that ends, and the scheme."""
    match = _SCHEME.fullmatch(value)
    return (match[2], match.start(2), match[1].lower()) if match else (value, 0, "")


def _by_name(value: str, context: Callable[[], str], formats: Formats) -> Format | None:
    """The format of a value that is named by what stands around it."""
    fitting = [form for form in formats.of_length(len(value)) if form.fullmatch(value)]
    around = context() if fitting else ""
    for form in fitting:
        if is_near(form, around):
            return form if is_real(form, value, formats) else None
    return None


def _by_shape(value: str, formats: Formats) -> Format | None:
    """The format of a value that was put together from pieces, so that it stands nowhere in the text."""
    hit = next(find_formats(value, value.encode("ascii", "replace"), formats), None)
    return hit.format if hit is not None and hit.real and (hit.start, hit.end) == (0, len(value)) else None


def _by_structure(plain: str, formats: Formats) -> Format | None:
    """The format of a structure in what a value is the encoding of."""
    found = find_structures(plain, present(plain.encode("ascii", "replace").lower(), formats.asked), formats)
    return next((hit.format for hit in found if hit.real), None)


def _is_guessable_secret(pair: Pair, kind: str, formats: Formats) -> bool:
    """Whether a secret of one's own is a word or a sentence that anybody can guess or read in the published source."""
    judge, value = formats.judge, pair.value
    if not judge.is_chosen(value) or judge.is_for_trials(value):
        return False
    if formats.names.says_itself(pair.name, value) or formats.names.names_one(value):
        return False
    if judge.is_guessable(value):
        if formats.names.tells_key(pair.name, value):
            return False
        return not pair.compared and (pair.quoted or kind in ("yaml", "dotenv", "dockerfile", "shell"))
    alone = formats.names.alone(pair.name)
    return not alone and not pair.compared and kind == "python" and judge.is_confessed(value)


def _is_weak_password(pair: Pair, kind: str, value: str, formats: Formats) -> bool:
    """Whether a common password is used as it stands: in a deployment file, or in code where none is given."""
    if pair.prose or kind not in _DEPLOYED or not formats.judge.is_weak_password(value):
        return False
    return kind != "python" or ((pair.default or pair.compared) and any(map(str.isdigit, value)))
