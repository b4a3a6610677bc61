"""No secret of a project is ever shown: one generated secret in each place, and everything that the program writes."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from aisafety_lint.config import Config
from aisafety_lint.report import FORMATS
from aisafety_lint.secrets.formats import fake, load_formats
from conftest import Lint, MakeTree
from shared import KNOWLEDGE
from shared import run as checked

FORMATS_OF_SECRETS = KNOWLEDGE.part(load_formats)
LEAST = 8  # as many characters in a row tell which secret it was


class Secrets:
    """A secret for each place, and those of them that a text shows."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.parts: dict[str, set[str]] = {}

    def at(self, place: str, format_id: str = "github-pat") -> str:
        value = fake(FORMATS_OF_SECRETS, format_id, len(self.values) + 1)
        body = value[len(FORMATS_OF_SECRETS.by_id[format_id].prefix(value)) :]
        body = body.split("\n")[1] if "\n" in body else body
        self.values[place] = value
        self.parts[place] = {body[start : start + LEAST] for start in range(len(body) - LEAST + 1)}
        return value

    def shown_in(self, text: str) -> list[str]:
        return [place for place, parts in self.parts.items() if any(part in text for part in parts)]


def project(secrets: Secrets) -> Iterator[tuple[str, str]]:
    at = secrets.at
    yield (
        "agent.py",
        f'''import os
import subprocess

from agents import Agent, function_tool
from openai import OpenAI

client = OpenAI(api_key="{at("argument", "openrouter")}")
GATEWAY_API_KEY = "{at("assignment", "generic-secret")}"  # {at("comment")}
SYSTEM_PROMPT = "You may use the token {at("prompt")} for every request that you make."
os.environ["HF_TOKEN"] = "{at("environment", "huggingface")}"
# aisafety: ignore[hardcoded-service-credential] the key {at("reason of a suppression")} is old
KEY = "{at("suppressed")}"


@function_tool
def run(command: str) -> str:
    """Run it with the token {at("description of a tool")} as the key."""
    done = subprocess.run(command + " --token {at("argument of a sink")}", shell=True, capture_output=True)
    return str(done.stdout)


agent = Agent(name="{at("name of an agent")}", instructions=SYSTEM_PROMPT, tools=[run], model="{at("model")}")
''',
    )
    yield "broken.py", f'def f(:\n    key = "{at("broken Python")}"\n'
    yield "broken.json", f'{{"api_key": "{at("broken JSON")}",, }}\n'
    yield "broken/.mcp.json", f'{{"mcpServers": {{"x": {{"command": ["{at("broken manifest")}"] }} \n'
    server: dict[str, object] = {
        "command": "npx",
        "args": ["-y", "x", "--api-key", at("argument of a server", "generic-secret")],
    }
    server |= {"env": {"TOKEN": at("environment of a server")}}
    remote = {"url": f"https://u:{at('address', 'generic-password')}@mcp.acme-corp.net/x"}
    yield ".mcp.json", json.dumps({"mcpServers": {"x": server, at("name of a server"): server, "y": remote}})
    yield (
        "docker-compose.yml",
        f"services:\n  a:\n    environment:\n      DB_PASSWORD: {at('compose', 'generic-password')}\n",
    )
    yield (
        ".github/workflows/a.yml",
        f"on: push\njobs:\n  a:\n    env:\n      AWS_SECRET_ACCESS_KEY: {at('workflow', 'aws-secret')}\n",
    )
    cell = {"cell_type": "code", "metadata": {}, "source": f'key = "{at("notebook")}"\n', "execution_count": 1}
    output = {"output_type": "stream", "name": "stdout", "text": f"token {at('output of a notebook')}\n"}
    book = {"cells": [{**cell, "outputs": [output]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    yield "a.ipynb", json.dumps(book)
    yield "key.pem", at("key block", "private-key") + "\n"
    yield "README.md", f"export GITHUB_TOKEN={at('documentation')}\n"
    yield "aisafety.yaml", f"version: 1\nagents:\n  - name: {at('declaration')}\n    other: {at('unknown key')}\n"
    yield (
        "promptfooconfig.yaml",
        f"providers: [openai:gpt-4o]\nprompts: ['say {at('evaluation')}']\nredteam: [{at('wrong')}]\n",
    )


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


def written(folder: Path) -> Mapping[str, str]:
    return {path.name: path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()}


def test_in_no_output_no_cache_and_no_message(tree: MakeTree, lint: Lint, secrets: Secrets, tmp_path: Path) -> None:
    tree(dict(project(secrets)))
    files = [f"{form}={tmp_path / 'out' / form}" for form in FORMATS]
    (tmp_path / "out").mkdir()
    debug = {"AISAFETY_LINT_TRACEBACK": "1"}
    options = ("--persona", "auditor", "--trace", "full", "--include-suppressed", "--cache-dir", tmp_path / "cache")
    result = lint(*options, *(word for output in files for word in ("--output", output)), env=debug)
    assert result.returncode == 1, result.stderr
    seen = {
        **written(tmp_path / "out"),
        **written(tmp_path / "cache"),
        "stdout": result.stdout,
        "stderr": result.stderr,
    }
    assert len(seen) > len(FORMATS) + 3
    map_of_it = lint("inspect", ".", "--output-format", "json", env=debug)
    seen |= {"inspect": map_of_it.stdout, "inspect, messages": map_of_it.stderr}
    assert {name: shown for name, text in seen.items() if (shown := secrets.shown_in(text))} == {}


@pytest.mark.parametrize(
    "settings",
    ['select = ["{}"]\n', 'nothing = "{}\n', '[[overrides]]\npaths = ["a"]\nignore = ["{}"]\nreason = "x"\n'],
)
def test_in_no_message_about_settings(tree: MakeTree, lint: Lint, secrets: Secrets, settings: str) -> None:
    tree({"a.py": "x = 1\n", "aisafety-lint.toml": settings.format(secrets.at("settings"))})
    result = lint(env={"AISAFETY_LINT_TRACEBACK": "1"})
    assert result.returncode == 2
    assert secrets.shown_in(result.stdout + result.stderr) == []


def test_a_key_that_proves_itself_is_less_severe_in_a_test_and_said_once_for_a_value(tree: MakeTree) -> None:
    secrets = Secrets()
    key, password = secrets.at("key"), secrets.at("password", "generic-password")
    root = tree(
        {
            "a.py": f'TOKEN = "{key}"\n',
            "tests/test_a.py": f'TOKEN = "{key}"\nother_password = "{secrets.at("other", "generic-password")}"\n',
            "a/compose.yml": f"services: {{db: {{environment: {{DB_PASSWORD: '{password}'}}}}}}\n",
            "b/compose.yml": f"services: {{db: {{environment: {{DB_PASSWORD: '{password}'}}}}}}\n",
        }
    )
    found = checked(Config(root=root, paths=(root,), select=("secrets",))).findings
    assert [(one.location.path, str(one.severity)) for one in found] == [
        ("a.py", "critical"),
        ("a/compose.yml", "medium"),
        ("tests/test_a.py", "medium"),
    ]
    assert [place.path for place in found[1].related] == ["b/compose.yml"]
