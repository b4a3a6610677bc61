"""Which Python files need parsing at all: those that have to do with a modelled AI package.

A file counts when it imports such a package or belongs to a package of the project that does somewhere (modules are
often loaded by name), when a file that counts imports it (and so on), or when it imports one that counts directly.
A file that builds tools or a face of a model of its own, or calls a model over the network, counts like one that
imports such a package. Files that are set aside (test code) count only when one that counts imports them.
Decided on the bytes with a few regular expressions, before any parsing.
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
_OWN = re.compile(
    rb"^[ \t]*@[\w.]*tool\b|^class \w*(?:Tool(?![a-z])|LLM|LanguageModel|ChatModel)"
    rb"|/chat/completions|:generateContent|/api/generate",
    re.MULTILINE,
)
_OWN_WORDS = (b"tool", b"Tool", b"LLM", b"/chat/", b"LanguageModel", b"ChatModel", b":generate", b"/api/generate")
OWN = "<own>"
"""Stands among the imports of a file that builds what agents are made of by itself."""


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
    if any(word in data for word in _OWN_WORDS) and _OWN.search(data):
        found.add(OWN)
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
    own = {path for path, modules in first.items() if OWN in modules}
    if not starts and not own:
        return frozenset()
    edges = {path: _targets(path, modules, table) for path, modules in imports.items()}
    packages = {(table.roots[path], table.names[path].partition(".")[0]) for path in starts if "." in table.names[path]}
    starts |= {path for path in first if (table.roots[path], table.names[path].partition(".")[0]) in packages}
    starts |= own
    importers = {path for path in first if edges[path] & starts}
    found: set[str] = set()
    pending = list(starts | importers)
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending.extend(edges[path] - found)
    return frozenset(found | {package for path in found for package in _packages_above(path) if package in imports})


def _packages_above(path: str) -> Iterator[str]:
    """The `__init__.py` files that give a module its full name."""
    folder = path.rpartition("/")[0]
    while folder:
        yield f"{folder}/__init__.py"
        folder = folder.rpartition("/")[0]


def _targets(path: str, modules: Iterable[str], table: ModuleTable) -> frozenset[str]:
    is_package = path.rpartition("/")[2] == "__init__.py"
    own = table.names[path]
    names = (absolute_name(module, own, is_package) if module[:1] == "." else module for module in modules)
    found = (table.find(name, path) for name in names if name)
    return frozenset(target for target in found if target is not None)


def _below(module: str, roots: frozenset[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[: i + 1]) in roots for i in range(min(len(parts), 3)))
