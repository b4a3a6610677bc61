"""`aisafety-lint check`: analyses a project and writes what it found."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aisafety_lint import cli
from aisafety_lint.arguments import OneOf, Parser, address, count, day, folder, use_color, use_links, words
from aisafety_lint.commands import fix
from aisafety_lint.config import Config
from aisafety_lint.errors import UserError
from aisafety_lint.finding import NotificationLevel, Persona, Severity
from aisafety_lint.outputs import Output, drop_stdout, parse_output, stdout_format, write_file, write_stdout
from aisafety_lint.report import FORMATS
from aisafety_lint.suggest import nearest

if TYPE_CHECKING:
    from aisafety_lint.cache import Store
    from aisafety_lint.fixes.applying import Outcome
    from aisafety_lint.report.model import Report

_EPILOG = """\
exit codes:
  0  nothing at or above --fail-on; with --diff, nothing to mend
  1  findings
  2  the job could not be done

A path that is named like a command is given as `aisafety-lint check PATH`."""
_MAX_STDIN = 100_000_000
_LISTS = ("select", "ignore", "extend_select", "exclude", "extend_exclude")
_FLAGS = ("force_exclude", "strict")
_WITH_EDITS = {"json", "sarif", "rdjson", "html"}  # formats that hold the edits of fixes


def parser() -> Parser:
    """The arguments of the command, which are those of the program as a whole."""
    commands = "\n".join(f"  {name:<12} {text}" for name, text in cli.COMMANDS.items())
    made = Parser(
        "",
        "Find what makes an LLM agent unsafe around the model. Nothing is executed, nothing leaves the machine.",
        f"commands:\n{commands}\n\n{_EPILOG}",
    )
    made.add_argument(
        "paths", nargs="*", metavar="PATH", help="what to report on (default: .); `-` reads standard input"
    )
    _add_rules(made.add_argument_group("rules"))
    _add_fixes(made.add_argument_group("fixes"))
    _add_suppressions(made.add_argument_group("accepted findings"))
    _add_files(made.add_argument_group("files"))
    _add_output(made.add_argument_group("output"))
    return made


def _add_rules(group: "argparse._ArgumentGroup") -> None:
    selectors: dict[str, Any] = {"action": "extend", "type": words, "metavar": "RULE"}
    group.add_argument(
        "--select", **selectors, help="run these rules only: ids, families, tags, ALL; with commas, repeatable"
    )
    group.add_argument("--ignore", **selectors, help="do not run these rules")
    group.add_argument("--extend-select", **selectors, help="run these rules, too")
    group.add_argument("--rules", action="append", type=folder, metavar="DIR", help="a folder of own rules; repeatable")
    personas = OneOf("persona", map(str, Persona))
    severities = OneOf("severity", map(str, Severity))
    group.add_argument("--persona", type=personas, help="who reads: regular, pedantic or auditor (default: regular)")
    group.add_argument("--min-severity", type=severities, metavar="LEVEL", help="show findings from this severity on")
    group.add_argument(
        "--fail-on", type=severities, metavar="LEVEL", help="exit with 1 from this severity on (default: low)"
    )


def _add_fixes(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--fix", action="store_true", help="mend what can be mended, then report on the rest")
    group.add_argument(
        "--unsafe-fixes", action="store_true", help="also mend where somebody has to look at the outcome"
    )
    group.add_argument("--fix-only", action="store_true", help="mend, and do not report on the rest")
    group.add_argument("--exit-non-zero-on-fix", action="store_true", help="exit with 1 if anything was mended")


def _add_suppressions(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--add-ignores", action="store_true", help="write suppressions for all findings into the files; needs --reason"
    )
    group.add_argument("--reason", default="", metavar="TEXT", help="why the findings are accepted, with --add-ignores")
    group.add_argument("--until", type=day, metavar="DATE", help="the last day of what --add-ignores writes")
    group.add_argument("--baseline", metavar="FILE", help="do not show the findings that are in this baseline")
    group.add_argument(
        "--diff",
        nargs="?",
        const="",
        metavar="REF",
        help="show only what is new against this git revision, or passes through lines changed since; "
        "`A...` is where A and HEAD part; without a revision, show what --fix would change, and change nothing",
    )
    group.add_argument(
        "--changed-first", metavar="REF", help="show all, and tell apart in the reports what `--diff REF` would show"
    )
    group.add_argument("--no-baseline", action="store_true", help="use no baseline, whatever the settings say")
    group.add_argument(
        "--no-suppressions", action="store_true", help="show what comments and settings suppress as all other findings"
    )
    group.add_argument(
        "--include-suppressed", action="store_true", help="list suppressed findings in json and sarif, as suppressed"
    )
    group.add_argument(
        "--today", type=day, metavar="DATE", help="the day by which suppressions are over (default: the clock's)"
    )


def _add_files(group: "argparse._ArgumentGroup") -> None:
    patterns: dict[str, Any] = {"action": "extend", "type": words, "metavar": "PATTERN"}
    group.add_argument(
        "--exclude", **patterns, help="paths not to walk, instead of the default ones; .gitignore syntax"
    )
    group.add_argument("--extend-exclude", **patterns, help="paths not to walk, besides the default ones")
    group.add_argument("--force-exclude", action="store_true", help="excludes hold for paths given explicitly, too")
    group.add_argument(
        "--stdin-filename", metavar="FILE", help="the file that standard input stands for, with PATH `-`"
    )
    group.add_argument("--config", metavar="FILE", help="use this configuration file")
    group.add_argument("--isolated", action="store_true", help="use no configuration file")
    group.add_argument("--strict", action="store_true", help="exit with 2 if any file could not be analysed")
    group.add_argument(
        "--jobs",
        type=count,
        metavar="N",
        help="work in so many processes; 0 and 1 in none but this (default: as it pays)",
    )
    group.add_argument(
        "--max-file-size", type=count, metavar="BYTES", help="do not analyse larger files (default: 2000000)"
    )
    group.add_argument(
        "--file-timeout",
        type=count,
        metavar="SECONDS",
        help="give up a file that takes more processor time (default: 60)",
    )
    group.add_argument("--no-cache", action="store_true", help="neither use what earlier runs found nor keep anything")
    group.add_argument(
        "--cache-dir",
        metavar="DIR",
        help="the folder of the cache (default: in the user's own; also $AISAFETY_LINT_CACHE_DIR)",
    )


def _add_output(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--output-format", type=OneOf("format", FORMATS), metavar="FORMAT", help=", ".join(FORMATS))
    group.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="write this format to a file, too; repeatable",
    )
    group.add_argument("--show-files", action="store_true", help="list the files to report on, and stop")
    group.add_argument(
        "--show-settings", action="store_true", help="list the settings and where they come from, and stop"
    )
    group.add_argument(
        "--statistics", action="store_true", help="count the findings of each rule, instead of listing them"
    )
    group.add_argument(
        "--watch", action="store_true", help="report again whenever a file changes, until Ctrl-C; tells what is new"
    )
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 even with findings")
    group.add_argument("--trace", type=OneOf("trace", ("short", "full")), default="short", help="short or full flows")
    group.add_argument(
        "--color", type=OneOf("color", ("auto", "always", "never")), default="auto", help="auto, always, never"
    )
    group.add_argument("--category", default="", metavar="NAME", help="tells several SARIF uploads of a commit apart")
    group.add_argument(
        "--source-url", type=address, default="", metavar="URL", help="where markdown links to files: URL/path#Lline"
    )


def run(arguments: argparse.Namespace) -> int:
    """Analyse, write, and decide the exit code."""
    started = time.monotonic()
    if (arguments.reason or arguments.until) and not arguments.add_ignores:
        raise UserError("`--reason` and `--until` are for `--add-ignores`")
    if arguments.diff and arguments.changed_first:
        raise UserError("`--diff` and `--changed-first` exclude each other")
    outputs = [parse_output(text) for text in arguments.output]
    to_stdout = stdout_format(arguments.output_format, outputs)
    if arguments.watch:
        from aisafety_lint.commands.watch import watch

        return watch(arguments, outputs, to_stdout)
    config = replace(config_of(arguments), map="html" in (to_stdout, *(form for form, _ in outputs)))
    if arguments.show_settings:
        from aisafety_lint.secrets.redact import concealed
        from aisafety_lint.settings_view import settings_text

        write_stdout(concealed(settings_text(config)))
        return 0
    if arguments.show_files:
        return _show_files(config)

    fixing = fix.wanted(arguments)
    report = made(arguments, config)
    if arguments.add_ignores:
        return _add_ignores(arguments, config, report)
    fixed = 0
    if fixing:
        outcome = fix.mend(arguments, config, report, lambda changed: made(arguments, changed))
        report, fixed = outcome.report, outcome.fixed
        fix.tell(outcome, written=not fix.only_shown(arguments))
        if fix.only_shown(arguments) or arguments.fix_only:
            return _only_fixed(arguments, config, outcome)
    return reported(arguments, config, report, outputs, to_stdout, started) or int(
        bool(fixed) and arguments.exit_non_zero_on_fix
    )


def made(arguments: argparse.Namespace, config: Config, make: "Callable[[Store], Report] | None" = None) -> "Report":
    """The report that the arguments ask for; `make` makes the one on the project, or it is made or remembered."""
    return _compared(analysed(arguments, config, make), config, arguments)


def analysed(
    arguments: argparse.Namespace, config: Config, make: "Callable[[Store], Report] | None" = None
) -> "Report":
    """The report on a project, made or remembered; a person who waits for it sees that it goes on."""
    from aisafety_lint import recall
    from aisafety_lint.progress import told

    store = store_of(arguments, config.root)
    with told("analysing", sys.stderr):
        return recall.run(config, store) if make is None else make(store)


def _only_fixed(arguments: argparse.Namespace, config: Config, outcome: "Outcome") -> int:
    """After `--diff` and `--fix-only`: findings do not count, but a job that could not be done does."""
    shown = fix.only_shown(arguments)
    if shown:
        write_stdout(fix.difference(outcome))
    changes = bool(outcome.files.changed) and (shown or arguments.exit_non_zero_on_fix)
    return exit_code(config, outcome.report, exit_zero=True) or int(changes)


def reported(
    arguments: argparse.Namespace,
    config: Config,
    report: "Report",
    outputs: "list[Output]",
    to_stdout: str,
    started: float,
) -> int:
    """Write the report in all formats that are asked for."""
    if {to_stdout, *(form for form, _ in outputs)} & _WITH_EDITS and not arguments.statistics:
        from aisafety_lint.fixes.shown import with_edits

        report = with_edits(report, config)
    options = _options(arguments, time.monotonic() - started)
    for form, path in outputs:
        if path is not None:
            write_file(path, _rendered(form, report, {**options, "color": False}))
    text = _statistics(report, options) if arguments.statistics else _rendered(to_stdout, report, options)
    code = exit_code(config, report, arguments.exit_zero)
    try:
        write_stdout(text)
    except BrokenPipeError:
        drop_stdout()  # who reads only the first lines still gets the exit code of the whole run
    return code


def _add_ignores(arguments: argparse.Namespace, config: Config, report: "Report") -> int:
    from aisafety_lint.commands import add_ignores

    until = arguments.until.isoformat() if arguments.until else ""
    told = add_ignores.add(config, report, arguments.reason, until, isolated=arguments.isolated)
    write_stdout(told)
    return exit_code(config, report, exit_zero=True) or int("Not suppressed" in told)


def _compared(report: "Report", config: Config, arguments: argparse.Namespace) -> "Report":
    """The report without what is known: in the baseline, or at the revision that was named."""
    report = without_known(report, config)
    revision: str | None = arguments.diff or arguments.changed_first
    if not revision:
        return report
    from aisafety_lint import difference

    return difference.against(report, config, revision, store_of(arguments, config.root), hide=bool(arguments.diff))


def without_known(report: "Report", config: Config) -> "Report":
    """The report without what is in the baseline, where there is one."""
    if config.baseline is None:
        return report
    from aisafety_lint import baseline

    path = config.baseline
    name = config.relative(path) if path.is_relative_to(config.root) else str(path)
    return baseline.apply(report, baseline.load(path), config, name)


def exit_code(config: Config, report: "Report", exit_zero: bool = False) -> int:
    """2 where the job could not be done, else 1 with findings at or above `fail_on`, else 0."""
    explicit, about_settings = config.explicit, set(config.notifications)
    for item in report.notifications:
        unanalysed = item.level is not NotificationLevel.NOTE and item.path in explicit and item not in about_settings
        if item.level is NotificationLevel.ERROR or unanalysed:
            return 2
    if config.strict and report.coverage.not_analysed:
        return 2
    return int(not exit_zero and any(item.severity >= config.fail_on for item in report.findings))


def store_of(arguments: argparse.Namespace, root: Path) -> "Store":
    """The cache of a run."""
    from aisafety_lint.cache import NO_CACHE, chosen_folder, open_store

    return NO_CACHE if arguments.no_cache else open_store(chosen_folder(arguments.cache_dir), root)


def with_defaults(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments of a command that has only some of the options of this one, with the others as by default."""
    return argparse.Namespace(**{**vars(parser().parse([])), **vars(arguments)})


