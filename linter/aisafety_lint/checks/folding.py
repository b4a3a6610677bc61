"""One finding for one cause: what several rules say of the same sink, each for a kind of source, is said once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from aisafety_lint.finding import Finding

_FLOWS_SHOWN = 5


def folded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings in their order; of those about one sink, the worst, or nearest, holds the flows of the others."""
    found = list(findings)
    by_sink: dict[object, list[Finding]] = {}
    for finding in found:
        if finding.flows:
            by_sink.setdefault(finding.location, []).append(finding)
    for finding in found:
        same = by_sink.get(finding.location, [finding]) if finding.flows else [finding]
        if len(same) == 1:
            yield finding
        elif finding is max(same, key=lambda one: (one.severity, one.confidence, -len(one.flows[0]))):
            flows = finding.flows + tuple(flow for one in same if one is not finding for flow in one.flows)
            yield replace(finding, flows=flows[:_FLOWS_SHOWN])
