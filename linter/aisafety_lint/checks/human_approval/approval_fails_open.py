"""Questions to a person whose failure counts as a yes: the handler of an exception, or nobody there, leads on."""

from collections.abc import Iterator
from typing import NamedTuple

from aisafety_lint.finding import Confidence, Finding, Location, Persona, Severity
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.program.asking import VERDICTS, Asking, handlers, within
from aisafety_lint.program.effects import Effect
from aisafety_lint.program.model import Program
from aisafety_lint.program.spelling import spelled
from aisafety_lint.project import Project
from aisafety_lint.python.facts import Place, Value
from aisafety_lint.rule import Rule

_RISKY = frozenset({"shell", "exec"})


class Hole(NamedTuple):
    """A place where a failed question becomes a yes: `asks` is the call that may fail, -1 where the function asks."""

    scope: int
    place: Place
    asks: int
    when: str


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    program = project.program
    asking = program.asking
    holes = {(hole.scope, hole.place): hole for hole in _holes(program, asking)}
    for hole in sorted(holes.values(), key=lambda item: (program.index.paths[item.scope], item.place)):
        # Who is asked is not seen where neither the code nor a name speaks of asking: a judge may be a program, too.
        named = asking.words.asks.fullmatch(program.index.scopes[hole.scope].name)
        known = hole.asks >= 0 or hole.scope in asking.sites or named is not None
        yield _finding(rule, program, hole, known=known)


def _holes(program: Program, asking: Asking) -> Iterator[Hole]:
    for scope in sorted(asking.sites.keys() | asking.deciding):
        if not program.tested(program.index.paths[scope]):
            if scope in asking.deciding:
                yield from _unanswered(program, asking, scope)
            yield from _left_out(program, asking, scope)
            for position, caught in handlers(program.index, scope):
                yield from _returned(program, asking, scope, caught)
                yield from _assumed(program, asking, scope, position, caught)
    yield from _swallowed(program, asking)


def _body(caught: Value) -> tuple[int, ...]:
    """The calls that may have raised what is caught."""
    return caught.args[1 + int(caught.name) :]


def _asks(asking: Asking, scope: int, caught: Value) -> int:
    """The first call in the body of a handler that asks; -1 where there is none."""
    return next((call for call in _body(caught) if call in asking.sites.get(scope, ())), -1)


def _returned(program: Program, asking: Asking, scope: int, caught: Value) -> Iterator[Hole]:
    """A handler in a function that says whether something is approved, and that says yes."""
    asks = _asks(asking, scope, caught)
    if scope not in asking.deciding or not _body(caught) or not _tells_apart(program, asking, scope):
        return
    if asks < 0 and asking.asked.get(scope):
        return  # the question stands elsewhere
    for value in program.index.scopes[scope].returns:
        known = program.index.value(scope, value)
        if within(known.place, caught.place) and asking.is_yes(scope, value):
            yield Hole(scope, known.place, asks, "fails")


def _tells_apart(program: Program, asking: Asking, scope: int) -> bool:
    """Whether a function can also say something else than yes."""
    return any(not asking.is_yes(scope, value) for value in program.index.scopes[scope].returns)


def _unanswered(program: Program, asking: Asking, scope: int) -> Iterator[Hole]:
    """A yes where nobody is there to be asked, or nobody has answered in time."""
    for value in program.index.scopes[scope].returns if _tells_apart(program, asking, scope) else ():
        known = program.index.value(scope, value)
        if asking.is_yes(scope, value) and _is_absent(program, asking, scope, known.guard):
            yield Hole(scope, known.place, -1, "cannot be put or stays unanswered")


def _is_absent(program: Program, asking: Asking, scope: int, guard: int) -> bool:
    innermost = next(program.consent.chain(scope, guard), None)
    if innermost is None or innermost[1] == "returned":
        return False
    value, positive = program.consent.tested(scope, *innermost)
    known = program.index.value(scope, value)
    while known.op in ("await", "copy"):
        known = program.index.value(scope, known.args[0])
    called = program.index.value(scope, known.args[0]) if known.op == "call" else known
    return not positive and known.op == "call" and called.name in asking.words.unanswered


def _assumed(program: Program, asking: Asking, scope: int, position: int, caught: Value) -> Iterator[Hole]:
    """A variable that holds the answer, or yes where asking has failed, and that decides."""
    asks = _asks(asking, scope, caught)
    if asks < 0:
        return
    index = program.index
    for number, value in enumerate(index.scopes[scope].values):
        if value.op != "phi" or number < position or not any(asking.from_answer(scope, arg) for arg in value.args):
            continue
        assumed = [arg for arg in value.args if _is_assumed(program, asking, scope, arg, position, caught)]
        if assumed and _decides(program, scope, number):
            place = index.value(scope, assumed[0]).place
            yield Hole(scope, place if within(place, caught.place) else caught.place, asks, "fails")


