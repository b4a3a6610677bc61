"""Every framework is understood: small programs of each, in frameworks.md."""

from pathlib import Path

import pytest

from aisafety_lint.config import Config
from aisafety_lint.examples import Block, Expectation, blocks
from shared import run

FILE = Path(__file__).parent / "frameworks.md"
FAMILIES = ("output-sinks", "tool-grants", "human-approval")


def programs() -> dict[str, list[Block]]:
    """The programs: a block each, or the blocks of one case."""
    found: dict[str, list[Block]] = {}
    for block in blocks(FILE, FILE.read_text("utf-8")):
        found.setdefault(f"{block.heading} {block.case or block.line}", []).append(block)
    return found


@pytest.mark.parametrize("program", programs().values(), ids=programs().keys())
def test_program(program: list[Block], tmp_path: Path) -> None:
    for block in program:
        (tmp_path / block.path).write_text(block.text, "utf-8")
    report = run(Config(tmp_path, (tmp_path,), select=FAMILIES, tests=()))
    found = {Expectation(item.location.path, item.location.span.line, item.rule) for item in report.findings}
    assert found == {expected for block in program for expected in block.expected}
