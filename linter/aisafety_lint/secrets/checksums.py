"""Checks that are built into values of some formats: the cheapest proof that a value is what it looks like.

Each kind has `valid(value)`, and `seal(value, rng)`, which turns a made-up value of the right shape into a valid one.
The kinds are properties of encodings, shared by several vendors; which format has which is knowledge.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
# Shorter values are the base64 of a text by chance too often.
_LEAST_ENCODED = 12
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


class Checksum(NamedTuple):
    """A check of one kind; `seal` needs a source of chance only where the check is on the content."""

    valid: Callable[[str], bool]
    seal: Callable[[str, "random.Random"], str]


def _in_base(number: int, alphabet: str, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(alphabet))
        digits = alphabet[rest] + digits
    return digits.rjust(width, alphabet[0])


def _trailing(compute: Callable[[str], str], width: int) -> Checksum:
    """A check whose last `width` characters are computed from what stands before them."""

    def sealed(value: str, _rng: "random.Random | None" = None) -> str:
        return value[:-width] + compute(value[:-width])

    return Checksum(valid=lambda value: sealed(value) == value, seal=sealed)


def _crc32_base62(body: str) -> str:
    """The CRC-32 of what follows the first underscore."""
    return _in_base(zlib.crc32(body[body.find("_") + 1 :].encode()), BASE62, 6)


def _crc32_base36(body: str) -> str:
    return _in_base(zlib.crc32(body.encode()), BASE36, 7)


def _crc32_hex(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08X}"


def _crc32_hex_little(body: str) -> str:
    return zlib.crc32(body.removesuffix("_").encode()).to_bytes(4, "little").hex()


def decode_base64(text: str) -> bytes | None:
    """Decode standard or URL-safe base64 with or without padding; None where it is not base64."""
    try:
        return base64.b64decode(
            text.rstrip("=").replace("-", "+").replace("_", "/") + "=" * (-len(text.rstrip("=")) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        return None


def decode_text(value: str) -> str | None:
    """The printable text that a value is the base64 of; None for anything else, chance included."""
    if len(value) < _LEAST_ENCODED or not _ENCODED.fullmatch(value):
        return None
    data = decode_base64(value)
    if data is None or not data.isascii():
        return None
    text = data.decode("ascii").strip()
    return text if text and all(character.isprintable() or character in "\r\n\t" for character in text) else None


def encode_base64url(data: bytes) -> str:
    """Encode as URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_jwt(value: str) -> tuple[dict[str, object], dict[str, object]] | None:
    """Header and payload of a JSON web token; None where one of them is not a JSON object."""
    parts = []
    for part in value.split(".")[:2]:
        data = decode_base64(part)
        try:
            parts.append(json.loads(data) if data else None)
        except (ValueError, RecursionError):
            return None
    if len(parts) == 2 and isinstance(parts[0], dict) and isinstance(parts[1], dict):
        return parts[0], parts[1]
    return None


def _seal_jwt(value: str, rng: "random.Random") -> str:
    header = {"alg": "HS256", "typ": "JWT"}
    payload = {"sub": f"{rng.getrandbits(64):016x}", "role": "service"}
    parts = [encode_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, payload)]
    return ".".join([*parts, value.rsplit(".", 1)[-1]])


def _valid_snowflake(value: str) -> bool:
    data = decode_base64(value.split(".", maxsplit=1)[0])
    return data is not None and re.fullmatch(rb"\d{17,20}", data) is not None


def _seal_snowflake(value: str, rng: "random.Random") -> str:
    number = str(rng.randint(10**17, 10**18 - 1)).encode()
    return ".".join([encode_base64url(number), *value.split(".")[1:]])


CHECKSUMS = {
    "crc32-base62": _trailing(_crc32_base62, 6),
    "crc32-base36": _trailing(_crc32_base36, 7),
    "crc32-hex": _trailing(_crc32_hex, 8),
    "crc32-hex-little": _trailing(_crc32_hex_little, 8),
    "jwt": Checksum(valid=lambda value: decode_jwt(value) is not None, seal=_seal_jwt),
    "snowflake": Checksum(valid=_valid_snowflake, seal=_seal_snowflake),
}
