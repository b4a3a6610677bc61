"""Rules about secrets, all of them said by data: takes `match: {secret: ...}` of a rule, gives its findings.

The form of the block is `rules/schema/match-secret.schema.json`: groups, vendors, formats and classes narrow down which
matches are meant; without `places`, those in text for a model are left to the rule that asks for them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from aisafety_lint.finding import Finding, Location, Persona, Severity
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule
from aisafety_lint.secrets.scan import SecretMatch


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with a `secret` block, one for each place, in the order of the matches.

    Severity is that of the format; `Finding.key` is the salted hash of the secret: one that moves stays the same
    finding, and a new one on an old line is new.
    """
    wanted = rule.match["secret"]
    for match in project.secrets:
        if _selects(wanted, match):
            yield _finding(rule, wanted, match)


def _selects(wanted: Mapping[str, Any], match: SecretMatch) -> bool:
    places = wanted.get("places", [""])
    return (
        match.place in places
        and match.group in wanted.get("groups", [match.group])
        and match.vendor in wanted.get("vendors", [match.vendor])
        and match.format in wanted.get("formats", [match.format])
        and match.precision in wanted.get("classes", [match.precision])
    )


def _finding(rule: Rule, wanted: Mapping[str, Any], match: SecretMatch) -> Finding:
    severity = Severity[wanted["severity"].upper()] if "severity" in wanted else match.severity
    persona = wanted.get("personas", {}).get(match.format, rule.persona.name)
    return Finding(
        rule=rule.id,
        message=rule.message.format_map(_words(match)),
        location=Location(match.path, match.span, label=_label(match)),
        severity=severity,
        confidence=match.confidence,
        persona=Persona[persona.upper()],
        fix=f"{rule.fix.rstrip('.')}; revoke at {match.rotate}." if match.rotate.startswith("https://") else rule.fix,
        key=match.digest,
        proven=match.proven,
    )


def _words(match: SecretMatch) -> dict[str, str]:
    """What a message may say of a secret: never a character of it after its public prefix."""
    return {
        "vendor": match.vendor if match.vendor != "any" else "An" if match.what[:1] in "aeiou" else "A",
        "what": match.what,
        "name": match.name or "a literal",
        "prefix": f"begins with `{match.prefix}`" if match.prefix else "has no fixed prefix",
        "length": str(match.length),
    }


def _label(match: SecretMatch) -> str:
    return match.what if match.vendor == "any" else f"{match.vendor} {match.what}"
