"""One finding of the page: what, where, its code, how it was reached, why, and what to change."""

from collections.abc import Iterator

from aisafety_lint.finding import Finding, Location
from aisafety_lint.report.edits import changes, option
from aisafety_lint.report.html.code import Region, excerpt, text_of, words
from aisafety_lint.report.limits import both_ends
from aisafety_lint.report.model import Report
from aisafety_lint.report.terminal import count

_MOST_STEPS = 40
_MOST_FLOWS = 5


def card(report: Report, finding: Finding, number: int) -> str:
    """A finding that opens when it is chosen."""
    rule = report.rules[finding.rule]
    place = finding.location
    change = report.base.change(finding) if report.base else "known"
    mark = f' <span class="chip">{change}</span>' if change != "known" else ""
    paths = "\n".join(dict.fromkeys(step.path for step in _places(finding)))
    return f"""<details class="finding {finding.severity}" id="finding-{number}" data-severity="{finding.severity}" \
data-family="{rule.family}" data-paths="{text_of_paths(paths)}">
<summary><span class="badge">{finding.severity}</span><span class="what">{words(finding.message)}{mark}</span>\
<span class="where"><span class="place">{_at(place)}</span> · {text_of(finding.rule)} · {rule.family}</span></summary>
<div class="body">
{"".join(_code(report, finding))}{"".join(_flows(report, finding))}
<dl>{"".join(_facts(report, finding))}</dl>
</div>
</details>"""


def text_of_paths(paths: str) -> str:
    """Paths, one a line, in an attribute."""
    return "&#10;".join(text_of(path) for path in paths.split("\n"))


def _places(finding: Finding) -> Iterator[Location]:
    yield finding.location
    yield from finding.related
    for flow in finding.flows:
        yield from flow


def _at(place: Location) -> str:
    return f"{text_of(place.path)}:{place.span.line}:{place.span.column}"


def _code(report: Report, finding: Finding) -> Iterator[str]:
    """The code of the finding with the related places, file by file."""
    places = [(finding.location, True), *((place, False) for place in finding.related)]
    for path in dict.fromkeys(place.path for place, _ in places):
        text = report.texts.get(path)
        if text is not None:
            regions = [Region(place.span, place.label, primary) for place, primary in places if place.path == path]
            yield f'<h3 class="place">{text_of(path)}</h3>{excerpt(text, regions, around=2)}'


def _flows(report: Report, finding: Finding) -> Iterator[str]:
    for number, flow in enumerate(finding.flows[:_MOST_FLOWS], 1):
        which = f" {number} of {len(finding.flows)}" if len(finding.flows) > 1 else ""
        steps = "".join(_step(report, step, at) for at, step in enumerate(both_ends(flow, _MOST_STEPS), 1))
        yield f'<h3>Flow{which}: {count(len(flow), "step")} from source to sink</h3><ol class="flow">{steps}</ol>'


def _step(report: Report, step: Location, number: int) -> str:
    text = report.texts.get(step.path)
    code = excerpt(text, [Region(step.span, "", primary=True)], around=0) if text else ""
    return f'<li data-n="{number}"><span class="place">{_at(step)}</span> {words(step.label)}{code}</li>'


def _facts(report: Report, finding: Finding) -> Iterator[str]:
    rule = report.rules[finding.rule]
    if finding.why:
        yield f"<dt>Why</dt><dd>{words(finding.why)}</dd>"
    yield f'<dt>Fix</dt><dd class="fix">{words(finding.fix or rule.fix)}</dd>'
    for fix in finding.fixes:
        shown = "".join(_change(path, lines) for path, lines in changes(fix, report.texts))
        yield f"<dt><code>{option(fix)}</code></dt><dd>{words(fix.description)}{shown}</dd>"
    yield f"<dt>Rule</dt><dd>{text_of(rule.title)}. {words(rule.summary)}</dd>"
    yield f"<dt>Confidence</dt><dd>{finding.confidence}</dd>"
    if rule.standards:
        yield f"<dt>Standards</dt><dd>{text_of(', '.join(rule.standards))}</dd>"


def _change(path: str, lines: list[str]) -> str:
    """The lines of a file that a fix changes."""
    marked = "".join(f'<span class="l {"gone" if line[0] == "-" else "come"}">{text_of(line)}</span>' for line in lines)
    return f'<p class="place">{text_of(path)}</p><pre tabindex="0">{marked}</pre>'
