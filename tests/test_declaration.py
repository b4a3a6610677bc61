"""The declaration beside the code: every promise that is broken is told at its line, and its true twin is silent."""

import datetime
from collections.abc import Mapping
from pathlib import Path

import pytest

from aisafety_lint.config import Config
from aisafety_lint.declaration.references import is_path
from aisafety_lint.declaration.surroundings import owners_of
from aisafety_lint.finding import Finding, Persona, Severity
from shared import run

TODAY = datetime.date(2026, 11, 1)

CODE = '''
import logging

import stripe
from agents import Agent, function_tool


@function_tool(needs_approval=True)
def refund(charge: str) -> str:
    """Pay a charge back."""
    logging.info("refund")
    return stripe.Refund.create(charge=charge).id


desk = Agent(name="refund desk", tools=[refund])
'''

DECLARATION = """\
version: 1
system:
  name: desk
  use_case: Answers questions about refunds and pays small ones back.
  users: internal
  risk_tier: limited
  risk_reason: It moves small sums, and no use of Annex III.
owner:
  accountable: "@acme/support"
  can_halt: ["@acme/oncall"]
  escalation: "#support"
agents:
  - name: refund desk
    code: desk.py:desk
    on_failure: ask_human
    tools:
      - {name: refund, effect: money, approval: always}
evals:
  - id: red-team
    external: The quarterly test of the security team
    covers: [adversarial, excessive_agency]
    max_failure_rate: 0.02
    set_on: 2026-09-01
incident:
  means: [A refund that no person approved.]
  report_to: "#support"
rollback:
  triggers: [Any incident as defined above.]
  how: The runbook of the support team
  tested_on: 2026-10-01
monitoring: {logs: [tool_calls, approvals], retention_days: 183}
review: {last: 2026-10-01, expires: 2027-04-01}
"""


