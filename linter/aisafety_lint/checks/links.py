"""Findings that begin in one file and end in another: a manifest that starts or names a file of the project.

A kind says with the place `links` where such names stand: what the predicate captured as `file` or `module` (or the
whole text) is the file, `server` narrows it down to one tool server of it, and `link` says what the manifest does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from posixpath import normpath

from aisafety_lint.finding import Finding, Location
from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.manifests.nodes import Scalar
from aisafety_lint.manifests.query import Match
from aisafety_lint.manifests.workflows import Action, Parts, Workflow, workflows
from aisafety_lint.project import Project

_PLACE = "links"
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Link:
    """A place in a manifest that starts or names the file `target`, or one tool server in it."""

    manifest: Manifest = field(repr=False)
    at: Match
    target: str
    label: str
    server: str = ""
    command: str = ""

    @property
    def location(self) -> Location:
        return Location(self.manifest.path, self.at.location, self.label)


def links(project: Project) -> tuple[Link, ...]:
    """The links of all manifests to files that the project has, in their order."""
    return tuple(link for manifest in project.manifests for link in _of_manifest(manifest, project))


def joined(findings: Iterable[Finding], known: tuple[Link, ...], project: Project) -> Iterator[Finding]:
    """The findings; one in a file that a manifest leads to has the places of the manifests beside it, and one at such a
    place has the agents that it leads to."""
    for finding in findings:
        beside = [link.location for link in known if _leads_to(link, finding, project)]
        beside += [place for link in known if _begins_at(link, finding) for place in _agents(link, project)]
        yield replace(finding, related=(*finding.related, *beside[:_MOST_SHOWN])) if beside else finding


def workflows_of(project: Project) -> Iterator[Workflow]:
    """The workflows of a project; a step that runs a script with an agent or a model in it runs a model."""
    scripts: dict[str, dict[Parts, Action]] = {}
    for link in links(project):
        agent = any(agent.kind == "agent" and agent.path == link.target for agent in project.program.agents)
        if agent or any(call.path == link.target for call in project.model_calls):
            facts = {} if agent else {"inference": True}
            scripts.setdefault(link.manifest.path, {})[link.at.parts[:-1]] = Action(link.target, facts, link.command)
    return workflows(project.manifests, scripts)


def _of_manifest(manifest: Manifest, project: Project) -> Iterator[Link]:
    if _PLACE not in manifest.kind.places:
        return
    for match, words in manifest.captures(_PLACE):
        if not isinstance(match.node, Scalar):
            continue
        module = words.get("module", "").replace(".", "/")
        named = [f"{module}.py", f"{module}/__main__.py"] if module else [words.get("file", str(match.data))]
        target = next(
            (path for name in named for path in _candidates(manifest.path, name) if path in project.files), ""
        )
        if target and target != manifest.path:
            label = words.get("link", "starts this file")
            yield Link(manifest, match, target, label, words.get("server", ""), words.get("value", ""))


def _candidates(path: str, name: str) -> Iterator[str]:
    """What a name in a manifest may mean: beside the manifest, or below a folder above it, the nearest first."""
    if name.startswith("/"):
        return
    for folder in PurePosixPath(path).parents:
        yield normpath(f"{folder}/{name}").removeprefix("./")


def _leads_to(link: Link, finding: Finding, project: Project) -> bool:
    if link.target != finding.location.path or link.manifest.path == finding.location.path:
        return False
    if any(link.manifest.path == other.path for other in finding.related):
        return False
    if not link.server:
        return True
    line = finding.location.span.line
    servers = (server for manifest in project.manifests if manifest.path == link.target for server in manifest.servers)
    spans = (server.node.span for server in servers if server.name == link.server)
    return any(span.line <= line <= span.end_line for span in spans)


def _begins_at(link: Link, finding: Finding) -> bool:
    if link.manifest.path != finding.location.path:
        return False
    span = link.at.node.span
    return span.line <= finding.location.span.line <= span.end_line


def _agents(link: Link, project: Project) -> Iterator[Location]:
    for agent in project.program.agents:
        if agent.path == link.target:
            yield Location(agent.path, agent.span, "the agent of this file")
