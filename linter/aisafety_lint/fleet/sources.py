"""Which repositories a run is about: takes a file of paths and addresses, or a folder of clones, gives them by name."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aisafety_lint.errors import UserError
from aisafety_lint.scope import is_git_root
from aisafety_lint.source import UnreadableError, decode

_LARGEST = 50_000_000
_DEEPEST = 3
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)::?//", re.ASCII)
_HELPER = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*::", re.ASCII)
_SHORT_SSH = re.compile(r"(?:[\w.-]+@)?[\w.-]+\.[\w-]+:(?!//)[^\\]+", re.ASCII)  # git@host.example:owner/name
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """A repository of a run: its name in everything that is written, and the folder or the git address that it is at.

    `explicit` tells that somebody named it, and not just the folder that it lies in.
    """

    name: str
    folder: Path | None = None
    address: str = ""
    explicit: bool = True

    @property
    def slug(self) -> str:
        """The name of the folder for what is written about it: harmless, and of this repository only."""
        plain = _PLAIN.sub("-", self.name.removesuffix(".git")).strip("-.")[-60:].strip("-.")
        return f"{plain or 'repository'}-{sha256(self.name.encode()).hexdigest()[:12]}"


def sources(place: Path, output: Path) -> tuple[Source, ...]:
    """The repositories that a file lists or a folder holds, each once; raises UserError where there are none.

    Nothing is asked of them yet: one that is not there is found out when its turn comes.
    """
    if place.is_dir():
        found = tuple(_clones(place.resolve(), output))
        if not found:
            raise UserError(
                f"there is no repository in `{place}`", "give a folder of clones, or a file that lists some"
            )
    else:
        found = tuple(_listed(place))
        if not found:
            raise UserError(f"`{place}` lists no repository", "write one path or git address on each line")
    for source in found:
        if source.folder is not None and output.resolve().is_relative_to(os.path.realpath(source.folder)):
            hint = "what is written there would be analysed, and could be forged: `--output-dir` names another one"
            raise UserError(f"the output folder lies in the repository `{source.name}`", hint)
    return found


def _listed(place: Path) -> Iterator[Source]:
    """The repositories of a file: one a line, `#` begins a comment; paths start from the folder of the file."""
    try:
        if place.stat().st_size > _LARGEST:
            raise UserError(f"`{place}` is too large for a list")
        lines = decode(place.read_bytes()).split("\n")
    except (OSError, UnreadableError) as error:
        raise UserError(f"`{place}` cannot be read: {getattr(error, 'strerror', None) or error}") from None
    found: dict[str, Source] = {}
    for line in lines:
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if text:
            source = _source(text.rstrip("/") or text, place.absolute().parent)
            found.setdefault(source.name, source)
    yield from found.values()


def _named(text: str) -> str:
    """A name that every format can hold; file names need not be UTF-8."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _source(text: str, base: Path) -> Source:
    scheme = _SCHEME.match(text) or _HELPER.match(text)
    if scheme or (_SHORT_SSH.fullmatch(text) and not os.path.lexists(base / text)):
        return Source(_named(_without_credentials(text)), address=text)
    return Source(_named(text), folder=base / os.path.expanduser(_named(text)))  # noqa: PTH111 - which knows no error


def _without_credentials(address: str) -> str:
    """An address as it may be shown: what stands before its host may be a token, but for the user of ssh."""
    if re.fullmatch(r"ssh://[\w.-]+@[^@]*", address, re.ASCII) or "://" not in address:
        return address
    return re.sub(r"(?<=://).*@", "***@", address)


def _clones(place: Path, output: Path) -> Iterator[Source]:
    """The repositories in a folder: the clones in it, also below folders for their owners, and its other folders."""
    own = output.resolve()
    for folder in _folders(place):
        found = [*_git_roots(folder, _DEEPEST)] or [folder]
        for root in found:
            if root != own and not root.is_relative_to(own):
                yield Source(_named(root.relative_to(place).as_posix()), folder=root, explicit=False)


def _git_roots(folder: Path, depth: int) -> Iterable[Path]:
    if is_git_root(folder):
        yield folder
    elif depth > 1:
        for inner in _folders(folder):
            yield from _git_roots(inner, depth - 1)


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder; links are not followed, and what is hidden is no clone."""
    try:
        with os.scandir(folder) as entries:
            names = [one.name for one in entries if one.is_dir(follow_symlinks=False) and not one.name.startswith(".")]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]
