"""`inspect --diff REF`: what changed in the powers of agents, through the program and with real git history."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from aisafety_lint.knowledge import builtin_root
from aisafety_lint.program.combination import closes
from conftest import Lint, MakeTree
from golden import same_as_golden
from test_diff import edit, git
from test_map import PROJECT, TOKEN

SEND = '''\
@function_tool
def send_all(address: str) -> str:
    """Send."""
    import requests

    return requests.post(address, data="x").text


def _remove('''
SERVERS = '{"mcpServers": {"files": {"command": "npx", "args": ["files-server", "--key", "%s"]}}}\n'


@pytest.fixture
def project(tree: MakeTree) -> Path:
    """A git repository with agents, tools and servers; of its git the fixture makes a real one."""
    root = tree({name: text for name, text in PROJECT.items() if not name.startswith(".git")})
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "begin")
    return root


def change_much(root: Path) -> None:
    edit(root / "desk.py", "@function_tool(needs_approval=True)", "@function_tool")
    edit(root / "desk.py", 'if input(f"Remove {folder}? ") == "yes":', "if folder:")
    edit(root / "desk.py", "def _remove(", SEND)
    edit(root / "desk.py", "tools=[tidy, look, more]", "tools=[tidy, look, send_all, more]")
    edit(root / "desk.py", "max_turns=4", "max_turns=40")
    (root / "server.py").unlink()
    (root / ".mcp.json").write_text(SERVERS % TOKEN)


def changes(lint: Lint, *arguments: str) -> list[tuple[str, str, str | None]]:
    """The kind, the subject and the item of each change."""
    done = lint("inspect", "--diff", "HEAD", "--output-format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return [(item["change"], item["name"], item["item"]) for item in json.loads(done.stdout)["changes"]]


@pytest.mark.parametrize("view", ["text", "json", "markdown", "mermaid"])
def test_the_whole_output_is_the_one_we_know(view: str, project: Path, lint: Lint) -> None:
    change_much(project)
    done = lint("inspect", "--diff", "HEAD", "--output-format", view)
    assert (done.returncode, done.stderr) == (0, "")
    assert TOKEN not in done.stdout
    commit = git(project, "rev-parse", "HEAD")
    shown = done.stdout.replace(commit, "COMMIT").replace(commit[:10], "COMMIT")
    assert same_as_golden(f"powers-{view}.txt", shown)


def test_the_json_follows_its_published_schema(project: Path, lint: Lint) -> None:
    change_much(project)
    document = json.loads(lint("inspect", "--diff", "HEAD", "--output-format", "json").stdout)
    folder = builtin_root() / "schema"
    schemas: dict[str, Any] = {
        name: json.loads((folder / name).read_text("utf-8"))
        for name in ("inspect-diff.schema.json", "report.schema.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(schema)) for name, schema in schemas.items()
    )
    jsonschema.Draft202012Validator(schemas["inspect-diff.schema.json"], registry=registry).validate(document)


class TestWhatIsNoChange:
    def test_nothing_at_all(self, project: Path, lint: Lint) -> None:
        assert changes(lint) == []
        assert lint("inspect", "--diff", "HEAD").stdout.startswith("No change in the powers of agents since `HEAD`")

    def test_moved_lines_and_files(self, project: Path, lint: Lint) -> None:
        git(project, "mv", "desk.py", "office.py")
        edit(project / "office.py", "import os\n", "# More.\n\nimport os\n")
        assert changes(lint) == []


class TestWhatIsMore:
    def test_a_gate_that_is_gone(self, project: Path, lint: Lint) -> None:
        edit(project / "desk.py", "@function_tool(needs_approval=True)", "@function_tool")
        assert changes(lint) == [
            ("gate-removed", "billing", "refund"),
            ("gate-removed", "refund", None),
            ("gate-removed", "refund", "money"),
        ]

    def test_a_limit_that_is_raised(self, project: Path, lint: Lint) -> None:
        edit(project / "desk.py", "max_turns=4", "max_turns=5")
        assert changes(lint) == [("limit-raised", "billing", "max_turns")]

    def test_a_limit_that_is_gone(self, project: Path, lint: Lint) -> None:
        edit(project / "desk.py", ", max_turns=4", "")
        assert changes(lint) == [("limit-removed", "billing", "max_turns")]

    def test_a_new_server(self, project: Path, lint: Lint) -> None:
        (project / ".mcp.json").write_text(SERVERS % "x")
        assert changes(lint) == [("new-server", "files", None)]

    def test_a_server_that_starts_something_else(self, project: Path, lint: Lint) -> None:
        (project / ".mcp.json").write_text(SERVERS % "x")
        git(project, "add", ".")
        git(project, "commit", "--quiet", "-m", "server")
        (project / ".mcp.json").write_text((SERVERS % "x").replace("files-server", "other-server"))
        assert changes(lint) == [("server-changed", "files", None)]

    def test_a_new_agent_with_what_it_can_do(self, project: Path, lint: Lint) -> None:
        edit(project / "desk.py", "def build(more)", 'night = Agent(name="night", tools=[refund])\n\n\ndef build(more)')
        assert changes(lint) == [
            ("new-agent", "night", None),
            ("capability-gained", "night", "money"),
            ("holds", "night", "refund"),
        ]

    def test_three_powers_that_should_not_meet(self) -> None:
        assert closes({"fs-read", "net-read", "message", "model"})
        assert not closes({"fs-read", "db-read", "message"})


def test_only_what_lies_in_the_given_paths(project: Path, lint: Lint) -> None:
    change_much(project)
    assert {name for _, name, _ in changes(lint, "server.py" if (project / "server.py").exists() else ".mcp.json")} == {
        "files"
    }


def test_hostile_names_are_only_names(project: Path, lint: Lint) -> None:
    change_much(project)
    shown = lint("inspect", "--diff", "HEAD", "--output-format", "markdown").stdout
    table = [line for line in shown.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 5 for line in table)
    assert "<b>" not in shown
    assert 'click a0 "' not in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--diff", "nothing"], "there is no revision `nothing`"),
        (["--diff", "HEAD", "--unresolved"], "exclude each other"),
        (["--output-format", "markdown"], "there is no `markdown` of the map"),
    ],
)
def test_what_cannot_be_done(project: Path, lint: Lint, arguments: list[str], message: str) -> None:
    done = lint("inspect", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