def check(
    folder: Path, files: Mapping[str, str], today: datetime.date = TODAY, persona: Persona = Persona.PEDANTIC
) -> list[Finding]:
    """The findings about a declaration in a project with these files."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    report = run(Config(folder, (folder,), persona=persona, tests=(), today=today))
    return [finding for finding in report.findings if "governance" in report.rules[finding.rule].tags]


def told(findings: list[Finding]) -> list[tuple[str, str, int]]:
    return [(found.rule, found.location.path, found.location.span.line) for found in findings]


def edited(old: str, new: str, text: str = DECLARATION) -> str:
    assert old in text
    return text.replace(old, new, 1)


def declared(folder: Path, old: str, new: str, **code: str) -> list[tuple[str, str, int]]:
    """What is told of the project when one thing in its declaration is another one."""
    files = {"desk.py": CODE, **{name.replace("__", "/"): text for name, text in code.items()}}
    return told(check(folder, {**files, "aisafety.yaml": edited(old, new)}))


def test_a_declaration_that_holds(tmp_path: Path) -> None:
    assert check(tmp_path, {"desk.py": CODE, "aisafety.yaml": DECLARATION}) == []


class TestInventory:
    """Tools, effects and agents are compared with the code."""

    def test_undeclared_tool(self, tmp_path: Path) -> None:
        (found,) = check(
            tmp_path,
            {"desk.py": CODE, "aisafety.yaml": edited("{name: refund,", "{name: lookup,")},
            persona=Persona.REGULAR,
        )
        assert (found.rule, found.severity) == ("undeclared-tool", Severity.HIGH)
        assert found.message == (
            "`refund desk` can call `refund`, which can move money, and the declaration does not list it."
        )
        assert [place.path for place in found.related] == ["desk.py", "desk.py"]

    def test_an_undeclared_tool_that_reads_weighs_less(self, tmp_path: Path) -> None:
        code = CODE.replace("stripe.Refund.create(charge=charge).id", "open('notes.txt').read()")
        (found,) = check(
            tmp_path,
            {"desk.py": code, "aisafety.yaml": edited("{name: refund,", "{name: lookup,")},
            persona=Persona.REGULAR,
        )
        assert (found.rule, found.severity) == ("undeclared-tool", Severity.MEDIUM)

    @pytest.mark.parametrize("name", ["Refund", "mcp__stripe__refund", "stripe.refund", '"*"', "stripe.*"])
    def test_names_of_the_same_tool(self, tmp_path: Path, name: str) -> None:
        found = declared(tmp_path, "{name: refund,", f"{{name: {name},")
        assert found == []

    def test_a_tool_that_is_gone(self, tmp_path: Path) -> None:
        found = declared(tmp_path, "    tools:\n", "    tools:\n      - {name: lookup, effect: read}\n")
        assert found == [("declared-tool-absent", "aisafety.yaml", 17)]

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("desk.py", []),
            ("desk.py:desk", []),
            ("desk.py:refunds", []),
            ("gone.py:desk", [("declared-tool-absent", 14), ("undeclared-agent", 12)]),
            ("other.py:desk", [("declared-tool-absent", 14), ("undeclared-agent", 12)]),
        ],
    )
    def test_addresses(self, tmp_path: Path, address: str, expected: list[tuple[str, int]]) -> None:
        found = declared(tmp_path, "code: desk.py:desk", f"code: {address}", **{"other.py": "x = 1\n"})
        assert sorted((rule, line) for rule, _, line in found) == expected

    def test_an_agent_is_found_by_its_name(self, tmp_path: Path) -> None:
        assert declared(tmp_path, "    code: desk.py:desk\n", "") == []

    def test_a_declaration_is_about_what_is_below_it(self, tmp_path: Path) -> None:
        other = DECLARATION.replace("refund desk", "other desk")
        files = {
            **{f"{name}/desk.py": CODE.replace("refund desk", f"{name} desk") for name in ("refund", "other")},
            "refund/aisafety.yaml": DECLARATION,
            "other/aisafety.yaml": other,
        }
        assert check(tmp_path, files) == []
        assert (
            told(check(tmp_path, {"other/aisafety.yaml": edited("{name: refund,", "{name: pay,", other)}))
            == [
                ("declared-tool-absent", "other/aisafety.yaml", 17),
                ("undeclared-tool", "other/aisafety.yaml", 16),
            ][::-1]
        )

    @pytest.mark.parametrize(("effect", "expected"), [("read", True), ("write", True), ("execute", False)])
    def test_effects(self, tmp_path: Path, effect: str, expected: bool) -> None:
        found = declared(tmp_path, "effect: money", f"effect: {effect}")
        assert [rule for rule, _, _ in found] == (["declared-effect-too-low"] if expected else [])

    @pytest.mark.parametrize(("own", "expected"), [(False, []), (True, ["declared-effect-too-low"])])
    def test_what_a_helper_writes_is_housekeeping(self, tmp_path: Path, own: bool, expected: list[str]) -> None:
        body = "Path('a').write_text(charge)" if own else "note(charge)"
        code = CODE.replace("stripe.Refund.create(charge=charge).id", f"str({body}) + open('notes.txt').read()")
        helper = "def note(text: str) -> int:\n    return Path('log').write_text(text)\n\n\n@function_tool"
        code = code.replace("import logging", "import logging\nfrom pathlib import Path").replace(
            "@function_tool", helper
        )
        text = edited("effect: money, approval: always", "effect: read")
        assert [one.rule for one in check(tmp_path, {"desk.py": code, "aisafety.yaml": text})] == expected


UNASKED = CODE.replace("(needs_approval=True)", "")
ASKED = UNASKED.replace(
    '    logging.info("refund")\n',
    '    if input("Pay? ") != "yes":\n        return "declined"\n    logging.info("refund")\n',
)
LIMITED = UNASKED.replace("charge: str)", "charge: str, amount: float)").replace(
    '    logging.info("refund")\n',
    '    if amount > 50:\n        if input("Pay? ") != "yes":\n            return "no"\n    logging.info("refund")\n',
)
UNKNOWN = CODE.replace("stripe.Refund.create(charge=charge).id", "bank.pay_back(charge)").replace("stripe", "bank")


class TestApproval:
    """Approval that is promised is asked for before the effect, whoever asks."""

    @pytest.mark.parametrize(
        ("code", "approval", "kept"),
        [
            (CODE, "always", True),
            (ASKED, "always", True),
            (ASKED, "above_limit, limit: 50 EUR", True),
            (LIMITED, "above_limit, limit: 50 EUR", True),
            (LIMITED, "always", False),
            (UNASKED, "always", False),
            (UNASKED, "above_limit, limit: 50 EUR", False),
            (UNASKED, "never, reason: A test shop.", True),
            (UNKNOWN, "always", True),
            (UNKNOWN.replace("(needs_approval=True)", ""), "always", False),
        ],
    )
    def test_promises(self, tmp_path: Path, code: str, approval: str, kept: bool) -> None:
        text = edited("approval: always", f"approval: {approval}")
        found = check(tmp_path, {"desk.py": code, "aisafety.yaml": text})
        expected = [] if kept else [("declared-approval-not-enforced", "aisafety.yaml", 17)]
        assert told(found) == expected
        assert all(one.severity is Severity.HIGH for one in found)


class TestReferences:
    """What the declaration refers to is there."""

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("external: The quarterly test of the security team", "config: evals/promptfooconfig.yaml", ""),
            ("external: The quarterly test of the security team", "config: evals/*.yaml", ""),
            ("external: The quarterly test of the security team", "config: gone.yaml", "declared-evaluation-not-found"),
            ("how: The runbook of the support team", "how: docs/runbook.md", ""),
            ("how: The runbook of the support team", "how: docs/gone.md", "declared-document-not-found"),
            ('escalation: "#support"', "escalation: docs/gone.md", "declared-document-not-found"),
            ("  tested_on:", "  kill_switch: env:DESK_OFF\n  tested_on:", "kill-switch-not-found"),
            ("  tested_on:", "  kill_switch: env:LOG_LEVEL\n  tested_on:", ""),
            ("  tested_on:", "  kill_switch: code:desk.py:refund\n  tested_on:", ""),
            ("  tested_on:", "  kill_switch: code:desk.py:halt\n  tested_on:", "kill-switch-not-found"),
            ("  tested_on:", "  kill_switch: code:gone.py:halt\n  tested_on:", "kill-switch-not-found"),
            ("  tested_on:", "  kill_switch: flag:desk-off\n  tested_on:", ""),
            ("retention_days: 183", "retention_days: 400", "retention-shorter-than-declared"),
            ('accountable: "@acme/support"', 'accountable: "@acme/sales"', "declared-owner-is-no-code-owner"),
            ('accountable: "@acme/support"', 'accountable: "@kim"', ""),
            ('accountable: "@acme/support"', "accountable: Head of support", ""),
        ],
    )
    def test_contradictions_and_their_twins(self, tmp_path: Path, old: str, new: str, expected: str) -> None:
        around = {
            "evals/promptfooconfig.yaml": (
                "targets: [https://app.acme.internal]\nredteam: {plugins: [harmful, excessive-agency]}\n"
            ),
            "docs/runbook.md": "# Back\n",
            "level.py": "import os\n\nLEVEL = os.environ['LOG_LEVEL']\n",
            "infra/logs.tf": 'resource "aws_cloudwatch_log_group" "desk" {\n  retention_in_days = 365\n}\n',
            "CODEOWNERS": "* @acme/support\n",
        }
        found = declared(tmp_path, old, new, **around)
        assert [rule for rule, _, _ in found] == ([expected] if expected else [])

    def test_a_suite_that_tests_less_than_declared(self, tmp_path: Path) -> None:
        text = edited("external: The quarterly test of the security team", "config: promptfooconfig.yaml")
        text = edited("excessive_agency]", "excessive_agency, over_refusal]", text)
        config = "targets: [https://app.acme.internal]\nredteam: {plugins: [harmful, excessive-agency]}\n"
        (found,) = check(tmp_path, {"desk.py": CODE, "aisafety.yaml": text, "promptfooconfig.yaml": config})
        assert found.message.endswith("it is said to cover `over_refusal` and tests nothing of it.")
        assert found.location.span.line == 21

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("docs/runbook.md", True),
            ("runbook.md", True),
            ("./a/b.yaml#part", True),
            ("#ai-safety", False),
            ("@acme/oncall", False),
            ("https://wiki.acme/x.md", False),
            ("wiki.acme.internal/x.md", False),
            ("desk@acme.internal", False),
            ("The runbook, see wiki.md", False),
            ("PagerDuty", False),
            ("", False),
        ],
    )
    def test_what_a_path_looks_like(self, path: str, expected: bool) -> None:
        assert is_path(path) is expected

    def test_the_last_line_that_matches_names_the_owners(self) -> None:
        text = "# owners\n* @a/b\n*.py @a/c  # ours\n/docs/ docs@acme.internal\n[Section]\nbroken[ @x\n"
        assert owners_of(text, "desk.py") == ("@a/c",)
        assert owners_of(text, "docs/a.md") == ("docs@acme.internal",)
        assert owners_of(text, "aisafety.yaml") == ("@a/b",)


class TestContent:
    """What the declaration says by itself."""

    @pytest.mark.parametrize(
        ("old", "new", "rule", "line"),
        [
            ("pays small ones back.", "TBD by the team", "placeholder-in-declaration", 4),
            ("expires: 2027-04-01", "expires: 2026-10-31", "declaration-expired", 32),
            ("expires: 2027-04-01", "expires: 2026-11-01", "declaration-expired", 32),
            ("risk_tier: limited", "risk_tier: prohibited", "risk-tier-too-low", 6),
            ('  can_halt: ["@acme/oncall"]\n', "", "no-halt-authority", 8),
            ("  means: [A refund that no person approved.]\n", "", "incident-undefined", 24),
            ("  tested_on: 2026-10-01\n", "", "rollback-not-ready", 27),
            ("tested_on: 2026-10-01", "tested_on: 2026-03-01", "rollback-not-ready", 30),
            ("    set_on: 2026-09-01\n", "", "no-release-limit", 19),
            ("excessive_agency]", "injection]", "no-release-limit", 18),
            ("    on_failure: ask_human\n", "", "no-fallback", 13),
            ("users: internal", "users: internal\n  ai_disclosed: false", "", 0),
        ],
    )  # fmt: skip
    def test_questions_left_open(self, tmp_path: Path, old: str, new: str, rule: str, line: int) -> None:
        expected = [(rule, "aisafety.yaml", line)] if rule else []
        assert declared(tmp_path, old, new) == expected

    def test_what_is_missing_weighs_by_the_tier(self, tmp_path: Path) -> None:
        levels = {}
        for tier in ("minimal", "limited", "high"):
            text = edited("risk_tier: limited", f"risk_tier: {tier}", edited('  can_halt: ["@acme/oncall"]\n', ""))
            found = check(tmp_path, {"desk.py": CODE, "aisafety.yaml": text})
            levels[tier] = next(one.severity for one in found if one.rule == "no-halt-authority")
        assert levels == {"minimal": Severity.LOW, "limited": Severity.MEDIUM, "high": Severity.HIGH}

    def test_the_day_of_the_run_decides(self, tmp_path: Path) -> None:
        files = {"desk.py": CODE, "aisafety.yaml": DECLARATION}
        later = datetime.date(2027, 3, 20)
        assert {one.rule for one in check(tmp_path, files, later, Persona.REGULAR)} == set()
        assert {one.rule for one in check(tmp_path, files, later)} == {"declaration-expired"}
        much_later = datetime.date(2027, 4, 2)
        assert {one.rule for one in check(tmp_path, files, much_later)} == {"declaration-expired", "rollback-not-ready"}

    def test_a_report_knows_until_when_it_holds(self, tmp_path: Path) -> None:
        check(tmp_path, {"desk.py": CODE, "aisafety.yaml": DECLARATION})
        report = run(Config(tmp_path, (tmp_path,), today=TODAY))
        assert report.last_days == ("2027-03-01", "2027-03-30", "2027-04-01")


class TestHostile:
    """Whatever stands in a declaration, it is judged and nothing breaks."""

    @pytest.mark.parametrize(
        "text",
        [
            "agents: 7\nowner: []\nevals: {a: b}\n",
            "agents: [7, {tools: 7}, {tools: [7, {name: {}}]}, {code: ':', name: ''}]\n",
            "owner: {can_halt: {a: b}, accountable: [1]}\nexceptions: [1, {expires: 1}]\nreview: [2]\n",
            f"rollback: {{how: {'a' * 5000}.md, kill_switch: 'code:{'b/' * 2000}c.py:x', triggers: 1}}\n",
            "evals: [{config: '[', covers: 1}, {config: '../../../../etc/passwd'}, {config: '**/**/[!a]*'}]\n",
            "monitoring: {logs: {a: 1}, retention_days: 0x7fffffff}\n",
            "rollback: {kill_switch: 'env:'}\nreview: {expires: 9999-12-31, last: 0001-01-01}\n",
            "system: {name: '" + "a." * 50_000 + "'}\n",
        ],
    )
    def test_any_declaration_is_judged(self, tmp_path: Path, text: str) -> None:
        group = 'resource "aws_cloudwatch_log_group" "a" {\n  retention_in_days = "x"\n}\n'
        sized = "Resources: {A: {Type: 'AWS::Logs::LogGroup', Properties: {RetentionInDays: 0x10}}}\n"
        files = {"desk.py": CODE, "a.tf": group, "b.yaml": sized, "CODEOWNERS": "[ @a\n* \n\\ @b\n"}
        assert check(tmp_path, {**files, "aisafety.yaml": text})
