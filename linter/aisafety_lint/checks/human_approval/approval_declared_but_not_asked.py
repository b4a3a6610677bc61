"""Tools that are marked as needing approval, where nothing in the program ever looks at the mark."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.declared import declared
from aisafety_lint.project import Project
from aisafety_lint.python.facts import Place, Scope, Value
from aisafety_lint.rule import Rule

if TYPE_CHECKING:
    from aisafety_lint.program.model import Program

_MARK = re.compile(
    r"((requires?|needs?|must)_?(human_?|user_?)?(approval|confirm(ation)?|consent)|(approval|confirmation)_(required|needed))",
    re.IGNORECASE,
)
# To show a mark, to keep it or to pass it on as it is, is not to act on it.
_SHOWN = frozenset({"text", "dict", "list", "tuple", "store"})


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    marks = sorted(_marks(program), key=lambda item: (program.index.paths[item[0]], item[2]))
    acted_on = _acted_on(program, frozenset(mark for _, mark, _ in marks))
    for owner, mark, place in marks:
        if mark in acted_on:
            continue
        path = program.index.paths[owner]
        declared = Location(path, one_line(place), f"declares `{mark}`")
        for scope, call in _dispatches(program, owner, mark):
            yield Finding(
                rule=rule.id,
                message=rule.message.format(mark=mark, tool=program.index.scopes[scope].name),
                location=replace(call_place(program.index, scope, call), label="runs the tool"),
                severity=rule.severity,
                confidence=Confidence.MEDIUM,
                persona=rule.persona,
                related=(declared,),
                fix=rule.fix,
                symbol=program.index.scopes[scope].qualname,
            )


def _marks(program: "Program") -> Iterator[tuple[int, str, Place]]:
    """Fields of classes, and keys of dicts, that say that a tool needs approval: owner, name, place."""
    seen: set[tuple[str, str]] = set()
    for number, scope in enumerate(program.scopes):
        if program.tested(program.index.paths[number]):
            continue
        if scope.form == "class":
            yield from ((number, name, scope.head) for name in scope.annotations if _MARK.fullmatch(name))
        for value in scope.values:
            for key in value.args[::2] if value.op == "dict" else ():
                name = scope.values[key].name
                file = program.index.paths[number], name
                if scope.values[key].op == "const" and _MARK.fullmatch(name) and file not in seen:
                    seen.add(file)
                    yield number, name, scope.values[key].place


def _acted_on(program: "Program", marks: frozenset[str]) -> set[str]:
    """The marks that the program does more with than keep them and show them."""
    found: set[str] = set()
    for scope in program.scopes if marks else ():
        reads = tuple(_reads(scope, marks - found))
        tested = {guard.value for guard in scope.guards} if reads else set()
        for position, mark in reads:
            users = (user for user in scope.values if position in user.args)
            if position in tested or position in scope.returns or any(user.op not in _SHOWN for user in users):
                found.add(mark)
    return found


def _reads(scope: Scope, marks: frozenset[str]) -> Iterator[tuple[int, str]]:
    """The values that are what is kept under a mark, as a field or as a key, each with its mark."""
    keys = {position: value.name for position, value in enumerate(scope.values) if _is_key(value, marks)}
    for position, value in enumerate(scope.values):
        if value.op in ("attr", "item") and value.name in marks:
            yield position, value.name
        elif keys and value.op == "call":
            yield from ((position, keys[item]) for item in value.args[1:] if item in keys)


def _is_key(value: Value, marks: frozenset[str]) -> bool:
    return value.op == "const" and value.name in marks


def _dispatches(program: "Program", owner: int, mark: str) -> Iterator[tuple[int, int]]:
    """The calls that run what is kept next to a mark: another field of the class, another key of the dict."""
    fields = _beside(program, owner, mark)
    for number, scope in enumerate(program.scopes):
        for call in scope.calls:
            function = scope.values[scope.values[call.value].args[0]]
            if (
                function.op in ("attr", "item")
                and function.name in fields
                and _is_kept(program, number, function, owner)
            ):
                yield number, call.value


def _is_kept(program: "Program", scope: int, function: Value, owner: int) -> bool:
    """Whether what is called is a field of an object of the class, or an entry of a dict of the file."""
    if function.op == "item":
        return program.index.paths[scope] == program.index.paths[owner]
    return _is_of(program, scope, function.args[0], owner)


def _beside(program: "Program", owner: int, mark: str) -> set[str]:
    """The names of what is kept next to a mark."""
    scope = program.scopes[owner]
    if scope.form == "class" and mark in scope.annotations:
        return set(scope.annotations) - {mark}
    found: set[str] = set()
    for value in scope.values:
        keys = {scope.values[key].name for key in value.args[::2]} if value.op == "dict" else set()
        found |= keys if mark in keys else set()
    return found - {mark}


def _is_of(program: "Program", scope: int, value: int, owner: int) -> bool:
    """Whether a value is an object of a class, by what it was made by or by how it is declared."""
    resolver = program.resolver
    if any(ref.kind == "instance" and ref.scope == owner for ref in resolver.refs(scope, value)):
        return True
    known = declared(resolver, scope, value)
    refs = () if known is None else resolver.annotated(*known)
    return any(ref.kind == "instance" and ref.scope == owner for ref in refs)
