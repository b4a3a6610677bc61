"""Rules about evaluation that data can say: takes `match: {eval: ...}` of a rule, gives its findings.

The form of the block is `rules/schema/match-eval.schema.json`. What is absent is reported once for the repository;
what contradicts itself, at each place. Nothing is said of what is unknown.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from aisafety_lint.evals.counting import shown_rate
from aisafety_lint.evals.model import Addition, Cover, Problem, ProblemKind, Run, Suite, Target, covered
from aisafety_lint.evals.product import Evaluated, Shipped, shipped
from aisafety_lint.finding import Confidence, Finding, Location, Persona, Remedy, Severity
from aisafety_lint.rule import Rule

_NAMES_SHOWN = 3


def check(rule: Rule, project: Evaluated) -> Iterator[Finding]:
    """The findings of a rule with an `eval` block."""
    block: Mapping[str, Any] = rule.match["eval"]
    questions: Mapping[str, Callable[[Rule, Any, Evaluated], Iterator[Finding]]] = {
        "missing": _missing,
        "lacks": _lacks,
        "wired": _not_wired,
        "gate": _cannot_fail,
        "target": _bare_model,
        "limit": _without_limit,
        "size": _too_small,
        "grader": _graded_by_itself,
        "public": _only_public,
        "floating": _not_repeatable,
        "problems": _problems,
    }
    for key, question in questions.items():
        if key in block:
            yield from question(rule, block[key], project)


def _missing(rule: Rule, dimension: str, project: Evaluated) -> Iterator[Finding]:
    """No suite at all covers a dimension: at the line that builds the agent."""
    suites = project.evaluation.suites
    product = shipped(project)
    if product is None or covered(suites, dimension) is not Cover.ABSENT:
        return
    related = tuple(Location(suite.path, suite.span, f"a suite of {suite.title}") for suite in suites)
    yield _finding(rule, product.location, {**_words(product), "reason": _reason(suites)}, related=related)


def _reason(suites: tuple[Suite, ...]) -> str:
    if not suites:
        return "nothing in the repository evaluates it"
    titles = " and ".join(sorted({suite.title for suite in suites})[:_NAMES_SHOWN])
    return f"the suites of {titles} test quality only"


def _lacks(rule: Rule, wanted: Mapping[str, Any], project: Evaluated) -> Iterator[Finding]:
    """There are suites with attacks, and none covers a dimension that the agent's tools, or its memory, call for."""
    dimension, needed = wanted["dimension"], frozenset(wanted.get("needs", ()))
    suites = project.evaluation.suites
    product = shipped(project)
    read = [suite for suite in suites if suite.read and not suite.shown]
    if product is None or not read or covered(suites, dimension) is not Cover.ABSENT:
        return
    if needed and needed.isdisjoint(product.capabilities):
        return
    if "fills" in wanted and not project.program.fills(wanted["fills"]):
        return
    suite = read[0]
    words = {**_words(product, needed), **_suite_words(suite)}
    place = Location(suite.path, suite.places.get(dimension, suite.span))
    added = suite.additions.get(dimension)
    found = _finding(rule, place, words, related=(product.location,), fix=added.text if added else "")
    yield replace(found, remedies=tuple(_remedies(rule, suite, added)) if added else ())


def _remedies(rule: Rule, suite: Suite, added: Addition) -> Iterator[Remedy]:
    """The edit of the suite's own configuration, where nothing but the entry is missing."""
    if added.span is not None:
        label = added.text.rstrip(".").replace("`", "")
        yield from (
            Remedy(edit["edit"], Location(suite.path, added.span, label), added.words, bool(edit["safe"]))
            for edit in rule.edits
            if edit["edit"] == added.edit
        )


