"""Versions: what a project requires of a library decides which facts about it hold, module by module."""

import json
import time
from collections.abc import Mapping

import pytest

from aisafety_lint.pins.model import Pins
from aisafety_lint.pins.ranges import within
from aisafety_lint.pins.reading import read_pins
from aisafety_lint.source import SourceFile, SourceText
from conftest import Lint, MakeTree

GRAPH = """from langgraph.prebuilt import create_react_agent


def look(word: str) -> str:
    return word


agent = create_react_agent("openai:gpt-5", tools=[look])
"""


def limits(lint: Lint, *options: str) -> list[tuple[str, float, str]]:
    """File, default limit and the versions that it is left open to, of each agent."""
    result = lint("inspect", "--output-format", "json", *options, ".")
    assert result.returncode == 0, result.stderr
    agents = json.loads(result.stdout)["agents"]
    return [(agent["path"], limit["value"], limit["versions"]) for agent in agents for limit in agent["limits"]]


@pytest.mark.parametrize(
    ("required", "wanted", "expected"),
    [
        ([], "<1.0.6", None),
        ([("langgraph",)], "<1.0.6", None),
        ([("langgraph==1.0.5",)], "<1.0.6", True),
        ([("langgraph==1.0.6",)], "<1.0.6", False),
        ([("langgraph>=0.2,<0.3",)], "<1.0.6", True),
        ([("langgraph>=1.0.6",)], "<1.0.6", False),
        ([("langgraph>=0.2",)], "<1.0.6", None),
        ([("langgraph~=1.0.3",)], "<1.0.6", None),
        ([("langgraph~=1.0.3",)], "<1.1", True),
        ([("langgraph==1.*",)], ">=1,<2", True),
        ([("torch==2.5.1+cu118",)], "<2.6", True),
        ([("langgraph>1.0.5",)], ">1.0.5,<2", None),
        ([("langgraph===1.0.5",)], "<1.0.6", True),
        # A folder further up narrows what is left open, and does not overrule.
        ([("langgraph>=0.2",), ("langgraph==1.2.0",)], ">=1.0.6", True),
        ([("langgraph==0.2.1",), ("langgraph==1.2.0",)], ">=1.0.6", False),
        # A lock file for two platforms, or two lists of requirements: either may hold.
        ([("langgraph==0.2.1", "langgraph==1.2.0")], ">=1.0.6", None),
        ([("langgraph==1.1.0", "langgraph==1.2.0")], ">=1.0.6", True),
        ([("langgraph @ git+https://example.com/it.git",)], "<1", None),
        ([("langgraph==one",)], "<1", None),
    ],
)
def test_a_range_holds_for_all_for_none_or_for_some_of_what_is_required(
    required: list[tuple[str, ...]], wanted: str, expected: bool | None
) -> None:
    assert within(required, wanted) is expected


def pins(files: Mapping[str, str], *modules: str) -> Pins:
    """What some files require, read without a run."""
    import tomllib

    def tree(file: SourceFile, syntax: str) -> object:
        return tomllib.loads(files[file.path]) if syntax == "toml" else json.loads(files[file.path])

    sources = [SourceFile(path, "text", len(text)) for path, text in files.items()]
    return read_pins(sources, modules, lambda file: SourceText(file.path, files[file.path]), tree)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "requirements.txt",
            "--index-url https://example.com\n-r more.txt\nLang_Graph[x]==1.0  # here\n",
            "Lang_Graph[x]==1.0",
        ),
        ("requirements.txt", "lang-graph==1.0 \\\n    --hash=sha256:00\n", "lang-graph==1.0"),
        ("requirements-dev.in", "lang-graph\n", "lang-graph"),
        ("requirements/base.txt", "lang-graph<2\n", "lang-graph<2"),
        ("constraints.txt", "lang-graph<2; python_version < '3.13'\n", "lang-graph<2; python_version < '3.13'"),
        ("pyproject.toml", '[project]\ndependencies = ["lang-graph>=1"]\n', "lang-graph>=1"),
        ("pyproject.toml", '[project.optional-dependencies]\nx = ["lang-graph>=1"]\n', "lang-graph>=1"),
        ("pyproject.toml", '[dependency-groups]\nx = [{include-group = "y"}, "lang-graph>=1"]\n', "lang-graph>=1"),
        ("pyproject.toml", '[tool.uv]\ndev-dependencies = ["lang-graph>=1"]\n', "lang-graph>=1"),
        ("pyproject.toml", '[tool.pdm.dev-dependencies]\nx = ["lang-graph>=1"]\n', "lang-graph>=1"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlang-graph = "^1.2"\n', "lang-graph>=1.2,<2"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlang-graph = "^0.2.3"\n', "lang-graph>=0.2.3,<0.3"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlang-graph = "~1.2.3"\n', "lang-graph>=1.2.3,<1.3"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlang-graph = "1.2.3"\n', "lang-graph==1.2.3"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlang-graph = "^1 || ^2"\n', "lang-graph"),
        ("pyproject.toml", '[tool.poetry.group.a.dependencies]\nlang-graph = {version = "*"}\n', "lang-graph"),
        ("pyproject.toml", f'[tool.poetry.dependencies]\nlang-graph = "^{"1" * 5_000}"\n', "lang-graph"),
        ("Pipfile", '[packages]\nlang-graph = "*"\n', "lang-graph"),
        ("Pipfile.lock", '{"default": {"lang-graph": {"version": "==1.0"}}}', "lang-graph==1.0"),
        ("uv.lock", 'version = 1\n\n[[package]]\nname = "lang-graph"\nversion = "1.0"\n', "lang-graph==1.0"),
        ("poetry.lock", '[[package]]\nname = "lang-graph"\nversion = "1.0"\n', "lang-graph==1.0"),
        ("setup.cfg", "[options]\ninstall_requires =\n    lang-graph>=1\n", "lang-graph>=1"),
        ("setup.cfg", "[options.extras_require]\nx =\n    lang-graph>=1\n", "lang-graph>=1"),
    ],
)
def test_every_package_manager_is_read(name: str, text: str, expected: str) -> None:
    assert list(pins({f"app/{name}": text}, "app/src/agent.py").above("app/src/agent.py", ["lang.graph"])) == [
        (expected,)
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", "lang-graph==1.0\n"),
        ("requirements.txt", "./lang-graph\n# lang-graph==1.0\nhttps://example.com/lang-graph.whl\n"),
        ("pyproject.toml", 'project = 1\ntool = ["lang-graph"]\n'),
        ("setup.cfg", "lang-graph\n"),
    ],
)
def test_what_is_no_requirement_says_nothing(name: str, text: str) -> None:
    assert pins({name: text}, "agent.py") == Pins()


