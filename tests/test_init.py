"""`aisafety-lint init`: what it writes is valid, proven or blank, and `--check` shows what has changed in the code."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from aisafety_lint import cli
from aisafety_lint.declaration.draft import quoted
from aisafety_lint.knowledge import builtin_root

CODE = '''
import logging
import smtplib

import stripe
from agents import Agent, function_tool
from agents.mcp import MCPServerStdio


@function_tool(needs_approval=True)
def refund(charge: str) -> str:
    """Pay a charge back."""
    logging.info("refund")
    return stripe.Refund.create(charge=charge).id


@function_tool
def tell(text: str) -> str:
    """Write to the customer."""
    with smtplib.SMTP("mail.acme.internal") as server:
        server.sendmail("desk@acme.internal", "all@acme.internal", text)
    return "sent"


@function_tool
def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


desk = Agent(name="refund desk", model="gpt-5", tools=[refund, tell, add])
'''
SUITE = "targets: [https://app.acme.internal]\nredteam: {plugins: [harmful, excessive-agency]}\n"


class Loader(yaml.SafeLoader):
    """Reads dates as texts, as the schema wants them."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def project(folder: Path, **files: str) -> Path:
    for name, text in {"desk.py": CODE, **files}.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return folder


def init(folder: Path, *options: str) -> int:
    return cli.main(["init", "--isolated", str(folder), *options])


def written(folder: Path) -> dict[str, Any]:
    """The declaration that init wrote, which the schema accepts."""
    data: dict[str, Any] = yaml.load((folder / "aisafety.yaml").read_text("utf-8"), Loader)
    schema = json.loads((builtin_root() / "schema" / "aisafety.schema.json").read_text("utf-8"))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(data)
    return data


def test_everything_that_the_code_proves(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "acme-desk"\n',
        "CODEOWNERS": "* @acme/support\n",
        "promptfooconfig.yaml": SUITE,
    }
    assert init(project(tmp_path, **files)) == 0
    data = written(tmp_path)
    assert data["system"]["name"] == "acme-desk"
    assert data["owner"]["accountable"] == "@acme/support"
    assert data["models"] == [{"id": "gpt-5"}]
    (agent,) = data["agents"]
    assert (agent["name"], agent["code"]) == ("refund desk", "desk.py:desk")
    assert [(tool["name"], tool["effect"], tool.get("approval")) for tool in agent["tools"]] == [
        ("refund", "money", "always"),
        ("tell", "message", "never"),
        ("add", "TODO", None),
    ]
    (suite,) = data["evals"]
    assert (suite["tool"], suite["config"]) == ("promptfoo", "promptfooconfig.yaml")
    assert {"adversarial", "excessive_agency"} <= set(suite["covers"])
    assert "over_refusal" not in suite["covers"]


