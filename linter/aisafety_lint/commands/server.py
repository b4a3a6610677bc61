"""`aisafety-lint server`: tells an editor what is found, over the language server protocol."""

import argparse
from pathlib import Path
from typing import Any

from aisafety_lint.arguments import OneOf, Parser, add_run_options, words
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Persona

_EPILOG = """\
An editor starts it and speaks to it; by hand there is nothing to see. Settings are those of each folder that is open,
as on the command line. The options are for all of them."""


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("server", "Serve an editor over the language server protocol: findings while you type.", _EPILOG)
    selectors: dict[str, Any] = {"action": "extend", "type": words, "metavar": "RULE"}
    made.add_argument("--select", **selectors, help="run these rules only: ids, families, tags")
    made.add_argument("--ignore", **selectors, help="do not run these rules")
    made.add_argument("--persona", type=OneOf("persona", map(str, Persona)), help="who reads")
    made.add_argument(
        "--all-files", action="store_true", help="show what is found in files that are not open in the editor, too"
    )
    add_run_options(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Serve until the editor ends it; 1 where it went away without a word."""
    try:
        from aisafety_lint.editor.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UserError("`server` needs `pygls`", "install `aisafety-lint[lsp]`") from None
    return serve(_words(arguments), everything=arguments.all_files)


def _words(arguments: argparse.Namespace) -> list[str]:
    """The options as `check` takes them, for processes with other working directories."""
    said = [f"--{name}={','.join(value)}" for name in ("select", "ignore") if (value := getattr(arguments, name))]
    said += [f"--rules={path}" for path in arguments.rules or ()]
    said += [f"--{name}" for name in ("isolated", "no-cache") if getattr(arguments, name.replace("-", "_"))]
    if arguments.persona:
        said.append(f"--persona={arguments.persona}")
    for name in ("config", "cache_dir"):
        if value := getattr(arguments, name):
            said.append(f"--{name.replace('_', '-')}={Path(value).absolute()}")
    return said
