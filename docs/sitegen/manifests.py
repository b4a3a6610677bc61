"""One page for each kind of manifest: which files it is, and which rules look at it."""

from collections.abc import Iterable, Mapping
from typing import Any

from aisafety_lint.knowledge import Knowledge
from aisafety_lint.rule import Rule
from sitegen.markdown import code, codes, facts, joined, listed, table
from sitegen.page import Page, Section


def section(knowledge: Knowledge) -> Section:
    """All kinds by their title."""
    kinds = {stem: kind for stem, kind in knowledge.models("manifests") if "title" in kind}
    rules = list(knowledge.rules.values())
    pages = [Page(f"manifests/{stem}.md", kind["title"], _kind(kind, rules, stem)) for stem, kind in kinds.items()]
    return Section(
        "Manifests",
        (
            Page("manifests/index.md", "All manifests", _index(kinds)),
            *sorted(pages, key=lambda page: page.title.lower()),
        ),
    )


def _index(kinds: Mapping[str, Mapping[str, Any]]) -> str:
    intro = (
        f"{len(kinds)} kinds of manifests are known. A file is taken for one by its name *and* by what is in it: a "
        "`mcp.json` may just as well be a translation."
    )
    rows = (
        (f"[{kind['title']}]({stem}.md)", code(kind["syntax"]), codes(kind["files"], 3))
        for stem, kind in sorted(kinds.items(), key=lambda item: item[1]["title"].lower())
    )
    return joined("# Manifests", intro, table(("manifest", "syntax", "files"), rows))


def _kind(kind: Mapping[str, Any], rules: Iterable[Rule], stem: str) -> str:
    about = facts(
        [
            ("Syntax", code(kind["syntax"])),
            ("Files", codes(kind["files"]) or "only inside other manifests"),
            ("Must hold", ", ".join(_literal(literal) for literal in kind.get("literals", ()))),
            ("One of these must be there", codes(kind.get("shape", ()))),
        ]
    )
    looking = [
        (f"[{rule.id}](../rules/{rule.family}/{rule.id}.md)", str(rule.severity), rule.title)
        for rule in rules
        if _looks(rule, stem, kind)
    ]
    return joined(
        f"# {kind['title']}",
        about,
        joined("## Rules that look at it", table(("rule", "severity", "what it finds"), looking)) if looking else "",
    )


def _literal(literal: Any) -> str:
    return " or ".join(map(code, listed(literal)))


def _looks(rule: Rule, stem: str, kind: Mapping[str, Any]) -> bool:
    """Whether a rule asks about a place of the kind, or about a path in this kind."""
    asked = rule.match.get("manifest")
    if asked is None:
        return False
    if "kind" in asked and stem not in listed(asked["kind"]):
        return False
    return any(place.startswith("$") or place in kind["places"] for place in listed(asked["select"]))
