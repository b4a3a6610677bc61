"""`aisafety-lint test DIR`: runs the examples in a folder of rules, the shipped ones or a user's own."""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aisafety_lint.arguments import Parser
from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_stdout

if TYPE_CHECKING:
    from aisafety_lint.examples import Outcome
    from aisafety_lint.rule import Rule


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser("test", "Run the examples in a folder of rules: what is marked is found, all else is silent.")
    made.add_argument("folder", nargs="?", metavar="DIR", help="a folder of rules (default: the shipped catalogue)")
    made.add_argument("--rule", action="append", default=[], metavar="RULE", help="only this rule; repeatable")
    made.add_argument("-v", "--verbose", action="store_true", help="list the examples that pass, too")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Run the examples: 0 where all are as marked, else 1."""
    from aisafety_lint.compiled import Compiled
    from aisafety_lint.examples import Runner, cases, unknown_expectations
    from aisafety_lint.knowledge import Knowledge, builtin_root

    folder = Path(arguments.folder).resolve() if arguments.folder else builtin_root()
    root = rules_root(folder)
    runner = Runner(Knowledge(tuple(dict.fromkeys((builtin_root().resolve(), root))), Compiled(several=True)))
    catalogue = runner.knowledge.rules
    rules = _chosen(folder, catalogue, arguments.rule)
    passed = failed = 0
    for rule in rules:
        for case in cases(rule):
            if unknown := unknown_expectations(case, catalogue):
                raise UserError(f"{rule.path}:{case.line}: no rule `{unknown[0]}`")
            outcome = runner.run(case)
            passed, failed = passed + outcome.passed, failed + (not outcome.passed)
            write_stdout(_told(outcome, rule.path, arguments.verbose))
    write_stdout(_total(len(rules), passed, failed))
    return int(failed > 0)


def rules_root(folder: Path) -> Path:
    """The root of a folder of rules, which may also be one family of it or a single rule file."""
    from aisafety_lint.rule import FAMILIES

    if not folder.exists():
        raise UserError(f"`{folder}` does not exist")
    if folder.is_file():
        folder = folder.parent
    if folder.name in FAMILIES:
        folder = folder.parent
    return folder.parent if folder.name == "catalog" else folder


def _chosen(folder: Path, catalogue: Mapping[str, "Rule"], names: Iterable[str]) -> list["Rule"]:
    """The rules of a folder, or those of them that were named."""
    from aisafety_lint.rule import FAMILIES
    from aisafety_lint.suggest import did_you_mean

    here = {name: rule for name, rule in catalogue.items() if rule.path.resolve().is_relative_to(folder)}
    if not here:
        raise UserError(
            f"`{folder}` holds no rules", f"rules are files `<family>/<id>.md`; families: {', '.join(FAMILIES)}"
        )
    for name in names:
        if name not in here:
            raise UserError(f"no rule `{name}` in `{folder}`", did_you_mean(name, here))
    return [rule for name, rule in here.items() if not names or name in names]


def _told(outcome: "Outcome", path: Path, verbose: bool) -> str:
    place = f"{outcome.case.rule} ({outcome.case.heading}) {path}:{outcome.case.line}"
    if outcome.passed:
        return f"ok   {place}\n" if verbose else ""
    return "".join([f"FAIL {place}\n", *(f"       {line}\n" for line in outcome.lines())])


def _total(rules: int, passed: int, failed: int) -> str:
    examples = f"{passed + failed} example{'' if passed + failed == 1 else 's'}"
    verdict = "all as marked" if not failed else f"{failed} not as marked"
    return f"{rules} rule{'' if rules == 1 else 's'}, {examples}: {verdict}.\n"
