"""What sorts out files before they are parsed: words that a shape demands, and kinds that only count beside others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aisafety_lint.config import Config
from aisafety_lint.manifests.kinds import load_kinds
from aisafety_lint.manifests.needed import Asked
from aisafety_lint.manifests.predicates import Vocabulary
from shared import KNOWLEDGE, run

KINDS = KNOWLEDGE.part(load_kinds)
VOCABULARY = Vocabulary(
    lists={"runners": ("npx", "uvx")}, predicates={"runner": {"at": "@.command", "in": {"list": "runners"}}}
)


@pytest.mark.parametrize(
    ("predicate", "words"),
    [
        ({"equals": "danger-full-access"}, [{"danger-full-access"}]),
        ({"equals": "two words"}, [{"words"}]),
        ({"equals": True}, []),
        ({"in": ["never", "always"]}, [{"never", "always"}]),
        ({"in": ["never", 0]}, []),
        ({"like": ["*ollama/ollama*", "mcp/*"]}, [{"ollama", "mcp"}]),
        ({"matches": "^(?:claude|gemini) .*--yolo$"}, [{"claude", "gemini"}, {"--yolo"}]),
        ({"matches": "(?:claude)?x+y"}, []),
        ({"matches": "[Ss]erver"}, [{"erver"}]),
        ({"matches": "claude|.*"}, []),
        ({"matches": {"list": "runners", "form": "^WORD "}}, [{"npx", "uvx"}]),
        ({"any": [{"equals": "never"}, {"enabled": True}]}, []),
        ({"any": [{"equals": "never"}, {"equals": "auto"}]}, [{"never", "auto"}]),
        ({"all": [{"equals": "never"}, {"not": {"equals": "auto"}}]}, [{"never"}]),
        ({"exists": "@.permission.bash"}, [{"permission"}, {"bash"}]),
        ({"absent": "@.permission"}, []),
        ({"is": "runner"}, [{"command"}, {"npx", "uvx"}]),
        ({"at-least": {"count": 2, "of": [{"equals": "on"}, {"equals": "auto"}, {"type": "null"}]}}, [{"on", "auto"}]),
        ({"at-least": {"count": 1, "of": [{"equals": "on"}, {"type": "null"}]}}, []),
    ],
)  # fmt: skip
def test_words_that_a_predicate_needs(predicate: Mapping[str, Any], words: list[set[str]]) -> None:
    assert [set(group.words) for group in Asked(VOCABULARY).of(predicate)] == words


@pytest.mark.parametrize(
    ("kind", "path", "text", "possible"),
    [
        ("compose", "compose.yml", "services: {shop: {image: 'example/shop:1'}}", False),
        ("compose", "compose.yml", "services: {shop: {image: 'ollama/ollama'}}", True),
        ("compose", "compose.yml", "services: {Agent: {image: 'example/shop:1'}}", True),
        ("compose", "agent/compose.yml", "services: {shop: {image: 'example/shop:1'}}", True),
        ("github-workflow", "ci.yml", "jobs: {a: {steps: [{run: echo hello}]}}", False),
        ("github-workflow", "ci.yml", "jobs: {a: {steps: [{uses: anthropics/claude-code-action@v1}]}}", True),
    ],
)
def test_files_without_the_words_are_not_parsed(kind: str, path: str, text: str, *, possible: bool) -> None:
    assert KINDS.may_be(KINDS.by_id[kind], path, text.encode()) is possible


def test_words_are_not_searched_in_wide_text() -> None:
    assert KINDS.may_be(KINDS.by_id["compose"], "compose.yml", "services: {}".encode("utf-16"))


ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: shop}\nrules:\n"
WIDE = '- {apiGroups: [""], resources: ["*"], verbs: ["*"]}\n'


def test_a_kind_beside_others_counts_only_with_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "role.yml").write_text(ROLE + WIDE)
    assert run(Config(tmp_path, (tmp_path,))).coverage.manifests == 0
    agent = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'ollama/ollama:1'}]}\n"
    )
    (tmp_path / "pod.yml").write_text(agent)
    assert run(Config(tmp_path, (tmp_path,))).coverage.manifests == 2


def test_a_kind_beside_others_counts_alone_with_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "role.yml").write_text(ROLE + WIDE + '- {apiGroups: [kagent.dev], resources: [agents], verbs: ["*"]}\n')
    assert run(Config(tmp_path, (tmp_path,))).coverage.manifests == 1
