"""`--add-ignores`: after it nothing is found, every file means what it meant, and a second run changes nothing."""

import ast
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from aisafety_lint.secrets.formats import fake, load_formats
from conftest import Lint, MakeTree
from shared import KNOWLEDGE
from test_suppressions import LINE, MCP, RULE, SERVER

ASKED = ("--add-ignores", "--reason", "Known since we began, see #12.")
SAID = f"aisafety: ignore[{RULE}] Known since we began, see #12."


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def after(lint: Lint, root: Path, *arguments: str) -> Mapping[str, bytes]:
    """What the files are after a run that suppresses all; checks that then nothing is found and nothing changes."""
    done = lint(*ASKED, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Suppressed: ")
    changed = contents(root)
    checked = lint("--output-format", "concise")
    assert checked.returncode == 0, checked.stdout
    again = lint(*ASKED, *arguments)
    assert (again.returncode, again.stdout) == (0, "Nothing to suppress.\n")
    assert contents(root) == changed
    return changed


class TestPython:
    def test_a_comment_above_the_statement(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"server.py": SERVER})
        assert after(lint, root)["server.py"].decode() == SERVER.replace(LINE, f"    # {SAID}\n{LINE}")

    @pytest.mark.parametrize(
        "text",
        [
            SERVER.replace("(command)", "(\n        command\n    )"),
            SERVER.replace(LINE, f"    if command: {LINE.strip()}\n    return 0\n"),
            SERVER.replace(LINE, f"    if not command:\n        return 1\n    else:\n    {LINE}"),
            SERVER.replace(LINE, '    text = f"""\n  {command}\n"""; return os.system(text)\n'),
            SERVER.replace(LINE, "    return os \\\n        .system(command)\n"),
            SERVER.replace(LINE, f"    # A comment.\n{LINE[:-1]} or eval(command)  # noqa: S307\n"),
            SERVER.replace("\n", "\r\n"),
            SERVER.rstrip("\n"),
        ],
    )
    def test_the_program_stays_the_same(self, tree: MakeTree, lint: Lint, text: str) -> None:
        root = tree({"server.py": text.encode()})
        changed = after(lint, root)["server.py"].decode()
        assert ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text))
        added = [line for line in changed.splitlines(keepends=True) if "aisafety:" in line]
        assert changed.replace("".join(added), "") == text
        assert all(line.endswith("\r\n") == ("\r\n" in text) for line in added)

    def test_in_a_notebook(self, tree: MakeTree, lint: Lint) -> None:
        source = SERVER.splitlines(keepends=True)
        book = {"cells": [{"cell_type": "code", "source": source, "outputs": [], "metadata": {}}], "nbformat": 4}
        root = tree({"a.ipynb": json.dumps(book, indent=1)})
        changed = json.loads(after(lint, root)["a.ipynb"])
        code = "".join(changed["cells"][0]["source"])
        assert code == SERVER.replace(LINE, f"    # {SAID}\n{LINE}")

    def test_until_a_day(self, tree: MakeTree, lint: Lint) -> None:
        tree({"server.py": SERVER})
        assert lint(*ASKED, "--until", "2999-01-31").returncode == 0
        assert [lint("--today", day).returncode for day in ("2999-01-31", "2999-02-01")] == [0, 1]


