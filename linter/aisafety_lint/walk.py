"""The walk over a project: takes folders of it, gives files with their kinds, and says what it had to leave out.

It prunes what git ignores and what the settings exclude, and follows no link: what a link inside the project leads to
is met under its own name, and what lies outside is not the project's. It reads nothing but ignore files and the first
bytes of files whose names tell nothing.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from aisafety_lint.config import Config
from aisafety_lint.filetypes import kind_by_content, kind_by_name
from aisafety_lint.finding import Notification, NotificationLevel
from aisafety_lint.ignorefiles import Patterns, pruning, read_ignore_file
from aisafety_lint.source import SourceFile
from aisafety_lint.stamps import Stamp, stamp

# A notebook carries its outputs, mostly pictures; the code in it is small.
_FACTORS = {"notebook": 10, "archive": 10}
# Data that happens to be text: when it is too large, that is worth one line for all of it.
_BULK_KINDS = frozenset({"text", "json", "markdown"})


def size_limit(config: Config, kind: str) -> int:
    """The bytes up to which a file of a kind is analysed."""
    return config.max_file_size * _FACTORS.get(kind, 1)


@dataclass(slots=True)
class Walk:
    """One walk and what it has found so far; all paths are relative to the root, the root itself is empty.

    `keep` are folders that are walked even though they look like an environment, because somebody named them. `looked`
    are the stamps of what decided something besides the files that were taken in, from before it was looked at; `links`
    tells of each link whether it leads out of the project.
    """

    config: Config
    keep: frozenset[str]
    root: str = field(init=False)
    excludes: Patterns = field(init=False)
    files: dict[str, SourceFile] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    notifications: list[Notification] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)
    looked: dict[str, Stamp | None] = field(default_factory=dict)
    links: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = str(self.config.root)
        self.excludes = pruning((*self.config.exclude, *self.config.extend_exclude), "exclude")

    def folder(self, start: str) -> None:
        """Walk a folder and everything below it that is not ignored or excluded; the folder itself is not asked."""
        pending = [(start, self._with_ignores((), ".git/info/exclude", start), self._is_mentioned(start))]
        while pending:
            folder, ignores, inherited = pending.pop()
            entries = [] if folder in self.folders else self._entries(folder)
            if any(entry.name == ".gitignore" for entry in entries):
                ignores = self._with_ignores(ignores, ".gitignore", folder)
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if (verdict := self._visit(entry, path, ignores, inherited)) is not True:
                    pending.append((path, ignores, inherited or verdict is False))

    def file(self, path: str, kind: str | None, size: int, *, explicit: bool = False) -> bool:
        """Take in a regular file, of the kind that its name tells; whether it is analysed."""
        limit = size_limit(self.config, kind or "text")
        if kind is None or size > limit:
            self.look(path)
        if size <= limit:
            kind = kind_by_content(f"{self.root}/{path}") if kind is None else kind
            if kind:
                self.files[path] = SourceFile(path, kind, size)
            return bool(kind)
        if explicit or (kind or "text") not in _BULK_KINDS:
            message = f"The file is larger than {limit} bytes; it is not analysed."
            self.notify("file-too-large", message, path, error=explicit)
        else:
            self.too_large.append(path)
        return False

    def look(self, path: str) -> None:
        """Note that what a path names now decides something."""
        self.looked[path] = stamp(f"{self.root}/{path}" if path else self.root)

    def excluded(self, path: str) -> bool:
        """Whether the settings exclude a path, or a folder above it."""
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts))]
        verdict = self.excludes.verdict
        if any(verdict(folder, folder.rpartition("/")[2], True, inherited=True) for folder in above):
            return True
        return bool(verdict(path, parts[-1], (self.config.root / path).is_dir(), inherited=True))

    def notify(self, name: str, message: str, path: str, *, note: bool = False, error: bool = False) -> None:
        """Say something about a path in the report."""
        level = NotificationLevel.ERROR if error else NotificationLevel.NOTE if note else NotificationLevel.WARNING
        self.notifications.append(Notification(name, message, level, shown(path)))

    def forget(self, path: str) -> None:
        """Take back what was said about a path, before it is looked at again."""
        self.notifications = [item for item in self.notifications if item.path != shown(path)]
        self.too_large = [item for item in self.too_large if item != path]

    def _with_ignores(self, ignores: tuple[Patterns, ...], name: str, folder: str) -> tuple[Patterns, ...]:
        """The ignore files that hold in a folder, the innermost first."""
        path = f"{folder}/{name}" if folder else name
        self.look(path)
        found = read_ignore_file(f"{self.root}/{path}", len(folder) + 1 if folder else 0)
        if found is None:
            return ignores
        if found.problem:
            self.notify("ignore-file", found.problem, path)
        return (found.patterns, *ignores)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        self.look(folder)
        try:
            with os.scandir(f"{self.root}/{folder}") as entries:
                found = list(entries)
        except OSError as error:
            given = folder in self.keep
            self.notify(
                "unreadable-folder", f"The folder cannot be read: {error.strerror}.", folder or ".", error=given
            )
            return []
        if folder and folder not in self.keep and any(entry.name == "pyvenv.cfg" for entry in found):
            return []
        self.folders.add(folder)
        return found

    def _is_mentioned(self, start: str) -> bool:
        """Whether a pattern of the settings is about a folder, or one above it."""
        parts = start.split("/") if start else []
        about = self.excludes.mentions.about
        return any(about("/".join(parts[: count + 1]), name, is_folder=True) for count, name in enumerate(parts))

    def _visit(self, entry: os.DirEntry[str], path: str, ignores: tuple[Patterns, ...], inherited: bool) -> bool | None:
        """Take in one entry of a folder; True where there is nothing to walk, else what the patterns say of it."""
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            is_file = not is_folder and entry.is_file(follow_symlinks=False)
            is_link = not (is_folder or is_file) and entry.is_symlink()
            is_other = not (is_folder or is_file or is_link)
            kind = kind_by_name(entry.name) if is_file or is_other else None
            if kind == "" or (is_other and not kind):
                return True
            verdict = self._verdict(path, entry.name, is_folder, ignores, inherited)
            size = entry.stat(follow_symlinks=False).st_size if is_file and not verdict else 0
        except OSError:
            return True  # gone since the folder was listed
        if verdict:
            return True
        if not is_text(entry.name):
            self.notify("undecodable-name", "The name is not valid UTF-8; it is not analysed.", path)
            return True
        if is_link:
            self._link(path)
        elif is_file:
            self.file(path, kind, size)
        elif is_other:
            self.notify("not-a-file", "This is neither a file nor a folder; it is not analysed.", path, note=True)
        return verdict if is_folder else True

    def _verdict(
        self, path: str, name: str, is_folder: bool, ignores: tuple[Patterns, ...], inherited: bool
    ) -> bool | None:
        """Whether an entry is left out: True, False where a pattern takes it back, None where no pattern says."""
        if name == ".git":
            return True
        excluded = self.excludes.verdict(path, name, is_folder, inherited=inherited)
        if excluded:
            return True
        for patterns in ignores:
            verdict = patterns.verdict(path, name, is_folder, inherited=inherited)
            if verdict is not None:
                return verdict
        return excluded

    def _link(self, path: str) -> None:
        self.links[path] = leads_out(self.root, path)
        if self.links[path]:
            self.notify("link-out-of-root", "The link leads out of the project; it is not followed.", path, note=True)


def leads_out(root: str, path: str) -> bool:
    """Whether a link leads out of the project."""
    return not Path(os.path.realpath(f"{root}/{path}")).is_relative_to(root)


def is_text(name: str) -> bool:
    """Whether a name from the file system is text, not bytes in no encoding."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


def shown(path: str) -> str:
    """A path that can be written anywhere."""
    return path.encode("utf-8", "backslashreplace").decode()
