"""Pods of agents that no policy of the project keeps from reaching any host.

Policies and workloads mostly stand in different files; a policy anywhere in the project counts, whatever its namespace.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Finding
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    selecting = [dict(found.data) for manifest in project.manifests for found in manifest.select("selected-labels")]
    if any(True for manifest in project.manifests for _ in manifest.select("selected-otherwise")):
        return
    for manifest in project.manifests:
        pods = manifest.select("agent-pods")
        labels: Any = next((found.data for found in manifest.select("agent-labels")), None)
        if pods and _known(labels) and not any(_selects(wanted, labels) for wanted in selecting):
            name = str(manifest.root.data.get("metadata", {}).get("name", "agent"))
            yield manifest_finding(rule, manifest, Hit(pods[0], words={"name": name}))


def _known(labels: Any) -> bool:
    """Whether a pod has labels, and none that a template fills in."""
    return isinstance(labels, Mapping) and bool(labels) and not any("$" in f"{key}{labels[key]}" for key in labels)


def _selects(wanted: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    return all("$" in str(value) or labels.get(key) == value for key, value in wanted.items())
