"""Suppressions, through the program as its users run it: what is held back, and that nothing is silent."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aisafety_lint.knowledge import builtin_root
from aisafety_lint.report import FORMATS
from aisafety_lint.secrets.formats import fake, load_formats
from conftest import Lint, MakeTree
from shared import KNOWLEDGE

SERVER = '''\
import os

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("admin")


@mcp.tool()
def run(command: str) -> int:
    """Run a command."""
    return os.system(command)
'''
LINE = "    return os.system(command)\n"
RULE = "model-output-to-shell"
SUPPRESSED = SERVER.replace(LINE, f"{LINE[:-1]}  # aisafety: ignore[{RULE}] until=2027-01-31 Operators only.\n")
MCP = {"mcpServers": {"files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/"]}}}


def above(comment: str) -> str:
    """The server with a comment above its unsafe line."""
    return SERVER.replace(LINE, f"    {comment}\n{LINE}")


def report_of(lint: Lint, *arguments: str) -> Any:
    return json.loads(lint("--output-format", "json", *arguments).stdout)


def rules_of(report: Any) -> list[str]:
    return [finding["rule"] for finding in report["findings"]]


def last_line(text: str) -> str:
    return text.splitlines()[-1].rpartition(";")[0]


class TestComments:
    @pytest.mark.parametrize(
        "text",
        [
            SUPPRESSED,
            above(f"# aisafety: ignore[{RULE}] Operators only."),
            above(f"# Some words.\n    # aisafety: ignore[{RULE}] Operators only.\n    # Others."),
            above(f"# aisafety: ignore[{RULE}] Operators only.  # other: tool"),
            SERVER.replace(
                "command)\n", f"\n        # aisafety: ignore[{RULE}] Operators only.\n        command\n    )\n"
            ),
            SERVER.replace("import os", f"# aisafety: file-ignore[{RULE}] Operators only.\nimport os"),
            SERVER + f"# aisafety: file-ignore[{RULE}] Operators only.\n",
        ],
    )
    def test_a_finding_is_held_back_and_counted(self, tree: MakeTree, lint: Lint, text: str) -> None:
        tree({"server.py": text})
        result = lint("--today", "2027-01-31")
        assert result.returncode == 0
        assert last_line(result.stdout) == (
            "No findings (hidden: 1 suppressed) in 1 file, 1 tool, 0 agents, 1 MCP server, 0 suites"
        )

    def test_two_findings_on_a_line_are_two(self, tree: MakeTree, lint: Lint) -> None:
        both = "    return os.system(command) or eval(command)\n"
        tree({"server.py": SERVER.replace(LINE, f"{both[:-1]}  # aisafety: ignore[{RULE}] Operators only.\n")})
        report = report_of(lint)
        assert (rules_of(report), report["hidden"]) == (["model-output-to-exec"], {"suppressed": 1})

    def test_the_second_of_two_for_the_same_is_unused(self, tree: MakeTree, lint: Lint) -> None:
        comment = f"# aisafety: ignore[{RULE}] Operators only."
        tree({"server.py": above(f"{comment}\n    {comment}")})
        report = report_of(lint)
        assert [(one["rule"], one["location"]["line"]) for one in report["findings"]] == [("unused-suppression", 12)]

    def test_an_expired_one_is_told_with_what_it_held_back(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SUPPRESSED})
        result = lint("--today", "2027-02-01", "--output-format", "concise")
        assert result.returncode == 1
        first, second, _ = result.stdout.splitlines()
        assert first.startswith(
            f"server.py:11:12: critical {RULE} Tool argument `command` of `run` reaches `os.system`"
        )
        assert second == (
            f"server.py:11:34: low expired-suppression The suppression of `{RULE}` ended on 2027-01-31 and has no "
            "effect: Operators only."
        )

    def test_an_unused_one_is_told_with_what_to_delete(self, tree: MakeTree, lint: Lint) -> None:
        tree({"a.py": f"import os\n\nprint(os.name)  # aisafety: ignore[{RULE}] Operators only.\n"})
        result = lint()
        assert result.returncode == 1
        assert result.stdout.rpartition("\n\n")[0] == (
            f"low[unused-suppression]: `{RULE}` finds nothing here that this suppresses.\n"
            " --> a.py:3:19\n"
            "  |\n"
            f"3 | print(os.name)  # aisafety: ignore[{RULE}] Operators only.\n"
            f"  |                   {'^' * 55}\n"
            "  |\n"
            "  = fix: Delete the comment.\n"
            "  = confidence: high\n"
            "  = help: aisafety-lint explain unused-suppression"
        )

    def test_a_malformed_one_is_an_error_and_has_no_effect(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": above("# aisafety: ignore[model-output-to-shel] Operators only.")})
        result = lint()
        assert result.returncode == 1
        assert (
            "high[malformed-suppression]: The suppression has no effect: there is no rule `model-output-to-shel`."
            in (result.stdout)
        )
        assert "= fix: Did you mean `model-output-to-shell`" in result.stdout
        assert "critical[model-output-to-shell]" in result.stdout

    @pytest.mark.parametrize(
        ("name", "problem"),
        [
            ("ALL", "`ALL` stands for "),
            ("output-sinks", "`output-sinks` stands for "),
            ("unused-suppression", "`unused-suppression` cannot be suppressed"),
        ],
    )
    def test_only_single_rules_can_be_suppressed(self, tree: MakeTree, lint: Lint, name: str, problem: str) -> None:
        tree({"server.py": above(f"# aisafety: ignore[{name}] Operators only.")})
        messages = [finding["message"] for finding in report_of(lint)["findings"]]
        assert any(message.startswith(f"The suppression has no effect: {problem}") for message in messages)

    def test_what_a_run_cannot_tell_it_does_not_judge(self, tree: MakeTree, lint: Lint) -> None:
        comment = f"# aisafety: ignore[{RULE}] Operators only.\nprint()\n"
        tree({"a.py": comment, "tests/test_a.py": comment, "broken.py": f"import agents\n{comment}def f(:\n"})
        assert rules_of(report_of(lint, "--select", "secrets")) == []
        found = [(one["rule"], one["location"]["path"]) for one in report_of(lint)["findings"]]
        assert found == [("unused-suppression", "a.py")]
        found = [(one["rule"], one["location"]["path"]) for one in report_of(lint, "--persona", "auditor")["findings"]]
        assert ("unused-suppression", "tests/test_a.py") in found

    def test_they_can_be_switched_off(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SUPPRESSED, "a.py": f"x = 1  # aisafety: ignore[{RULE}] Operators only.\n"})
        report = report_of(lint, "--no-suppressions")
        assert (rules_of(report), report["hidden"]) == ([RULE], {})

    def test_in_a_notebook(self, tree: MakeTree, lint: Lint) -> None:
        source = SERVER.splitlines(keepends=True)
        source.insert(10, f"    # aisafety: ignore[{RULE}] Operators only.\n")
        book = {"cells": [{"cell_type": "code", "source": source, "outputs": [], "metadata": {}}], "nbformat": 4}
        for indent in (1, None):
            tree({"a.ipynb": json.dumps(book, indent=indent)})
            report = report_of(lint)
            assert (rules_of(report), report["hidden"]) == ([], {"suppressed": 1})

    def test_in_other_syntaxes(self, tree: MakeTree, lint: Lint) -> None:
        formats = KNOWLEDGE.part(load_formats)
        keys = (fake(formats, "generic-secret", seed) for seed in count())  # the same one is said once
        said = "aisafety: ignore[hardcoded-generic-secret] Revoked."
        root = tree(
            {
                "a.yaml": f"api_token: {next(keys)}  # {said}\n",
                "b.toml": f'# {said}\napi_token = "{next(keys)}"\n',
                "c.jsonc": f'{{\n  // {said}\n  "api_token": "{next(keys)}"\n}}\n',
                ".env": f"# {said}\nAPI_TOKEN={next(keys)}\n",
                "d.sh": f"export API_TOKEN={next(keys)}  # {said}\n",
                "Dockerfile": f"FROM scratch\n# {said}\nENV API_TOKEN={next(keys)}\n",
                "main.tf": f'variable "api_token" {{\n  # {said}\n  default = "{next(keys)}"\n}}\n',
                "e.ts": f'// {said}\nconst apiToken = "{next(keys)}";\n',
                "f.md": f"<!-- {said} -->\n\n```sh\nexport API_TOKEN={next(keys)}\n```\n",
                "g.service": f"[Service]\n# {said}\nEnvironment=API_TOKEN={next(keys)}\n",
            }
        )
        open_findings = report_of(lint, "--no-suppressions")["findings"]
        found = {finding["location"]["path"] for finding in open_findings}
        assert found >= {"a.yaml", "b.toml", "c.jsonc", ".env", "d.sh", "Dockerfile", "e.ts", "f.md"}
        for path in {path.name for path in root.iterdir()} - found:
            (root / path).unlink()
        report = report_of(lint)
        assert (rules_of(report), report["hidden"]["suppressed"]) == ([], len(open_findings))


class TestSettings:
    ENTRY = f'[[suppressions]]\npath = "tools/"\nrule = "{RULE}"\nreason = "Operators only."\n'

    def test_by_path(self, tree: MakeTree, lint: Lint) -> None:
        tree({"tools/server.py": SERVER, "server.py": SERVER, "aisafety-lint.toml": self.ENTRY})
        report = report_of(lint)
        assert [finding["location"]["path"] for finding in report["findings"]] == ["server.py"]
        assert report["hidden"] == {"suppressed": 1}

    def test_at_a_place_in_a_document(self, tree: MakeTree, lint: Lint) -> None:
        servers = {"mcpServers": {"files": MCP["mcpServers"]["files"], "others": MCP["mcpServers"]["files"]}}
        rule = "mcp-filesystem-server-at-wide-root"
        entry = (
            '[[suppressions]]\npath = ".mcp.json"\nat = "$.mcpServers.files"\n'
            f'rule = "{rule}"\nreason = "A container."\n'
        )
        tree({".mcp.json": json.dumps(servers, indent=2), "aisafety-lint.toml": entry})
        report = report_of(lint, "--select", rule)
        assert report["hidden"] == {"suppressed": 1}
        (finding,) = report["findings"]
        assert finding["location"]["line"] > 8

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (('reason = "Operators only."\n', ""), "aisafety-lint.toml:1:1: `suppressions[0]` has no `reason`"),
            ((RULE, "model-output-to-shel"), "aisafety-lint.toml:3:1: there is no rule `model-output-to-shel`"),
            ((RULE, "secrets"), "aisafety-lint.toml:3:1: `secrets` stands for "),
            (('reason = "', 'at = "files"\nreason = "'), "aisafety-lint.toml:4:1: `files` is not a path"),
            (('reason = "', 'until = "soon"\nreason = "'), "`suppressions[0].until` is not a date: `soon`"),
            (("rule =", "rules ="), "unknown key `suppressions[0].rules`"),
        ],
    )
    def test_a_wrong_entry_is_an_error(self, tree: MakeTree, lint: Lint, change: tuple[str, str], error: str) -> None:
        tree({"tools/a.json": "{}", "aisafety-lint.toml": self.ENTRY.replace(*change)})
        result = lint()
        assert result.returncode == 2
        assert error in result.stderr

    def test_an_unused_or_expired_entry_is_told_where_it_stands(self, tree: MakeTree, lint: Lint) -> None:
        text = f"{self.ENTRY}until = 2026-12-31\n\n{self.ENTRY.replace('tools/', 'old/')}"
        tree({"tools/server.py": SERVER, "aisafety-lint.toml": text})
        told = [
            (finding["rule"], finding["location"]["line"], finding["why"], finding["fix"])
            for finding in report_of(lint, "--today", "2027-01-01")["findings"]
            if finding["location"]["path"] == "aisafety-lint.toml"
        ]
        assert told == [
            ("expired-suppression", 2, "", "Mend what it suppressed, or look again and give it a new day."),
            (
                "unused-suppression",
                8,
                "nothing in the project is at this path",
                "Delete this entry of `suppressions`.",
            ),
        ]

    def test_paths_start_from_the_folder_of_the_file(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({".git/HEAD": "", "desk/tools/server.py": SERVER, "desk/aisafety-lint.toml": self.ENTRY})
        assert lint(cwd=root / "desk").returncode == 0


class TestOutputs:
    def test_every_format_counts_what_is_suppressed(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SUPPRESSED})
        for form in ("full", "concise", "github"):
            assert (
                "No findings (hidden: 1 suppressed) in "
                in lint("--today", "2027-01-01", "--output-format", form).stdout
            )
        assert report_of(lint, "--today", "2027-01-01")["hidden"] == {"suppressed": 1}
        sarif = json.loads(lint("--today", "2027-01-01", "--output-format", "sarif").stdout)["runs"][0]
        assert (sarif["results"], sarif["properties"]["hidden"]) == ([], {"suppressed": 1})
        statistics = lint("--today", "2027-01-01", "--statistics").stdout
        assert statistics.splitlines()[0] == f"0  critical  {RULE}  (1 suppressed)"

    def test_sarif_and_json_list_them_when_asked(self, tree: MakeTree, lint: Lint) -> None:
        entry = TestSettings.ENTRY
        tree({"server.py": SUPPRESSED, "tools/server.py": SERVER, "aisafety-lint.toml": entry})
        asked = ("--today", "2027-01-01", "--include-suppressed")
        findings = report_of(lint, *asked)["findings"]
        span = {"line": 11, "column": 34, "end_line": 11, "end_column": 106}
        assert findings[0]["suppression"] == {
            "kind": "comment", "reason": "Operators only.", "until": "2027-01-31", "path": "server.py", "span": span,
        }  # fmt: skip
        assert findings[1]["suppression"]["kind"] == "config"
        sarif = json.loads(lint("--output-format", "sarif", *asked).stdout)
        found = [result["suppressions"][0] for result in sarif["runs"][0]["results"]]
        assert [(one["kind"], one["status"], one["justification"]) for one in found] == [
            ("inSource", "accepted", "Operators only."),
            ("external", "accepted", "Operators only."),
        ]
        uris = [one["location"]["physicalLocation"]["artifactLocation"]["uri"] for one in found]
        assert uris == ["server.py", "aisafety-lint.toml"]

    def test_a_suppressed_finding_keeps_its_fingerprint_and_those_of_others(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"a.py": SERVER, "b.py": SERVER})
        before = [finding["fingerprint"] for finding in report_of(lint)["findings"]]
        (root / "a.py").write_text(SUPPRESSED.replace("until=2027-01-31 ", ""))
        assert [finding["fingerprint"] for finding in report_of(lint)["findings"]] == before[1:]
        all_of_them = report_of(lint, "--include-suppressed")["findings"]
        assert [finding["fingerprint"] for finding in all_of_them] == before

    @pytest.mark.parametrize("form", FORMATS)
    def test_a_suppressed_secret_is_never_printed(self, tree: MakeTree, lint: Lint, form: str) -> None:
        key = fake(KNOWLEDGE.part(load_formats), "openai-project", 1)
        said = f"# aisafety: ignore[hardcoded-provider-key] Revoked, it was {key} until June."
        tree({"a.py": f'KEY = "{key}"  {said}\n'})
        for arguments in (["--include-suppressed"], ["--no-suppressions"], ["--statistics"]):
            result = lint("--output-format", form, *arguments)
            assert key not in result.stdout + result.stderr
            assert key[12:30] not in result.stdout + result.stderr
        assert report_of(lint)["hidden"]["suppressed"] >= 1
        assert key[12:30] not in lint("suppressions").stdout


class TestList:
    def test_for_a_person(self, tree: MakeTree, lint: Lint) -> None:
        tree(
            {
                "server.py": SUPPRESSED,
                "other.py": f"# aisafety: file-ignore[{RULE}, model-output-to-sql] Operators only.\n{SERVER}",
                "wrong.py": "x = 1  # aisafety: ignore\n",
                "aisafety-lint.toml": TestSettings.ENTRY,
            }
        )
        result = lint("suppressions", "--today", "2027-01-01")
        assert (result.returncode, result.stderr) == (1, "")
        assert result.stdout == (
            "aisafety-lint.toml:2:1 (settings)  model-output-to-shell  unused     Operators only.\n"
            "other.py:1:3 (whole file)          model-output-to-shell  1 finding  Operators only.\n"
            "other.py:1:3 (whole file)          model-output-to-sql    unused     Operators only.\n"
            "server.py:11:34                    model-output-to-shell  1 finding  Operators only. (until 2027-01-31)\n"
            "wrong.py:1:10                      -                      malformed  `ignore` names no rule, and there is "
            "no form for all of them\n"
            "\n"
            "4 suppressions (1 malformed, 2 unused) hold back 2 findings.\n"
        )

    def test_for_a_program(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SUPPRESSED})
        result = lint("suppressions", "--output-format", "json", "--today", "2027-01-01")
        assert result.returncode == 0
        listed = json.loads(result.stdout)
        schema = json.loads((builtin_root() / "schema/suppressions.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(listed, schema)
        assert listed["suppressions"][0]["rules"] == [{"rule": RULE, "state": "used", "findings": 1}]

    def test_nothing(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SERVER})
        result = lint("suppressions")
        assert (result.returncode, result.stdout) == (0, "No suppressions.\n")


class TestCache:
    def test_a_warm_run_says_the_same_and_knows_the_day(self, tree: MakeTree, lint: Lint, tmp_path: Path) -> None:
        tree({"server.py": SUPPRESSED, "tools/server.py": SERVER, "aisafety-lint.toml": TestSettings.ENTRY})
        cache = ("--cache-dir", str(tmp_path / "cache"), "--output-format", "json")
        for day, rules in (("2027-01-31", []), ("2027-02-01", [RULE, "expired-suppression"]), ("2027-01-01", [])):
            cold = lint("--no-cache", "--output-format", "json", "--today", day).stdout
            assert rules_of(json.loads(cold)) == rules
            assert [lint(*cache, "--today", day).stdout for _ in range(3)] == [cold] * 3

    def test_an_edit_of_a_comment_counts(self, tree: MakeTree, lint: Lint, tmp_path: Path) -> None:
        root = tree({"server.py": SUPPRESSED, "other.py": "x = 1\n"})
        cache = ("--cache-dir", str(tmp_path / "cache"), "--today", "2027-01-01")
        assert [lint(*cache).returncode for _ in range(2)] == [0, 0]
        (root / "server.py").write_text(SUPPRESSED.replace("ignore", "ignroe"))
        assert [lint(*cache).returncode for _ in range(2)] == [1, 1]
        (root / "server.py").write_text(SUPPRESSED)
        assert lint(*cache).returncode == 0
