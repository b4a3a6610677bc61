"""The outcome of a run, as every output format receives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aisafety_lint.finding import Finding, Notification
from aisafety_lint.rule import Rule
from aisafety_lint.source import SourceText, Span
from aisafety_lint.standards import Taxonomy
from aisafety_lint.suppressed import Suppressed, Suppression


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at: the ground on which "no findings" is believable. All are counts."""

    files: int = 0
    python_files: int = 0
    manifests: int = 0
    tools: int = 0
    agents: int = 0
    model_calls: int = 0
    mcp_servers: int = 0
    suites: int = 0
    unresolved_calls: int = 0
    not_analysed: int = 0


@dataclass(frozen=True, slots=True)
class Base:
    """The revision that a report was compared with: how it was named, its commit, what is new since then.

    `touched` are the findings that it has, too, and whose places or flows pass through changed lines.
    """

    revision: str
    commit: str
    new: frozenset[Finding] = frozenset()
    touched: frozenset[Finding] = frozenset()

    def change(self, finding: Finding) -> str:
        """How a finding stands to the revision: `new`, `touched`, or `known`."""
        if finding in self.new:
            return "new"
        return "touched" if finding in self.touched else "known"


@dataclass(frozen=True, slots=True)
class Report:
    """Findings to show, in the order path, line, column, rule; what was hidden and why; and what was looked at.

    `hidden` counts findings that were not shown, by reason: persona, severity, ignored (by configuration),
    suppressed (by a comment or the configuration), baseline, known (at the revision of `base`); `suppressed` holds the
    findings of the two before.
    `texts` holds the text of every file that a finding or a notification names, with secrets already masked, character
    by character so that every place stays where it is; `masked` says where. `standards` holds the taxonomies that the
    rules refer to. `suppressions` are all of the project in the given paths; after one of the `last_days` the report
    could be another one. `baseline` tells that known findings were taken out; `overdue` are those shown again.
    `folded` are findings that a shown one stands for. `base` is the revision that it was compared with; `map` the
    agents, tools and servers of the project as the JSON of `inspect` has them, where somebody wants to see them.
    `applied` are the rules that had something to look at.
    """

    root: str
    findings: tuple[Finding, ...]
    notifications: tuple[Notification, ...]
    coverage: Coverage
    rules: Mapping[str, Rule]
    texts: Mapping[str, SourceText] = field(default_factory=dict)
    hidden: Mapping[str, int] = field(default_factory=dict)
    standards: Mapping[str, Taxonomy] = field(default_factory=dict)
    masked: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    folded: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    last_days: tuple[str, ...] = ()
    baseline: bool = False
    overdue: tuple[Finding, ...] = ()
    base: Base | None = None
    map: Mapping[str, Any] | None = None
    applied: tuple[str, ...] = ()

    @property
    def known(self) -> Sequence[tuple[Finding, Suppressed | None]]:
        """All findings that a person could see, shown or suppressed, in the order of path and place."""
        pairs = [*((finding, None) for finding in self.findings), *((item.finding, item) for item in self.suppressed)]
        return sorted(pairs, key=lambda pair: pair[0].order)
