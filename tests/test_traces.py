"""A flow is told as a reader follows it: from a source with a name, step by step, to the line of the sink."""

import json
from pathlib import Path
from typing import Any

from aisafety_lint.report import render
from aisafety_lint.settings import CommandLine, load_config
from conftest import MakeTree
from shared import run

TOOL = "import os, re, subprocess\nfrom agents import function_tool\n"
MODEL = "from openai import OpenAI\nclient = OpenAI()\n"


def findings(files: dict[str, str], tree: MakeTree) -> list[Any]:
    settings = {"select": ("output-sinks",)}
    config = load_config(CommandLine((str(tree(dict(files))),), isolated=True, settings=settings))
    found: list[Any] = json.loads(render("json", run(config)))["findings"]
    return found


def told(flow: list[dict[str, Any]], root: Path) -> list[str]:
    """The steps as `code: label`, the code being the line of the step from its column on."""
    lines = {step["path"]: (root / step["path"]).read_text().split("\n") for step in flow}
    return [f"{lines[step['path']][step['line'] - 1].strip()} -- {step['label']}" for step in flow]


def steps(files: dict[str, str], tree: MakeTree, tmp_path: Path) -> list[str]:
    (finding,) = findings(files, tree)
    return told(finding["flows"][0], tmp_path.resolve() / "project")


class TestSteps:
    def test_a_value_is_passed_where_the_call_stands(self, tree: MakeTree, tmp_path: Path) -> None:
        files = {
            "tool.py": TOOL + "from helper import run\n@function_tool\ndef ping(host: str):\n    run('ping ' + host)\n",
            "helper.py": "import os\n\ndef run(command):\n    os.system(command)\n",
        }
        assert steps(files, tree, tmp_path) == [
            "def ping(host: str): -- tool argument",
            "run('ping ' + host) -- passed to `run` as `command`",
            "os.system(command) -- `os.system`",
        ]

    def test_what_is_returned_and_kept_is_told_once_a_line(self, tree: MakeTree, tmp_path: Path) -> None:
        body = (
            "def ask():\n    reply = client.responses.create(input='?')\n    return reply.output_text.strip()\n"
            "def main():\n    code = ask()\n    exec(code)\n"
        )
        assert steps({"a.py": MODEL + body}, tree, tmp_path) == [
            "reply = client.responses.create(input='?') -- model output",
            "return reply.output_text.strip() -- returned by `ask`",
            "code = ask() -- kept in `code`",
            "exec(code) -- `exec`",
        ]

    def test_attributes_and_library_calls_are_named(self, tree: MakeTree, tmp_path: Path) -> None:
        body = (
            "import json\nclass Desk:\n    def ask(self):\n        self.reply = client.responses.create(input='?')\n"
            "        self.run()\n    def run(self):\n        text = json.loads(\n            self.reply.output_text\n"
            "        )\n        exec(text)\n"
        )
        assert steps({"a.py": MODEL + body}, tree, tmp_path) == [
            "self.reply = client.responses.create(input='?') -- model output",
            "self.reply.output_text -- read from `self.reply`",
            "text = json.loads( -- kept in `text`",
            "exec(text) -- `exec`",
        ]

    def test_a_method_is_called_on_the_content(self, tree: MakeTree, tmp_path: Path) -> None:
        body = (
            "from dataclasses import dataclass\n@dataclass\nclass Command:\n    text: str\n    def run(self):\n"
            "        os.system(self.text)\n@function_tool\ndef tool(text: str):\n    command = Command(text)\n"
            "    command.run()\n"
        )
        assert steps({"a.py": TOOL + body}, tree, tmp_path) == [
            "def tool(text: str): -- tool argument",
            "command = Command(text) -- kept in `command`",
            "command.run() -- `run` is called on it",
            "os.system(self.text) -- `os.system`",
        ]

    def test_a_call_over_several_lines_is_marked_at_its_name(self, tree: MakeTree) -> None:
        body = "exec(\n    client.responses\n    .create(\n        input='?'\n    ).output_text\n)\n"
        (finding,) = findings({"a.py": MODEL + body}, tree)
        source = finding["flows"][0][0]
        assert (source["line"], source["column"], source["end_column"]) == (5, 6, 12)
        assert finding["location"]["line"] == 3


