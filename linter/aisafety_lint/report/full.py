"""The report for a person at a terminal: each finding with its code, its flow, why it matters and what to change."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from aisafety_lint.finding import Finding, Location, Notification, NotificationLevel, Severity
from aisafety_lint.report.excerpt import Mark, draw, fit
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.summary import summary_lines
from aisafety_lint.report.terminal import Paint, count, visible

_SHORT_FLOW = 6
_MANY, _DETAILED = 8, 5  # of more findings alike than that, so many are shown with all that there is to say
# So many notifications of one kind are shown: a person reads no more of them.
_MOST_ALIKE = 3


def render(report: Report, options: Options) -> str:
    """Findings, the worst first, notifications and the last line, with an empty line between them."""
    view = _View(report, options)
    blocks = ["\n".join(block) for block in _blocks(view, _worst_first(report))]
    if report.notifications:
        blocks.append("\n".join(map(view.notification, _shortened(report.notifications))))
    last = summary_lines(report, options.seconds, options.width)
    blocks.append("\n".join(view.paint(line, "strong") for line in last))
    return "\n\n".join(blocks) + "\n"


def _worst_first(report: Report) -> list[Finding]:
    """By severity, and those of one severity in the order of their places: what matters is on the first screen."""
    return sorted(report.findings, key=lambda finding: finding.severity, reverse=True)


def _blocks(view: "_View", findings: list[Finding]) -> Iterator[Iterator[str]]:
    """The findings; of many that are alike the first ones, then the places of the others."""
    alike: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.rule, finding.severity), []).append(finding)
    seen: Counter[tuple[str, Severity]] = Counter()
    for finding in findings:
        key = finding.rule, finding.severity
        seen[key] += 1
        if view.options.trace == "full" or len(alike[key]) <= _MANY or seen[key] <= _DETAILED:
            yield view.finding(finding)
        elif seen[key] == _DETAILED + 1:
            yield view.others(alike[key][_DETAILED:])


class _View:
    """What is the same for all findings of a report."""

    def __init__(self, report: Report, options: Options) -> None:
        self.report = report
        self.options = options
        self.paint = Paint(options.color, options.hyperlinks)

    def finding(self, finding: Finding) -> Iterator[str]:
        rule = self.report.rules[finding.rule]
        style = str(finding.severity)
        gutter = len(str(max(place.span.end_line for place in (finding.location, *finding.related, *_source(finding)))))
        name = self.paint.link(self.paint(f"{finding.severity}[{finding.rule}]", style), rule.path)
        yield f"{name}{self.paint(f': {visible(finding.message)}', 'strong')}"
        yield f"{'':>{gutter}}{self.paint('-->', 'gutter')} {self.place(finding.location)}"
        yield from self.excerpts(finding, gutter)
        margin = f"{'':>{gutter}} "
        yield margin + self.paint("|", "gutter")
        yield from self.flows(finding, margin)
        yield from self.note(margin, "why", finding.why)
        yield from self.note(margin, "fix", finding.fix or rule.fix)
        yield from self.note(margin, "confidence", str(finding.confidence))
        yield from self.note(margin, "help", f"aisafety-lint explain {finding.rule}")

    def others(self, findings: list[Finding]) -> Iterator[str]:
        """Where else the same is wrong, a line for each place."""
        first = findings[0]
        name = self.paint(f"{first.severity}[{first.rule}]", str(first.severity))
        words = f": The same at {len(findings)} other places, shown with --trace full."
        yield f"{name}{self.paint(words, 'strong')}"
        for finding in findings:
            symbol = f" in `{visible(finding.symbol)}`" if finding.symbol else ""
            yield f" {self.paint('-->', 'gutter')} {self.place(finding.location)}{symbol}"

    def place(self, location: Location) -> str:
        """A path with line and column, escaped and linked."""
        text = f"{visible(location.path)}:{location.span.line}:{location.span.column}"
        return self.paint.link(text, Path(self.report.root, location.path))

    def excerpts(self, finding: Finding, gutter: int) -> Iterator[str]:
        """The code of the finding with its related places, then those of other files."""
        primary = finding.location
        places = dict.fromkeys((*finding.related, *_source(finding)))
        here = [place for place in places if place.path == primary.path and place.span != primary.span]
        marks = [Mark(primary.span, primary.label, str(finding.severity), primary=True)]
        marks += [Mark(place.span, place.label, "secondary") for place in here]
        yield from self.excerpt(primary.path, marks, gutter)
        for place in places:
            if place.path != primary.path:
                yield f"{'':>{gutter}} {self.paint('|', 'gutter')}"
                yield f"{'':>{gutter}}{self.paint(':::', 'gutter')} {self.place(place)}"
                yield from self.excerpt(place.path, [Mark(place.span, place.label, "secondary")], gutter)

    def excerpt(self, path: str, marks: list[Mark], gutter: int) -> Iterator[str]:
        text = self.report.texts.get(path)
        if text is not None:
            yield f"{'':>{gutter}} {self.paint('|', 'gutter')}"
            yield from draw(text, marks, self.paint, gutter, self.options.width)

    def flows(self, finding: Finding, margin: str) -> Iterator[str]:
        """The steps of the first flow, or of all of them where the whole trace is asked for."""
        whole = self.options.trace == "full"
        shown = finding.flows if whole else finding.flows[:1]
        for flow in shown:
            if whole or not _in_excerpt(finding, flow):
                yield from self.flow(flow, margin, whole)
        if others := len(finding.flows) - len(shown):
            verb = "reaches" if others == 1 else "reach"
            words = f"{count(others, 'other flow')} {verb} the same place, shown with --trace full"
            yield from self.note(margin, "flows", words)

    def flow(self, flow: tuple[Location, ...], margin: str, whole: bool) -> Iterator[str]:
        yield from self.note(margin, "flow", f"{count(len(flow), 'step')} from source to sink")
        digits = len(str(len(flow)))
        left_out = range(_SHORT_FLOW // 2, len(flow) - _SHORT_FLOW // 2)
        for index, step in enumerate(flow):
            if whole or len(flow) <= _SHORT_FLOW or index not in left_out:
                yield from self.step(index + 1, step, margin, digits)
            elif index == left_out.start:
                yield f"{margin}  {'':>{digits}}  … {len(left_out)} more, shown with --trace full"

    def step(self, number: int, step: Location, margin: str, digits: int) -> Iterator[str]:
        """One step: where and what in the first line, its code in the second."""
        label = f": {self.paint(visible(step.label), 'strong')}" if step.label else ""
        yield f"{margin}  {self.paint(f'{number:>{digits}}.', 'gutter')} {self.place(step)}{label}"
        text = self.report.texts.get(step.path)
        if text is None:
            return
        line = text.line(step.span.line)
        blank = len(line) - len(line.lstrip())
        end = step.span.end_column if step.span.end_line == step.span.line else len(line) + 1
        indent = f"{margin}  {'':>{digits}}  "
        code = fit(line[blank:], step.span.column - blank, end - blank, self.options.width - len(indent) - 2)
        start, stop = code.cell(step.span.column - blank), code.cell(end - blank)
        yield f"{indent}{self.paint('|', 'gutter')} {self.underlined(code.shown, start, stop)}"

    def underlined(self, shown: str, start: int, stop: int) -> str:
        """Underline a region of plain code; where cells and characters differ, leave it."""
        if not shown.replace("…", " ").isascii():
            return shown
        return shown[:start] + self.paint(shown[start:stop], "underline") + shown[stop:]

    def note(self, margin: str, name: str, words: str) -> Iterator[str]:
        """A remark under the code, wrapped so that its lines stand under each other."""
        if not words:
            return
        head = f"{margin}= {name}: "
        room = max(self.options.width - len(head), 20)
        first, *others = textwrap.wrap(visible(words), room, break_long_words=False, break_on_hyphens=False) or [""]
        yield f"{margin}{self.paint('=', 'gutter')} {self.paint(f'{name}:', 'strong')} {first}"
        for line in others:
            yield f"{margin}{self.paint('|', 'gutter')}{'':{len(head) - len(margin) - 1}}{line}"

    def notification(self, notification: Notification) -> str:
        head = self.paint(f"{notification.level}[{notification.id}]", str(notification.level))
        where = visible(notification.path)
        if notification.path and notification.span:
            where += f":{notification.span.line}:{notification.span.column}"
        return f"{head}: {f'{where}: ' if where else ''}{visible(notification.message)}"


def _shortened(notifications: Iterable[Notification]) -> Iterator[Notification]:
    """The first notifications of each kind, and for the others one that counts them; all that are errors."""
    seen: Counter[tuple[str, NotificationLevel]] = Counter()
    waiting: dict[tuple[str, NotificationLevel], Notification] = {}
    for notification in notifications:
        kind = notification.id, notification.level
        seen[kind] += 1
        if seen[kind] <= _MOST_ALIKE or notification.level is NotificationLevel.ERROR:
            yield notification
        else:
            waiting[kind] = notification
    for kind, last in waiting.items():
        more = seen[kind] - _MOST_ALIKE
        message = f"There are {more} more of these; `--output-format concise` lists all."
        yield last if more == 1 else replace(last, path="", span=None, message=message)


def _in_excerpt(finding: Finding, flow: tuple[Location, ...]) -> bool:
    """Whether the excerpt shows the whole flow: a source and a sink in one file."""
    return len(flow) <= 2 and all(step.path == finding.location.path for step in flow)


def _source(finding: Finding) -> tuple[Location, ...]:
    """The source to mark in the excerpt, where the flow is so short that its steps are not listed."""
    flow = finding.flows[0] if finding.flows else ()
    return flow[:1] if len(flow) == 2 and _in_excerpt(finding, flow) else ()
