"""One page for each rule, and one table for each family."""

import re
from collections.abc import Mapping

from aisafety_lint.examples import for_readers
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.rule import FAMILIES, HEADINGS, Rule
from aisafety_lint.standards import Taxonomy, load_standards, resolve
from sitegen.markdown import code, codes, facts, joined, table
from sitegen.page import Page, Section

QUESTIONS = {
    "tool-grants": "Does an agent, or what it runs in, hold more power than its task needs?",
    "output-sinks": "Does text that a model or a stranger wrote reach code, a shell, a statement, a page or a path?",
    "human-approval": "Can money move, data vanish or a message go out with no person in between?",
    "secrets": "Is a credential in the code, in a manifest or in a prompt?",
    "safety-evals": "Is the agent attacked before its users do it, owned, watched, and what its declaration says?",
}
_FIXABLE = {
    "yes": "yes, [`--fix`](../../fixing.md) mends what it can",
    "unsafe": "yes, [`--fix --unsafe-fixes`](../../fixing.md) mends what it can, and somebody has to look",
    "": "no",
}
_PATH = re.compile(r"^(\s*`{3,}[\w+-]+) path=(\S+)$", re.MULTILINE)


def section(knowledge: Knowledge) -> Section:
    """All rules by family."""
    standards = load_standards(knowledge)
    families = [
        Section(
            family,
            (
                Page(f"rules/{family}/index.md", f"All of {family}", _family(family, rules)),
                *(Page(f"rules/{family}/{rule.id}.md", rule.id, _rule(rule, standards)) for rule in rules),
            ),
        )
        for family in FAMILIES
        if (rules := [rule for rule in knowledge.rules.values() if rule.family == family])
    ]
    return Section("Rules", (Page("rules/index.md", "All rules", _index(knowledge)), *families))


def _index(knowledge: Knowledge) -> str:
    rules = list(knowledge.rules.values())
    intro = (
        f"{len(rules)} rules in {len(FAMILIES)} families. A rule's page is made from the file that also is its "
        "tests: every example on it is run. `aisafety-lint explain RULE` prints the same in a terminal."
    )
    parts = [
        joined(
            f"## [{family}]({family}/index.md)",
            QUESTIONS[family],
            _table([rule for rule in rules if rule.family == family], f"{family}/"),
        )
        for family in FAMILIES
    ]
    return joined("# Rules", intro, *parts)


def _family(family: str, rules: list[Rule]) -> str:
    return joined(f"# {family}", QUESTIONS[family], _table(rules, ""))


def _table(rules: list[Rule], folder: str) -> str:
    return table(
        ("rule", "severity", "what it finds"),
        ((f"[{rule.id}]({folder}{rule.id}.md)", _severity(rule), rule.title) for rule in rules),
    )


def _severity(rule: Rule) -> str:
    aside = [str(rule.persona)] if str(rule.persona) != "regular" else []
    return ", ".join([str(rule.severity), *aside, *(["fixable"] if rule.fixable else [])])


def _rule(rule: Rule, standards: Mapping[str, Taxonomy]) -> str:
    about = facts(
        [
            ("Rule", f"{code(rule.id)} of the family [{rule.family}](index.md)"),
            ("Severity", str(rule.severity)),
            ("Precision", rule.precision),
            ("Shown to", "auditor" if str(rule.persona) == "auditor" else f"{rule.persona} and larger personas"),
            ("Fixable", _FIXABLE[rule.fixable]),
            ("Status", f"{rule.status}, since {rule.since}"),
            ("Tags", codes(rule.tags)),
            ("Formerly", codes(rule.aliases)),
        ]
    )
    sections = [joined(f"## {name}", _readable(rule.sections[name])) for name in HEADINGS]
    return joined(
        f"# {rule.title}",
        about,
        *sections[:-1],
        joined("## What to do", rule.fix, _accepting(rule)),
        joined("## Standards", _standards(rule, standards)) if rule.standards else "",
        sections[-1],
    )


def _accepting(rule: Rule) -> str:
    """How a finding is accepted; a rule about suppressions cannot be suppressed by one."""
    if "suppression" in rule.match:
        return ""
    return (
        f"Where it is wrong or accepted, say why: `aisafety: ignore[{rule.id}] REASON` in a comment, or an entry in "
        "the [configuration](../../reference/settings.md). "
        f"`aisafety-lint --ignore {rule.id}` runs without the rule."
    )


def _readable(text: str) -> str:
    """A section without what only tests need; the file that an example stands for becomes its title."""
    return _PATH.sub(r'\1 title="\2"', for_readers(text))


def _standards(rule: Rule, standards: Mapping[str, Taxonomy]) -> str:
    found = [resolve(reference, standards) for reference in rule.standards]
    rows = (
        (f"[{taxonomy.name}](../../standards/{taxonomy.key}.md)", f"[{entry.id}]({entry.url})", entry.title)
        for taxonomy, entry in found
    )
    return table(("standard", "entry", "title"), rows)
