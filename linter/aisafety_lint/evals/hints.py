"""Whether a project has anything about evaluation at all: told by names, imports and words, without reading documents.

Most projects without an agent have nothing of it. For them the stage is not even loaded.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aisafety_lint.evals.globs import matches, matches_root
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.manifests.signatures import any_in, is_wide
from aisafety_lint.source import SourceFile

_CONFIGURED = ("yaml", "json")
_SUFFIX = re.compile(r"\*\.\w+")


@dataclass(frozen=True, slots=True)
class Words:
    """The names of a configuration, and words of which it has all, and one."""

    names: tuple[str, ...]
    all: tuple[bytes, ...]
    any: tuple[bytes, ...]

    def are_in(self, path: str, data: bytes) -> bool:
        """Whether a file may be such a configuration: the words sort out most files, and cost less than the names."""
        return (self.speaks(data) or is_wide(data)) and matches(path, self.names)

    def speaks(self, data: bytes) -> bool:
        """Whether the words are in the bytes of a file."""
        for word in self.all:
            if word not in data:
                return False
        return not self.any or any_in(self.any, data)


@dataclass(frozen=True, slots=True)
class Hints:
    """What gives evaluation away: names of files, modules, words of configurations, words in pipelines and scripts.

    Configurations that may have any name stand apart, by their suffix and by a word that they all have.
    """

    named: tuple[str, ...]
    declared: tuple[str, ...]
    modules: frozenset[str]
    configs: tuple[Words, ...]
    config_names: tuple[str, ...]
    by_suffix: Mapping[str, tuple[tuple[bytes, tuple[Words, ...]], ...]]
    commanding: tuple[str, ...]
    workflows: tuple[str, ...]
    starts: tuple[bytes, ...]

    def any_in(
        self,
        files: Iterable[SourceFile],
        imports: Mapping[str, Iterable[str]],
        read: Callable[[SourceFile], bytes | None],
    ) -> bool:
        """Whether a project may have a suite, a declaration, or a pipeline that runs one."""
        if any(name.partition(".")[0] in self.modules for modules in imports.values() for name in modules):
            return True
        return any(self._speaks(file, read) for file in files)

    def _speaks(self, file: SourceFile, read: Callable[[SourceFile], bytes | None]) -> bool:
        path = file.path
        if matches(path, self.named) or matches(path, self.declared):
            return True
        named = file.kind in _CONFIGURED and matches(path, self.config_names)
        any_name = self.by_suffix.get(path[path.rfind(".") :], ()) if file.kind in _CONFIGURED else ()
        commanding = matches(path, self.commanding) or matches_root(path, self.workflows)
        if not (named or any_name or commanding):
            return False
        data = read(file)
        if data is None or (commanding and any_in(self.starts, data)):
            return True
        if named and any(words.are_in(path, data) for words in self.configs):
            return True
        for word, configs in any_name:
            if (word in data or is_wide(data)) and any(words.are_in(path, data) for words in configs):
                return True
        return False


def load_hints(knowledge: Knowledge) -> Hints:
    """Gather the hints of all files about evaluation; of files of one name the user's wins."""
    models = dict(knowledge.models("evals"))
    recognised = [data["recognise"] for data in models.values() if "recognise" in data]
    pipelines = next(data for data in models.values() if data.get("kind") == "pipelines")
    signs = next(data for data in models.values() if data.get("kind") == "signs")
    every = tuple(_words(shape) for entry in recognised for shape in entry.get("configs", ()))
    configs = tuple(words for words in every if not _is_by_suffix(words))
    commands = (command.split()[0] for command in _all(recognised, "commands"))
    return Hints(
        named=(*_all(recognised, "programs"), *_all(recognised, "paths")),
        declared=tuple(signs["declarations"]),
        modules=frozenset(entry if isinstance(entry, str) else entry["name"] for entry in _all(recognised, "modules")),
        configs=configs,
        config_names=tuple(dict.fromkeys(name for words in configs for name in words.names)),
        by_suffix=_by_suffix(words for words in every if _is_by_suffix(words)),
        commanding=tuple(pipelines["scripts"]),
        workflows=(*pipelines["workflows"], *_all(pipelines["systems"], "files")),
        starts=tuple(dict.fromkeys(word.encode() for word in (*commands, *_all(recognised, "actions")))),
    )


def _is_by_suffix(words: Words) -> bool:
    return bool(words.all) and all(_SUFFIX.fullmatch(name) for name in words.names)


def _by_suffix(configs: Iterable[Words]) -> dict[str, tuple[tuple[bytes, tuple[Words, ...]], ...]]:
    found: dict[str, dict[bytes, list[Words]]] = {}
    for words in configs:
        for name in words.names:
            found.setdefault(name[1:], {}).setdefault(words.all[0], []).append(words)
    return {suffix: tuple((word, tuple(some)) for word, some in known.items()) for suffix, known in found.items()}


def _all(recognised: Iterable[Mapping[str, Any]], key: str) -> Iterator[Any]:
    return (item for entry in recognised for item in entry.get(key, ()))


def _words(shape: Mapping[str, Any]) -> Words:
    """A cheap test of a configuration: the last words of its keys."""
    every, some = ([key.rpartition(".")[2].encode() for key in shape.get(name, ())] for name in ("all", "any"))
    return Words(tuple(shape["name"]), tuple(every), tuple(some))
