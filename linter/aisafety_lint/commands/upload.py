"""`aisafety-lint upload`: sends SARIF to the code scanning of GitHub, from CI systems that are not GitHub's."""

import argparse
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from aisafety_lint.arguments import Parser, address, count
from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_stdout
from aisafety_lint.source import SourceFile, UnreadableError, read_bytes

if TYPE_CHECKING:
    from aisafety_lint.upload import Target

_MOST_BYTES = 200_000_000
_EPILOG = """\
The token comes from the environment, $GITHUB_TOKEN or $GH_TOKEN, and is never shown. It needs the permission
`security-events: write`. In GitHub Actions, use the action, which uploads by itself."""


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("upload", "Send a SARIF file to the code scanning of a repository on GitHub.", _EPILOG)
    made.add_argument("file", metavar="FILE", help="what `aisafety-lint --output sarif=FILE` wrote")
    made.add_argument("--repository", metavar="OWNER/NAME", help="where to (default: $GITHUB_REPOSITORY)", default="")
    made.add_argument("--commit", metavar="SHA", default="", help="what was analysed (default: $GITHUB_SHA, or HEAD)")
    made.add_argument(
        "--ref",
        metavar="REF",
        default="",
        help="refs/heads/BRANCH or refs/pull/NUMBER/head (default: $GITHUB_REF, or the branch)",
    )
    made.add_argument(
        "--api",
        metavar="URL",
        type=address,
        default=os.environ.get("GITHUB_API_URL") or "https://api.github.com",
        help="the address of the API (default: $GITHUB_API_URL, or that of github.com)",
    )
    made.add_argument(
        "--wait", metavar="SECONDS", type=count, default=120, help="for it to be processed; 0 does not (default: 120)"
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Upload and wait: 0 when it is taken; raises UserError otherwise."""
    token = (os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or "").strip()
    if not token:
        raise UserError("there is no token", "set GITHUB_TOKEN in the environment")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UserError("the token in the environment is none", "it is one line of letters, digits and signs")
    sarif = _sarif(Path(arguments.file))
    try:
        from aisafety_lint.upload import Client, Target
    except ModuleNotFoundError as error:
        if error.name != "requests":
            raise
        raise UserError("`upload` needs `requests`", "install `aisafety-lint[upload]`") from None
    target = Target(arguments.api, *_named(arguments))
    client = Client.with_token(token)
    upload = client.send(target, sarif)
    done = arguments.wait > 0 and client.wait(target, upload, arguments.wait)
    write_stdout(_told(target, upload, done=done))
    return 0


def _told(target: "Target", upload: str, *, done: bool) -> str:
    from aisafety_lint.report.terminal import visible

    state = "processed" if done else "taken, and is being processed"
    where = f"`{target.repository}` for {target.ref} at {target.commit[:10]}"
    return f"The upload {visible(upload)} to {where} is {state}.\n"


def _sarif(path: Path) -> bytes:
    """The bytes of a file that is SARIF."""
    if not path.is_file():
        raise UserError(f"there is no file `{path}`", "`aisafety-lint --output sarif=FILE` writes one")
    try:
        data = read_bytes(path.parent, SourceFile(path.name, "json", path.stat().st_size), _MOST_BYTES)
        document = json.loads(data)
    except (UnreadableError, ValueError, RecursionError) as error:
        raise UserError(f"`{path}` is no SARIF: {error}") from None
    if not isinstance(document, dict) or document.get("version") != "2.1.0" or not document.get("runs"):
        raise UserError(f"`{path}` is no SARIF of version 2.1.0", "`aisafety-lint --output sarif=FILE` writes one")
    return data


def _named(arguments: argparse.Namespace) -> tuple[str, str, str]:
    """The repository, the commit and the reference: from the command line, the environment, or git."""
    repository = arguments.repository or os.environ.get("GITHUB_REPOSITORY", "")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII) or ".." in repository:
        raise UserError(f"`{repository}` is no repository", "give `--repository OWNER/NAME`")
    commit = arguments.commit or os.environ.get("GITHUB_SHA") or _of_git("commit")
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise UserError(f"`{commit}` is no commit", "give `--commit` with all 40 digits")
    ref = arguments.ref or os.environ.get("GITHUB_REF") or _of_git("branch")
    if not re.fullmatch(r"refs/(heads|tags|pull)/[^\s~^:?*\[\\]+", ref):
        raise UserError(f"`{ref}` is no reference", "give `--ref refs/heads/BRANCH`")
    return repository, commit, ref


def _of_git(what: str) -> str:
    from aisafety_lint.revision import repository
    from aisafety_lint.scope import project_root

    try:
        git = repository(project_root((Path.cwd().resolve(),)))
    except UserError:
        raise UserError(f"it is not known of which {what} the results are", "give `--commit` and `--ref`") from None
    return git.commit("HEAD") if what == "commit" else git.branch()
