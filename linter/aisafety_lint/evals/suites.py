"""What a repository has in evaluation: takes files, texts, documents and imports, gives suites, declarations and signs.

The entry of the stage. Nothing is run, and what cannot be read completely is unknown, never absent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from aisafety_lint.evals.archives import member
from aisafety_lint.evals.calls import read_calls
from aisafety_lint.evals.commands import joined
from aisafety_lint.evals.declaration import external_suites, load_schema, read_declaration
from aisafety_lint.evals.frameworks import EvalKnowledge, System
from aisafety_lint.evals.globs import matches, matches_root
from aisafety_lint.evals.model import Declaration, Evaluation, Result, Suite
from aisafety_lint.evals.pipelines import Workflow, read_workflow
from aisafety_lint.evals.recognisers import PYTHON, Sources, by_command, by_content, by_import, by_name
from aisafety_lint.evals.results import read_result
from aisafety_lint.evals.signs import below, deployed
from aisafety_lint.evals.systems import read_system
from aisafety_lint.evals.tasks import Tasks
from aisafety_lint.evals.tree import at, is_broken, items, text
from aisafety_lint.evals.wiring import Wiring, override, read_wiring, wire
from aisafety_lint.finding import Notification, NotificationLevel
from aisafety_lint.source import SourceText, UnreadableError

__all__ = ["Evaluation", "Sources", "Suite", "recognise"]


def recognise(sources: Sources, knowledge: EvalKnowledge) -> Evaluation:
    """Find the suites with their coverage and runs, the declarations, and the signs of deployment and ownership."""
    paths = sorted(sources.files)
    notebooks = frozenset(path for path in paths if sources.files[path].kind == "notebook")
    apart, shown = below(paths, knowledge.signs.aside) | notebooks, below(paths, knowledge.signs.shown)
    declared = [path for path in paths if path not in apart and matches(path, knowledge.signs.declarations)]
    workflows = [path for path in paths if matches_root(path, knowledge.pipelines.workflows)]
    systems = {
        path: system for system in knowledge.pipelines.systems for path in paths if matches_root(path, system.files)
    }
    others = [path for path in paths if matches_root(path, knowledge.pipelines.others)]
    found = [suite for path in paths for suite in _of_file(path, sources, knowledge)]
    found.extend(
        suite for path in declared if path in sources.documents for suite in external_suites(sources.documents[path])
    )
    wiring = _wiring(workflows, systems, sources, knowledge, unknown=bool(others))
    scripts = [
        call
        for path in paths
        if matches(path, knowledge.pipelines.scripts)
        for call in by_command(path, sources, knowledge)
    ]
    suites = override(wire(found, wiring, scripts, knowledge), (*wiring.calls, *scripts), knowledge)
    results, unread = _results(declared, paths, sources, knowledge)
    return Evaluation(
        suites=tuple(
            sorted(
                (replace(one, shown=one.path in shown) for one in suites),
                key=lambda suite: (suite.path, suite.span, suite.framework),
            )
        ),
        declarations=tuple(_declarations(declared, sources, knowledge)),
        deployed=deployed(sources, knowledge.signs, apart),
        pipelines=(*workflows, *systems, *others),
        owners=tuple(path for path in paths if matches_root(path, knowledge.signs.owners)),
        aside=apart,
        results=results,
        notifications=(*_unread(found, sources, knowledge), *unread),
    )


def _of_file(path: str, sources: Sources, knowledge: EvalKnowledge) -> Iterator[Suite]:
    """The suites of one file: by content, else by what it imports, else by its name."""
    kind = sources.files[path].kind
    configured = by_content(path, sources, knowledge) if kind in ("yaml", "json") else None
    if configured is not None:
        yield configured
        return
    imported = list(by_import(path, sources, knowledge)) if kind in PYTHON else []
    yield from imported
    if not imported and not path.startswith(".") and (named := by_name(path, sources, knowledge)) is not None:
        yield named


def _wiring(
    workflows: list[str], systems: Mapping[str, System], sources: Sources, knowledge: EvalKnowledge, *, unknown: bool
) -> Wiring:
    """What the pipelines run; one that could not be read leaves it unknown."""
    documents = sources.documents
    read = [read_workflow(documents[path], knowledge.pipelines.manual) for path in workflows if path in documents]
    read += [one for path, system in systems.items() if (one := _system(path, system, sources)) is not None]
    wiring = read_wiring(read, knowledge, Tasks(knowledge.pipelines.tasks, sources.read, documents))
    read_as_data = [*workflows, *(path for path, system in systems.items() if not system.program)]
    unread = any(path not in documents or is_broken(documents[path]) for path in read_as_data)
    return replace(wiring, unknown=wiring.unknown or unknown or unread)


def _system(path: str, system: System, sources: Sources) -> Workflow | None:
    """What a pipeline of another system runs; None where it cannot be read."""
    if system.program:
        source = sources.read(path)
        return None if source is None else read_calls(source, system)
    return read_system(sources.documents[path], system) if path in sources.documents else None


def _declarations(paths: Iterable[str], sources: Sources, knowledge: EvalKnowledge) -> Iterator[Declaration]:
    documents = [sources.documents[path] for path in paths if path in sources.documents]
    if documents:
        schema = load_schema(knowledge.schema)
        yield from (read_declaration(document, schema) for document in documents)


def _results(
    declared: Iterable[str], paths: Iterable[str], sources: Sources, knowledge: EvalKnowledge
) -> tuple[tuple[Result, ...], tuple[Notification, ...]]:
    """The runs whose files a declaration names, from the root or from its own folder, and the files not understood."""
    globs = tuple(
        one
        for path in declared
        if path in sources.documents
        for entry in items(at(sources.documents[path].root, "evals"))
        if (name := text(at(entry, "results")))
        for place in dict.fromkeys((joined("", name), joined(path.rpartition("/")[0], name)))
        for one in (place, f"{place}/*")
    )
    results, notes = [], []
    for path in paths if globs else ():
        try:
            source = _result_text(path, sources, knowledge) if _meant(path, globs) else None
            if source is not None:
                results.append(_result(source, knowledge))
        except UnreadableError as error:
            message = f"Nothing is said about the results in `{path}`: {error}."
            notes.append(Notification("unread-result", message, NotificationLevel.WARNING, path))
    return tuple(results), tuple(notes)


def _result(source: SourceText, knowledge: EvalKnowledge) -> Result:
    """What the file of a run says; raises UnreadableError where it has a form that is not known."""
    result = read_result(source, knowledge)
    if result is None:
        raise UnreadableError("they have a form that is not known")
    return result


def _result_text(path: str, sources: Sources, knowledge: EvalKnowledge) -> SourceText | None:
    """What a file says of a run, in an archive the member that does; raises UnreadableError where that has none."""
    if sources.files[path].kind != "archive":
        return sources.read(path)
    data = sources.data(path)
    return None if data is None else SourceText(path, member(data, knowledge.archived))


def _meant(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a path matches a glob from the root; two stars stand for any number of folders."""
    return matches_root(path, globs) or any(
        "**" in glob and fnmatchcase(path, glob.replace("**/", "*")) for glob in globs
    )


def _unread(suites: Iterable[Suite], sources: Sources, knowledge: EvalKnowledge) -> Iterator[Notification]:
    """A configuration that is a suite by its name and could not be read: nothing is said about what it tests."""
    for suite in suites:
        framework = knowledge.frameworks.get(suite.framework)
        names = [name for shape in framework.configs for name in shape.name] if framework and framework.config else []
        if not suite.read and suite.path not in sources.documents and matches(suite.path, names):
            message = f"The suite of {suite.title} cannot be read, so what it tests is unknown."
            yield Notification("unread-suite", message, NotificationLevel.WARNING, suite.path)
