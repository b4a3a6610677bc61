"""A finding about the answer of a model tells what is seen to go into the prompt; no finding rests on it."""

import json
from typing import Any

import pytest

from aisafety_lint.report import render
from aisafety_lint.settings import CommandLine, load_config
from conftest import MakeTree
from shared import run

PRELUDE = (
    "import requests\nfrom agents import function_tool\nfrom openai import OpenAI\n"
    "client = OpenAI()\nSYSTEM = 'Write Python.'\n\n\n"
)


def written(form: str, body: str, tree: MakeTree) -> str:
    settings = {"select": ("model-output-to-exec",)}
    config = load_config(CommandLine((str(tree({"app.py": PRELUDE + body})),), isolated=True, settings=settings))
    return render(form, run(config))


def finding(body: str, tree: MakeTree) -> dict[str, Any]:
    (found,) = json.loads(written("json", body, tree))["findings"]
    return dict(found)


FETCHED = """\
def answer(url):
    page = requests.get(url).text
    messages = [{"role": "system", "content": SYSTEM}]
    messages.append({"role": "user", "content": f"Plot this: {page}"})
    exec(client.chat.completions.create(model="gpt-5", messages=messages).choices[0].message.content)
"""
TOOL = """\
@function_tool
def plot(request: str):
    exec(client.responses.create(model="gpt-5", input="Plot " + request).output_text)
"""
PASSED = """\
def ask(question):
    return client.responses.create(model="gpt-5", input=question).output_text

def main(url):
    exec(ask("Plot " + requests.get(url).text))
"""
PARAMETER = """\
def ask(question, model, size):
    exec(client.responses.create(model=model, max_output_tokens=size, input="Plot {}".format(question)).output_text)
"""
METHOD = """\
class Desk:
    def ask(self, question):
        exec(client.responses.create(model=self.model, input=self.system + question).output_text)
"""
CONSTANT = """\
def ask(count):
    if count > 3:
        exec(client.responses.create(model="gpt-5", input=SYSTEM).output_text)
"""
MADE_OF = """\
def ask(load, database):
    exec(client.responses.create(model="gpt-5", input=load(database)).output_text)
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (FETCHED, [(9, "retrieved content from `requests.get` goes into the prompt")]),
        (TOOL, [(9, "tool argument `request` of `plot` goes into the prompt")]),
        (PASSED, [(12, "retrieved content from `requests.get` goes into the prompt")]),
        (PARAMETER, [(8, "the parameter `question` of `ask` goes into the prompt")]),
        (METHOD, [(9, "the parameter `question` of `ask` goes into the prompt")]),
        (CONSTANT, []),
        (MADE_OF, []),
    ],
)
def test_what_is_seen_in_the_prompt_is_told(body: str, expected: list[tuple[int, str]], tree: MakeTree) -> None:
    found = finding(body, tree)
    assert [(place["line"], place["label"]) for place in found["indirect"]] == expected
    assert all(place in found["related"] for place in found["indirect"])
    for _, label in expected:
        assert found["why"].endswith(f"; the prompt holds {label.removesuffix(' goes into the prompt')}")
    assert found["message"].startswith("Model output from `client.")


def test_the_content_itself_does_not_go_through_the_model(tree: MakeTree) -> None:
    assert [flow[0]["label"] for flow in finding(FETCHED, tree)["flows"]] == ["model output"]


@pytest.mark.parametrize("form", ["full", "json", "sarif"])
def test_every_format_with_a_proof_has_it(form: str, tree: MakeTree) -> None:
    assert "retrieved content from `requests.get` goes into the prompt" in written(form, FETCHED, tree)
