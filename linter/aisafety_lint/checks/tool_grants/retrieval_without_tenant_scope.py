"""Searches of a store that several tenants share, in functions that know whose request it is and do not say so."""

from collections.abc import Iterator

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.model import Program
from aisafety_lint.program.models import rows_of
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.python.facts import Param, Scope
from aisafety_lint.rule import Rule


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    for scope, known in enumerate(program.scopes):
        tenant = _tenant(program, known)
        if tenant is None or program.tested(program.index.paths[scope]):
            continue
        for call in known.calls:
            if _is_shared(program, scope, call.value) and not _speaks_of_tenants(program, scope, call.value):
                yield _finding(rule, program, scope, call.value, tenant)


def _tenant(program: Program, known: Scope) -> Param | None:
    """The parameter of a function that names the tenant."""
    named = (param for param in known.params if program.kinds.tenants.fullmatch(param.name))
    return next(named, None) if known.form == "function" else None


def _is_shared(program: Program, scope: int, call: int) -> bool:
    """Whether a call searches a store that may hold the content of several tenants."""
    paths = program.resolver.paths(scope, call)
    return any(row.get("shared") for row in rows_of(program.resolver.models, "sources", paths))


def _speaks_of_tenants(program: Program, scope: int, call: int) -> bool:
    """Whether anything that a call is made of, the store included, has to do with a tenant or is not known."""
    values = program.scopes[scope].values
    pending, seen = [call], {call}
    for item in pending:
        known = values[item]
        if item != call and known.op in ("param", "name", "attr", "const") and program.kinds.tenants.search(known.name):
            return True
        if known.op == "call" and "**" in program.index.calls[scope][item].keywords:
            return True
        if known.op == "param" and known.name not in ("self", "cls") and _is_store(program, scope, call, item):
            return True  # whoever handed the store over may have chosen it for the tenant
        fresh = [arg for arg in known.args if arg not in seen]
        seen.update(fresh)
        pending += fresh
    return False


def _is_store(program: Program, scope: int, call: int, value: int) -> bool:
    """Whether a value is the object whose method is called, or what that is read from."""
    base = program.index.value(scope, call).args[0]
    while (known := program.index.value(scope, base)).op in ("attr", "await", "copy"):
        base = known.args[0]
    return base == value


def _finding(rule: Rule, program: Program, scope: int, call: int, tenant: Param) -> Finding:
    index = program.index
    place = index.value(scope, tenant.value).place
    return Finding(
        rule=rule.id,
        message=rule.message.format(sink=spelled(index, scope, call), tenant=tenant.name),
        location=call_place(index, scope, call),
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        persona=rule.persona,
        related=(Location(index.paths[scope], one_line(place), "says whose request it is"),),
        fix=rule.fix,
        symbol=index.scopes[scope].qualname,
    )
