"""`aisafety-lint inspect`: shows what the analysis sees in a project, and with `--unresolved` what it does not."""

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aisafety_lint.arguments import OneOf, Parser, folder
from aisafety_lint.errors import UserError
from aisafety_lint.finding import NotificationLevel, Persona
from aisafety_lint.outputs import write_stdout

if TYPE_CHECKING:
    from aisafety_lint.config import Config
    from aisafety_lint.finding import Notification
    from aisafety_lint.report.inspection import Inspection

View = Callable[["Inspection"], str]
FORMATS = ("text", "json", "mermaid", "markdown")


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("inspect", "Show the agents, tools and model calls of a project, or what could not be resolved.")
    made.add_argument("paths", nargs="*", metavar="PATH", help="what to show (default: .)")
    made.add_argument("--unresolved", action="store_true", help="list the calls that stand for nothing known, and why")
    made.add_argument(
        "--output-format",
        type=OneOf("format", FORMATS),
        default="text",
        metavar="FORMAT",
        help="text, json, a diagram in mermaid; with --diff also a table in markdown",
    )
    made.add_argument(
        "--diff",
        metavar="REF",
        help="show what changed in the powers of agents since a git revision; `A...` is where A and HEAD part",
    )
    made.add_argument("--rules", action="append", type=folder, metavar="DIR", help="a folder of own rules; repeatable")
    made.add_argument("--persona", type=OneOf("persona", map(str, Persona)), help="`auditor` sees test code, too")
    made.add_argument("--config", metavar="FILE", help="use this configuration file")
    made.add_argument("--isolated", action="store_true", help="use no configuration file")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Print one view of the project: 0, or 2 where something that was named could not be analysed."""
    if arguments.unresolved and arguments.diff:
        raise UserError("`--unresolved` and `--diff` exclude each other")
    name = "unresolved" if arguments.unresolved else "map"
    view = _views().get((name, arguments.output_format))
    if view is None and not arguments.diff:
        raise UserError(
            f"there is no `{arguments.output_format}` of {'what is unresolved' if arguments.unresolved else 'the map'}",
            f"use {' or '.join(form for kind, form in _views() if kind == name)}",
        )
    from aisafety_lint import pipeline
    from aisafety_lint.progress import told
    from aisafety_lint.settings import CommandLine, load_config

    settings: dict[str, object] = {}
    if arguments.rules:
        settings["rules"] = tuple(arguments.rules)
    if arguments.persona:
        settings["persona"] = Persona[arguments.persona.upper()]
    if arguments.config and arguments.isolated:
        raise UserError("`--config` and `--isolated` exclude each other")
    paths = tuple(arguments.paths) or (".",)
    config = load_config(CommandLine(paths, arguments.config, arguments.isolated, None, settings))
    with told("analysing", sys.stderr):
        found = pipeline.inspect(config)
    write_stdout(view(found) if view and not arguments.diff else _difference(arguments, config, found))
    if arguments.output_format == "text":
        _tell(found.notifications)
    return 2 if any(item.level is NotificationLevel.ERROR for item in found.notifications) else 0


def _difference(arguments: argparse.Namespace, config: "Config", found: "Inspection") -> str:
    """What changed since a revision."""
    from aisafety_lint.difference import powers_since
    from aisafety_lint.progress import told
    from aisafety_lint.report import powers

    with told("analysing the revision", sys.stderr):
        compared = powers_since(config, found, arguments.diff)
    views = {"text": powers.text, "json": powers.json, "mermaid": powers.mermaid, "markdown": powers.markdown}
    return views[arguments.output_format](compared)


def _views() -> Mapping[tuple[str, str], View]:
    from aisafety_lint.report import map as overview
    from aisafety_lint.report import map_data, unresolved

    return {
        ("map", "text"): overview.text,
        ("map", "json"): map_data.json,
        ("map", "mermaid"): map_data.mermaid,
        ("unresolved", "text"): unresolved.text,
        ("unresolved", "json"): unresolved.json,
    }


def _tell(notifications: "tuple[Notification, ...]") -> None:
    """What could not be analysed goes to standard error, beside the view."""
    from aisafety_lint.report.terminal import visible

    for item in notifications:
        where = f"{visible(item.path)}: " if item.path else ""
        sys.stderr.write(f"{item.level}: {where}{visible(item.message)}\n")
