"""What a declaration promises about its suites, beside the results in the repository: limits, their day, their age."""

import datetime
from collections.abc import Iterator

from aisafety_lint.declaration.content import day
from aisafety_lint.declaration.model import Breach, Promises
from aisafety_lint.declaration.surroundings import Surroundings
from aisafety_lint.evals.counting import shown_rate
from aisafety_lint.evals.model import Result
from aisafety_lint.evals.recognisers import START
from aisafety_lint.evals.tree import at, items, text
from aisafety_lint.finding import Location, Persona
from aisafety_lint.manifests.nodes import Node, Scalar
from aisafety_lint.source import Span

# An agent of high risk is looked at four times a year, where nothing else is said.
_OLDEST_HIGH = 90
_ERRORS_BORNE = 0.1


def result_breaches(promised: Promises, around: Surroundings, today: datetime.date) -> Iterator[Breach]:
    """Results that break the limit of their suite, were judged by a later limit, are too old, or too few."""
    for number, entry in enumerate(items(at(promised.root, "evals"))):
        newest = _newest(promised, entry, around)
        if newest is not None:
            name = text(at(entry, "id")) or str(number + 1)
            yield from _over_limit(promised, entry, name, newest)
            yield from _limit_after(promised, entry, name, newest)
            yield from _too_old(promised, entry, name, newest, today)


def result_days(promised: Promises, around: Surroundings) -> Iterator[datetime.date]:
    """The last days on which the newest results are young enough."""
    for entry in items(at(promised.root, "evals")):
        newest, age = _newest(promised, entry, around), _oldest(promised, entry)
        if newest is not None and newest.day is not None and age:
            yield newest.day + datetime.timedelta(days=age)


def _newest(promised: Promises, entry: Node, around: Surroundings) -> Result | None:
    """The last run of a suite; without a day the last file by its name."""
    where = text(at(entry, "results"))
    paths = frozenset(around.found(promised.folder, where)) if where else frozenset()
    runs = [one for one in around.evaluation.results if one.path in paths or _is_in(one.path, paths)]
    return max(runs, key=lambda one: (one.day or datetime.date.min, one.path), default=None)


def _is_in(path: str, folders: frozenset[str]) -> bool:
    return path.rpartition("/")[0] in folders


def _over_limit(promised: Promises, entry: Node, name: str, result: Result) -> Iterator[Breach]:
    """More failures than the limit allows, too many errors to tell, or too few tests to show it."""
    limit = _limit(entry)
    if limit is None:
        return
    place = Location(promised.path, _span(entry, "max_failure_rate"))
    shown = (Location(result.path, START, f"the results of {result.title}"),)
    tests = result.judged + result.errors
    if result.rate > limit:
        share = f"{_percent(result.rate)} of {result.judged} tests failed, the limit is {_percent(limit)}"
        yield Breach("evaluation-result-over-limit", place, {"suite": name, "problem": share}, related=shown, key=name)
    elif result.errors > _ERRORS_BORNE * tests:
        share = f"{result.errors} of {tests} tests ended with an error and judge nothing"
        words = {"suite": name, "problem": share}
        yield Breach("evaluation-result-over-limit", place, words, shift=-1, related=shown, key=name)
    elif limit and shown_rate(result.judged) > limit and result.failed == 0:
        words = {"suite": name, "tests": str(result.judged), "limit": _percent(limit)}
        words["rate"] = _percent(shown_rate(result.judged))
        yield Breach("too-few-results-for-limit", place, words, persona=Persona.PEDANTIC, related=shown, key=name)


def _limit_after(promised: Promises, entry: Node, name: str, result: Result) -> Iterator[Breach]:
    fixed = day(at(entry, "set_on"))
    if fixed is not None and result.day is not None and fixed > result.day:
        yield Breach(
            kind="limit-set-after-result",
            location=Location(promised.path, _span(entry, "set_on")),
            words={"suite": name, "set": str(fixed), "day": str(result.day)},
            related=(Location(result.path, START, f"the results of {result.title}"),),
            key=name,
        )


def _too_old(promised: Promises, entry: Node, name: str, result: Result, today: datetime.date) -> Iterator[Breach]:
    age = _oldest(promised, entry)
    if age and result.day is not None and (today - result.day).days > age:
        yield Breach(
            kind="stale-evaluation-result",
            location=Location(promised.path, _span(entry, "max_age_days" if at(entry, "max_age_days") else "results")),
            words={"suite": name, "day": str(result.day), "age": str(age)},
            related=(Location(result.path, START, f"the results of {result.title}"),),
            key=name,
        )


def _oldest(promised: Promises, entry: Node) -> int:
    """After how many days a result is too old; zero where nothing is said."""
    node = at(entry, "max_age_days")
    if isinstance(node, Scalar) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return max(node.value, 0)
    return _OLDEST_HIGH if promised.tier == "high" else 0


def _limit(entry: Node) -> float | None:
    node = at(entry, "max_failure_rate")
    value = node.value if isinstance(node, Scalar) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _span(entry: Node, key: str) -> Span:
    node = at(entry, key)
    return entry.span if node is None else node.span


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
