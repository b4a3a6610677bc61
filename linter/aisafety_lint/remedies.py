"""What would mend a finding, as data: the edits that a rule names, filled in with what a model says of the call.

A rule says which kinds of edits may mend its findings, and whether they are safe; a row of a model says under `safer`
how a call of its library is made without the danger. An edit is taken where both together say everything it needs.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aisafety_lint.finding import Location, Remedy
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span

_NEEDS = {
    "set-argument": {"name", "value"},
    "set-entry": {"name", "key", "value"},
    "delete-argument": {"name"},
    "rename-argument": {"name", "to"},
    "delete-items": {"name", "items"},
    "replace-call": {"call"},
    "wrap-argument": {"with"},
    "split-command": {"drop"},
    "bind-parameters": {"style"},
    "literal-to-environment": {"name"},
    "replace-text": {"value"},
    "set": {"value"},
    "set-key": {"key", "value"},
    "delete-key": {"key"},
    "substitute": {"pattern", "with"},
    "reference": {"value", "pattern"},
}
_SAID = {
    "set-argument": "set `{name}` to `{value}`",
    "set-entry": "set {key} in `{name}` to `{value}`",
    "delete-argument": "remove `{name}`",
    "rename-argument": "pass it as `{to}`",
    "delete-items": "take {items} out of `{name}`",
    "replace-call": "call `{call}{then}` instead",
    "wrap-argument": "put `{with}` around the value",
    "split-command": "pass a list of arguments, without a shell",
    "bind-parameters": "pass the values as parameters",
    "literal-to-environment": "read `{name}` from the environment",
    "replace-text": "write `{value}` in its place",
    "set": "set `{what}` to `{value}`",
    "set-key": "set `{key}` to `{value}`",
    "delete-key": "remove `{key}`",
    "delete": "remove `{what}`",
    "substitute": "narrow `{what}`",
    "reference": "write `{value}` in its place",
    "delete-comment": "delete the comment",
    "delete-names": "delete {names} from the brackets",
}
_ASIDE = frozenset({"edit", "safe", "when", "at", "where", "what"})


def remedy(given: Mapping[str, Any], path: str, span: Span) -> Remedy:
    """An edit with everything it needs, at a place."""
    words = {key: _word(given["edit"], key, value) for key, value in given.items() if key not in _ASIDE}
    said = _SAID[given["edit"]].format_map({"then": "", "what": given.get("what", "it"), **words})
    return Remedy(given["edit"], Location(path, span, said), tuple(sorted(words.items())), bool(given.get("safe")))


def _word(edit: str, key: str, value: object) -> str:
    """A word of an edit as text: values of documents as JSON, those of code as they are written."""
    if key == "value" and edit in ("set", "set-key"):
        return json.dumps(value, ensure_ascii=False)
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def complete(given: Mapping[str, Any]) -> bool:
    """Whether everything is said that an edit needs to know."""
    return _NEEDS.get(given["edit"], set()) <= given.keys()


def of_call(
    rule: Rule, rows: Iterable[Mapping[str, Any]], path: str, span: Span, words: Mapping[str, Any] | None = None
) -> tuple[Remedy, ...]:
    """The first edit of a rule about which the rows, each of them the way to make a call safer, say what it needs."""
    known = [*rows]
    if not all(known):
        return ()
    for edit in rule.edits:
        for row in (*(row for row in known if row.get("edit", edit["edit"]) == edit["edit"]), {}):
            whole = {**(words or {}), **row, **edit, "safe": edit.get("safe", False) and row.get("safe", True)}
            if complete(whole):
                return (remedy(whole, path, span),)
    return ()


def safer(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """How a call is made safer: as its row says, or without the flag that gives the power, or with its contrary."""
    said = row.get("safer", ())
    yield from said if isinstance(said, list) else [said or {}] if said != () else ()
    flag = row.get("flag")
    conditions = row.get("when", ())
    for condition in conditions if isinstance(conditions, list) else [conditions]:
        if flag and condition.get("name") == flag and "default" not in condition:
            if condition.get("equals") is True:
                yield {"edit": "delete-argument", "name": flag}
            elif condition.get("equals") is False:
                yield {"edit": "set-argument", "name": flag, "value": "True"}
            elif "contains" in condition:
                yield {"edit": "delete-items", "name": flag, "items": json.dumps(condition["contains"])}
