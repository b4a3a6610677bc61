"""A new declaration as text: what the code proves has its proof beside it, what people decide is left blank."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aisafety_lint.declaration.drift import ALWAYS, NEVER, effect_way
from aisafety_lint.declaration.model import Power, Way, Worker
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.evals.declaration import BLANK
from aisafety_lint.evals.model import DIMENSIONS, Cover, Suite

_PLAIN = re.compile(r"[A-Za-z][\w./-]*(?: [\w./-]+)*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that the repository says, and where."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Material:
    """What a declaration can be written from; paths are counted from its folder."""

    name: Noted
    workers: tuple[Worker, ...]
    loose: tuple[Power, ...] = ()
    models: tuple[Noted, ...] = ()
    suites: tuple[Suite, ...] = ()
    owners: tuple[str, ...] = ()
    tracing: tuple[str, ...] = ()


def draft(material: Material, terms: Terms) -> str:
    """The text of the declaration."""
    parts = (
        _head(material),
        _owner(material.owners),
        _models(material.models),
        _agents(material, terms),
        _evals(material.suites),
        _rest(material.tracing),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(material: Material) -> Iterator[str]:
    yield "# Written by `aisafety-lint init`: what the code proves is filled in, with the proof beside it."
    yield "# Each TODO is a decision of your team; `aisafety-lint init --check` shows what has changed since."
    yield "version: 1"
    yield ""
    yield "system:"
    yield f"  name: {quoted(material.name.text)}  # {material.name.place}"
    yield f"  use_case: {_blank('what it does, for whom, and what it must not do')}"
    yield f"  users: {BLANK}  # developers, internal, customers or public"
    yield f"  risk_tier: {BLANK}  # minimal, limited or high"
    yield f"  risk_reason: {_blank('why this tier, and which duties follow')}"
    yield ""


def _owner(owners: Sequence[str]) -> Iterator[str]:
    yield "owner:"
    if len(owners) == 1:
        yield f"  accountable: {quoted(owners[0])}  # CODEOWNERS"
    else:
        among = f"  # CODEOWNERS names {', '.join(owners)}" if owners else ""
        yield f"  accountable: {_blank('the team that answers for it')}{among}"
    yield f"  can_halt: [{_blank('who may stop it at any time')}]"
    yield f"  escalation: {_blank('where a problem is taken')}"
    yield ""


def _models(models: Sequence[Noted]) -> Iterator[str]:
    if models:
        yield "models:"
        yield from (f"  - id: {quoted(model.text)}  # {model.place}" for model in models)
        yield ""


def _agents(material: Material, terms: Terms) -> Iterator[str]:
    yield "agents:"
    if not material.workers:
        yield f"  - name: {_blank('the name of the agent; the code does not tell where it is built')}"
        yield from _tools(material.loose, terms)
    for worker in material.workers:
        address = f"{worker.path}:{worker.symbols[0]}" if worker.symbols else worker.path
        yield f"  - name: {quoted(worker.title)}"
        yield f"    code: {quoted(address)}  # line {worker.span.line}"
        yield from _tools(worker.powers, terms)
        for power in worker.unknown:
            where = f"{_comment(power.name)} ({power.kind}), {power.path}:{power.line}"
            yield f"      # Not listed, the code does not tell its tools: {where}"
    yield ""


def _tools(powers: Iterable[Power], terms: Terms) -> Iterator[str]:
    listed = _each_once(powers)
    yield "    tools:" if listed else "    tools: []"
    for power in listed:
        yield from _tool(power, terms)


def _each_once(powers: Iterable[Power]) -> list[Power]:
    return list({power.name: power for power in reversed(list(powers))}.values())[::-1]


def _tool(power: Power, terms: Terms) -> Iterator[str]:
    made = "ready-made; the model may see another name, " if power.hidden else ""
    yield f"      - name: {quoted(power.name)}  # {made}{power.path}:{power.line}"
    way = effect_way(power)
    if way is None:
        yield f"        effect: {BLANK}  # nothing was found that it does; read, if that is all"
        return
    yield f"        effect: {power.effect}  # {_proof(way)}"
    if power.effect in terms.consequential:
        asked = power.asked or all(one.asked for one in power.ways if one.effect == power.effect)
        yield f"        approval: {ALWAYS if asked else NEVER}  # {_asked(power, asked)}"
        if not asked:
            yield f"        reason: {_blank('why nobody has to be asked, or build the question')}"


def _asked(power: Power, asked: bool) -> str:
    if power.asked:
        return "the framework asks a person before every call"
    return "a person is asked on every way to it" if asked else "nobody is asked on the way to it"


def _proof(way: Way) -> str:
    place = way.steps[-1]
    return f"{_comment(place.label)}, {place.path}:{place.span.line}"


def _evals(suites: Sequence[Suite]) -> Iterator[str]:
    yield "evals:"
    if not suites:
        yield "  - id: red-team  # no suite was found in the repository"
        yield f"    external: {_blank('where it runs, or config: and the path of the suite')}"
        yield f"    covers: [{BLANK}]  # adversarial, multi_turn, injection, excessive_agency, over_refusal"
        yield from _limit()
    for number, suite in enumerate(suites, 1):
        covered = [name for name in DIMENSIONS if suite.coverage.get(name) is Cover.COVERED]
        absent = all(suite.coverage.get(name) is Cover.ABSENT for name in DIMENSIONS)
        yield f"  - id: {suite.framework}-{number}"
        yield f"    tool: {suite.framework}"
        yield f"    config: {quoted(suite.path)}"
        listed = covered or [_QUALITY if absent else BLANK]
        yield f"    covers: [{', '.join(listed)}]" + ("" if covered or absent else "  # not known from the code")
        yield from _limit()
    yield ""


def _limit() -> Iterator[str]:
    yield f"    max_failure_rate: {BLANK}  # 0.02 is two of a hundred"
    yield f"    set_on: {BLANK}  # the day on which you fix the limit"


def _rest(tracing: Sequence[str]) -> Iterator[str]:
    yield "incident:"
    yield f"  means: [{_blank('what must not happen')}]"
    yield f"  report_to: {_blank('where an incident is reported')}"
    yield ""
    yield "rollback:"
    yield f"  triggers: [{_blank('what makes you go back')}]"
    yield f"  how: {_blank('the path of the runbook')}"
    yield ""
    found = f"; the code imports {', '.join(tracing)}" if tracing else ""
    yield f"# From the tier limited on: monitoring, with what is logged and for how long{found}."
    yield "review:"
    yield f"  last: {BLANK}  # the day on which this was filled in"
    yield f"  expires: {BLANK}"


def _blank(what: str) -> str:
    return f'"{BLANK}: {what}"'


def _comment(text: str) -> str:
    """A text of the repository in a comment: on one line, whatever it holds."""
    return "".join(character if character.isprintable() else " " for character in text)


def quoted(text: str) -> str:
    """A text as a value of YAML."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not text.endswith(("-", "."))
    return text if plain or _is_address(text) else json.dumps(text)


def _is_address(text: str) -> bool:
    """A path and a symbol, which need no quotes either."""
    path, _, symbol = text.partition(":")
    return (
        bool(_PLAIN.fullmatch(path)) and " " not in text and symbol.replace(".", "_").isidentifier() and text.isascii()
    )
