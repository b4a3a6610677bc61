"""`aisafety-lint baseline`: keeps the findings of today, so that a run shows what is new."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aisafety_lint.arguments import OneOf, Parser, add_run_options, day
from aisafety_lint.commands import check
from aisafety_lint.config import Config
from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_file, write_stdout

if TYPE_CHECKING:
    from aisafety_lint.baseline import Entry
    from aisafety_lint.report.model import Report

ACTIONS = ("create", "update", "show")
_EPILOG = """\
actions:
  create  write a baseline of all findings of today; needs --reason
  update  remove the entries that match nothing any more; with --add and --reason, take in what is new
  show    list the entries, and what has become of them

`baseline = "FILE"` in the configuration, or `--baseline FILE`, has a run show only what is not in it."""


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("baseline", "Keep the findings of today, and show only new ones from now on.", _EPILOG)
    made.add_argument("action", type=OneOf("action", ACTIONS), metavar="ACTION", help="create, update or show")
    made.add_argument("paths", nargs="*", metavar="PATH", help="which files (default: .)")
    made.add_argument("--baseline", metavar="FILE", help="the file (default: that of the settings, or in the root)")
    made.add_argument("--reason", default="", metavar="TEXT", help="why the findings stay for now")
    made.add_argument("--until", type=day, metavar="DATE", help="the last day on which they are known")
    made.add_argument("--add", action="store_true", help="update: take in new findings, and those that are over")
    made.add_argument("--force", action="store_true", help="create: replace a baseline that is there")
    formats = OneOf("format", ("text", "json"))
    made.add_argument("--output-format", type=formats, default="text", metavar="FORMAT", help="show: text or json")
    made.add_argument("--persona", help="who reads: regular, pedantic or auditor")
    made.add_argument("--today", type=day, metavar="DATE", help="the day by which entries are over")
    add_run_options(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do what the action says: 0, or 2 where the project could not be analysed."""

    _check_options(arguments)
    config = check.config_of(check.with_defaults(arguments))
    path = _file(arguments, config)
    if arguments.action == "create" and path.exists() and not arguments.force:
        raise UserError(
            f"`{_shown(path)}` is there already", "`baseline update` keeps it current, `--force` replaces it"
        )
    report = check.analysed(arguments, config)
    action = {"create": _create, "update": _update, "show": _show}[arguments.action]
    write_stdout(action(arguments, config, report, path))
    return check.exit_code(config, report, exit_zero=True)


def _check_options(arguments: argparse.Namespace) -> None:
    adds = arguments.action == "create" or (arguments.action == "update" and arguments.add)
    if adds and not arguments.reason.strip():
        raise UserError("a baseline needs `--reason`", "say why the findings stay, for whoever reads it next")
    if not adds and (arguments.reason or arguments.until):
        raise UserError("`--reason` and `--until` are for new entries", "`baseline update --add` takes them in")


def _file(arguments: argparse.Namespace, config: Config) -> Path:
    from aisafety_lint.baseline import DEFAULT

    return Path(arguments.baseline).absolute() if arguments.baseline else config.baseline or config.root / DEFAULT


def _create(arguments: argparse.Namespace, _: Config, report: "Report", path: Path) -> str:
    from aisafety_lint import baseline

    entries = baseline.entries_of(report.findings, report, arguments.reason.strip(), _until(arguments))
    write_file(path, baseline.text(entries))
    return f"{_entries(len(entries))} written to `{_shown(path)}`.\n"


def _update(arguments: argparse.Namespace, config: Config, report: "Report", path: Path) -> str:
    from aisafety_lint import baseline

    before = baseline.load(path)
    matched = baseline.match(report, before, config)
    gone = list(matched.stale)
    added: Sequence[Entry] = ()
    if arguments.add:
        gone += [entry for _, entry in matched.overdue]
        taken_in = (*matched.new, *(finding for finding, _ in matched.overdue))
        added = baseline.entries_of(taken_in, report, arguments.reason.strip(), _until(arguments))
    kept = list(before)
    for entry in gone:
        kept.remove(entry)
    content = baseline.text((*kept, *added))
    if content != baseline.text(before):
        write_file(path, content)
    return f"{_entries(len(gone))} removed, {len(added)} added, {len(kept)} kept in `{_shown(path)}`.\n"


def _show(arguments: argparse.Namespace, config: Config, report: "Report", path: Path) -> str:
    from aisafety_lint import baseline
    from aisafety_lint.report import baselines

    entries = baseline.load(path)
    matched = baseline.match(report, entries, config)
    view = baselines.json if arguments.output_format == "json" else baselines.text
    return view(entries, matched)


def _until(arguments: argparse.Namespace) -> str:
    return arguments.until.isoformat() if arguments.until else ""


def _entries(number: int) -> str:
    return f"{number} {'entry' if number == 1 else 'entries'}"


def _shown(path: Path) -> Any:
    """A path as somebody in the working directory would write it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else path
