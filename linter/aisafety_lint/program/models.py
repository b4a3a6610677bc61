"""Framework models as an index: which facts the knowledge has about an access path.

Reads the YAML of `rules/frameworks/` for the import roots that the project uses and normalises every path in it, so
that a look-up is one dictionary access: a path that starts with a modelled type becomes `file:Type.rest`.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aisafety_lint.errors import UserError
from aisafety_lint.knowledge import Knowledge

Row = Mapping[str, Any]

CALL_ROLES = (
    "sources",
    "sinks",
    "sanitizers",
    "checks",
    "weak_checks",
    "validators",
    "propagation",
    "runs",
    "states",
    "files",
    "tools",
    "agents",
    "gates",
    "grants",
    "effects",
)

INSTRUCTIONS = "prompt"
"""The kind of sink that the instructions of an agent are."""

_ATTRIBUTES = {"sources": "attributes", "sanitizers": "clean_attributes", "gates": "gate_attributes"}
_ROOTS = re.compile(rb"^roots: *\[(.*?)\]", re.MULTILINE | re.DOTALL)
_REFERENCE = re.compile(r"\b([\w.]+):[A-Z]\w*")


@dataclass(slots=True)
class Models:
    """All facts of the loaded models.

    `facts[role][key]` lists the rows about a path, `patterns[role]` those whose path has a `*`. `classes` maps the
    dotted name of a class to its modelled types, `bases` a type to those whose facts it takes over, `made_by` the path
    of a call to the types that it returns, `shapes` the types that a class of the project is by its fields, `fields` an
    attribute path to the type of the attribute, `generics` a type to an attribute of it and the place of its type among
    those in brackets, `absent` a text to the kinds of sinks that a value is safe for which does not contain it, `inert`
    a kind of source to its attributes that hold no content; `entries` are the sinks that are an entry of a literal, by
    its key, `reads` the sources that are read under a key.
    `weak_operators` and `weak_names` are the weak checks that are no calls of a known path.
    """

    facts: dict[str, dict[str, list[Row]]] = field(
        default_factory=lambda: {role: {} for role in (*CALL_ROLES, "handlers", *_ATTRIBUTES.values())}
    )
    patterns: dict[str, list[tuple[str, Row]]] = field(default_factory=lambda: {role: [] for role in CALL_ROLES})
    classes: dict[str, list[str]] = field(default_factory=dict)
    globs: list[tuple[str, re.Pattern[str], str]] = field(default_factory=list)
    values: dict[str, list[Row]] = field(default_factory=dict)
    excluded: dict[str, list[re.Pattern[str]]] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=dict)
    made_by: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    generics: dict[str, tuple[str, int]] = field(default_factory=dict)
    shapes: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    piped: set[str] = field(default_factory=set)
    constructors: set[str] = field(default_factory=set)
    methods: list[tuple[str, str, Row]] = field(default_factory=list)
    entries: dict[str, list[Row]] = field(default_factory=dict)
    reads: dict[str, list[Row]] = field(default_factory=dict)
    listed: list[tuple[str, str, Row]] = field(default_factory=list)
    decorators: list[tuple[str, Row]] = field(default_factory=list)
    instances: list[tuple[str, Row]] = field(default_factory=list)
    scalars: set[str] = field(default_factory=set)
    absent: dict[str, frozenset[str]] = field(default_factory=dict)
    inert: Mapping[str, frozenset[str]] = field(default_factory=dict)
    opt_ins: list[str] = field(default_factory=list)
    weak_operators: dict[tuple[str, bool], Row] = field(default_factory=dict)
    weak_names: list[tuple[re.Pattern[str], Row]] = field(default_factory=list)
    _memo: dict[tuple[str, str], tuple[Row, ...]] = field(default_factory=dict)
    _types: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def types_of_class(self, name: str) -> tuple[str, ...]:
        """The modelled types that a class with this dotted name is."""
        known = self._types.get(name)
        if known is None:
            found = list(self.classes.get(name, ()))
            found += [
                kind
                for glob, pattern, kind in self.globs
                if name.startswith(glob.partition("*")[0])
                and kind not in found
                and pattern.fullmatch(name)
                and not self._is_excluded(kind, name)
            ]
            known = self._types[name] = tuple(found)
        return known

    def _is_excluded(self, kind: str, name: str) -> bool:
        return any(pattern.fullmatch(name) for pattern in self.excluded.get(kind, ()))

    def lineage(self, kind: str) -> tuple[str, ...]:
        """A type and all types whose facts it takes over, nearest first."""
        found = [kind]
        for known in found:
            found += [base for base in self.bases.get(known, ()) if base not in found]
        return tuple(found)

    def keys(self, path: str) -> tuple[str, ...]:
        """The path itself, and the same path seen as one of the types that its own type takes over."""
        if ":" not in path:
            return (self.normal(path),)
        kind, dot, rest = path.partition(".") if ":" in path.partition(".")[0] else _split_type(path)
        return tuple(f"{base}{dot}{rest}" for base in self.lineage(kind))

    def normal(self, path: str) -> str:
        """A dotted path that leads through a modelled class (`pathlib.Path.resolve`) in terms of its type."""
        name = path
        while "." in name:
            name = name.rpartition(".")[0]
            if name in self.classes:
                return self.classes[name][0] + path[len(name) :]
        return path

    def rows(self, role: str, path: str) -> tuple[Row, ...]:
        """All rows of a role about a call path."""
        known = self._memo.get((role, path))
        if known is None:
            exact = self.facts[role]
            keys = tuple(dict.fromkeys((path, *self.keys(path))))
            found = [row for key in self.keys(path) for row in exact.get(key, ())]
            if path not in exact and ":" not in path:
                found += [row for row in exact.get(path, ()) if row not in found]
            found += [
                row
                for pattern, row in self.patterns.get(role, ())
                if any(
                    key.startswith(pattern.partition("*")[0].partition("?")[0].partition("[")[0])
                    and _fits(key, pattern)
                    for key in keys
                )
            ]
            known = self._memo[role, path] = tuple(found)
        return known

    def candidates(self, role: str, names: Iterable[str]) -> list[str]:
        """The names among `names`, sorted, by which a call can match a path of a role."""
        exact = {key.rpartition(".")[2] for key in self.facts[role]}
        kinds = {key for key in self.facts[role] if ":" in key and "." not in key.partition(":")[2]}
        exact |= {
            name.rpartition(".")[2]
            for name, found in self.classes.items()
            if any(kinds & set(self.lineage(kind)) for kind in found)
        }
        globs = [pattern.rpartition(".")[2] for pattern, _ in self.patterns.get(role, ())]
        globs += [glob.rpartition(".")[2] for glob, _, kind in self.globs if kinds & set(self.lineage(kind))]
        patterns = [re.compile(fnmatch.translate(glob)) for glob in dict.fromkeys(globs)]
        return sorted(name for name in names if name in exact or any(pattern.fullmatch(name) for pattern in patterns))


def _fits(path: str, pattern: str) -> bool:
    """Whether a path is one that a glob stands for; behind the beginning of a name (`get_*`) only for its rest."""
    if pattern.endswith("*") and (pattern[-2:-1].isalnum() or pattern[-2:-1] == "_"):
        (start, _, name), (known, _, wanted) = path.rpartition("."), pattern.rpartition(".")
        return fnmatch.fnmatchcase(name, wanted) and fnmatch.fnmatchcase(start, known)
    return fnmatch.fnmatchcase(path, pattern)


def _split_type(path: str) -> tuple[str, str, str]:
    """Split `stem.with.dots:Type.rest` after the type."""
    stem, _, tail = path.partition(":")
    kind, dot, rest = tail.partition(".")
    for mark in ("[", "("):
        if mark in kind:
            cut = kind.index(mark)
            return f"{stem}:{kind[:cut]}", "", kind[cut:] + dot + rest
    return f"{stem}:{kind}", dot, rest


def load_models(knowledge: Knowledge, imported: frozenset[str], defines: Callable[[str], bool | None]) -> Models:
    """Load the models that the imported dotted names call for; raises UserError for a malformed model.

    `defines` tells whether the project itself defines a dotted name, None where it has no such module: a package of the
    project that merely shares its name with a modelled one lacks the model's markers.
    """
    models = Models()
    files = knowledge.part(_model_files)
    called = (stem for stem, listed in files.items() if any(not roots.isdisjoint(imported) for _, roots in listed))
    wanted = {"stdlib", *called}
    loaded: dict[str, Row] = {}
    while todo := sorted(wanted - loaded.keys()):
        for stem in todo:
            loaded[stem] = {key: item for path, _ in files.get(stem, ()) for key, item in knowledge.load(path).items()}
            wanted.update(loaded[stem].get("requires", ()))
            wanted |= set(_REFERENCE.findall(str(loaded[stem]))) & files.keys()
    loaded = {
        stem: row for stem, row in loaded.items() if not any(defines(name) is False for name in row.get("markers", ()))
    }
    for stem, content in loaded.items():
        _add_types(models, stem, content)
    for stem, content in loaded.items():
        _add_facts(models, stem, content)
    return models


def _model_files(knowledge: Knowledge) -> Mapping[str, tuple[tuple[Path, frozenset[str]], ...]]:
    """The files of each model by its stem, and the imports that call for it; read so, they cost no parsing."""
    found: dict[str, tuple[tuple[Path, frozenset[str]], ...]] = {}
    for path in knowledge.files("frameworks"):
        listed = _ROOTS.search(path.read_bytes())
        roots = re.split(r"[\s,]+", listed[1].decode().strip()) if listed else [path.stem]
        found[path.stem] = (*found.get(path.stem, ()), (path, frozenset(roots)))
    return found


def library_roots(knowledge: Knowledge) -> frozenset[str]:
    """The first names of the import paths that there are models for."""
    return frozenset(stem.partition(".")[0] for stem in knowledge.part(_model_files)) - {"stdlib"}


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _add_types(models: Models, stem: str, content: Row) -> None:
    for name, data in content.get("types", {}).items():
        kind = f"{stem}:{name}"
        for class_name in data.get("names", ()):
            if "*" in class_name:
                models.globs.append((class_name, re.compile(fnmatch.translate(class_name)), kind))
            else:
                models.classes.setdefault(class_name, []).append(kind)
        models.excluded[kind] = [re.compile(fnmatch.translate(item)) for item in data.get("not_names", ())]
        if "shape" in data:
            models.shapes.append((kind, frozenset(data["shape"])))
        if "generic" in data:
            models.generics[kind] = (data["generic"]["attribute"], data["generic"]["argument"])
        if data.get("pipe"):
            models.piped.add(kind)
        models.constructors |= {f"{kind}.{method}" for method in data.get("constructors", ())}
        models.bases[kind] = [_type_key(stem, base) for base in _listed(data.get("subclass_of"))]


def _type_key(stem: str, name: str) -> str:
    return name if ":" in name else f"{stem}:{name}"


def _add_facts(models: Models, stem: str, content: Row) -> None:
    types = content.get("types", {})
    for name, data in types.items():
        kind = f"{stem}:{name}"
        for maker in _listed(data.get("made_by")):
            row = maker if isinstance(maker, dict) else {"call": maker}
            for path in _listed(row["call"]):
                models.made_by.setdefault(normal_path(models, stem, types, path), []).append((kind, row.get("when")))
        for attribute, target in data.get("fields", {}).items():
            models.fields[f"{kind}.{attribute}"] = _type_key(stem, target)
    packages = content.get("packages", ())[:1]
    for role in CALL_ROLES:
        for row in content.get(role, ()):
            _add_row(models, stem, types, role, _of_packages(row, packages))
    _add_prompts(models, stem, content)
    for row in content.get("weak_checks", ()):
        if "operator" in row:
            models.weak_operators[row["operator"], bool(row.get("where", False))] = row
        elif "function" in row:
            models.weak_names.append((re.compile(row["function"]), row))
    for row in content.get("sources", ()):
        for key in _listed(row.get("read")):
            models.reads.setdefault(key, []).append(row)
    models.scalars |= set(content.get("scalars", ()))
    models.opt_ins += content.get("opt_ins", ())


def _of_packages(row: Row, packages: Sequence[str]) -> Row:
    """A row whose ranges of versions name the distributions that they are about: by default the first of the file."""
    if "in" in row:
        row = {"packages": packages, **row}
    if "defaults" in row.get("limit", ()):
        defaults = [{"packages": packages, **item} for item in row["limit"]["defaults"]]
        row = {**row, "limit": {**row["limit"], "defaults": defaults}}
    return row


def _add_prompts(models: Models, stem: str, content: Row) -> None:
    """The instructions of agents, and the entries of literals, are sinks, too."""
    for row in content.get("agents", ()):
        if "instructions" in row and row.get("kind") != "server" and "task" not in row:
            prompt = {"call": row["call"], "argument": row["instructions"], "kind": INSTRUCTIONS}
            _add_row(models, stem, content.get("types", {}), "sinks", prompt)
    for row in content.get("sinks", ()):
        if "entry" in row:
            models.entries.setdefault(row["entry"], []).append({**row, "role": "sinks", "stem": stem})


def _add_row(models: Models, stem: str, types: Row, role: str, row: Row) -> None:
    row = {**row, "role": role, "stem": stem}
    for path in _listed(row.get("call")):
        key = normal_path(models, stem, types, path)
        if "*" in key:
            models.patterns[role].append((key, row))
        else:
            models.facts[role].setdefault(key, []).append(row)
    indexed = (("attribute", _ATTRIBUTES.get(role, "")), ("handler", "handlers"))
    for key, target in indexed:
        for path in _listed(row.get(key)) if target else ():
            models.facts[target].setdefault(normal_path(models, stem, types, path), []).append(row)
    for text in _listed(row.get("contains")):
        models.absent[text] = models.absent.get(text, frozenset()) | frozenset(row["cleans"])
    for path in _listed(row.get("value")):
        models.values.setdefault(path, []).append(row)
    for path in _listed(row.get("decorator")):
        models.decorators.append((normal_path(models, stem, types, path), row))
    for name in _listed(row.get("instance")):
        models.instances.append((_type_key(stem, name), row))
    if "method" in row:
        for owner in _listed(row["method"]["of"]):
            key = _type_key(stem, owner) if ":" in owner or owner in types else owner
            models.methods += [(key, name, row) for name in _listed(row["method"].get("name"))]
            if "listed_in" in row["method"]:
                models.listed.append((key, row["method"]["listed_in"], row))


def normal_path(models: Models, stem: str, types: Row, path: str) -> str:
    """Normalise a path as written in the model of `stem`."""
    head = re.split(r"[.\[(]", path, maxsplit=1)[0]
    if head in types:
        return f"{stem}:{path}"
    if ":" in path:
        return path
    path = path.removeprefix("builtins.")
    if path.startswith("?") or "*" in path:
        return path
    return models.normal(path)


def imported_roots(modules: Iterable[str]) -> frozenset[str]:
    """All dotted prefixes of the imported module names."""
    found: set[str] = set()
    for module in modules:
        parts = module.split(".")
        found |= {".".join(parts[: i + 1]) for i in range(len(parts))}
    return frozenset(found)


def rows_of(models: Models, role: str, paths: Sequence[str]) -> Iterator[Row]:
    """Rows of a role over several paths, each once."""
    seen: list[Row] = []
    for path in paths:
        for row in models.rows(role, path):
            if not any(row is other for other in seen):
                seen.append(row)
                yield row


__all__ = ["Models", "Row", "UserError", "imported_roots", "load_models", "rows_of"]
