"""The checks: a rule's data is interpreted by the module of its `match` key; a rule without has a module of its own."""

import importlib
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib.util import find_spec

from aisafety_lint.errors import UserError
from aisafety_lint.finding import Finding
from aisafety_lint.knowledge import builtin_root
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_BY_MATCH = {
    "flow": "flows",
    "grant": "grants",
    "approval": "approvals",
    "manifest": "manifests",
    "secret": "secrets",
    "eval": "evals",
    "declaration": "declarations",
    "suppression": "suppressions",
}

# What rules are about: where a project has none of it, nothing need be loaded to find nothing.
_SUBJECTS: dict[str, Callable[[Project], Collection[object]]] = {
    "flow": lambda project: project.flows,
    "grant": lambda project: project.program.grants,
    "approval": lambda project: project.program.effects,
    "manifest": lambda project: project.manifests,
    "secret": lambda project: project.secrets,
    "eval": lambda project: (*project.evaluation.suites, *project.program.agents),
    "declaration": lambda project: project.declared.breaches,
    "manifests": lambda project: project.manifests,
    "evaluation": lambda project: (*project.evaluation.declarations, *project.program.agents),
    "tools": lambda project: project.program.tools,
    "descriptions": lambda project: (*project.program.tools, *project.manifests),
    "program": lambda project: project.program.scopes,
    "suppression": lambda project: project.suppressions,
}

Check = Callable[[Rule, Project], Iterator[Finding]]


def run_checks(rules: Iterable[Rule], project: Project) -> Iterator[Finding]:
    """The findings of all rules; raises UserError for a rule that nothing implements."""
    own = str(builtin_root())
    for rule in rules:
        asked = [_SUBJECTS[key] for key in (*rule.match, rule.about) if key in _SUBJECTS]
        # A rule of the user's is asked in any case: it may be wrong.
        if all(subject(project) for subject in asked) or not str(rule.path).startswith(own):
            found = load_check(rule)(rule, project)
            # How a secret is reached says nothing about it.
            yield from found if "secret" in rule.match else _joined(found, project)


def _joined(findings: Iterator[Finding], project: Project) -> Iterator[Finding]:
    """The findings with what leads to them; where nothing leads anywhere, nothing need be loaded to find nothing."""
    if not project.links:
        return findings
    from aisafety_lint.checks.joins import joined

    return joined(findings, project)


def interest(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """For each kind of source the kinds of sinks that some rule asks about."""
    found: dict[str, frozenset[str]] = {}
    for rule in rules:
        block = rule.match.get("flow", {"from": ()})
        for source in block["from"]:
            found[source] = found.get(source, frozenset()) | frozenset(block["to"])
    return found


def load_check(rule: Rule) -> Check:
    """The function that implements a rule; raises UserError where there is none."""
    for key, module in _BY_MATCH.items():
        if key in rule.match:
            return _function(f"aisafety_lint.checks.{module}")
    own = f"aisafety_lint.checks.{rule.family.replace('-', '_')}.{rule.id.replace('-', '_')}"
    try:
        known = find_spec(own) is not None
    except ModuleNotFoundError:
        known = False
    if not known or rule.match:
        raise UserError(
            f"{rule.path}: nothing implements the rule `{rule.id}`", hint=f"`match` needs one of {', '.join(_BY_MATCH)}"
        )
    return _function(own)


def _function(module: str) -> Check:
    check: Check = importlib.import_module(module).check
    return check
