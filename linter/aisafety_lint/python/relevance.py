"""Which Python files need parsing at all: those that have to do with a modelled AI package.

A file counts when it imports such a package or belongs to a package of the project that does somewhere (modules are
often loaded by name), when a file that counts imports it (and so on), or when it imports one that counts directly.
A file that builds tools or a face of a model of its own, calls a model over the network, or says that a model or a user
writes what its functions are handed, counts like one that imports such a package; so does one that imports a general
package (an HTTP client) and has a word that tells of models.
Files that are set aside (test code) count only when one that counts imports them.
Decided on the bytes with a few regular expressions, before any parsing.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aisafety_lint.knowledge import Knowledge
from aisafety_lint.program.modules import ModuleTable, absolute_name, link_modules
from aisafety_lint.python.documentation import speaks_of_source

_IMPORT = re.compile(rb"[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))")
_NOTEBOOK_LINE = re.compile(rb'(?:\\r)?\\n|"')
_NAME = re.compile(r"[\w.]+", re.ASCII)
_OWN_TOOL = re.compile(rb"[ \t]*@[\w.]*tool\b")
_OWN_CLASS = re.compile(rb"class \w*(?:Tool(?![a-z])|LLM|LanguageModel|ChatModel)")
_LATER_CLASS = re.compile(rb"\n" + _OWN_CLASS.pattern)
_OWN_ADDRESS = re.compile(rb"/(?:chat/completions|api/generate)")
OWN = "<own>"
"""Stands among the imports of a file that builds what agents are made of by itself."""


@dataclass(frozen=True, slots=True)
class AgentPackages:
    """The import roots of packages that have to do with AI.

    `general` are those of packages that mostly have not, with words in lower case one of which tells that they do.
    """

    roots: frozenset[str] = frozenset()
    general: tuple[tuple[frozenset[str], tuple[bytes, ...]], ...] = ()

    def tell(self, modules: Collection[str], data: bytes) -> bool:
        """Whether a file that imports some modules uses a general package for AI."""
        first = {module.partition(".")[0] for module in modules}
        general = [(roots, words) for roots, words in self.general if any(_first(root) in first for root in roots)]
        if not general:
            return False
        above = {name for module in modules for name in _names_above(module)}
        words = [words for roots, words in general if not roots.isdisjoint(above)]
        lowered = data.lower() if words else b""
        return any(word in lowered for some in words for word in some)


def imported_modules(
    data: bytes, packages: AgentPackages = AgentPackages(), *, notebook: bool = False
) -> frozenset[str]:
    """Modules that a file imports, dots first for relative ones, and the names imported from them appended to them."""
    if notebook:
        # The lines of a cell stand in strings, one each or all of them in one.
        data = _NOTEBOOK_LINE.sub(b"\n", data)
    found: set[str] = set()
    for match in _imports(data):
        if match[3] is not None:
            found.update(
                item.split()[0].decode() for item in match[3].split(b",") if item.strip() and item.split()[0].isascii()
            )
            continue
        module, names = match[1].decode(), match[2].decode("utf-8", "replace")
        found.add(module)
        package = module if module.endswith(".") else f"{module}."
        found.update([package + name for name in _NAME.findall(names)])
    if _builds_its_own(data) or packages.tell(found, data):
        found.add(OWN)
    return frozenset(found)


def _builds_its_own(data: bytes) -> bool:
    """Whether a file marks functions as tools, has a class for tools or models, calls a model over the network, or says
    of its arguments that a model or a user writes them."""
    return (
        _OWN_ADDRESS.search(data) is not None
        or b":generateContent" in data
        or speaks_of_source(data)
        or any(_at_lines(data, b"tool", _OWN_TOOL))
        or _OWN_CLASS.match(data) is not None
        or _LATER_CLASS.search(data) is not None
    )


def _imports(data: bytes) -> Iterator[re.Match[bytes]]:
    """All imports, as the pattern finds them at the beginning of a line."""
    return _at_lines(data, b"import", _IMPORT)


def _at_lines(data: bytes, word: bytes, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """The matches of a pattern at the beginning of a line, looked for only in lines that have a word in them."""
    done = 0
    position = data.find(word)
    while position >= 0:
        line = data.rfind(b"\n", done, position) + 1
        match = pattern.match(data, line) if line or not done else None
        if match is not None:
            yield match
        done = match.end() if match is not None else data.find(b"\n", position)
        position = data.find(word, done) if done >= 0 else -1


def agent_packages(knowledge: Knowledge) -> AgentPackages:
    """The packages whose models know of agents, their tools, their memory or model output."""
    found: set[str] = set()
    general: list[tuple[frozenset[str], tuple[bytes, ...]]] = []
    for path in knowledge.files("frameworks"):
        data = path.read_bytes()
        telling = any(word in data for word in (b"yields: model-output", b"kind: memory"))
        known = telling or _has_key(data, b"tools:") or _has_key(data, b"agents:")
        if not known or path.stem == "stdlib":
            continue
        roots = frozenset(name.decode() for name in _list_of(data, b"roots") or [path.stem.encode()])
        words = _list_of(data, b"words")
        if words:
            general.append((roots, words))
        else:
            found |= roots
    return AgentPackages(frozenset(found), tuple(general))


def _list_of(data: bytes, key: bytes) -> tuple[bytes, ...]:
    """A list under a key of a model, which the schema wants on one line; read so, it costs no parsing."""
    listed = next(_at_lines(data, key + b":", re.compile(key + rb": *\[(.*?)\]", re.DOTALL)), None)
    return () if listed is None else tuple(item.strip(b"'\" ") for item in re.split(rb",\s*", listed[1].strip()))


def _has_key(data: bytes, key: bytes) -> bool:
    return data.startswith(key) or b"\n" + key in data


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
    edges = _edges(imports, table)
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


def imported_files(imports: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """For each file of Python the files of the project that it imports."""
    return _edges(imports, link_modules(imports, frozenset()))


def _edges(imports: Mapping[str, frozenset[str]], table: ModuleTable) -> dict[str, frozenset[str]]:
    return {path: _targets(path, modules, table) for path, modules in imports.items()}


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
    return not roots.isdisjoint(_names_above(module))


def _first(root: str) -> str:
    return root.partition(".")[0]


def _names_above(module: str) -> tuple[str, ...]:
    """What may be the root of a module: the module itself and the packages that it is in, three levels deep."""
    first, dot, rest = module.partition(".")
    if not dot:
        return (first,)
    second, dot, rest = rest.partition(".")
    both = f"{first}.{second}"
    return (first, both, f"{both}.{rest.partition('.')[0]}") if dot else (first, both)
