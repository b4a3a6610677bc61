"""Tools that change what the model is told: their own description, the agent's instructions, its tools, its files."""

from collections.abc import Iterator
from typing import NamedTuple

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import text_of
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.program.running import reached
from aisafety_lint.program.spelling import written
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_PATH = ({"position": 0, "name": "file"}, {"receiver": True})


class Change(NamedTuple):
    """A place where a tool changes what the model is told."""

    location: Location
    tool: str
    what: str
    symbol: str


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    found = {item.location: item for item in (*_described(program), *_instructed(program), *_filed(program))}
    for change in sorted(found.values(), key=lambda item: (item.location.path, item.location.span)):
        yield Finding(
            rule=rule.id,
            message=rule.message.format(tool=change.tool, what=change.what),
            location=change.location,
            severity=rule.severity,
            confidence=Confidence.MEDIUM,
            persona=rule.persona,
            fix=rule.fix,
            symbol=change.symbol,
        )


def _stores(program: Program, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The writes of attributes with such names, inside of functions."""
    for name in sorted(names):
        for scope, value in program.index.attribute_stores.get(name, ()):
            if program.scopes[scope].form == "function" and not program.tested(program.index.paths[scope]):
                yield scope, value


def _change(program: Program, scope: int, value: int, tool: str) -> Change:
    known = program.index.value(scope, value)
    what = f"{written(program.index, scope, known.args[0])}.{known.name}"
    place = Location(program.index.paths[scope], one_line(known.place), "changes what the model is told")
    return Change(place, tool, what, program.scopes[scope].qualname)


def _described(program: Program) -> Iterator[Change]:
    """`tool.__doc__ = text` while the program runs: what a person has read of a tool is not what it says later."""
    tools = {tool.scope: tool for tool in program.tools}
    for scope, value in _stores(program, program.kinds.told.described if tools else frozenset()):
        base = program.index.value(scope, value).args[0]
        for ref in program.resolver.refs(scope, base):
            if ref.kind == "function" and ref.scope in tools and scope in _running(program, scope):
                yield _change(program, scope, value, tools[ref.scope].name)


def _running(program: Program, scope: int) -> frozenset[int]:
    """The tools that a function is, or is a part of; a function that builds tools describes them once."""
    return frozenset(tool.scope for tool in program.tools if scope in reached(program.resolver, [tool.scope]))


def _instructed(program: Program) -> Iterator[Change]:
    """A tool that writes the instructions or the tools of an agent."""
    stores = list(_stores(program, program.kinds.told.instructed)) if program.tools else []
    wanted = {scope for scope, _ in stores}
    for tool in program.tools if wanted else ():
        inside = reached(program.resolver, [tool.scope]) & wanted
        for scope, value in stores:
            if scope in inside and _is_agent(program, scope, program.index.value(scope, value).args[0]):
                yield _change(program, scope, value, tool.name)


def _is_agent(program: Program, scope: int, value: int) -> bool:
    """Whether a value is a modelled object that an agent is built by."""
    built = {(agent.scope, agent.call) for agent in program.agents}
    models = program.resolver.models
    paths = {path.removesuffix("()") for ref in program.resolver.refs(scope, value) for path in (ref.path,) if path}
    return (scope, value) in built or any(models.rows("agents", path) for path in paths)


def _filed(program: Program) -> Iterator[Change]:
    """A tool that writes a file which tells agents what to do."""
    for effect in program.effects:
        if effect.capability == "fs-write" and not effect.approved and effect.confidence is not Confidence.LOW:
            file = _file(program, effect)
            scope, call = effect.chain[-1]
            if file is not None:
                place = call_place(program.index, scope, call)
                location = Location(place.path, place.span, "changes what the model is told")
                yield Change(location, effect.tool.name, file, program.scopes[scope].qualname)


def _file(program: Program, effect: Effect) -> str | None:
    """The last part of the path that an effect writes to, where that is a file of instructions."""
    scope, call = effect.chain[-1]
    for spec in _PATH:
        for operand in operands(program.resolver, scope, call, spec):
            match = program.kinds.told.files.search(text_of(program.resolver, scope, operand))
            if match is not None:
                return match["file"]
    return None
