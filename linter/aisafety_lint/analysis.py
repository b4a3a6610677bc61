"""From the files of a project to the Project that checks see: each file is read once, each stage gets what it needs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from aisafety_lint import discovery, perfile, workers
from aisafety_lint.bounds import Bounded, TooLongError, too_long, within
from aisafety_lint.config import Config
from aisafety_lint.discovery import Discovered
from aisafety_lint.evals.hints import load_hints
from aisafety_lint.finding import Notification, NotificationLevel, Persona
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.manifests.signatures import load_signatures
from aisafety_lint.memory import Memory
from aisafety_lint.project import NO_EVALUATION, NOTHING, Project, Understood
from aisafety_lint.python.relevance import AgentPackages, agent_packages, relevant_files
from aisafety_lint.secrets import redact
from aisafety_lint.secrets.formats import load_formats
from aisafety_lint.secrets.links import joined
from aisafety_lint.secrets.matches import SecretMatch
from aisafety_lint.source import SourceFile, SourceText, Span, UnreadableError, decode, is_zipped

if TYPE_CHECKING:
    from aisafety_lint.declaration.surroundings import Surroundings
    from aisafety_lint.evals.model import Evaluation
    from aisafety_lint.links import Link
    from aisafety_lint.manifests.kinds import Kinds, Manifest
    from aisafety_lint.manifests.nodes import Document, Node
    from aisafety_lint.manifests.workflows import Workflow
    from aisafety_lint.python.facts import Facts

_DATA = ("yaml", "json", "toml")
# A name whose suffix says nothing is a text until a kind of manifest claims it.
_CLAIMED = (*_DATA, "markdown", "dockerfile", "hcl", "unit", "text")
# Small files that several stages ask about are read once, as far as they all fit into so much memory.
_SMALL, _MOST_KEPT = 50_000, 20_000_000


@dataclass(slots=True)
class Reader:
    """Reads the files of a run; a file that cannot be read becomes a notification, once.

    `marked` are the files that may hold comments which speak to the linter, `imports` the modules of each Python file.
    """

    config: Config
    found: Discovered
    memory: Memory = field(default_factory=Memory)
    unreadable: dict[str, Notification] = field(default_factory=dict)
    parsed: "dict[str, Document]" = field(default_factory=dict)
    notes: list[Notification] = field(default_factory=list)
    marked: set[str] = field(default_factory=set)
    imports: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    room: int = _MOST_KEPT

    def data(self, file: SourceFile) -> bytes | None:
        """The bytes of a file, or None where it cannot be read."""
        if file.path in self.unreadable:
            return None
        data = self.kept.get(file.path)
        if data is None:
            try:
                data = discovery.read(self.config, file)
            except UnreadableError as error:
                self.fail("unreadable-file", f"`{file.path}` cannot be read: {error}.", file.path)
                return None
            if file.kind in _DATA and len(data) <= min(_SMALL, self.room):
                self.kept[file.path] = data
                self.room -= len(data)
        return data

    def text(self, file: SourceFile) -> SourceText | None:
        """The text of a file, or None where it has none or cannot be read."""
        data = self.data(file)
        try:
            return None if data is None or is_zipped(file, data) else SourceText(file.path, decode(data))
        except UnreadableError as error:
            self.fail("unreadable-file", f"`{file.path}` is not analysed: {error}.", file.path)
            return None

    def fail(self, kind: str, message: str, path: str, span: Span | None = None) -> None:
        """Note that a file could not be analysed; for a file that was named explicitly that is an error."""
        level = NotificationLevel.ERROR if path in self.found.explicit else NotificationLevel.WARNING
        self.unreadable[path] = Notification(kind, message, level, path, span)

    def work(self, work: workers.Work, files: Sequence[SourceFile]) -> Iterator[tuple[SourceFile, perfile.Outcome]]:
        """Work on files one by one, in several processes where that pays; what fails is told."""
        for file, outcome in zip(
            files, workers.spread(Bounded(work, self.config.file_timeout), files, self.config.jobs), strict=True
        ):
            self.memory.note(file.path, outcome)
            if (failure := outcome.failure) is not None:
                span = Span(failure.line, 1, failure.line, 1) if failure.line else None
                self.fail(failure.id, failure.message, file.path, span)
            yield file, outcome

    def document(self, file: SourceFile, syntax: str = "") -> "Document | None":
        """The value tree of a file of one of the kinds that are documents, or of a text that has that syntax."""
        from aisafety_lint.manifests import documents

        if file.path not in self.parsed:
            text = self.text(file)
            if text is None:
                return None
            try:
                with within(self.config.file_timeout):
                    self.parsed[file.path] = documents.parse(text, syntax or file.kind)  # type: ignore[arg-type]  # one of _CLAIMED
            except TooLongError:
                failure = too_long(file.path, self.config.file_timeout)
                self.memory.by_accident = True
                self.fail(failure.id, failure.message, file.path)
                return None
        return self.parsed[file.path]

    def texts(
        self, paths: Collection[str], secrets: Iterable[SecretMatch]
    ) -> tuple[dict[str, SourceText], dict[str, tuple[Span, ...]]]:
        """The texts of some files with their secrets masked, and where they are masked."""
        by_path: dict[str, list[SecretMatch]] = {}
        for match in secrets:
            by_path.setdefault(match.path, []).append(match)
        found: dict[str, SourceText] = {}
        for file in self.found.files:
            if file.path in paths and file.path not in found:
                text = self.text(file)
                if text is not None:
                    found[file.path] = redact.mask_text(text, by_path.get(file.path, ()))
        return found, {path: tuple(match.span for match in by_path[path]) for path in sorted(found) if path in by_path}


class Documents(Mapping[str, "Document"]):
    """The value trees of the data files of a project by path, parsed when asked for."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.files = {file.path: file for file in reader.found.files if file.kind in _DATA}

    def __getitem__(self, path: str) -> "Document":
        document = self.reader.document(self.files[path])
        if document is None:
            raise KeyError(path)
        return document

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, path: object) -> bool:
        return path in self.files


