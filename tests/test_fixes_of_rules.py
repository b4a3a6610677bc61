"""Every fixable rule, on every bad example of it that has a fix.

The fixed file parses, the finding is gone, a second run changes nothing, and nothing outside the edits has moved.
"""

import ast
import difflib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from aisafety_lint.config import Config
from aisafety_lint.examples import Case, cases
from aisafety_lint.finding import Persona
from aisafety_lint.fixes import applying
from aisafety_lint.fixes.files import Files
from aisafety_lint.fixes.planning import fix_of
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.report.model import Report
from aisafety_lint.rule import Rule
from shared import KNOWLEDGE, RUNNER, run

FIXABLE = [rule for rule in KNOWLEDGE.rules.values() if rule.edits]
Make = Callable[[Config], Report]


def bad_cases(rule: str) -> list[Case]:
    """The examples of a rule that have a finding of it."""
    return [case for case in cases(KNOWLEDGE.rules[rule]) if any(item.rule == rule for item in case.expected)]


def project(case: Case, rule: str, folder: Path) -> tuple[Config, Make]:
    """A bad example in a folder, and a run that sees remedies for the findings of its rule only."""
    RUNNER.lay_out(case, folder)
    judged = "suppression" in KNOWLEDGE.rules[rule].match
    config = Config(folder, (folder,), persona=Persona.PEDANTIC, tests=(), exclude=(), select=() if judged else (rule,))

    def make(changed: Config) -> Report:
        report = run(changed)
        findings = (one if one.rule == rule else replace(one, remedies=()) for one in report.findings)
        return replace(report, findings=tuple(findings))

    return config, make


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.id)
def test_a_fixable_rule_mends_its_examples(rule: Rule, tmp_path: Path) -> None:
    mended = 0
    for number, case in enumerate(bad_cases(rule.id)):
        folder = tmp_path.resolve() / str(number)
        folder.mkdir()
        config, make = project(case, rule.id, folder)
        mended += _mends(config, make)
    assert mended, "no example of the rule has a fix: give it one, or take `edits` away"


def _mends(config: Config, make: Make) -> int:
    """Mend a project and check all that is promised of fixes; how many findings were mended."""
    before = make(config)
    files = Files(config)
    outcome = applying.fix(config, before, make, unsafe=True)
    if not outcome.fixed:
        return 0
    expected = [*before.findings]
    assert len(outcome.report.findings) == len(expected) - outcome.fixed
    for path, after in outcome.files.changed.items():
        text = files.texts([path]).text(path).text
        assert _parses(path, after)
        _changes_only_what_it_says(before, files, path, text, after)
    outcome.files.write()
    again = applying.fix(config, make(config), make, unsafe=True)
    assert (again.fixed, again.files.changed) == (0, {})
    return outcome.fixed


def _parses(path: str, text: str) -> bool:
    if path.endswith(".py"):
        ast.parse(text)
    return True


def _changes_only_what_it_says(report: Report, files: Files, path: str, before: str, after: str) -> None:
    """Every line that no edit touches is still there, in its place; the comma of what is now the last item may go."""
    edited: set[int] = set()
    texts = files.texts(remedy.location.path for finding in report.findings for remedy in finding.remedies)
    for finding in report.findings:
        try:
            fix = fix_of(finding, texts)
        except Refusal:
            continue
        for edit in fix.edits if fix is not None else ():
            if edit.path == path:
                span = texts.text(path).span(edit.start, edit.end)
                edited |= {*range(span.line, span.end_line + 1)}
    old, new = ([line.removesuffix(",") for line in text.splitlines()] for text in (before, after))
    for tag, first, last, _, _ in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            assert {*range(first + 1, last + 1)} <= edited, f"{path}: {old[first:last]}"
