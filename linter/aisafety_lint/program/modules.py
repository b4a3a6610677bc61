"""Modules of the project: which dotted name a file has, and which file an import means.

A file's own name follows the `__init__.py` files above it, also over folders of the package that have none. An import
is looked up from the importing file outwards: the folder of the file (scripts), the root of its package, `src` folders,
and then any folder of the project that could be an import root, nearest first. Nothing is assumed about the folder that
was given on the command line. A file that merely has the name of a module of the standard library, or of a known
library, is not taken for it: only where Python itself would find it first.
"""

import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

_TELLING = 2  # a name with so many dots is not that of a library by chance: it is a part of the library's own namespace


@dataclass(frozen=True, slots=True)
class ModuleTable:
    """Module names of all files, and the files by every dotted suffix of their path.

    `roots` is the folder of each file from which its name counts, `libraries` the import roots of known libraries;
    `_found` remembers answers.
    """

    names: Mapping[str, str]
    roots: Mapping[str, str]
    by_suffix: Mapping[str, tuple[str, ...]]
    libraries: frozenset[str]
    _found: dict[tuple[str, str], str | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def find(self, dotted: str, importer: str) -> str | None:
        """The file of the project that a dotted module name means for an importing file, or None."""
        found = self.by_suffix.get(dotted)
        if not found:
            return None
        # The answer is the same for all files of a folder.
        folder = _folder(importer)
        try:
            return self._found[dotted, folder]
        except KeyError:
            usable = [path for path in found if self._usable(path, dotted, importer)]
            best = min(usable, key=lambda path: (-_common(path, importer), path.count("/"), path), default=None)
            self._found[dotted, folder] = best
            return best

    def _usable(self, path: str, dotted: str, importer: str) -> bool:
        """Whether the folder above the dotted name can be an import root for the importer."""
        root, own = _strip(path, dotted), self.roots.get(path, "")
        folder, base = _folder(importer), self.roots.get(importer, "")
        if root == base:
            return True
        head = dotted.partition(".")[0]
        if head in sys.stdlib_module_names:
            return False
        if head in self.libraries and dotted.count(".") < _TELLING:
            return root == own and (path.endswith("/__init__.py") or "." in dotted)
        # a namespace package: the name reaches above the topmost folder with an `__init__.py`
        return root in (own, folder, ".") or own.startswith(root + "/")


def link_modules(paths: Iterable[str], libraries: frozenset[str]) -> ModuleTable:
    """Name the modules of a project from the paths of its Python files; `libraries` are import roots of others."""
    known = set(paths)
    names: dict[str, str] = {}
    roots: dict[str, str] = {}
    suffixes: dict[str, list[str]] = {}
    for path in sorted(known):
        parts = _parts(path)
        folder = _folder(path)
        depth = 0 if path.endswith("/__init__.py") or path == "__init__.py" else 1
        while folder != "." and f"{folder}/__init__.py" in known:
            depth += 1
            folder = _folder(folder)
        roots[path] = folder
        depth += _below_package(folder, known)
        names[path] = ".".join(parts[-depth:]) if depth else ""
        suffix = ""
        for part in reversed(parts):
            suffix = f"{part}.{suffix}" if suffix else part
            suffixes.setdefault(suffix, []).append(path)
    return ModuleTable(names, roots, {name: tuple(found) for name, found in suffixes.items()}, libraries)


def _below_package(folder: str, known: Collection[str]) -> int:
    """How many folders a file's name reaches further up: a folder without `__init__.py` in a package is part of it."""
    above = depth = 0
    while folder != ".":
        above += 1
        folder = _folder(folder)
        if f"{folder}/__init__.py" in known:
            depth = above + 1
    return depth


def absolute_name(name: str, own: str, is_package: bool) -> str:
    """The absolute module name of a relative one (`..x` in module `own`); empty where it leaves the top."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    base = own.split(".") if own else []
    cut = level - 1 if is_package else level
    if cut > len(base):
        return ""
    kept = base[: len(base) - cut]
    rest = name[level:]
    return ".".join([*kept, rest] if rest else kept)


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _parts(path: str) -> list[str]:
    *folders, name = path.split("/")
    dot = name.rfind(".", 1)
    stem = name[:dot] if 0 < dot < len(name) - 1 else name
    return folders if stem == "__init__" and folders else [*folders, stem]


def _strip(path: str, dotted: str) -> str:
    parts = _parts(path)
    return "/".join(parts[: len(parts) - dotted.count(".") - 1]) or "."


def _common(left: str, right: str) -> int:
    count = 0
    for one, other in zip(left.split("/")[:-1], right.split("/")[:-1], strict=False):
        if one != other:
            break
        count += 1
    return count
