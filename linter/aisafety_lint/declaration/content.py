"""What a declaration says, judged by itself: blanks, dates, the tier, and the questions that it leaves open."""

import datetime
from collections.abc import Iterator, Sequence

from aisafety_lint.declaration.model import Breach, Promises, Worker
from aisafety_lint.declaration.reading import key_span, value_span
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.evals.declaration import BLANK
from aisafety_lint.evals.model import Declaration, Flaw
from aisafety_lint.evals.tree import at, items, text
from aisafety_lint.finding import Location, Persona
from aisafety_lint.manifests.nodes import Array, Node, Object, Scalar

INVALID = "invalid-declaration"
_SOON = 30
_TESTED = 180
_MODELLED = 365
_SHOWN = 4
_CAREFUL = frozenset({"limited", "high"})
_OPEN = frozenset({"customers", "public"})


def answer(node: Node | None) -> str:
    """The text of an answer; empty where it is missing or still left blank."""
    found = text(node).strip()
    return "" if found.startswith(BLANK) else found


def content_breaches(
    promised: Promises, declaration: Declaration, found: Sequence[Worker], terms: Terms, today: datetime.date
) -> Iterator[Breach]:
    """What is missing, blank, over or too low in a declaration."""
    asked = [flaw for flaw in declaration.flaws if terms.questions.get(flaw.missing)]
    yield from flaw_breaches(declaration, terms)
    yield from _blanks(promised, terms)
    yield from _review(promised, today)
    yield from _exceptions(promised, today)
    yield from _tier(promised, found, terms)
    yield from _halt(promised)
    yield from _rollback(promised, asked, today)
    yield from _limits(promised, found, terms)
    yield from _threat_model(promised, today)
    yield from _disclosure(promised)
    yield from _oversight(promised, found, terms)


def flaw_breaches(declaration: Declaration, terms: Terms) -> Iterator[Breach]:
    """The places where a declaration breaks its schema; missing answers to one question are told together."""
    grouped: dict[str, list[Flaw]] = {}
    for flaw in declaration.flaws:
        kind = terms.questions.get(flaw.missing)
        if kind is None:
            yield Breach(INVALID, Location(declaration.path, flaw.span), {"flaw": flaw.message}, key=flaw.message)
        else:
            grouped.setdefault(kind, []).append(flaw)
    for kind, flaws in grouped.items():
        yield Breach(
            kind=kind,
            location=Location(declaration.path, flaws[0].span),
            words={"problem": _listed(dict.fromkeys(flaw.message for flaw in flaws))},
            related=tuple(Location(declaration.path, flaw.span, flaw.message) for flaw in flaws[1:]),
        )


def _listed(problems: "dict[str, None]") -> str:
    return " and ".join(list(problems)[:_SHOWN])


def _blanks(promised: Promises, terms: Terms) -> Iterator[Breach]:
    """Answers that are none; told together at the first."""
    blanks = [
        (name, node) for name, node in _answers(promised.root, "") if terms.blanks.search(str(node.value).strip())
    ]
    if blanks:
        names = ", ".join(f"`{name}`" for name, _ in blanks[:_SHOWN])
        more = len(blanks) - _SHOWN
        yield Breach(
            kind="placeholder-in-declaration",
            location=Location(promised.path, blanks[0][1].span),
            words={"places": names + (f" and {more} more" if more > 0 else "")},
            related=tuple(Location(promised.path, node.span, "another one") for _, node in blanks[1:]),
        )


def _answers(node: Node, name: str) -> Iterator[tuple[str, Scalar]]:
    """Every text of a declaration with its place in it, a team's own data left out."""
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            yield name, node
    elif isinstance(node, Array):
        for number, item in enumerate(node.items):
            yield from _answers(item, f"{name}[{number}]")
    else:
        for pair in node.pairs:
            if name or not pair.name.startswith("x-"):
                yield from _answers(pair.value, f"{name}.{pair.name}" if name else pair.name)


