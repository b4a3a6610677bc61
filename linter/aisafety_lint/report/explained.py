"""A finding explained to a person: how it is reached, what on the way does not count and why, what would be enough."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from aisafety_lint.finding import Finding, Location
from aisafety_lint.report.edits import changes, option
from aisafety_lint.report.excerpt import Mark, draw
from aisafety_lint.report.explanation import explanation
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.terminal import Paint, count, visible
from aisafety_lint.rule import Rule
from aisafety_lint.source import SourceText, Span
from aisafety_lint.suppressed import Suppressed

_WEAK = ("checked only by", "changed only by", "contained only by")
_FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def render(report: Report, findings: Sequence[tuple[Finding, Suppressed | None]], options: Options) -> str:
    """The findings one after the other, each as a whole story."""
    view = _View(report, options)
    return "\n\n".join("\n".join(view.story(finding, by)) for finding, by in findings) + "\n"


class _View:
    """What is the same for all findings."""

    def __init__(self, report: Report, options: Options) -> None:
        self.report = report
        self.options = options
        self.paint = Paint(options.color)

    def story(self, finding: Finding, by: Suppressed | None) -> Iterator[str]:
        rule = self.report.rules[finding.rule]
        name = self.paint(f"{finding.severity}[{finding.rule}]", str(finding.severity))
        yield f"{name}{self.paint(f': {visible(finding.message)}', 'strong')}"
        yield f"  --> {_at(finding.location)} ({finding.confidence} confidence)"
        if by is not None:
            until = f" until {by.until}" if by.until else ""
            yield f"  It is not shown otherwise: suppressed{until} in {visible(by.path)}: {visible(by.reason)}"
        yield from self.part("How it is reached")
        yield from self.ways(finding)
        yield from self.proof(finding)
        yield from self.part("What would be enough")
        yield from self.wrapped(finding.fix or rule.fix)
        yield from self.changes(finding)
        yield from self.example(finding)
        yield from self.part("If it is accepted")
        comment = f"`# aisafety: ignore[{finding.rule}] REASON`"
        yield from self.wrapped(f"{comment} on the line or above the statement, where the file has comments.")
        yield from self.wrapped(f"`aisafety-lint explain {finding.rule}` tells when the rule is wrong.")

    def part(self, title: str) -> Iterator[str]:
        yield ""
        yield self.paint(title, "strong")

    def wrapped(self, words: str, indent: str = "  ") -> Iterator[str]:
        yield from textwrap.wrap(
            visible(words),
            max(self.options.width - 2, 40),
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def ways(self, finding: Finding) -> Iterator[str]:
        """The steps of all flows with their code; without a flow the place itself."""
        if not finding.flows:
            yield from self.code(finding.location, primary=True)
        for number, flow in enumerate(finding.flows, 1):
            if len(finding.flows) > 1:
                yield f"  Way {number} of {len(finding.flows)}, {count(len(flow), 'step')}:"
            for at, step in enumerate(flow, 1):
                yield f"  {at}. {_at(step)}{f': {visible(step.label)}' if step.label else ''}"
                yield from self.code(step, primary=at == len(flow))

    def proof(self, finding: Finding) -> Iterator[str]:
        """Why what is on the way does not count, weak check by weak check, and the other places of the proof."""
        weak, rest = proof_of(finding)
        if finding.why or weak:
            yield from self.part("What does not count on the way")
            why = finding.why or "what is there is not enough"
            yield from self.wrapped(f"{why[:1].upper()}{why[1:].rstrip('.')}.")
            yield from self.places(weak)
        if rest:
            yield from self.part("What else belongs to it")
            yield from self.places(rest)

    def places(self, places: Sequence[Location]) -> Iterator[str]:
        for place in places:
            yield f"  - {_at(place)}{f': {visible(place.label)}' if place.label else ''}"
            yield from self.code(place, primary=False)

    def code(self, place: Location, *, primary: bool) -> Iterator[str]:
        text = self.report.texts.get(place.path)
        if text is not None:
            gutter = len(str(place.span.end_line)) + 4
            mark = Mark(_first_line(text, place.span), "", "high" if primary else "secondary", primary=True)
            yield from draw(text, [mark], self.paint, gutter, self.options.width)

    def changes(self, finding: Finding) -> Iterator[str]:
        """The lines that a fix takes away and puts in their place."""
        for fix in finding.fixes:
            yield f"  `aisafety-lint {option(fix)}` does this here: {visible(fix.description)}"
            for path, lines in changes(fix, self.report.texts):
                yield f"    {visible(path)}"
                yield from (f"    {visible(line)}" for line in lines)

    def example(self, finding: Finding) -> Iterator[str]:
        """The first example of the rule that does it well."""
        if found := example_of(self.report.rules[finding.rule]):
            yield "  For example:"
            yield ""
            yield from (f"    {visible(line)}".rstrip() for line in found)


def proof_of(finding: Finding) -> tuple[list[Location], list[Location]]:
    """The places beside the flows: those of checks that do not count, and all others."""
    steps = {(place.path, place.span) for flow in finding.flows for place in flow}
    others = [place for place in finding.related if (place.path, place.span) not in steps]
    weak = [place for place in others if place.label.startswith(_WEAK)]
    return weak, [place for place in others if place not in weak]


def example_of(rule: Rule) -> list[str]:
    """The lines of the first example of a rule that does it well, if there is any."""
    found = _FENCE.search(explanation(rule).partition("## Use instead")[2])
    return found[1].expandtabs(4).splitlines() if found else []


def _first_line(text: SourceText, span: Span) -> Span:
    """A region cut to its first line: a step is one line."""
    if span.end_line == span.line:
        return span
    return Span(span.line, span.column, span.line, len(text.line(span.line).rstrip()) + 1)


def _at(place: Location) -> str:
    return f"{visible(place.path)}:{place.span.line}:{place.span.column}"
