"""What leads from a manifest to another file: a manifest that starts or names a file of the project.

A kind says with the place `links` where such names stand: what the predicate captured as `file` or `module` (or the
whole text) is the file, `server` narrows it down to one tool server of it, and `link` says what the manifest does.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from posixpath import normpath

from aisafety_lint.finding import Location
from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.manifests.nodes import Scalar
from aisafety_lint.manifests.query import Match
from aisafety_lint.manifests.workflows import Action, Parts, Workflow, workflows
from aisafety_lint.project import Understood

_PLACE = "links"


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


def links(manifests: Iterable[Manifest], files: Collection[str]) -> tuple[Link, ...]:
    """The links of all manifests to files that the project has, in their order."""
    return tuple(link for manifest in manifests for link in _of_manifest(manifest, files))


def linked_workflows(manifests: Iterable[Manifest], known: Iterable[Link], python: Understood) -> tuple[Workflow, ...]:
    """The workflows among manifests; a step that runs a script with an agent or a model in it runs a model."""
    scripts: dict[str, dict[Parts, Action]] = {}
    for link in known:
        agent = any(agent.kind == "agent" and agent.path == link.target for agent in python.program.agents)
        if agent or any(call.path == link.target for call in python.model_calls):
            facts = {} if agent else {"inference": True}
            scripts.setdefault(link.manifest.path, {})[link.at.parts[:-1]] = Action(link.target, facts, link.command)
    return tuple(workflows(manifests, scripts))


def _of_manifest(manifest: Manifest, files: Collection[str]) -> Iterator[Link]:
    if _PLACE not in manifest.kind.places:
        return
    for match, words in manifest.captures(_PLACE):
        if not isinstance(match.node, Scalar):
            continue
        module = words.get("module", "").replace(".", "/")
        named = [f"{module}.py", f"{module}/__main__.py"] if module else [words.get("file", str(match.data))]
        target = next((path for name in named for path in _candidates(manifest.path, name) if path in files), "")
        if target and target != manifest.path:
            label = words.get("link", "starts this file")
            yield Link(manifest, match, target, label, words.get("server", ""), words.get("value", ""))


def _candidates(path: str, name: str) -> Iterator[str]:
    """What a name in a manifest may mean: beside the manifest, or below a folder above it, the nearest first."""
    if name.startswith("/"):
        return
    for folder in PurePosixPath(path).parents:
        yield normpath(f"{folder}/{name}").removeprefix("./")
