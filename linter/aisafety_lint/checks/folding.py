"""One finding for one cause: what several rules say of the same sink, each for a kind of source, is said once.

So is that a call takes a file away and writes one, both under a name from the same source, and what one rule says of
several arguments of a call.

So is the same secret, or the same one under the same name, by rules that ask for that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from aisafety_lint.finding import Finding
from aisafety_lint.rule import Rule

_FLOWS_SHOWN = 5
_MOVED = frozenset({"path-write", "path-delete"})


class Folded(NamedTuple):
    """The findings to show, and those that they stand for: whoever accepts the ones accepts the others, too."""

    shown: list[Finding]
    others: list[Finding]


def folded(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> Folded:
    """The findings in their order; of those about one sink, the worst, or nearest, holds the flows of the others."""
    every = list(findings)
    once = list(_said_once(every, rules))
    shown = list(_with_flows(once, rules))
    kept = {(finding.rule, finding.location) for finding in shown}
    return Folded(shown, [finding for finding in every if (finding.rule, finding.location) not in kept])


def _with_flows(found: list[Finding], rules: Mapping[str, Rule]) -> Iterator[Finding]:
    by_sink: dict[object, list[Finding]] = {}
    for finding in found:
        if finding.flows:
            by_sink.setdefault((finding.location.path, finding.location.span), []).append(finding)
    for finding in found:
        others = by_sink.get((finding.location.path, finding.location.span), ()) if finding.flows else ()
        same = [one for one in others if one is finding or _are_one(one, finding, rules)]
        if len(same) < 2:
            yield finding
        elif finding is max(same, key=lambda one: (one.severity, one.confidence, -len(one.flows[0]))):
            flows = finding.flows + tuple(flow for one in same if one is not finding for flow in one.flows)
            yield replace(finding, flows=flows[:_FLOWS_SHOWN])


def _said_once(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> Iterator[Finding]:
    """The findings in their order, without those that say of a value what was said of it before, elsewhere."""
    said: set[tuple[str, str, str]] = set()
    for finding in findings:
        rule = rules.get(finding.rule)
        once = rule.match.get("secret", {}).get("once", "") if rule is not None else ""
        if once:
            same = (finding.rule, finding.key, finding.message if once == "name" else "")
            if same in said:
                continue
            said.add(same)
        yield finding


def _are_one(one: Finding, other: Finding, rules: Mapping[str, Rule]) -> bool:
    """Whether two findings about the same call have one cause."""
    first, second = rules.get(one.rule), rules.get(other.rule)
    return (
        one.rule == other.rule
        or _share_a_sink(first, second)
        or (one.flows[0][0] == other.flows[0][0] and _move(first, second))
    )


def _move(one: Rule | None, other: Rule | None) -> bool:
    """Whether two rules ask for what a call that moves a file does to the old name and to the new one."""
    kinds = [set(rule.match.get("flow", {}).get("to", ())) if rule else set() for rule in (one, other)]
    return set().union(*kinds) == _MOVED and all(len(item) == 1 for item in kinds)


def _share_a_sink(one: Rule | None, other: Rule | None) -> bool:
    """Whether two rules ask about the same kind of sink, each for other kinds of sources."""
    first, second = (rule.match.get("flow") if rule else None for rule in (one, other))
    if not first or not second:
        return False
    return set(first["from"]).isdisjoint(second["from"]) and not set(first["to"]).isdisjoint(second["to"])
