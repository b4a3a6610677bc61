"""`aisafety-lint clean`: empties the cache."""

import argparse

from aisafety_lint.arguments import Parser
from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_stdout


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("clean", "Empty the cache. Only what the linter itself put there is removed.")
    made.add_argument("--cache-dir", metavar="DIR", help="the folder of the cache, if it is not the user's own")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Remove the entries and say how many they were."""
    from aisafety_lint.cache import chosen_folder, clean
    from aisafety_lint.report.terminal import visible

    folder = chosen_folder(arguments.cache_dir)
    if folder is None:
        raise UserError("there is no folder for a cache", "`--cache-dir` names one")
    try:
        count = clean(folder)
    except OSError as error:
        raise UserError(f"the cache cannot be removed: {error}") from error
    write_stdout(f"Removed {count} file{'' if count == 1 else 's'} from `{visible(str(folder))}`.\n")
    return 0
