"""What is found out about one file alone: pure functions of its content, whose results can be kept and fetched.

The first look reads every file; the facts are made of the Python files that matter.
"""

from dataclasses import dataclass

from aisafety_lint.python.facts import Facts
from aisafety_lint.python.notebook import extract_notebook
from aisafety_lint.python.parse import extract_facts
from aisafety_lint.python.relevance import imported_modules
from aisafety_lint.secrets.formats import Formats
from aisafety_lint.secrets.scan import SecretMatch, scan
from aisafety_lint.source import SourceFile, SourceText, UnreadableError, decode

PYTHON = ("python", "notebook")


@dataclass(frozen=True, slots=True)
class Look:
    """The first look at a file: the modules that it imports if it is Python, its secrets, and why it is no text."""

    imports: frozenset[str] | None = None
    secrets: tuple[SecretMatch, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The facts of a file, and the numbers of the cells of a notebook that are no valid Python."""

    facts: Facts
    broken: tuple[int, ...] = ()


def look(file: SourceFile, data: bytes, formats: Formats) -> Look:
    """Look at the bytes of a file."""
    imports = imported_modules(data, notebook=file.kind == "notebook") if file.kind in PYTHON else None
    try:
        return Look(imports, scan(SourceText(file.path, decode(data)), file.kind, formats))
    except UnreadableError as error:
        return Look(imports, problem=str(error))


def parsed(file: SourceFile, text: SourceText) -> Parsed:
    """Parse a Python file or notebook; raises ParseError."""
    if file.kind == "notebook":
        return Parsed(*extract_notebook(file.path, text))
    return Parsed(extract_facts(file.path, text.text))
