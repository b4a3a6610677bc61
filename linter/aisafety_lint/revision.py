"""A revision of the repository, read from git's objects: which files it has, what is in them, or all in a folder.

Nothing is checked out and nothing of the repository is run: the configuration of a scanned repository could name
programs for hooks, filters, monitors, pagers, differences and transports, so the environment is cleaned, all that is
switched off, and only commands are used that print objects.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from aisafety_lint.errors import UserError
from aisafety_lint.filetypes import kind_by_name
from aisafety_lint.scope import is_git_root

HARDENED = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.pager=cat",
    "core.sshCommand=false",
    "diff.external=",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
)
_QUIET = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_LINK, _SUBMODULE, _FILES = "120000", "160000", ("100644", "100755", "100664")
_MOST_FILES = 1_000_000
_MOST_BYTES = 4_000_000_000
_DEEPEST = 4
_FETCH = "the checkout is shallow: `fetch-depth: 0` in actions/checkout, or `git fetch --unshallow`, brings its history"


class Object(NamedTuple):
    """A file, link or submodule of a revision: its mode, the name of the object, and where it lies."""

    mode: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Repository:
    """The git repository of a project, and the program that reads it."""

    root: Path
    git: str

    def commit(self, revision: str) -> str:
        """The commit that a revision names; `A...` is where A and the present commit part."""
        start, dots, end = revision.partition("...")
        if revision.startswith("-") or not start or not revision.isprintable():
            raise UserError(f"`{revision}` is no revision", "give a branch, a tag or a commit")
        found = self._verified(start, revision)
        if not dots:
            if Path(revision).exists():
                hint = f"`--diff=heads/{revision}` is the branch; `--diff` behind the paths shows fixes"
                raise UserError(f"`{revision}` is a revision, and a path, too", hint)
            return found
        other = self._verified(end or "HEAD", revision)
        parted = self._ask("merge-base", found, other)
        if parted is None:
            raise UserError(f"`{revision}`: the two have no common commit", self._hint())
        return parted.strip()

    def branch(self) -> str:
        """The full name of the branch that is checked out; empty where none is."""
        return (self._ask("symbolic-ref", "--quiet", "HEAD") or "").strip()

    def _verified(self, name: str, revision: str) -> str:
        found = self._ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if found is not None:
            return found.strip()
        if (self.root / name).exists() or Path(name).exists():
            hint = "`--diff` takes a revision; without one, behind the paths, it shows fixes"
        else:
            hint = self._hint() or "`git branch --all` and `git tag` list what there is; `git fetch` brings more"
        raise UserError(f"there is no revision `{revision}` in this repository", hint)

    def _hint(self) -> str:
        return _FETCH if (self._ask("rev-parse", "--is-shallow-repository") or "").strip() == "true" else ""

    def _ask(self, *words: str) -> str | None:
        """What git prints, or None where it fails."""
        done = subprocess.run(self._command(*words), capture_output=True, env=environment(self.root), check=False)
        return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None

    def _command(self, *words: str) -> list[str]:
        settings = [part for setting in HARDENED for part in ("-c", setting)]
        return [self.git, "--no-pager", "--no-replace-objects", *settings, "-C", str(self.root), *words]

    def files(self, commit: str) -> tuple[Object, ...]:
        """All that a commit holds, in git's order."""
        found: list[Object] = []
        with self._running(["ls-tree", "-r", "-z", "--full-tree", commit], None) as process:
            assert process.stdout is not None
            for entry in _until_nul(process.stdout):
                head, _, path = entry.partition("\t")
                mode, _, name = head.split(" ")
                found.append(Object(mode, name, path))
                if len(found) > _MOST_FILES:
                    process.kill()
                    raise UserError(f"`{commit}` holds more than {_MOST_FILES} files")
        if process.returncode:
            raise UserError(f"git cannot list the files of `{commit}`", self._hint())
        return tuple(found)

    def contents(self, objects: Iterable[Object]) -> Iterator[tuple[Object, bytes]]:
        """The content of each object, in their order."""
        wanted = list(objects)
        with tempfile.TemporaryFile() as names:
            names.write("".join(f"{item.name}\n" for item in wanted).encode())
            names.seek(0)
            with self._running(["cat-file", "--batch"], names) as process:
                assert process.stdout is not None
                for item in wanted:
                    head = process.stdout.readline().split()
                    if len(head) != 3:
                        process.kill()
                        hint = "the clone is partial: `git fetch --refetch --no-filter` brings the whole of it"
                        raise UserError(f"`{item.path}` of the revision is not in this repository", hint)
                    yield item, process.stdout.read(int(head[2]))
                    process.stdout.read(1)

    def _running(self, words: list[str], names: "IO[bytes] | None") -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command(*words),
            stdin=names or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(self.root),
        )


