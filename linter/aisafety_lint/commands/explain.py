"""`aisafety-lint explain RULE`: prints what a rule finds, why it matters and what to do instead."""

import argparse
import os
import re
import sys

from aisafety_lint.arguments import Parser, folder, one_of, use_color
from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_stdout


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("explain", "Print what a rule finds, why it matters and what to do instead.")
    made.add_argument("rule", metavar="RULE", help="the id of a rule; `aisafety-lint rules` lists them")
    made.add_argument(
        "--rules", action="append", type=folder, default=[], metavar="DIR", help="a folder of own rules; repeatable"
    )
    colors = one_of("color", ("auto", "always", "never"))
    made.add_argument("--color", type=colors, default="auto", help="auto, always, never")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Print the rule; raises UserError where there is none of this name."""
    from aisafety_lint.knowledge import Knowledge, builtin_root
    from aisafety_lint.rule import HEADINGS
    from aisafety_lint.select import find_rule
    from aisafety_lint.suggest import did_you_mean

    rules = Knowledge((builtin_root(), *arguments.rules)).rules
    rule = find_rule(arguments.rule, rules)
    if rule is None:
        group = [one.id for one in rules.values() if arguments.rule == one.family or arguments.rule in one.tags]
        hint = f"it stands for these rules: {', '.join(group)}" if group else did_you_mean(arguments.rule, rules)
        raise UserError(f"no rule `{arguments.rule}`", hint or "`aisafety-lint rules` lists the rules")
    facts = {
        "id": rule.id,
        "family": rule.family,
        "severity": str(rule.severity),
        "precision": rule.precision,
        "shown to": f"{rule.persona} and larger" if rule.persona.name != "AUDITOR" else "auditor",
        "status": f"{rule.status}, since {rule.since}",
        "tags": ", ".join(rule.tags),
        "formerly": ", ".join(rule.aliases),
        "standards": ", ".join(rule.standards),
    }
    table = "\n".join(f"- {name}: {value}" for name, value in facts.items() if value)
    sections = "\n\n".join(f"## {name}\n\n{rule.sections[name]}" for name in HEADINGS)
    text = _visible(f"# {rule.title}\n\n{table}\n\n{sections}\n\n## Fix\n\n{rule.fix}\n")
    colored = use_color(arguments.color, os.environ, sys.stdout.isatty())
    write_stdout(_drawn(text) if colored else text)
    return 0


def _visible(markdown: str) -> str:
    """The text for readers, with nothing in it that acts on the terminal."""
    from aisafety_lint.examples import for_readers
    from aisafety_lint.report.terminal import visible

    return "\n".join(map(visible, for_readers(markdown).expandtabs(4).split("\n")))


def _drawn(markdown: str) -> str:
    """The text as a terminal shows it best."""
    import io
    import shutil

    from rich.console import Console
    from rich.markdown import Markdown

    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system="standard")
    with console.capture() as captured:
        # Words after the language of a block are ours, not the highlighter's.
        console.print(Markdown(re.sub(r"^(`{3,}\w+) path=.*$", r"\1", markdown, flags=re.MULTILINE)))
    return captured.get()
