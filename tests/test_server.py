"""`aisafety-lint server`, as an editor meets it: the real program, over its standard input and output."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from aisafety_lint.cli import main
from conftest import Lint, MakeTree
from editor import Editor, applied

SHELL, DESERIALIZER, SQL = "model-output-to-shell", "model-output-to-deserializer", "model-output-to-sql"
HEAD = """\
import subprocess

import yaml
from agents import function_tool

from helpers import lines_of


"""
SAFE = '''\
@function_tool
def look(name: str) -> str:
    """Look into a folder."""
    return "é🎉" + subprocess.run(["ls", "--", name], capture_output=True, text=True).stdout


'''
UNSAFE = SAFE.replace('["ls", "--", name]', 'f"ls {name}", shell=True')
LOAD = '''\
@function_tool
def read(text: str) -> object:
    """Read what the model wrote."""
    return yaml.load(text, Loader=yaml.UnsafeLoader)


'''
FAR = '''\
@function_tool
def count(name: str) -> int:
    """Count the lines of a program's output."""
    return len(lines_of(name))


'''
HELPERS = """\
import os


def lines_of(command: str) -> list[str]:
    return os.popen(command).read().splitlines()
"""
HELPERS_SAFE = HELPERS.replace("os.popen(command).read()", "command")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first folder of the editor."""
    root = tmp_path_factory.mktemp("server").resolve() / "desk"
    root.mkdir()
    (root / "agent.py").write_text(HEAD + SAFE)
    (root / "helpers.py").write_text(HELPERS_SAFE)
    return root


@pytest.fixture(scope="module")
def editor(folder: Path, user_cache: Path) -> Iterator[Editor]:
    """One server for all tests that leave it as it was."""
    before, os.environ["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME"), str(user_cache)
    made = Editor([folder])
    yield made
    made.end()
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture
def agent(editor: Editor, folder: Path) -> Iterator[Path]:
    """A file that is open while a test runs."""
    path = folder / "agent.py"
    editor.open(path)
    editor.settled(path)
    yield path
    editor.close(path)


def test_a_finding_comes_and_goes_with_what_is_typed(editor: Editor, agent: Path) -> None:
    editor.type(agent, HEAD + UNSAFE)
    (found,) = editor.settled(agent, SHELL)
    assert found.severity is types.DiagnosticSeverity.Error
    assert found.source == "aisafety-lint"
    assert found.code_description
    assert found.code_description.href.endswith(f"/output-sinks/{SHELL}.md")
    line = UNSAFE.splitlines()[3]
    start, end = (len(line[: line.index(part)].encode("utf-16-le")) // 2 for part in ("subprocess", ".stdout"))
    assert (found.range.start, found.range.end) == (types.Position(11, start), types.Position(11, end)), "in UTF-16"
    steps = [(one.location.range.start.line, one.message) for one in found.related_information or ()]
    assert steps[0] == (9, "1 of 2: tool argument")
    editor.type(agent, HEAD + SAFE)
    editor.settled(agent)
    assert agent.read_text() == HEAD + SAFE, "nothing was written"


def test_the_settled_answer_is_that_of_the_command_line(
    editor: Editor, agent: Path, tree: MakeTree, lint: Lint
) -> None:
    text = HEAD + UNSAFE + FAR + LOAD
    helpers = agent.parent / "helpers.py"
    editor.open(helpers)
    editor.type(agent, text)
    editor.type(helpers, HELPERS)
    editor.settled(agent, DESERIALIZER, SHELL)
    editor.settled(helpers, SHELL)
    # The first answer is about what is near, the second one about all.
    editor.wait(lambda: len(editor.answers(agent)) > 1 and len(editor.answers(helpers)) > 1)
    tree({"agent.py": text, "helpers.py": HELPERS})
    said = json.loads(lint("--output-format", "json").stdout)["findings"]
    wanted = sorted((one["location"]["path"], one["location"]["line"], one["rule"], one["message"]) for one in said)
    told = sorted(
        (path.name, one.range.start.line + 1, str(one.code), one.message)
        for path in (agent, helpers)
        for answer in editor.answers(path)[-1:]
        for one in answer
    )
    assert told == wanted
    editor.close(helpers)


def test_an_edit_in_one_file_is_seen_where_it_leads(editor: Editor, agent: Path) -> None:
    helpers = agent.parent / "helpers.py"
    editor.open(helpers)
    editor.settled(helpers)
    editor.type(helpers, HELPERS)
    editor.settled(helpers)
    editor.type(agent, HEAD + FAR)
    (found,) = editor.settled(helpers, SHELL)
    related = [Path(one.location.uri).name for one in found.related_information or ()]
    assert "agent.py" in related
    editor.close(helpers)
    editor.settled(helpers)  # what is closed is cleared


def test_a_fix_is_offered_and_says_what_it_is(editor: Editor, agent: Path) -> None:
    text = HEAD + LOAD
    editor.type(agent, text)
    editor.settled(agent, DESERIALIZER)
    offered = editor.actions(agent, 11)
    (title,) = [name for name, action in offered.items() if action.is_preferred]
    after = applied(text, offered[title], agent)
    assert after == text.replace("yaml.load(text, Loader=yaml.UnsafeLoader)", "yaml.safe_load(text)")
    assert "unsafe" not in title
    editor.type(agent, after)
    editor.settled(agent)
    assert editor.actions(agent, 11) == {}
    assert editor.actions(agent, 0, "refactor") == {}


def test_an_accepted_finding_needs_its_reason(editor: Editor, agent: Path) -> None:
    text = HEAD + UNSAFE
    editor.type(agent, text)
    editor.settled(agent, SHELL)
    (title,) = [name for name in editor.actions(agent, 11) if name.startswith("Accept")]
    blank = applied(text, editor.actions(agent, 11)[title], agent)
    mark = f"    # aisafety: ignore[{SHELL}] "
    assert f"\n{mark}\n" in blank
    editor.type(agent, blank)
    editor.settled(agent, "malformed-suppression", SHELL)
    editor.type(agent, blank.replace(mark, f"{mark}Only operators call this."))
    editor.settled(agent)
    editor.type(agent, blank.replace(mark, f"{mark}Only operators call this.").replace("shell=True", "shell=False"))
    (unused,) = editor.settled(agent, "unused-suppression")
    assert list(unused.tags or ()) == [types.DiagnosticTag.Unnecessary]


def test_hovering_explains_a_finding(editor: Editor, agent: Path) -> None:
    editor.type(agent, HEAD + UNSAFE)
    editor.settled(agent, SHELL)
    text = editor.hover(agent, 11, 30)
    assert f"**critical[{SHELL}]**" in text
    for part in ("How it is reached", "1. `agent.py:10`: tool argument", "What does not count", "What would be enough"):
        assert part in text
    assert f"# aisafety: ignore[{SHELL}] REASON" in text
    assert editor.hover(agent, 0, 0) == ""


@pytest.mark.parametrize("text", ["def look(:\n", "\0\1\2", "x = 1\n" * 400_000, "\u2028\f\ud800 = '", "((" * 5000])
def test_hostile_texts_do_no_harm(editor: Editor, agent: Path, text: str) -> None:
    editor.type(agent, HEAD + text.encode("utf-8", "replace").decode())
    editor.wait(lambda: len(editor.answers(agent)) > 1, agent)
    assert editor.answers(agent)[-1] == [] or "agent.py" in editor.answers(agent)[-1][0].message
    editor.type(agent, HEAD + UNSAFE)
    editor.settled(agent, SHELL)


def test_manifests_are_read_while_they_are_typed(editor: Editor, folder: Path) -> None:
    path = folder / ".mcp.json"
    path.write_text("{}")
    editor.open(path)
    server = {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem@1.0.0", "/"]}
    editor.type(path, json.dumps({"mcpServers": {"files": server}}))
    editor.settled(path, "mcp-filesystem-server-at-wide-root")
    path.unlink()
    editor.changed(path)
    editor.settled(path)
    editor.close(path)


def test_each_folder_has_its_own_settings(editor: Editor, agent: Path, tree: MakeTree) -> None:
    other = tree({"agent.py": HEAD + UNSAFE, "aisafety-lint.toml": "ignore = [", "helpers.py": HELPERS_SAFE})
    editor.folders(added=[other])
    editor.open(other / "agent.py")
    editor.wait(
        lambda: {one.partition(": ")[0] for one in editor.said if "toml: not valid TOML" in one} == {"log", "shown"}
    )
    (other / "aisafety-lint.toml").write_text(f'ignore = ["{SHELL}"]')
    editor.changed(other / "aisafety-lint.toml")
    editor.settled(other / "agent.py")
    editor.type(agent, HEAD + UNSAFE)
    editor.settled(agent, SHELL)
    (other / "aisafety-lint.toml").unlink()
    editor.save(other / "agent.py")
    editor.settled(other / "agent.py", SHELL)
    editor.folders(removed=[other])
    editor.settled(other / "agent.py")
    editor.close(other / "agent.py")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the process behind the server is found in /proc")
def test_a_process_that_dies_is_told_and_started_again(editor: Editor, agent: Path) -> None:
    before = len(editor.said)
    for child in Path(f"/proc/{editor.pid}/task/{editor.pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    editor.wait(lambda: any("ended unexpectedly" in one for one in editor.said[before:]))
    editor.type(agent, HEAD + UNSAFE)
    editor.settled(agent, SHELL)


def test_it_ends_while_a_project_is_analysed(tree: MakeTree) -> None:
    big = "".join(f"def f{number}(x):\n    return [x, {number}, f{number}(x)]\n" for number in range(20_000))
    root = tree({"agent.py": HEAD + UNSAFE, "big.py": f"from agents import function_tool\n{big}"})
    editor = Editor([root], "--no-cache")
    editor.open(root / "agent.py")
    assert editor.end() == 0
    assert not editor.answers(root / "agent.py"), "the analysis was not over"


def test_an_editor_that_goes_away_without_a_word_is_an_error() -> None:
    assert Editor([]).end(politely=False) == 1


def test_without_its_library_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("aisafety_lint.editor")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygls", None)
    assert main(["server"]) == 2
    assert capsys.readouterr().err == "error: `server` needs `pygls`\nhint: install `aisafety-lint[lsp]`\n"
