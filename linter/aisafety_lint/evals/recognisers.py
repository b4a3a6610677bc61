"""The ways in which one file shows a suite: its content, its imports, its name, a command in it."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from aisafety_lint.evals.commands import Call, match_command
from aisafety_lint.evals.coverage import Tested, additions, named, names_to_add, places, size, size_place, tested
from aisafety_lint.evals.frameworks import EvalKnowledge, Framework, Shape
from aisafety_lint.evals.globs import matches
from aisafety_lint.evals.model import Cover, Run, Suite, everything
from aisafety_lint.evals.programs import judged
from aisafety_lint.evals.shell import commands
from aisafety_lint.evals.targets import aim, grader, is_only_target
from aisafety_lint.evals.tree import at, has, is_broken, items, pair_at, scalars, texts
from aisafety_lint.finding import Location
from aisafety_lint.manifests.documents import Document, Object, Scalar
from aisafety_lint.source import SourceFile, SourceText, Span

START = Span(1, 1, 1, 1)
PYTHON = ("python", "notebook")
# A place of a template; in YAML it has become a reference that stays one to the parser.
_FILLED_IN = re.compile(r"\{\{|\$\{_+\}")


@dataclass(frozen=True, slots=True)
class Sources:
    """What the stage reads from: the files by path, `read` (a text, or None) and `data` (the bytes, or None), the value
    trees of YAML, JSON and TOML files, and the top-level modules that each Python file imports."""

    files: Mapping[str, SourceFile]
    read: Callable[[str], SourceText | None]
    data: Callable[[str], bytes | None]
    documents: Mapping[str, Document]
    imports: Mapping[str, Collection[str]]


def by_content(path: str, sources: Sources, knowledge: EvalKnowledge) -> Suite | None:
    """The suite that a configuration file is, by name and keys."""
    source = sources.read(path) if matches(path, knowledge.configs) else None
    for framework in knowledge.frameworks.values():
        shapes = [shape for shape in framework.configs if matches(path, shape.name)]
        if not shapes:
            continue
        if source is None:
            if any(_telling(shape, path) for shape in shapes):
                return unknown(framework, path)
            continue
        shapes = [shape for shape in shapes if _mentioned(shape, source.text)]
        document = sources.documents.get(path) if shapes else None
        if document is not None and any(_has_shape(shape, document) for shape in shapes):
            return _configured(framework, document, knowledge)
    return None


def by_import(path: str, sources: Sources, knowledge: EvalKnowledge) -> Iterator[Suite]:
    """The suites that a Python file is, by what it imports; one of quality counts as safe only by its words."""
    imported = knowledge.modules & {name.partition(".")[0] for name in sources.imports.get(path, ())}
    for framework in knowledge.frameworks.values():
        modules = [module for module in framework.modules if module.name in imported] if imported else []
        if not modules:
            continue
        source = sources.read(path)
        text = source.text if source else ""
        if all(module.text is not None and not module.text.search(text) for module in modules):
            continue
        attacks = framework.kind != "quality" or knowledge.signs.attack_words.search(text)
        runs = framework.run_by is not None and framework.run_by.search(text) is not None
        yield Suite(
            framework.id,
            framework.title,
            path,
            _import_place(source, modules[0].name),
            named(framework, text, complete=runs) if attacks else everything(Cover.ABSENT),
            read=runs,
            additions=names_to_add(framework) if runs else {},
            judged=judged(text, framework.run_by, knowledge.signs.verdicts) if framework.run_by else Cover.UNKNOWN,
            public=all(framework.is_public(module.name) for module in modules),
        )


def by_name(path: str, sources: Sources, knowledge: EvalKnowledge) -> Suite | None:
    """The suite that a file is by its name, and by its words where the name says too little; its tests are unknown."""
    for framework in knowledge.frameworks.values() if matches(path, knowledge.programs) else ():
        if matches(path, framework.programs):
            return unknown(framework, path)
        if matches(path, framework.paths):
            source = sources.read(path)
            if source is None or framework.text is None or framework.text.search(source.text):
                return unknown(framework, path)
    return None


def by_command(path: str, sources: Sources, knowledge: EvalKnowledge) -> Iterator[Call]:
    """The commands of a script, a make file or package scripts that start a framework."""
    source = sources.read(path)
    if source is None:
        return
    starts = {command[0] for framework in knowledge.frameworks.values() for command in framework.commands}
    if not any(start in source.text for start in starts):
        return
    document = sources.documents.get(path)
    folder = path.rpartition("/")[0]
    for script, start in (
        [(source.text, 0)] if document is None else [(node.raw, node.start) for node in scalars(document.root)]
    ):
        for command in commands(script):
            name, words = match_command(command.words, knowledge)
            if name:
                begin, end = (start, start) if document is not None else (command.start, command.end)
                yield Call(name, words, folder, True, Run(path, source.span(begin, end), Cover.UNKNOWN))


def unknown(framework: Framework, path: str, span: Span = START) -> Suite:
    """A suite of which nothing is known but that it exists."""
    return Suite(framework.id, framework.title, path, span, everything(Cover.UNKNOWN))


def _configured(framework: Framework, document: Document, knowledge: EvalKnowledge) -> Suite:
    """The suite of a configuration, with its coverage where the framework's configurations can be read."""
    root = document.root
    first = root.pairs[0].key.span if isinstance(root, Object) and root.pairs else START
    if not framework.config:
        return unknown(framework, document.path, first)
    attacks = pair_at(root, framework.config["attacks"])
    span = attacks.key.span if attacks else first
    done = tested(framework, root) if attacks else Tested(everything(Cover.ABSENT))
    broken = is_broken(document)
    coverage = dict(done.coverage)
    if broken or _own_attacks(framework, document, done, knowledge):
        coverage = {name: max(cover, Cover.UNKNOWN) for name, cover in coverage.items()}
    target, judge = aim(framework, root), grader(framework, root)
    return Suite(
        framework=framework.id,
        title=framework.title,
        path=document.path,
        span=span,
        coverage=coverage,
        target=target.kind,
        target_name=target.name,
        target_span=target.span,
        size=None if broken else size(framework, root, done),
        size_span=size_place(framework, root),
        grader=Location(document.path, judge[1], judge[0]) if judge else None,
        floating=judge is not None and knowledge.signs.floating.search(judge[0]) is not None,
        self_graded=judge is not None and is_only_target(framework, root, judge[0]),
        read=attacks is not None and not broken,
        problems=() if broken else done.problems,
        remote=() if broken else done.remote,
        made=attacks is not None
        and not done.generated
        and not any(at(root, key) for key in framework.config["own_tests"]),
        places=places(framework, root, span),
        additions=additions(framework, root),
    )


