"""The project as checks see it: everything that the stages before them found, and nothing that reads files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisafety_lint.finding import Notification
from aisafety_lint.source import SourceFile

if TYPE_CHECKING:
    from aisafety_lint.evals.model import Evaluation
    from aisafety_lint.flow.trace import Flow
    from aisafety_lint.manifests.kinds import Manifest
    from aisafety_lint.program.model import Program
    from aisafety_lint.secrets.scan import SecretMatch


@dataclass(frozen=True, slots=True)
class Project:
    """All files by path, the linked Python program and its flows, manifests, secrets, and what is evaluated and how."""

    files: Mapping[str, SourceFile]
    program: "Program"
    flows: tuple["Flow", ...]
    evaluation: "Evaluation"
    manifests: tuple["Manifest", ...] = ()
    secrets: tuple["SecretMatch", ...] = ()
    notifications: tuple[Notification, ...] = ()
    model_calls: int = 0
    unresolved_calls: int = 0
