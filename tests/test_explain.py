"""`explain PATH:LINE`: a finding told as a whole, from the source to what would be enough, without a run before."""

from pathlib import Path

import pytest

from conftest import Lint, MakeTree

WEAK = '''\
import os

from agents import function_tool


@function_tool
def show(path: str) -> str:
    """Show."""
    if not path.startswith("/data"):
        raise ValueError(path)
    command = "cat " + path.replace(";", "")
    return run(command)


def run(command: str) -> str:
    return os.popen(command).read()
'''
STORY = """\
critical[model-output-to-shell]: Tool argument `path` of `show` reaches `os.popen`, which runs it in a shell.
  --> agent/show.py:16:12 (high confidence)

How it is reached
  1. agent/show.py:7:10: tool argument
    7 | def show(path: str) -> str:
      |          ^^^^^^^^^
  2. agent/show.py:11:15: kept in `command`
    11 |     command = "cat " + path.replace(";", "")
       |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  3. agent/show.py:12:12: passed to `run` as `command`
    12 |     return run(command)
       |            ^^^^^^^^^^^^
  4. agent/show.py:16:12: `os.popen`
    16 |     return os.popen(command).read()
       |            ^^^^^^^^^^^^^^^^^

What does not count on the way
  The value is checked only by `startswith` and changed only by `replace`, which does not make it
  safe for a shell.
  - agent/show.py:11:24: changed only by `replace`: what is not replaced stays
    11 |     command = "cat " + path.replace(";", "")
       |                        ^^^^^^^^^^^^^^^^^^^^^
  - agent/show.py:9:12: checked only by `startswith`: what comes after the beginning is free
    9 |     if not path.startswith("/data"):
      |            ^^^^^^^^^^^^^^^^^^^^^^^^

What would be enough
  Pass a list of arguments without a shell, with a fixed program and values that are checked
  first.
  For example:
"""
PAY = '''\
import stripe
from agents import function_tool


@function_tool
def refund(charge: str) -> None:
    """Refund."""
    stripe.Refund.create(charge=charge)
'''


@pytest.fixture
def project(tree: MakeTree) -> Path:
    return tree({".git/HEAD": "", "agent/show.py": WEAK, "pay.py": PAY})


class TestAFinding:
    def test_it_is_told_as_a_whole(self, project: Path, lint: Lint) -> None:
        done = lint("explain", "agent/show.py:16")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(STORY)
        assert 'subprocess.run(["ping"' in done.stdout
        assert "# aisafety: ignore[model-output-to-shell] REASON" in done.stdout
        assert "expect:" not in done.stdout

    @pytest.mark.parametrize("place", ["show.py:16", "show.py:16:12", "../agent/show.py:16"])
    def test_the_path_is_that_of_the_working_directory(self, project: Path, lint: Lint, place: str) -> None:
        assert lint("explain", place, cwd=project / "agent").stdout.startswith(STORY)

    def test_a_line_on_the_way_is_enough(self, project: Path, lint: Lint) -> None:
        assert lint("explain", "agent/show.py:11").stdout.startswith(STORY)

    def test_a_finding_without_a_check_says_what_is_missing(self, project: Path, lint: Lint) -> None:
        shown = lint("explain", "pay.py:6").stdout
        assert "No approval gate dominates the call of `stripe.Refund.create` on the way from this tool." in shown
        assert "What else belongs to it" not in shown or "can move money" in shown

    def test_a_fix_is_shown_as_the_change_that_it_is(self, project: Path, lint: Lint) -> None:
        shown = lint("explain", "pay.py:6").stdout
        assert "    pay.py\n    -@function_tool\n    +@function_tool(needs_approval=True)\n" in shown

    def test_a_suppressed_one_says_so(self, project: Path, lint: Lint) -> None:
        path = project / "agent/show.py"
        path.write_text(WEAK.replace(".read()", ".read()  # aisafety: ignore[model-output-to-shell] Operators only."))
        assert "suppressed in agent/show.py: Operators only." in lint("explain", "agent/show.py:16").stdout

    def test_after_a_run_it_comes_from_the_cache_and_is_the_same(self, project: Path, lint: Lint) -> None:
        before = lint("explain", "agent/show.py:16", "--no-cache").stdout
        lint()
        assert lint("explain", "agent/show.py:16").stdout == before


class TestWhereThereIsNone:
    def test_the_nearest_are_named(self, project: Path, lint: Lint) -> None:
        done = lint("explain", "agent/show.py:2")
        assert done.returncode == 2
        assert "there is no finding at `agent/show.py:2`" in done.stderr
        assert "the nearest: `agent/show.py:16` model-output-to-shell" in done.stderr

    def test_those_of_other_files_where_the_file_has_none(self, project: Path, lint: Lint) -> None:
        (project / "clean.py").write_text("print()\n")
        assert "the nearest: `agent/show.py:16` model-output-to-shell, `pay.py:" in lint("explain", "clean.py:1").stderr

    @pytest.mark.parametrize(
        ("what", "message"),
        [
            ("nothing.py:1", "`nothing.py` does not exist"),
            ("agent:1", "`agent` is not a file of this project"),
            ("agent/show.py:0", "no rule `agent/show.py:0`"),
        ],
    )
    def test_what_is_no_place(self, project: Path, lint: Lint, what: str, message: str) -> None:
        done = lint("explain", what)
        assert done.returncode == 2
        assert message in done.stderr
