"""Which program makes a report, and from which knowledge: digests of the files of both, on which all entries depend."""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from aisafety_lint.knowledge import folders
from aisafety_lint.stamps import Stamp, is_settled, stamp

PACKAGE = Path(__file__).resolve().parent
_STARTED = time.time_ns()
_NO_CODE = ("__pycache__", "rules")


@dataclass(frozen=True, slots=True)
class Edition:
    """The digests of the engine's code and of the files of the knowledge.

    `stamps` are those of all files and folders from before they were read, links followed.
    """

    engine: bytes
    knowledge: bytes
    stamps: dict[str, Stamp | None] = field(repr=False, compare=False)

    def holds(self) -> bool:
        """Whether stamps prove that nothing has changed since this process began."""
        # Where there is no file or folder there is no stamp, either; on Windows there is none of anything.
        return os.name != "nt" and all(
            (known is None or is_settled(known, _STARTED)) and stamp(path, follow=True) == known
            for path, known in self.stamps.items()
        )


def edition(roots: Iterable[Path]) -> Edition | None:
    """The edition on disk; None where it is not the one that runs, or cannot be read."""
    stamps: dict[str, Stamp | None] = {}
    try:
        code = sorted(_files(_code_folders(PACKAGE), stamps))
        if any(path.stat().st_ctime_ns > _STARTED for path in code):
            return None
        data = sorted(_files((folder for root in roots for folder in folders(root)), stamps))
        return Edition(_digest(code, stamps), _digest(data, stamps), stamps)
    except OSError:
        return None


def _code_folders(folder: Path) -> Iterator[Path]:
    yield folder
    for path in folder.iterdir():
        if path.name not in _NO_CODE and path.is_dir():
            yield from _code_folders(path)


def _files(places: Iterable[Path], stamps: dict[str, Stamp | None]) -> Iterator[Path]:
    """The files right in some folders; a folder that does not exist has none."""
    for folder in places:
        stamps[str(folder)] = stamp(str(folder), follow=True)
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if path.is_file())


def _digest(files: Iterable[Path], stamps: dict[str, Stamp | None]) -> bytes:
    """The digest of files with their places, which a report can name."""
    whole = sha256()
    for path in files:
        stamps[str(path)] = stamp(str(path), follow=True)
        whole.update(str(path).encode("utf-8", "surrogateescape") + b"\0" + sha256(path.read_bytes()).digest())
    return whole.digest()
