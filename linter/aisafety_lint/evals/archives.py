"""Logs of suites that are archives: takes the bytes, gives the text of the one member that tells what was found.

Nothing is unpacked to disk, and no more than a bounded part is unpacked at all, whatever an archive says of its sizes.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable

from aisafety_lint.source import UnreadableError, decode

_MOST = 20_000_000
# What `zipfile` raises for archives that are cut off, encrypted, compressed in an unknown way or made to harm.
_BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError, OverflowError)


def member(data: bytes, names: Iterable[str]) -> str:
    """The text of the first of these members that a zip archive has.

    Raises UnreadableError with the reason where there is none, or where it cannot be unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            held = set(archive.namelist())
            name = next((name for name in names if name in held), "")
            if not name:
                raise UnreadableError("the archive holds no log of a known form")
            with archive.open(name) as stream:
                content = stream.read(_MOST + 1)
    except _BROKEN as error:
        raise UnreadableError(f"the archive cannot be unpacked: {error}") from error
    if len(content) > _MOST:
        raise UnreadableError(f"its log is larger than {_MOST} bytes")
    return decode(content)
