"""From the files of a project to the Project that checks see: each file is read once, each stage gets what it needs."""

import contextlib
import gc
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aisafety_lint import discovery, perfile
from aisafety_lint.config import Config
from aisafety_lint.discovery import Discovered
from aisafety_lint.evals.frameworks import load as load_evals
from aisafety_lint.evals.suites import Evaluation, Sources, recognise
from aisafety_lint.finding import Notification, NotificationLevel, Persona
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.manifests import documents, kinds
from aisafety_lint.manifests.documents import Document
from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.memory import Memory
from aisafety_lint.perfile import Parsed
from aisafety_lint.program.models import agent_roots
from aisafety_lint.project import NOTHING, Project, Understood
from aisafety_lint.python.facts import Facts
from aisafety_lint.python.parse import ParseError
from aisafety_lint.python.relevance import relevant_files
from aisafety_lint.secrets import redact
from aisafety_lint.secrets.formats import Formats, load_formats
from aisafety_lint.secrets.scan import SecretMatch
from aisafety_lint.source import SourceFile, SourceText, Span, UnreadableError, decode

_DOCUMENTS = ("yaml", "json", "toml")
_RECURSION = 20_000


@dataclass(slots=True)
class Reader:
    """Reads the files of a run; a file that cannot be read becomes a notification, once."""

    config: Config
    found: Discovered
    memory: Memory = field(default_factory=Memory)
    unreadable: dict[str, Notification] = field(default_factory=dict)
    parsed: dict[str, Document] = field(default_factory=dict)
    notes: list[Notification] = field(default_factory=list)

    def data(self, file: SourceFile) -> bytes | None:
        """The bytes of a file, or None where it cannot be read."""
        if file.path in self.unreadable:
            return None
        try:
            data = discovery.read(self.config, file)
        except UnreadableError as error:
            self.fail("unreadable-file", f"`{file.path}` cannot be read: {error}.", file.path)
            return None
        self.memory.note(file.path, data)
        return data

    def text(self, file: SourceFile) -> SourceText | None:
        """The text of a file, or None where it cannot be read."""
        data = self.data(file)
        return None if data is None else self.decoded(file, data)

    def decoded(self, file: SourceFile, data: bytes) -> SourceText | None:
        """The text that some bytes of a file are, or None where they are none."""
        try:
            return SourceText(file.path, decode(data))
        except UnreadableError as error:
            self.fail("unreadable-file", f"`{file.path}` is not analysed: {error}.", file.path)
            return None

    def fail(self, kind: str, message: str, path: str, span: Span | None = None) -> None:
        """Note that a file could not be analysed; for a file that was named explicitly that is an error."""
        level = NotificationLevel.ERROR if path in self.found.explicit else NotificationLevel.WARNING
        self.unreadable[path] = Notification(kind, message, level, path, span)

    def document(self, file: SourceFile) -> Document | None:
        """The value tree of a YAML, JSON or TOML file."""
        if file.path not in self.parsed:
            text = self.text(file)
            if text is None:
                return None
            self.parsed[file.path] = documents.parse(text, file.kind)  # type: ignore[arg-type]  # one of _DOCUMENTS
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