def analyse(reader: Reader, knowledge: Knowledge, interest: Mapping[str, frozenset[str]]) -> Project:
    """Analyse all files of a project; `interest` tells for each kind of source which kinds of sinks matter."""
    files = {file.path: file for file in reader.found.files}
    packages = knowledge.part(agent_packages)
    secrets, imports = _first_pass(reader, knowledge, packages)
    reader.imports = imports
    facts = _facts(reader, files, _relevant(reader, packages, imports))
    manifests = tuple(_manifests(reader, knowledge))
    python = _understood(reader, knowledge, facts, interest)
    evaluated = python.program.agents or _speaks_of_evaluation(reader, knowledge, imports)
    evaluation = _evaluation(reader, knowledge, files, imports) if evaluated else NO_EVALUATION
    notes = (
        *reader.unreadable.values(),
        *reader.notes,
        *python.notifications,
        *(note for manifest in manifests for note in manifest.document.notifications),
        *evaluation.notifications,
    )
    links, workflows = _linked(manifests, files, python)
    project = Project(
        files,
        python.program,
        python.flows,
        evaluation,
        manifests,
        links,
        workflows,
        secrets,
        notes,
        python.model_calls,
        python.unresolved,
    )
    return _declared(reader, knowledge, project) if evaluation.declarations else project


def _declared(reader: Reader, knowledge: Knowledge, project: Project) -> Project:
    """The project with what is wrong with its declarations."""
    from aisafety_lint.declaration.stage import judge
    from aisafety_lint.declaration.terms import load_terms
    from aisafety_lint.mapping import mapped

    overview = mapped(project, lambda path: not reader.found.is_test(path))
    around = surroundings(reader, project)
    terms, today = knowledge.part(load_terms), reader.config.today
    declarations = project.evaluation.declarations
    return replace(project, declared=judge(declarations, project.program, overview, around, terms, today))


