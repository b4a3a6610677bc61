"""Which program makes a report, and from which knowledge: digests of the files of both, on which all entries depend."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aisafety_lint.knowledge import folders

_PACKAGE = Path(__file__).resolve().parent
_STARTED = time.time_ns()


@dataclass(frozen=True, slots=True)
class Edition:
    """The digests of the engine's code and of the files of the knowledge."""

    engine: bytes
    knowledge: bytes


def edition(roots: Iterable[Path]) -> Edition | None:
    """The edition on disk; None where it is not the one that runs, or cannot be read."""
    try:
        code = sorted(_code(_PACKAGE))
        if any(path.stat().st_ctime_ns > _STARTED for path in code):
            return None
        return Edition(_digest(code), _digest(sorted(_data(roots))))
    except OSError:
        return None


def _code(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.suffix == ".py":
            yield path
        elif path.name not in ("__pycache__", "rules") and path.is_dir():
            yield from _code(path)


def _data(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        for folder in folders(root):
            if folder.is_dir():
                yield from (path for path in folder.iterdir() if path.is_file())


def _digest(files: Iterable[Path]) -> bytes:
    """The digest of files with their places, which a report can name."""
    whole = sha256()
    for path in files:
        whole.update(str(path).encode("utf-8", "surrogateescape") + b"\0" + sha256(path.read_bytes()).digest())
    return whole.digest()