class Documents(Mapping[str, Document]):
    """The value trees of a project by path, parsed when asked for."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.files = {file.path: file for file in reader.found.files if file.kind in _DOCUMENTS}

    def __getitem__(self, path: str) -> Document:
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


@contextlib.contextmanager
def analysing() -> Iterator[None]:
    """The interpreter's state for an analysis, put back afterwards.

    Chains of expressions are walked by recursion; Python's own limit counts frames, not memory. And the cyclic garbage
    collector would walk the growing facts again and again, which have no cycles.
    """
    limit, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(limit, _RECURSION))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()


def analyse(reader: Reader, knowledge: Knowledge, interest: Mapping[str, frozenset[str]]) -> Project:
    """Analyse all files of a project; `interest` tells for each kind of source which kinds of sinks matter."""
    files = {file.path: file for file in reader.found.files}
    secrets, imports = _first_pass(reader, knowledge)
    facts = dict(_facts(reader, files, _relevant(reader, knowledge, imports)))
    manifests = tuple(_manifests(reader, knowledge))
    python = _understood(reader, knowledge, facts, interest)
    evaluation = _evaluation(reader, knowledge, files, imports)
    notes = (
        *reader.unreadable.values(),
        *reader.notes,
        *python.notifications,
        *kinds.notifications(manifests),
        *evaluation.notifications,
    )
    return Project(
        files,
        python.program,
        python.flows,
        evaluation,
        manifests,
        secrets,
        notes,
        python.model_calls,
        python.unresolved,
    )


def _understood(
    reader: Reader, knowledge: Knowledge, facts: Mapping[str, Facts], interest: Mapping[str, frozenset[str]]
) -> Understood:
    """What the engine makes of the facts; the auditor sees the tools of test code, too."""
    if not facts:
        return NOTHING
    from aisafety_lint import engine

    audits = reader.config.persona is Persona.AUDITOR
    return engine.understand(facts, knowledge, interest, None if audits else reader.found.is_test)


def _relevant(reader: Reader, knowledge: Knowledge, imports: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The Python files whose facts are needed; of test code only what product code imports, but for the auditor."""
    audits = reader.config.persona is Persona.AUDITOR

    def aside(path: str) -> bool:
        return not audits and reader.found.is_test(path)

    return relevant_files(imports, agent_roots(knowledge), reader.found.explicit, aside)


def _first_pass(reader: Reader, knowledge: Knowledge) -> tuple[tuple[SecretMatch, ...], dict[str, frozenset[str]]]:
    """Read every file once: its secrets, and for Python which modules it imports."""
    formats: Formats | None = None
    secrets: list[SecretMatch] = []
    imports: dict[str, frozenset[str]] = {}
    for file in reader.found.files:
        look = reader.memory.look(file.path)
        if look is None and (data := reader.data(file)) is not None:
            formats = formats or load_formats(knowledge)
            look = perfile.look(file, data, formats)
            reader.memory.keep_look(file.path, data, look)
        if look is None:
            continue
        if look.imports is not None:
            imports[file.path] = look.imports
        if look.problem:
            reader.fail("unreadable-file", f"`{file.path}` is not analysed: {look.problem}.", file.path)
        secrets += look.secrets
        reader.memory.secrets[file.path] = look.secrets
    return tuple(secrets), imports


def _facts(reader: Reader, files: Mapping[str, SourceFile], wanted: frozenset[str]) -> Iterator[tuple[str, Facts]]:
    for path in sorted(wanted):
        parsed = reader.memory.facts(path) or _parsed(reader, files[path])
        if parsed is None:
            continue
        if parsed.broken:
            cells = ", ".join(map(str, parsed.broken[:5])) + ("..." if len(parsed.broken) > 5 else "")
            message = f"Code cells of `{path}` cannot be parsed as Python and are left out: {cells}."
            reader.notes.append(Notification("syntax-error", message, NotificationLevel.WARNING, path))
        yield path, parsed.facts


def _parsed(reader: Reader, file: SourceFile) -> Parsed | None:
    """The facts of one file; a file that cannot be parsed is told and left out."""
    data = reader.data(file)
    text = None if data is None else reader.decoded(file, data)
    if data is None or text is None:
        return None
    try:
        parsed = perfile.parsed(file, text)
    except ParseError as error:
        span = Span(error.line, 1, error.line, 1) if error.line else None
        reader.fail("syntax-error", f"`{file.path}` cannot be parsed as Python: {error.message}.", file.path, span)
        return None
    reader.memory.keep_facts(file.path, data, parsed)
    return parsed


def _manifests(reader: Reader, knowledge: Knowledge) -> Iterator[Manifest]:
    known = kinds.load_kinds(knowledge)
    for file in reader.found.files:
        if file.kind not in _DOCUMENTS or not known.pattern.fullmatch(file.path):
            continue
        data = reader.data(file)
        among = kinds.candidates(file.path, data, known) if data is not None else ()
        document = reader.document(file) if among else None
        if document is not None:
            found = kinds.recognise(file.path, document, known, among)
            reader.notes += kinds.missed(file.path, document, among) if not found else ()
            yield from found


def _evaluation(
    reader: Reader, knowledge: Knowledge, files: Mapping[str, SourceFile], imports: Mapping[str, frozenset[str]]
) -> Evaluation:
    def read(path: str) -> SourceText | None:
        return reader.text(files[path]) if path in files else None

    return recognise(Sources(files, read, Documents(reader), imports), load_evals(knowledge))