def test_what_people_decide_is_blank_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(project(tmp_path))
    data = written(tmp_path)
    assert data["system"]["users"] == data["system"]["risk_tier"] == data["review"]["expires"] == "TODO"
    assert data["evals"][0]["external"].startswith("TODO")
    capsys.readouterr()
    cli.main([str(tmp_path), "--isolated", "--no-cache", "--select", "governance", "--output-format", "json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [one["rule"] for one in found] == ["placeholder-in-declaration"]


def test_a_server_is_told_and_not_listed(tmp_path: Path) -> None:
    code = CODE.replace("desk = Agent(", 'orders = MCPServerStdio(params={"command": "orders"})\ndesk = Agent(')
    init(project(tmp_path, **{"desk.py": code.replace("add])", "add], mcp_servers=[orders])")}))
    assert len(written(tmp_path)["agents"][0]["tools"]) == 3
    assert "# Not listed, the code does not tell its tools: MCPServerStdio" in (tmp_path / "aisafety.yaml").read_text()


def test_what_is_said_of_how_an_agent_is_built_is_no_tool(tmp_path: Path) -> None:
    code = CODE.replace("tools=[refund, tell, add]", "tools=[refund, tell, add], input_guardrails=[screen]")
    init(project(tmp_path, **{"desk.py": code}))
    (agent,) = written(tmp_path)["agents"]
    assert [tool["name"] for tool in agent["tools"]] == ["refund", "tell", "add"]


def test_a_model_from_the_environment_is_not_named(tmp_path: Path) -> None:
    code = CODE.replace('model="gpt-5"', 'model=os.getenv("DESK_MODEL")').replace(
        "import logging", "import logging\nimport os"
    )
    init(project(tmp_path, **{"desk.py": code}))
    assert "models" not in written(tmp_path)


def test_without_an_agent_in_the_code(tmp_path: Path) -> None:
    init(project(tmp_path, **{"desk.py": CODE.partition("desk = Agent")[0]}))
    (agent,) = written(tmp_path)["agents"]
    assert agent["name"].startswith("TODO")
    assert [tool["name"] for tool in agent["tools"]] == ["refund", "tell", "add"]


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, **{"aisafety.yaml": "version: 1\n"})
    assert init(tmp_path) == 2
    assert "`aisafety.yaml` exists" in capsys.readouterr().err
    assert (tmp_path / "aisafety.yaml").read_text() == "version: 1\n"
    assert init(tmp_path, "--output", "-") == 0
    assert "agents:" in capsys.readouterr().out
    assert init(tmp_path, "--force") == 0
    assert written(tmp_path)["agents"]


def test_each_agent_of_a_repository_has_the_nearest_declaration(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    other = CODE.replace("refund desk", "other desk")
    project(tmp_path, **{"refund/desk.py": CODE, "other/desk.py": other, "desk.py": ""})
    init(tmp_path / "refund")
    (agent,) = written(tmp_path / "refund")["agents"]
    assert (agent["name"], agent["code"]) == ("refund desk", "desk.py:desk")
    init(tmp_path)
    assert [agent["code"] for agent in written(tmp_path)["agents"]] == ["other/desk.py:desk"]


class TestCheck:
    """The difference between the declaration and the code."""

    def test_none(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        init(project(tmp_path))
        capsys.readouterr()
        assert init(tmp_path, "--check") == 0
        assert capsys.readouterr().out == "aisafety.yaml: the code is as declared\n"

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("tools=[refund, tell, add]", "tools=[refund, tell]", "- tool `add` of `refund desk`"),
            ("(needs_approval=True)", "", "~ tool `refund` of `refund desk`: approval always -> never (desk.py:11)"),
            ("return first + second", "return stripe.Refund.create(charge=first)", "effect TODO -> money (desk.py:28)"),
            (
                'desk = Agent(name="refund desk"',
                'two = Agent(name="two", tools=[add])\ndesk = Agent(name="refund desk"',
                "+ agent `two` desk.py:31",
            ),
        ],
    )
    def test_changes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: str) -> None:
        init(project(tmp_path))
        capsys.readouterr()
        project(tmp_path, **{"desk.py": CODE.replace(old, new)})
        assert init(tmp_path, "--check") == 1
        assert line in capsys.readouterr().out

    def test_a_new_tool_and_a_stronger_effect(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        init(project(tmp_path))
        text = (tmp_path / "aisafety.yaml").read_text("utf-8")
        (tmp_path / "aisafety.yaml").write_text(text.replace("name: tell", "name: told").replace("money", "read"))
        capsys.readouterr()
        assert init(tmp_path, "--check") == 1
        assert capsys.readouterr().out.splitlines() == [
            "aisafety.yaml: the code has changed",
            "  ~ tool `refund` of `refund desk`: effect read -> money (desk.py:14)",
            "  + tool `tell` of `refund desk`: message, approval never (desk.py:18)",
            "  - tool `told` of `refund desk`",
        ]

    def test_there_is_nothing_to_compare(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert init(project(tmp_path), "--check") == 2
        assert "`aisafety-lint init` writes one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("refund desk", "refund desk"),
        ("src/desk.py:Desk.make", "src/desk.py:Desk.make"),
        ("yes", '"yes"'),
        ("@acme/support", '"@acme/support"'),
        ("a: b", '"a: b"'),
        ("a # b", '"a # b"'),
        ("7", '"7"'),
        ("line\nbreak", '"line\\nbreak"'),
        ("", '""'),
    ],
)
def test_texts_are_quoted_where_they_have_to_be(text: str, expected: str) -> None:
    assert quoted(text) == expected
    assert yaml.safe_load(expected) == text
