"""The catalogue: every rule is complete, and every example in it is found or silent as marked."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from aisafety_lint.errors import UserError
from aisafety_lint.examples import Case, Expectation, blocks, cases, for_readers, unknown_expectations
from aisafety_lint.knowledge import builtin_root, load_yaml
from aisafety_lint.rule import FAMILIES, Rule
from aisafety_lint.standards import Taxonomy, load_standards, resolve
from shared import KNOWLEDGE, RUNNER

RULES = KNOWLEDGE.rules
CASES = [case for rule in RULES.values() for case in cases(rule)]
FILES = sorted((builtin_root() / "catalog").rglob("*.md"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_example(case: Case) -> None:
    assert not unknown_expectations(case, RULES)
    outcome = RUNNER.run(case)
    assert outcome.passed, "\n".join([f"{RULES[case.rule].path}:{case.line}", *outcome.lines()])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_front_matter_is_what_the_schema_says(path: Path) -> None:
    text = path.read_text("utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    _validator().validate(front)
    assert front["id"] == path.stem
    assert path.parent.name in FAMILIES


@cache
def _validator() -> jsonschema.Draft202012Validator:
    """The schema of rules, with the schemas beside it that it refers to."""
    files = (builtin_root() / "schema").glob("*.schema.json")
    schemas = {path.name: json.loads(path.read_text("utf-8")) for path in files}
    jsonschema.Draft202012Validator.check_schema(schemas["rule.schema.json"])
    resources = [(name, Resource.from_contents(schema)) for name, schema in schemas.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return jsonschema.Draft202012Validator(schemas["rule.schema.json"], registry=registry)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_kinds_in_a_match_are_declared(rule: Rule) -> None:
    kinds = _kinds()
    flow = rule.match.get("flow", {})
    assert set(flow.get("from", ())) <= kinds["sources"].keys()
    assert set(flow.get("to", ())) <= kinds["sinks"].keys()
    for key in ("grant", "approval"):
        assert set(rule.match.get(key, {}).get("capabilities", ())) <= kinds["capabilities"].keys()


@cache
def _kinds() -> Mapping[str, Any]:
    return load_yaml(builtin_root() / "schema/kinds.yml")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_rule_has_bad_and_good_examples(rule: Rule) -> None:
    bad = [block for case in cases(rule) for block in case.blocks if rule.id in {one.rule for one in block.expected}]
    good = [block for case in cases(rule) for block in case.blocks if not case.expected]
    assert len(bad) >= 2, "a rule needs two examples of what it finds"
    assert len(good) >= 2, "a rule needs two examples of what is right, one of them a trap"


def test_names_are_unique() -> None:
    names = Counter([path.stem for path in FILES])
    names.update(alias for rule in RULES.values() for alias in rule.aliases)
    names.update(FAMILIES)
    assert [name for name, count in names.items() if count > 1] == []
    assert len(FILES) == len(RULES)
    assert not {tag for rule in RULES.values() for tag in rule.tags} & names.keys(), "a tag must not be another name"


@cache
def _standards() -> dict[str, Taxonomy]:
    return load_standards(KNOWLEDGE)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_standards_are_known(rule: Rule) -> None:
    for reference in rule.standards:
        _, entry = resolve(reference, _standards())
        assert entry.usage != "prohibited"


def test_no_secret_looking_text_is_in_the_catalogue() -> None:
    """Secrets in examples are recipes, so that the repository itself holds none."""
    secret_rules = [case for case in CASES if "secret" in RULES[case.rule].match and case.expected]
    assert all("{fake:" in block.text for case in secret_rules for block in case.blocks if block.expected)


MARKDOWN = """
# Title

```python
eval(x)  # expect: one
y  # expect: one, two
```

## First

```json path=.mcp.json expect=three:2
{
}
```

```python path=src/app.py
pass
```

```text
not scanned  # expect: one
```

## Second

```yaml path=a.yaml case=left
a: 1 # expect: one
```

```yaml path=a.yaml case=right
a: 2
```

~~~markdown
## no heading
```python
```
~~~

```dockerfile
FROM x
```
"""


def written(tmp_path: Path, text: str) -> Rule:
    path = tmp_path / "rule.md"
    path.write_text(text)
    return replace(next(iter(RULES.values())), id="r", path=path)


class TestExamples:
    """How examples are read from Markdown."""

    def test_blocks_become_projects(self, tmp_path: Path) -> None:
        found = [
            (case.heading, [block.path for block in case.blocks], sorted(case.expected))
            for case in cases(written(tmp_path, MARKDOWN))
        ]
        assert found == [
            (
                "Title",
                ["example.py"],
                [
                    Expectation("example.py", 1, "one"),
                    Expectation("example.py", 2, "one"),
                    Expectation("example.py", 2, "two"),
                ],
            ),
            ("First", [".mcp.json", "src/app.py"], [Expectation(".mcp.json", 2, "three")]),
            ("Second", ["a.yaml"], [Expectation("a.yaml", 1, "one")]),
            ("Second", ["a.yaml"], []),
            ("Second", ["example.md"], []),
            ("Second", ["Dockerfile"], []),
        ]

    def test_markers_are_not_scanned(self) -> None:
        texts = [block.text for block in blocks(Path("x.md"), MARKDOWN)]
        assert texts[0] == "eval(x)\ny\n"
        assert texts[3] == "a: 1\n"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("```\nx\n```", "1: a block without a language"),
            ("```python\nx", "1: the fence is not closed"),
            ("\n```python paht=a.py\nx\n```", "2: `paht=a.py` says nothing"),
            ("```python expect=rule\nx\n```", "1: `expect=rule` says nothing"),
            ("```python path=../a.py\nx\n```", "1: `../a.py` is not a path inside a project"),
            ("```python path=/a.py\nx\n```", "1: `/a.py` is not a path inside a project"),
        ],
    )
    def test_mistakes_are_told_with_their_line(self, text: str, message: str) -> None:
        with pytest.raises(UserError) as caught:
            list(blocks(Path("x.md"), text))
        assert caught.value.message.startswith(f"x.md:{message}")

    def test_readers_see_no_machinery(self) -> None:
        text = "```python path=a.py expect=x:1 case=b\nkey = '{fake:some-key}'  # expect: one\n```\n"
        assert for_readers(text) == "```python path=a.py\nkey = '<some-key>'\n```\n"

    def test_two_files_of_one_name_in_a_project_are_a_mistake(self, tmp_path: Path) -> None:
        (case,) = cases(written(tmp_path, "```python path=a.py\n```\n```python path=a.py\n```\n"))
        with pytest.raises(UserError, match=r"two blocks of one project are `a\.py`"):
            RUNNER.lay_out(case, tmp_path / "empty")
