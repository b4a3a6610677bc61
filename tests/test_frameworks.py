"""Every framework is understood: small programs of each, in frameworks.md."""

from pathlib import Path

import pytest

from aisafety_lint.config import Config
from aisafety_lint.examples import Block, Expectation, blocks
from aisafety_lint.pipeline import run

FILE = Path(__file__).parent / "frameworks.md"
PROGRAMS = tuple(blocks(FILE, FILE.read_text("utf-8")))
FAMILIES = ("output-sinks", "tool-grants", "human-approval")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda block: block.heading)
def test_program(program: Block, tmp_path: Path) -> None:
    (tmp_path / program.path).write_text(program.text, "utf-8")
    report = run(Config(tmp_path, (tmp_path,), select=FAMILIES, tests=()))
    found = {Expectation(item.location.path, item.location.span.line, item.rule) for item in report.findings}
    assert found == set(program.expected)