def _is_assumed(program: Program, asking: Asking, scope: int, value: int, position: int, caught: Value) -> bool:
    """Whether a value is a yes that was written in a handler, or before the question and left as it was."""
    known = program.index.value(scope, value)
    if known.op == "copy":
        return _is_assumed(program, asking, scope, known.args[0], position, caught)
    if known.op == "phi" and value < position:
        answered = any(asking.from_answer(scope, arg) for arg in known.args)
        return answered and any(asking.is_yes(scope, arg) for arg in known.args)
    return within(known.place, caught.place) and asking.is_yes(scope, value)


def _decides(program: Program, scope: int, value: int) -> bool:
    """Whether a value, or what is made of it, is a condition or is returned."""
    known = program.index.scopes[scope]
    reached = {value}
    for position, item in enumerate(known.values):
        if position > value and reached.intersection(item.args):
            reached.add(position)
    return any(guard.value in reached for guard in known.guards) or bool(reached.intersection(known.returns))


def _left_out(program: Program, asking: Asking, scope: int) -> Iterator[Hole]:
    """An answer without a decision that is read as a yes: `answer.get("approved", True)`."""
    known = program.index.scopes[scope]
    for call in known.calls if scope in asking.sites else ():
        value = known.values[call.value]
        called = known.values[value.args[0]]
        if called.op != "attr" or called.name != "get" or call.keywords != ("", ""):
            continue
        key = known.values[value.args[1]].name
        speaks = asking.words.decides.fullmatch(key) or asking.words.agrees.fullmatch(key) or key in VERDICTS
        assumed = speaks and asking.is_yes(scope, value.args[2]) and asking.from_answer(scope, called.args[0])
        if assumed and _decides(program, scope, call.value):
            yield Hole(scope, value.place, _asked_for(asking, scope, called.args[0]), "is answered without a decision")


def _asked_for(asking: Asking, scope: int, value: int) -> int:
    """The call whose answer a value is; -1 where that is not seen."""
    pending, seen = [value], {value}
    for item in pending:
        if item in asking.sites.get(scope, ()):
            return item
        fresh = [arg for arg in asking.index.value(scope, item).args if arg not in seen]
        seen.update(fresh)
        pending += fresh
    return -1


def _swallowed(program: Program, asking: Asking) -> Iterator[Hole]:
    """Consequential calls of tools that come after a question in a `try`, also where that has raised."""
    wanted = asking.words.consequential | _RISKY
    for effect in program.effects:
        if effect.capability in wanted and not effect.approved and effect.confidence is not Confidence.LOW:
            yield from _passed_over(program, asking, effect)


def _passed_over(program: Program, asking: Asking, effect: Effect) -> Iterator[Hole]:
    for scope, call in effect.chain:
        known = program.index.value(scope, call)
        for position, caught in handlers(program.index, scope) if scope in asking.sites else ():
            asks = _asks(asking, scope, caught)
            after = position < call and not within(known.place, caught.place)
            if asks >= 0 and after and _refuses(program, asking, scope, asks, position):
                yield Hole(scope, caught.place, asks, "fails")


def _refuses(program: Program, asking: Asking, scope: int, asks: int, position: int) -> bool:
    """Whether a no leaves the function from the body of the handler at a position."""
    index = program.index
    left = (*index.scopes[scope].returns, *index.scopes[scope].raises)
    leaves = [index.value(scope, item) for item in left if asks < item < position]
    insists = any(
        ref.kind == "function" and program.consent.insists(ref.scope) for ref in program.resolver.callees(scope, asks)
    )
    return insists or any(asking.decided(scope, item.guard) for item in leaves)


def _finding(rule: Rule, program: Program, hole: Hole, *, known: bool) -> Finding:
    index = program.index
    scope = index.scopes[hole.scope]
    asks = spelled(index, hole.scope, hole.asks) if hole.asks >= 0 else scope.name
    related = (Location(index.paths[hole.scope], one_line(scope.head), f"`{scope.name}` says whether it is approved"),)
    if hole.asks >= 0:
        related = (call_place(index, hole.scope, hole.asks),)
    return Finding(
        rule=rule.id,
        message=rule.message.format(asks=asks, when=hole.when),
        location=Location(index.paths[hole.scope], one_line(hole.place), "goes on as if a person had agreed"),
        severity=rule.severity if known else Severity.LOW,
        confidence=Confidence.MEDIUM if known else Confidence.LOW,
        persona=rule.persona if known else Persona.PEDANTIC,
        related=related,
        fix=rule.fix,
        symbol=scope.qualname,
    )
