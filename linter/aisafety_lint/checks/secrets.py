"""Rules about secrets, all of them said by data: takes `match: {secret: ...}` of a rule, gives its findings.

The form of the block is `rules/schema/match-secret.schema.json`: groups, vendors, formats and classes narrow down which
matches are meant; without `places`, those in text for a model are left to the rule that asks for them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from aisafety_lint.finding import Finding, Location, Persona, Remedy, Severity
from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.project import Project
from aisafety_lint.remedies import remedy
from aisafety_lint.rule import Rule
from aisafety_lint.secrets.matches import SecretMatch
from aisafety_lint.wording import article

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[A-Za-z0-9]+")
_ROLES = frozenset(
    {"key", "apikey", "token", "secret", "password", "passwd", "pwd", "dsn", "url", "credentials", "pass"}
)
_MOST_PLACES = 10


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with a `secret` block, one for each place, in the order of the matches; with `shared`, one
    for each secret that several deployments have.

    Severity is that of the format; `Finding.key` is the salted hash of the secret: one that moves stays the same
    finding, and a new one on an old line is new.
    """
    wanted = rule.match["secret"]
    same: dict[str, list[SecretMatch]] = {}
    for match in project.secrets:
        same.setdefault(match.digest, []).append(match)
    if "shared" in wanted:
        yield from _shared(rule, wanted, project, same.values())
        return
    names = variables(project.secrets) if rule.edits else {}
    for match in project.secrets:
        if _selects(wanted, match):
            finding = _finding(rule, wanted, match, project, names)
            yield replace(finding, related=_elsewhere(match, same[match.digest]))


def _shared(
    rule: Rule, wanted: Mapping[str, Any], project: Project, groups: Iterable[list[SecretMatch]]
) -> Iterator[Finding]:
    """One finding for each secret that stands in files of several deployments, by the words of their paths."""
    for group in groups:
        deployments = {match.path: _deployment(match.path, wanted["shared"]) for match in group if _is_given(match)}
        named = [match for match in group if deployments.get(match.path)]
        if len({deployments[match.path] for match in named}) > 1:
            finding = _finding(rule, wanted, named[0], project, {})
            yield replace(finding, related=_elsewhere(named[0], named))


def _is_given(match: SecretMatch) -> bool:
    """Whether a secret was issued or made by chance: a word that anybody uses is not shared."""
    return match.precision != "guessable"


def _deployment(path: str, deployments: Mapping[str, list[str]]) -> str:
    """The deployment that a path names, by one of its words."""
    words = set(re.split(r"[^a-z0-9]+", path.lower()))
    return next((name for name, known in deployments.items() if not words.isdisjoint(known)), "")


def _elsewhere(match: SecretMatch, same: Iterable[SecretMatch]) -> tuple[Location, ...]:
    """Where else a secret stands, one place a file."""
    places = {other.path: other for other in same if other.path != match.path}
    return tuple(Location(path, places[path].span, "the same value") for path in sorted(places)[:_MOST_PLACES])


def _selects(wanted: Mapping[str, Any], match: SecretMatch) -> bool:
    places = wanted.get("places", [""])
    return (
        match.place in places
        and match.group in wanted.get("groups", [match.group])
        and match.vendor in wanted.get("vendors", [match.vendor])
        and match.format in wanted.get("formats", [match.format])
        and match.precision in wanted.get("classes", [match.precision])
    )


def _finding(
    rule: Rule, wanted: Mapping[str, Any], match: SecretMatch, project: Project, names: Mapping[str, str]
) -> Finding:
    severity = Severity[wanted["severity"].upper()] if "severity" in wanted else match.severity
    shown_to_learn = not frozenset(wanted.get("examples", ())).isdisjoint(match.path.lower().split("/")[:-1])
    persona = "pedantic" if shown_to_learn else wanted.get("personas", {}).get(match.format, rule.persona.name)
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
        remedies=_remedies(rule, match, project, names.get(match.digest, "")),
    )


def _remedies(rule: Rule, match: SecretMatch, project: Project, name: str) -> tuple[Remedy, ...]:
    """The variable in whose place the value is written: of Python, or of the kind of manifest."""
    for edit in rule.edits:
        if edit["edit"] == "literal-to-environment" and project.files[match.path].kind == "python":
            return (remedy({**edit, "name": name}, match.path, match.span),)
        if edit["edit"] == "replace-text":
            forms = [item.kind.facts["reference"] for item in project.manifests if _refers(item, match.path)]
            if forms:
                return (remedy({**edit, "value": forms[0].replace("NAME", name)}, match.path, match.span),)
    return ()


def _refers(manifest: Manifest, path: str) -> bool:
    return manifest.path == path and "reference" in manifest.kind.facts


def variables(matches: Iterable[SecretMatch]) -> Mapping[str, str]:
    """The name of a variable for each secret, by its digest: two secrets never share one."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for match in matches:
        if match.digest not in names:
            base = name = variable(match)
            number = 1
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            taken.add(name)
            names[match.digest] = name
    return names


def variable(match: SecretMatch) -> str:
    """The name of the variable: by what the value is assigned to, and by the vendor where that does not say it."""
    words = _WORD.findall(_CAMEL.sub("_", match.name))
    vendor = [] if match.vendor == "any" else _WORD.findall(match.vendor)[:1]
    if not any(word.lower() in _ROLES for word in words):
        words = ["API", "KEY"] if vendor else [*words, "SECRET"]
    if vendor and vendor[0].lower() not in {word.lower() for word in words}:
        words = [*vendor, *words]
    name = "_".join(words).upper()
    return name if not name[:1].isdigit() else f"_{name}"


def _words(match: SecretMatch) -> dict[str, str]:
    """What a message may say of a secret: never a character of it after its public prefix."""
    return {
        "vendor": match.vendor if match.vendor != "any" else article(match.what),
        "what": match.what,
        "name": match.name or match.what,
        "assigned": f" for `{match.name}`" if match.name else "",
        "prefix": f"begins with `{match.prefix}`" if match.prefix else "has no fixed prefix",
        "length": str(match.length),
    }


def _label(match: SecretMatch) -> str:
    return match.what if match.vendor == "any" else f"{match.vendor} {match.what}"
