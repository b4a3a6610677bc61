"""What could not be resolved is listed place by place, with a reason, and it is what the last line counts."""

import json
import re
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from aisafety_lint import pipeline
from aisafety_lint.knowledge import builtin_root
from aisafety_lint.program.unresolved import REASONS
from aisafety_lint.settings import CommandLine, load_config
from conftest import Lint, MakeTree

PRELUDE = "import importlib, os, subprocess\nfrom agents import Agent, function_tool\n\n\n@function_tool\n"

SERVER = "from mcp.server.fastmcp import FastMCP\n\nserver = FastMCP()\n\n\n"

UNRESOLVED = [
    ("def run(name: str, obj):\n    obj.start(name)", "receiver", "obj.start"),
    ("def run(name: str, then):\n    then(name)", "parameter", "then"),
    ("def run(name: str, obj):\n    getattr(obj, name)()", "computed-name", "getattr(obj, name)"),
    ("def run(name: str, obj):\n    method = getattr(obj, name)\n    method()", "computed-name", "method"),
    ("def run(name: str):\n    return getattr(os, name)", "computed-name", "getattr(os, name)"),
    ("def run(name: str):\n    globals()[name]()", "namespace", "globals()[name]"),
    ("def run(name: str):\n    globals().get(name)()", "namespace", "globals().get(name)"),
    ("def run(name: str, table: dict):\n    table[name]()", "table", "table[name]"),
    ("def run(name: str, table: dict):\n    table.get(name)()", "table", "table.get(name)"),
    ("def run(name: str):\n    importlib.import_module(name)", "import", "importlib.import_module(name)"),
    ("def run(name: str):\n    __import__(name)", "import", "__import__(name)"),
    ("def run(name: str):\n    exec('x = ' + name)", "built-code", "exec('x = ' + name)"),
    ("def run(name: str):\n    missing(name)", "variable", "missing"),
    ("def run(name: str):\n    here().there(name)\n\n\ndef here():\n    pass", "receiver", "here().there"),
    ("def run(name: str):\n    here()(name)\n\n\ndef here():\n    pass", "result", "here()"),
    ("def run(name: str):\n    Known().other()\n\n\nclass Known:\n    pass", "attribute", "Known().other"),
    ("def run(name: str, obj):\n    (obj\n        .one\n        .two(name))", "receiver", "obj.one.two"),
    ("def run(name: str, obj):\n    return f'{obj.one()}'", "receiver", "obj.one"),
    ("def run(name: str):\n    helper(name)\n\n\ndef helper(obj):\n    obj.one()", "receiver", "obj.one"),
    ("def run(name: str): ...\n\n\ndef build(more):\n    Agent(tools=[run, more])", "tools", "more"),
    ("def run(name: str): ...\n\n\nAgent(tools=load())\n\n\ndef load(): ...", "tools", "load()"),
    (f"def run(name: str): ...\n\n\n{SERVER}def build(more):\n    server.add_tool(more)", "function", "more"),
]

RESOLVED = [
    "def run(name: str):\n    name.strip().split()[0].upper()",
    "def run(name: str):\n    subprocess.run(name).stdout.read()",
    "def run(name: str):\n    other(name)\n\n\ndef other(name: str) -> None: ...",
    "def run(name: str):\n    getattr(os, 'remove')(name)",
    "def run(name: str):\n    {'a': os.remove}[name](name)",
    "def run(name: str):\n    importlib.import_module('json')",
    "def run(name: str):\n    exec('x = 1')",
    "def run(name: str):\n    print(len(name))",
    "def run(name: str): ...\n\n\ndef far_from_any_tool(obj):\n    obj.start()",
    "def run(name: str): ...\n\n\nAgent(tools=[run], handoffs=[])",
]


def unresolved(files: dict[str, str], tree: MakeTree) -> list[tuple[str, str]]:
    """The reason and the expression of each unresolved place."""
    from aisafety_lint.report.unresolved import expression

    found = pipeline.inspect(load_config(CommandLine((str(tree(files)),), isolated=True)))
    return [(item.reason, expression(found, item)) for item in found.unresolved]


@pytest.mark.parametrize(("body", "reason", "written"), UNRESOLVED)
def test_what_stands_for_nothing_known_is_listed(body: str, reason: str, written: str, tree: MakeTree) -> None:
    assert unresolved({"app.py": PRELUDE + body + "\n"}, tree) == [(reason, written)]


@pytest.mark.parametrize("body", RESOLVED)
def test_what_is_known_by_its_name_is_not(body: str, tree: MakeTree) -> None:
    assert unresolved({"app.py": PRELUDE + body + "\n"}, tree) == []


