"""The worked examples of CONTRIBUTING.md: written to a folder as they stand, they are rules whose examples hold."""

from pathlib import Path

import pytest

from conftest import Lint, MakeTree
from screens import blocks

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def own_rules(tmp_path: Path) -> Path:
    """The folder that CONTRIBUTING.md describes."""
    folder = tmp_path / "my-rules"
    for block in blocks((ROOT / "CONTRIBUTING.md").read_text("utf-8")):
        if block.name:
            block.write(folder)
    return folder


def test_it_has_a_rule_a_framework_and_a_manifest_kind(own_rules: Path) -> None:
    files = {path.relative_to(own_rules).as_posix() for path in own_rules.rglob("*") if path.is_file()}
    assert {name.split("/")[0] for name in files} == {"output-sinks", "frameworks", "manifests", "tool-grants"}


def test_the_examples_hold(own_rules: Path, lint: Lint) -> None:
    done = lint("test", own_rules)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("output-sinks/model-output-to-log.md", "from: [model-output]", "from: [human-answer]"),
        ("frameworks/acme_desk.yml", "yields: model-output", "yields: human-answer"),
        ("frameworks/acme_desk.yml", "except: [ticket]", "except: [text]"),
        ("manifests/acme-agent.yml", "acme/v1", "acme/v2"),
        ("manifests/acme-agent.yml", "literals: [acme/v1]\n", ""),
        ("tool-grants/acme-agent-without-limit.md", "absent", "exists"),
    ],
)
def test_each_of_the_files_is_needed(own_rules: Path, lint: Lint, file: str, old: str, new: str) -> None:
    text = (own_rules / file).read_text("utf-8")
    assert text.count(old) == 1
    (own_rules / file).write_text(text.replace(old, new), "utf-8")
    assert lint("test", own_rules).returncode == 1


def test_the_rules_work_on_a_project(own_rules: Path, tree: MakeTree, lint: Lint) -> None:
    tree({"desk.agent.yaml": "api: acme/v1\nagents:\n  - name: desk\n"})
    done = lint("--rules", own_rules, "--output-format", "concise")
    assert "desk.agent.yaml:3:" in done.stdout
    assert "acme-agent-without-limit" in done.stdout
    assert done.returncode == 1
