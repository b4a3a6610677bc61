"""The program as its users run it: whole outputs and exit codes, in processes of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from html import unescape
from pathlib import Path

import pytest

from aisafety_lint import __version__
from aisafety_lint.arguments import use_color, use_links
from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_file
from aisafety_lint.report import FORMATS
from conftest import Lint, MakeTree

SHELL = """\
import subprocess

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("network")


@mcp.tool()
def ping(host: str) -> str:
    \"\"\"Ping a host.\"\"\"
    return subprocess.check_output(f"ping {host}", shell=True, text=True)
"""
CLEAN = "print('hello')\n"


def without_seconds(text: str) -> str:
    return re.sub(r"\d+\.\d s$", "N s", text, flags=re.MULTILINE)


class TestStart:
    HEAVY = ("libcst", "requests", "jsonschema", "ruamel", "rich", "yaml", "msgspec", "tree_sitter", "pathspec")

    def test_the_version(self, lint: Lint) -> None:
        for option in ("--version", "-V"):
            result = lint(option)
            assert (result.returncode, result.stdout, result.stderr) == (0, f"aisafety-lint {__version__}\n", "")

    def test_the_version_is_there_in_a_tenth_of_a_second(self) -> None:
        def seconds() -> float:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-m", "aisafety_lint", "--version"], check=True, capture_output=True)
            return time.perf_counter() - start

        def python_alone() -> float:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", "pass"], check=True, capture_output=True)
            return time.perf_counter() - start

        # On a busy machine starting Python alone can take longer than that.
        assert min(seconds() for _ in range(7)) <= max(0.10, 2 * min(python_alone() for _ in range(7)))

    @pytest.mark.parametrize("module", ["aisafety_lint.cli", "aisafety_lint.commands.check"])
    def test_nothing_heavy_is_imported(self, module: str) -> None:
        code = f"import sys, {module}; print([name for name in {self.HEAVY!r} if name in sys.modules])"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert result.stdout == "[]\n"

    def test_help_names_every_command_and_every_exit_code(self, lint: Lint) -> None:
        result = lint("--help")
        assert result.returncode == 0
        for word in ("check", "explain", "rules", "test", "exit codes:", "--fail-on", "--stdin-filename"):
            assert word in result.stdout


class TestUsageErrors:
    """All are exit code 2, one line on what is wrong and one on the way out, and nothing on standard output."""

    @pytest.mark.parametrize(
        ("arguments", "error", "hint"),
        [
            (["nothing"], "`nothing` does not exist", "give files or folders to report on; the default is `.`"),
            (["explian"], "`explian` does not exist", "did you mean the command `explain`?"),
            (["--sleect", "x"], "unknown option `--sleect`", "did you mean `--select` or `--strict`?"),
            (["-x"], "unknown option `-x`", "`aisafety-lint --help` lists the options"),
            (["--select"], "`--select`: expected one argument", "`aisafety-lint --help` shows the usage"),
            (["--fail-on", "hihg"], "unknown severity `hihg`", "did you mean `high`?"),
            (["--persona", "me"], "unknown persona `me`", "it is one of `regular`, `pedantic`, `auditor`"),
            (["--output-format", "jsn"], "unknown format `jsn`", "did you mean `json` or `rdjson`?"),
            (["--output", "sarif"], "`--output sarif`: a format and a file are expected", None),
            (["--output", "srif=x"], "unknown format `srif`", "did you mean `sarif`?"),
            (["--output", "sarif=no/x"], "`--output`: there is no folder `no`", ""),
            (["--output", "sarif=."], "`--output`: `.` is a folder", ""),
            (["--output", "json=-", "--output-format", "full"], "only one format can go to standard output", None),
            (["--rules", "no"], "`no` is not a folder", ""),
            (["--config", "no.toml"], "`no.toml` does not exist", None),
            (["--config", "a.toml", "--isolated"], "`--config` and `--isolated` exclude each other", ""),
            (["-", "a.py"], "standard input is read with `-` as the only path, and `--stdin-filename FILE`", ""),
            (["--stdin-filename", "a.py"], "standard input is read with `-` as the only path", None),
            (["explain", "model-output-to-shel"], "no rule `model-output-to-shel`", None),
            (
                ["explain"],
                "the following arguments are required: RULE",
                "`aisafety-lint explain --help` shows the usage",
            ),
            (["rules", "--family", "secret"], "unknown family `secret`", "did you mean `secrets`?"),
            (["rules", "extra"], "too many arguments: `extra`", None),
            (["test", "no"], "does not exist", ""),
            (["--select", "model-output-to-shel"], "`--select`: no rule, family or tag `model-output-to-shel`", None),
            (["--exclude", "!"], "`!` in `exclude` is not a pattern in the syntax of .gitignore", ""),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_each(self, tree: MakeTree, lint: Lint, arguments: list[str], error: str, hint: str | None) -> None:
        tree({"a.py": CLEAN, "a.toml": ""})
        result = lint(*arguments)
        first, *rest = result.stderr.splitlines()
        assert (result.returncode, result.stdout) == (2, "")
        assert first.startswith("error: ")
        assert error in first
        if hint is not None:
            assert rest == ([f"hint: {hint}"] if hint else [])

    def test_a_mistake_in_the_settings(self, tree: MakeTree, lint: Lint) -> None:
        tree({"pyproject.toml": "[tool.aisafety-lint]\nfail-onn = 'high'\n"})
        result = lint()
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == "error: pyproject.toml:2:1: unknown key `fail-onn`\nhint: did you mean `fail-on`?\n"

    def test_control_characters_do_not_reach_the_terminal(self, tree: MakeTree, lint: Lint) -> None:
        tree({})
        assert lint("a\x1b[31m\nb").stderr.splitlines()[0] == r"error: `a\x1b[31m\nb` does not exist"


class TestBugs:
    CODE = "import sys; from aisafety_lint import cli; cli.COMMANDS = {'boom': ''}; sys.exit(cli.main(['boom']))"

    def run(self, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", self.CODE], capture_output=True, text=True, check=False, env={**os.environ, **env}
        )

    def test_they_are_one_line_that_says_so(self) -> None:
        result = self.run({})
        assert result.returncode == 2
        first, second = result.stderr.splitlines()
        assert first.startswith(f"error: this is a bug in aisafety-lint {__version__}: ModuleNotFoundError: ")
        assert second == "hint: set AISAFETY_LINT_TRACEBACK=1 to see where, and report it with what it prints"

    def test_the_traceback_is_there_on_demand(self) -> None:
        result = self.run({"AISAFETY_LINT_TRACEBACK": "1"})
        assert result.returncode == 2
        assert result.stderr.startswith("Traceback (most recent call last):\n")


class TestShow:
    def test_files(self, tree: MakeTree, lint: Lint) -> None:
        tree({".git/HEAD": "", "a.py": "", "sub/b\n.py": "", "vendor/c.py": "", "x.png": b""})
        result = lint("--show-files")
        assert (result.returncode, result.stdout, result.stderr) == (0, "a.py\nsub/b\\n.py\n", "")
        assert lint("sub", "--show-files").stdout == "sub/b\\n.py\n"

    def test_no_files(self, tree: MakeTree, lint: Lint) -> None:
        tree({})
        result = lint("--show-files")
        assert (result.returncode, result.stdout) == (0, "")
        assert result.stderr == (
            "warning: There is nothing to analyse in `.`: no file of a known kind, or all are ignored or excluded.\n"
        )

    def test_settings(self, tree: MakeTree, lint: Lint) -> None:
        tree({"aisafety-lint.toml": 'select = ["secrets"]\n'})
        result = lint("--show-settings", "--persona", "auditor", "--ignore", "a, b", "--ignore", "c")
        lines = result.stdout.splitlines()
        assert result.returncode == 0
        assert 'select = ["secrets"]  # aisafety-lint.toml' in lines
        assert 'persona = "auditor"  # command line' in lines
        assert 'ignore = ["a", "b", "c"]  # command line' in lines
        assert "strict = false  # default" in lines

    def test_a_setting_is_explained(self, tree: MakeTree, lint: Lint) -> None:
        tree({"aisafety-lint.toml": 'fail-on = "high"\n'})
        assert lint("config", "fail-on").stdout == (
            "Findings at or above this severity make the exit code 1.\n"
            "It is one of `low`, `medium`, `high`, `critical`.\n\n"
            'fail-on = "high"  # aisafety-lint.toml\n'
        )
        assert lint("config", "baseline").stdout.endswith("# baseline is not set\n")
        assert lint("config", "overrides").stdout.endswith("# overrides is not set\n")
        assert "fail-on         Findings at" in lint("config").stdout
        wrong = lint("config", "failon")
        assert (wrong.returncode, wrong.stderr.splitlines()[1]) == (2, "hint: did you mean `fail-on`?")


class TestCommands:
    def test_a_path_that_is_named_like_a_command(self, tree: MakeTree, lint: Lint) -> None:
        tree({"rules/a.py": ""})
        assert lint("check", "rules", "--show-files").stdout == "a.py\n"
        assert lint("./rules", "--show-files").stdout == "a.py\n"

    def test_rules(self, lint: Lint) -> None:
        head, *rows = lint("rules").stdout.splitlines()
        listed = json.loads(lint("rules", "--output-format", "json").stdout)
        assert head.split() == ["rule", "family", "severity", "precision", "persona", "title"]
        assert [row.split()[0] for row in rows[:-2]] == [rule["id"] for rule in listed["rules"]]
        assert rows[-1] == f"{len(listed['rules'])} rules."
        one = lint("rules", "--family", "output-sinks").stdout
        assert "model-output-to-shell" in one
        assert "human-approval" not in one

    def test_explain(self, lint: Lint) -> None:
        text = lint("explain", "model-output-to-shell").stdout
        assert text.startswith(
            "# Model output is run by a shell\n\n- id: model-output-to-shell\n- family: output-sinks\n"
        )
        for heading in (
            "What it finds",
            "Why it matters",
            "Example",
            "Use instead",
            "When it is wrong",
            "References",
            "Fix",
        ):
            assert f"\n## {heading}\n" in text
        assert "# expect:" not in text

    def test_explain_in_color(self, lint: Lint) -> None:
        assert "\x1b[" in lint("explain", "model-output-to-shell", "--color", "always").stdout


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "colored"),
    [
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
    ],
)
def test_color(choice: str, environment: dict[str, str], terminal: bool, colored: bool) -> None:
    assert use_color(choice, environment, terminal) is colored


@pytest.mark.parametrize(
    ("environment", "terminal", "linked"),
    [
        ({"TERM": "xterm-256color"}, True, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, True, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4205"}, True, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, True, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, True, False),
        ({"TERM": "xterm-kitty"}, True, True),
        ({"TERM": "xterm-kitty"}, False, False),
        ({"TERM": "screen-256color", "VTE_VERSION": "7600"}, True, False),
        ({"TERM": "xterm", "FORCE_HYPERLINK": "1"}, False, True),
        ({"TERM": "xterm-kitty", "FORCE_HYPERLINK": "0"}, True, False),
        ({}, True, False),
    ],
)
def test_links(environment: dict[str, str], terminal: bool, linked: bool) -> None:
    assert use_links(environment, terminal) is linked


RULE = """\
---
id: {id}
severity: high
precision: high
since: 0.1.0
status: stable
standards: [cwe:78]
message: "{{source}} reaches `{{sink}}`."
fix: Do not.
match: {{flow: {{from: [model-output, tool-argument], to: [shell]}}}}
---
# Title

