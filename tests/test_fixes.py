"""Fixes as people use them: what is written, what is shown, what is left alone, and what the program says of it."""

import ast
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from aisafety_lint.finding import Edit, Location, Remedy
from aisafety_lint.fixes import calls
from aisafety_lint.fixes.edits import Moved, apply, smallest, touch
from aisafety_lint.fixes.module import Module
from aisafety_lint.fixes.python import python_edits
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.secrets.formats import fake, load_formats
from aisafety_lint.source import SourceText, Span
from conftest import Lint, MakeTree
from shared import KNOWLEDGE

LOAD = """\
import yaml
from openai import OpenAI

reply = OpenAI().responses.create(model="gpt-5", input="the plan").output_text
plan = yaml.load(reply, Loader=yaml.Loader)  # what the model planned
"""
LOADED = LOAD.replace("yaml.load(reply, Loader=yaml.Loader)", "yaml.safe_load(reply)")
QUERY = """\
import sqlite3

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("desk")


@mcp.tool()
def find(name: str) -> list:
    cursor = sqlite3.connect("desk.db").cursor()
    return cursor.execute(f"SELECT id FROM customers WHERE name = '{name}'").fetchall()
"""
QUERIED = QUERY.replace(
    """f"SELECT id FROM customers WHERE name = '{name}'\"""", '"SELECT id FROM customers WHERE name = ?", (name,)'
)
SETTINGS = """\
{
  // how we work
  "permissions": {
    "defaultMode": "bypassPermissions",
    "allow": ["Bash(git diff:*)", "Bash(*)"]
  }
}
"""


def key() -> str:
    """A made-up key of a provider."""
    return fake(KNOWLEDGE.part(load_formats), "anthropic-api", 1)


class TestTheCommandLine:
    def test_fix_writes_what_is_safe_and_reports_on_the_rest(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"load.py": LOAD, "query.py": QUERY})
        done = lint("--fix", "--output-format", "concise")
        assert (root / "load.py").read_text("utf-8") == LOADED
        assert (root / "query.py").read_text("utf-8") == QUERY
        assert done.returncode == 1
        assert done.stdout.splitlines()[0] == (
            "query.py:11:12: high model-output-to-sql Tool argument `name` of `find` reaches `cursor.execute` "
            "as the text of a SQL statement."
        )
        assert done.stderr == "Fixed 1 finding (1 more with --unsafe-fixes).\n"

    def test_unsafe_fixes_are_made_when_they_are_asked_for(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"load.py": LOAD, "query.py": QUERY})
        done = lint("--fix", "--unsafe-fixes", "--output-format", "concise")
        assert (root / "query.py").read_text("utf-8") == QUERIED
        assert (done.returncode, done.stderr) == (0, "Fixed 2 findings.\n")
        assert done.stdout.startswith("No findings")

    def test_diff_shows_a_patch_and_writes_nothing(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"load.py": LOAD})
        done = lint("--diff")
        assert done.stdout == (
            "--- a/load.py\n+++ b/load.py\n@@ -2,4 +2,4 @@\n from openai import OpenAI\n \n"
            ' reply = OpenAI().responses.create(model="gpt-5", input="the plan").output_text\n'
            "-plan = yaml.load(reply, Loader=yaml.Loader)  # what the model planned\n"
            "+plan = yaml.safe_load(reply)  # what the model planned\n"
        )
        assert (done.returncode, done.stderr) == (1, "Would fix 1 finding.\n")
        assert (root / "load.py").read_text("utf-8") == LOAD
        subprocess.run(["git", "apply"], cwd=root, input=done.stdout, text=True, check=True)
        assert (root / "load.py").read_text("utf-8") == LOADED
        assert lint("--diff").returncode == 0

    def test_fix_only_says_nothing_of_the_rest(self, tree: MakeTree, lint: Lint) -> None:
        tree({"load.py": LOAD, "query.py": QUERY})
        done = lint("--fix-only")
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "Fixed 1 finding (1 more with --unsafe-fixes).\n"

    def test_the_exit_code_can_tell_of_fixes(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"load.py": LOAD})
        assert lint("--fix", "--exit-non-zero-on-fix").returncode == 1
        assert lint("--fix", "--exit-non-zero-on-fix").returncode == 0
        (root / "load.py").write_text(LOAD, "utf-8")
        assert lint("--fix").returncode == 0

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--unsafe-fixes"], "`--unsafe-fixes` goes with `--fix`, `--fix-only` or `--diff`"),
            (["--fix", "--add-ignores", "--reason", "x"], "`--add-ignores` accepts findings, and `--fix` mends them"),
            (["--fix", "-"], "`--fix` changes files, and standard input is none"),
        ],
    )
    def test_what_does_not_go_together(self, tree: MakeTree, lint: Lint, arguments: list[str], message: str) -> None:
        tree({"load.py": LOAD})
        done = lint(*arguments, stdin=LOAD)
        assert done.returncode == 2
        assert message in done.stderr

    def test_a_page_is_not_escaped_as_a_whole(self, tree: MakeTree, lint: Lint) -> None:
        shown = "HTMLResponse(client.responses.create(model='gpt-5', input=q).output_text.strip())"
        filled = "HTMLResponse(Template('<p>{{ a }}</p>').render(a=client.responses.create(input=q).output_text))"
        head = "from fastapi.responses import HTMLResponse\nfrom jinja2 import Template\nfrom openai import OpenAI\n\n"
        root = tree(
            {
                name: f"{head}client = OpenAI()\n\n\ndef page(q: str) -> HTMLResponse:\n    return {code}\n"
                for name, code in (("shown.py", shown), ("filled.py", filled))
            }
        )
        assert lint("--fix", "--unsafe-fixes", "--select", "model-output-to-html").stderr.startswith("Fixed 1 finding")
        assert "html.escape(client" in (root / "shown.py").read_text("utf-8")
        assert "html.escape" not in (root / "filled.py").read_text("utf-8")

    def test_what_cannot_be_mended_is_said(self, tree: MakeTree, lint: Lint) -> None:
        tree({"load.py": LOAD.replace("yaml.load(reply, Loader=yaml.Loader)", "yaml.load(reply, **options)")})
        done = lint("--fix")
        assert "note: load.py:5: `model-output-to-deserializer` is not fixed, because the call unpacks arguments." in (
            done.stderr
        )
        assert done.stderr.endswith("Fixed 0 findings.\n")


