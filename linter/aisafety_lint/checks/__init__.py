"""The checks: a rule's data is interpreted by the module of its `match` key; a rule without has a module of its own."""

import importlib
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib.util import find_spec

from aisafety_lint.errors import UserError
from aisafety_lint.finding import Finding
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_BY_MATCH = {
    "flow": "flows",
    "grant": "grants",
    "approval": "approvals",
    "manifest": "manifests",
    "secret": "secrets",
    "eval": "evals",
}

# What rules about Python are about: where there is nothing of it, the engine need not be loaded to find nothing.
_SUBJECTS: dict[str, Callable[[Project], Collection[object]]] = {
    "flow": lambda project: project.flows,
    "grant": lambda project: project.program.grants,
    "approval": lambda project: project.program.effects,
}

Check = Callable[[Rule, Project], Iterator[Finding]]


def run_checks(rules: Iterable[Rule], project: Project) -> Iterator[Finding]:
    """The findings of all rules; raises UserError for a rule that nothing implements."""
    for rule in rules:
        if all(_SUBJECTS[key](project) for key in _SUBJECTS.keys() & rule.match.keys()):
            yield from load_check(rule)(rule, project)


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
