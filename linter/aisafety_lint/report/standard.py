"""A standard held against a project: takes a taxonomy, the catalogue and a report, gives the result of each entry.

An entry passes where a rule that refers to it had something to look at and found nothing; that is what this linter can
see of it, and no proof that the requirement is met. Where no rule refers to an entry, nothing of it is visible in code.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aisafety_lint.finding import Finding
from aisafety_lint.report.encode import dump
from aisafety_lint.report.markdown_text import code, link, plain
from aisafety_lint.report.model import Report
from aisafety_lint.report.summary import summary
from aisafety_lint.report.terminal import count, visible
from aisafety_lint.rule import Rule
from aisafety_lint.standards import Entry, Taxonomy, resolve

SCHEMA = 1
_WIDTH = 100


class Result(StrEnum):
    """What is known of an entry, or of a rule, in a project; the worst first."""

    FINDING = "finding"
    ACCEPTED = "accepted"
    PASS = "pass"
    NOT_APPLICABLE = "not applicable"
    NOT_ASKED = "not asked"
    NOT_VISIBLE = "not statically visible"


_PLURAL = {Result.FINDING: "with findings", Result.PASS: "passed"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule that refers to an entry, its result here, and the findings that made it, shown or accepted."""

    rule: Rule
    result: Result
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """An entry of a standard with the rules that check it."""

    entry: Entry
    rules: tuple[Asked, ...]

    @property
    def result(self) -> Result:
        """The worst result of the rules; what no rule checks cannot be seen."""
        order = list(Result)
        return min((asked.result for asked in self.rules), key=order.index, default=Result.NOT_VISIBLE)


@dataclass(frozen=True, slots=True)
class Assessment:
    """A standard with all its entries, held against one project."""

    taxonomy: Taxonomy
    requirements: tuple[Requirement, ...]
    report: Report