class TestFiles:
    @pytest.mark.parametrize(
        "encode",
        [
            lambda text: text.encode(),
            lambda text: b"\xef\xbb\xbf" + text.encode(),
            lambda text: text.replace("\n", "\r\n").encode(),
            lambda text: text.removesuffix("\n").encode(),
            lambda text: text.replace("planned", "plante, Größe 测试 😀").encode(),
        ],
    )
    def test_encoding_line_ends_and_mode_stay(self, tree: MakeTree, lint: Lint, encode: Any) -> None:
        root = tree({"load.py": encode(LOAD)})
        (root / "load.py").chmod(0o750)
        assert lint("--fix").returncode == 0
        assert (root / "load.py").read_bytes() == encode(LOADED)
        assert (root / "load.py").stat().st_mode & 0o777 == 0o750

    def test_only_the_given_paths_are_changed(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"a/load.py": LOAD, "b/load.py": LOAD})
        lint("--fix", "a")
        assert [(root / name / "load.py").read_text("utf-8") for name in "ab"] == [LOADED, LOAD]

    def test_links_are_not_followed(self, tree: MakeTree, lint: Lint, tmp_path: Path) -> None:
        root = tree({"good.py": "x = 1\n"})
        outside = tmp_path / "outside.py"
        outside.write_text(LOAD, "utf-8")
        (root / "load.py").symlink_to(outside)
        lint("--fix")
        assert outside.read_text("utf-8") == LOAD

    def test_excluded_folders_are_not_changed_even_when_they_are_named(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"node_modules/x/load.py": LOAD})
        subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
        done = lint("--fix", "node_modules/x/load.py")
        assert (root / "node_modules/x/load.py").read_text("utf-8") == LOAD
        assert "is not fixed, because it is in an excluded folder." in done.stderr

    def test_notebooks_are_not_changed(self, tree: MakeTree, lint: Lint) -> None:
        cell = {"cell_type": "code", "source": LOAD.splitlines(keepends=True), "outputs": [], "metadata": {}}
        text = json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}})
        root = tree({"plan.ipynb": text})
        done = lint("--fix")
        assert (root / "plan.ipynb").read_text("utf-8") == text
        assert "is not fixed, because notebooks are not changed." in done.stderr

    def test_comments_and_blanks_of_a_document_stay(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({".claude/settings.json": SETTINGS})
        lint("--fix")
        expected = SETTINGS.replace('    "defaultMode": "bypassPermissions",\n', "").replace(', "Bash(*)"', "")
        assert (root / ".claude/settings.json").read_text("utf-8") == expected


class TestSecrets:
    def test_a_secret_is_read_from_the_environment(self, tree: MakeTree, lint: Lint) -> None:
        text = f'"""The desk."""\n\nfrom anthropic import Anthropic\n\nclient = Anthropic(api_key="{key()}")\n'
        root = tree({"desk.py": text})
        lint("--fix", "--unsafe-fixes")
        assert (root / "desk.py").read_text("utf-8") == (
            '"""The desk."""\n\nimport os\n\nfrom anthropic import Anthropic\n\n'
            'client = Anthropic(api_key=os.environ["ANTHROPIC_API_KEY"])\n'
        )

    def test_two_secrets_have_two_variables(self, tree: MakeTree, lint: Lint) -> None:
        one, other = (fake(KNOWLEDGE.part(load_formats), "anthropic-api", number) for number in (1, 2))
        lines = [f'{name} = {{"api_key": "{value}"}}\n' for name, value in (("a", one), ("b", other), ("c", one))]
        root = tree({"desk.py": "import os\n\nimport anthropic\n\n" + "".join(lines)})
        lint("--fix", "--unsafe-fixes")
        names = [line.split("[")[1][1:-3] for line in (root / "desk.py").read_text("utf-8").splitlines()[4:]]
        assert names == ["ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_2", "ANTHROPIC_API_KEY"]

    def test_a_patch_shows_no_secret(self, tree: MakeTree, lint: Lint) -> None:
        tree({"desk.py": f'from anthropic import Anthropic\n\nclient = Anthropic(api_key="{key()}")\n'})
        done = lint("--diff", "--unsafe-fixes")
        assert key() not in done.stdout + done.stderr
        assert f'-client = Anthropic(api_key="{"*" * len(key())}")' in done.stdout


class TestReports:
    def test_json_and_sarif_hold_the_edits_that_fix_makes(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"query.py": QUERY.replace("SELECT id", "SELECT '😀', id")})
        before = SourceText("query.py", (root / "query.py").read_text("utf-8"))
        report = json.loads(lint("--output-format", "json").stdout)
        (fix,) = report["findings"][0]["fixes"]
        assert (fix["description"], fix["applicability"]) == ("Pass the values as parameters.", "unsafe")
        edits = [
            Edit(
                one["path"],
                before.offset(one["line"], one["column"]),
                before.offset(one["end_line"], one["end_column"]),
                one["text"],
            )
            for one in fix["edits"]
        ]
        (result,) = json.loads(lint("--output-format", "sarif").stdout)["runs"][0]["results"]
        (change,) = result["fixes"][0]["artifactChanges"]
        assert change["artifactLocation"] == {"uri": "query.py", "uriBaseId": "%SRCROOT%"}
        (replacement,) = change["replacements"]
        region = replacement["deletedRegion"]
        line = before.line(region["startLine"]).encode("utf-16-le")
        start, end = (2 * (region[name] - 1) for name in ("startColumn", "endColumn"))
        changed = (line[:start] + replacement["insertedContent"]["text"].encode("utf-16-le") + line[end:]).decode(
            "utf-16-le"
        )
        lint("--fix", "--unsafe-fixes")
        after = (root / "query.py").read_text("utf-8")
        assert apply(before.text, edits) == after
        assert changed in after.splitlines()

    def test_explain_and_rules_say_whether_a_rule_has_fixes(self, lint: Lint) -> None:
        assert "`--fix` mends what it can" in lint("explain", "model-output-to-deserializer").stdout
        assert "`--fix --unsafe-fixes` mends what it can" in lint("explain", "model-output-to-sql").stdout
        assert "--fix" not in lint("explain", "evaluation-cannot-fail").stdout
        rules = {
            one["id"]: one["fixable"] for one in json.loads(lint("rules", "--output-format", "json").stdout)["rules"]
        }
        assert [rules[name] for name in ("unused-suppression", "model-output-to-sql", "evaluation-cannot-fail")] == [
            "yes",
            "unsafe",
            "no",
        ]


