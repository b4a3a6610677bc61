"""Which Python files need parsing at all: those that have to do with a modelled AI package.

A file counts when it imports such a package or belongs to a package of the project that does somewhere (modules are
often loaded by name), when a file that counts imports it (and so on), or when it imports one that counts directly.
Files that are set aside (test code) count only when one that counts imports them.
Decided on the bytes with one regular expression, before any parsing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from aisafety_lint.program.modules import ModuleTable, absolute_name, link_modules

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))", re.MULTILINE
)
_NOTEBOOK_IMPORT = re.compile(rb'"[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+()|import[ \t]+([\w., \t]*))')
_NAME = re.compile(rb"[\w.]+")
_WORD = b"import"


def imported_modules(data: bytes, *, notebook: bool = False) -> frozenset[str]:
    """Modules that a file imports, dots first for relative ones, and the names imported from them appended to them."""
    found: set[str] = set()
    for match in _NOTEBOOK_IMPORT.finditer(data) if notebook else _imports(data):
        if match[3] is not None:
            found.update(
                item.split()[0].decode() for item in match[3].split(b",") if item.strip() and item.split()[0].isascii()
            )
            continue
        module = match[1].decode("utf-8", "replace")
        found.add(module)
        separator = "" if module.endswith(".") else "."
        found.update(f"{module}{separator}{name.decode('utf-8', 'replace')}" for name in _NAME.findall(match[2]))
    return frozenset(found)


def _imports(data: bytes) -> Iterator[re.Match[bytes]]:
    """The matches of the pattern for imports, looked for only in lines that have the word in them."""
    done = 0
    word = data.find(_WORD)
    while word >= 0:
        line = data.rfind(b"\n", done, word) + 1
        match = _IMPORT.match(data, line) if line or not done else None
        if match is not None:
            yield match
        done = match.end() if match is not None else data.find(b"\n", word)
        word = data.find(_WORD, done) if done >= 0 else -1


def relevant_files(
    imports: Mapping[str, frozenset[str]],
    roots: frozenset[str],
    always: Iterable[str] = (),
    aside: Callable[[str], bool] = lambda _: False,
) -> frozenset[str]:
    """The paths of the files that count; `imports` are the imported modules by path, `roots` the AI packages.

    `always` count, whatever they import; `aside` tells the files that are set aside.
    """
    table = link_modules(imports, frozenset(root.partition(".")[0] for root in roots))
    first = {path: modules for path, modules in imports.items() if not aside(path)}
    modelled = {module for module in frozenset().union(*first.values()) if _below(module, roots)}
    starts = {path for path, modules in first.items() if not modelled.isdisjoint(modules)}
    starts |= {path for path in first if _below(table.names[path], roots)} | (set(always) & imports.keys())
    if not starts:
        return frozenset()
    edges = {path: _targets(path, modules, table) for path, modules in imports.items()}
    packages = {(table.roots[path], table.names[path].partition(".")[0]) for path in starts if "." in table.names[path]}
    starts |= {path for path in first if (table.roots[path], table.names[path].partition(".")[0]) in packages}
    importers = {path for path in first if edges[path] & starts}
    found: set[str] = set()
    pending = list(starts | importers)
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending.extend(edges[path] - found)
    return frozenset(found)


def _targets(path: str, modules: Iterable[str], table: ModuleTable) -> frozenset[str]:
    is_package = path.rpartition("/")[2] == "__init__.py"
    own = table.names[path]
    names = (absolute_name(module, own, is_package) if module[:1] == "." else module for module in modules)
    found = (table.find(name, path) for name in names if name)
    return frozenset(target for target in found if target is not None)


def _below(module: str, roots: frozenset[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[: i + 1]) in roots for i in range(min(len(parts), 3)))
