"""Does a repository ship an application? Takes its files and documents, gives the files that say so."""

from collections.abc import Iterable, Iterator

from aisafety_lint.evals.frameworks import Signs
from aisafety_lint.evals.globs import matches
from aisafety_lint.evals.recognisers import Sources
from aisafety_lint.evals.tree import at, is_empty, text, texts

_EXAMPLES = 3


def below(paths: Iterable[str], folders: frozenset[str]) -> frozenset[str]:
    """The files in or below a folder of one of these names."""
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    below_one = (found for folder, found in by_folder.items() if not folders.isdisjoint(folder.lower().split("/")))
    return frozenset(path for found in below_one for path in found)


def deployed(sources: Sources, signs: Signs, apart: frozenset[str]) -> tuple[str, ...]:
    """The files that put the program of the repository into operation.

    Empty for a snippet (nothing names what it depends on) and for a library that agents are built with.
    """
    product = [path for path in sorted(sources.files) if path not in apart]
    projects = [path for path in product if path.rpartition("/")[2] == "pyproject.toml" and path in sources.documents]
    if not any(matches(path, signs.dependencies) for path in product):
        return ()
    if any(name in signs.libraries for path in projects for name in _names(sources, path)):
        return ()
    if projects and all(_is_library(sources, signs, path) for path in projects):
        return ()
    scripted = [path for path in projects if _has_scripts(sources, path)]
    return (*(path for path in product if matches(path, signs.deployment)), *scripted)


def _is_library(sources: Sources, signs: Signs, project: str) -> bool:
    """Whether a distribution says that it is a library, or several examples in the repository are built with it."""
    kinds = texts(known) if (known := at(sources.documents[project].root, "project.classifiers")) else ()
    if any(kind.startswith(signs.library_topic) for kind in kinds):
        return True
    modules = {name.replace("-", "_") for name in _names(sources, project) if name}
    used = [{name.partition(".")[0] for name in sources.imports[path]} for path in below(sources.imports, signs.shown)]
    return sum(not modules.isdisjoint(names) for names in used) >= _EXAMPLES


def _names(sources: Sources, path: str) -> Iterator[str]:
    root = sources.documents[path].root
    for key in ("project.name", "tool.poetry.name"):
        yield text(at(root, key)).lower().replace("_", "-")


def _has_scripts(sources: Sources, path: str) -> bool:
    root = sources.documents[path].root
    return not (is_empty(at(root, "project.scripts")) and is_empty(at(root, "tool.poetry.scripts")))
