"""Credentials that have a structure rather than a shape: key blocks, web keys, passwords in addresses and headers."""

import re
from collections.abc import Iterator

from aisafety_lint.secrets.checksums import decode_base64
from aisafety_lint.secrets.formats import Formats
from aisafety_lint.secrets.names import Role
from aisafety_lint.secrets.presence import ADDRESS, ARMOUR, ENCODED, PUTTY, REGISTRY, WEB_KEYS
from aisafety_lint.secrets.runs import Hit
from aisafety_lint.secrets.searching import found_at

_BEGIN = re.compile(r"-----BEGIN (?:(ENCRYPTED)|[A-Z ]{0,20})[ ]?PRIVATE KEY(?: BLOCK)?-----")
_END = "-----END "
_LONGEST_KEY = 20_000
_LEAST_KEY = 64
_PUTTY_KEY = re.compile(
    r"PuTTY-User-Key-File-[23]: [^\n]{1,60}\n(?:[^\n]{0,200}\n){1,80}?Private-Lines: \d{1,3}\s{1,2}"
    r"((?:[A-Za-z0-9+/=]{1,80}\s{1,2}){1,60})"
)
_WEB_KEY = re.compile(r"[\"']d[\"']\s{0,8}:\s{0,8}[\"']([A-Za-z0-9_-]{40,700})[\"']")
_ENCODED_KEY = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{64,20000}={0,2}")
_REGISTRY = re.compile(r"\"auth\"\s{0,8}:\s{0,8}\"([A-Za-z0-9+/]{12,400}={0,2})\"")
_QUERY = re.compile(
    r"[?&]([A-Za-z_-]{0,30}(?:[kK]ey|KEY|[tT]oken|TOKEN|[sS]ecret|SECRET|auth))=([A-Za-z0-9_.~%+/-]{16,400})"
)
_ASKED = re.compile(r"://[^\s\"'`<>?]{1,200}+(\?[^\s\"'`<>]{3,800})")
_LEAST_QUERY = 16
_HASH = re.compile(r"[0-9a-fA-F-]+")
_ADDRESS = re.compile(
    r"://([^\s:/@\"'`<>{}()$\\]{0,64}):([^\s/@\"'`<>{}\\]{3,128})@(\[[0-9a-fA-F:]{2,40}\]|[A-Za-z0-9.-]{1,120})(?::[0-9]{1,5})?"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}$")


def find_structures(text: str, words: frozenset[bytes], formats: Formats) -> Iterator[Hit]:
    """Find key blocks, web keys with a private part, and passwords in addresses; `words` are those in the text."""
    if ARMOUR in words:
        yield from _key_blocks(text, formats)
    if PUTTY in words:
        for match in _PUTTY_KEY.finditer(text):
            yield Hit(formats.structure("putty"), match.start(1), match.end(1))
    if not WEB_KEYS.isdisjoint(words):
        for match in _WEB_KEY.finditer(text):
            yield Hit(formats.structure("jwk"), match.start(1), match.end(1), real=formats.judge.looks_issued(match[1]))
    if ENCODED in words:
        yield from _encoded_keys(text, formats)
    if REGISTRY in words:
        for match in _REGISTRY.finditer(text):
            if basic_credentials(match[1], formats):
                yield Hit(formats.structure("registry"), match.start(1), match.end(1))
    if ADDRESS in words:
        if "@" in text:
            yield from _addresses(text, formats)
        yield from _queries(text, formats)


def basic_credentials(value: str, formats: Formats) -> bool:
    """Whether the value of a Basic authorization header holds a user and a password that open something."""
    data = decode_base64(value)
    if data is None:
        return False
    user, colon, password = data.decode("latin-1").partition(":")
    return (
        bool(colon) and password.isprintable() and user.isprintable() and formats.judge.opens(user, password, "a.host")
    )


def _key_blocks(text: str, formats: Formats) -> Iterator[Hit]:
    position = 0
    while (match := _BEGIN.search(text, position)) is not None:
        end = text.find(_END, match.end(), match.end() + _LONGEST_KEY)
        position = match.end()
        if end < 0:
            continue
        body = text[match.end() : end]
        if "-----BEGIN" in body:
            continue
        letters = re.sub(r"\\[nrt]|[^A-Za-z0-9+/=]", "", re.sub(r"(?m)^[\w-]+: .*$", "", body))
        stop = text.find("-----", end + len(_END), end + 80)
        real = len(letters) >= _LEAST_KEY and formats.judge.looks_issued(letters[:400]) and "..." not in body
        real = real and not _is_cut_short(letters)
        encrypted = match[1] is not None or "Proc-Type: 4,ENCRYPTED" in body
        yield Hit(
            formats.structure("encrypted-pem" if encrypted else "pem"),
            match.start(),
            stop + 5 if stop >= 0 else end,
            real,
        )
        position = end


def _is_cut_short(letters: str) -> bool:
    """Whether a block begins as a DER sequence (X.690, 8.1.3) that says it is longer than what is there."""
    head = decode_base64(letters[:8]) or b""
    if len(head) < 4 or head[0] != 0x30 or not 0x81 <= head[1] <= 0x82:
        return False
    size = head[1] - 0x80
    return 2 + size + int.from_bytes(head[2 : 2 + size], "big") > len(letters.rstrip("=")) * 3 // 4


def _encoded_keys(text: str, formats: Formats) -> Iterator[Hit]:
    """Key blocks that are encoded once more, as in the configuration of clusters."""
    for match in _ENCODED_KEY.finditer(text):
        plain = decode_base64(match[0])
        found = next(_key_blocks(plain.decode("latin-1"), formats), None) if plain is not None else None
        if found is not None:
            yield found._replace(start=match.start(), end=match.end())


def _queries(text: str, formats: Formats) -> Iterator[Hit]:
    """Keys in the query of an address; what a bare `key` is followed by may also be a hash."""
    names, judge = formats.names, formats.judge
    asked = found_at(_ASKED, "://", text)
    for match in (match for url in asked for match in _QUERY.finditer(text, url.start(1), url.end(1))):
        named = names.role(match[1]) is not Role.NONE
        if not named and (match[1].lower() not in names.queried or _HASH.fullmatch(match[2])):
            continue
        if judge.is_random(match[2], _LEAST_QUERY):
            yield Hit(formats.structure("query"), match.start(2), match.end(2))


def _addresses(text: str, formats: Formats) -> Iterator[Hit]:
    for match in found_at(_ADDRESS, "://", text):
        scheme = _SCHEME.search(text, max(0, match.start() - 31), match.start())
        user, password, host = match[1], match[2], match[3]
        if scheme is not None:
            yield Hit(
                formats.structure("uri"), match.start(2), match.end(2), real=formats.judge.opens(user, password, host)
            )
