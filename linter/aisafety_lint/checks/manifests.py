"""Rules about manifests that data can say: takes `match: {manifest: ...}` of a rule, gives its findings.

The form of the block is `rules/schema/match-manifest.schema.json`. Rules with logic of their own build their findings
with `manifest_finding` too, so that all of them look alike.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aisafety_lint.errors import UserError
from aisafety_lint.finding import Confidence, Finding, Location, Persona, Remedy, Severity
from aisafety_lint.manifests.builder import shorten
from aisafety_lint.manifests.embedded import embedded_text
from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.manifests.nodes import Array, Scalar
from aisafety_lint.manifests.predicates import meets
from aisafety_lint.manifests.query import Match
from aisafety_lint.project import Project
from aisafety_lint.remedies import complete, remedy
from aisafety_lint.rule import Rule
from aisafety_lint.source import SourceText, Span

_PLACEHOLDER = re.compile(r"\{([a-z-]+)\}")
_CREDENTIALS = re.compile(
    r"(?<=//)[^/@\s]+@|(?<=[?&])([\w.-]*(?:key|token|secret|password|sig)[\w.-]*)=[^&\s]+"
    r"|(?=[a-z_-]*\d)(?=[\d_-]*[a-z])[\w-]{24,}",
    re.IGNORECASE,
)
_KEYS = frozenset({"kind", "select", "then", "where", "report", "group", "levels", "confidence", "beside-tools"})
_LONGEST_TEXT = 1_000
_NAMES_SHOWN = 3
_PLACES_SHOWN = 10
_NARROWING = ("package", "argument", "value", "access", "server")


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
    subject: Match | None = None

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
    block = _block(rule)
    if block.get("group") == "value":
        yield from _by_value(rule, _selected(block, project))
        return
    for manifest, hits in _selected(block, project):
        yield from (_grouped(rule, manifest, group) for group in _groups(hits, block.get("group")))


def _selected(block: Mapping[str, Any], project: Project) -> Iterator[tuple[Manifest, list[Hit]]]:
    """The manifests that a rule is about, each with what it selects in it."""
    seen: set[tuple[str, int, int]] = set()
    for manifest in project.manifests:
        if "kind" in block and manifest.kind.id not in _texts(block["kind"]):
            continue
        if manifest.kind.id in _texts(block.get("beside-tools", ())) and not _beside_tools(manifest, project):
            continue
        hits = []
        for hit in _hits(block, manifest):
            span = hit.at.node.span
            # A file may be of two kinds that share a place.
            if (manifest.path, span.line, span.column) not in seen:
                seen.add((manifest.path, span.line, span.column))
                hits.append(hit)
        yield manifest, hits


def _by_value(rule: Rule, selected: Iterable[tuple[Manifest, list[Hit]]]) -> Iterator[Finding]:
    """One finding for all places in the repository that have the same value, at the first of them."""
    found: dict[str, list[Finding]] = {}
    for manifest, hits in selected:
        for hit in hits:
            found.setdefault(value_text(hit.at), []).append(manifest_finding(rule, manifest, hit))
    for first, *others in found.values():
        also = (replace(other.location, label="the same value") for other in others[:_PLACES_SHOWN])
        yield replace(first, related=(*first.related, *also))


def _beside_tools(manifest: Manifest, project: Project) -> bool:
    """Whether the code of an agent or of its tools lies in the folder of a manifest, or below it."""
    folder = manifest.path[: manifest.path.rfind("/") + 1]
    program = project.program
    return any(known.path.startswith(folder) for group in (program.tools, program.agents) for known in group)


def _block(rule: Rule) -> Mapping[str, Any]:
    block: Mapping[str, Any] = rule.match["manifest"]
    if unknown := sorted(block.keys() - _KEYS):
        hint = f"it has {', '.join(sorted(_KEYS))}"
        raise UserError(f"{rule.path}: `match: manifest` has no key `{unknown[0]}`", hint)
    if "select" not in block:
        raise UserError(f"{rule.path}: `match: manifest` needs the key `select`")
    return block


def manifest_finding(rule: Rule, manifest: Manifest, hit: Hit) -> Finding:
    """The finding of a rule at a node of a manifest; the rule's message is filled with the words of the hit."""
    own = {"kind": manifest.kind.title, "value": value_text(hit.at), "name": hit.at.name, "key": hit.at.name}
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
    """The value of a scalar for a message, cut to a readable length; empty for anything larger."""
    if not isinstance(match.node, Scalar):
        return ""
    return _shown(match.node.value if isinstance(match.node.value, str) else match.node.raw, 80)


