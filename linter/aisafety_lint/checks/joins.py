"""Findings that begin in one file and end in another, with the places in both."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from aisafety_lint.finding import Finding, Location
from aisafety_lint.links import Link
from aisafety_lint.project import Project

_MOST_SHOWN = 3


def joined(findings: Iterable[Finding], project: Project) -> Iterator[Finding]:
    """The findings; one in a file that a manifest leads to has the places of the manifests beside it, and one at such a
    place has the agents that it leads to."""
    for finding in findings:
        beside = [link.location for link in project.links if _leads_to(link, finding, project)]
        beside += [place for link in project.links if _begins_at(link, finding) for place in _agents(link, project)]
        yield replace(finding, related=(*finding.related, *beside[:_MOST_SHOWN])) if beside else finding


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