class TestMessages:
    def message(self, files: dict[str, str], tree: MakeTree) -> str:
        (finding,) = findings(files, tree)
        text: str = finding["message"]
        return text

    def test_a_call_is_named_as_it_is_written(self, tree: MakeTree) -> None:
        body = (
            "import sqlite3\ndef main():\n    answer = client.responses.create(input='?').output_text\n"
            "    cursor = sqlite3.connect('a').cursor()\n    cursor.execute(answer)\n"
        )
        assert self.message({"a.py": MODEL + body}, tree).startswith(
            "Model output from `client.responses.create` reaches `cursor.execute`"
        )

    def test_a_chain_of_calls_is_named_with_its_calls(self, tree: MakeTree) -> None:
        body = "import sqlite3\nsqlite3.connect('a').execute(OpenAI().responses.create(input='?').output_text)\n"
        assert self.message({"a.py": MODEL + body}, tree).startswith(
            "Model output from `OpenAI().responses.create` reaches `sqlite3.connect().execute`"
        )

    def test_a_parameter_is_named_with_its_function(self, tree: MakeTree) -> None:
        server = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('a')\n"
        tool = "@mcp.tool()\ndef load(path: str):\n    return open(path).read()\n"
        page = "@mcp.resource('page://{name}')\ndef page(name: str):\n    return open(name).read()\n"
        first, second = findings({"a.py": server + tool + page}, tree)
        assert first["message"].startswith("Tool argument `path` of `load` reaches `open`")
        assert second["message"].startswith("Tool argument `name` of `page` reaches `open`")

    def test_names_the_tool_alone_where_the_fields_of_a_message_are_its_arguments(self, tree: MakeTree) -> None:
        body = (
            "import os\nfrom langroid.agent.tool_message import ToolMessage\n"
            'class Ping(ToolMessage):\n    request: str = "ping"\n    purpose: str = "Ping"\n    host: str\n'
            "    def handle(self) -> str:\n        return str(os.system(self.host))\n"
        )
        assert self.message({"a.py": body}, tree).startswith("Tool argument of `Ping` reaches `os.system`")

    def test_another_name_of_a_function_is_told_by_the_first(self, tree: MakeTree) -> None:
        body = "run = os.system\n@function_tool\ndef tool(text: str):\n    start = run\n    start(text)\n"
        assert "reaches `run`" in self.message({"a.py": TOOL + body}, tree)


def test_several_sources_of_one_sink_are_one_finding(tree: MakeTree) -> None:
    body = (
        "def run(command):\n    os.system(command)\n"
        "@function_tool\ndef one(text: str):\n    run(text)\n"
        "@function_tool\ndef two(text: str, other: str):\n    run(text + other)\n"
    )
    (finding,) = findings({"a.py": TOOL + body}, tree)
    assert [flow[0]["line"] for flow in finding["flows"]] == [6, 9, 9]
    assert finding["why"].endswith("; 3 sources reach this place")


def test_sources_of_several_kinds_are_one_finding_of_one_sink(tree: MakeTree) -> None:
    body = (
        "import json, requests\n"
        "def run(code):\n    exec(code)\n"
        "def fetched(url):\n    run(requests.get('https://a.example/b').text)\n"
        "def parsed():\n    run(json.load(open('a.json'))['code'])\n"
        "def apart():\n    exec(json.load(open('a.json'))['code'])\n"
    )
    found = findings({"a.py": MODEL + body}, tree)
    assert [(one["rule"], len(one["flows"])) for one in found] == [
        ("fetched-content-to-exec", 2),
        ("parsed-data-to-exec", 1),
    ]