## What it finds
x
## Why it matters
x
## Example
```python
{bad}```
## Use instead
```python
{good}```
## When it is wrong
x
## References
x
"""
MARKED = SHELL.replace("text=True)", "text=True)  # expect: model-output-to-shell, own")


class TestOwnRules:
    def test_their_examples_run(self, tree: MakeTree, lint: Lint) -> None:
        good = RULE.format(id="own", bad=MARKED, good=CLEAN)
        root = tree({"policy/output-sinks/own.md": good})
        result = lint("test", "policy")
        assert (result.returncode, result.stdout) == (0, "1 rule, 2 examples: all as marked.\n")
        path = root / "policy/output-sinks/own.md"
        assert lint("test", path, "-v").stdout == (
            f"ok   own (Example) {path}:19\nok   own (Use instead) {path}:33\n1 rule, 2 examples: all as marked.\n"
        )

    def test_differences_are_told(self, tree: MakeTree, lint: Lint) -> None:
        wrong = RULE.format(id="own", bad=f"{CLEAN.strip()}  # expect: own\n", good=SHELL)
        root = tree({"policy/output-sinks/own.md": wrong})
        result = lint("test", "policy")
        path = root / "policy/output-sinks/own.md"
        assert result.returncode == 1
        lines = result.stdout.splitlines()
        assert lines[:3] == [
            f"FAIL own (Example) {path}:19",
            "       missing: own at example.py:1",
            f"FAIL own (Use instead) {path}:23",
        ]
        assert lines[3].startswith("       unexpected: model-output-to-shell at example.py:11: ")
        assert lines[4].startswith("       unexpected: own at example.py:11: ")
        assert lines[5] == "1 rule, 2 examples: 2 not as marked."

    def test_they_run_with_the_shipped_ones(self, tree: MakeTree, lint: Lint) -> None:
        rule = RULE.format(id="own", bad="", good="")
        tree({"policy/output-sinks/own.md": rule, "a.py": SHELL, "aisafety-lint.toml": 'rules = ["policy"]'})
        for arguments in ([], ["--isolated", "--rules", "policy"]):
            result = lint("a.py", "--output-format", "json", *arguments)
            assert [one["rule"] for one in json.loads(result.stdout)["findings"]] == ["model-output-to-shell", "own"]


SCREEN = """\
critical[model-output-to-shell]: Tool argument `host` of `ping` reaches `subprocess.check_output`, \
which runs it in a shell.
  --> server.py:11:12
   |
 9 | def ping(host: str) -> str:
   |          --------- tool argument
