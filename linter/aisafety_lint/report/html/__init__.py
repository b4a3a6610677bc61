"""The report as one page: findings with their code and flows, and the map of the agents, drawn. It needs no network.

All text comes from the scanned repository and is escaped; the page allows no script and no style but its own, by their
digests, and loads nothing.
"""

from collections import Counter
from html import escape

from aisafety_lint.finding import Notification, Severity
from aisafety_lint.report.html.code import text_of, words
from aisafety_lint.report.html.drawing import map_of
from aisafety_lint.report.html.finding import card
from aisafety_lint.report.html.frame import framed
from aisafety_lint.report.limits import changed_first
from aisafety_lint.report.model import Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.summary import summary
from aisafety_lint.rule import FAMILIES


def render(report: Report, _options: Options) -> str:
    """The whole page."""
    body = f"""{_header(report)}
<main>
<div class="tabs" role="tablist" aria-label="Views">
<button type="button" role="tab" id="tab-findings" aria-controls="findings" aria-selected="true">Findings</button>
<button type="button" role="tab" id="tab-map" aria-controls="map" aria-selected="false" tabindex="-1">Map</button>
</div>
<section id="findings" role="tabpanel" aria-labelledby="tab-findings">
{_findings(report)}
</section>
<section id="map" role="tabpanel" aria-labelledby="tab-map" hidden>
{_map(report)}
</section>
</main>"""
    return framed(_title(report), body, "page.js", map_of(report))


def _title(report: Report) -> str:
    number = len(report.findings)
    return f"{number or 'no'} finding{'' if number == 1 else 's'}"


def _header(report: Report) -> str:
    found = Counter(finding.severity for finding in report.findings)
    counts = "".join(
        f'<li class="{severity}"><b>{found[severity]}</b>{severity}</li>' for severity in sorted(Severity, reverse=True)
    )
    base = f" Compared with {words(f'`{report.base.revision}`')}." if report.base else ""
    return f"""<header>
<h1>What makes the agents of this project unsafe</h1>
<p class="soft">{text_of(summary(report))}{base}</p>
<ul class="counts">{counts}</ul>
</header>"""


def _findings(report: Report) -> str:
    notes = "".join(map(_note, report.notifications))
    if not report.findings:
        return f"<p>No findings.</p>{notes}"
    number = {id(finding): index for index, finding in enumerate(report.findings)}
    cards = "\n".join(
        card(report, finding, number[id(finding)]) for finding in changed_first(report.findings, report.base)
    )
    return f"{_filters(report)}\n{cards}\n{f'<h2>About this run</h2>{notes}' if notes else ''}"


def _filters(report: Report) -> str:
    severities = Counter(str(finding.severity) for finding in report.findings)
    families = Counter(report.rules[finding.rule].family for finding in report.findings)
    paths = sorted({place.path for finding in report.findings for place in (finding.location, *finding.related)})
    options = "".join(f'<option value="{text_of(path)}">{text_of(path)}</option>' for path in paths)
    order = [str(severity) for severity in sorted(Severity, reverse=True)]
    return f"""<form class="bar" id="filters">
<fieldset><legend>Severity</legend>{_boxes("severity", order, severities)}</fieldset>
<fieldset><legend>Family</legend>{_boxes("family", FAMILIES, families)}</fieldset>
<label>File <select id="file"><option value="">all</option>{options}</select></label>
<input type="search" id="search" placeholder="Search in findings" aria-label="Search in findings">
<output id="shown" class="soft" aria-live="polite"></output>
</form>"""


def _boxes(name: str, values: "tuple[str, ...] | list[str]", counts: Counter[str]) -> str:
    return "".join(
        f'<label><input type="checkbox" name="{name}" value="{value}" checked> {value} '
        f'<span class="soft">{counts[value]}</span></label>'
        for value in values
        if counts[value]
    )


def _note(note: Notification) -> str:
    where = f'<span class="place">{text_of(note.path)}</span> ' if note.path else ""
    return f'<p><span class="badge {note.level}">{note.level}</span> {where}{words(note.message)}</p>'


def _map(report: Report) -> str:
    known = report.map or {}
    if not any(known.get(name) for name in ("agents", "tools", "servers")):
        return "<p>No agents, tools or servers are known in this project.</p>"
    used = dict.fromkeys(capability for agent in known["agents"] for capability in agent["capabilities"])
    options = "".join(f'<option value="{escape(name)}">{text_of(known["words"][name])}</option>' for name in used)
    return f"""<form class="bar" id="map-filters">
<input type="search" id="agent-search" placeholder="Search agents and tools" aria-label="Search agents and tools">
<label>Can <select id="capability"><option value="">anything</option>{options}</select></label>
<label><input type="checkbox" id="closed"> has private data, what strangers wrote and a way out</label>
</form>
<div id="alarms"></div>
<ul class="legend">
<li class="private"><i></i>private data</li><li class="strangers"><i></i>what strangers wrote</li>
<li class="out"><i></i>a way out</li><li class="other"><i></i>other capabilities</li>
<li class="ok"><i></i>a person is asked</li><li><i class="line"></i>in a sandbox, or handed over</li>
</ul>
<div class="map">
<nav class="agents" id="agents" aria-label="Agents"></nav>
<div><div class="picture" id="picture"></div>
<section class="panel" id="panel" aria-live="polite" hidden></section></div>
</div>"""
