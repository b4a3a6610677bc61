"""`aisafety-lint init`: writes a declaration from what the code proves, or shows what has changed in the code since."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aisafety_lint.arguments import Parser, folder
from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_file, write_stdout

if TYPE_CHECKING:
    from aisafety_lint.config import Config
    from aisafety_lint.drafting import Known

NAME = "aisafety.yaml"
_EPILOG = """\
exit codes:
  0  written, or with --check no difference
  1  with --check: the code is not as declared
  2  the job could not be done"""


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("init", f"Write {NAME} from what the code proves, with blanks for what people decide.", _EPILOG)
    made.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="the folder of the agent (default: .)")
    made.add_argument("--check", action="store_true", help="show what has changed in the code since, and write nothing")
    made.add_argument("--output", metavar="FILE", help=f"write this file instead of {NAME}; `-` for standard output")
    made.add_argument("--force", action="store_true", help="write over a file that exists")
    made.add_argument("--rules", action="append", type=folder, metavar="DIR", help="a folder of own rules; repeatable")
    made.add_argument("--config", metavar="FILE", help="use this configuration file")
    made.add_argument("--isolated", action="store_true", help="use no configuration file")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Write the declaration of a folder, or compare: 0, 1 where --check finds a difference, 2 without an answer."""
    place = folder(arguments.folder)
    if arguments.check:
        if arguments.output or arguments.force:
            raise UserError("`--check` writes nothing", "leave out `--output` and `--force`")
        return _check(place, arguments)
    target = None if arguments.output == "-" else Path(arguments.output) if arguments.output else place / NAME
    if target is not None and target.exists() and not arguments.force:
        hint = "`--check` shows what has changed, `--force` writes over it, `--output -` shows a new one"
        raise UserError(f"`{target.name}` exists", hint)
    from aisafety_lint.declaration.draft import draft
    from aisafety_lint.drafting import know, material
    from aisafety_lint.progress import told

    with told("analysing", sys.stderr):
        known = know(_config(place, arguments))
    written = draft(material(known, _relative(known.config, place)), known.terms)
    if target is None:
        write_stdout(written)
    else:
        write_file(target, written)
        blanks = sum("TODO" in line.partition("#")[0] for line in written.splitlines())
        write_stdout(f"Wrote {target}: {blanks} lines wait for a decision (TODO).\n")
    _tell(known)
    return 0


def _check(place: Path, arguments: argparse.Namespace) -> int:
    """Print the differences of all declarations in or above a folder."""
    from aisafety_lint.declaration.matching import is_below
    from aisafety_lint.drafting import differences, know
    from aisafety_lint.progress import told

    with told("analysing", sys.stderr):
        known = know(_config(place, arguments))
    here = _relative(known.config, place)
    every = list(differences(known))
    inside = [(path, lines) for path, lines in every if is_below(path, here)]
    above = [(path, lines) for path, lines in every if is_below(f"{here}/", path.rpartition("/")[0])]
    chosen = inside or above[-1:]
    if not chosen:
        raise UserError(f"there is no {NAME} in or above this folder", "`aisafety-lint init` writes one")
    for path, lines in chosen:
        head = f"{path}: " + ("the code is as declared" if not lines else "the code has changed")
        write_stdout("\n".join([head, *(f"  {_shown(line)}" for line in lines)]) + "\n")
    _tell(known)
    return int(any(lines for _, lines in chosen))


def _config(place: Path, arguments: argparse.Namespace) -> "Config":
    from aisafety_lint.settings import CommandLine, load_config

    if arguments.config and arguments.isolated:
        raise UserError("`--config` and `--isolated` exclude each other")
    settings: dict[str, object] = {"rules": tuple(arguments.rules)} if arguments.rules else {}
    return load_config(CommandLine((str(place),), arguments.config, arguments.isolated, None, settings))


def _relative(config: "Config", place: Path) -> str:
    return "" if place == config.root else config.relative(place)


def _shown(line: str) -> str:
    from aisafety_lint.report.terminal import visible

    return visible(line)


def _tell(known: "Known") -> None:
    """What could not be analysed goes to standard error: it may be missing in the declaration."""
    for item in known.notifications:
        where = f"{_shown(item.path)}: " if item.path else ""
        sys.stderr.write(f"{item.level}: {where}{_shown(item.message)}\n")
