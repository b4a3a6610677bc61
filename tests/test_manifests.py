"""Manifests: which files are of which kind, what a place holds, and what the predicate language can say."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonpath import JSONPathEnvironment
from referencing import Registry, Resource

from aisafety_lint.checks import run_checks
from aisafety_lint.errors import UserError
from aisafety_lint.knowledge import Knowledge, builtin_root, load_yaml
from aisafety_lint.manifests.documents import parse
from aisafety_lint.manifests.hosts import is_local
from aisafety_lint.manifests.kinds import Kind, Kinds, Manifest, check_kind, load_kinds, missed, recognise
from aisafety_lint.manifests.launch import launch_of, package_of
from aisafety_lint.manifests.literals import is_literal_secret
from aisafety_lint.manifests.predicates import Context, meets
from aisafety_lint.manifests.query import _find, _steps, check_query, roots, select
from aisafety_lint.manifests.signatures import Signatures, load_signatures
from aisafety_lint.manifests.workflows import Access, Workflow, workflows
from aisafety_lint.project import Project
from aisafety_lint.source import SourceText, decode
from shared import KNOWLEDGE

if TYPE_CHECKING:
    from aisafety_lint.evals.suites import Evaluation
    from aisafety_lint.program.model import Program

RULES = [rule for rule in KNOWLEDGE.rules.values() if "manifest" in rule.match]
OWN_LOGIC = {
    "ai-job-with-write-permissions",
    "ai-output-in-run-step",
    "ai-step-in-untrusted-checkout",
    "ai-step-with-long-lived-token",
    "ai-workflow-open-to-strangers",
    "agent-service-account-with-wide-rights",
    "lookalike-mcp-server",
    "untrusted-text-in-ai-prompt",
}


@cache
def kinds() -> Kinds:
    return load_kinds(KNOWLEDGE)


@cache
def signatures() -> Signatures:
    return load_signatures(KNOWLEDGE)


def candidates(path: str, data: bytes, known: Kinds) -> tuple[Kind, ...]:
    """The kinds that a file may be of."""
    shipped = known is kinds()
    told = signatures() if shipped else Signatures({name: kind.signature for name, kind in known.by_id.items()})
    return tuple(known.by_id[name] for name in told.candidates(path, data))


def read(path: str, content: str | bytes, known: Kinds | None = None) -> tuple[Manifest, ...]:
    """The manifests of one file, found as the pipeline finds them."""
    known = known or kinds()
    data = content if isinstance(content, bytes) else content.encode()
    among = candidates(path, data, known)
    text = SourceText(path, decode(data))
    syntaxes = dict.fromkeys(kind.syntax for kind in among)
    return tuple(found for syntax in syntaxes for found in recognise(path, parse(text, syntax), known, among))


def kind_ids(path: str, content: str | bytes) -> set[str]:
    return {manifest.kind.id for manifest in read(path, content)}


SERVER = '{"mcpServers": {"a": {"command": "a"}}}'
AI_STEP = "on: push\njobs:\n  a:\n    steps:\n    - uses: openai/codex-action@v1\n"


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        (".mcp.json", SERVER, "mcp-client"),
        ("sub/.cursor/mcp.json", SERVER, "mcp-client"),
        ("claude_desktop_config.prod.json", SERVER, "mcp-client"),
        (".mcp.json", ("\ufeff" + SERVER).encode("utf-16-le"), "mcp-client"),
        (".mcp.json", b"\xef\xbb\xbf// comment\r\n" + SERVER.encode(), "mcp-client"),
        (".vscode/mcp.json", '{"servers": {"a": {"url": "https://a.example"}},}', "mcp-vscode"),
        (".claude/settings.local.json", '{"permissions": {}}', "claude-settings"),
        (".codex/config.toml", 'sandbox_mode = "read-only"', "codex-config"),
        (".github/workflows/x.yml", AI_STEP, "github-workflow"),
        ("examples/x.yaml", AI_STEP, "github-workflow"),
        ("docker-compose.dev.yml", "services: {ollama: {image: ollama/ollama}}", "compose"),
        ("app/.cursor/permissions.json", '{"terminalAllowlist": []}', "cursor-permissions"),
        (".cursor/hooks.json", '{"version": 1, "hooks": {}}', "cursor-hooks"),
        (".cursor/environment.json", '{"install": "npm ci"}', "cursor-environment"),
        (".amazonq/cli-agents/a.json", '{"allowedTools": []}', "amazonq-agent"),
        (".kiro/hooks/a.kiro.hook", '{"then": {"command": "make"}}', "kiro-hook"),
        (".aider.conf.yml", "model: a", "aider"),
        (".github/hooks/a.json", '{"hooks": {"sessionStart": [{"command": "make"}]}}', "agent-hooks"),
        ("x/goose/config.yaml", "GOOSE_MODE: chat", "goose"),
        ("recipe.yaml", "prompt: a\nextensions:\n- {type: stdio, cmd: a}", "goose-recipe"),
        (".zed/settings.json", '{"agent": {}}', "zed-settings"),
        (".roomodes", '{"customModes": []}', "roo-modes"),
        ("roo-code-settings.json", '{"globalSettings": {}}', "roo-settings"),
        (".continue/config.yaml", "name: a\nschema: v1\nmodels: [{name: m}]", "continue-config"),
        (".continue/permissions.yaml", "allow: [Read]", "continue-permissions"),
        ("config.toml", '[core]\nworkspace_base = "."\n[llm]\nmodel = "a"', "openhands-config"),
        ("cagent.yaml", "agents: {root: {model: a, instruction: b}}", "docker-agent"),
        (
            ".devcontainer/devcontainer.json",
            '{"customizations": {"vscode": {"extensions": ["anthropic.claude-code"]}}}',
            "devcontainer",
        ),
        (".github/workflows/copilot-setup-steps.yml", "jobs: {copilot-setup-steps: {steps: []}}", "copilot-setup"),
        (".gitlab/duo/agent-config.yml", "image: a", "gitlab-duo-agent"),
        (".gitlab/duo/flows/a.yml", "components: [{toolset: []}]", "gitlab-duo-flow"),
        (".gitlab-ci.yml", "a: {script: [codex exec hi]}", "gitlab-ci"),
        ("team/policies/x.toml", '[[rule]]\ntoolName = "*"\ndecision = "deny"', "gemini-policy"),
        ("a.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: ollama/ollama:1\n", "kubernetes"),
        ("litellm.yaml", "model_list: [{model_name: a, litellm_params: {model: b}}]", "litellm"),
        ("mcp.json", '{"nodes": [{"type": "@n8n/n8n-nodes-langchain.mcpTrigger"}], "connections": {}}', "n8n-workflow"),
        ("stack.json", '{"Resources": {"A": {"Type": "AWS::Bedrock::Agent"}}}', "bedrock-agent"),
        ("b.yaml", "apiVersion: kagent.dev/v1alpha2\nkind: Agent\n", "kagent"),
    ],
)
def test_recognised_by_name_and_shape(path: str, content: str | bytes, kind: str) -> None:
    assert kind_ids(path, content) == {kind}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("src/i18n/locales/en/mcp.json", '{"title": "MCP", "mcpServers": {"title": "Servers"}}'),
        (".well-known/mcp.json", '{"mcpServers": [], "servers": [{"url": "https://x.example"}]}'),
        ("mcp.json", '{"nodes": [{"type": "mcpTrigger"}], "connections": {}}'),
        ("agents.yaml", "agents:\n- name: a\n  role: b\n"),
        (
            ".github/workflows/cla.yml",
            "on: push\njobs: {a: {steps: [{uses: cla/action@v2, with: {u: openai/codex-action}}]}}",
        ),
        (
            ".github/workflows/a.yml",
            "on: push\njobs: {a: {steps: [{run: npm i -g @google/gemini-cli}, {run: claude --version}]}}",
        ),
        ("docker-compose.yml", "services: {db: {image: postgres}, agent: null}"),
        ("d.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {image: datadog/agent, name: dd-agent}\n"),
        (".claude/settings.json", "[1, 2]"),
        ("agno/agents.yaml", "agents:\n  a:\n    model: {id: gpt}\n    instruction: help\n"),
        ("config.yaml", "name: a\nschema: v1\nrules: none\n"),
        ("recipes/soup.yaml", "prompt: soup\nextensions:\n- water\n"),
        ("conf/policies/access.toml", '[[rule]]\neffect = "allow"\ndecision_log = true'),
        ("config.toml", '[core]\nruntime = "tokio"\n[sandbox]\nenabled = true'),
        (
            ".devcontainer/devcontainer.json",
            '{"image": "python", "postCreateCommand": "pip install -r requirements.txt"}',
        ),
        (".gitlab-ci.yml", "a: {script: [npm test], after_script: [echo claude -p]}"),
        (".mcp.json", "null"),
    ],
)
def test_look_alikes_are_not_recognised(path: str, content: str) -> None:
    assert kind_ids(path, content) == set()


def test_embedded_settings_are_manifests_of_their_own() -> None:
    step = "    - uses: anthropics/claude-code-action@v1\n      with:\n        settings: |\n          "
    text = f"on: push\njobs:\n  a:\n    steps:\n{step}" + '{"permissions": {"defaultMode": "bypassPermissions"}}\n'
    found = {manifest.kind.id: manifest for manifest in read(".github/workflows/a.yml", text)}
    assert found.keys() == {"github-workflow", "claude-settings"}
    (match,) = found["claude-settings"].select("approvals-off")
    assert match.location.line == 8


def test_servers_are_counted_without_those_that_are_off() -> None:
    servers = {"a": {"command": "a"}, "b": {"url": "https://b.example"}, "c": {"command": "c", "disabled": True}}
    (manifest,) = read(".mcp.json", json.dumps({"mcpServers": servers}))
    assert [server.name for server in manifest.servers] == ["a", "b"]


def test_a_broken_manifest_is_read_as_far_as_it_goes() -> None:
    (manifest,) = read(".mcp.json", '{"mcpServers": {"a": {"command": "npx", "args": ["x"]}, "b": {"comm')
    assert [server.name for server in manifest.servers] == ["a"]
    assert [note.id for note in manifest.document.notifications] == ["broken-document"]


@pytest.mark.parametrize(
    ("path", "content", "missed_ids"),
    [
        (".mcp.json", '{"mcpServers": ', ["broken-document"]),
        (".github/workflows/a.yml", "on: push\njobs: [\nsteps: run codex", ["broken-document"]),
        ("chart/templates/a.yml", "jobs:\nsteps: {{ if run codex }}\n{{ end }", []),
    ],
)
def test_a_broken_file_is_not_skipped_in_silence(path: str, content: str, missed_ids: list[str]) -> None:
    among = candidates(path, content.encode(), kinds())
    document = parse(SourceText(path, content), among[0].syntax)
    assert recognise(path, document, kinds(), among) == ()
    assert [note.id for note in missed(path, document, among)] == missed_ids


def test_other_files_cost_next_to_nothing() -> None:
    data = b"apiVersion: v1\nkind: Service\n" + b"  - name: x\n    value: y\n" * 60
    kinds()
    started = time.process_time()
    assert not any(candidates(f"deploy/app{number}.yaml", data, kinds()) for number in range(5_000))
    assert time.process_time() - started < 0.5


NEW_KIND = """\
title: notebook assistant settings
syntax: yaml
files: ["**/.assistant.yml"]
literals: [[helpers]]
shape: [servers]
places:
  servers: {of: "$.helpers[*]", where: {type: object, exists: "@.command"}}
  approvals-off: {of: "$.ask", where: {enabled: false}}
