"""`weak_checks.md` as tests: which weak checks a finding names, and that their real twins leave nothing to find."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aisafety_lint.report import render
from aisafety_lint.settings import CommandLine, load_config
from conftest import MakeTree
from shared import run

PRELUDE = (
    "import ast, os, re, shlex, subprocess\nfrom pathlib import Path\nfrom urllib.parse import urlparse\n"
    'import requests\nfrom agents import function_tool\nBASE = Path("/data")\n'
)
MARK = re.compile(r"# weak: (.+)$")


def modules() -> Iterator[tuple[str, str]]:
    """The headings with their modules."""
    text = Path(__file__).with_name("weak_checks.md").read_text("utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        (body,) = re.findall(r"^```python\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
        yield section.partition("\n")[0], PRELUDE + body


CASES = dict(modules())


def written(form: str, text: str, tree: MakeTree) -> str:
    settings = {"select": ("output-sinks",)}
    config = load_config(CommandLine((str(tree({"app.py": text})),), isolated=True, settings=settings))
    return render(form, run(config))


def report(text: str, tree: MakeTree) -> Any:
    return json.loads(written("json", text, tree))


@pytest.mark.parametrize("title", CASES)
def test_a_finding_names_the_weak_checks_on_its_way(title: str, tree: MakeTree) -> None:
    text = CASES[title]
    marks = ((number, MARK.search(line)) for number, line in enumerate(text.split("\n"), 1))
    expected = {number: [] if mark[1] == "none" else mark[1].split(", ") for number, mark in marks if mark}
    found = {
        finding["location"]["line"]: [
            re.findall(r"^\w+ only by `(.+?)`:", place["label"])[0] for place in finding["related"]
        ]
        for finding in report(text, tree)["findings"]
    }
    assert found == expected


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("A prefix", "the value is checked only by `startswith`, which does not make it safe for a path that is read"),
        (
            "Several of them, in the order in which they are met",
            (
                "the value is checked only by `startswith` and `os.path.exists` and changed only by `replace`, "
                "which does not make it safe for a path that is read"
            ),
        ),
    ],
)
def test_the_reason_says_what_is_there_and_not_enough(title: str, why: str, tree: MakeTree) -> None:
    assert [finding["why"] for finding in report(CASES[title], tree)["findings"]] == [why]


@pytest.mark.parametrize("form", ["full", "json", "sarif"])
def test_every_format_with_a_proof_has_it_with_its_place(form: str, tree: MakeTree) -> None:
    text = written(form, CASES["A prefix"], tree)
    assert "the value is checked only by `startswith`" in text
    assert "checked only by `startswith`: what comes after the beginning is free" in text
    if form == "sarif":
        (result,) = json.loads(text)["runs"][0]["results"]
        assert result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 9
