"""Rules about manifests that data can say: takes `match: {manifest: ...}` of a rule, gives its findings.

The form of the block is `rules/schema/match-manifest.schema.json`. Rules with logic of their own build their findings
with `manifest_finding` too, so that all of them look alike.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aisafety_lint.finding import Confidence, Finding, Location, Persona, Severity
from aisafety_lint.manifests.builder import shorten
from aisafety_lint.manifests.embedded import embedded_text
from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.manifests.nodes import Scalar
from aisafety_lint.manifests.predicates import meets
from aisafety_lint.manifests.query import Match
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span

_PLACEHOLDER = re.compile(r"\{([a-z-]+)\}")
_CREDENTIALS = re.compile(
    r"(?<=//)[^/@\s]+@|(?<=[?&])([\w.-]*(?:key|token|secret|password|sig)[\w.-]*)=[^&\s]+", re.IGNORECASE
)
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A node that a rule selects: the match to report, words for the message, and how bad it is here.

    `text` is the part of a longer text (a script, a prompt) that is meant; the finding points at its first occurrence.
    """

    at: Match
    text: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    severity: Severity | None = None
    persona: Persona | None = None
    confidence: Confidence = Confidence.HIGH
    related: tuple[tuple[Match, str], ...] = ()

    @property
    def span(self) -> Span:
        """The region to show."""
        node = self.at.node
        if not self.text or not isinstance(node, Scalar):
            return self.at.location
        whole = node.span
        inner = embedded_text(node)
        start = inner.text.find(self.text)
        if start < 0 or whole.line == whole.end_line:
            return self.at.location
        return inner.span(start, start + len(self.text))


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with a `manifest` block, in the order of the manifests."""
    block = rule.match["manifest"]
    seen: set[tuple[str, int, int]] = set()
    for manifest in project.manifests:
        if "kinds" in block and manifest.kind.id not in block["kinds"]:
            continue
        hits = []
        for hit in _hits(block, manifest):
            span = hit.at.node.span
            # A file may be of two kinds that share a place.
            if (manifest.path, span.line, span.column) not in seen:
                seen.add((manifest.path, span.line, span.column))
                hits.append(hit)
        if block.get("group") == "file" and hits:
            yield _grouped(rule, manifest, hits)
        else:
            yield from (manifest_finding(rule, manifest, hit) for hit in hits)


def manifest_finding(rule: Rule, manifest: Manifest, hit: Hit) -> Finding:
    """The finding of a rule at a node of a manifest; the rule's message is filled with the words of the hit."""
    own = {"kind": manifest.kind.title, "value": value_text(hit.at), "name": hit.at.name}
    words = {**own, "server": manifest.server_of(hit.at), **hit.words}
    return Finding(
        rule=rule.id,
        message=_PLACEHOLDER.sub(lambda found: _shown(words.get(found[1], found[0])), rule.message),
        location=Location(manifest.path, hit.span),
        severity=rule.severity if hit.severity is None else hit.severity,
        confidence=hit.confidence,
        persona=rule.persona if hit.persona is None else hit.persona,
        related=tuple(Location(manifest.path, match.location, label) for match, label in hit.related),
        symbol=".".join(str(part) for part in hit.at.parts),
    )


def value_text(match: Match) -> str:
    """The value of a scalar for a message, without credentials in URLs; empty for anything larger."""
    if not isinstance(match.node, Scalar):
        return ""
    return match.node.value if isinstance(match.node.value, str) else match.node.raw


def _shown(text: str) -> str:
    return shorten(_CREDENTIALS.sub(lambda found: f"{found[1]}=***" if found[1] else "***@", text), 80)


def _hits(block: Mapping[str, Any], manifest: Manifest) -> Iterator[Hit]:
    context = manifest.context
    selected = (pair for name in _texts(block["select"]) for pair in manifest.captures(name))
    for owner, known in selected:
        for match in _below(owner, _texts(block.get("then", ()))):
            found = meets(match, block.get("where", {}), context)
            if found is None:
                continue
            words = {**known, **found}
            levels: Sequence[Mapping[str, Any]] = block.get("levels", ())
            level = next((level for level in levels if _applies(match, level, manifest)), {})
            at = next(iter(_below(match, _texts(block.get("report", ())))), match)
            yield Hit(
                at,
                words.get("value", ""),
                {"name": owner.name, **words},
                Severity[level["severity"].upper()] if "severity" in level else None,
                Persona[level["persona"].upper()] if "persona" in level else None,
                Confidence[level.get("confidence", block.get("confidence", "high")).upper()],
            )


def _applies(match: Match, level: Mapping[str, Any], manifest: Manifest) -> bool:
    return meets(match, level["when"], manifest.context) is not None


def _below(match: Match, queries: Sequence[str]) -> Iterator[Match]:
    if not queries:
        yield match
    for query in queries:
        yield from match.select(query)


def _texts(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def _grouped(rule: Rule, manifest: Manifest, hits: Sequence[Hit]) -> Finding:
    """One finding for a file: at the worst place, the others beside it."""
    worst = max(hits, key=lambda hit: rule.severity if hit.severity is None else hit.severity)
    others = [hit for hit in hits if hit is not worst]
    names = [f"`{hit.words.get('package') or hit.words['name']}`" for hit in (worst, *others)]
    shown = ", ".join(_shown(name) for name in names[:_NAMES_SHOWN])
    if len(names) > _NAMES_SHOWN:
        shown += f" and {len(names) - _NAMES_SHOWN} more"
    related = tuple((hit.at, hit.words.get("package") or hit.words["name"]) for hit in others)
    hit = replace(
        worst,
        words={**worst.words, "names": shown},
        persona=min(hit.persona or rule.persona for hit in hits),
        related=related,
    )
    return manifest_finding(rule, manifest, hit)