def test_a_folder_beside_the_module_does_not_speak_for_it() -> None:
    known = pins(
        {"one/requirements.txt": "langgraph==1.0\n", "two/requirements.txt": "langgraph==2.0\n"}, "one/a.py", "a.py"
    )
    assert list(known.above("one/a.py", ["langgraph"])) == [("langgraph==1.0",)]
    assert list(known.above("a.py", ["langgraph"])) == []


def test_each_part_of_a_repository_has_the_default_of_its_own_version(tree: MakeTree, lint: Lint) -> None:
    tree(
        {
            "old/agent.py": GRAPH,
            "old/requirements.txt": "langgraph==0.6.11\n",
            "new/src/agent.py": GRAPH,
            "new/pyproject.toml": '[project]\nname = "new"\nversion = "1"\ndependencies = ["langgraph>=1.1.4"]\n',
            "open/agent.py": GRAPH,
        }
    )
    assert limits(lint) == [
        ("new/src/agent.py", 10007, ""),
        ("old/agent.py", 25, ""),
        ("open/agent.py", 25, "langgraph <1.0.6"),
        ("open/agent.py", 10000, "langgraph >=1.0.6,<1.1.4"),
        ("open/agent.py", 10007, "langgraph >=1.1.4"),
    ]


def test_a_kept_answer_goes_when_a_requirement_changes(tree: MakeTree, lint: Lint) -> None:
    """For the same files it is given again, by any number of processes."""
    root = tree({"agent.py": GRAPH, "requirements.txt": "langgraph==0.6.11\n"})

    def said(*options: str) -> str:
        chosen = ("--persona", "pedantic", "--select", "agent-without-step-limit")
        return lint(*chosen, "--output-format", "json", *options, ".").stdout

    before = said()
    assert json.loads(before)["findings"] == []
    assert before == said() == said("--no-cache", "--jobs", "2")
    (root / "requirements.txt").write_text("langgraph==1.2.0\n")
    after = said()
    assert [finding["message"] for finding in json.loads(after)["findings"]] == [
        "Nothing ends the steps of `create_react_agent`: `recursion_limit` is 10,007."
    ]
    assert after == said() == said("--no-cache")


CREW = """from crewai import Agent

agent = Agent(role="analyst", goal="count", backstory="counts", allow_code_execution=True, code_execution_mode="unsafe")
"""


@pytest.mark.parametrize(
    ("pin", "expected"), [("crewai==1.13.0\n", ["high"]), ("crewai>=1.14\n", []), ("crewai\n", ["medium"])]
)
def test_a_grant_of_some_versions_is_one_for_them(tree: MakeTree, lint: Lint, pin: str, expected: list[str]) -> None:
    tree({"agent.py": CREW, "requirements.txt": pin})
    result = lint("--select", "code-execution-tool-granted", "--output-format", "json", ".")
    assert [finding["confidence"] for finding in json.loads(result.stdout)["findings"]] == expected


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("langgraph==1.2.0" + " " * 200_000 + "x", id="blanks without an end"),
        pytest.param(
            "langgraph" + ",".join(f">={number}" for number in range(20_000)), id="a requirement without an end"
        ),
        pytest.param("\n".join(f"langgraph!={number}" for number in range(20_000)), id="very many requirements"),
    ],
)
def test_lists_that_nobody_writes_take_no_time(hostile: str) -> None:
    start = time.process_time()
    said = pins({"requirements.txt": hostile}, "app.py")
    within(said.above("app.py", ["langgraph"]), "<1.0.6")
    assert time.process_time() - start < 2
