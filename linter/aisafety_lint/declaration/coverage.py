"""What is tested beside what is declared: the harms of the domain, and the model that the agent runs on."""

import re
from collections.abc import Collection, Iterator, Sequence

from aisafety_lint.declaration.content import answer
from aisafety_lint.declaration.model import Breach, Promises, Worker
from aisafety_lint.declaration.reading import key_span
from aisafety_lint.declaration.surroundings import Surroundings
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.evals.model import Cover, Suite, Target, covered
from aisafety_lint.evals.tree import at, items
from aisafety_lint.finding import Location
from aisafety_lint.wording import listed

# A name that is put together when it is used, or that is a deployment's own.
_OPEN = re.compile(r"[${}<>]|^azure", re.IGNORECASE)
# Versions of a cloud's catalogue (`...-v1:0`), and everything but the words of a name.
_REVISION = re.compile(r":\d+$")
_SHORTEST = 3


def coverage_breaches(
    promised: Promises, around: Surroundings, found: Sequence[Worker], terms: Terms
) -> Iterator[Breach]:
    """Domains whose harms nothing tests, and models that are not the declared, or not the tested one."""
    yield from _domains(promised, around, terms)
    yield from _models(promised, around, found)


def _domains(promised: Promises, around: Surroundings, terms: Terms) -> Iterator[Breach]:
    """Declared domains of which every suite that there is tests nothing; without a suite other rules speak."""
    suites = around.evaluation.suites
    names = [answer(item) for item in items(at(promised.root, "system.domains"))]
    lacking = [
        name
        for name in names
        if name in terms.harms and all(covered(suites, one) is Cover.ABSENT for one in terms.harms[name])
    ]
    if suites and lacking:
        yield Breach(
            kind="domain-harms-untested",
            location=Location(promised.path, key_span(promised, "system.domains")),
            words={"domains": _joined(lacking), "suites": _joined(sorted({suite.title for suite in suites}), mark="")},
            related=tuple(Location(suite.path, suite.span, f"a suite of {suite.title}") for suite in suites),
        )


def _models(promised: Promises, around: Surroundings, found: Sequence[Worker]) -> Iterator[Breach]:
    """Models that the code names and the declaration does not, and suites that attack a third one."""
    declared = [answer(at(item, "id")) for item in items(at(promised.root, "models"))]
    if not all(declared) or any(map(_OPEN.search, declared)):
        return
    lists = f"the declaration lists {_joined(declared)}"
    for worker in found if declared else ():
        if _is_closed(worker.model) and not _is_one_of(worker.model, declared):
            yield Breach(
                kind="model-not-as-declared",
                location=Location(promised.path, key_span(promised, "models")),
                words={"problem": f"`{worker.title}` uses `{worker.model}`, and {lists}"},
                related=(Location(worker.path, worker.span, "builds the agent"),),
                key=worker.title,
            )
    used = [worker.model for worker in found]
    if used and all(map(_is_closed, used)):
        yield from (_attacked(suite, used) for suite in around.evaluation.suites if _misses(suite, [*used, *declared]))


def _misses(suite: Suite, known: Collection[str]) -> bool:
    """Whether a suite talks to a model, and to none of those that are known."""
    return (
        suite.target is Target.MODEL
        and not suite.shown
        and suite.target_span is not None
        and _is_closed(suite.target_name)
        and not _is_one_of(suite.target_name, known)
    )


def _attacked(suite: Suite, used: Sequence[str]) -> Breach:
    problem = f"the suite of {suite.title} tests `{suite.target_name}`, and the code uses {_joined(used)}"
    return Breach(
        kind="model-not-as-declared",
        location=Location(suite.path, suite.target_span or suite.span),
        words={"problem": problem},
        key=suite.target_name,
    )


def _is_closed(name: str) -> bool:
    """Whether a name is written out."""
    return len(_bare(name)) >= _SHORTEST and not _OPEN.search(name)


def _is_one_of(name: str, known: Collection[str]) -> bool:
    """Whether two names can be of one model: one is the other with a provider, a region or a date around it."""
    bare = _bare(name)
    return any(bare in other or other in bare for other in map(_bare, known))


def _bare(name: str) -> str:
    """A name without its provider."""
    return re.split(r"[:/]", _REVISION.sub("", name.strip().lower()))[-1]


def _joined(names: Sequence[str], mark: str = "`") -> str:
    return listed([f"{mark}{name}{mark}" for name in dict.fromkeys(names)])
