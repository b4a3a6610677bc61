"""`aisafety-lint rules`: lists the rules of the catalogue."""

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aisafety_lint.arguments import OneOf, Parser, folder
from aisafety_lint.outputs import write_stdout

if TYPE_CHECKING:
    from aisafety_lint.rule import Rule


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("rules", "List the rules.")
    made.add_argument("--family", metavar="NAME", help="only the rules of this family")
    made.add_argument(
        "--standard", metavar="KEY", help="which rules check which entry of a standard: nist-ai-rmf, owasp-asi-2026 ..."
    )
    formats = OneOf("format", ("text", "json"))
    made.add_argument("--output-format", type=formats, default="text", metavar="FORMAT", help="text or json")
    made.add_argument(
        "--rules", action="append", type=folder, default=[], metavar="DIR", help="a folder of own rules; repeatable"
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Print the rules in the order of the catalogue, or in that of the entries of a standard."""
    from aisafety_lint.knowledge import Knowledge, builtin_root
    from aisafety_lint.rule import FAMILIES

    if arguments.family is not None:
        OneOf("family", FAMILIES)(arguments.family)
    knowledge = Knowledge((builtin_root(), *arguments.rules))
    rules = [rule for rule in knowledge.rules.values() if arguments.family in (None, rule.family)]
    taxonomy = None
    if arguments.standard is not None:
        from aisafety_lint.standards import named

        taxonomy = named(arguments.standard, knowledge)
        rules = [rule for rule in rules if any(name.startswith(f"{taxonomy.key}:") for name in rule.standards)]
    if arguments.output_format == "json":
        write_stdout(_json(rules))
    elif taxonomy is not None:
        from aisafety_lint.report.standard import listed

        write_stdout(listed(taxonomy, rules))
    else:
        write_stdout(_table(rules))
    return 0


def _table(rules: Iterable["Rule"]) -> str:
    """Aligned columns without ruling lines; what is not the default is said."""
    rows = [("rule", "family", "severity", "precision", "persona", "title")]
    for rule in rules:
        status = "" if rule.status == "stable" else f" ({rule.status})"
        title = rule.title + status
        rows.append((rule.id, rule.family, str(rule.severity), rule.precision, str(rule.persona), title))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", f"{len(rows) - 1} rule{'' if len(rows) == 2 else 's'}."]) + "\n"


def _json(rules: Iterable["Rule"]) -> str:
    return json.dumps({"schema": 1, "rules": [_facts(rule) for rule in rules]}, indent=2, ensure_ascii=False) + "\n"


def _facts(rule: "Rule") -> dict[str, Any]:
    return {
        "id": rule.id,
        "family": rule.family,
        "title": rule.title,
        "summary": rule.summary,
        "severity": str(rule.severity),
        "precision": rule.precision,
        "persona": str(rule.persona),
        "status": rule.status,
        "since": rule.since,
        "tags": list(rule.tags),
        "aliases": list(rule.aliases),
        "standards": list(rule.standards),
        "fix": rule.fix,
        "fixable": rule.fixable or "no",
    }