class TestEdits:
    def test_the_smallest_edit(self) -> None:
        assert smallest("a", 10, "f(a, b)", "f(a, c=1, b)") == Edit("a", 15, 15, "c=1, ")
        assert smallest("a", 0, "aa", "a") == Edit("a", 1, 2, "")

    def test_places_move_with_the_text(self) -> None:
        moved = Moved([Edit("a", 2, 4, "xyz"), Edit("a", 6, 6, "+")])
        assert [moved(offset) for offset in (0, 2, 3, 4, 5, 6, 7)] == [0, 2, 2, 5, 6, 8, 9]

    def test_edits_that_touch(self) -> None:
        one = Edit("a", 2, 4, "")
        assert touch(one, Edit("a", 3, 5, ""))
        assert not touch(one, Edit("a", 4, 5, ""))
        assert touch(one, Edit("a", 4, 4, "x"))
        assert not touch(one, one)
        assert not touch(one, Edit("b", 2, 4, ""))


class TestCalls:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("f()", "f(x=True)"),
            ("f", "f(x=True)"),
            ("a.f", "a.f(x=True)"),
            ("f(1, y = 2)", "f(1, y = 2, x=True)"),
            ("f(1, x=False)", "f(1, x=True)"),
            ("f(**k)", "f(**k, x=True)"),
            ("f(\n    a\n)", "f(\n    a,\n    x=True\n)"),
            ("f(\n  1,\n  2,\n)", "f(\n  1,\n  2,\n  x=True,\n)"),
            ("f(1,\n  b=2,  # why\n)", "f(1,\n  b=2,  # why\n  x=True,\n)"),
            ("f(\n  1,\n  b=2  # why\n)", "f(\n  1,\n  b=2,  # why\n  x=True\n)"),
            ("f(1,\n  # c\n  b=2)", "f(1,\n  # c\n  b=2,\n  x=True)"),
        ],
    )
    def test_an_argument_more(self, before: str, after: str) -> None:
        assert calls.changed(before, lambda call: calls.set_argument(call, "x", "True")) == after

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("f(x=1)", "f()"),
            ("f(1, x=1)", "f(1)"),
            ("f(x=1, y=2)", "f(y=2)"),
            ("f(\n  1,\n  x=1,\n)", "f(\n  1,\n)"),
            ("f(\n  x=1,\n  y=2\n)", "f(\n  y=2\n)"),
        ],
    )
    def test_an_argument_less(self, before: str, after: str) -> None:
        assert calls.changed(before, lambda call: calls.without_argument(call, "x")) == after

    @pytest.mark.parametrize("text", ["f(x=a)", "f(x=[1])", "f(a for a in b)", "a + b", "f(("])
    def test_what_is_left_alone(self, text: str) -> None:
        with pytest.raises(Refusal):
            calls.changed(text, lambda call: calls.set_argument(call, "x", "True"))