def surroundings(reader: Reader, project: Project) -> "Surroundings":
    """What a declaration may refer to, in a project that was analysed."""
    from aisafety_lint.declaration.surroundings import Surroundings

    def read(path: str) -> SourceText | None:
        return reader.text(project.files[path]) if path in project.files else None

    def exists(path: str) -> bool:
        # Also what is ignored, or holds no text; a link may lead anywhere, and a name be none.
        place = reader.config.root / path
        try:
            return path in project.files or (place.exists() and place.resolve().is_relative_to(reader.config.root))
        except (OSError, ValueError, RuntimeError):
            return False

    def parsed(path: str) -> "Node | None":
        document = reader.document(project.files[path])
        return None if document is None else document.root

    product = (names for path, names in reader.imports.items() if not reader.found.is_test(path))
    modules = frozenset(name for names in product for name in names)
    return Surroundings(project.files, read, exists, parsed, modules, project.evaluation)


def _linked(
    manifests: "tuple[Manifest, ...]", files: Mapping[str, SourceFile], python: Understood
) -> "tuple[tuple[Link, ...], tuple[Workflow, ...]]":
    """What leads from manifests to other files, and the workflows; without manifests nothing need be loaded."""
    if not manifests:
        return (), ()
    from aisafety_lint.links import linked_workflows, links

    known = links(manifests, files)
    return known, linked_workflows(manifests, known, python)


def _understood(
    reader: Reader, knowledge: Knowledge, facts: "Mapping[str, Facts]", interest: Mapping[str, frozenset[str]]
) -> Understood:
    """What the engine makes of the facts; the auditor sees the tools of test code, too."""
    if not facts:
        return NOTHING
    from aisafety_lint import engine
    from aisafety_lint.pins.reading import read_pins

    def plain(file: SourceFile, syntax: str) -> Any:
        document = reader.document(file, syntax)
        return None if document is None else document.data[0]

    audits = reader.config.persona is Persona.AUDITOR
    pins = read_pins(reader.found.files, facts, reader.text, plain)
    return engine.understand(facts, knowledge, interest, None if audits else reader.found.is_test, pins)