def day(node: Node | None) -> datetime.date | None:
    """A date as written; None where there is none."""
    try:
        return datetime.date.fromisoformat(text(node))
    except ValueError:
        return None


def last_days(promised: Promises) -> Iterator[str]:
    """The days after which something in a declaration is over, or soon over."""
    expires = day(at(promised.root, "review.expires"))
    days = [
        (expires, 0),
        (expires, -_SOON - 1),
        (day(at(promised.root, "rollback.tested_on")), _TESTED),
        (day(at(promised.root, "system.threat_model.reviewed_on")), _MODELLED),
        *((day(at(entry, "expires")), 0) for entry in items(at(promised.root, "exceptions"))),
    ]
    for date, shift in days:
        if date is not None and datetime.date.min.toordinal() <= date.toordinal() + shift < _LAST:
            yield (date + datetime.timedelta(days=shift)).isoformat()


_LAST = datetime.date.max.toordinal()


def _review(promised: Promises, today: datetime.date) -> Iterator[Breach]:
    expires = day(at(promised.root, "review.expires"))
    if expires is None or (expires - today).days > _SOON:
        return
    over = expires < today
    yield Breach(
        kind="declaration-expired",
        location=Location(promised.path, value_span(promised, "review.expires")),
        words={"problem": f"has been over since {expires}" if over else f"is over on {expires}"},
        shift=0 if over else -1,
        persona=None if over else Persona.PEDANTIC,
    )


def _exceptions(promised: Promises, today: datetime.date) -> Iterator[Breach]:
    for entry in items(at(promised.root, "exceptions")):
        expires = day(at(entry, "expires"))
        node = at(entry, "expires")
        if expires is not None and node is not None and expires < today:
            yield Breach(
                kind="expired-exception",
                location=Location(promised.path, node.span),
                words={"excepted": text(at(entry, "rule")), "expires": str(expires)},
                key=text(at(entry, "rule")),
            )


def _effects(promised: Promises, found: Sequence[Worker]) -> set[str]:
    """The effects that are declared, or that the code has."""
    declared = {tool.effect for agent in promised.agents for tool in agent.tools}
    return declared.union(*(worker.effects for worker in found))


def _tier(promised: Promises, found: Sequence[Worker], terms: Terms) -> Iterator[Breach]:
    """A tier that the effects or the domain contradict; with a reason it is a hint."""
    problem = ""
    if promised.tier == "prohibited":
        problem = "the use is declared as prohibited, and the agent is built all the same"
    elif promised.tier == "minimal":
        effects = sorted(_effects(promised, found) & terms.grave)
        domains = sorted(terms.sensitive & {text(item) for item in items(at(promised.root, "system.domains"))})
        told = [*(f"`{name}`" for name in effects), *(f"the domain `{name}`" for name in domains)]
        problem = f"the tier is `minimal` with {', '.join(told)}" if told else ""
    if problem:
        reasoned = promised.tier == "minimal" and bool(answer(at(promised.root, "system.risk_reason")))
        yield Breach(
            kind="risk-tier-too-low",
            location=Location(promised.path, value_span(promised, "system.risk_tier")),
            words={"problem": problem},
            # The tier that is in question is no measure of how grave that is.
            shift=0 if reasoned else 1 if promised.tier == "minimal" else 0,
            persona=Persona.PEDANTIC if reasoned else None,
        )


def _halt(promised: Promises) -> Iterator[Breach]:
    """The one who answers for the agent is a single person, and nobody else can stop it."""
    owner = answer(at(promised.root, "owner.accountable"))
    halting = {text(item) for item in items(at(promised.root, "owner.can_halt"))}
    if owner.startswith("@") and "/" not in owner and halting == {owner}:
        yield Breach(
            kind="no-halt-authority",
            location=Location(promised.path, value_span(promised, "owner.can_halt")),
            words={"problem": f"`{owner}` alone answers for the agent and can halt it"},
            shift=-1,
        )