class TestImports:
    @pytest.mark.parametrize(
        ("before", "name", "after"),
        [
            ("x = 1\n", "os.environ", "import os\n\nx = 1\n"),
            ('"""Doc."""\nx = 1\n', "os.environ", '"""Doc."""\n\nimport os\nx = 1\n'),
            ("#!/bin/python\n# Ours.\nx = 1\n", "os.environ", "#!/bin/python\n# Ours.\nimport os\n\nx = 1\n"),
            (
                "from __future__ import annotations\nimport json\nimport re\n",
                "os.environ",
                "from __future__ import annotations\nimport json\nimport os\nimport re\n",
            ),
            ("import yaml\nx = 1\n", "os.environ", "import os\n\nimport yaml\nx = 1\n"),
            ("import os as o\n", "os.environ", "import os as o\n"),
            ("import re\r\nx = 1\r\n", "os.environ", "import os\r\nimport re\r\nx = 1\r\n"),
            ("import jinja2\nx = 1\n", "jinja2.sandbox.S", "import jinja2\nfrom jinja2.sandbox import S\nx = 1\n"),
            ("html = 1\n", "html.escape", "from html import escape\n\nhtml = 1\n"),
        ],
    )
    def test_an_import_comes_once_and_where_it_belongs(self, before: str, name: str, after: str) -> None:
        _, edits = Module.of(SourceText("a.py", before)).name_of(name)
        assert apply(before, edits) == after

    def test_the_name_is_the_one_of_the_file(self) -> None:
        assert Module.of(SourceText("a.py", "import os as o\n")).name_of("os.environ")[0] == "o.environ"
        assert Module.of(SourceText("a.py", "from html import escape as e\n")).name_of("html.escape")[0] == "e"

    def test_a_name_that_means_something_else_is_not_taken(self) -> None:
        with pytest.raises(Refusal):
            Module.of(SourceText("a.py", "html = escape = 1\n")).name_of("html.escape")


class TestCommands:
    """A command line in another function than those of `subprocess`, of whose result something is taken."""

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ('os.system("ls " + folder)', 'subprocess.run(["ls", folder])'),
            ('x = os.system(f"ls {folder}")', 'x = subprocess.run(["ls", folder]).returncode'),
            ('x = os.system(command="ls -l " + folder)', 'x = subprocess.run(["ls", "-l", folder]).returncode'),
            ('os.system("ls " + folder + " | wc")', None),
            ("os.system(folder)", None),
            ("os.system(*folder)", None),
        ],
    )
    def test_the_result_is_taken_where_it_is_used(self, before: str, after: str | None) -> None:
        text = SourceText("a.py", f"import os\nimport subprocess\n{before}\n")
        call = next(node for node in ast.walk(ast.parse(text.text)) if isinstance(node, ast.Call))
        assert call.end_lineno is not None
        assert call.end_col_offset is not None
        span = Span(call.lineno, call.col_offset + 1, call.end_lineno, call.end_col_offset + 1)
        words = {"call": "subprocess.run", "then": ".returncode", "drop": "shell", "name": "command", "position": "0"}
        remedy = Remedy("split-command", Location("a.py", span), tuple(words.items()))
        if after is None:
            with pytest.raises(Refusal):
                python_edits(Module.of(text), remedy)
        else:
            (edit,) = python_edits(Module.of(text), remedy)
            assert apply(text.text, [edit]).splitlines()[2] == after
