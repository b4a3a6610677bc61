"""The cache: small files in a folder of the user's that save the next run work, and never change what it says.

An entry is bytes under a name; the name is a hash of everything that the bytes depend on, so nothing is ever out of
date. Each entry carries an HMAC over its name and content, whose key lies in the user's own cache folder: what anybody
else put there, cut short or moved to another name is as good as absent. Whatever goes wrong costs time only.
"""

import contextlib
import hmac
import os
import re
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aisafety_lint import __version__

VARIABLE = "AISAFETY_LINT_CACHE_DIR"
MOST_BYTES = 500_000_000

_HEADER = b"aisafety-lint cache\0\x01\n"
_MAC_BYTES = 32
_KEY_BYTES = 32
_KEY = "key"
_LARGEST = 250_000_000
_OWN_FILES = re.compile(r"[a-z]+-[0-9a-f]{40}|[a-z]+(?:-[0-9a-f]{40})?\.[0-9a-f]{16}\.tmp")
_DAY = 86_400
_LIBRARIES = ("jsonschema-", "msgspec-", "packaging-", "pathspec-", "python_jsonpath-", "pyyaml-", "tree_sitter")
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache of aisafety-lint; `aisafety-lint clean` empties it.\n"
)
_SIGNS = {"CACHEDIR.TAG": _TAG, ".gitignore": "*\n"}


@dataclass(frozen=True, slots=True)
class Store:
    """Entries in a folder; without a folder nothing is found and nothing is kept.

    `edition` tells which program the entries are from, and the libraries that it stands on.
    """

    folder: Path | None = None
    key: bytes = b""
    edition: bytes = b""

    def __bool__(self) -> bool:
        return self.folder is not None

    def name(self, kind: str, *parts: bytes) -> str:
        """The name of an entry: what it is (a word), and a hash of all that it depends on."""
        digest = sha256(self.edition)
        for part in parts:
            digest.update(b"%d:" % len(part))
            digest.update(part)
        return f"{kind}-{digest.hexdigest()[:40]}"

    def get(self, name: str) -> memoryview | None:
        """The content of an entry; None where there is none that this user's own linter wrote."""
        if self.folder is None:
            return None
        path = self.folder / name
        try:
            with os.fdopen(os.open(path, _reading()), "rb") as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                    return None
                entry = memoryview(stream.read())
        except OSError:
            return None
        start = len(_HEADER) + _MAC_BYTES
        content = entry[start:]
        if entry[: len(_HEADER)] != _HEADER:
            return None
        if not hmac.compare_digest(entry[len(_HEADER) : start], self._mac(name, content)):
            return None
        if time.time() - status.st_mtime > _DAY:  # what was used last is kept longest
            with contextlib.suppress(OSError):
                os.utime(path)
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keep an entry, whole or not at all; the folder is made where there is none."""
        if self.folder is None or len(content) > _LARGEST - 1000:
            return
        with contextlib.suppress(OSError):
            _make(self.folder)
            _write(self.folder / name, _HEADER + self._mac(name, content), content)

    def names(self, beginning: str) -> list[str]:
        """The names of all entries that begin in some way, in order."""
        if self.folder is None:
            return []
        return sorted(path.name for path, _ in _entries(self.folder) if path.name.startswith(beginning))

    def trim(self, most: int = MOST_BYTES) -> None:
        """Remove the entries that were not used for longest, until the rest is within bounds."""
        if self.folder is None:
            return
        entries = sorted((status.st_mtime, status.st_size, path) for path, status in _entries(self.folder))
        excess = sum(size for _, size, _ in entries) - most
        for modified, size, path in entries:
            stale = path.suffix == ".tmp" and time.time() - modified > _DAY
            if excess <= 0 and not stale:
                continue
            with contextlib.suppress(OSError):
                path.unlink()
                excess -= size

    def _mac(self, name: str, content: bytes | memoryview) -> bytes:
        return hmac.digest(hmac.digest(self.key, name.encode(), "sha256"), content, "sha256")


NO_CACHE = Store()


def edition() -> bytes:
    """The version of the program, of Python, whose syntax trees differ, and of the libraries that shape an answer."""
    installed = {
        name
        for folder in dict.fromkeys(sys.path)
        for name in _names(Path(folder))
        if name.endswith((".dist-info", ".egg-info")) and name.lower().startswith(_LIBRARIES)
    }
    return repr((__version__, sys.version, sorted(installed))).encode()


def user_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path | None:
    """The folder of the cache by the customs of the platform; None where the user has no place for it."""
    base = Path(environment.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():
        return base / "aisafety-lint"
    if platform == "win32":
        base = Path(environment.get("LOCALAPPDATA", ""))
    else:
        base = Path("~/Library/Caches" if platform == "darwin" else "~/.cache")
    with contextlib.suppress(RuntimeError):  # nobody knows where the home folder is
        base = base.expanduser()
    return base / "aisafety-lint" if base.is_absolute() else None


def chosen_folder(option: str | None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder that `--cache-dir` or the environment names, else the user's own."""
    named = option or environment.get(VARIABLE, "")
    return Path(named).absolute() if named else user_folder(environment)


