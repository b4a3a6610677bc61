"""`aisafety-lint fleet`: analyses many repositories, each as a task of its own, and shows them together."""

import argparse
import datetime
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aisafety_lint.arguments import OneOf, Parser, add_run_options, count, day, words
from aisafety_lint.commands import check
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Persona, Severity

if TYPE_CHECKING:
    from aisafety_lint.fleet.run import Means
    from aisafety_lint.fleet.task import Asked

_EPILOG = """\
what is written to the output folder:
  index.html                     all repositories on one page
  fleet.duckdb                   tables of findings, agents, tools, servers and capabilities
  repositories/*/report.*        SARIF, JSON and HTML of each repository

exit codes:
  0  nothing at or above --fail-on
  1  findings
  2  a repository that was named could not be analysed, or the job could not be done

Git addresses (https, ssh) are fetched; nothing else of this program but `upload` uses the network. A scheduler that is
named with `--scheduler` and its workers are trusted; they see the paths and the output folder under the same names."""
_NEEDED = ("distributed", "duckdb", "cryptography")
_MEMORY = 4_000_000_000
_LEAST = 200
_YEAR = 31_536_000


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("fleet", "Analyse many repositories and show them together.", _EPILOG)
    made.add_argument(
        "repositories", metavar="REPOS", help="a file with a path or git address on each line, or a folder of clones"
    )
    made.add_argument(
        "--output-dir", metavar="DIR", default="aisafety-lint-fleet", help="where to (default: aisafety-lint-fleet)"
    )
    made.add_argument("--resume", action="store_true", help="do not analyse again what is done and has not changed")
    made.add_argument("--previous", metavar="DIR", help="compare with the run in this folder (default: the last one)")
    _add_work(made.add_argument_group("work"))
    _add_rules(made.add_argument_group("rules"))
    add_run_options(made)
    return made


def _add_work(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--workers", type=count, metavar="N", help="processes to work in (default: one for each core)")
    group.add_argument(
        "--scheduler", metavar="ADDRESS", default="", help="work on an existing scheduler: tcp://HOST:PORT"
    )
    group.add_argument(
        "--timeout", type=count, metavar="SECONDS", default=600, help="for each repository (default: 600)"
    )
    group.add_argument(
        "--memory",
        type=count,
        metavar="MB",
        default=0,
        help="for each process (default: 4000, or less on a small machine)",
    )
    group.add_argument(
        "--work-dir", metavar="DIR", help="where repositories are fetched to (default: in the output folder)"
    )


def _add_rules(group: "argparse._ArgumentGroup") -> None:
    selectors: dict[str, Any] = {"action": "extend", "type": words, "metavar": "RULE"}
    group.add_argument("--select", **selectors, help="run these rules only: ids, families, tags, ALL")
    group.add_argument("--ignore", **selectors, help="do not run these rules")
    group.add_argument("--extend-select", **selectors, help="run these rules, too")
    group.add_argument("--persona", type=OneOf("persona", map(str, Persona)), help="who reads (default: regular)")
    severities = OneOf("severity", map(str, Severity))
    group.add_argument("--min-severity", type=severities, metavar="LEVEL", help="show findings from this severity on")
    group.add_argument("--fail-on", type=severities, metavar="LEVEL", help="exit with 1 from this severity on")
    group.add_argument("--strict", action="store_true", help="exit with 2 if anything could not be analysed")
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 even with findings")
    group.add_argument("--today", type=day, metavar="DATE", help="the day by which suppressions are over")


def run(arguments: argparse.Namespace) -> int:
    """Analyse all repositories and write what they have in common: the exit code of the whole."""
    _check_installed()
    from aisafety_lint.fleet import run as fleet
    from aisafety_lint.fleet.sources import sources

    place, output = Path(arguments.repositories), Path(arguments.output_dir).absolute()
    if not place.exists():
        raise UserError(f"`{place}` does not exist", "give a file that lists repositories, or a folder of clones")
    if arguments.config and arguments.isolated:
        raise UserError("`--config` and `--isolated` exclude each other")
    if not 0 < arguments.timeout < _YEAR:
        raise UserError(f"`--timeout {arguments.timeout}` is no limit", "it is a number of seconds")
    if 0 < arguments.memory < _LEAST:
        raise UserError(f"`--memory {arguments.memory}` is too little", f"a process needs {_LEAST} MB")
    found = sources(place, output)
    previous = Path(arguments.previous).absolute() if arguments.previous else None
    asked, means = _asked(arguments, output), _means(arguments, len(found))
    return fleet.run(found, asked, means, previous, exit_zero=arguments.exit_zero)


def _check_installed() -> None:
    """Raise UserError where the extra is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(f"`fleet` needs `{missing[0]}`", "install `aisafety-lint[fleet]`")


def _asked(arguments: argparse.Namespace, output: Path) -> "Asked":
    from aisafety_lint.cache import chosen_folder
    from aisafety_lint.fleet.task import Asked

    return Asked(
        run="",
        output=output,
        work=Path(arguments.work_dir).absolute() if arguments.work_dir else output / "work",
        today=arguments.today or datetime.date.today(),
        resume=arguments.resume,
        cache=None if arguments.no_cache else chosen_folder(arguments.cache_dir),
        config=str(Path(arguments.config).absolute()) if arguments.config else None,
        isolated=arguments.isolated,
        settings={**check.settings_of(check.with_defaults(arguments)), "jobs": 1},
        seconds=float(arguments.timeout),
    )


def _means(arguments: argparse.Namespace, most: int) -> "Means":
    from distributed.system import MEMORY_LIMIT

    from aisafety_lint.fleet.run import Means

    if arguments.scheduler:
        if arguments.workers or arguments.memory:
            raise UserError("`--workers` and `--memory` are for a cluster of our own", "leave out `--scheduler`")
        return Means(arguments.scheduler)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = min(arguments.workers or cores, most)
    share = MEMORY_LIMIT * 8 // 10 // workers
    return Means(workers=workers, memory=arguments.memory * 1_000_000 or min(_MEMORY, share))
