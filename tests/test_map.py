"""`inspect` shows the map of a project: agents with all they hold and can do, gates, limits, and what stays open."""

import json
import re

import pytest

from conftest import Lint, MakeTree
from golden import same_as_golden
from test_inspect import validator

TOKEN = "ghp_" + "".join(chr(65 + number) for number in range(26)) + "1234567890"

PROJECT = {
    ".git/HEAD": "",
    "desk.py": f'''\
import os
import shutil

import stripe
from agents import Agent, CodeInterpreterTool, Runner, ShellTool, function_tool
from agents.mcp import MCPServerStdio


@function_tool(needs_approval=True)
def refund(charge: str) -> None:
    """Refund a charge."""
    stripe.Refund.create(charge=charge)


@function_tool
def tidy(folder: str) -> None:
    """Remove a folder once the operator agrees."""
    if input(f"Remove {{folder}}? ") == "yes":
        _remove(folder)


@function_tool
def look(name: str) -> str:
    """Read a file."""
    return open(name).read()


def _remove(folder: str) -> None:
    shutil.rmtree(folder)


files = MCPServerStdio(params={{"command": "npx", "args": ["files", "--token", "{TOKEN}"], "env": {{"KEY": "hidden"}}}})
billing = Agent(name="billing", model="gpt-5", tools=[refund, CodeInterpreterTool(tool_config={{}})])


def build(more):
    return Agent(
        name='hostile"]; click a0 "%%{{init}}%%" <b>`# end',
        handoffs=[billing],
        tools=[tidy, look, more],
        mcp_servers=[files],
    )


def main(question, more):
    Runner.run_sync(billing, question, max_turns=4)
    Runner.run_sync(build(more), question, max_turns=int(os.environ["TURNS"]))
''',
    "server.py": """\
from mcp.server.fastmcp import FastMCP

server = FastMCP("mail")


@server.tool()
def send(to: str) -> None:
    import smtplib

    smtplib.SMTP("localhost").sendmail("me", to, "hello")
""",
    "ask.py": """\
from openai import OpenAI

OpenAI().responses.create(input="?", model="gpt-5")
""",
}


@pytest.mark.parametrize("view", ["text", "json", "mermaid"])
def test_the_map_as_it_is_kept(view: str, tree: MakeTree, lint: Lint) -> None:
    tree(PROJECT)
    result = lint("inspect", "--output-format", view)
    assert (result.returncode, result.stderr) == (0, "")
    assert same_as_golden(f"inspect-{view}.txt", result.stdout)


def test_the_json_follows_its_published_schema(tree: MakeTree, lint: Lint) -> None:
    tree(PROJECT)
    document = json.loads(lint("inspect", "--output-format", "json").stdout)
    validator().validate(document)
    agents = {agent["name"]: agent for agent in document["agents"]}
    hostile = agents[next(name for name in agents if name.startswith("hostile"))]
    assert hostile["hands_over"] == [agents["billing"]["id"]]
    assert "money" in hostile["capabilities"]


@pytest.mark.parametrize("view", ["text", "json", "mermaid"])
def test_no_view_shows_a_credential(view: str, tree: MakeTree, lint: Lint) -> None:
    tree(PROJECT)
    shown = lint("inspect", "--output-format", view).stdout
    assert TOKEN not in shown
    assert "hidden" not in shown


def test_hostile_names_say_nothing_to_the_diagram(tree: MakeTree, lint: Lint) -> None:
    tree(PROJECT)
    lines = lint("inspect", "--output-format", "mermaid").stdout.splitlines()
    node = r'\w+(\(\["|\[\["|\["|\{\{")[^"\[\]{}%`<>]*(<br/>[^"\[\]{}%`<>]*)*("\]\)|"\]\]|"\]|"\}\})'
    edge = r'\w+ (-->|-- "a person is asked" -->) \w+'
    assert lines[0] == "flowchart LR"
    assert [line for line in lines[1:] if not re.fullmatch(rf"  ({node}|{edge})", line)] == []


