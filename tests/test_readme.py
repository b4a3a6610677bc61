"""The README says what is true: its first commands, its table, its links and its first screen."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from aisafety_lint.rule import FAMILIES
from checkout import ROOT, copy_checkout
from conftest import Lint
from readme_table import README, updated
from screens import blocks, shows

TEXT = README.read_text("utf-8")


def command(end: str) -> str:
    """The one command of the README that ends so."""
    (found,) = [line for block in blocks(TEXT, "console") for line in block.text.splitlines() if line.endswith(end)]
    return found


@pytest.mark.slow
def test_the_first_command_works_in_a_fresh_clone(tmp_path: Path) -> None:
    clone = copy_checkout(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=clone, check=True)
    done = subprocess.run(
        ["bash", "-c", command("showcase/support-agent")], cwd=clone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert re.search(
        r"^\d+ findings \(.*\)\s+in \d+ files, \d+ tools, \d+ agents?, \d+ MCP servers", done.stdout, re.MULTILINE
    )


def test_the_second_command_is_what_the_checks_run() -> None:
    assert "python -m pytest" in command("--dist worksteal")
    assert "'python -m pytest' README.md" in (ROOT / ".ci/run").read_text("utf-8")
    assert TEXT.count("python -m pytest") == 1


def test_the_table_lists_the_rules_of_the_catalogue() -> None:
    assert updated(TEXT) == TEXT, "run python tests/readme_table.py"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_every_link_into_the_repository_leads_somewhere(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    targets = re.findall(r"\]\(((?!https:)[^)#]+)", text)
    assert not [target for target in targets if not (ROOT / target).exists()]


def test_the_example_shows_a_finding_of_every_family(lint: Lint) -> None:
    done = lint("showcase/support-agent", "--output-format", "json", cwd=ROOT)
    assert {finding["family"] for finding in json.loads(done.stdout)["findings"]} == set(FAMILIES)


def test_the_mended_example_has_nothing_left_to_find(tmp_path: Path, lint: Lint) -> None:
    shutil.copytree(ROOT / "showcase/support-agent-fixed", tmp_path / "project")
    subprocess.run(["git", "init", "--quiet", tmp_path / "project"], check=True)
    done = lint("--persona", "pedantic", "--today", "2026-11-01")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_first_screen_is_a_real_one(lint: Lint) -> None:
    ((_, screen),) = [one for block in blocks(TEXT, "text") for one in block.screens()]
    printed = lint("showcase/support-agent", "--color", "never", cwd=ROOT).stdout
    assert shows(whole(screen), whole(printed))


def whole(text: str) -> str:
    """A screen without the counts that grow with this repository."""
    return re.sub(r"\d+ (file|tool|agent|MCP server|suite|call)s?", r"N \1s", text)