def _relevant(reader: Reader, packages: AgentPackages, imports: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The Python files whose facts are needed; of test code only what product code imports, but for the auditor."""
    audits = reader.config.persona is Persona.AUDITOR

    def aside(path: str) -> bool:
        return not audits and reader.found.is_test(path)

    return relevant_files(imports, packages.roots, reader.found.explicit, aside)


def _first_pass(
    reader: Reader, knowledge: Knowledge, packages: AgentPackages
) -> tuple[tuple[SecretMatch, ...], dict[str, frozenset[str]]]:
    """Read every file once: its secrets, and for Python which modules it imports."""
    looks = {file.path: look for file in reader.found.files if (look := reader.memory.look(file.path)) is not None}
    if pending := [file for file in reader.found.files if file.path not in looks]:
        looker = perfile.Looker(reader.config, knowledge.part(load_formats), packages, reader.memory.keeps)
        for file, outcome in reader.work(looker, pending):
            if outcome.look is not None:
                looks[file.path] = outcome.look
                reader.memory.keep_look(file.path, outcome.digest, outcome.look)
    for path, look in looks.items():
        if look.problem:
            reader.fail("unreadable-file", f"`{path}` is not analysed: {look.problem}.", path)
        if look.held:
            reader.memory.holding.add(path)
        if look.marked:
            reader.marked.add(path)
    reader.memory.secrets.update(_secrets(looks))
    secrets = tuple(secret for path in sorted(looks) for secret in reader.memory.secrets[path])
    return secrets, {path: look.imports for path, look in looks.items() if look.imports is not None}


def _secrets(looks: Mapping[str, perfile.Look]) -> dict[str, tuple[SecretMatch, ...]]:
    """The secrets of each file in order, with those that only other files show to be some."""
    linked = joined(
        {path: look.uses for path, look in looks.items()}, {path: look.held for path, look in looks.items()}
    )
    found: dict[str, tuple[SecretMatch, ...]] = {}
    for path, look in looks.items():
        known = {match.digest for match in look.secrets}
        more = (match for match in linked.get(path, ()) if match.digest not in known)
        found[path] = tuple(sorted((*look.secrets, *more), key=lambda match: (match.span.line, match.span.column)))
    return found


def _facts(reader: Reader, files: Mapping[str, SourceFile], wanted: frozenset[str]) -> "dict[str, Facts]":
    known = {path: parsed for path in wanted if (parsed := reader.memory.facts(path)) is not None}
    pending = [files[path] for path in sorted(wanted - known.keys() - reader.unreadable.keys())]
    for file, outcome in reader.work(perfile.Parser(reader.config, reader.memory.keeps), pending):
        if outcome.parsed is not None:
            known[file.path] = outcome.parsed
            reader.memory.keep_facts(file.path, outcome.digest, outcome.parsed)
    for path in sorted(known):
        if broken := known[path].broken:
            cells = ", ".join(map(str, broken[:5])) + ("..." if len(broken) > 5 else "")
            message = f"Code cells of `{path}` cannot be parsed as Python {perfile.VERSION} and are left out: {cells}."
            reader.notes.append(Notification("syntax-error", message, NotificationLevel.WARNING, path))
    return {path: known[path].facts for path in sorted(known)}


def _manifests(reader: Reader, knowledge: Knowledge) -> "Iterator[Manifest]":
    """The manifests of a project in the order of its files; what is none by its name and its words is not even parsed.

    A kind that says nothing without others is looked for when one of those was found.
    """
    signatures = knowledge.part(load_signatures)
    at_once: dict[SourceFile, tuple[str, ...]] = {}
    later: dict[SourceFile, tuple[str, ...]] = {}
    for file in reader.found.files:
        if file.kind in _CLAIMED and signatures.may_name(file.path):
            data = reader.data(file)
            if data is not None and (among := signatures.candidates(file.path, data)):
                waiting = tuple(name for name in among if signatures.by_id[name].waits(data))
                if waiting:
                    later[file] = waiting
                if len(waiting) < len(among):
                    at_once[file] = tuple(name for name in among if name not in waiting)
    # The user's own kinds are read in any case: they may be wrong.
    if not (at_once or knowledge.roots[1:]):
        return
    from aisafety_lint.manifests import kinds

    known = knowledge.part(kinds.load_kinds)
    found = {file.path: _recognised(reader, file, names, known) for file, names in at_once.items()}
    met = {manifest.kind.id for manifests in found.values() for manifest in manifests}
    for file, names in later.items():
        wanted = tuple(name for name in names if not met.isdisjoint(signatures.by_id[name].beside))
        found[file.path] = [*found.get(file.path, ()), *_recognised(reader, file, wanted, known)]
    for path in sorted(found):
        yield from found[path]


def _recognised(reader: Reader, file: SourceFile, names: Collection[str], known: "Kinds") -> "list[Manifest]":
    """The manifests of some kinds in a file."""
    from aisafety_lint.manifests import kinds

    data = reader.data(file) or b""
    candidates = [kind for name in names if known.may_be(kind := known.by_id[name], file.path, data)]
    if not candidates or (file.kind == "json" and not kinds.plausible(file.path, data, candidates)):
        return []
    document = reader.document(file, candidates[0].syntax if file.kind == "text" else file.kind)
    if document is None:
        return []
    found = kinds.recognise(file.path, document, known, candidates)
    reader.notes += kinds.missed(file.path, document, candidates) if not found else ()
    return list(found)


def _speaks_of_evaluation(reader: Reader, knowledge: Knowledge, imports: Mapping[str, frozenset[str]]) -> bool:
    """Whether there may be anything about evaluation; the user's own knowledge is read in any case: it may be wrong."""
    return bool(knowledge.roots[1:]) or knowledge.part(load_hints).any_in(reader.found.files, imports, reader.data)


def _evaluation(
    reader: Reader, knowledge: Knowledge, files: Mapping[str, SourceFile], imports: Mapping[str, frozenset[str]]
) -> "Evaluation":
    from aisafety_lint.evals.frameworks import load
    from aisafety_lint.evals.suites import Sources, recognise

    def read(path: str) -> SourceText | None:
        return reader.text(files[path]) if path in files else None

    def data(path: str) -> bytes | None:
        return reader.data(files[path]) if path in files else None

    return recognise(Sources(files, read, data, Documents(reader), imports), knowledge.part(load))