def _shown(text: str, limit: int = 200) -> str:
    """A text for a message: on one line, without credentials in URLs and without words that could be one."""
    masked = _CREDENTIALS.sub(lambda found: f"{found[1]}=***" if found[1] else "***", text[:_LONGEST_TEXT])
    return shorten(masked, limit)


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
                _narrowed(at, words),
                words.get("value", ""),
                {"name": owner.name, "key": match.name, **words},
                Severity[level["severity"].upper()] if "severity" in level else None,
                Persona[level["persona"].upper()] if "persona" in level else None,
                Confidence[level.get("confidence", block.get("confidence", "high")).upper()],
                subject=match,
            )


def _narrowed(at: Match, words: Mapping[str, str]) -> Match:
    """Of a list of words (a command line), the one that the predicate was about."""
    if isinstance(at.node, Array):
        wanted = {words[name].split()[-1] for name in _NARROWING if words.get(name, "").strip()}
        return next((child for child in at.children() if _is_word(child, wanted)), at)
    return at


def _is_word(match: Match, wanted: Iterable[str]) -> bool:
    """Whether a scalar is one of some words, or one of them with a version."""
    text = str(match.data)
    return any(text == word or text.startswith((f"{word}@", f"{word}=")) for word in wanted)


def _applies(match: Match, level: Mapping[str, Any], manifest: Manifest) -> bool:
    return meets(match, level["when"], manifest.context) is not None


def _below(match: Match, queries: Sequence[str]) -> Iterator[Match]:
    if not queries:
        yield match
    for query in queries:
        yield from match.select(query)


def _texts(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def _name(hit: Hit) -> str:
    """What to call a hit in a list: the package or the tool, the item of a list, or the key."""
    item = value_text(hit.at) if hit.at.key is None else hit.words["key"]
    return hit.words.get("package") or hit.words.get("tool") or item or hit.words["name"]


def _groups(hits: Sequence[Hit], by: str | None) -> Iterator[Sequence[Hit]]:
    """The hits that become one finding: those of the `file`, those with the same `parent`, or each alone."""
    groups: dict[object, list[Hit]] = {}
    for number, hit in enumerate(hits):
        key = "" if by == "file" else hit.at.parts[:-1] if by == "parent" else number
        groups.setdefault(key, []).append(hit)
    yield from groups.values()


def _grouped(rule: Rule, manifest: Manifest, hits: Sequence[Hit]) -> Finding:
    """One finding for a group: at its worst place, the others beside it."""
    worst = max(hits, key=lambda hit: rule.severity if hit.severity is None else hit.severity)
    ordered = (worst, *(hit for hit in hits if hit is not worst))
    names = [_name(hit) for hit in ordered]
    shown = ", ".join(f"`{_shown(name)}`" for name in names[:_NAMES_SHOWN])
    if len(names) > _NAMES_SHOWN:
        shown += f" and {len(names) - _NAMES_SHOWN} more"
    hit = replace(
        worst,
        words={**worst.words, "names": shown},
        persona=min(hit.persona or rule.persona for hit in hits),
        related=tuple((hit.at, name) for hit, name in zip(ordered[1:], names[1:], strict=True)),
    )
    found = manifest_finding(rule, manifest, hit)
    return replace(found, remedies=remedies(rule, manifest, ordered)) if rule.edits else found


def remedies(rule: Rule, manifest: Manifest, hits: Iterable[Hit]) -> tuple[Remedy, ...]:
    """The edits that mend all hits of a finding; none where one of them has no edit, or stands in a text of its own."""
    found: list[Remedy] = []
    for hit in hits:
        subject = hit.at if hit.subject is None else hit.subject
        edit = next((edit for edit in rule.edits if _fits(subject, edit, manifest)), None)
        if edit is None or not isinstance(subject.node.places, SourceText):
            return ()
        if "reference" in manifest.kind.facts:
            name = re.sub(r"\W+", "_", subject.name).upper()
            edit = {"value": manifest.kind.facts["reference"].replace("NAME", name), **edit}
        targets = _below(subject, _texts(edit.get("at", ())))
        wanted = [one for one in targets if meets(one, edit.get("where", {}), manifest.context) is not None]
        if not wanted or not complete(edit):
            return ()
        found += (remedy({"what": _called(target), **edit}, manifest.path, target.node.span) for target in wanted)
    return tuple(dict.fromkeys(found))


def _called(match: Match) -> str:
    """What to call a node that an edit is about: its key, or the text of an item."""
    return _shown(match.key.raw if match.key is not None else value_text(match) or match.name)


def _fits(match: Match, edit: Mapping[str, Any], manifest: Manifest) -> bool:
    return meets(match, edit.get("when", {}), manifest.context) is not None
