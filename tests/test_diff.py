"""`--diff REF`, through the program and with real git history: what is new is shown, what was there is not."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aisafety_lint.changes import changed_lines
from aisafety_lint.knowledge import builtin_root
from aisafety_lint.revision import lay_out, repository
from conftest import Lint, MakeTree

TOOLS = '''\
import os

from mcp.server.fastmcp import FastMCP

from agent.shell import start

mcp = FastMCP("admin")


@mcp.tool()
def run(command: str) -> int:
    """Run a command."""
    return start(command)
'''
SHELL = """\
import os


def start(command: str) -> int:
    line = "sudo " + command
    return os.system(line)
"""
SECOND = '''

@mcp.tool()
def stop(name: str) -> int:
    """Stop a service."""
    return os.system("service stop " + name)
'''


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, "-c", "protocol.file.allow=always", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tree: MakeTree) -> Path:
    """A git repository with one finding: its flow goes from one file to another."""
    root = tree({"agent/__init__.py": "", "agent/tools.py": TOOLS, "agent/shell.py": SHELL})
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "begin")
    return root


def found(lint: Lint, *arguments: str, cwd: Path | None = None) -> list[tuple[str, str, int]]:
    """What is shown: how it stands to the revision, and where it is."""
    done = lint("--output-format", "json", "--select", "model-output-to-shell", *arguments, cwd=cwd)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    return [(item["change"], item["location"]["path"], item["location"]["line"]) for item in report["findings"]]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class TestWhatIsNew:
    def test_nothing_is_new_where_nothing_has_changed(self, project: Path, lint: Lint) -> None:
        done = lint("--diff", "HEAD", "--select", "model-output-to-shell")
        assert done.returncode == 0
        assert done.stdout.startswith("No findings (hidden: 1 not new)")

    def test_a_finding_in_a_new_tool_is_new(self, project: Path, lint: Lint) -> None:
        (project / "agent/tools.py").write_text(TOOLS + SECOND)
        assert found(lint, "--diff", "HEAD") == [("new", "agent/tools.py", 19)]

    def test_a_changed_line_far_from_the_sink_can_make_a_finding(self, project: Path, lint: Lint) -> None:
        edit(project / "agent/tools.py", "start(command)", "start('ls')")
        git(project, "commit", "--quiet", "-a", "-m", "fixed")
        edit(project / "agent/tools.py", "start('ls')", "start(command)")
        assert found(lint, "--diff", "HEAD") == [("new", "agent/shell.py", 6)]

    def test_a_flow_that_merely_touches_a_changed_line_is_shown(self, project: Path, lint: Lint) -> None:
        edit(project / "agent/shell.py", '"sudo " + command', '"sudo -n " + command')
        assert found(lint, "--diff", "HEAD") == [("touched", "agent/shell.py", 6)]

    def test_only_the_given_paths_are_reported_on(self, project: Path, lint: Lint) -> None:
        (project / "agent/tools.py").write_text(TOOLS + SECOND)
        assert found(lint, "agent/shell.py", "--diff", "HEAD") == []
        assert found(lint, "agent/tools.py", "--diff", "HEAD") == [("new", "agent/tools.py", 19)]

    def test_files_that_are_not_committed_count(self, project: Path, lint: Lint) -> None:
        (project / "other.py").write_text(TOOLS.replace("start(command)", "os.system(command)"))
        assert found(lint, "--diff", "HEAD") == [("new", "other.py", 13)]

    def test_a_suppression_that_was_taken_away_makes_a_finding_new(self, project: Path, lint: Lint) -> None:
        edit(project / "agent/shell.py", "(line)", "(line)  # aisafety: ignore[model-output-to-shell] Operators only.")
        git(project, "commit", "--quiet", "-a", "-m", "accepted")
        (project / "agent/shell.py").write_text(SHELL)
        assert found(lint, "--diff", "HEAD") == [("new", "agent/shell.py", 6)]


class TestWhatIsNot:
    def test_moved_lines(self, project: Path, lint: Lint) -> None:
        (project / "agent/shell.py").write_text("# A comment.\nimport sys\n" + SHELL + "\n\nprint(sys.path)\n")
        assert found(lint, "--diff", "HEAD") == []

    def test_a_reformatted_flow(self, project: Path, lint: Lint) -> None:
        edit(project / "agent/shell.py", "os.system(line)", "os.system(\n        line,\n    )")
        edit(project / "agent/shell.py", '"sudo "', "'sudo '")
        assert found(lint, "--diff", "HEAD") == []

    def test_renamed_files(self, project: Path, lint: Lint) -> None:
        git(project, "mv", "agent/shell.py", "agent/starting.py")
        edit(project / "agent/tools.py", "agent.shell", "agent.starting")
        assert found(lint, "--diff", "HEAD") == []

    def test_another_checkout(self, project: Path, lint: Lint, tmp_path: Path) -> None:
        git(project, "clone", "--quiet", str(project), str(tmp_path / "clone"))
        assert found(lint, "--diff", "HEAD", cwd=tmp_path / "clone") == []

    def test_a_linked_work_tree(self, project: Path, lint: Lint, tmp_path: Path) -> None:
        git(project, "worktree", "add", "--quiet", str(tmp_path / "linked"))
        assert found(lint, "--diff", "main", cwd=tmp_path / "linked") == []


class TestRevisions:
    def test_where_two_branches_part(self, project: Path, lint: Lint) -> None:
        git(project, "switch", "--quiet", "-c", "work")
        git(project, "switch", "--quiet", "main")
        edit(project / "agent/tools.py", "start(command)", "start('ls')")
        git(project, "commit", "--quiet", "-a", "-m", "fixed on main")
        git(project, "switch", "--quiet", "work")
        assert found(lint, "--diff", "main") == [("new", "agent/shell.py", 6)]
        assert found(lint, "--diff", "main...") == []

    def test_the_second_time_it_is_remembered(self, project: Path, lint: Lint) -> None:
        (project / "agent/tools.py").write_text(TOOLS + SECOND)
        assert len({str(found(lint, "--diff", "HEAD")) for _ in range(2)} | {str(found(lint, "--diff", "HEAD"))}) == 1

    @pytest.mark.parametrize(
        ("arguments", "message", "hint"),
        [
            (["--diff", "mian"], "there is no revision `mian` in this repository", "`git branch --all`"),
            (["--diff", "agent"], "there is no revision `agent` in this repository", "it shows fixes"),
            (["--diff=--upload-pack=x"], "`--upload-pack=x` is no revision", "a branch, a tag or a commit"),
            (["--diff", "HEAD:agent"], "there is no revision `HEAD:agent`", "git tag"),
            (["--diff", "HEAD", "--changed-first", "HEAD"], "exclude each other", ""),
        ],
    )
    def test_what_is_no_revision(
        self, project: Path, lint: Lint, arguments: list[str], message: str, hint: str
    ) -> None:
        done = lint(*arguments)
        assert done.returncode == 2
        assert message in done.stderr
        assert hint in done.stderr

    def test_a_word_that_could_be_both_is_refused(self, project: Path, lint: Lint) -> None:
        git(project, "branch", "agent")
        done = lint("--diff", "agent")
        assert done.returncode == 2
        assert "`agent` is a revision, and a path, too" in done.stderr
        assert "`--diff=heads/agent` is the branch" in done.stderr
        assert found(lint, "--diff=heads/agent") == []

    def test_a_shallow_clone_says_what_to_do(self, project: Path, lint: Lint, tmp_path: Path) -> None:
        first = git(project, "rev-parse", "HEAD")
        git(project, "commit", "--quiet", "--allow-empty", "-m", "more")
        git(project, "clone", "--quiet", "--depth", "1", project.as_uri(), str(tmp_path / "shallow"))
        done = lint("--diff", first, cwd=tmp_path / "shallow")
        assert done.returncode == 2
        assert "fetch-depth: 0" in done.stderr

    def test_no_repository(self, tree: MakeTree, lint: Lint) -> None:
        tree({"a.py": ""})
        done = lint("--diff", "HEAD")
        assert done.returncode == 2
        assert "is not in a git repository" in done.stderr


class TestInReports:
    def test_all_are_shown_and_told_apart(self, project: Path, lint: Lint) -> None:
        (project / "agent/tools.py").write_text(TOOLS + SECOND)
        shown = found(lint, "--changed-first", "HEAD")
        assert shown == [("known", "agent/shell.py", 6), ("new", "agent/tools.py", 19)]
        done = lint("--changed-first", "HEAD", "--output-format", "github", "--select", "model-output-to-shell")
        assert [line.partition(",")[0] for line in done.stdout.splitlines()[:2]] == [
            "::error file=agent/tools.py",
            "::error file=agent/shell.py",
        ]

    def test_json_follows_its_schema_and_sarif_has_the_state(self, project: Path, lint: Lint) -> None:
        (project / "agent/tools.py").write_text(TOOLS + SECOND)
        report = json.loads(lint("--diff", "HEAD", "--output-format", "json").stdout)
        schema: Any = json.loads((builtin_root() / "schema/report.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(report)
        assert report["base"] == {"revision": "HEAD", "commit": git(project, "rev-parse", "HEAD")}
        sarif = json.loads(lint("--changed-first", "HEAD", "--output-format", "sarif").stdout)
        assert {item["baselineState"] for item in sarif["runs"][0]["results"]} == {"new", "unchanged"}


@pytest.mark.skipif(os.name == "nt", reason="the program that must not run is a shell script")
class TestHostileRepositories:
    def test_no_program_that_the_repository_names_is_run(self, project: Path, lint: Lint, tmp_path: Path) -> None:
        trap = tmp_path / "trap.sh"
        trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
        trap.chmod(0o755)
        for setting in (
            "core.fsmonitor",
            "core.sshCommand",
            "core.pager",
            "core.editor",
            "diff.external",
            "filter.x.smudge",
            "filter.x.process",
            "diff.x.textconv",
            "alias.ls-tree",
            "alias.cat-file",
            "credential.helper",
        ):
            git(project, "config", setting, f"!{trap}" if setting.startswith("alias") else str(trap))
        git(project, "config", "core.hooksPath", str(tmp_path))
        for hook in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
            shutil.copy(trap, tmp_path / hook)
        (project / ".git/info/attributes").write_text("* filter=x diff=x\n")
        (project / "agent/tools.py").write_text(TOOLS + SECOND)
        assert found(lint, "--diff", "HEAD") == [("new", "agent/tools.py", 19)]
        assert not (tmp_path / "sprung").exists()

    def test_the_work_tree_and_the_index_stay_as_they_are(self, project: Path, lint: Lint) -> None:
        (project / "agent/tools.py").write_text(TOOLS + SECOND)
        before = {path: path.stat().st_mtime_ns for path in project.rglob("*") if path.is_file()}
        found(lint, "--diff", "HEAD")
        assert {path: path.stat().st_mtime_ns for path in project.rglob("*") if path.is_file()} == before

    def test_variables_that_lead_git_elsewhere_have_no_effect(self, project: Path, lint: Lint, tmp_path: Path) -> None:
        git(tmp_path, "init", "--quiet", "other")
        done = lint("--diff", "HEAD", env={"GIT_DIR": str(tmp_path / "other/.git"), "GIT_INDEX_FILE": "/dev/null"})
        assert done.returncode in (0, 1), done.stderr

    def test_links_and_names_do_not_lead_out_of_the_folder(self, project: Path, tmp_path: Path) -> None:
        blob = git(project, "rev-parse", "HEAD:agent/shell.py")
        target = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],
            cwd=project,
            input=str(tmp_path).encode(),
            capture_output=True,
            check=True,
        )
        link = bytes.fromhex(target.stdout.decode().strip())
        inner = tree_of(project, [(b"100644", b"a.py", bytes.fromhex(blob))])
        entries = [
            (b"100644", b"..", bytes.fromhex(blob)),
            (b"40000", b".GIT", inner),
            (b"120000", b"x", link),
            (b"40000", b"x", inner),
        ]
        top = tree_of(project, entries)
        commit = git(project, "commit-tree", "-m", "hostile", top.hex())
        folder = tmp_path / "laid" / "out"
        folder.mkdir(parents=True)
        lay_out(repository(project), commit, folder, 1_000_000)
        assert not (tmp_path / "a.py").exists()
        assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [".git", "x", "x/a.py"]


def tree_of(root: Path, entries: list[tuple[bytes, bytes, bytes]]) -> bytes:
    """Write a tree that git itself would not make."""
    data = b"".join(mode + b" " + name + b"\0" + sha for mode, name, sha in entries)
    command = ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"]
    done = subprocess.run(command, cwd=root, input=data, capture_output=True, check=True)
    return bytes.fromhex(done.stdout.decode().strip())


class TestChangedLines:
    @pytest.mark.parametrize(
        ("before", "after", "lines"),
        [
            ("a\nb\nc\n", "a\nb\nc\n", set()),
            ("a\nb\nc\n", "a\nx\nc\n", {2}),
            ("a\nc\n", "a\nb\nc\n", {2}),
            ("a\nb\nc\n", "a\nc\n", set()),
            ("f(a, b)\n", "f(\n    a,\n    b,\n)\n", set()),
            ("f('a')\n", 'f("a")\n', set()),
            ("a\r\nb\r\n", "a\nb\n", set()),
            ("", "a\n", {1}),
        ],
    )
    def test_layout_is_no_change(self, before: str, after: str, lines: set[int]) -> None:
        assert changed_lines(before, after) == lines
