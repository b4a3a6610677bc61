"""What rules look at: tells which rules had anything before them in a project, so that their silence says something.

A rule that finds nothing has been kept where there is something that it asks about, and does not apply where there is
nothing: no tool, no manifest of its kind, no declaration.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

Subject = Callable[[Mapping[str, Any], Project], bool]

# The sources that only a model, or only a tool, can be; any other can be anywhere in the program.
_OF_MODEL = frozenset({"model-output"})
_OF_TOOL = frozenset({"tool-argument"})


def applied(rules: Iterable[Rule], project: Project) -> tuple[str, ...]:
    """The rules that had something to look at, in their order."""
    return tuple(rule.id for rule in rules if _applies(rule, project))


def _applies(rule: Rule, project: Project) -> bool:
    for key, subject in _BY_MATCH.items():
        if key in rule.match:
            block = rule.match[key]
            return subject(block if isinstance(block, Mapping) else {}, project)
    return _BY_ABOUT.get(rule.about, _anything)({}, project)


def _sources(block: Mapping[str, Any], project: Project) -> bool:
    """Whether there can be a source of one of the kinds."""
    kinds = frozenset(block["from"])
    return bool(
        (kinds & _OF_MODEL and _models({}, project))
        or (kinds & _OF_TOOL and project.program.tools)
        or (kinds - _OF_MODEL - _OF_TOOL and project.program.scopes)
    )


def _models(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.model_calls or project.program.agents)


def _grants(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.program.tools or project.program.agents or project.program.grants)


def _tools(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.program.tools)


def _manifests(block: Mapping[str, Any], project: Project) -> bool:
    """Whether there is a manifest, of one of the kinds where the rule names any."""
    named = block.get("kind")
    kinds = {named} if isinstance(named, str) else set(named or ())
    return any(not kinds or manifest.kind.id in kinds for manifest in project.manifests)


def _evaluated(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.evaluation.suites or project.program.agents)


def _declared(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.evaluation.declarations)


def _described(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.program.tools or project.manifests)


def _suppressed(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.suppressions)


def _program(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.program.scopes)


def _anything(_: Mapping[str, Any], project: Project) -> bool:
    return bool(project.files)


_BY_MATCH: Mapping[str, Subject] = {
    "flow": _sources,
    "grant": _grants,
    "approval": _tools,
    "manifest": _manifests,
    "secret": _anything,
    "eval": _evaluated,
    "declaration": _declared,
    "suppression": _suppressed,
}
_BY_ABOUT: Mapping[str, Subject] = {
    "manifests": _manifests,
    "evaluation": _evaluated,
    "tools": _tools,
    "descriptions": _described,
    "program": _program,
}
