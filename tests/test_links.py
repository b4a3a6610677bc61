"""Findings that begin in a manifest and end in another file of the project, with both places."""

import json
from typing import Any

from conftest import Lint, MakeTree

SCRIPT = """
import os
import subprocess

from agents import Agent, Runner, function_tool


@function_tool
def run(command: str) -> str:
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


agent = Agent(name="triage", tools=[run])
print(Runner.run_sync(agent, os.environ["ISSUE_BODY"]).final_output)
"""
WORKFLOW = """
on: issues
permissions: {contents: read}
jobs:
  triage:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@0123456789abcdef0123456789abcdef01234567
      - run: |
          pip install -r requirements.txt
          uv run scripts/triage.py
        env:
          ISSUE_BODY: ${{ github.event.issue.body }}
"""
SERVER = """
import subprocess

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("desk")


@mcp.tool()
def run(command: str) -> str:
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout
"""


def findings(lint: Lint, root: object) -> list[dict[str, Any]]:
    result = lint(str(root), "--output-format", "json", "--exit-zero", "--persona", "auditor")
    found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return found


def places(finding: dict[str, Any]) -> list[tuple[str, int]]:
    return [(place["path"], place["line"]) for place in finding["related"]]


def named(found: list[dict[str, Any]], rule: str) -> dict[str, Any]:
    return next(finding for finding in found if finding["rule"] == rule)


def test_a_step_that_runs_a_script_reaches_its_agent(tree: MakeTree, lint: Lint) -> None:
    found = findings(lint, tree({"scripts/triage.py": SCRIPT, ".github/workflows/triage.yml": WORKFLOW}))
    opened = named(found, "ai-workflow-open-to-strangers")
    assert (opened["location"]["path"], opened["location"]["line"]) == (".github/workflows/triage.yml", 11)
    assert ("scripts/triage.py", 13) in places(opened)
    shell = named(found, "model-output-to-shell")
    assert shell["location"]["path"] == "scripts/triage.py"
    assert ".github/workflows/triage.yml" in [path for path, _ in places(shell)]


def test_a_step_that_runs_a_script_without_a_model_is_no_step_of_an_agent(tree: MakeTree, lint: Lint) -> None:
    plain = {"scripts/triage.py": "print('labels')\n", ".github/workflows/triage.yml": WORKFLOW, "agent.py": SCRIPT}
    rules = {finding["rule"] for finding in findings(lint, tree(plain))}
    assert "model-output-to-shell" in rules
    assert "ai-workflow-open-to-strangers" not in rules


def test_a_server_of_the_project_is_the_one_that_the_client_starts(tree: MakeTree, lint: Lint) -> None:
    client = {"mcpServers": {"desk": {"command": "python", "args": ["./server.py"]}}}
    settings = {"enabledMcpjsonServers": ["desk"], "permissions": {"allow": []}}
    files = {"server.py": SERVER, ".mcp.json": json.dumps(client), ".claude/settings.json": json.dumps(settings)}
    shell = named(findings(lint, tree(files)), "model-output-to-shell")
    assert (".mcp.json", 1) in places(shell)


def test_a_server_that_is_approved_in_advance_says_so(tree: MakeTree, lint: Lint) -> None:
    entries = {"desk": {"url": "http://desk.example.com/mcp"}, "other": {"url": "http://other.example.com/mcp"}}
    settings = {"enabledMcpjsonServers": ["desk"], "permissions": {"allow": []}}
    client = json.dumps({"mcpServers": entries}, indent=1)
    found = findings(lint, tree({".mcp.json": client, ".claude/settings.json": json.dumps(settings)}))
    plain = {finding["location"]["line"]: places(finding) for finding in found if "plain-http" in finding["rule"]}
    assert plain == {4: [(".claude/settings.json", 1)], 7: []}