def _not_wired(rule: Rule, _: object, project: Evaluated) -> Iterator[Finding]:
    """No pipeline runs any suite; without pipelines at all that is a hint for the pedantic."""
    suites = project.evaluation.suites
    product = shipped(project)
    own = [suite for suite in suites if not suite.shown]
    if product is None or not own or any(suite.wired is not Cover.ABSENT for suite in suites):
        return
    suite = next((one for one in own if one.read), own[0])
    severity, persona = rule.severity, rule.persona
    if not project.evaluation.pipelines:
        severity, persona = Severity.LOW, max(rule.persona, Persona.PEDANTIC)
    place = Location(suite.path, suite.span)
    yield _finding(rule, place, _suite_words(suite), related=(product.location,), severity=severity, persona=persona)


def _cannot_fail(rule: Rule, _: object, project: Evaluated) -> Iterator[Finding]:
    """A pipeline runs a suite, and none of its runs can fail: at the place that is in the way."""
    if shipped(project) is None:
        return
    seen: set[Location] = set()
    for suite in project.evaluation.suites:
        broken = _broken_runs(suite)
        if broken and (place := broken[0].breaker) is not None and place not in seen:
            seen.add(place)
            words = {**_suite_words(suite), "breaker": place.label}
            related = tuple(Location(run.path, run.span, "runs the suite") for run in broken)
            yield _finding(rule, place, words, related=related, confidence=Confidence.HIGH)


def _broken_runs(suite: Suite) -> tuple[Run, ...]:
    """The runs of a suite, if none of them can fail; else nothing."""
    return suite.runs if all(run.gate is Cover.ABSENT for run in suite.runs) else ()


def _bare_model(rule: Rule, _: object, project: Evaluated) -> Iterator[Finding]:
    """Every suite with attacks talks to a model: at the target of the first."""
    product = shipped(project)
    attacking = sorted(
        (suite for suite in project.evaluation.suites if covered((suite,), "adversarial") is not Cover.ABSENT),
        key=lambda suite: suite.shown,
    )
    if product is None or not attacking or any(suite.target is not Target.MODEL for suite in attacking):
        return
    suite = attacking[0]
    if suite.shown:
        return
    place = Location(suite.path, suite.target_span or suite.span)
    words = {**_words(product), **_suite_words(suite), "target": suite.target_name}
    yield _finding(rule, place, words, related=(product.location,))


def _without_limit(rule: Rule, _: object, project: Evaluated) -> Iterator[Finding]:
    """A program runs a suite and has nothing that could fail by its result: at the place that stands for the suite."""
    product = shipped(project)
    for suite in project.evaluation.suites if product else ():
        if suite.judged is Cover.ABSENT and not suite.shown:
            runs = tuple(Location(run.path, run.span, "runs the suite") for run in suite.runs)
            yield _finding(rule, Location(suite.path, suite.span), _suite_words(suite), related=runs)


def _too_small(rule: Rule, wanted: Mapping[str, int], project: Evaluated) -> Iterator[Finding]:
    """A suite that attacks with fewer tests than say anything: at the place that sets their number."""
    if shipped(project) is None:
        return
    for suite in project.evaluation.suites:
        if suite.read and not suite.shown and suite.size is not None and 0 < suite.size < wanted["below"]:
            words = {
                **_suite_words(suite),
                "tests": f"{suite.size} test{'' if suite.size == 1 else 's'}",
                "rate": f"{100 * shown_rate(suite.size):.0f}",
            }
            yield _finding(rule, Location(suite.path, suite.size_span or suite.span), words)


def _graded_by_itself(rule: Rule, _: object, project: Evaluated) -> Iterator[Finding]:
    """The model under test judges its own answers: at the place that names the judge."""
    if shipped(project) is None:
        return
    for suite in project.evaluation.suites:
        if suite.self_graded and suite.grader is not None and not suite.shown:
            yield _finding(rule, suite.grader, {**_suite_words(suite), "target": suite.grader.label})