def _own_attacks(framework: Framework, document: Document, done: Tested, knowledge: EvalKnowledge) -> bool:
    """Whether tests written by hand may be attacks: by their words, or because they are kept in another file."""
    if done.generated:
        return False
    tests = [at(document.root, key) for key in framework.config["own_tests"]]
    prompts = [at(document.root, key) for key in framework.config.get("own_prompts", ())]
    if any(isinstance(node, Scalar) or any("file://" in text for text in texts(node)) for node in tests if node):
        return True
    written = [tuple(texts(node)) for node in tests if node]
    # Beside attacks a prompt with a place to fill in is what the target is told, however much it warns of them.
    attacked = at(document.root, framework.config["attacks"]) is not None
    said = [tuple(texts(one)) for node in prompts if node for one in items(node) or (node,)]
    written += [one for one in said if not (attacked and any(map(_FILLED_IN.search, one)))]
    return any(map(knowledge.signs.attack_words.search, chain.from_iterable(written)))


def _telling(shape: Shape, path: str) -> bool:
    """Whether the name alone says what the file is."""
    return matches(path, tuple(name for name in shape.name if not name.startswith("*")))


def _mentioned(shape: Shape, text: str) -> bool:
    """A cheap test before a document is parsed: the text has the last words of the keys."""
    words = [key.rpartition(".")[2] for key in shape.any]
    return all(key.rpartition(".")[2] in text for key in shape.all) and (
        not words or any(word in text for word in words)
    )


def _has_shape(shape: Shape, document: Document) -> bool:
    root = document.root
    return all(has(root, key) for key in shape.all) and (not shape.any or any(has(root, key) for key in shape.any))


def _import_place(source: SourceText | None, module: str) -> Span:
    """The line that imports a module, or the start of the file."""
    for number in range(1, len(source.starts) + 1) if source else ():
        line = source.line(number) if source else ""
        if module in line and line.lstrip().startswith(("import ", "from ")):
            start = len(line) - len(line.lstrip()) + 1
            return Span(number, start, number, len(line) + 1)
    return START
