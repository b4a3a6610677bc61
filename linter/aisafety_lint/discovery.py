"""Which files there are: takes a Config, gives the files of the project with their kinds, in a fixed order.

The paths that were given say what to report on; what is analysed is the git work tree around them, or without git the
given folders themselves. What is named explicitly is analysed wherever it is.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from aisafety_lint.config import Config
from aisafety_lint.filetypes import kind_by_name
from aisafety_lint.finding import Notification, NotificationLevel
from aisafety_lint.ignorefiles import PathTest, path_test
from aisafety_lint.scope import is_git_root
from aisafety_lint.source import SourceFile, UnreadableError, read_bytes
from aisafety_lint.stamps import Stamp
from aisafety_lint.walk import Walk, is_text, shown, size_limit

__all__ = ["Discovered", "discover", "read", "size_limit"]


@dataclass(frozen=True, slots=True)
class Discovered:
    """The files of a project, sorted by path; which of them to report on; and what could not be looked at.

    `scope` holds the given folders and files relative to the root (the root itself is empty); `explicit` the files
    that were named one by one; `not_analysed` counts the files that were left out although they are of a known kind.
    `looked` and `links` are what else the walk found its way by.
    """

    files: tuple[SourceFile, ...]
    scope: tuple[str, ...]
    explicit: frozenset[str]
    notifications: tuple[Notification, ...]
    not_analysed: int
    tests: PathTest = field(repr=False, compare=False)
    looked: Mapping[str, Stamp | None] = field(default_factory=dict, repr=False, compare=False)
    links: Mapping[str, bool] = field(default_factory=dict, repr=False, compare=False)

    def in_scope(self, path: str) -> bool:
        """Whether findings at a path are to be reported."""
        return any(not place or path == place or path.startswith(place + "/") for place in self.scope)

    def is_test(self, path: str) -> bool:
        """Whether a path is test code, by the setting `tests`."""
        return self.tests.matches(path)


def discover(config: Config) -> Discovered:
    """Find the files of the project and of the given paths."""
    places = {path: _relative(config, path) for path in config.paths}
    walk = Walk(config, frozenset(places.values()))
    for start in _starts(config):
        walk.folder(start)
    for name, text in config.overlay.items():
        _take_unwritten(walk, name, len(text))
    if config.stdin is None:
        for path, relative in places.items():
            _take_given(walk, path, relative)
    else:
        name, data = config.stdin
        walk.files[name] = SourceFile(name, _stdin_kind(name), len(data))
    notifications = (*walk.notifications, *_bulk_notification(walk))
    found = Discovered(
        files=tuple(walk.files[path] for path in sorted(walk.files)),
        scope=tuple(places.values()),
        explicit=config.explicit,
        notifications=tuple(sorted(notifications, key=lambda item: (item.path, item.id, item.message))),
        not_analysed=len(walk.too_large) + sum(item.level is not NotificationLevel.NOTE for item in walk.notifications),
        tests=path_test(config.tests, "tests"),
        looked=walk.looked,
        links=walk.links,
    )
    return found if _anything(found) else _with_nothing(found)


def read(config: Config, file: SourceFile) -> bytes:
    """The bytes of a discovered file, or of the text that is given in its place; raises UnreadableError."""
    limit = size_limit(config, file.kind)
    given = config.given(file.path)
    if given is None:
        return read_bytes(config.root, file, limit)
    if len(given) > limit:
        raise UnreadableError(f"larger than {limit} bytes")
    return given


def _relative(config: Config, path: Path) -> str:
    return "" if path == config.root else config.relative(path)


def _starts(config: Config) -> Iterator[str]:
    """The folders to walk, relative to the root: the git work tree, else the given folders and those of given files."""
    if is_git_root(config.root):
        yield ""
        return
    for path in config.paths:
        folder = path if path.is_dir() else path.parent
        if folder.is_dir() and (folder == path or not _is_too_wide(folder)):
            yield _relative(config, folder)


def _is_too_wide(folder: Path) -> bool:
    """Whether one file in a folder does not make all of it a project, as in the home folder."""
    import tempfile

    return folder in {Path(folder.anchor), Path(tempfile.gettempdir()).resolve(), Path("~").expanduser()}


def _stdin_kind(name: str) -> str:
    kind = kind_by_name(name.rpartition("/")[2])
    return kind or ("text" if "." in name else "python")


def _take_given(walk: Walk, path: Path, relative: str) -> None:
    """Take in a path that was named, also from a place that the walk left out."""
    if relative in walk.folders or relative in walk.files:
        return
    walk.forget(relative)
    walk.look(relative)
    if walk.config.force_exclude and _left_out(walk, path, relative):
        walk.notify("excluded", "The path is excluded; it is not analysed.", relative, note=True)
    elif path.is_symlink():
        what = "leads out of the project" if path.exists() else "leads nowhere"
        walk.notify("link-out-of-root", f"The link {what}; it is not followed.", relative, error=True)
    elif path.is_dir():
        walk.folder(relative)
    else:
        _take_file(walk, path, relative)


def _take_unwritten(walk: Walk, path: str, size: int) -> None:
    """Take in a text that is in no file yet, as an editor has it."""
    kind = kind_by_name(path.rpartition("/")[2])
    if kind and path not in walk.files and not os.path.lexists(walk.config.root / path) and not walk.excluded(path):
        walk.files[path] = SourceFile(path, kind, size)


def _left_out(walk: Walk, path: Path, relative: str) -> bool:
    """Whether the settings exclude a path that the walk did not take, or the walk did not come to its folder."""
    folder = relative if path.is_dir() else relative.rpartition("/")[0]
    return walk.excluded(relative) or ("" in walk.folders and folder not in walk.folders)


def _take_file(walk: Walk, path: Path, relative: str) -> None:
    try:
        status = path.stat(follow_symlinks=False)
    except OSError as error:
        walk.notify("unreadable-file", f"The file cannot be read: {error.strerror}.", relative, error=True)
        return
    kind = kind_by_name(path.name)
    if not stat.S_ISREG(status.st_mode):
        walk.notify("not-a-file", "This is neither a file nor a folder; it is not analysed.", relative, error=True)
    elif not is_text(relative):
        walk.notify("undecodable-name", "The name is not valid UTF-8; it is not analysed.", relative, error=True)
    elif kind == "" or not (walk.file(relative, kind, status.st_size, explicit=True) or _told(walk, relative)):
        walk.notify("binary-file", "The file holds no text; there is nothing to analyse.", relative, note=True)


def _told(walk: Walk, relative: str) -> bool:
    return any(item.path == relative for item in walk.notifications)


def _bulk_notification(walk: Walk) -> Iterator[Notification]:
    """One line for all data files that are too large."""
    if count := len(walk.too_large):
        files = f"{count} data files are" if count > 1 else "One data file is"
        names = ", ".join(f"`{shown(path)}`" for path in sorted(walk.too_large)[:3])
        more = ", ..." if count > 3 else ""
        message = f"{files} larger than {walk.config.max_file_size} bytes and not analysed: {names}{more}."
        yield Notification("data-too-large", message, NotificationLevel.NOTE)


def _anything(found: Discovered) -> bool:
    """Whether there is a file to report on, or a word on why not."""
    said = (
        item.level is NotificationLevel.ERROR or item.id in ("binary-file", "excluded") for item in found.notifications
    )
    return any(found.in_scope(file.path) for file in found.files) or any(said)


def _with_nothing(found: Discovered) -> Discovered:
    names = _joined(f"`{place or '.'}`" for place in found.scope)
    message = f"There is nothing to analyse in {names}: no file of a known kind, or all are ignored or excluded."
    notification = Notification("nothing-to-analyse", message)
    return replace(found, notifications=(notification, *found.notifications))


def _joined(names: Iterable[str], most: int = 3) -> str:
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
