"""Arguments and conditions of the models in words."""

from collections.abc import Mapping
from typing import Any

from sitegen.markdown import code, listed

_TESTS = {
    "equals": "is {}",
    "not_equals": "is not {}",
    "contains": "holds {}",
    "has": "has {}",
    "is": "is {}",
    "matches": "matches {}",
    "has_instance": "holds a {}",
}
_PLACE = {"name", "position"}


def argument(given: Any) -> str:
    """How an argument is written: by its name, else by its place among those without one."""
    if not isinstance(given, Mapping):
        return code(given)
    if given.get("receiver") and "name" not in given:
        return "the object itself"
    if "name" in given:
        return code(given["name"])
    if "position" in given:
        return f"argument {given['position'] + 1}"
    return "every argument"


def condition(given: Any) -> str:
    """One condition on the arguments of a call, or several that must all hold."""
    if isinstance(given, Mapping):
        return _one(given)
    return " and ".join(condition(part) for part in listed(given))


def _one(given: Mapping[str, Any]) -> str:
    what = argument(given)
    for test, said in _TESTS.items():
        if test in given:
            return f"{what} {said.format(_values(given[test]))}"
    if "given" in given:
        return f"{what} is {'given' if given['given'] else 'left out'}"
    rest = {key: value for key, value in given.items() if key not in _PLACE}
    return f"{what}: {code(rest)}" if rest else what


def _values(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{code(key)}: {_values(inner)}" for key, inner in value.items())
    return " or ".join(code(part) for part in listed(value))
