"""Every framework that can ask a person has programs that do and do not, in gates.md: they differ in their findings."""

from pathlib import Path

import pytest
import yaml

from aisafety_lint.config import Config
from aisafety_lint.examples import Block, Expectation, blocks
from aisafety_lint.knowledge import builtin_root
from shared import run

FILE = Path(__file__).parent / "gates.md"
PROGRAMS = {f"{block.heading} {block.case}": block for block in blocks(FILE, FILE.read_text("utf-8"))}
FAMILIES = ("output-sinks", "tool-grants", "human-approval")


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_program(program: Block, tmp_path: Path) -> None:
    (tmp_path / program.path).write_text(program.text, "utf-8")
    report = run(Config(tmp_path, (tmp_path,), select=FAMILIES, tests=()))
    found = {Expectation(item.location.path, item.location.span.line, item.rule) for item in report.findings}
    assert found == set(program.expected)


def with_gates() -> set[str]:
    """The frameworks whose models know of a way to ask a person."""
    found: set[str] = set()
    for path in (builtin_root() / "frameworks").glob("*.yml"):
        model = yaml.safe_load(path.read_text("utf-8"))
        rows = [*model.get("tools", ()), *model.get("agents", ())]
        framework = "tools" in model or "agents" in model
        if any("approval" in row or "approved" in row for row in rows) or (framework and "gates" in model):
            found.add(path.stem)
    return found


@pytest.mark.parametrize("framework", sorted(with_gates()))
def test_a_framework_with_a_gate_has_both_twins(framework: str) -> None:
    mine = [block for name, block in PROGRAMS.items() if block.heading == framework]
    assert any(block.expected for block in mine)
    assert any(not block.expected for block in mine)
