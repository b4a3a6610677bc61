"""Reads what the files of package managers require: takes their texts and value trees, gives Pins.

A lock file requires exactly one version. What is no requirement (an option of pip, the path of a folder) says nothing.
"""

import configparser
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from aisafety_lint.pins.model import Pins, canonical
from aisafety_lint.pins.poetry import as_requirement
from aisafety_lint.source import SourceFile, SourceText

_LISTS = re.compile(r"(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in)", re.IGNORECASE)
_OF_PARENT = frozenset({"requirements", "constraints"})
# Lock files are written by programs, and large: their entries begin alike, and are not worth a tree of all the rest.
_LOCKED = re.compile(r'^\[\[package\]\]\r?\nname = "([^"\r\n]+)"\r?\nversion = "([^"\r\n]+)"', re.MULTILINE)
_LOCKS = frozenset({"poetry.lock", "uv.lock", "pdm.lock"})
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?=\s*(?:$|[\[(;@<>=!~,]))")
_END = re.compile(r"(?<!\s)\s+(?:#|--hash\b|\\\s*$)")  # from the first blank on: from each would take the square
# Nobody writes more; ranges are compared with each other, which takes the square of their number.
_LONGEST, _MOST = 1_000, 30

Text = Callable[[SourceFile], SourceText | None]
Tree = Callable[[SourceFile, str], Any]


def read_pins(files: Iterable[SourceFile], modules: Iterable[str], text: Text, tree: Tree) -> Pins:
    """What the files of a project require, as far as they lie above one of its modules.

    `text` reads a file, `tree` parses one of a syntax to plain data; both give None where that cannot be done.
    """
    folders = {folder for path in modules for folder in _above(path)}
    found: dict[str, dict[str, dict[str, None]]] = {}
    for file in files:
        folder = _folder(file.path)
        if folder in folders:
            for requirement in _required(file, text, tree):
                if len(requirement) <= _LONGEST and (named := _NAME.match(requirement)):
                    said = found.setdefault(folder, {}).setdefault(canonical(named[1]), {})
                    if len(said) < _MOST:
                        said[requirement.strip()] = None
    return Pins({folder: {name: tuple(texts) for name, texts in known.items()} for folder, known in found.items()})


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def _folder(path: str) -> str:
    """The folder that a file speaks for: lists of requirements may have a folder of their own."""
    folder = path.rpartition("/")[0]
    above, _, last = folder.rpartition("/")
    return above if last in _OF_PARENT else folder


def _required(file: SourceFile, text: Text, tree: Tree) -> Iterator[str]:
    """What a file requires; nothing where it is none of a package manager."""
    name = file.path.rpartition("/")[2]
    if name in _LOCKS:
        yield from (f"{name}=={version}" for name, version in _LOCKED.findall(_content(file, text)))
    elif name == "setup.cfg":
        yield from _of_setup(_content(file, text))
    elif name == "pyproject.toml":
        yield from _of_pyproject(tree(file, "toml"))
    elif name == "Pipfile":
        yield from _of_pipfile(tree(file, "toml"), ("packages", "dev-packages"))
    elif name == "Pipfile.lock":
        yield from _of_pipfile(tree(file, "json"), ("default", "develop"))
    elif _LISTS.fullmatch(name) or (_folder(file.path) != file.path.rpartition("/")[0] and name.endswith(".txt")):
        yield from _lines(_content(file, text))


def _content(file: SourceFile, text: Text) -> str:
    found = text(file)
    return "" if found is None else found.text


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.lstrip().startswith(("-", "#")):
            yield _END.split(line, maxsplit=1)[0]


def _of_setup(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    options = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        options += [value for _, value in parser.items("options.extras_require")]
    for option in options:
        yield from _lines(option)


def _of_pyproject(data: Any) -> Iterator[str]:
    """PEP 621 and 735, and the tables that uv, PDM and Poetry have of their own."""
    project, tools = _table(data, "project"), _table(data, "tool")
    groups = (
        _table(project, "optional-dependencies"),
        _table(data, "dependency-groups"),
        _table(tools, "pdm", "dev-dependencies"),
    )
    lists = [_table(project).get("dependencies"), _table(tools, "uv").get("dev-dependencies")]
    for listed in (*lists, *(items for group in groups for items in group.values())):
        yield from (item for item in (listed if isinstance(listed, list) else ()) if isinstance(item, str))
    poetry = _table(tools, "poetry")
    tables = [_table(poetry, "dependencies"), _table(poetry, "dev-dependencies")]
    tables += [_table(group, "dependencies") for group in _table(poetry, "group").values()]
    for table in tables:
        yield from (as_requirement(name, _version(value)) for name, value in table.items())


def _of_pipfile(data: Any, parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        for name, value in _table(data, part).items():
            version = _version(value)
            yield name if version in ("", "*") else f"{name}{version}"


def _version(value: Any) -> str:
    """The version in an entry of a table, which may be one itself; several are as good as none."""
    known = value.get("version") if isinstance(value, dict) else value
    return known if isinstance(known, str) and len(known) <= _LONGEST else ""


def _table(data: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