def _only_public(rule: Rule, _: object, project: Evaluated) -> Iterator[Finding]:
    """Every suite is a benchmark that anybody can train on: at the first."""
    suites = [suite for suite in project.evaluation.suites if not suite.shown]
    product = shipped(project)
    if product is not None and suites and all(suite.public for suite in project.evaluation.suites):
        titles = " and ".join(sorted({suite.title for suite in suites})[:_NAMES_SHOWN])
        words = {**_words(product), "suites": titles}
        yield _finding(rule, Location(suites[0].path, suites[0].span), words, related=(product.location,))


def _not_repeatable(rule: Rule, _: object, project: Evaluated) -> Iterator[Finding]:
    """What a suite is run or judged with is whatever is newest that day: at the command, or the name of the judge."""
    if shipped(project) is None:
        return
    seen: set[Location] = set()
    for suite in project.evaluation.suites:
        runs = [Location(run.path, run.span, run.floating) for run in suite.runs if run.floating]
        judge = [suite.grader] if suite.grader is not None and suite.floating and not suite.shown else []
        for place in (*runs, *judge):
            if place not in seen:
                seen.add(place)
                yield _finding(rule, place, {**_suite_words(suite), "name": place.label})


def _problems(rule: Rule, kinds: Collection[str], project: Evaluated) -> Iterator[Finding]:
    """Entries of a suite that have no effect, each at its place; no agent is needed to see that."""
    for suite in project.evaluation.suites:
        offline = suite.remote if suite.runs and all(run.offline for run in suite.runs) else ()
        for problem in () if suite.shown else (*suite.problems, *offline):
            if problem.kind.value in kinds:
                words = {**_suite_words(suite), "entry": problem.entry, "reason": _cause(problem, suite)}
                place = Location(suite.path, problem.span)
                yield _finding(rule, place, words, fix=_remedy(problem), confidence=Confidence.HIGH)


def _cause(problem: Problem, suite: Suite) -> str:
    match problem.kind:
        case ProblemKind.MISSING_SETTING:
            return f"{suite.title} drops it, because `{problem.hint}` is missing"
        case ProblemKind.WRONG_LIST:
            return f"it is not a name for this list but for `{problem.hint}`"
        case ProblemKind.UNKNOWN_ENTRY:
            return f"{suite.title} knows no such name"
        case ProblemKind.SWITCHED_OFF:
            return f"`{suite.runs[0].offline}` is set where it runs, and its tests are made elsewhere"


def _remedy(problem: Problem) -> str:
    match problem.kind:
        case ProblemKind.MISSING_SETTING:
            return f"Set `{problem.hint}` beside `{problem.entry}`."
        case ProblemKind.WRONG_LIST:
            return f"Move `{problem.entry}` to `{problem.hint}`."
        case ProblemKind.UNKNOWN_ENTRY:
            return f"Write `{problem.hint}`." if problem.hint else ""
        case ProblemKind.SWITCHED_OFF:
            return "Let its tests be made where the suite runs, or keep the generated suite in the repository."


def _words(product: Shipped, capabilities: Collection[str] = ()) -> dict[str, str]:
    return {"agent": product.name, "tools": product.named_tools(capabilities)}


def _suite_words(suite: Suite) -> dict[str, str]:
    return {"suite": suite.title, "path": suite.path}


def _finding(
    rule: Rule,
    place: Location,
    words: Mapping[str, str],
    *,
    related: tuple[Location, ...] = (),
    fix: str = "",
    severity: Severity | None = None,
    persona: Persona | None = None,
    confidence: Confidence = Confidence.MEDIUM,
) -> Finding:
    return Finding(
        rule=rule.id,
        message=sentence(rule.message.format_map(words)),
        location=Location(place.path, place.span),
        severity=rule.severity if severity is None else severity,
        confidence=confidence,
        persona=rule.persona if persona is None else persona,
        related=related,
        fix=fix,
    )


def sentence(text: str) -> str:
    """A message with a capital at its beginning."""
    return text[:1].upper() + text[1:]