def open_store(folder: Path | None, root: Path, *, make: bool = True) -> Store:
    """The store in a folder, for a run on the project at `root`; without `make` only one that is there already.

    The folder may lie in the project, for what the project brings along has no valid HMAC. The key must not: where the
    user's own folder lies in the project, or is not the user's, there is no cache.
    """
    own = user_folder()
    if folder is None or own is None or _in_reach(own, root) or not _private(own):
        return NO_CACHE
    key = _read_key(own) or (_make_key(own) if make else b"")
    return Store(folder, key, edition()) if key else NO_CACHE


def clean(folder: Path) -> int:
    """Remove all entries, and the folder itself if nothing else is in it; the number of removed files."""
    paths = [path for path, _ in _entries(folder)]
    if folder == user_folder() and (folder / _KEY).is_file():
        paths.append(folder / _KEY)
    for path in paths:
        path.unlink()
    signs = [name for name, text in _SIGNS.items() if _holds(folder / name, text)]
    with contextlib.suppress(OSError):
        if signs and set(signs) == set(_names(folder)):
            for name in signs:
                (folder / name).unlink()
            folder.rmdir()
    return len(paths)


def _names(folder: Path) -> list[str]:
    """The names in a folder; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except OSError:
        return []


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The files in a folder that are ours by their names."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _OWN_FILES.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                yield Path(entry.path), entry.stat(follow_symlinks=False)


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text("utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _in_reach(own: Path, root: Path) -> bool:
    """Whether a folder comes with the project, or with the place that the user works in, instead of with the user."""
    place, here = own.resolve(), Path.cwd().resolve()
    if place.is_relative_to(root):
        return True
    try:
        home = Path.home().resolve()
    except RuntimeError:
        return place.is_relative_to(here)
    return place.is_relative_to(here) and not home.is_relative_to(here)


def _private(folder: Path) -> bool:
    """Whether a folder is the user's alone, or can be made so; one that is still to be made will be."""
    try:
        status = folder.stat()
        if stat.S_ISDIR(status.st_mode) and _mine(status, 0) and not _mine(status, 0o077):
            folder.chmod(0o700)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and _mine(status, 0)


def _mine(status: os.stat_result, forbidden: int) -> bool:
    """Whether the user owns something and its mode has none of some bits; Windows has access lists instead."""
    return os.name == "nt" or (status.st_uid == os.geteuid() and not status.st_mode & forbidden)


def _read_key(own: Path) -> bytes | None:
    try:
        with os.fdopen(os.open(own / _KEY, _reading()), "rb") as stream:
            status = os.fstat(stream.fileno())
            key = stream.read(_KEY_BYTES + 1)
    except OSError:
        return None
    return key if len(key) == _KEY_BYTES and stat.S_ISREG(status.st_mode) and _mine(status, 0o077) else None


def _make_key(own: Path) -> bytes | None:
    """A new key, in the place of one that is missing, damaged or readable for others."""
    with contextlib.suppress(OSError):
        _make(own)
        _write(own / _KEY, os.urandom(_KEY_BYTES))
    return _read_key(own)


def _make(folder: Path) -> None:
    """Make the folder of a cache, with the signs by which backups and git leave it alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _names(folder):
        for name, text in _SIGNS.items():
            _write(folder / name, text.encode())


def _write(path: Path, *parts: bytes) -> None:
    """Write a file for the user only, whole or not at all."""
    temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as stream:
            for part in parts:
                stream.write(part)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _reading() -> int:
    """How files of the cache are opened: no link is followed, and a pipe in their place does not block."""
    return os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