"""


def test_a_new_kind_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/assistant.yml").write_text(NEW_KIND)
    known = load_kinds(Knowledge((builtin_root(), tmp_path)))
    (manifest,) = read("home/.assistant.yml", "ask: no\nhelpers:\n- command: npx -y helper\n", known)
    assert manifest.kind.title == "notebook assistant settings"
    assert [match.location.line for match in manifest.select("approvals-off")] == [1]
    assert len(manifest.servers) == 1


def test_what_is_asked_of_a_whole_document_is_asked_once(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    asked = 'places: {switches: {of: "$.*", where: {all: [{at: "$.*", key: {equals: last}}, {enabled: false}]}}}\n'
    (tmp_path / "manifests/many.yml").write_text(
        f"title: x\nsyntax: yaml\nfiles: [many.yml]\nshape: [switches]\n{asked}"
    )
    known = load_kinds(Knowledge((builtin_root(), tmp_path)))
    text = "".join(f"k{number}: no\n" for number in range(500)) + "last: yes\n"
    (manifest,) = read("many.yml", text, known)
    assert len(manifest.select("switches")) == 500
    assert len(manifest.context.settled) == 1


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("title: x\nsyntax: yaml\nfiles: []\nplaces: {a: '$.['}", "not a valid path"),
        ("title: x\nsyntax: yaml\nfiles: []\nplaces: {a: b}", "neither a path nor a named place"),
        ("title: x\nfiles: []\nplaces: {}", "syntax"),
        ("programs: {x: {version: '('}}", "x.yml"),
    ],
)
def test_a_wrong_kind_is_the_users_to_mend(tmp_path: Path, broken: str, message: str) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/x.yml").write_text(broken)
    with pytest.raises(UserError, match=message):
        load_kinds(Knowledge((tmp_path,)))


def test_queries_give_nodes_with_places() -> None:
    document = parse(SourceText("x", '{"a": {"b": [1, {"c": "x"}]},\n "d": [2]}'), "json")
    found = select(document, "$..[?@ > 1]")
    assert [(match.parts, match.name, match.location.line) for match in found] == [(("d", 0), "d", 2)]
    (inner,) = select(document, "$.a.b[1].c")
    assert [match.parts for match in inner.select("$.d[*]")] == [("d", 0)]
    assert inner.parent is not None
    assert inner.parent.select("@.c") == (inner,)
    assert inner.root.data == document.data[0]


@pytest.mark.parametrize(
    "query", ["$", "$.a", "$.a.b", "$.*", "$.a[*].c", "$['x-y'].*", "$.a.*.*", "$.d.b", "$.n.a", "$['']"]
)
def test_a_chain_of_keys_finds_what_the_library_finds(query: str) -> None:
    data = {
        "b": 1,
        "a": [{"c": 1, "b": {"z": 1}}, {"c": None}, 7],
        "x-y": {"q": [[1], {}], "r": "text"},
        "n": None,
        "": 2,
    }
    assert _steps(query) is not None
    expected = [found.parts for found in JSONPathEnvironment(strict=True).compile(query).finditer(data)]
    assert list(_find(query, data)) == expected


@pytest.mark.parametrize("path", sorted((builtin_root() / "manifests").glob("*.yml")), ids=lambda path: path.stem)
def test_the_paths_and_expressions_of_kinds_are_valid(path: Path) -> None:
    check_kind(load_yaml(path))


def test_a_wrong_query_is_the_users_to_mend() -> None:
    document = parse(SourceText("x", "{}"), "json")
    for query in ("$[", "a.b", ""):
        with pytest.raises(UserError):
            select(document, query)


def holds(value: Any, predicate: Mapping[str, Any], path: str = "x") -> bool:
    (root,) = roots(parse(SourceText(path, json.dumps(value)), "json"))
    return meets(root, predicate, Context(kinds().vocabulary, path, "kind")) is not None


@pytest.mark.parametrize(
    ("value", "predicate", "expected"),
    [
        (1, {}, True),
        (1, {"equals": 1}, True),
        (True, {"equals": 1}, False),
        ("1", {"equals": 1}, False),
        ({"a": [1]}, {"equals": {"a": [1]}}, True),
        ("b", {"in": ["a", "b"]}, True),
        ("curl", {"in": {"list": "network-commands"}}, True),
        ("yes", {"enabled": True}, True),
        ("0", {"enabled": False}, True),
        ("later", {"enabled": True}, False),
        ("ghcr.io/acme/x", {"like": ["docker.io/*", "ghcr.io/*"]}, True),
        ("abc", {"matches": "^b"}, False),
        ("wget", {"matches": {"list": "network-commands", "form": "^WORD$"}}, True),
        ({"a": 1}, {"contains": "a"}, True),
        ([1, 2], {"contains": 2}, True),
        ("abc", {"contains": "bc"}, True),
        ([], {"type": ["array", "object"]}, True),
        (None, {"type": "null"}, True),
        (5, {"above": 4, "below": 6}, True),
        (True, {"above": 0}, False),
        ({}, {"empty": True}, True),
        ({"a": 1}, {"exists": "@.a", "absent": "@.b"}, True),
        ({"a": {"b": 1}}, {"at": "@.a.b", "equals": 1}, True),
        ({"a": [1, 2]}, {"at": "@.a[*]", "equals": 2}, True),
        ({"a": [1, 2]}, {"every": "@.a[*]", "equals": 2}, False),
        ({"a": []}, {"every": "@.a[*]", "equals": 2}, False),
        ({"a": 1}, {"at": "@.a", "key": {"equals": "a"}, "parent": {"exists": "$.a"}}, True),
        ({"a": 1, "b": 2}, {"at": "@.a", "followed-by": {"equals": 2}}, True),
        ({"a": 1, "b": 2}, {"at": "@.b", "followed-by": {"equals": 1}}, False),
        ({"rm *": 1, "*": 2}, {"at": "@['rm *']", "covered-later": {"equals": 2}}, True),
        ({"*": 2, "rm *": 1}, {"at": "@['rm *']", "covered-later": {}}, False),
        ([1, 2], {"at": "@[*]", "covered-later": {}}, False),
        (1, {"covered-later": {}}, False),
        (1, {"all": [{"equals": 1}, {"equals": 2}]}, False),
        (1, {"any": [{"equals": 2}, {"equals": 1}]}, True),
        (1, {"not": {"equals": 2}}, True),
        (1, {"at-least": {"count": 2, "of": [{"equals": 1}, {"above": 0}, {"above": 9}]}}, True),
        ("http://x.example/a", {"url": {"scheme": ["http"], "host": "remote"}}, True),
        ("http://${HOST}/a", {"url": {"host": "remote"}}, False),
        ("https://x.example/a", {"url": {"scheme": ["http"]}}, False),
        ({"api_key": "q8Zk2vN5tR7wY1xB4mC6"}, {"at": "@.api_key", "literal-secret": True}, True),
        ({"api_key": "${API_KEY}"}, {"at": "@.api_key", "literal-secret": False}, True),
        (["a", "b"], {"at": "@[*]", "among": "$[*]"}, True),
        ({"a": "x", "b": ["y"]}, {"at": "@.a", "among": "@.b[*]"}, False),
        (1, {"some": [{"equals": 2}, {"equals": 3}]}, False),
        ("npx claude -p x", {"is": "agent-command"}, True),
        ("datadog-agent", {"is": "agent-name"}, False),
        ("me_sendMail", {"is": "consequential-name"}, True),
        ("me_CreateEvents", {"is": "consequential-name"}, True),
        ("k8s_delete_resource", {"is": "consequential-name"}, True),
        ("get_post", {"is": "consequential-name"}, False),
        ("outpost", {"is": "consequential-name"}, False),
        (1, {"path": ["*/sub/*"]}, False),
        (1, {"kind": ["kind"]}, True),
    ],
)
def test_predicates(value: Any, predicate: Mapping[str, Any], *, expected: bool) -> None:
    assert holds(value, predicate) is expected


def test_some_lists_what_each_of_its_predicates_says() -> None:
    (root,) = roots(parse(SourceText("x", '{"a": 1, "b": 2}'), "json"))
    said = [{"exists": "@.a", "says": {"lack": "a"}}, {"absent": "@.b", "says": {"lack": "b"}}, {"says": {"lack": "c"}}]
    assert meets(root, {"some": said}, Context(kinds().vocabulary)) == {"lack": "a, c"}


def test_an_unknown_predicate_is_the_users_to_mend() -> None:
    with pytest.raises(UserError, match="no key `equal`"):
        holds(1, {"equal": 1})
    with pytest.raises(UserError, match="no word list"):
        holds(1, {"in": {"list": "nowhere"}})
    with pytest.raises(UserError, match="no predicate"):
        holds(1, {"is": "nowhere"})


@pytest.mark.parametrize(
    ("entry", "program", "package"),
    [
        ({"command": "npx", "args": ["-y", "a-server"]}, "npx", ("a-server", False)),
        ({"command": "npx", "args": ["-y", "@s/a@1.2.3"]}, "npx", ("@s/a", True)),
        ({"command": "npx", "args": ["@s/a@latest"]}, "npx", ("@s/a", False)),
        ({"command": "npx", "args": ["@s/a@^1.2.3"]}, "npx", ("@s/a", False)),
        ({"command": "npx", "args": ["--package=a@1.0.0", "a-cli"]}, "npx", ("a", True)),
        ({"command": "npx", "args": ["-p", "a", "a-cli"]}, "npx", ("a", False)),
        ({"command": "C:\\node\\npx.cmd", "args": ["a"]}, "npx", ("a", False)),
        ({"command": "cmd", "args": ["/C", "npx", "-y", "a"]}, "npx", ("a", False)),
        ({"command": "bash", "args": ["-lc", "npx -y a@1.0.0"]}, "npx", ("a", True)),
        ({"command": "env", "args": ["A=b", "uvx", "a"]}, "uvx", ("a", False)),
        ({"transport": {"type": "stdio", "command": "npx", "args": ["-y", "a"]}}, "npx", ("a", False)),
        ({"command": ["bunx", "a@latest"]}, "bunx", ("a", False)),
        ({"command": "npx -y a"}, "npx", ("a", False)),
        ({"command": "pnpm", "args": ["dlx", "a@1.0.0"]}, "pnpm", ("a", True)),
        ({"command": "pnpm", "args": ["run", "a"]}, "pnpm", None),
        ({"command": "uvx", "args": ["--from", "a[x]==1.0", "a"]}, "uvx", ("a", True)),
        ({"command": "uvx", "args": ["--python", "3.12", "a@latest"]}, "uvx", ("a", False)),
        ({"command": "uvx", "args": ["a>=1"]}, "uvx", ("a", False)),
        (
            {"command": "uvx", "args": ["--from", "git+https://x.example/a", "a"]},
            "uvx",
            ("git+https://x.example/a", False),
        ),
        ({"command": "npx", "args": ["github:o/r#" + "a" * 40]}, "npx", ("github:o/r#" + "a" * 40, True)),
        ({"command": "npx", "args": ["./server"]}, "npx", None),
        ({"command": "npx", "args": ["tsx", "server.ts"]}, "npx", None),
        ({"command": "npx", "args": ["--no-install", "a"]}, "npx", None),
        ({"command": "npx", "args": ["${PACKAGE}"]}, "npx", None),
        ({"command": "npx", "args": ["-y"]}, "npx", None),
        ({"command": "bash", "args": ["-c", "a && b"]}, "bash", None),
        ({"command": "docker", "args": ["run", "a"]}, "docker", None),
    ],
)
def test_command_lines(entry: Mapping[str, Any], program: str, package: tuple[str, bool] | None) -> None:
    programs = kinds().vocabulary.programs
    document = parse(SourceText("x", json.dumps(entry)), "json")
    launch = launch_of(document.root, programs)
    assert launch is not None
    assert launch.program == program
    found = package_of(launch, programs)
    assert (None if found is None else (found.name, found.pinned)) == package


@pytest.mark.parametrize("value", [None, 1, [], {}, {"url": "https://x.example"}, {"command": None}, {"command": ""}])
def test_no_command_line(value: Any) -> None:
    document = parse(SourceText("x", json.dumps(value)), "json")
    launch = launch_of(document.root, kinds().vocabulary.programs)
    assert launch is None or package_of(launch, kinds().vocabulary.programs) is None


def test_hosts() -> None:
    for host in (
        "localhost",
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "tools",
        "a.svc.cluster.local",
        "host.docker.internal",
        "0.0.0.0",
    ):
        assert is_local(host)
    for host in ("example.com", "8.8.8.8", "localhost.example.com", "2606:4700::1111"):
        assert not is_local(host)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("API_TOKEN", "q8Zk2vN5tR7wY1xB4mC6", True),
        ("Authorization", "Bearer q8Zk2vN5tR7wY1xB4mC6", True),
        ("API_TOKEN", "${API_TOKEN}", False),
        ("API_TOKEN", "your-token-goes-here-now", False),
        ("API_TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaa", False),
        ("API_TOKEN", "short", False),
        ("LOG_LEVEL", "q8Zk2vN5tR7wY1xB4mC6", False),
    ],
)
def test_literal_secrets(name: str, value: str, *, expected: bool) -> None:
    assert is_literal_secret(name, value) is expected


def workflow(on: str, job: str, step: str) -> Workflow:
    check = "  check: {steps: [{run: gh api collaborators/x/permission}]}\n"
    text = f"on: {on}\njobs:\n{check}  a:\n{job}    steps:\n    - {step}\n"
    (found,) = workflows(read(".github/workflows/x.yml", text))
    return found


GEMINI = "uses: google-github-actions/run-gemini-cli@v1"
CLAUDE = "uses: anthropics/claude-code-action@v1"


@pytest.mark.parametrize(
    ("on", "job", "step", "access"),
    [
        ("issues", "", GEMINI, Access.OPEN),
        ("[push, issue_comment]", "", GEMINI, Access.OPEN),
        ("{issues: {types: [opened, labeled]}}", "", GEMINI, Access.OPEN),
        ("{issues: {types: [labeled]}}", "", GEMINI, Access.CLOSED),
        ("push", "", GEMINI, Access.CLOSED),
        ("pull_request", "", GEMINI, Access.CLOSED),
        ("workflow_call", "", GEMINI, Access.CALLER),
        ("issues", "", CLAUDE, Access.GATED),
        ("issues", "", f"{{{CLAUDE}, with: {{allowed_non_write_users: '*'}}}}", Access.OPEN),
        ("issues", "", f"{{{CLAUDE}, with: {{allowed_non_write_users: ''}}}}", Access.GATED),
        ("issues", "", f"{{{CLAUDE}, with: {{allowed_bots: 'renovate'}}}}", Access.GATED),
        ("issue_comment", "    if: contains(github.event.comment.body, '@ai')\n", GEMINI, Access.OPEN),
        ("issue_comment", "    if: github.actor != 'dependabot[bot]'\n", GEMINI, Access.OPEN),
        ("issue_comment", "    if: github.event.comment.author_association == 'OWNER'\n", GEMINI, Access.GATED),
        ("issue_comment", "    needs: check\n", GEMINI, Access.GATED),
        ("issue_comment", "    environment: review\n", GEMINI, Access.GATED),
        ("[push, issues]", "    if: github.event_name == 'push'\n", GEMINI, Access.CLOSED),
        ("issues", "", "run: claude -p 'hello'", Access.OPEN),
    ],
)
def test_who_can_start_a_step(on: str, job: str, step: str, access: Access) -> None:
    found = workflow(on, job, step)
    (ai,) = found.ai_steps
    assert found.access(ai) is access


def test_odd_workflows_are_no_crash() -> None:
    for on in ("null", "3", "[1, {a: b}]", "{issues: 3}", "{issues: {types: {a: b}}}"):
        for job in ("    needs: [1, nowhere, a]\n", "    permissions: 3\n", "    env: [1]\n", "    if: 3\n"):
            found = workflow(on, job, f"{{{GEMINI}, with: [1], env: 3, id: [2]}}")
            for step in found.ai_steps:
                assert found.access(step) in Access
                assert step.job.writes() == ()
                assert list(step.inputs(("prompt",))) == []


WORDS = """
command args url env uses run with if needs permissions jobs steps image x npx -y * Bash(*) bash -c http://a.example
openai/codex-action@v1 ${{github.head_ref}} mcpServers services ports 8000:8000 volumes hooks allow on issues true agent
"""
words = st.sampled_from(WORDS.split())
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | words | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=30,
)
FRAMES: Mapping[str, Callable[[Any], Any]] = {
    ".mcp.json": lambda odd: {"mcpServers": {"a": odd, "b": {"command": "npx", "args": odd, "env": odd, "url": odd}}},
    ".claude/settings.json": lambda odd: {"permissions": {"allow": odd, "deny": odd}, "hooks": odd, "env": odd},
    ".cursor/cli.json": lambda odd: {"permissions": odd},
    "opencode.json": lambda odd: {"permission": {"bash": odd, "*": odd, "read": odd}, "mcp": {"a": odd}},
    ".vscode/settings.json": lambda odd: {"chat.tools.terminal.autoApprove": odd, "chat.tools.edits.autoApprove": odd},
    ".kiro/agents/a.json": lambda odd: {"allowedTools": odd, "toolsSettings": {"execute_bash": odd, "fs_write": odd}},
    ".devcontainer/devcontainer.json": lambda odd: {
        "features": {"ghcr.io/x/claude-code:1": odd},
        "mounts": odd,
        "runArgs": odd,
        "postCreateCommand": odd,
        "appPort": odd,
    },
    ".github/workflows/a.yml": lambda odd: {
        "on": odd,
        "env": odd,
        "permissions": odd,
        "jobs": {
            "a": {
                "steps": [{"uses": "openai/codex-action@v1", "with": odd, "id": odd}, odd, {"run": odd}],
                "needs": odd,
            }
        },
    },
    "docker-compose.yml": lambda odd: {
        "services": {"agent": {"image": "ollama/ollama", "ports": odd, "volumes": odd}, "b": odd}
    },
    "flow.json": lambda odd: {
        "schema_version": "v2",
        "name_for_human": odd,
        "connections": odd,
        "functions": [odd, {"name": "sendMail", "capabilities": odd}],
        "runtimes": [{"auth": {"type": "None"}, "run_for_functions": odd}, odd],
        "nodes": [
            {"type": "n8n-nodes-langchain.agent", "name": odd, "parameters": odd},
            {"name": "agentAgentflow"},
            odd,
        ],
        "tools": [{"type": "mcp", "require_approval": odd, "allowed_tools": odd}, odd],
    },
    "stack.yaml": lambda odd: {
        "Resources": {
            "A": {"Type": "AWS::Bedrock::Agent", "Properties": {"ActionGroups": odd, "Policies": odd}},
            "B": odd,
        }
    },
    "deploy/agent.yaml": lambda odd: {
        "apiVersion": "agents.x-k8s.io/v1",
        "kind": odd,
        "metadata": odd,
        "roleRef": {"name": odd, "kind": odd},
        "rules": [{"apiGroups": ["kagent.dev"], "verbs": odd, "resources": odd}, odd],
        "spec": {"podTemplate": {"spec": {"containers": [{"image": odd, "command": odd}, odd], "volumes": odd}}},
    },
}


OURS = [rule for rule in KNOWLEDGE.rules.values() if rule in RULES or rule.id in OWN_LOGIC]


def project_of(manifests: tuple[Manifest, ...]) -> Project:
    """A project that has nothing but manifests, which is all that these rules look at."""
    return Project(
        {}, cast("Program", None), (), cast("Evaluation", None), manifests, workflows=tuple(workflows(manifests))
    )


@pytest.mark.parametrize("path", FRAMES)
@given(value=odd)
def test_no_rule_stumbles_over_odd_values(path: str, value: Any) -> None:
    manifests = read(path, json.dumps(FRAMES[path](value)))
    for finding in run_checks(OURS, project_of(manifests)):
        assert finding.location.span.line >= 1
        assert "{" not in finding.message or "$" in finding.message


@pytest.mark.parametrize(
    "text", ["curl ", "${{", "\n", "claude -", "(claude x", " ", "A=b ", "Bash(", "contains(", "//a", "-" * 30]
)
@pytest.mark.parametrize("path", [".mcp.json", ".claude/settings.json", ".github/workflows/a.yml"])
def test_no_text_makes_a_rule_slow(path: str, text: str) -> None:
    long = text * (200_000 // len(text))
    command = {"command": long, "args": [long], "url": long, "env": {"TOKEN": long}}
    hooks = {"Stop": [{"hooks": [{"command": long}]}]}
    steps = [
        {"run": long},
        {"uses": "openai/codex-action@v1", "with": {"prompt": long}, "if": long, "id": "a"},
        {"run": long},
    ]
    value = {
        "mcpServers": {"a": command},
        "permissions": {"allow": [long]},
        "hooks": hooks,
        "on": "issues",
        "jobs": {"a": {"steps": steps}},
    }
    started = time.process_time()
    list(run_checks(OURS, project_of(read(path, json.dumps(value)))))
    assert time.process_time() - started < 5


@cache
def registry() -> Registry[Any]:
    schemas = [json.loads(path.read_text()) for path in sorted((builtin_root() / "schema").glob("*.json"))]
    known = [(schema["$id"], Resource.from_contents(schema)) for schema in schemas if "$id" in schema]
    return Registry().with_resources(known)


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((builtin_root() / "schema" / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, registry=registry())


@pytest.mark.parametrize("path", sorted((builtin_root() / "manifests").glob("*.yml")), ids=lambda path: path.stem)
def test_kinds_are_what_the_schema_says(path: Path) -> None:
    validator("manifest").validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rules_are_what_the_schema_says(rule: Any) -> None:
    block = rule.match["manifest"]
    validator("match-manifest").validate(block)
    for query in _queries(block):
        check_query(query)
    names = [block["select"]] if isinstance(block["select"], str) else block["select"]
    for name in names:
        assert name.startswith("$") or any(name in kind.places for kind in kinds().by_id.values())
    given = block.get("kind", [])
    named = {given} if isinstance(given, str) else {*given, *block.get("beside-tools", [])}
    assert named <= kinds().by_id.keys()


def test_an_unknown_key_of_a_rule_is_the_users_to_mend() -> None:
    blocks: list[dict[str, Any]] = [{"select": "servers", "kinds": ["mcp-client"]}, {"where": {}}]
    for block in blocks:
        rule = replace(RULES[0], match={"manifest": block}, path=Path("own.md"))
        with pytest.raises(UserError, match="match: manifest"):
            list(run_checks([rule], project_of(())))


def _queries(given: Any, key: str = "") -> Iterator[str]:
    if isinstance(given, str) and key in ("at", "every", "exists", "absent", "then", "report"):
        yield given
    elif isinstance(given, Mapping):
        for name, value in given.items():
            yield from _queries(value, name)
    elif isinstance(given, list):
        for value in given:
            yield from _queries(value, key)


def test_all_ai_actions_have_facts() -> None:
    facts = kinds().by_id["github-workflow"].facts
    listed = {name.lower() for name in kinds().vocabulary.lists["ai-actions"]}
    assert {name.lower() for name in facts["actions"]} <= listed
