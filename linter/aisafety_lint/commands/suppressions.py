"""`aisafety-lint suppressions`: lists what people have accepted in a project, why, until when, and what it holds."""

import argparse
from typing import TYPE_CHECKING

from aisafety_lint.arguments import OneOf, Parser, add_run_options, day
from aisafety_lint.commands import check
from aisafety_lint.outputs import write_stdout

if TYPE_CHECKING:
    from aisafety_lint.report.model import Report

FORMATS = ("text", "json")


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("suppressions", "List what is suppressed in a project, why, until when, and what it holds back.")
    made.add_argument("paths", nargs="*", metavar="PATH", help="which files (default: .)")
    formats = OneOf("format", FORMATS)
    made.add_argument("--output-format", type=formats, default="text", metavar="FORMAT", help="text or json")
    made.add_argument("--persona", help="`auditor` tells of test code, too")
    made.add_argument("--today", type=day, metavar="DATE", help="the day by which suppressions are over")
    add_run_options(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Print all suppressions: 0 where each has its use, 1 where one is malformed, unused or over, 2 for no answer."""
    from aisafety_lint.report import suppressions

    config = check.config_of(check.with_defaults(arguments))
    report: Report = check.analysed(arguments, config)
    write_stdout(suppressions.json(report) if arguments.output_format == "json" else suppressions.text(report))
    if check.exit_code(config, report, exit_zero=True):
        return 2
    return int(any(not suppressions.in_order(item) for item in report.suppressions))