def _rollback(promised: Promises, asked: Sequence[Flaw], today: datetime.date) -> Iterator[Breach]:
    """It is not told when the way back was tried, or that was long ago."""
    told = any(flaw.missing == "rollback.tested_on" or flaw.missing == "rollback" for flaw in asked)
    if at(promised.root, "rollback") is None or told or promised.tier not in _CAREFUL:
        return
    node = at(promised.root, "rollback.tested_on")
    tested = day(node)
    if node is not None and tested is None:  # a blank, or a flaw
        return
    if tested is None or (today - tested).days > _TESTED:
        problem = "the rollback was never tested" if tested is None else f"the rollback was last tested on {tested}"
        yield Breach(
            kind="rollback-not-ready",
            location=Location(promised.path, value_span(promised, "rollback.tested_on")),
            words={"problem": problem},
        )


def _limits(promised: Promises, found: Sequence[Worker], terms: Terms) -> Iterator[Breach]:
    """No suite with a limit covers attacks as such, or what the agent's effects and users call for."""
    if promised.tier not in _CAREFUL or not items(at(promised.root, "evals")):
        return
    effects, users = _effects(promised, found), text(at(promised.root, "system.users"))
    wanted = ["adversarial"] + [
        name for name, why in terms.limits.items() if not why.effects.isdisjoint(effects) or users in why.users
    ]
    limited = {
        text(item)
        for entry in items(at(promised.root, "evals"))
        if text(at(entry, "max_failure_rate"))
        for item in items(at(entry, "covers"))
    }
    missing = [name for name in wanted if name not in limited]
    if missing and BLANK not in limited:
        yield Breach(
            kind="no-release-limit",
            location=Location(promised.path, key_span(promised, "evals")),
            words={"problem": f"no suite has a limit for {', '.join(f'`{name}`' for name in missing)}"},
        )


def _threat_model(promised: Promises, today: datetime.date) -> Iterator[Breach]:
    """The threat model is older than the last review, or than a year."""
    reviewed = day(at(promised.root, "system.threat_model.reviewed_on"))
    last = day(at(promised.root, "review.last"))
    if reviewed is None:
        return
    problem = ""
    if last is not None and reviewed < last:
        problem = f"the threat model is of {reviewed}, before the last review on {last}"
    elif (today - reviewed).days > _MODELLED:
        problem = f"the threat model was last reviewed on {reviewed}"
    if problem:
        yield Breach(
            kind="stale-threat-model",
            location=Location(promised.path, value_span(promised, "system.threat_model.reviewed_on")),
            words={"problem": problem},
        )


def _disclosure(promised: Promises) -> Iterator[Breach]:
    node = at(promised.root, "system.ai_disclosed")
    users = text(at(promised.root, "system.users"))
    if users in _OPEN and isinstance(node, Scalar) and node.value is False:
        yield Breach(
            kind="ai-not-disclosed",
            location=Location(promised.path, node.span),
            words={"problem": f"the users are `{users}`, and they are not told that they talk to a machine"},
        )


def _oversight(promised: Promises, found: Sequence[Worker], terms: Terms) -> Iterator[Breach]:
    """Nobody reviews what an agent decides, or it is not told what an agent does that fails."""
    alone = promised.tier == "limited" and at(promised.root, "human_review") is None
    if alone and "decide" in _effects(promised, found):
        yield Breach(
            kind="no-human-review",
            location=Location(promised.path, promised.span),
            words={"problem": "the agent decides, and nobody is named who reviews unclear cases"},
        )
    if promised.tier not in _CAREFUL:
        return
    for number, agent in enumerate(promised.agents):
        grave = [tool.name for tool in agent.tools if tool.effect in terms.consequential]
        entry = items(at(promised.root, "agents"))[number]
        if grave and isinstance(entry, Object) and at(entry, "on_failure") is None:
            yield Breach(
                kind="no-fallback",
                location=Location(promised.path, agent.span),
                words={"agent": agent.name, "tool": grave[0]},
                key=agent.name,
            )
