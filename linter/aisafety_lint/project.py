"""The project as checks see it: everything that the stages before them found, and nothing that reads files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aisafety_lint.finding import Notification
from aisafety_lint.source import SourceFile

if TYPE_CHECKING:
    from aisafety_lint.declaration.model import Judged
    from aisafety_lint.evals.model import Evaluation
    from aisafety_lint.flow.trace import Flow
    from aisafety_lint.links import Link
    from aisafety_lint.manifests.kinds import Manifest
    from aisafety_lint.manifests.workflows import Workflow
    from aisafety_lint.program.model import Program
    from aisafety_lint.program.unresolved import Unresolved
    from aisafety_lint.secrets.matches import SecretMatch
    from aisafety_lint.suppressed import Suppression


@dataclass(frozen=True, slots=True, order=True)
class ModelCall:
    """A call of a model: where it is and how it is written."""

    path: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What the engine makes of the Python of a project; `unresolved` are the places that it could not follow."""

    program: "Program"
    flows: tuple["Flow", ...] = ()
    model_calls: tuple[ModelCall, ...] = ()
    unresolved: tuple["Unresolved", ...] = ()
    notifications: tuple[Notification, ...] = ()


class _NoProgram:
    """What may be asked of the program of a project without Python that matters: there is none of anything."""

    tools = agents = grants = effects = scopes = ()


NOTHING = Understood(cast("Program", _NoProgram()))
"""What is understood of a project without Python that matters, for which the engine is not even loaded."""


class _NoEvaluation:
    """What may be asked of the evaluation of a project that has nothing of it."""

    suites = declarations = deployed = pipelines = owners = notifications = ()
    aside: frozenset[str] = frozenset()


NO_EVALUATION = cast("Evaluation", _NoEvaluation())
"""The evaluation of a project without an agent and without any sign of evaluation."""


class _NoDeclaration:
    """What may be asked of a project without a declaration."""

    breaches = last_days = ()


NO_DECLARATION = cast("Judged", _NoDeclaration())
"""What is wrong with the declarations of a project that has none, for which the stage is not even loaded."""


@dataclass(frozen=True, slots=True)
class Project:
    """All files by path, the linked Python program and its flows, manifests, secrets, and what is evaluated and how.

    `links` lead from manifests to other files, `workflows` are the workflows among the manifests. `unresolved` are the
    places in the program that the analysis could not follow; `suppressions` are judged by what all
    other checks have found; `declared` is what is wrong with the declarations.
    """

    files: Mapping[str, SourceFile]
    program: "Program"
    flows: tuple["Flow", ...]
    evaluation: "Evaluation"
    manifests: tuple["Manifest", ...] = ()
    links: tuple["Link", ...] = ()
    workflows: tuple["Workflow", ...] = ()
    secrets: tuple["SecretMatch", ...] = ()
    notifications: tuple[Notification, ...] = ()
    model_calls: tuple[ModelCall, ...] = ()
    unresolved: tuple["Unresolved", ...] = ()
    suppressions: tuple["Suppression", ...] = ()
    declared: "Judged" = NO_DECLARATION
