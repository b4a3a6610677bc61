"""One page for each standard: its entries, and the rules that check them."""

from aisafety_lint.knowledge import Knowledge
from aisafety_lint.rule import Rule
from aisafety_lint.standards import Taxonomy, load_standards, resolve
from sitegen.markdown import code, facts, joined, table
from sitegen.page import Page, Section


def section(knowledge: Knowledge) -> Section:
    """All standards by their name."""
    standards = load_standards(knowledge)
    checked: dict[tuple[str, str], list[Rule]] = {}
    for rule in knowledge.rules.values():
        for reference in rule.standards:
            taxonomy, entry = resolve(reference, standards)
            checked.setdefault((taxonomy.key, entry.id), []).append(rule)
    pages = tuple(
        Page(f"standards/{one.key}.md", f"{one.name} {one.version}", _standard(one, checked))
        for one in standards.values()
    )
    rows = (
        (f"[{one.name}]({one.key}.md)", one.version, one.organization, code(one.key), str(len(one.entries)))
        for one in standards.values()
    )
    index = joined(
        "# Standards",
        "`aisafety-lint report --standard KEY` holds one of them against a repository, entry by entry. "
        "Titles are those of the standards; their texts are not repeated here.",
        table(("standard", "version", "by", "key", "entries"), rows),
    )
    return Section("Standards", (Page("standards/index.md", "All standards", index), *pages))


def _standard(standard: Taxonomy, checked: dict[tuple[str, str], list[Rule]]) -> str:
    about = facts(
        [
            ("Version", standard.version),
            ("By", standard.organization),
            ("Address", f"<{standard.url}>"),
            ("Key", code(standard.key)),
            ("In SARIF", "yes" if standard.sarif else "no"),
        ]
    )
    rows = (
        (
            f"[{entry.id}]({entry.url})",
            entry.title,
            ", ".join(
                f"[{rule.id}](../rules/{rule.family}/{rule.id}.md)"
                for rule in checked.get((standard.key, entry.id), ())
            )
            or "no rule",
        )
        for entry in standard.entries.values()
    )
    return joined(f"# {standard.name} {standard.version}", about, table(("entry", "title", "checked by"), rows))
