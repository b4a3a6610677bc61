"""What is found out about one file alone: work that can be done in any process, and whose results can be kept.

The first look reads every file; the facts are made of the Python files that matter.
"""

import sys
from dataclasses import dataclass
from hashlib import sha256

from aisafety_lint import discovery
from aisafety_lint.config import Config
from aisafety_lint.python.facts import Facts
from aisafety_lint.python.relevance import AgentPackages, imported_modules
from aisafety_lint.secrets.formats import Formats
from aisafety_lint.secrets.links import Holding, Use
from aisafety_lint.secrets.matches import SecretMatch
from aisafety_lint.secrets.scan import scan_linked
from aisafety_lint.source import SourceFile, SourceText, UnreadableError, decode, is_zipped
from aisafety_lint.suppressed import MARK

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
"""The Python whose syntax is understood: what is newer is no mistake of the file."""

_PYTHON = ("python", "notebook")


@dataclass(frozen=True, slots=True)
class Look:
    """The first look at a file: the modules that it imports if it is Python, its secrets, and why it is no text.

    What it holds and uses under names that say nothing are secrets together with other files.

    `marked` tells that there may be a comment in it that speaks to the linter.
    """

    imports: frozenset[str] | None = None
    secrets: tuple[SecretMatch, ...] = ()
    held: tuple[Holding, ...] = ()
    uses: tuple[Use, ...] = ()
    problem: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """The facts of a file, and the numbers of the cells of a notebook that are no valid Python."""

    facts: Facts
    broken: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is nothing to know about a file: the id and the text of a notification, and the line of the mistake."""

    id: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the work on a file gave, and the digest of the bytes that it was done on, if somebody wants to know."""

    look: Look | None = None
    parsed: Parsed | None = None
    failure: Failure | None = None
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Looker:
    """Takes the first look."""

    config: Config
    formats: Formats
    packages: AgentPackages
    hashing: bool = False

    def __call__(self, file: SourceFile) -> Outcome:
        """Look at one file."""
        try:
            data = discovery.read(self.config, file)
        except UnreadableError as error:
            return Outcome(failure=_unreadable(file, error))
        if is_zipped(file, data):
            return Outcome(Look(None), digest=sha256(data).digest() if self.hashing else b"")
        imports = None
        if file.kind in _PYTHON:
            imports = imported_modules(data, self.packages, notebook=file.kind == "notebook")
        try:
            text = SourceText(file.path, decode(data))
            found = scan_linked(text, file.kind, self.formats)
            look = Look(imports, found.secrets, found.held, found.uses, marked=MARK in text.text)
        except UnreadableError as error:
            look = Look(imports, problem=str(error))
        return Outcome(look, digest=sha256(data).digest() if self.hashing else b"")


@dataclass(frozen=True, slots=True)
class Parser:
    """Makes the facts."""

    config: Config
    hashing: bool = False

    def __call__(self, file: SourceFile) -> Outcome:
        """Parse one file."""
        from aisafety_lint.python.parse import ParseError

        try:
            data = discovery.read(self.config, file)
            text = SourceText(file.path, decode(data))
        except UnreadableError as error:
            return Outcome(failure=_unreadable(file, error))
        try:
            parsed = _parsed(file, text)
        except ParseError as error:
            message = f"`{file.path}` cannot be parsed as Python {VERSION}: {error.message}."
            return Outcome(failure=Failure("syntax-error", message, error.line))
        return Outcome(parsed=parsed, digest=sha256(data).digest() if self.hashing else b"")


def _parsed(file: SourceFile, text: SourceText) -> Parsed:
    if file.kind == "notebook":
        from aisafety_lint.python.notebook import extract_notebook

        return Parsed(*extract_notebook(file.path, text))
    from aisafety_lint.python.parse import extract_facts

    return Parsed(extract_facts(file.path, text.text))


def _unreadable(file: SourceFile, error: UnreadableError) -> Failure:
    return Failure("unreadable-file", f"`{file.path}` cannot be read: {error}.")
