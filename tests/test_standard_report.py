"""`report --standard` and `rules --standard`: each entry of a standard, what checks it, and with what result."""

import json
from pathlib import Path

import jsonschema
import pytest

from aisafety_lint.cli import main
from aisafety_lint.knowledge import builtin_root
from conftest import MakeTree

AGENT = '''\
import os

from agents import Agent, function_tool


@function_tool
def ping(host: str) -> int:
    """Ping a host."""
    return os.system("ping " + host){comment}


agent = Agent(name="Support", tools=[ping])
'''
ACCEPTED = "  # aisafety: ignore[model-output-to-shell] Only operators reach this."
NEVER = "not statically visible"


def results(root: Path, capsys: pytest.CaptureFixture[str], standard: str = "owasp-asi-2026") -> dict[str, str]:
    """The result of each entry."""
    return {one["id"]: one["result"] for one in written(root, capsys, standard)["entries"]}


def written(root: Path, capsys: pytest.CaptureFixture[str], standard: str) -> dict[str, list[dict[str, str]]]:
    """What the command writes as JSON, which keeps to its schema."""
    options = ("--output-format", "json", "--no-cache", "--isolated")
    assert main(["report", "--standard", standard, *options, str(root)]) == 0
    data: dict[str, list[dict[str, str]]] = json.loads(capsys.readouterr().out)
    schema = json.loads((builtin_root() / "schema/standard-report.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data, schema)
    return data


def test_each_entry_has_the_worst_result_of_its_rules(tree: MakeTree, capsys: pytest.CaptureFixture[str]) -> None:
    found = results(tree({"desk.py": AGENT.format(comment="")}), capsys)
    # Nothing limits the steps, for which the hygiene is asked; of messages between agents nothing can be seen.
    assert (found["ASI05"], found["ASI06"], found["ASI07"]) == ("finding", "pass", NEVER)


def test_what_is_accepted_is_no_pass(tree: MakeTree, capsys: pytest.CaptureFixture[str]) -> None:
    found = results(tree({"desk.py": AGENT.format(comment=ACCEPTED)}), capsys)
    assert found["ASI05"] == "accepted"


def test_where_there_is_nothing_to_look_at_nothing_passes(tree: MakeTree, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree({"sum.py": "def add(a: int, b: int) -> int:\n    return a + b\n"})
    found = results(root, capsys)
    # Any file can hold a secret.
    assert {entry for entry, result in found.items() if result == "pass"} <= {"ASI03", "ASI04"}
    assert (found["ASI05"], found["ASI07"]) == ("not applicable", NEVER)
    assert set(results(root, capsys, "nist-ai-rmf").values()) <= {"not applicable", NEVER, "pass"}


def test_a_manifest_of_another_kind_is_not_what_a_rule_looks_at(
    tree: MakeTree, capsys: pytest.CaptureFixture[str]
) -> None:
    server = '{"mcpServers": {"docs": {"command": "npx", "args": ["-y", "@acme/docs@1.2.3"]}}}\n'
    entries = written(tree({".mcp.json": server}), capsys, "owasp-asi-2026")["entries"]
    by_rule = {str(rule["rule"]): rule["result"] for one in entries for rule in one["rules"]}  # type: ignore[index]
    assert by_rule["unpinned-mcp-server"] == "pass"
    assert by_rule["agent-image-runs-as-root"] == "not applicable"


def test_rules_that_the_settings_leave_out_are_not_asked(tree: MakeTree, capsys: pytest.CaptureFixture[str]) -> None:
    settings = '[tool.aisafety-lint]\nselect = ["secrets"]\n'
    root = tree({"desk.py": AGENT.format(comment=""), "pyproject.toml": settings})
    assert main(["report", "--standard", "owasp-asi-2026", "--no-cache", str(root)]) == 0
    assert "ASI06  Memory & Context Poisoning: not asked" in capsys.readouterr().out


def test_a_person_reads_where_a_result_comes_from(tree: MakeTree, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree({"desk.py": AGENT.format(comment="")})
    assert main(["report", "--standard", "owasp-llm-2026", "--no-cache", "--isolated", str(root)]) == 0
    text = capsys.readouterr().out
    # The year is part of the name, once.
    assert text.startswith("OWASP Top 10 for LLM Applications 2026 (")
    assert "\n  model-output-to-shell: 1 finding at desk.py:9\n" in text
    assert " entries: " in text
    assert max(map(len, text.splitlines()[1:-1])) <= 100
    options = ("--output-format", "markdown", "--source-url", "https://example.org/blob/main")
    assert main(["report", "--standard", "owasp-llm-2026", *options, "--no-cache", "--isolated", str(root)]) == 0
    assert "](https://example.org/blob/main/desk.py#L9)" in capsys.readouterr().out


def test_rules_are_listed_by_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--standard", "owasp-asi-2026"]) == 0
    text = capsys.readouterr().out
    assert f"ASI07  Insecure Inter-Agent Communication\n  {NEVER}\n" in text
    assert "  model-output-to-shell (critical): " in text.partition("ASI05")[2].partition("ASI06")[0]
    assert main(["rules", "--standard", "owasp-asi-2026", "--output-format", "json"]) == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert all(any(name.startswith("owasp-asi-2026:") for name in rule["standards"]) for rule in rules)


def test_an_unknown_standard_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("rules", "report"):
        assert main([command, "--standard", "owasp-asi"]) == 2
        told = capsys.readouterr().err
        assert "unknown standard `owasp-asi`" in told
        assert "`owasp-asi-2026`" in told