def settings_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the command line says about settings, by the names of their fields."""
    settings: dict[str, Any] = {
        name: tuple(value) for name in _LISTS if (value := getattr(arguments, name)) is not None
    }
    settings |= {name: True for name in _FLAGS if getattr(arguments, name)}
    settings |= {"jobs": arguments.jobs, "suppress": not arguments.no_suppressions}
    limits = ("max_file_size", "file_timeout")
    settings |= {name: value for name in limits if (value := getattr(arguments, name)) is not None}
    if arguments.baseline or arguments.no_baseline:
        settings["baseline"] = Path(arguments.baseline).absolute() if arguments.baseline else None
    if arguments.persona:
        settings["persona"] = Persona[arguments.persona.upper()]
    for name in ("min_severity", "fail_on"):
        if value := getattr(arguments, name):
            settings[name] = Severity[value.upper()]
    if arguments.rules:
        settings["rules"] = tuple(arguments.rules)
    return settings


def config_of(arguments: argparse.Namespace) -> Config:
    """The settings of a run."""
    from aisafety_lint.settings import CommandLine, load_config

    if arguments.config and arguments.isolated:
        raise UserError("`--config` and `--isolated` exclude each other")
    paths = tuple(arguments.paths) or (".",)
    line = CommandLine(paths, arguments.config, arguments.isolated, _stdin(arguments, paths), settings_of(arguments))
    return load_config(line, today=arguments.today, store_for=lambda root: store_of(arguments, root))


def _stdin(arguments: argparse.Namespace, paths: tuple[str, ...]) -> tuple[str, bytes] | None:
    name: str | None = arguments.stdin_filename
    if paths != ("-",):
        if "-" in paths or name is not None:
            raise UserError("standard input is read with `-` as the only path, and `--stdin-filename FILE`")
        _check_command(paths[0])
        return None
    return name or "stdin.py", sys.stdin.buffer.read(_MAX_STDIN)


def _check_command(first: str) -> None:
    """A first path that does not exist may be a command with a slip of the finger."""
    if first.isalpha() and not os.path.lexists(first) and (names := nearest(first, cli.COMMANDS, 1)):
        raise UserError(f"`{first}` does not exist", f"did you mean the command `{names[0]}`?")


def _options(arguments: argparse.Namespace, seconds: float) -> dict[str, Any]:
    terminal = sys.stdout.isatty()
    color = use_color(arguments.color, os.environ, terminal)
    return {
        "color": color,
        "trace": arguments.trace,
        "seconds": seconds,
        "category": arguments.category,
        "hyperlinks": color and use_links(os.environ, terminal),
        "source_url": arguments.source_url,
        "include_suppressed": arguments.include_suppressed,
        "width": max(shutil.get_terminal_size((100, 24)).columns, 40),
    }


def _rendered(form: str, report: "Report", options: dict[str, Any]) -> str:
    from aisafety_lint.report import render

    return render(form, report, **options)


def _statistics(report: "Report", options: dict[str, Any]) -> str:
    from aisafety_lint.report import statistics

    return statistics.render(report, **{name: options[name] for name in ("color", "seconds", "hyperlinks")})


def _show_files(config: Config) -> int:
    from aisafety_lint.discovery import discover
    from aisafety_lint.report.terminal import visible

    found = discover(config)
    write_stdout("".join(f"{visible(file.path)}\n" for file in found.files if found.in_scope(file.path)))
    for item in (*config.notifications, *found.notifications):
        where = f"{visible(item.path)}: " if item.path else ""
        sys.stderr.write(f"{item.level}: {where}{visible(item.message)}\n")
    return 2 if any(item.level is NotificationLevel.ERROR for item in found.notifications) else 0
