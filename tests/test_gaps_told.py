"""What the analysis could not do is told in every format, and in the last line where it concerns a file."""

import html
import json
import re

import pytest

from aisafety_lint.flow import solver
from aisafety_lint.perfile import VERSION
from aisafety_lint.report import FORMATS, render
from aisafety_lint.settings import CommandLine, load_config
from conftest import MakeTree
from shared import run

TOOL = "import os\nfrom agents import function_tool\n\n\n@function_tool\ndef run(name: str):\n    os.system(name)\n"
BROKEN_CELL = json.dumps(
    {
        "cells": [
            {"cell_type": "code", "source": ["from agents import Agent\n"]},
            {"cell_type": "code", "source": ["def broken(:\n"]},
            {"cell_type": "code", "source": ["Agent(name='a')\n"]},
        ]
    },
    indent=1,
)


def written(form: str, files: dict[str, str], tree: MakeTree) -> str:
    """A report as it is read: without escapes, and with code between backticks."""
    config = load_config(CommandLine((str(tree(dict(files))),), isolated=True))
    text = render(form, run(config)).replace("%0A", " ")
    if form in ("markdown", "html"):
        text = html.unescape(re.sub("</?code>", "`", text))
    return " ".join(text.split())


@pytest.mark.parametrize("form", FORMATS)
def test_an_analysis_of_flows_that_was_cut(form: str, tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    def bounded(self: solver.Solver, *arguments: object) -> None:
        whole(self, *arguments)  # type: ignore[arg-type]  # what the analysis passes
        self.most = 1

    whole = solver.Solver.__init__
    monkeypatch.setattr(solver.Solver, "__init__", bounded)
    text = written(form, {"app.py": TOOL}, tree)
    assert form in ("markdown", "html") or "flow-limit" in text
    assert "The analysis of flows stopped after 1 steps; more findings are possible." in text


@pytest.mark.parametrize("form", FORMATS)
def test_cells_of_a_notebook_that_are_left_out(form: str, tree: MakeTree) -> None:
    text = written(form, {"demo.ipynb": BROKEN_CELL}, tree)
    assert f"Code cells of `demo.ipynb` cannot be parsed as Python {VERSION} and are left out: 2." in text


@pytest.mark.parametrize("form", FORMATS)
def test_a_notebook_that_is_none(form: str, tree: MakeTree) -> None:
    text = written(form, {"demo.ipynb": BROKEN_CELL[:-20] + '"agents"', "app.py": TOOL}, tree)
    assert f"`demo.ipynb` cannot be parsed as Python {VERSION}: it is not a valid notebook." in text
    if form in ("full", "concise"):
        assert "; 1 not analysed" in text