10 |     \"""Ping a host.\"""
11 |     return subprocess.check_output(f"ping {host}", shell=True, text=True)
   |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ reaches a shell
   |
   = why: nothing on the 2 steps from the source makes the value safe for a shell
   = fix: Pass a list of arguments without a shell, with a fixed program and values that are checked
   |      first.
   = confidence: high
   = help: aisafety-lint explain model-output-to-shell

1 finding (1 critical) in 1 file, 1 tool, 0 agents, 1 MCP server, 0 suites; N s
"""


class TestCheck:
    def test_a_finding(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SHELL})
        result = lint()
        assert (result.returncode, result.stderr) == (1, "")
        assert without_seconds(result.stdout) == SCREEN

    def test_nothing(self, tree: MakeTree, lint: Lint) -> None:
        tree({"a.py": CLEAN})
        result = lint()
        assert (result.returncode, result.stderr) == (0, "")
        assert without_seconds(result.stdout) == (
            "No findings in 1 file, 0 tools, 0 agents, 0 MCP servers, 0 suites; N s\n"
        )

    @pytest.mark.parametrize("form", FORMATS)
    def test_the_exit_code_does_not_depend_on_the_format(self, tree: MakeTree, lint: Lint, form: str) -> None:
        root = tree({"bad/server.py": SHELL, "good/a.py": CLEAN})
        assert lint(root / "bad", "--output-format", form).returncode == 1
        assert lint(root / "good", "--output-format", form).returncode == 0
        assert lint(root / "bad", "--output-format", form, "--exit-zero").returncode == 0

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["--fail-on", "critical"], 1),
            (["--ignore", "model-output-to-shell"], 0),
            (["--ignore", "output-sinks"], 0),
            (["--select", "secrets"], 0),
            (["--select", "secrets,output-sinks"], 1),
            (["--select", "secrets", "--extend-select", "model-output-to-shell"], 1),
            (["--exit-zero"], 0),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_selection_decides(self, tree: MakeTree, lint: Lint, arguments: list[str], code: int) -> None:
        tree({"server.py": SHELL})
        assert lint(*arguments).returncode == code

    def test_overrides_change_what_counts(self, tree: MakeTree, lint: Lint) -> None:
        text = 'fail-on = "medium"\n[[overrides]]\npaths = ["old/"]\nseverity = "low"\nreason = "Goes away."\n'
        root = tree({".git/HEAD": "", "old/server.py": SHELL, "aisafety-lint.toml": text})
        result = lint("--output-format", "concise")
        assert result.returncode == 0
        assert result.stdout.startswith("old/server.py:11:12: low model-output-to-shell ")
        assert lint("--isolated").returncode == 1
        (root / "aisafety-lint.toml").write_text(text.replace("severity", 'ignore = ["ALL"]\nseverity'))
        assert "hidden: 1 ignored" in lint().stdout

    def test_an_expired_override_has_no_effect(self, tree: MakeTree, lint: Lint) -> None:
        text = '[[overrides]]\npaths = ["*"]\nignore = ["ALL"]\nreason = "Later."\nexpires = 2020-01-01\n'
        tree({"server.py": SHELL, "aisafety-lint.toml": text})
        result = lint()
        assert result.returncode == 1
        assert "expired on 2020-01-01 and has no effect: Later." in result.stdout

    def test_several_outputs_in_one_run(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"server.py": SHELL})
        result = lint("--output", "json=out.json", "--output", "sarif=out.sarif", "--output-format", "concise")
        assert result.returncode == 1
        assert result.stdout.startswith("server.py:11:12: critical model-output-to-shell ")
        report = json.loads((root / "out.json").read_text())
        sarif = json.loads((root / "out.sarif").read_text())
        assert [one["rule"] for one in report["findings"]] == ["model-output-to-shell"]
        assert [one["ruleId"] for one in sarif["runs"][0]["results"]] == ["model-output-to-shell"]
        assert sorted(path.name for path in root.iterdir()) == ["out.json", "out.sarif", "server.py"]

    def test_an_output_may_be_standard_output_or_a_device(self, tree: MakeTree, lint: Lint) -> None:
        tree({"a.py": CLEAN})
        result = lint("--output", "json=-", "--output", "sarif=/dev/null")
        assert json.loads(result.stdout)["findings"] == []
        assert Path("/dev/null").is_char_device()

    def test_the_same_input_gives_the_same_bytes(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SHELL, "b.py": SHELL, "c/d.py": CLEAN})
        runs = {
            lint("--output-format", form, env={"PYTHONHASHSEED": seed}).stdout
            for form in ("json", "sarif")
            for seed in ("1", "2", "3")
        }
        assert len(runs) == 2

    def test_scope_is_not_context(self, tree: MakeTree, lint: Lint) -> None:
        helper = "import os\n\n\ndef run(command: str) -> int:\n    return os.system(command)\n"
        server = SHELL.replace("import subprocess", "from helper import run").replace(
            'subprocess.check_output(f"ping {host}", shell=True, text=True)', 'str(run(f"ping {host}"))'
        )
        tree({".git/HEAD": "", "helper.py": helper, "server.py": server, "other.py": SHELL})
        for path in ("helper.py", "server.py"):
            report = json.loads(lint(path, "--output-format", "json").stdout)
            assert [one["location"]["path"] for one in report["findings"]] == ["helper.py"], path

    def test_statistics(self, tree: MakeTree, lint: Lint) -> None:
        tree({"a.py": SHELL, "b.py": SHELL})
        result = lint("--statistics")
        assert result.returncode == 1
        assert result.stdout.splitlines()[0] == "2  critical  model-output-to-shell"

    def test_color(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SHELL})
        assert "\x1b[" not in lint().stdout
        assert "\x1b[" in lint("--color", "always").stdout
        assert "\x1b[" in lint(env={"FORCE_COLOR": "1"}).stdout
        assert "\x1b[" not in lint("--color", "never", env={"FORCE_COLOR": "1"}).stdout

    def test_standard_input(self, tree: MakeTree, lint: Lint) -> None:
        tree({".git/HEAD": "", "server.py": CLEAN})
        result = lint("-", "--stdin-filename", "server.py", "--output-format", "concise", stdin=SHELL)
        assert result.returncode == 1
        assert result.stdout.startswith("server.py:11:12: critical model-output-to-shell ")
        assert lint("-", stdin=SHELL).returncode == 1
        assert lint("-", stdin=CLEAN).returncode == 0


