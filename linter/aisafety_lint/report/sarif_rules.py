"""Rules as SARIF descriptors with their help, and the standards that they refer to as taxonomies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aisafety_lint.finding import Severity
from aisafety_lint.report.explanation import explanation
from aisafety_lint.report.limits import SARIF_DESCRIPTION, SARIF_TAGS, shorten
from aisafety_lint.report.sarif_results import LEVELS
from aisafety_lint.rule import Rule
from aisafety_lint.standards import Entry, Taxonomy, resolve

# GitHub's classes: critical above 9.0, high from 7.0, medium from 4.0.
_SECURITY_SEVERITY = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}


@dataclass(frozen=True, slots=True)
class Taxa:
    """The taxonomies of a run with the entries that its rules refer to, and for each rule what it refers to.

    `targets` holds for a rule the positions of taxonomy and entry.
    """

    used: tuple[tuple[Taxonomy, tuple[Entry, ...]], ...]
    targets: Mapping[str, tuple[tuple[int, int], ...]]

    @classmethod
    def of(cls, rules: Iterable[Rule], standards: Mapping[str, Taxonomy]) -> "Taxa":
        """Collect what the rules refer to; raises KeyError for a reference that names no entry."""
        references = {rule.id: [resolve(name, standards) for name in rule.standards] for rule in rules}
        named = {(taxonomy.key, entry.id) for pairs in references.values() for taxonomy, entry in pairs}
        used = []
        for key in sorted({key for key, _ in named if standards[key].sarif}):
            entries = standards[key].entries.values()
            used.append((standards[key], tuple(entry for entry in entries if (key, entry.id) in named)))
        position = {
            (taxonomy.key, entry.id): (outer, inner)
            for outer, (taxonomy, entries) in enumerate(used)
            for inner, entry in enumerate(entries)
        }
        targets = {
            rule_id: tuple(position[taxonomy.key, entry.id] for taxonomy, entry in pairs if taxonomy.sarif)
            for rule_id, pairs in references.items()
        }
        return cls(tuple(used), targets)

    def components(self) -> list[dict[str, Any]]:
        """The taxonomies as SARIF tool components."""
        return [_component(taxonomy, entries) for taxonomy, entries in self.used]

    def references(self) -> list[dict[str, Any]]:
        """What names each taxonomy, in their order."""
        return [_reference(taxonomy, index) for index, (taxonomy, _) in enumerate(self.used)]

    def relationships(self, rule: Rule) -> list[dict[str, Any]]:
        """The entries that a rule refers to."""
        return [
            {
                "target": {
                    "id": self.used[outer][1][inner].id,
                    "index": inner,
                    "toolComponent": _reference(self.used[outer][0], outer),
                },
                "kinds": ["relevant"],
            }
            for outer, inner in self.targets[rule.id]
        ]


def _component(taxonomy: Taxonomy, entries: Sequence[Entry]) -> dict[str, Any]:
    return {
        "name": taxonomy.key,
        "fullName": taxonomy.name,
        "version": taxonomy.version,
        "guid": taxonomy.guid,
        "organization": taxonomy.organization,
        "informationUri": taxonomy.url,
        "shortDescription": {"text": _sentence(taxonomy.name)},
        "isComprehensive": False,
        "taxa": [
            {"id": entry.id, "shortDescription": {"text": _sentence(entry.title)}, "helpUri": entry.url}
            for entry in entries
        ],
    }


def _reference(taxonomy: Taxonomy, index: int) -> dict[str, Any]:
    return {"name": taxonomy.key, "index": index, "guid": taxonomy.guid}


def descriptor(rule: Rule, taxa: Taxa) -> dict[str, Any]:
    """A rule as SARIF describes it: what GitHub shows beside an alert, and by what it sorts and filters."""
    entry: dict[str, Any] = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": _sentence(rule.title)},
        "fullDescription": {"text": shorten(rule.summary, SARIF_DESCRIPTION)},
        "help": {"text": _help_text(rule), "markdown": explanation(rule)},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": tags(rule)[:SARIF_TAGS],
            "precision": rule.precision,
            "security-severity": _SECURITY_SEVERITY[rule.severity],
            "family": rule.family,
        },
    }
    if rule.aliases:
        entry["deprecatedIds"] = list(rule.aliases)
    if relationships := taxa.relationships(rule):
        entry["relationships"] = relationships
    return entry


def tags(rule: Rule) -> list[str]:
    """What GitHub filters alerts by: the family, weaknesses in GitHub's form, the rule's own tags, in this order."""
    weaknesses = [reference.partition(":")[2] for reference in rule.standards if reference.startswith("cwe:")]
    numbers = [f"external/cwe/cwe-{name.removeprefix('CWE-'):0>3}" for name in weaknesses]
    return list(dict.fromkeys(["security", rule.family, *numbers, *rule.tags]))


def _help_text(rule: Rule) -> str:
    """The help for readers without Markdown: what it finds, why it matters, what to do."""
    return "\n\n".join((rule.summary, rule.sections["Why it matters"], rule.fix))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
