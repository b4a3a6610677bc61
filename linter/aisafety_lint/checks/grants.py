"""Rules about ready-made power that data can say: takes `match: {grant: ...}` of a rule, gives its findings."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from aisafety_lint.finding import Confidence, Finding, Location, Persona, Remedy
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.agents import Grant
from aisafety_lint.program.conditions import operands, unpacked
from aisafety_lint.program.constants import UNKNOWN, constant
from aisafety_lint.program.model import Program
from aisafety_lint.program.origins import by_default
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.remedies import of_call, safer
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span

_FILES = frozenset({"fs-read", "fs-write", "fs-delete"})
_MARKS = ("exposes", "unapproved", "switch", "late", "hazard")
_INCLUDED = {"shell": _FILES, "exec": _FILES}  # who has the one needs no finding about the others


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with a `grant` block."""
    block = rule.match["grant"]
    for grant in project.program.grants:
        if _fits(block, grant):
            yield _finding(rule, project.program, grant)


def _fits(block: Mapping[str, Any], grant: Grant) -> bool:
    """Whether a grant has a wanted capability, and of the marks exactly those that the rule asks for."""
    wanted = block.get("capabilities")
    included = frozenset().union(*(_INCLUDED.get(item, ()) for item in grant.capabilities))
    if wanted is not None and not set(wanted) & (set(grant.capabilities) - included):
        return False
    return all(grant.row.get(mark) == block.get(mark) for mark in _MARKS)


def _finding(rule: Rule, program: Program, grant: Grant) -> Finding:
    index = program.index
    name = grant.name or spelled(program.index, grant.scope, grant.call)
    persona = Persona.AUDITOR if grant.row.get("sandboxed") or grant.confidence is Confidence.LOW else rule.persona
    named = " and ".join(program.kinds.capabilities[item] for item in grant.capabilities)
    flag = grant.row.get("flag", "")
    granted, default = _location(program, grant), _default(program, grant)
    tool = f"{name}({flag}=...)" if flag else name
    return Finding(
        rule=rule.id,
        message=rule.message.format(sink=tool, capabilities=named),
        location=granted if default is None else default,
        severity=rule.severity,
        confidence=grant.confidence,
        persona=persona,
        why=f"`{name}` lets the model {named}" if named and not _opens(grant) else "",
        fix=rule.fix,
        symbol=index.scopes[grant.scope].qualname,
        related=() if default is None else (granted,),
        remedies=_remedies(rule, program, grant) if rule.edits and default is None else (),
    )


def _opens(grant: Grant) -> bool:
    """Whether it is others than the model that get the power: whoever reaches the program."""
    return "hazard" in grant.row or "exposes" in grant.row


def _remedies(rule: Rule, program: Program, grant: Grant) -> tuple[Remedy, ...]:
    """How the call is made without the power."""
    known = program.index.value(grant.scope, grant.call)
    if known.op != "call":
        return ()
    words = {"name": grant.row["flag"]} if "flag" in grant.row else {}
    return of_call(rule, safer(grant.row), program.index.paths[grant.scope], Span(*known.place), words)


def _flag_operands(program: Program, grant: Grant) -> tuple[int, ...]:
    flag = grant.row.get("flag")
    if not flag:
        return ()
    named = operands(program.resolver, grant.scope, grant.call, {"name": flag})
    return named or unpacked(program.resolver, grant.scope, grant.call, flag)


def _default(program: Program, grant: Grant) -> Location | None:
    """Where the default of a setting is written that gives the power unless somebody sets it."""
    index = program.index
    conditions = grant.row.get("when", [])
    listed = conditions if isinstance(conditions, list) else [conditions]
    wanted = [item["equals"] for item in listed if item.get("unset") and item.get("name") == grant.row.get("flag")]
    for operand in _flag_operands(program, grant) if wanted else ():
        if constant(program.resolver, grant.scope, operand) is not UNKNOWN:
            return None
        for fixed, (scope, value) in by_default(program.resolver, grant.scope, operand):
            if fixed in (wanted[0] if isinstance(wanted[0], list) else wanted):
                return Location(index.paths[scope], one_line(index.value(scope, value).place), "the default")
    return None


def _location(program: Program, grant: Grant) -> Location:
    """The flag that gives the power where there is one, else the call."""
    index = program.index
    if index.value(grant.scope, grant.call).op != "call":
        return Location(index.paths[grant.scope], one_line(index.value(grant.scope, grant.call).place), "granted here")
    call = index.value(grant.scope, grant.call).place
    for operand in _flag_operands(program, grant):
        place = index.value(grant.scope, operand).place
        # Not where a variable got its value; an entry of `**options` is where the flag is written.
        unpacked_flag = operand not in operands(program.resolver, grant.scope, grant.call, {"name": grant.row["flag"]})
        if call[0] <= place[0] <= call[2] or (unpacked_flag and index.value(grant.scope, operand).op == "const"):
            return Location(
                index.paths[grant.scope], one_line(place), "set here" if _opens(grant) else "gives the power"
            )
    return replace(call_place(index, grant.scope, grant.call), label="granted here")