class TestCache:
    """What may hold findings of earlier runs; test_cache.py says what is believed of it."""

    def files(self, folder: Path) -> list[str]:
        """What is in a cache, but for what is only kept of files that have been there for some seconds."""
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [name for name in names if not name.startswith("seen-")]

    def test_it_is_in_the_folder_of_the_user_and_never_in_the_project(
        self, tree: MakeTree, lint: Lint, tmp_path: Path
    ) -> None:
        root = tree({"a.py": CLEAN})
        assert lint(env={"XDG_CACHE_HOME": str(tmp_path / "c")}).returncode == 0
        assert {"CACHEDIR.TAG", ".gitignore", "key"} < set(self.files(tmp_path / "c/aisafety-lint"))
        assert self.files(root) == ["a.py"]

    def test_the_option_and_the_environment_name_another_folder(
        self, tree: MakeTree, lint: Lint, tmp_path: Path
    ) -> None:
        tree({"a.py": CLEAN})
        lint("--cache-dir", tmp_path / "option")
        lint(env={"AISAFETY_LINT_CACHE_DIR": str(tmp_path / "variable")})
        assert "CACHEDIR.TAG" in self.files(tmp_path / "option")
        assert self.files(tmp_path / "option") == self.files(tmp_path / "variable")

    def test_none_is_used_or_written_when_nobody_wants_one(self, tree: MakeTree, lint: Lint, tmp_path: Path) -> None:
        tree({"a.py": CLEAN})
        assert lint("--no-cache", env={"XDG_CACHE_HOME": str(tmp_path / "c")}).returncode == 0
        assert not (tmp_path / "c").exists()

    def test_a_configuration_in_the_project_has_no_say(self, tree: MakeTree, lint: Lint) -> None:
        tree({"a.py": CLEAN, "aisafety-lint.toml": "cache-dir = '.cache'\n"})
        assert "unknown key `cache-dir`" in lint().stderr

    def test_clean_empties_it(self, tree: MakeTree, lint: Lint, tmp_path: Path) -> None:
        tree({"a.py": CLEAN})
        env = {"XDG_CACHE_HOME": str(tmp_path / "c")}
        lint(env=env)
        result = lint("clean", env=env)
        folder = tmp_path / "c/aisafety-lint"
        assert (result.returncode, result.stderr) == (0, "")
        assert re.fullmatch(rf"Removed [2-9] files from `{folder}`\.\n", result.stdout)
        assert self.files(tmp_path / "c") == []
        lint("--cache-dir", "mine")
        assert re.match(r"Removed [2-9] files from ", lint("clean", "--cache-dir", "mine").stdout)
        assert lint("clean", "--cache-dir", "mine").stdout.startswith("Removed 0 files from ")


