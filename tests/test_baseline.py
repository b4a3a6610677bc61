"""Baselines, through the program and with real git history: what is known stays known, what is new is shown."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aisafety_lint.knowledge import builtin_root
from conftest import Lint, MakeTree

SERVER = '''\
import os

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("admin")


@mcp.tool()
def run(command: str) -> int:
    """Run a command."""
    return os.system(f"sudo {command} 'x'")
'''
REFORMATTED = SERVER.replace(
    """os.system(f"sudo {command} 'x'")""", """os.system(\n        f"sudo {command} 'x'",\n    )"""
)
OTHER = SERVER.replace("def run", "def execute")
FILE = "aisafety-lint-baseline.json"
SETTINGS = f'baseline = "{FILE}"\n'


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def project(tree: MakeTree, lint: Lint) -> Path:
    """A git repository with one finding, in its baseline."""
    root = tree({"agent/server.py": SERVER, "aisafety-lint.toml": SETTINGS})
    git(root, "init", "--quiet")
    done = lint("baseline", "create", "--reason", "Found when we began.", "--until", "2027-01-31")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"1 entry written to `{FILE}`.\n", "")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "begin")
    return root


def report_of(lint: Lint, *arguments: str, cwd: Path | None = None) -> Any:
    done = lint("--today", "2027-01-01", "--output-format", "json", *arguments, cwd=cwd)
    return json.loads(done.stdout or done.stderr)


def found(report: Any) -> tuple[list[str], dict[str, int], list[str]]:
    places = [f"{finding['rule']} {finding['location']['path']}" for finding in report["findings"]]
    return places, report["hidden"], [note["id"] for note in report["notifications"]]


KNOWN: tuple[list[str], dict[str, int], list[str]] = ([], {"baseline": 1}, [])


class TestWhatIsKnown:
    def test_it_stays_known_when_lines_move_and_code_is_reformatted(self, project: Path, lint: Lint) -> None:
        assert found(report_of(lint)) == KNOWN
        (project / "agent/server.py").write_text(f"# A line.\nimport sys\n{REFORMATTED}\n\nprint(sys.path)\n")
        git(project, "commit", "--quiet", "-a", "-m", "reformat")
        assert found(report_of(lint)) == KNOWN

    def test_it_stays_known_when_files_are_renamed(self, project: Path, lint: Lint) -> None:
        git(project, "mv", "agent", "desk")
        git(project, "mv", "desk/server.py", "desk/admin.py")
        git(project, "commit", "--quiet", "-m", "rename")
        assert found(report_of(lint)) == KNOWN

    def test_it_stays_known_in_another_checkout(self, project: Path, lint: Lint, tmp_path: Path) -> None:
        clone = tmp_path / "elsewhere" / "clone"
        git(tmp_path, "clone", "--quiet", str(project), str(clone))
        shutil.rmtree(project)
        assert found(report_of(lint, cwd=clone)) == KNOWN
        assert found(report_of(lint, "server.py", cwd=clone / "agent")) == KNOWN

    def test_what_is_new_is_shown_also_where_it_is_alike(self, project: Path, lint: Lint) -> None:
        (project / "agent/other.py").write_text(OTHER)
        (project / "agent/copy.py").write_text(SERVER)
        places, hidden, _ = found(report_of(lint))
        assert places == ["model-output-to-shell agent/copy.py", "model-output-to-shell agent/other.py"]
        assert hidden == {"baseline": 1}
        assert lint().returncode == 1

    def test_what_is_mended_is_told(self, project: Path, lint: Lint) -> None:
        (project / "agent/server.py").write_text("print()\n")
        report = report_of(lint)
        assert found(report) == ([], {}, ["baseline-entry-unused"])
        (note,) = report["notifications"]
        assert (note["level"], note["path"]) == ("note", FILE)
        assert note["message"] == (
            "1 entry matches nothing any more; `aisafety-lint baseline update` removes what is mended."
        )
        # A run that would not have found it says nothing.
        for arguments in (["--select", "secrets"], ["aisafety-lint.toml"]):
            assert found(report_of(lint, *arguments))[2] == []

    def test_an_entry_that_is_over_is_told_and_shown_again(self, project: Path, lint: Lint) -> None:
        assert found(report_of(lint, "--today", "2027-01-31")) == KNOWN
        report = report_of(lint, "--today", "2027-02-01")
        assert found(report) == (["model-output-to-shell agent/server.py"], {}, ["baseline-entry-expired"])
        sarif = json.loads(lint("--today", "2027-02-01", "--output-format", "sarif").stdout)
        assert [one["baselineState"] for one in sarif["runs"][0]["results"]] == ["unchanged"]

    def test_a_suppression_comes_first(self, project: Path, lint: Lint) -> None:
        suppressed = SERVER.replace(" 'x'\")", " 'x'\")  # aisafety: ignore[model-output-to-shell] Operators only.")
        (project / "agent/server.py").write_text(suppressed)
        assert found(report_of(lint)) == ([], {"suppressed": 1}, ["baseline-entry-unused"])


class TestOutputs:
    def test_every_format_counts_it(self, project: Path, lint: Lint) -> None:
        (project / "agent/other.py").write_text(OTHER)
        for form in ("full", "concise", "github"):
            shown = lint("--output-format", form, "--today", "2027-01-01").stdout
            assert "1 finding (1 critical; hidden: 1 in the baseline)" in shown
        statistics = lint("--statistics", "--today", "2027-01-01").stdout
        assert statistics.splitlines()[0] == "1  critical  model-output-to-shell  (1 in the baseline)"
        run = json.loads(lint("--output-format", "sarif", "--today", "2027-01-01").stdout)["runs"][0]
        assert [one["baselineState"] for one in run["results"]] == ["new"]
        assert run["properties"]["hidden"] == {"baseline": 1}

    def test_json_and_sarif_list_it_when_asked(self, project: Path, lint: Lint) -> None:
        (finding,) = report_of(lint, "--include-suppressed")["findings"]
        assert finding["suppression"] == {
            "kind": "baseline", "reason": "Found when we began.", "until": "2027-01-31", "path": FILE, "span": None,
        }  # fmt: skip
        run = json.loads(lint("--output-format", "sarif", "--include-suppressed", "--today", "2027-01-01").stdout)[
            "runs"
        ][0]
        (result,) = run["results"]
        assert result["baselineState"] == "unchanged"
        assert [one["kind"] for one in result["suppressions"]] == ["external"]

    def test_a_warm_run_says_the_same(self, project: Path, lint: Lint, tmp_path: Path) -> None:
        cache = ("--cache-dir", str(tmp_path / "cache"), "--today", "2027-01-01")
        cold = lint("--no-cache", "--output-format", "json", "--today", "2027-01-01").stdout
        assert [lint(*cache, "--output-format", "json").stdout for _ in range(3)] == [cold] * 3
        assert lint(*cache, "--no-baseline").returncode == 1
        (project / FILE).write_text('{"schema": 1, "entries": []}')
        assert lint(*cache).returncode == 1
        assert lint(*cache, "--no-baseline").returncode == 1


class TestTheFile:
    def test_it_is_what_the_schema_says_and_holds_no_place(self, project: Path) -> None:
        content = json.loads((project / FILE).read_text("utf-8"))
        schema = json.loads((builtin_root() / "schema/baseline.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(content, schema)
        (entry,) = content["entries"]
        del entry["fingerprint"], entry["message"]
        assert entry == {
            "rule": "model-output-to-shell", "path": "agent/server.py", "symbol": "run", "severity": "critical",
            "persona": "regular", "reason": "Found when we began.", "until": "2027-01-31",
        }  # fmt: skip

    def test_an_update_only_removes_unless_told_otherwise(self, project: Path, lint: Lint) -> None:
        (project / "agent/other.py").write_text(OTHER)
        update = ("baseline", "update", "--today", "2027-01-01")
        before = (project / FILE).read_bytes()
        assert lint(*update).stdout == f"0 entries removed, 0 added, 1 kept in `{FILE}`.\n"
        assert (project / FILE).read_bytes() == before
        (project / "agent/server.py").write_text("print()\n")
        assert lint(*update).stdout == f"1 entry removed, 0 added, 0 kept in `{FILE}`.\n"
        added = lint(*update, "--add", "--reason", "Next quarter.").stdout
        assert added == f"0 entries removed, 1 added, 0 kept in `{FILE}`.\n"
        assert found(report_of(lint)) == KNOWN

    def test_an_update_of_a_part_keeps_the_rest(self, project: Path, lint: Lint) -> None:
        (project / "agent/server.py").write_text("print()\n")
        (project / "tools").mkdir()
        (project / "tools/a.py").write_text("print()\n")
        kept = lint("baseline", "update", "tools").stdout
        assert kept == f"0 entries removed, 0 added, 1 kept in `{FILE}`.\n"

    def test_what_is_over_is_taken_in_anew_when_told(self, project: Path, lint: Lint) -> None:
        update = ("baseline", "update", "--today", "2027-02-01")
        assert lint(*update).stdout == f"0 entries removed, 0 added, 1 kept in `{FILE}`.\n"
        renewed = lint(*update, "--add", "--reason", "Again.", "--until", "2027-06-30").stdout
        assert renewed == f"1 entry removed, 1 added, 0 kept in `{FILE}`.\n"
        assert lint("--today", "2027-06-30").returncode == 0

    def test_it_is_shown(self, project: Path, lint: Lint) -> None:
        shown = lint("baseline", "show", "--today", "2027-01-01")
        assert shown.returncode == 0
        assert shown.stdout == (
            "agent/server.py  model-output-to-shell  known  Found when we began. (until 2027-01-31)\n"
            "\n"
            "1 entry (1 known).\n"
        )
        (project / "agent/server.py").write_text("print()\n")
        listed = json.loads(lint("baseline", "show", "--output-format", "json").stdout)
        assert [entry["state"] for entry in listed["entries"]] == ["gone"]

    @pytest.mark.parametrize(
        ("arguments", "content", "error"),
        [
            (["baseline", "create", "--reason", "Why."], None, f"`{FILE}` is there already"),
            (["baseline", "create"], None, "a baseline needs `--reason`"),
            (["baseline", "update", "--add"], None, "a baseline needs `--reason`"),
            (["baseline", "update", "--reason", "Why."], None, "`--reason` and `--until` are for new entries"),
            (["baseline", "sow"], None, "unknown action `sow`"),
            (["--baseline", "no.json"], None, "there is no baseline `"),
            ([], "{", "not a baseline: "),
            ([], "[]", "not a baseline: "),
            ([], '{"schema": 2, "entries": []}', "a baseline of version 2"),
            ([], '{"schema": 1, "entries": [{"rule": "x"}]}', "not a baseline: "),
        ],
    )
    def test_what_is_wrong_is_an_error(
        self, project: Path, lint: Lint, arguments: list[str], content: str | None, error: str
    ) -> None:
        if content is not None:
            (project / FILE).write_text(content)
        done = lint(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert error in done.stderr

    def test_settings_name_no_file_outside(self, project: Path, lint: Lint) -> None:
        (project / "aisafety-lint.toml").write_text('baseline = "../../known.json"\n')
        assert "aisafety-lint.toml:1:1: `../../known.json` lies outside the project" in lint().stderr