class TestOtherFiles:
    def test_in_each_syntax_the_file_means_what_it_meant(self, tree: MakeTree, lint: Lint) -> None:
        key = fake(KNOWLEDGE.part(load_formats), "generic-secret", 1)
        files = {
            "a.yaml": f"one:\n  - name: x\n    api_token: {key}\nrun: |\n  export API_TOKEN={key}\n  done\n",
            "b.toml": f'[desk]\napi_token = "{key}"\n',
            "c.jsonc": f'{{\n  "desk": {{\n    "api_token": "{key}"\n  }}\n}}\n',
            "d.json": f'{{\n  "desk": {{\n    "api_token": "{key}"\n  }}\n}}\n',
            ".env": f"A=1\nAPI_TOKEN={key}\n",
            "e.sh": f"echo one \\\n  two\nexport API_TOKEN={key}\n",
            "Dockerfile": f"FROM scratch\nRUN one && \\\n    API_TOKEN={key} two\nENV API_TOKEN={key}\n",
            "f.ts": f'const a = `one`;\nconst apiToken = "{key}";\n',
            "g.md": f"# Title\n\nUse it:\n\n```sh\nexport API_TOKEN={key}\n```\n",
        }
        root = tree(files)
        changed = after(lint, root)
        assert yaml.safe_load(changed["a.yaml"]) == yaml.safe_load(files["a.yaml"])
        assert tomllib.loads(changed["b.toml"].decode()) == tomllib.loads(files["b.toml"])
        assert changed["d.json"].decode() == files["d.json"]
        for name in ("a.yaml", "b.toml", "c.jsonc", ".env", "e.sh", "Dockerfile", "f.ts", "g.md"):
            lines = changed[name].decode().splitlines(keepends=True)
            assert "".join(line for line in lines if "aisafety:" not in line) == files[name], name
        (entry,) = tomllib.loads(changed["aisafety-lint.toml"].decode())["suppressions"]
        assert (entry["path"], entry["at"]) == ("/d.json", "$.desk.api_token")

    def test_what_can_hold_no_comment_goes_into_the_settings(self, tree: MakeTree, lint: Lint) -> None:
        settings = '[project]\nname = "desk"\n\n[tool.aisafety-lint]\nfail-on = "low"'
        root = tree({".git/HEAD": "", ".mcp.json": json.dumps(MCP, indent=2), "pyproject.toml": settings})
        changed = after(lint, root)
        assert changed[".mcp.json"].decode() == json.dumps(MCP, indent=2)
        assert changed["pyproject.toml"].decode().startswith(settings)
        entries = tomllib.loads(changed["pyproject.toml"].decode())["tool"]["aisafety-lint"]["suppressions"]
        assert entries[0] == {
            "path": "/.mcp.json",
            "at": "$.mcpServers.files.args",
            "rule": "mcp-filesystem-server-at-wide-root",
            "reason": "Known since we began, see #12.",
        }

    def test_without_settings_such_findings_are_left_and_told(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({".mcp.json": json.dumps(MCP), "server.py": SERVER})
        done = lint(*ASKED, "--isolated")
        assert done.returncode == 1
        first, *others = done.stdout.splitlines()
        assert first == "Suppressed: 1 finding by comments in 1 file."
        assert "Not suppressed: mcp-filesystem-server-at-wide-root at .mcp.json:1." in others
        assert sorted(contents(root)) == [".mcp.json", "server.py"]


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            (["--add-ignores"], "`--add-ignores` needs `--reason`"),
            (["--add-ignores", "--reason", " "], "`--add-ignores` needs `--reason`"),
            (["--add-ignores", "--reason", "until=2027-01-01 why"], "this reason cannot stand in a comment"),
            (["--add-ignores", "--reason", "why --> not"], "this reason cannot stand in a comment"),
            (["--reason", "why"], "`--reason` and `--until` are for `--add-ignores`"),
        ],
    )
    def test_what_is_wrong_is_an_error(self, tree: MakeTree, lint: Lint, arguments: list[str], error: str) -> None:
        root = tree({"server.py": SERVER})
        done = lint(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert error in done.stderr
        assert contents(root) == {"server.py": SERVER.encode()}

    def test_only_what_is_asked_for_is_suppressed(self, tree: MakeTree, lint: Lint) -> None:
        root = tree({"a.py": SERVER, "b.py": SERVER})
        assert lint(*ASKED, "a.py").returncode == 0
        assert contents(root)["b.py"].decode() == SERVER
        assert lint(*ASKED, "--select", "secrets", "b.py").stdout == "Nothing to suppress.\n"
