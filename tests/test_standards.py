"""Standards: every file is whole, and references resolve to entries."""

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from aisafety_lint.errors import UserError
from aisafety_lint.knowledge import Knowledge, builtin_root, load_yaml
from aisafety_lint.standards import load_standards, resolve
from shared import KNOWLEDGE

STANDARDS = load_standards(KNOWLEDGE)
SARIF = {"cwe", "eu-ai-act", "mitre-atlas", "nist-ai-rmf", "owasp-aisvs", "owasp-asi-2026", "owasp-llm-2026"}


@pytest.mark.parametrize("path", sorted((builtin_root() / "standards").glob("*.yml")), ids=lambda path: path.stem)
def test_a_file_follows_the_schema_and_names_every_entry_once(path: Path) -> None:
    schema = json.loads((builtin_root() / "schema" / "standard.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    data = load_yaml(path)
    jsonschema.validate(data, schema)
    assert max(Counter(row["id"] for row in data["entries"]).values()) == 1
    assert data.get("superseded_by", path.stem) in STANDARDS


def test_all_standards_are_there_and_told_apart() -> None:
    assert len(STANDARDS) == 19
    assert len({taxonomy.guid for taxonomy in STANDARDS.values()}) == 19
    assert sum(len(taxonomy.entries) for taxonomy in STANDARDS.values()) == 406
    assert {key for key, taxonomy in STANDARDS.items() if taxonomy.sarif} == SARIF


@pytest.mark.parametrize(
    ("reference", "entry", "title"),
    [
        (
            "cwe:78",
            "CWE-78",
            "Improper Neutralization of Special Elements used in an OS Command ('OS Command Injection')",
        ),
        ("cwe:CWE-798", "CWE-798", "Use of Hard-coded Credentials"),
        ("owasp-llm-2026:LLM10", "LLM10:2026", "Improper Output Handling"),
        ("owasp-llm-2026:LLM10:2026", "LLM10:2026", "Improper Output Handling"),
        ("owasp-llm-2025:LLM06", "LLM06:2025", "Excessive Agency"),
        ("owasp-asi-2026:ASI05", "ASI05", "Unexpected Code Execution (RCE)"),
        ("owasp-aisvs:C9.2.1", "C9.2.1", "Approval before high impact"),
        ("mitre-atlas:T0051.001", "AML.T0051.001", "LLM Prompt Injection: Indirect"),
        ("nist-ai-rmf:MEASURE 2.7", "MEASURE 2.7", "Security and resilience evaluated"),
        ("eu-ai-act:14", "Art. 14", "Human oversight"),
        ("eu-ai-act:Annex III", "Annex III", "High-risk AI systems"),
    ],
)
def test_a_reference_is_a_standard_and_an_id_or_its_short_form(reference: str, entry: str, title: str) -> None:
    _, found = resolve(reference, STANDARDS)
    assert (found.id, found.title) == (entry, title)


@pytest.mark.parametrize("reference", ["cwe:0", "cwe", "cwe:", "cve:78", "", "owasp-llm-2026:LLM11"])
def test_an_unknown_reference_is_no_entry(reference: str) -> None:
    with pytest.raises(KeyError):
        resolve(reference, STANDARDS)
    with pytest.raises(UserError, match="names no entry of a known standard"):
        load_standards(KNOWLEDGE, [reference])


def test_an_entry_has_its_own_address_or_that_of_the_standard() -> None:
    assert resolve("cwe:78", STANDARDS)[1].url == "https://cwe.mitre.org/data/definitions/78.html"
    assert resolve("mitre-atlas:AML.M0029", STANDARDS)[1].url == "https://atlas.mitre.org/mitigations/AML.M0029"
    assert resolve("stride:T", STANDARDS)[1].url == STANDARDS["stride"].url


def test_only_the_standards_that_are_referred_to_are_read() -> None:
    assert list(load_standards(KNOWLEDGE, ["owasp-asi-2026:ASI01", "cwe:78"])) == ["cwe", "owasp-asi-2026"]
    assert load_standards(KNOWLEDGE, []) == {}


def test_the_rules_of_the_catalogue_refer_to_entries_that_findings_may_be_mapped_to() -> None:
    usages = {
        (rule.id, reference): resolve(reference, STANDARDS)[1].usage
        for rule in KNOWLEDGE.rules.values()
        for reference in rule.standards
    }
    assert {key: usage for key, usage in usages.items() if usage != "allowed"} == {}


def test_a_user_s_folder_brings_its_own_standard(tmp_path: Path) -> None:
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "house.yml").write_text(
        "name: House rules\nversion: '1'\norganization: Us\nurl: https://example.org/\n"
        "guid: 3c13adfa-edaf-5aeb-9c96-664338a143d7\nsarif: true\nentries:\n  - {id: H1, title: No shell}\n"
    )
    found = load_standards(Knowledge((builtin_root(), tmp_path)), ["house:H1", "cwe:78"])
    assert resolve("house:H1", found)[1].title == "No shell"
    (tmp_path / "standards" / "house.yml").write_text("name: House rules\n")
    with pytest.raises(UserError, match=r"house\.yml is incomplete"):
        load_standards(Knowledge((builtin_root(), tmp_path)), ["house:H1"])