class TestNotAnalysed:
    """A file that could not be analysed is told in every format; whether that is an error depends on who asked."""

    BROKEN = "from mcp.server.fastmcp import FastMCP\n\ndef broken(:\n"

    def test_met_on_the_walk_it_is_a_warning(self, tree: MakeTree, lint: Lint) -> None:
        tree({"bad.py": self.BROKEN, "a.py": CLEAN})
        result = lint()
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        assert result.returncode == 0
        assert without_seconds(result.stdout) == (
            f"warning[syntax-error]: bad.py:3:1: `bad.py` cannot be parsed as Python {version}: invalid syntax.\n\n"
            "No findings in 2 files, 0 tools, 0 agents, 0 MCP servers, 0 suites; 1 not analysed; N s\n"
        )
        assert lint("--strict").returncode == 2

    def test_named_it_is_exit_code_2(self, tree: MakeTree, lint: Lint) -> None:
        tree({"bad.py": self.BROKEN, "server.py": SHELL})
        assert lint("bad.py").returncode == 2
        assert lint("bad.py", "server.py").returncode == 2
        assert lint("server.py").returncode == 1

    @pytest.mark.parametrize("form", FORMATS)
    def test_it_is_in_every_format(self, tree: MakeTree, lint: Lint, form: str) -> None:
        tree({"bad.py": self.BROKEN})
        assert "bad.py" in unescape(lint("--output-format", form).stdout)

    def test_a_folder_with_nothing_says_so(self, tree: MakeTree, lint: Lint) -> None:
        tree({})
        result = lint()
        assert result.returncode == 0
        assert "nothing to analyse in `.`" in result.stdout


