"""Suppressions that are not understood, are over, or suppress nothing, each with the place to mend or to delete.

A match names the state: `{suppression: unused}`.
"""

from collections.abc import Iterator

from aisafety_lint.finding import Confidence, Finding, Location, Remedy
from aisafety_lint.project import Project
from aisafety_lint.remedies import remedy
from aisafety_lint.rule import Rule
from aisafety_lint.suppressed import State, Suppression


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """One finding for each suppression in the state that the rule is about, with the rules that are in it."""
    state = State(rule.match["suppression"])
    for item in project.suppressions:
        if state is State.MALFORMED and item.problem:
            yield _finding(rule, item, (), f"{item.hint[:1].upper()}{item.hint[1:]}")
        elif names := [name for name, one in zip(item.rules, item.states, strict=True) if one is state]:
            fix = rule.fix if state is State.EXPIRED else _deletion(item, names)
            yield _finding(rule, item, tuple(names), fix)


def _finding(rule: Rule, item: Suppression, names: tuple[str, ...], fix: str) -> Finding:
    words = {
        "rules": " and ".join(f"`{name}`" for name in names),
        "problem": item.problem,
        "until": item.until,
        "reason": item.reason.rstrip("."),
    }
    what = "the entry" if item.kind == "config" else "the comment"
    return Finding(
        rule=rule.id,
        message=rule.message.format(**words),
        location=Location(item.path, item.span, "" if names else what),
        severity=rule.severity,
        confidence=Confidence.HIGH,
        persona=rule.persona,
        why=_why(item) if names and not item.aims else "",
        remedies=_remedies(rule, item, names),
        fix=fix if fix.endswith((".", "?", "!")) else f"{fix}.",
    )


def _remedies(rule: Rule, item: Suppression, names: tuple[str, ...]) -> tuple[Remedy, ...]:
    """The comment without the names that are of no use, or the file without the comment."""
    wanted = "delete-names" if names and len(names) < len(item.rules) else "delete-comment"
    if item.kind == "config":
        return ()
    given = [edit for edit in rule.edits if edit["edit"] == wanted]
    return tuple(remedy({**edit, **({"names": [*names]} if names else {})}, item.path, item.span) for edit in given)


def _why(item: Suppression) -> str:
    if item.kind == "config":
        return "nothing in the project is at this path"
    return "no statement stands beside the comment or right below it"


def _deletion(item: Suppression, names: list[str]) -> str:
    """What to delete: all of it, or only the names that have no use."""
    if len(names) < len(item.rules):
        return f"Delete {' and '.join(f'`{name}`' for name in names)} from the brackets"
    return "Delete this entry of `suppressions`" if item.kind == "config" else "Delete the comment"