def test_sources_and_agents_reach_functions_too(tree: MakeTree) -> None:
    text = (
        "from openai import OpenAI\n\n\ndef ask(question):\n"
        "    return OpenAI().responses.create(input=question).output_text\n\n\n"
        "def main(plugin):\n    plugin.show(ask('?'))\n"
    )
    assert unresolved({"app.py": text}, tree) == [("receiver", "plugin.show")]


def test_test_code_is_left_out(tree: MakeTree) -> None:
    body = PRELUDE + UNRESOLVED[0][0] + "\n"
    assert unresolved({"tests/test_app.py": body}, tree) == []


def test_a_tool_whose_reach_is_cut_is_listed(tree: MakeTree) -> None:
    calls = "\n".join(f"    step{number}(name)" for number in range(450))
    steps = "\n".join(f"\n\ndef step{number}(name): ..." for number in range(450))
    assert unresolved({"app.py": f"{PRELUDE}def run(name: str):\n{calls}\n{steps}\n"}, tree) == [("bound", "run")]


FILES = {
    ".git/HEAD": "",
    "app.py": PRELUDE + UNRESOLVED[0][0] + "\n    obj.stop()\n",
    "lib/more.py": PRELUDE + UNRESOLVED[5][0] + "\n",
}
LISTED = """\
app.py
  7:5  obj.start  the type of the object is not known
  8:5  obj.stop   the type of the object is not known

lib/more.py
  7:5  globals()[name]  it is looked up in a namespace by a name that is computed

3 calls unresolved in 2 files.
"""


class TestCommand:
    def test_the_list_for_a_person(self, tree: MakeTree, lint: Lint) -> None:
        tree(FILES)
        result = lint("inspect", "--unresolved")
        assert (result.returncode, result.stdout, result.stderr) == (0, LISTED, "")

    def test_the_last_line_of_a_check_counts_the_same(self, tree: MakeTree, lint: Lint) -> None:
        tree(FILES)
        assert re.search(r"; 3 calls unresolved; ", lint("--select", "secrets").stdout)

    def test_a_path_says_what_to_show(self, tree: MakeTree, lint: Lint) -> None:
        tree(FILES)
        shown = lint("inspect", "--unresolved", "lib").stdout
        assert shown.endswith("\n\n1 call unresolved in 1 file; 3 in the whole project.\n")
        assert lint("inspect", "--unresolved", "--persona", "auditor").stdout == LISTED

    def test_the_json_follows_its_published_schema(self, tree: MakeTree, lint: Lint) -> None:
        tree(FILES)
        document = json.loads(lint("inspect", "--unresolved", "--output-format", "json").stdout)
        validator().validate(document)
        assert [item["expression"] for item in document["unresolved"]] == ["obj.start", "obj.stop", "globals()[name]"]
        assert document["coverage"]["unresolved_calls"] == 3
        first = document["unresolved"][0]
        assert (first["path"], first["line"], first["column"], first["symbol"]) == ("app.py", 7, 5, "run")
        assert (first["reason"], first["why"]) == ("receiver", "the type of the object is not known")

    def test_the_same_input_gives_the_same_bytes(self, tree: MakeTree, lint: Lint) -> None:
        tree(FILES)
        runs = {
            lint("inspect", "--unresolved", "--output-format", "json", env={"PYTHONHASHSEED": seed}).stdout
            for seed in ("0", "1")
        }
        assert len(runs) == 1

    def test_what_could_not_be_analysed_is_told(self, tree: MakeTree, lint: Lint) -> None:
        tree({"bad.py": "import agents\n\ndef broken(:\n"})
        walked, named = lint("inspect", "--unresolved"), lint("inspect", "bad.py")
        assert (walked.returncode, named.returncode) == (0, 2)
        for result in (walked, named):
            assert "bad.py: `bad.py` cannot be parsed as Python" in result.stderr

    def test_there_is_no_diagram_of_what_is_unresolved(self, tree: MakeTree, lint: Lint) -> None:
        tree({})
        result = lint("inspect", "--unresolved", "--output-format", "mermaid")
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith("error: there is no `mermaid` of what is unresolved\nhint: ")


def validator() -> jsonschema.Draft202012Validator:
    folder = builtin_root() / "schema"
    schemas: dict[str, Any] = {
        name: json.loads((folder / name).read_text("utf-8")) for name in ("inspect.schema.json", "report.schema.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(schema)) for name, schema in schemas.items()
    )
    jsonschema.Draft202012Validator.check_schema(schemas["inspect.schema.json"])
    return jsonschema.Draft202012Validator(schemas["inspect.schema.json"], registry=registry)


def test_every_reason_has_its_words_and_is_described() -> None:
    schema = json.loads((builtin_root() / "schema/inspect.schema.json").read_text("utf-8"))
    assert set(schema["$defs"]["unresolved"]["properties"]["reason"]["enum"]) == set(REASONS)
