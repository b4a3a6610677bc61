"""The project as checks see it: everything that the stages before them found, and nothing that reads files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisafety_lint.source import SourceFile

if TYPE_CHECKING:
    from aisafety_lint.evals.suites import Suite
    from aisafety_lint.manifests.kinds import Manifest
    from aisafety_lint.program.model import Program
    from aisafety_lint.secrets.scan import SecretMatch


@dataclass(frozen=True, slots=True)
class Project:
    """All files by path, the linked Python program, recognised manifests, secret matches and evaluation suites."""

    files: Mapping[str, SourceFile]
    program: "Program"
    manifests: tuple["Manifest", ...] = ()
    secrets: tuple["SecretMatch", ...] = ()
    suites: tuple["Suite", ...] = ()
