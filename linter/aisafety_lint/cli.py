"""The command line: takes arguments, calls one command, gives its exit code.

Exit codes: 0 nothing at or above `--fail-on`, 1 findings, 2 the job could not be done, 130 interrupted. Nothing heavy
is imported here, so that `--version` and a usage error cost no more than starting Python.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from aisafety_lint import __version__
from aisafety_lint.errors import UserError

COMMANDS = {
    "check": "find what is unsafe (the default command)",
    "inspect": "show the agents and tools, or with --unresolved what could not be resolved",
    "init": "write a declaration (aisafety.yaml) from the code, or show what has changed",
    "explain": "tell all of a rule, or of the finding at PATH:LINE",
    "rules": "list the rules",
    "report": "hold a standard against the project, entry by entry",
    "config": "tell what a setting means, and what it is here",
    "fleet": "analyse many repositories and show them together",
    "baseline": "keep the findings of today, and show only new ones",
    "suppressions": "list what is suppressed and why",
    "server": "serve an editor: findings while you type",
    "upload": "send SARIF to the code scanning of GitHub",
    "test": "run the examples in a folder of rules",
    "clean": "empty the cache",
    "completions": "print what a shell needs to complete the words of the program",
}
_TRACEBACK = "AISAFETY_LINT_TRACEBACK"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; the result is its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(words)
    except UserError as error:
        _say(f"error: {error.message}", *([f"hint: {error.hint}"] if error.hint else []))
        return 2
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except BrokenPipeError:
        # The reader of the output has what it wants.
        from aisafety_lint.outputs import drop_stdout

        drop_stdout()
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence
        if os.environ.get(_TRACEBACK):
            import traceback

            sys.stderr.write(_concealed(traceback.format_exc()))
        _say(
            f"error: this is a bug in aisafety-lint {__version__}: {type(error).__name__}: {error}",
            f"hint: set {_TRACEBACK}=1 to see where, and report it with what it prints",
        )
        return 2


def _run(words: list[str]) -> int:
    if words and words[0] in ("--version", "-V"):
        print(f"aisafety-lint {__version__}")
        return 0
    command, rest = (words[0], words[1:]) if words and words[0] in COMMANDS else ("check", words)
    module = import_module(f"aisafety_lint.commands.{command}")
    code: int = module.run(module.parser().parse(rest))
    sys.stdout.flush()
    return code


def _concealed(text: str) -> str:
    """A text without the secrets that it quotes."""
    from aisafety_lint.secrets.redact import concealed

    return concealed(text)


def _say(*lines: str) -> None:
    """Write to standard error, whatever its encoding."""
    for line in map(_concealed, lines):
        text = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in line)
        sys.stderr.write(
            text.encode(sys.stderr.encoding or "utf-8", "backslashreplace").decode(errors="replace") + "\n"
        )
    sys.stderr.flush()
