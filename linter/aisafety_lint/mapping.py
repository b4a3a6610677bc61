"""The map of a project: takes what the stages found, gives its agents, tools and servers, with no secret in it."""

import json
import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from aisafety_lint.program.overview import Overview, overview
from aisafety_lint.program.powers import ServerEntry
from aisafety_lint.project import Project
from aisafety_lint.python.facts import Place
from aisafety_lint.secrets.redact import digest
from aisafety_lint.source import Span

if TYPE_CHECKING:
    from aisafety_lint.secrets.matches import SecretMatch

_WORD = re.compile(r"[^\s\"'`,;()]{8,}")


def servers_of(project: Project, wanted: Callable[[str], bool]) -> tuple[ServerEntry, ...]:
    """The tool servers in the manifests of a project."""
    shown = _without_secrets(project.secrets)
    found = {
        ServerEntry(shown(server.name), manifest.path, server.location.line, _content(server.data))
        for manifest in project.manifests
        if wanted(manifest.path)
        for server in manifest.servers
    }
    return tuple(sorted(found, key=lambda item: (item.path, item.line, item.name)))


def _content(data: Any) -> str:
    """A digest of what a manifest says, whatever its layout."""
    return sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()


def mapped(project: Project, wanted: Callable[[str], bool]) -> Overview:
    """The map of a project, which shows no secret that the project holds."""
    spans: dict[str, list[Span]] = {}
    for match in project.secrets:
        spans.setdefault(match.path, []).append(match.span)

    def secret(path: str, place: Place) -> bool:
        return any(
            (span.line, span.column) < place[2:] and place[:2] < (span.end_line, span.end_column)
            for span in spans.get(path, ())
        )

    found = overview(project.program, wanted, secret)
    shown = _without_secrets(project.secrets)
    agents = (agent._replace(name=shown(agent.name), model=shown(agent.model)) for agent in found.agents)
    return found._replace(agents=tuple(agents))


def _without_secrets(secrets: Iterable["SecretMatch"]) -> Callable[[str], str]:
    """What gives a name, as a project has it, without the secrets that stand in it."""
    by_length: dict[int, set[str]] = {}
    for match in secrets:
        by_length.setdefault(match.length, set()).add(match.digest)

    def shown(text: str) -> str:
        for word in _WORD.findall(text):
            if len(word) in by_length and digest(word) in by_length[len(word)]:
                text = text.replace(word, "*" * len(word))
        return text

    return shown
