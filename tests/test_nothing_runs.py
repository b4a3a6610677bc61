"""Nothing of a scanned repository runs, and nothing leaves the machine: canaries wherever a program could be led to."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from aisafety_lint.report import FORMATS
from conftest import Lint, MakeTree
from samples import BAD

SHADOWS = (
    *(
        "yaml",
        "msgspec",
        "jsonschema",
        "pathspec",
        "rich",
        "libcst",
        "tree_sitter",
        "tree_sitter_json",
    ),
    *("ast", "json", "re", "os", "typing", "dataclasses", "sitecustomize", "usercustomize", "jsonpath"),
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that is there once anything has run."""
    return tmp_path / "sprung"


def code(canary: Path) -> str:
    """Python that leaves the canary's file behind, wherever it is imported."""
    return f"open({str(canary)!r}, 'w').close()\n"


def modules(canary: Path) -> Mapping[str, str]:
    """Modules and packages that are named like those of the program, of what it needs, and of Python itself."""
    sprung = code(canary)
    packages = {f"{name}/__init__.py": sprung for name in SHADOWS}
    return {**{f"{name}.py": sprung for name in SHADOWS}, **packages}


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


class TestModules:
    def test_none_of_the_scanned_folder_is_imported(self, tree: MakeTree, lint: Lint, canary: Path) -> None:
        root = tree({"agent.py": BAD, "conftest.py": code(canary), "setup.py": code(canary), **modules(canary)})
        outputs = [f"--output={form}={canary.parent / form}" for form in FORMATS]
        done = lint(root, "--no-cache", "--jobs", "2", *outputs, cwd=canary.parent)
        assert done.returncode == 1, done.stderr
        assert not canary.exists()

    def test_none_shadows_ours_where_the_program_is_started_in_the_folder(
        self, tree: MakeTree, lint: Lint, canary: Path
    ) -> None:
        root = tree({"agent.py": BAD, **modules(canary)})
        done = lint(".", "--no-cache", "--jobs", "2", cwd=root)
        assert done.returncode == 1, done.stderr
        assert not canary.exists()

    def test_a_package_of_our_name_does_not_shadow_the_program(self, tree: MakeTree, canary: Path) -> None:
        """But for `python -m` without `-P`, where Python takes the one in the working directory."""
        ours = {"aisafety_lint/__init__.py": code(canary), "aisafety_lint/__main__.py": code(canary)}
        root = tree({"agent.py": BAD, **ours})
        for command in (
            [Path(sys.executable).with_name("aisafety-lint")],
            [sys.executable, "-P", "-m", "aisafety_lint"],
        ):
            words = [*command, ".", "--no-cache"]
            done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
            assert done.returncode == 1, done.stderr
        assert not canary.exists()


class TestGit:
    @pytest.fixture
    def root(self, tree: MakeTree, canary: Path) -> Path:
        """A repository with two commits whose configuration would run a program at every turn."""
        root = tree({"agent.py": "x = 1\n", ".gitattributes": "*.py filter=trap diff=trap merge=trap\n"})
        git(root, "init", "--quiet")
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message", "one")
        tree({"agent.py": BAD})
        git(root, "commit", "--quiet", "--all", "--message", "two")
        trap = root / ".git" / "trap"
        trap.write_text(f"#!/bin/sh\ntouch '{canary}'\n")
        trap.chmod(0o755)
        hooks = root / ".git" / "hooks"
        for name in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
            (hooks / name).unlink(missing_ok=True)
            (hooks / name).symlink_to(trap)
        with (root / ".git" / "config").open("a") as stream:
            stream.write(
                f"[core]\n fsmonitor = {trap}\n pager = {trap}\n editor = {trap}\n sshCommand = {trap}\n"
                f" gitProxy = {trap}\n alternateRefsCommand = {trap}\n askPass = {trap}\n"
                f'[filter "trap"]\n clean = {trap}\n smudge = {trap}\n process = {trap}\n required = true\n'
                f'[diff]\n external = {trap}\n[diff "trap"]\n command = {trap}\n textconv = {trap}\n'
                f"[alias]\n cat-file = !{trap}\n ls-tree = !{trap}\n rev-parse = !{trap}\n diff = !{trap}\n"
                f"[credential]\n helper = !{trap}\n[gpg]\n program = {trap}\n"
                f'[remote "origin"]\n url = ext::{trap}\n promisor = true\n uploadpack = {trap}\n'
            )
        return root

    @pytest.mark.parametrize(
        "words",
        [
            ("--diff", "HEAD~1"),
            ("--diff", "HEAD~1..."),
            ("--changed-first", "HEAD~1"),
            ("inspect", "--diff", "HEAD~1"),
            ("--show-files",),
            (),
        ],
    )
    def test_no_hook_filter_monitor_or_alias_runs(
        self, root: Path, lint: Lint, canary: Path, words: tuple[str, ...]
    ) -> None:
        environment = {"GIT_EXTERNAL_DIFF": str(root / ".git/trap"), "GIT_SSH_COMMAND": str(root / ".git/trap")}
        done = lint(*words, "--no-cache" if words[:1] != ("inspect",) else "--", cwd=root, env=environment)
        assert done.returncode in (0, 1), done.stderr
        assert not canary.exists()


NO_SOCKETS = """\
import socket, sys
def refused(*_, **__):
    raise SystemExit("a socket was asked for")
for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
    setattr(socket, name, refused)
from aisafety_lint.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("words", [("check",), ("inspect",), ("report", "--standard", "owasp-asi-2026"), ("rules",)])
def test_no_command_but_those_that_say_so_opens_a_socket(tree: MakeTree, words: tuple[str, ...]) -> None:
    root = tree({"agent.py": BAD, ".mcp.json": '{"mcpServers": {"x": {"url": "https://mcp.example.com/x"}}}'})
    done = subprocess.run(
        [sys.executable, "-c", NO_SOCKETS, *words], cwd=root, capture_output=True, text=True, check=False
    )
    assert "a socket was asked for" not in done.stderr
    assert done.returncode in (0, 1), done.stderr


def test_a_socket_in_the_folder_is_no_file(tree: MakeTree, lint: Lint) -> None:
    root = tree({"agent.py": BAD})
    here = Path.cwd()
    os.chdir(root)  # the name of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("s.py")
            done = lint(root, "--no-cache")
    finally:
        os.chdir(here)
    assert done.returncode == 1, done.stderr


def test_every_answer_of_the_threat_model_has_a_test() -> None:
    tests = Path(__file__).parent
    named = re.findall(r"`tests/(\w+\.py)::(\w+)`", (tests.parent / "SECURITY.md").read_text("utf-8"))
    assert len(named) > 12
    absent = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^\s*(?:def|class) {name}\b", (tests / file).read_text("utf-8"), re.MULTILINE)
    ]
    assert absent == []
