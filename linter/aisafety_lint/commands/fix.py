"""`aisafety-lint --fix`, `--fix-only` and `--diff`: mends what can be mended, and says how much."""

import argparse
import difflib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from aisafety_lint.config import Config
from aisafety_lint.errors import UserError
from aisafety_lint.report.terminal import count, visible

if TYPE_CHECKING:
    from aisafety_lint.fixes.applying import Outcome
    from aisafety_lint.report.model import Report


def only_shown(arguments: argparse.Namespace) -> bool:
    """Whether what would be mended is only to be shown: `--diff` without a revision."""
    return bool(arguments.diff == "")


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether anything is to be mended; raises UserError for options that go only with it."""
    asked = bool(arguments.fix or arguments.fix_only or only_shown(arguments))
    for name in ("unsafe_fixes", "exit_non_zero_on_fix"):
        if getattr(arguments, name) and not asked:
            raise UserError(f"`--{name.replace('_', '-')}` goes with `--fix`, `--fix-only` or `--diff`")
    if asked and (arguments.diff or arguments.changed_first):
        raise UserError("`--fix` mends all findings in the given paths", "name the paths, not a revision")
    if asked and arguments.add_ignores:
        raise UserError("`--add-ignores` accepts findings, and `--fix` mends them", "do one after the other")
    return asked


def mend(
    arguments: argparse.Namespace, config: Config, report: "Report", make: "Callable[[Config], Report]"
) -> "Outcome":
    """Mend, and write the files unless only the difference is to be shown."""
    from aisafety_lint.fixes import applying

    if config.stdin is not None:
        raise UserError("`--fix` changes files, and standard input is none")
    outcome = applying.fix(config, report, make, unsafe=arguments.unsafe_fixes)
    if not only_shown(arguments):
        outcome.files.write()
    return outcome


def difference(outcome: "Outcome") -> str:
    """What would change, as a unified diff that `patch` and `git apply` understand."""
    return "".join(
        line
        for path in sorted(outcome.files.changed)
        for line in _difference(outcome, path, outcome.files.changed[path])
    )


def _difference(outcome: "Outcome", path: str, after: str) -> Iterator[str]:
    old, new = (_lines(_masked(text, outcome.secrets)) for text in (outcome.files.before(path), after))
    for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _masked(text: str, secrets: Iterable[str]) -> str:
    """The text without secrets: a patch is read by more people than the file, even where it then does not apply."""
    for secret in secrets:
        text = text.replace(secret, "*" * len(secret))
    return text


def _lines(text: str) -> list[str]:
    """The lines of a text; only a line feed ends one, as for `patch`."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def tell(outcome: "Outcome", *, written: bool) -> None:
    """Say on standard error what was left as it is and why, and in the last line how much was mended."""
    from aisafety_lint.fixes.applying import notes

    for note in notes(outcome):
        line = f":{note.span.line}" if note.span else ""
        sys.stderr.write(f"{note.level}: {visible(note.path)}{line}: {visible(note.message)}\n")
    more = f" ({outcome.unsafe} more with --unsafe-fixes)" if outcome.unsafe else ""
    sys.stderr.write(f"{'Fixed' if written else 'Would fix'} {count(outcome.fixed, 'finding')}{more}.\n")
