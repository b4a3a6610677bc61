"""The checks: a rule's data is interpreted by the module of its `match` key; a rule without has a module of its own."""

import importlib
from collections.abc import Callable, Iterable, Iterator
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

Check = Callable[[Rule, Project], Iterator[Finding]]


def run_checks(rules: Iterable[Rule], project: Project) -> Iterator[Finding]:
    """The findings of all rules; raises UserError for a rule that nothing implements."""
    for rule in rules:
        yield from load_check(rule)(rule, project)


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
