"""The generated pages of the documentation are whole, and the built site works without a network.

Those of the built site need one, in the folder that `AISAFETY_SITE` names: `mkdocs build --strict --site-dir DIR`.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import browser
from aisafety_lint import cli
from aisafety_lint.knowledge import builtin_root
from aisafety_lint.rule import HEADINGS
from aisafety_lint.settings_schema import config_schema
from conftest import Lint, MakeTree
from shared import KNOWLEDGE
from sitegen.controls import Control, groups
from sitegen.page import Page
from sitegen.schemas import declared
from sitegen.sections import sections

SECTIONS = sections()
PAGES: dict[str, str] = {
    page.path: page.text for section in SECTIONS for page in (*section.every_page(), *section.every_aside())
}
CONTROLS = [control for group in groups() for control in group.controls]
SCHEMA = json.loads((builtin_root() / "schema" / "aisafety.schema.json").read_text("utf-8"))
FIELDS = dict(declared(SCHEMA, SCHEMA["$defs"]))
SITE = Path(os.environ.get("AISAFETY_SITE", ""))
built = pytest.mark.skipif(
    not os.environ.get("AISAFETY_SITE") or not browser.PROGRAM, reason="needs a built site, and a browser"
)


def stems(folder: str) -> set[str]:
    """The files of a folder of the knowledge, by name."""
    return {path.stem for path in (builtin_root() / folder).glob("*.yml")}


def listed(folder: str) -> set[str]:
    """The pages of a folder of the site, without its table."""
    return {Path(path).stem for path in PAGES if path.startswith(f"{folder}/")} - {"index"}


def test_each_rule_has_a_page_with_all_that_its_file_says() -> None:
    for rule in KNOWLEDGE.rules.values():
        text = PAGES[f"rules/{rule.family}/{rule.id}.md"]
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert [name for name in headings if name in HEADINGS] == list(HEADINGS), rule.id
        assert rule.fix in text
        assert not re.search(r"\{fake:|# expect: |^```\w+ (path|case)=", text, re.MULTILINE), rule.id


def test_each_file_of_the_knowledge_has_a_page() -> None:
    assert stems("frameworks") <= listed("frameworks")
    assert listed("standards") == stems("standards")
    assert listed("manifests") == {stem for stem, kind in KNOWLEDGE.models("manifests") if "title" in kind}
    assert listed("evals") == {stem for stem, model in KNOWLEDGE.models("evals") if "title" in model}


def test_each_format_of_a_secret_is_listed_and_no_value_stands_there(tree: MakeTree, lint: Lint) -> None:
    vendors = [vendor for _, vendor in KNOWLEDGE.models("secrets") if vendor.get("formats")]
    rows = sum(len(vendor["formats"]) for vendor in vendors)
    table = re.findall(r"^\| (?!issuer |---)", PAGES["secrets.md"], re.MULTILINE)
    assert len(table) == rows
    tree({path: text for path, text in PAGES.items() if "secret" in path})
    done = lint("--select", "secrets", "--persona", "auditor")
    assert done.returncode == 0, done.stdout


def test_each_command_option_and_setting_is_told() -> None:
    commands, settings = PAGES["reference/commands.md"], PAGES["reference/settings.md"]
    assert set(re.findall(r"^## (.+)$", commands, re.MULTILINE)) == set(cli.COMMANDS)
    assert "--unsafe-fixes " in commands
    for key, about in config_schema()["properties"].items():
        assert key in settings
        assert about["description"].rstrip(".") in settings


def test_each_schema_is_copied_and_listed() -> None:
    copied = {path: content for section in SECTIONS for path, content in section.files.items()}
    for path in (builtin_root() / "schema").glob("*.json"):
        assert copied[f"schemas/{path.name}"] == path.read_bytes()
        assert f"(../schemas/{path.name})" in PAGES["reference/schemas.md"]


def test_what_a_model_says_is_on_its_page() -> None:
    page = PAGES["frameworks/agents.md"]
    assert "| `Agent` | `tools` |" in page
    assert re.search(r"\| decorated with `agents.function_tool`.* \| `needs_approval` \|", page)
    assert "`max_turns`, `10` by default" in page
    assert re.search(r"`agents.LocalShellTool`.* \| `shell` \(run shell commands\) \|", page)


def test_all_controls_are_there_once() -> None:
    assert [len(group.controls) for group in groups()] == [29, 30, 25, 44, 26]
    assert len({control.id for control in CONTROLS}) == len(CONTROLS) == 154
    assert all(f"| {control.id} | {control.kind} | {control.asks} |" in PAGES["controls.md"] for control in CONTROLS)
    assert {control.kind for control in CONTROLS} == {"control", "question", "failure"}


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_a_control_claims_what_there_is(control: Control) -> None:
    assert control.rules or control.fields or control.unseen
    assert [name for name in control.rules if KNOWLEDGE.rules[name].status == "deprecated"] == []
    assert [field for field in control.fields if field not in FIELDS] == []
    if control.rules and control.fields:
        # Where a field is said to be checked, one of the rules has to speak of it.
        told = " ".join(KNOWLEDGE.rules[name].path.read_text("utf-8") for name in control.rules)
        assert [field for field in control.fields if field.rpartition(".")[2] not in told] == []


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    """A browser for the built site."""
    with browser.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@built
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "name", ["index.html", "start.html", "rules/human-approval/unapproved-payment.html", "frameworks/agents.html"]
)
def test_a_page_opens_from_a_folder_and_asks_nobody(page: browser.Browser, name: str, dark: bool) -> None:
    page.open(SITE / name, dark=dark)
    page.value("localStorage.clear()")
    page.open(SITE / name, dark=dark)
    assert page.value("document.querySelector('h1').innerText.length") > 0
    assert page.value("document.body.dataset.mdColorScheme") == ("slate" if dark else "default")
    assert page.problems == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []


@built
def test_the_search_works_without_a_server(page: browser.Browser) -> None:
    page.open(SITE / "index.html")
    page.value("document.querySelector('[data-md-component=search-query]').focus()")
    page.ask("Input.insertText", text="unapproved payment")
    found = (
        "new Promise(done => { const look = () => { const hit = document.querySelector('.md-search-result__item a');"
        "hit ? done(hit.href) : setTimeout(look, 50); }; look(); })"
    )
    answer = page.ask("Runtime.evaluate", expression=found, awaitPromise=True, returnByValue=True)
    assert answer["result"]["value"].startswith((SITE / "").as_uri())
    assert page.problems == []


def test_a_page_is_generated_once() -> None:
    every: list[Page] = [page for section in SECTIONS for page in (*section.every_page(), *section.every_aside())]
    assert len(every) == len(PAGES)
