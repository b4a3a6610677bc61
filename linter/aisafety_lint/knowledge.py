"""The knowledge of the linter: finds and reads the files of `rules/`, its own and the user's.

The engine stages turn what is read here into their own types; this module knows file kinds, not their meaning.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from aisafety_lint.compiled import Compiled, NotYamlError
from aisafety_lint.errors import UserError
from aisafety_lint.rule import FAMILIES, Rule, parse_rule

_Part = TypeVar("_Part")


def builtin_root() -> Path:
    """The folder of the shipped knowledge: inside the installed package, else beside `linter/` in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent.parent / "rules"


@dataclass(frozen=True)
class Knowledge:
    """All knowledge of a run, from the built-in folder and then from the user's, in order; a later rule id wins.

    `parts` is what the stages have made of it; several runs may share it.
    """

    roots: tuple[Path, ...] = field(default_factory=lambda: (builtin_root(),))
    compiled: Compiled = field(default_factory=Compiled, repr=False, compare=False)
    parts: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False, compare=False)

    def part(self, make: "Callable[[Knowledge], _Part]") -> _Part:
        """What `make` makes of the knowledge, an immutable value: made when it is first asked for."""
        if make not in self.parts:
            self.parts[make] = make(self)
        return cast("_Part", self.parts[make])

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by its id, sorted by family and id."""
        found: dict[str, Rule] = {}
        for root in self.roots:
            for path in _rule_files(root):
                rule = parse_rule(path, path.read_bytes().decode(), self.compiled)
                found[rule.id] = rule
        return dict(sorted(found.items(), key=lambda item: (FAMILIES.index(item[1].family), item[0])))

    def files(self, folder: str) -> Iterator[Path]:
        """The YAML files of one folder (frameworks, manifests, secrets, evals, standards), in order."""
        for root in self.roots:
            yield from _named(root / folder, ".yml")

    def models(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Read the YAML files of one folder as (stem, content)."""
        for path in self.files(folder):
            yield path.name.removesuffix(".yml"), self.load(path)

    def load(self, path: Path) -> Mapping[str, Any]:
        """Read one YAML file; raises UserError where it is not a valid mapping."""
        return load_yaml(path, self.compiled)


def load_yaml(path: Path, compiled: Compiled | None = None) -> Mapping[str, Any]:
    """Read one YAML file of the knowledge; raises UserError where it is not a valid mapping."""
    try:
        content = (compiled or Compiled()).load(path.read_bytes())
    except (OSError, NotYamlError) as error:
        raise UserError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: a knowledge file is a mapping")
    return content


def folders(root: Path) -> tuple[Path, ...]:
    """The folders in which all files of a root lie; not each of them exists."""
    bases = (root / "catalog", root)
    return tuple(dict.fromkeys((*(base / family for base in bases for family in FAMILIES), *_data_folders(root))))


def _data_folders(root: Path) -> Iterator[Path]:
    return (root / name for name in ("frameworks", "manifests", "secrets", "evals", "standards", "schema"))


def _rule_files(root: Path) -> Iterator[Path]:
    """Rule files of a root: `catalog/<family>/*.md`, or `<family>/*.md` in a user's folder."""
    for base in (root / "catalog", root):
        for family in FAMILIES:
            yield from _named(base / family, ".md")


def _named(folder: Path, suffix: str) -> list[Path]:
    """The files of a folder whose names end in a suffix, in order; none where there is no folder."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - the names are all that is wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [folder / name for name in sorted(names) if name.endswith(suffix)]
