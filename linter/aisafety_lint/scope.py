"""From the paths that were given to the project they belong to: takes arguments, gives real paths and a root.

Paths say what to report on, the root says what is analysed. Folders are resolved; a file keeps its own name, so that
discovery can see that it is a link.
"""

import os
from pathlib import Path

from aisafety_lint.errors import UserError


def given_path(text: str) -> Path:
    """The absolute path that an argument names; raises UserError where nothing is there."""
    path = Path(text).absolute()
    if not text or not os.path.lexists(path):
        raise UserError(f"`{text}` does not exist", hint="give files or folders to report on; the default is `.`")
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def stdin_path(text: str) -> Path:
    """The absolute path that standard input stands for; it need not exist."""
    path = Path(text).absolute()
    if path.is_dir():
        raise UserError(f"`{text}` is a folder", hint="`--stdin-filename` names a file")
    return path.parent.resolve() / path.name


def common_folder(paths: tuple[Path, ...]) -> Path:
    """The deepest existing folder that holds all paths (a folder holds itself)."""
    folder = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in paths]))
    while not folder.is_dir():
        folder = folder.parent
    return folder


def project_root(paths: tuple[Path, ...]) -> Path:
    """The git root above all paths, or else their common folder."""
    folder = common_folder(paths)
    return next((parent for parent in (folder, *folder.parents) if is_git_root(parent)), folder)


def without_links(path: Path, root: Path) -> Path:
    """A given path, or where it leads if it is a link to something inside the project."""
    target = Path(os.path.realpath(path))
    return target if path.is_symlink() and target.is_relative_to(root) and target.exists() else path


def is_git_root(folder: Path) -> bool:
    """Whether a folder is the top of a git work tree, a linked one and a submodule included."""
    return os.path.lexists(folder / ".git")
