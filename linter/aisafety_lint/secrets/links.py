"""Secrets across files: which literals a file of Python holds under names that do not say so, and which names of other
files it uses as credentials. One file alone shows neither to be a secret; together they do.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import NamedTuple

from aisafety_lint.secrets.matches import SecretMatch
from aisafety_lint.secrets.python_tree import literal_text

_IMPORT = re.compile(
    r"^[ \t]{0,40}(?:from[ ]+([.\w]{1,200})[ ]+)?import[ ]+(\([^)]{1,4000}\)|[^\n#]{1,1000})", re.MULTILINE
)
_ALIAS = re.compile(r"([A-Za-z_][\w.]{0,80})(?:\s+as\s+([A-Za-z_]\w{0,80}))?")
_MOST_HELD = 20
_DEEPEST = 4
# Calls that give their first argument, or their default, back.
_WRAPPERS = frozenset({"Field", "SecretStr", "field", "str", "cast"})


@dataclass(frozen=True, slots=True)
class Holding:
    """A literal that could be a secret, as the match that it would be, and its name for other files: `Cfg.x`."""

    name: str
    match: SecretMatch


@dataclass(frozen=True, slots=True)
class Use:
    """What a file uses as a credential: the name in another module, and the name that says that it is one."""

    module: str
    name: str
    called: str


class Held(NamedTuple):
    """A literal under the dotted name by which another module finds it."""

    name: str
    node: ast.expr
    value: str


def imported_names(text: str) -> frozenset[str]:
    """The names that a file of Python imports, except from the standard library, as far as its lines show."""
    names: set[str] = set()
    for match in _IMPORT.finditer(text):
        if match[1] and match[1].partition(".")[0] in sys.stdlib_module_names:
            continue
        for name, alias in _ALIAS.findall(match[2]):
            root = name.partition(".")[0]
            if match[1] or root not in sys.stdlib_module_names:
                names.add(alias or root)
    return frozenset(names)


def imports_of(statements: Iterable[ast.AST]) -> dict[str, tuple[str, str]]:
    """The names that statements import, with the module and the name in it; the name is empty for a module."""
    found: dict[str, tuple[str, str]] = {}
    for node in statements:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    found[alias.asname or alias.name] = (alias.name, "")
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    found[alias.asname or alias.name] = ("." * level + (module or ""), alias.name)
    return found


def reference(node: ast.expr, imports: Mapping[str, tuple[str, str]]) -> tuple[str, str] | None:
    """The module and the name in it that an expression refers to: `settings.LIMITS["x"]` gives `LIMITS.x`."""
    names = _path(node)
    for size in range(len(names), 0, -1):
        known = imports.get(".".join(names[:size]))
        if known is not None:
            module, name = known
            return module, ".".join(filter(None, (name, *names[size:])))
    return None


def holdings(tree: ast.Module) -> Iterator[Held]:
    """The literals of a module that others can reach by a name."""
    held = list(_held("", tree.body))[:_MOST_HELD]
    yield from held
    for alias, name in _aliases(tree.body):
        yield from (
            one._replace(name=alias + one.name.removeprefix(name)) for one in held if one.name.startswith(f"{name}.")
        )


def joined(uses: Mapping[str, Iterable[Use]], held: Mapping[str, Iterable[Holding]]) -> dict[str, list[SecretMatch]]:
    """The secrets that uses and holdings show together, by the path of the holding."""
    found: dict[str, dict[tuple[int, int], SecretMatch]] = {}
    for path in sorted(uses):
        for use in uses[path]:
            for module, name in _places(use):
                target = _module(path, module, held)
                for holding in held.get(target, ()):
                    if holding.name == name:
                        match = replace(holding.match, name=use.called)
                        found.setdefault(target, {}).setdefault((match.span.line, match.span.column), match)
    return {path: list(matches.values()) for path, matches in found.items()}


def _places(use: Use) -> Iterator[tuple[str, str]]:
    """Where the name can be: in the module, or in a submodule that was imported as a name."""
    yield use.module, use.name
    first, _, rest = use.name.partition(".")
    if rest:
        yield f"{use.module}{'' if use.module.endswith('.') else '.'}{first}", rest


def _module(path: str, module: str, held: Mapping[str, object]) -> str:
    """The path of a module that is imported in a file: beside it, or in one of the folders that hold it."""
    name = module.lstrip(".")
    folders = list(PurePosixPath(path).parents)
    level = len(module) - len(name)
    for folder in folders[level - 1 : level] if level else folders:
        for base in (folder, folder / "src"):
            place = base.joinpath(*name.split(".")) if name else base
            for candidate in (f"{place}.py", f"{place}/__init__.py"):
                if candidate in held:
                    return candidate
    return ""


def _held(prefix: str, body: Iterable[ast.stmt]) -> Iterator[Held]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from _values(prefix + name, value, 0)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield from _values(prefix + name, value, 0)
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value):
                yield from _values(prefix + name, value, 0)
            case ast.ClassDef(name=name, body=inner):
                yield from _held(f"{prefix}{name}.", inner)
            case ast.FunctionDef(name="__init__", body=inner):
                yield from _held(prefix, inner)
            case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.expr() as value)]):
                yield from _values(prefix + name, value, 0)


def _values(name: str, value: ast.expr, depth: int) -> Iterator[Held]:
    if (text := literal_text(value)) is not None:
        yield Held(name, value, text)
    elif depth < _DEEPEST:
        for part, inner in _parts(value):
            yield from _values(f"{name}.{part}" if part else name, inner, depth + 1)


def _parts(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match value:
        case ast.Dict(keys=keys, values=values):
            for key, inner in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, inner
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.BoolOp(values=elements):
            yield from (("", inner) for inner in elements)
        case ast.Call(func=ast.Name(id=function) | ast.Attribute(attr=function), args=arguments, keywords=keywords):
            if function in _WRAPPERS:
                yield from (("", inner) for inner in arguments[:1])
                yield from (("", keyword.value) for keyword in keywords if keyword.arg == "default")


def _aliases(body: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The names for an object of a class of the module, and the functions that give one."""
    for statement in body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=made)))
                | ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.Call(func=ast.Name(id=made)))])
            ):
                yield name, made


def _path(node: ast.expr) -> list[str]:
    """The names that lead to a value, from the left; calls and numbers of elements are left out."""
    names: list[str] = []
    while True:
        match node:
            case (
                ast.Attribute(value=inner, attr=name) | ast.Subscript(value=inner, slice=ast.Constant(value=str(name)))
            ):
                names.append(name)
                node = inner
            case ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[ast.Constant(value=str(name)), *_]):
                names.append(name)
                node = inner
            case (
                ast.Call(func=inner, args=[], keywords=[]) | ast.Subscript(value=inner, slice=ast.Constant(value=int()))
            ):
                node = inner
            case ast.Name(id=name):
                return [name, *reversed(names)]
            case _:
                return []