class TestOutputFiles:
    """A file is there whole or not at all, and stays what it was: its rights, and a link to it."""

    def test_a_new_file_has_the_usual_rights(self, tmp_path: Path) -> None:
        usual = tmp_path / "usual"
        usual.touch()
        write_file(tmp_path / "new", "text")
        assert (tmp_path / "new").stat().st_mode == usual.stat().st_mode

    def test_an_old_file_keeps_its_rights_and_its_links(self, tmp_path: Path) -> None:
        target = tmp_path / "target"
        target.write_text("old")
        target.chmod(0o640)
        (tmp_path / "link").symlink_to("target")
        write_file(tmp_path / "link", "new")
        assert (tmp_path / "link").is_symlink()
        assert target.read_text() == "new"
        assert target.stat().st_mode & 0o777 == 0o640
        assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "target"]

    def test_what_cannot_be_written_is_the_users_error(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "no" / "folder")
        with pytest.raises(UserError, match="cannot be written: No such file or directory"):
            write_file(tmp_path / "link", "text")


class TestSignals:
    def test_a_reader_that_goes_away_is_no_error(self, tree: MakeTree) -> None:
        root = tree({f"s{number}.py": SHELL for number in range(60)})
        command = [sys.executable, "-m", "aisafety_lint"]
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == ""
            assert process.wait() == 1

    def test_an_interruption_is_quiet(self, tree: MakeTree) -> None:
        root = tree({"a.py": CLEAN})
        command = [sys.executable, "-m", "aisafety_lint", "-"]
        with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin is not None
            process.stdin.write(b"#" * 200_000)  # more than a pipe holds: it has begun to read
            process.stdin.flush()
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
            assert process.returncode == 130
            assert errors == b"interrupted\n"