def repository(root: Path) -> Repository:
    """The git repository whose top is the root of a project; raises UserError where there is none."""
    if not is_git_root(root):
        raise UserError(f"`{root}` is not in a git repository", "`--diff` compares with a revision of one")
    git = shutil.which("git")
    if git is None or Path(git).resolve().is_relative_to(root):
        raise UserError("there is no `git`", "`--diff` needs it to read the revision")
    found = Repository(root, git)
    done = subprocess.run(
        found._command("rev-parse", "--git-dir"), capture_output=True, env=environment(root), check=False
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UserError(
            f"git cannot read `{root}`: {said[0].removeprefix('fatal: ') if said else 'it does not say why'}"
        )
    return found


def lay_out(repository: Repository, commit: str, folder: Path, limit: int, depth: int = 0) -> None:
    """Write the files of a commit that are of a kind to analyse, and of at most so many bytes, into a new folder.

    Links come last, so that nothing is written through one. Submodules are laid out where their commit is at hand.
    """
    (folder / ".git").mkdir()
    objects = [item for item in repository.files(commit) if _is_safe(item.path)]
    files = [item for item in objects if item.mode in _FILES and kind_by_name(item.path.rpartition("/")[2]) != ""]
    total = 0
    for item, data in repository.contents(files):
        total += len(data)
        if total > _MOST_BYTES:
            raise UserError(f"`{commit}` is larger than {_MOST_BYTES} bytes")
        if len(data) <= limit:
            _write(folder / item.path, data)
    for item, data in repository.contents(item for item in objects if item.mode == _LINK):
        _link(folder / item.path, os.fsdecode(data))
    for item in objects:
        if item.mode == _SUBMODULE and depth < _DEEPEST and is_git_root(repository.root / item.path):
            inner = Repository(repository.root / item.path, repository.git)
            if inner._ask("cat-file", "-e", item.name) is not None:
                (folder / item.path).mkdir(parents=True, exist_ok=True)
                lay_out(inner, item.name, folder / item.path, limit, depth + 1)


def _write(path: Path, data: bytes) -> None:
    """Write a file; a broken tree may have a file where it has a folder, too, and the first one counts."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            stream.write(data)
    except (FileExistsError, NotADirectoryError):
        return


def _link(path: Path, target: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    except (OSError, ValueError):
        return


def _is_safe(path: str) -> bool:
    """Whether a path stays in its folder and out of the data of git."""
    return all(part not in ("", ".", "..") and part.lower() != ".git" for part in path.split("/"))


def environment(root: Path) -> dict[str, str]:
    """The environment without what speaks to git, and closed to the network and to what lies above the project."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")}
    return {**kept, **_QUIET, "GIT_CEILING_DIRECTORIES": str(root.parent)}


def _until_nul(stream: IO[bytes]) -> Iterator[str]:
    rest = b""
    while chunk := stream.read(65_536):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from map(os.fsdecode, whole)


def by_path(objects: Collection[Object]) -> dict[str, Object]:
    """The files among objects by their paths."""
    return {item.path: item for item in objects if item.mode in _FILES}
