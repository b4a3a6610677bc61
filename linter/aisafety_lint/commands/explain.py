"""`aisafety-lint explain`: prints what a rule finds, why it matters and what to do instead, or tells of a finding."""

import argparse
import os
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from aisafety_lint.arguments import OneOf, Parser, add_run_options, use_color
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Persona
from aisafety_lint.outputs import write_stdout

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>[1-9]\d*)(?::(?P<column>[1-9]\d*))?", re.DOTALL)


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser(
        "explain",
        "Print what a rule finds, why it matters and what to do instead; or how the finding at a place is reached,\n"
        "why what is on the way does not count, and what would be enough.",
    )
    made.add_argument(
        "what",
        metavar="RULE|PATH:LINE",
        help="the id of a rule (`aisafety-lint rules` lists them), or the place of a finding",
    )
    add_run_options(made)
    made.add_argument("--persona", type=OneOf("persona", map(str, Persona)), help="who asks, for PATH:LINE")
    colors = OneOf("color", ("auto", "always", "never"))
    made.add_argument("--color", type=colors, default="auto", help="auto, always, never")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Print the rule or the finding; raises UserError where there is none."""
    place = _PLACE.fullmatch(arguments.what)
    return _finding(arguments, place) if place else _rule(arguments)


def _finding(arguments: argparse.Namespace, place: re.Match[str]) -> int:
    """Tell all of the findings at a place, from the cache where nothing has changed since the last run."""
    from aisafety_lint.commands import check
    from aisafety_lint.fixes.shown import with_edits
    from aisafety_lint.located import findings_at, nearest
    from aisafety_lint.report import explained
    from aisafety_lint.report.options import Options
    from aisafety_lint.scope import given_path

    path = given_path(place["path"])
    paths = ["."] if path.is_relative_to(Path.cwd().resolve()) else [place["path"]]
    config = check.config_of(check.with_defaults(argparse.Namespace(**{**vars(arguments), "paths": paths})))
    if not path.is_relative_to(config.root) or path.is_dir():
        raise UserError(f"`{place['path']}` is not a file of this project", "give a file and a line of it")
    report = check.analysed(arguments, config)
    name, line = config.relative(path), int(place["line"])
    found = findings_at(report, name, line, int(place["column"]) if place["column"] else None)
    if not found:
        near = [f"`{one.location.path}:{one.location.span.line}` {one.rule}" for one in nearest(report, name, line)]
        hint = f"the nearest: {', '.join(near)}" if near else "there are no findings in this project"
        if config.persona is not Persona.AUDITOR:
            hint += "; `--persona auditor` sees more"
        raise UserError(f"there is no finding at `{arguments.what}`", hint)
    with_fixes = with_edits(replace(report, findings=tuple(finding for finding, _ in found)), config).findings
    told = [(finding, by) for finding, (_, by) in zip(with_fixes, found, strict=True)]
    colored = use_color(arguments.color, os.environ, sys.stdout.isatty())
    width = max(shutil.get_terminal_size((100, 24)).columns, 40)
    write_stdout(explained.render(report, told, Options(color=colored, width=width)))
    return 0


def _rule(arguments: argparse.Namespace) -> int:
    from aisafety_lint.knowledge import Knowledge, builtin_root
    from aisafety_lint.rule import HEADINGS
    from aisafety_lint.select import find_rule
    from aisafety_lint.suggest import did_you_mean

    rules = Knowledge((builtin_root(), *(arguments.rules or ()))).rules
    rule = find_rule(arguments.what, rules)
    if rule is None:
        group = [one.id for one in rules.values() if arguments.what == one.family or arguments.what in one.tags]
        hint = f"it stands for these rules: {', '.join(group)}" if group else did_you_mean(arguments.what, rules)
        raise UserError(f"no rule `{arguments.what}`", hint or "`aisafety-lint rules` lists the rules")
    facts = {
        "id": rule.id,
        "family": rule.family,
        "severity": str(rule.severity),
        "precision": rule.precision,
        "shown to": f"{rule.persona} and larger" if rule.persona.name != "AUDITOR" else "auditor",
        "fixable": {"yes": "`--fix` mends what it can", "unsafe": "`--fix --unsafe-fixes` mends what it can"}.get(
            rule.fixable, ""
        ),
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

    from rich.console import Console
    from rich.markdown import Markdown

    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system="standard")
    with console.capture() as captured:
        # Words after the language of a block are ours, not the highlighter's.
        console.print(Markdown(re.sub(r"^(`{3,}\w+) path=.*$", r"\1", markdown, flags=re.MULTILINE)))
    return captured.get()
