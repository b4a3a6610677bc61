"""What the tests of safety evaluation share: repositories made of a few texts, and what is found in them."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aisafety_lint.evals.frameworks import EvalKnowledge, load
from aisafety_lint.evals.model import Evaluation, Suite
from aisafety_lint.evals.suites import Sources, recognise
from aisafety_lint.manifests.documents import parse
from aisafety_lint.source import SourceFile, SourceText
from shared import KNOWLEDGE

SYNTAX = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}
KINDS = {**SYNTAX, ".py": "python", ".sh": "shell", ".eval": "archive"}


@cache
def knowledge() -> EvalKnowledge:
    return KNOWLEDGE.part(load)


def evaluate(
    files: Mapping[str, str], unreadable: tuple[str, ...] = (), archives: Mapping[str, bytes] | None = None
) -> Evaluation:
    """The evaluation of a repository with these files; `unreadable` ones exist and cannot be read."""
    texts = {path: SourceText(path, text) for path, text in files.items()}
    names = [*files, *(archives or {}), *unreadable]
    return recognise(
        Sources(
            files={path: SourceFile(path, KINDS.get(Path(path).suffix, "text")) for path in names},
            read=texts.get,
            data=(archives or {}).get,
            documents={path: _document(texts[path]) for path in files if Path(path).suffix in SYNTAX},
            imports={path: _imports(text) for path, text in files.items() if path.endswith(".py")},
        ),
        knowledge(),
    )


def _document(text: SourceText) -> Any:
    return parse(text, SYNTAX[Path(text.path).suffix])  # type: ignore[arg-type]


def _imports(text: str) -> frozenset[str]:
    nodes = list(ast.walk(ast.parse(text)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return frozenset(plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module})


def suite(config: str, path: str = "promptfooconfig.yaml") -> Suite:
    """The only suite of a repository with one configuration."""
    (found,) = evaluate({path: config}).suites
    return found


def redteam(plugins: str = "", strategies: str = "", targets: str = "[https://app.example.com]") -> str:
    """A red-team configuration; an empty list is left out."""
    lines = [f"targets: {targets}", "redteam:", "  purpose: Helps with refunds."]
    lines += [f"  plugins: {plugins}"] if plugins else []
    lines += [f"  strategies: {strategies}"] if strategies else []
    return "\n".join(lines) + "\n"


def states(found: Suite, *dimensions: str) -> list[str]:
    return [found.coverage[dimension].name.lower() for dimension in dimensions]


MAIN = ("adversarial", "multi_turn", "injection", "excessive_agency", "over_refusal")
