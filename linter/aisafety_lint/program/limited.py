"""Limits that a caller may leave out: `def check(path, root=None)` tests nothing where no root is given."""

from collections.abc import Iterable

from aisafety_lint.program.index import Index
from aisafety_lint.python.facts import Value


def not_given(index: Index, scope: int, condition: int, *, is_true: bool) -> str:
    """The parameter that a condition says is not given, or nothing: `root is None`, `not root`."""
    known = index.value(scope, condition)
    while known.op == "not" and not known.kind:
        known, is_true = index.value(scope, known.args[0]), not is_true
    if known.op == "compare" and known.name in ("Is", "IsNot") and _is_none(index.value(scope, known.args[1])):
        tested, absent = index.value(scope, known.args[0]), (known.name == "Is") == is_true
    else:
        tested, absent = known, not is_true
    return tested.name if absent and tested.op == "param" and not _is_flag(index, scope, tested.name) else ""


def left_out(index: Index, scope: int, guard: int) -> str:
    """The parameter that is not given where a guard holds, or nothing."""
    item = index.scopes[scope].guards[guard] if guard >= 0 else None
    if item is None or item.holds not in ("true", "false"):
        return ""
    return not_given(index, scope, item.value, is_true=item.holds == "true")


def still_open(index: Index, scope: int, given: Iterable[int | None]) -> tuple[str, ...] | None:
    """Of what a call gives for limits, the parameters around it that may be none; None where a limit is not given."""
    left: list[str] = []
    for operand in given:
        known = None if operand is None else index.value(scope, operand)
        if known is None or _is_none(known):
            return None
        if known.op == "param" and _may_be_left_out(index, scope, known.name):
            left.append(known.name)
    return tuple(left)


def _is_none(known: Value) -> bool:
    return known.op == "const" and known.name == "None"


def _may_be_left_out(index: Index, scope: int, name: str) -> bool:
    param = next(item for item in index.scopes[scope].params if item.name == name)
    return param.default >= 0 and _is_none(index.value(index.parents[scope], param.default))


def _is_flag(index: Index, scope: int, name: str) -> bool:
    """Whether a parameter is said to be true or false: no limit, but a switch."""
    param = next((item for item in index.scopes[scope].params if item.name == name), None)
    return param is not None and param.annotation is not None and param.annotation.name == "bool"