def checked_by(taxonomy: Taxonomy, rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    """By entry of a standard, in its order, the rules that refer to it."""
    found: dict[str, list[Rule]] = {name: [] for name in taxonomy.entries}
    for rule in rules:
        for reference in rule.standards:
            if reference.partition(":")[0] == taxonomy.key:
                found[resolve(reference, {taxonomy.key: taxonomy})[1].id].append(rule)
    return found


def assessed(taxonomy: Taxonomy, catalogue: Mapping[str, Rule], report: Report) -> Assessment:
    """Hold a standard against the report on a project; `catalogue` has the rules that were not asked, too."""
    accepted = [item.finding for item in report.suppressed]
    shown = [*report.findings, *report.folded]
    requirements = tuple(
        Requirement(taxonomy.entries[name], tuple(_asked(rule, report, shown, accepted) for rule in rules))
        for name, rules in checked_by(taxonomy, catalogue.values()).items()
    )
    return Assessment(taxonomy, requirements, report)


def _asked(rule: Rule, report: Report, shown: Iterable[Finding], accepted: Iterable[Finding]) -> Asked:
    if rule.id not in report.rules:
        return Asked(rule, Result.NOT_ASKED)
    for result, findings in ((Result.FINDING, shown), (Result.ACCEPTED, accepted)):
        own = tuple(finding for finding in findings if finding.rule == rule.id)
        if own:
            return Asked(rule, result, own)
    return Asked(rule, Result.PASS if rule.id in report.applied else Result.NOT_APPLICABLE)


def listed(taxonomy: Taxonomy, rules: Iterable[Rule]) -> str:
    """Every entry of a standard with the rules that check it, for a person."""
    lines = [_title(taxonomy)]
    found = checked_by(taxonomy, rules)
    for name, own in found.items():
        lines += ["", f"{name}  {taxonomy.entries[name].title}"]
        lines += [f"  {rule.id} ({rule.severity}): {rule.title}" for rule in own] or [f"  {Result.NOT_VISIBLE}"]
    checked = sum(map(bool, found.values()))
    return "\n".join([*lines, "", f"{checked} of {_entries(len(found))} checked by rules."]) + "\n"


def text(found: Assessment) -> str:
    """For a person: each entry with its result, and where it comes from."""
    lines = [_title(found.taxonomy)]
    for one in found.requirements:
        lines += ["", f"{one.entry.id}  {visible(one.entry.title)}: {one.result}", *_reasons(one)]
    return "\n".join([*lines, "", _counted(found), summary(found.report)]) + "\n"


def _reasons(one: Requirement) -> Iterable[str]:
    """The rules of an entry: those with findings with their first place, the others by result."""
    for asked in one.rules:
        if asked.findings:
            place = asked.findings[0].location
            where = f"{visible(place.path)}:{place.span.line}"
            word = "finding" if asked.result is Result.FINDING else "accepted finding"
            first = ", first at" if len(asked.findings) > 1 else " at"
            yield f"  {asked.rule.id}: {count(len(asked.findings), word)}{first} {where}"
    for result in (Result.PASS, Result.NOT_APPLICABLE, Result.NOT_ASKED):
        if names := [asked.rule.id for asked in one.rules if asked.result is result]:
            line = f"{result}: {', '.join(names)}"
            yield textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def markdown(found: Assessment, base: str = "") -> str:
    """A table with a row for each entry, for a person who reads it on the web."""
    rows = ["| entry | result | checked by |", "| --- | --- | --- |"]
    for one in found.requirements:
        cells = "<br>".join(_cell(asked, base) for asked in one.rules)
        rows.append(f"| **{plain(one.entry.id)}** {plain(one.entry.title)} | {one.result} | {cells} |")
    title = f"# {plain(_title(found.taxonomy))}"
    return "\n\n".join([title, "\n".join(rows), plain(_counted(found)), plain(summary(found.report))]) + "\n"


def _cell(asked: Asked, base: str) -> str:
    if not asked.findings:
        return f"{code(asked.rule.id)} {asked.result}"
    places = (finding.location for finding in asked.findings)
    links = (link(f"{place.path}:{place.span.line}", place.path, place.span.line, base) for place in places)
    return f"{code(asked.rule.id)} {asked.result}: {', '.join(dict.fromkeys(links))}"


def json(found: Assessment) -> str:
    """For a program, described by `rules/schema/standard-report.schema.json`."""
    taxonomy = found.taxonomy
    return dump(
        {
            "schema": SCHEMA,
            "standard": {"key": taxonomy.key, "name": taxonomy.name, "version": taxonomy.version, "url": taxonomy.url},
            "entries": [_data(one) for one in found.requirements],
            "results": _numbers(found),
        }
    )


def _data(one: Requirement) -> dict[str, Any]:
    return {
        "id": one.entry.id,
        "title": one.entry.title,
        "url": one.entry.url,
        "result": str(one.result),
        "rules": [
            {
                "rule": asked.rule.id,
                "result": str(asked.result),
                "findings": [_finding(finding) for finding in asked.findings],
            }
            for asked in one.rules
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.location
    return {
        "severity": str(finding.severity),
        "path": place.path,
        "line": place.span.line,
        "message": finding.message,
    }


def _numbers(found: Assessment) -> dict[str, int]:
    counted = Counter(one.result for one in found.requirements)
    return {str(result): counted[result] for result in Result}


def _counted(found: Assessment) -> str:
    counted = Counter(one.result for one in found.requirements)
    parts = [f"{counted[result]} {_PLURAL.get(result, result)}" for result in Result if counted[result]]
    return f"{_entries(len(found.requirements))}: {', '.join(parts)}."


def _entries(number: int) -> str:
    return f"{number} entr{'y' if number == 1 else 'ies'}"


def _title(taxonomy: Taxonomy) -> str:
    """The name of a standard with its year or version, which tells it from the one before."""
    version = "" if re.search(rf"\b{re.escape(taxonomy.version)}\b", taxonomy.name) else f" {taxonomy.version}"
    return f"{taxonomy.name}{version} ({taxonomy.organization})"
