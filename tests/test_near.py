"""The first answer after an edit: from the files nearest to it, and what the whole project says soon after."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aisafety_lint.commands import check
from aisafety_lint.editor.folder import Folder
from aisafety_lint.editor.messages import Item, Typed
from aisafety_lint.editor.near import MOST_FILES, Difference, neighbours, refined
from aisafety_lint.kept import Kept
from aisafety_lint.source import SourceText
from conftest import MakeTree
from report_samples import sample

AGENT = '''\
from agents import Agent, function_tool

from desk.runs import run


@function_tool
def look(name: str) -> str:
    """Look."""
    return run(name)


desk = Agent(name="desk", tools=[look])
'''
RUNS = """\
import subprocess


def run(name: str) -> str:
    return subprocess.run(["ls", "--", name], capture_output=True, text=True).stdout
"""
UNSAFE = RUNS.replace('["ls", "--", name]', 'f"ls {name}", shell=True')
FILES = {
    "desk/__init__.py": "",
    "desk/agent.py": AGENT,
    "desk/runs.py": RUNS,
    "desk/other.py": AGENT.replace("look", "see")
    .replace("desk.runs", "os")
    .replace("import run", "import system as run"),
    "key.py": "",
    ".mcp.json": "{}",
}
SERVER = {"mcpServers": {"a": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem@1.0.0", "/"]}}}
# What is done in one file after the other.
EDITS = {
    "a call becomes unsafe": {"desk/runs.py": UNSAFE},
    "a line before it": {"desk/other.py": "# A line.\n" + FILES["desk/other.py"]},
    "a tool is gone": {"desk/other.py": FILES["desk/other.py"].replace("@function_tool\n", "")},
    "what is called is another function": {
        "desk/agent.py": AGENT.replace("desk.runs import run", "os import popen as run")
    },
    "two files": {"desk/runs.py": UNSAFE, "desk/agent.py": "\n\n" + AGENT},
    "nothing of Python": {".mcp.json": json.dumps(SERVER)},
    "accepted": {
        "desk/other.py": FILES["desk/other.py"].replace(
            "return run", "# aisafety: ignore[model-output-to-shell] Ok.\n    return run"
        )
    },
}


@pytest.fixture
def root(tree: MakeTree) -> Path:
    return tree(FILES)


@pytest.fixture(scope="module")
def shared() -> Kept:
    """The knowledge, which is the same for all projects."""
    return Kept()


@pytest.fixture
def folder(root: Path, shared: Kept) -> Folder:
    """A folder whose files are all open, after its first answer."""
    arguments = check.parser().parse(["--no-cache", "--isolated", str(root)])
    made = Folder(arguments, "utf-16", kept=Kept(shared.edition, shared.knowledge))
    for name, text in FILES.items():
        made.typed(Typed(0, str(root / name), 0, text))
    made.whole()
    shared.edition, shared.knowledge = made.kept.edition, made.kept.knowledge
    return made


@pytest.mark.parametrize("edits", EDITS.values(), ids=EDITS)
def test_it_is_what_the_whole_says_soon_after(folder: Folder, root: Path, edits: dict[str, str]) -> None:
    first: tuple[Item, ...] | None = None
    before = said(folder.whole())
    for name, text in edits.items():
        folder.typed(Typed(1, str(root / name), 1, text))
        first = folder.near(str(root / name))
    assert first is not None
    whole = said(folder.whole())
    assert said(first) == whole
    assert whole != before


def test_what_is_half_typed_takes_nothing_away(folder: Folder, root: Path) -> None:
    (before,) = folder.whole()
    folder.typed(Typed(1, str(root / "desk/other.py"), 1, f"def half(\n{FILES['desk/other.py']}"))
    first = folder.near(str(root / "desk/other.py"))
    assert first is not None
    (moved,) = first
    assert (moved.code, moved.range[0], moved.span[0]) == (before.code, before.range[0] + 1, before.span[0] + 1)
    assert [place.range[0] - 1 for place in moved.related] == [place.range[0] for place in before.related]
    (told,) = folder.whole()
    assert told.code == "syntax-error"


def test_without_a_first_answer_there_is_nothing_to_begin_with(root: Path) -> None:
    folder = Folder(check.parser().parse(["--no-cache", str(root)]), "utf-16")
    folder.typed(Typed(1, str(root / "desk/runs.py"), 1, UNSAFE))
    assert folder.near(str(root / "desk/runs.py")) is None


def test_only_what_was_edited_is_parsed_again(folder: Folder, root: Path) -> None:
    facts = dict(folder.kept.tables.facts)
    folder.typed(Typed(1, str(root / "desk/runs.py"), 1, UNSAFE))
    folder.near(str(root / "desk/runs.py"))
    folder.whole()
    same = {path for path, row in folder.kept.tables.facts.items() if facts.get(path) is row}
    assert same == facts.keys() - {"desk/runs.py"}


def test_what_only_the_near_files_alone_would_show_is_not_shown() -> None:
    alone = sample()
    whole = replace(alone, findings=alone.findings[:1])
    text = SourceText("elsewhere.py", "")
    assert refined(whole, [Difference("elsewhere.py", alone, alone, text, text)]).findings == whole.findings
    assert refined(whole, [Difference("elsewhere.py", whole, alone, text, text)]).findings == alone.findings


def test_the_nearest_files_come_first_and_are_not_too_many() -> None:
    edges = {
        "hub.py": {f"leaf{number:02}.py" for number in range(40)},
        "far.py": {"edited.py"},
        "edited.py": {"hub.py"},
    }
    sizes = dict.fromkeys(("hub.py", "far.py", "edited.py", *edges["hub.py"]), 1000)
    found = neighbours("edited.py", edges, sizes)
    assert found[:3] == ("edited.py", "hub.py", "far.py")
    assert len(found) == MOST_FILES
    assert neighbours("edited.py", edges, {**sizes, "hub.py": 10_000_000}) == ("edited.py", "far.py")


def said(items: tuple[Item, ...]) -> set[tuple[str, tuple[int, int, int, int], str, str]]:
    """What is told, without where it was before."""
    return {(Path(item.path).name, item.range, item.code, item.message) for item in items}
