"""The written pages of the documentation say what is true: their screens, their commands, their snippets.

`UPDATE_SCREENS=1 pytest tests/test_docs.py` writes into the pages what their commands print now.
"""

import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from aisafety_lint import cli
from checkout import ROOT
from conftest import Lint, MakeTree
from screens import Block, Story, blocks, rewritten, shows

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
WITH_SCREENS = [page for page in PAGES if "\n$ " in page.read_text("utf-8")]
_INLINE = re.compile(r"`aisafety-lint ([^`]+)`")
# In a block: at the beginning of a line, of an item or of what a quote holds, or behind another command.
_IN_BLOCK = re.compile(
    r"(?:^|- |run: |script: |sh '|&& |\$\(|bin/)(?:aisafety-lint|python -m aisafety_lint) ([^|;&#\n')]*)", re.MULTILINE
)


@pytest.mark.parametrize("page", WITH_SCREENS, ids=lambda page: page.stem)
def test_each_screen_is_what_the_program_prints(page: Path, tmp_path: Path, environment: Mapping[str, str]) -> None:
    story = Story(page.read_text("utf-8"), tmp_path, environment)
    if os.environ.get("UPDATE_SCREENS"):
        page.write_text(rewritten(story), "utf-8")
        return
    for _, ran in story.told():
        for command, shown, printed in ran:
            if not shows(shown, printed):
                assert (command, shown) == (command, printed)


def test_a_screen_that_is_not_what_the_program_prints_is_seen(tmp_path: Path, environment: Mapping[str, str]) -> None:
    page = '```console title="none"\n$ aisafety-lint --version\naisafety-lint 0.0.0\n```\n'
    story = Story(page, tmp_path, environment)
    (((_, shown, printed),),) = [ran for _, ran in story.told()]
    assert not shows(shown, printed)
    assert shows(*([blocks(rewritten(story))[0].text.partition("\n")[2]] * 2))


def test_a_screen_is_written_anew_where_it_is_out_of_date(tmp_path: Path, environment: Mapping[str, str]) -> None:
    screens = "$ seq 3\n1\n2\n3\n$ seq 9\n0\n...\n5\n...\n7\n8\n$ echo 1.0 s\n9.9 s\n"
    told = rewritten(Story(f'```console title="none"\n{screens}```\n', tmp_path, environment))
    assert blocks(told)[0].text == screens.replace("0\n...", "1\n...").replace("7\n8", "8\n9")


@pytest.mark.parametrize(
    ("screen", "printed", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n...\n", "a\nb\nc\n", True),
        ("...\nc\n", "a\nb\nc\n", True),
        ("...\nb\n", "a\nb\nc\n", False),
        ("1 file; 2.0 s\n", "1 file; 13.4 s\n", True),
        ("1 file; 2.0 s\n", "2 files; 2.0 s\n", False),
        ("a.b\n", "acb\n", False),
    ],
)
def test_a_screen_leaves_out_only_what_it_says(screen: str, printed: str, same: bool) -> None:
    assert shows(screen, printed) == same


def commands(document: Path) -> Iterator[list[str]]:
    """The words of each command of the program that a document has; two blanks divide it from what is said of it."""
    text = document.read_text("utf-8")
    found = [words for block in blocks(text) if block.language != "markdown" for words in _IN_BLOCK.findall(block.text)]
    for words in (*found, *_INLINE.findall(text)):
        yield shlex.split(re.split(r" {2,}", words.strip())[0])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_each_command_is_one_that_the_program_understands(document: Path) -> None:
    for words in commands(document):
        if len(words) == 1 and words[0] in cli.COMMANDS:
            continue  # its name is all that is said
        command, rest = (words[0], words[1:]) if words[0] in cli.COMMANDS else ("check", words)
        import_module(f"aisafety_lint.commands.{command}").parser().parse([_existing(word) for word in rest])


def _existing(word: str) -> str:
    """A word of a command; what it calls a folder of rules is one here."""
    return "." if word in ("DIR", "my-rules") else {"RULE": "unapproved-payment", "LEVEL": "high"}.get(word, word)


def snippets(language: str) -> list[Block]:
    """The blocks of a language in all documents that say how to use the program."""
    return [
        block for document in (ROOT / "README.md", *PAGES) for block in blocks(document.read_text("utf-8"), language)
    ]


@pytest.mark.parametrize("document", [ROOT / "README.md", DOCS / "adopting.md"], ids=lambda document: document.stem)
def test_the_settings_to_paste_are_valid(document: Path, tree: MakeTree, lint: Lint) -> None:
    tables = [block.text for block in blocks(document.read_text("utf-8"), "toml") if "[tool." in block.text]
    assert tomllib.loads("".join(tables))["tool"]["aisafety-lint"].keys() >= {"overrides", "suppressions"}
    server = {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem@1.0.0", "/"]}
    tree({"pyproject.toml": "".join(tables), ".mcp.json": json.dumps({"mcpServers": {"files": server}})})
    done = lint("--today", "2027-01-01", "--select", "mcp-filesystem-server-at-wide-root,unused-suppression")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 suppressed" in done.stdout


def test_each_hook_to_paste_exists() -> None:
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    configs = [yaml.safe_load(block.text) for block in snippets("yaml") if "pre-commit" in block.text + block.name]
    assert len(configs) == 2
    for config in configs:
        assert {hook["id"] for hook in config["repos"][0]["hooks"]} <= hooks
    assert hooks == set(re.findall(r"^\| `([\w-]+)`", (DOCS / "pre-commit.md").read_text("utf-8"), re.MULTILINE))


def test_each_workflow_to_paste_fits_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    workflows = [yaml.safe_load(block.text) for block in snippets("yaml") if "runs-on:" in block.text]
    assert len(workflows) == 2
    for workflow in workflows:
        (step,) = [step for step in workflow["jobs"]["lint"]["steps"] if "aisafety-lint@" in step["uses"]]
        assert step["with"].keys() <= action["inputs"].keys()
        assert workflow["jobs"]["lint"]["permissions"]["security-events"] == "write"


def test_each_pipeline_to_paste_keeps_the_reports_that_it_makes() -> None:
    pipelines = [
        block for block in blocks((DOCS / "ci.md").read_text("utf-8")) if block.name and block.language == "yaml"
    ]
    assert len(pipelines) == 5
    for block in pipelines:
        assert isinstance(yaml.safe_load(block.text), dict)
        for report in re.findall(r"--output \w+=([\w./-]+)", block.text):
            folder, _, name = report.rpartition("/")
            assert block.text.count(report) > 1 or f"mkdir {folder}" in block.text, (block.name, name)
