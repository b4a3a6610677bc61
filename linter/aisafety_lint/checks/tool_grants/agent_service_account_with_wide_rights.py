"""Roles of a cluster that are bound to the account of an agent, or that manage agents, and that may do too much.

Accounts, bindings and roles mostly stand in different files; what a name is given anywhere in the project counts.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Finding, Severity
from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.manifests.query import Match
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_WHOLE_CLUSTER = "ClusterRoleBinding"


class _Binding(NamedTuple):
    """What ties a role to the account of an agent."""

    manifest: Manifest
    role: Match
    account: str


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    accounts = {str(found.data) for manifest in project.manifests for found in manifest.select("service-accounts")}
    bindings = [binding for manifest in project.manifests for binding in _bindings(manifest, accounts)]
    yield from (finding for binding in bindings for finding in _of_a_cluster_role(rule, binding))
    bound = {(binding.role.data.get("kind"), binding.role.data["name"]): binding for binding in bindings}
    for manifest in project.manifests:
        name = _text(manifest.select("role-name"))
        binding = bound.get((_text(manifest.select("role-kind")), name))
        hit = _of_own_rules(manifest, name, binding)
        if hit is not None:
            yield manifest_finding(rule, manifest, hit)


def _bindings(manifest: Manifest, accounts: set[str]) -> Iterator[_Binding]:
    subjects = {str(subject.data["name"]) for subject in manifest.select("subjects") if "name" in subject.data}
    for account in sorted(subjects & accounts)[:1]:
        yield from (_Binding(manifest, role, account) for role in manifest.select("bindings"))


def _of_a_cluster_role(rule: Rule, binding: _Binding) -> Iterator[Finding]:
    """The finding for a role that every cluster has and that may do nearly everything."""
    facts = binding.manifest.kind.facts
    name = binding.role.data["name"]
    whole = _text(binding.manifest.select("role-kind")) == _WHOLE_CLUSTER
    administrator = name in facts.get("administrator", ())
    if administrator or (whole and name in facts.get("wide", ())):
        words = {"account": f"account `{binding.account}` of the agent", "power": f"the role `{name}`"}
        severity = Severity.CRITICAL if administrator else Severity.HIGH
        at = binding.role.child("name") or binding.role
        yield manifest_finding(rule, binding.manifest, Hit(at, words=words, severity=severity))


def _of_own_rules(manifest: Manifest, name: str, binding: _Binding | None) -> Hit | None:
    """The hit for a role whose rules are in the manifest: at the first rule that is too wide."""
    wide = manifest.captures("wide-rules")
    if binding is None and not manifest.select("agent-groups"):
        return None
    for match, words in wide:
        # What manages agents has reasons to read their secrets; it has none to change everything.
        if binding is not None or "every" in words.get("power", ""):
            account = f"account `{binding.account}` of the agent" if binding else "role that manages agents"
            place = next(iter(match.select("@.resources")), match)
            return Hit(place, words={"account": account, "power": words.get("power", "")})
    return None


def _text(matches: Sequence[Match]) -> str:
    """The text of the first match, unless a template fills it in."""
    text = str(matches[0].data) if matches else ""
    return "" if "$" in text else text
