"""`--watch`, as the program on a terminal and in a pipe, with real edits."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from aisafety_lint.commands import check
from aisafety_lint.errors import UserError
from conftest import MakeTree

pty = pytest.importorskip("pty")

AGENT = """\
import subprocess

from agents import function_tool


@function_tool
def look(name: str) -> str:
    return subprocess.run({}, capture_output=True, text=True).stdout
"""
UNSAFE = AGENT.format('f"ls {name}", shell=True')
SAFE = AGENT.format('["ls", "--", name]')
RULE = "model-output-to-shell"


@dataclass
class Watched:
    """The running program: what it wrote so far, of standard output and standard error."""

    process: "subprocess.Popen[bytes]"
    seen: int
    text: str = ""

    def until(self, words: str) -> str:
        """What came up to some words; they are read for good."""
        deadline = time.monotonic() + 60
        while words not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self.seen], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self.seen, 65_536).decode()
                except OSError:  # the terminal is closed
                    raise AssertionError(self.text) from None
        before, _, self.text = self.text.partition(words)
        return before

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


Watch = Callable[..., tuple[Path, Watched]]


@pytest.fixture
def watch(tree: MakeTree, environment: Mapping[str, str]) -> Iterator[Watch]:
    """Start the program on a project."""
    started: list[Watched] = []

    def start(files: Mapping[str, str], *arguments: str, terminal: bool = False) -> tuple[Path, Watched]:
        root = tree(files)
        seen, end = pty.openpty() if terminal else os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "aisafety_lint", "--watch", "--output-format", "concise", *arguments],
            cwd=root,
            env={**environment, "TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=end,
        )
        os.close(end)
        started.append(Watched(process, seen))
        return root, started[0]

    yield start
    for watched in started:
        watched.process.kill()
        watched.process.wait()
        os.close(watched.seen)


def test_an_edit_is_reported_with_what_is_new_and_what_is_gone(watch: Watch) -> None:
    root, watched = watch({"agent.py": UNSAFE})
    assert RULE in watched.until("Watching 1 file; Ctrl-C ends.")
    (root / "agent.py").write_text(f"# A line moves all others, and nothing is new.\n{UNSAFE}")
    assert "Nothing is new, and nothing is gone." in watched.until("Ctrl-C ends.")
    (root / "agent.py").write_text(SAFE)
    told = watched.until("Ctrl-C ends.")
    assert "-" * 60 in told
    assert re.search(rf"^ gone  critical\[{RULE}\] agent\.py:9 ", told, re.MULTILINE), told
    (root / "other.py").write_text(UNSAFE)
    told = watched.until("Watching 2 files; Ctrl-C ends.")
    assert re.search(rf"^  new  critical\[{RULE}\] other\.py:8 ", told, re.MULTILINE), told
    assert watched.interrupt() == 130
    assert os.read(watched.seen, 1000) == b"", "it ends without a word"


def test_settings_that_are_wrong_for_a_while_end_nothing(watch: Watch) -> None:
    root, watched = watch({"agent.py": UNSAFE}, terminal=True)
    assert "\x1b[2J" in watched.until("Ctrl-C ends."), "a terminal is cleared"
    (root / "aisafety-lint.toml").write_text("ignore = [")
    watched.until("error: aisafety-lint.toml: not valid TOML")
    (root / "aisafety-lint.toml").write_text(f'ignore = ["{RULE}"]')
    told = watched.until("Ctrl-C ends.")
    assert f"gone  \x1b[1;31mcritical[{RULE}]" in told
    assert watched.interrupt() == 130


@pytest.mark.parametrize("option", ["--fix", "--statistics", "--diff", "--output-format=json", "-"])
def test_options_that_do_not_go_with_it_are_refused(option: str) -> None:
    with pytest.raises(UserError, match="`--watch`"):
        check.run(check.parser().parse(["--watch", option]))
