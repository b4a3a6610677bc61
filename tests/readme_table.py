"""The README's table of rules, made from the catalogue: `python tests/readme_table.py` writes it anew."""

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from aisafety_lint.knowledge import Knowledge
from aisafety_lint.rule import Rule

README = Path(__file__).resolve().parent.parent / "README.md"
PLACE = re.compile(r"(<!-- rules: .*? -->\n)(.*?)(<!-- end of rules -->)", re.DOTALL)


def table(rules: Iterable[Rule]) -> str:
    """One table for all families, in the order of the catalogue."""
    lines = ["", "| rule | severity | what it finds |", "| --- | --- | --- |"]
    for family, members in groupby(rules, key=lambda rule: rule.family):
        lines.append(f"| **{family}** | | |")
        for rule in members:
            link = f"[{rule.id}](rules/catalog/{family}/{rule.id}.md)"
            persona = "" if str(rule.persona) == "regular" else f", {rule.persona}"
            lines.append(f"| {link} | {rule.severity}{persona} | {rule.title} |")
    return "\n".join([*lines, "", ""])


def updated(text: str) -> str:
    """The README's text with the table as it has to be."""
    made = table(Knowledge().rules.values())
    return PLACE.sub(lambda match: match[1] + made + match[3], text)


if __name__ == "__main__":
    README.write_text(updated(README.read_text("utf-8")), "utf-8")
