"""The knowledge of the linter: finds and reads the files of `rules/`, its own and the user's.

The engine stages turn what is read here into their own types; this module knows file kinds, not their meaning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from aisafety_lint.compiled import Compiled, NotYamlError
from aisafety_lint.errors import UserError
from aisafety_lint.rule import FAMILIES, Rule, parse_rule


def builtin_root() -> Path:
    """The folder of the shipped knowledge: inside the installed package, else beside `linter/` in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent.parent / "rules"


@dataclass(frozen=True)
class Knowledge:
    """All knowledge of a run, from the built-in folder and then from the user's, in order; a later rule id wins."""

    roots: tuple[Path, ...] = field(default_factory=lambda: (builtin_root(),))
    compiled: Compiled = field(default_factory=Compiled, repr=False, compare=False)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by its id, sorted by family and id."""
        found: dict[str, Rule] = {}
        for root in self.roots:
            for path in _rule_files(root):
                rule = parse_rule(path, path.read_text("utf-8"), self.compiled)
                found[rule.id] = rule
        return dict(sorted(found.items(), key=lambda item: (FAMILIES.index(item[1].family), item[0])))

    def models(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Read the YAML files of one folder (frameworks, manifests, secrets, evals, standards) as (stem, content)."""
        for root in self.roots:
            for path in sorted((root / folder).glob("*.yml")):
                yield path.stem, self.load(path)

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
            yield from sorted((base / family).glob("*.md"))