def test_the_same_input_gives_the_same_bytes(tree: MakeTree, lint: Lint) -> None:
    tree(PROJECT)
    runs = {lint("inspect", "--output-format", "json", env={"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "2")}
    assert len(runs) == 1


def test_a_path_says_what_to_show(tree: MakeTree, lint: Lint) -> None:
    tree(PROJECT)
    shown = lint("inspect", "server.py").stdout
    assert "`send` server.py:7" in shown
    assert "desk.py" not in shown


def test_tools_of_test_code_are_left_out(tree: MakeTree, lint: Lint) -> None:
    fake = PROJECT["server.py"].replace("send", "fake").replace('server = FastMCP("mail")', "from server import server")
    tree({**PROJECT, "tests/test_server.py": fake})
    shown = lint("inspect").stdout
    assert "`send` server.py:7" in shown
    assert "fake" not in shown


def test_what_is_registered_with_an_agent_is_its_tool(tree: MakeTree, lint: Lint) -> None:
    text = """\
from pydantic_ai import Agent

first = Agent[None, str](name="first")
second = Agent(name="second")


@second.tool_plain
def look(name: str) -> str:
    return open(name).read()
"""
    tree({"app.py": text})
    assert lint("inspect").stdout.startswith(
        "agents\n  `first` app.py:3 (pydantic_ai)\n    limit: usage_limits 50, the default\n"
        "  `second` app.py:4 (pydantic_ai)\n    limit: usage_limits 50, the default\n    can: read files\n"
        "    tool `look` app.py:8\n"
    )


def test_a_call_that_starts_a_graph_may_limit_it(tree: MakeTree, lint: Lint) -> None:
    text = """\
from langgraph.prebuilt import create_react_agent


def look(word: str) -> str:
    return word


first = create_react_agent("openai:gpt-5", tools=[look])
first.invoke({"messages": []}, config={"recursion_limit": 12})
second = create_react_agent("openai:gpt-5", tools=[look])
second.invoke({"messages": []})
"""
    tree({"app.py": text, "requirements.txt": "langgraph==1.0.5\n"})
    limits = [line.strip() for line in lint("inspect").stdout.splitlines() if "limit:" in line]
    assert limits == ["limit: recursion_limit 12", "limit: recursion_limit 25, the default"]


RAW = """\
import json
import os

from openai import OpenAI

client = OpenAI()
TOOLS = [
    {"type": "function", "function": {"name": "ping", "parameters": {}}},
    {"type": "function", "function": {"name": "wipe", "parameters": {}}},
    {"type": "function", "function": {"name": "other", "parameters": {}}},
]


def ping(host: str) -> int:
    return os.system(f"ping -c 1 {host}")


def remove(path: str) -> None:
    os.remove(path)


FUNCTIONS = {"ping": ping}


def turn(messages: list) -> None:
    reply = client.chat.completions.create(model="gpt-5", messages=messages, tools=TOOLS)
    for call in reply.choices[0].message.tool_calls:
        arguments = json.loads(call.function.arguments)
        if call.function.name in DANGEROUS:
            if input("Run it? ") == "yes":
                DANGEROUS[call.function.name](**arguments)
        else:
            FUNCTIONS[call.function.name](**arguments)


DANGEROUS = {"wipe": remove}
"""


def test_a_loop_that_is_written_by_hand(tree: MakeTree, lint: Lint) -> None:
    tree({"app.py": RAW})
    assert lint("inspect").stdout.startswith(
        "agents\n  `reply` app.py:26 (openai)\n    model: `gpt-5`\n    can: run shell commands, delete files\n"
        "    `ping` app.py:14 (a schema, whose function the project calls itself)\n"
        "      can run shell commands: `os.system` app.py:15\n"
        "    `wipe` app.py:18 (a schema, whose function the project calls itself), a person is asked\n"
        "      can delete files: `os.remove` app.py:19, after a person agreed\n"
        "    `other` app.py:10 (a schema, and it is not known what is called for it)\n"
    )


def test_a_project_without_agents(tree: MakeTree, lint: Lint) -> None:
    tree({"app.py": "print()\n"})
    for view, first in (("text", "\n"), ("json", "{"), ("mermaid", "flowchart LR\n")):
        result = lint("inspect", "--output-format", view)
        assert result.returncode == 0
        assert result.stdout.startswith((first, "Looked at"))
