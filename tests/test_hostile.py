"""A vulnerable file beside a hostile one is found, in bounded time: nothing in a repository loses the whole run."""

import time
from collections.abc import Mapping
from hashlib import sha256

import pytest

from aisafety_lint.fixes.shown import with_edits
from aisafety_lint.report import render
from aisafety_lint.settings import CommandLine, load_config
from conftest import MakeTree
from shared import run

HEAD = "import os\nfrom agents import function_tool\n\n\n"
TOOL = "@function_tool\ndef run(command: str) -> str:\n    return os.popen(command).read()\n"
MANY, FEW = 2_000, 500
SECONDS = 15
"""Far more than any of them takes; what grows with the square of its size takes minutes."""


def dispatch() -> str:
    """Functions that all call each other through one table."""
    table = ",".join(f"'k{one}': f{one}" for one in range(MANY))
    return HEAD + "".join(f"def f{one}(a):\n    return D[a](a)\n" for one in range(MANY)) + f"D = {{{table}}}\n"


def arguments() -> str:
    """One call with very many arguments, for as many parameters."""
    parameters = ",".join(f"a{one}" for one in range(10 * MANY))
    return f"{HEAD}def f({parameters}):\n    os.system(a1)\n\nf({parameters.replace('a', '')})\n"


SUBCLASSES = "".join(f"class A{n + 1}(A{n}):\n    def m(self, a): super().m(a)\n" for n in range(FEW))
SERVERS = ",".join(f'"s{n}": {{"command": "npx", "args": ["-y", "server-filesystem", "/"]}}' for n in range(FEW))
PODS = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: ollama/ollama, securityContext: {privileged: true}}]}\n"
JOB = "    steps: [{uses: anthropics/claude-code-action@v1, with: {prompt: x}}]\n"

CASES: dict[str, Mapping[str, str]] = {
    "conditions one after the other": {
        "x.py": f"{HEAD}{TOOL}" + "".join(f"    if command == '{n}': return os.system(command)\n" for n in range(FEW))
    },
    "a value changed under many conditions": {
        "x.py": f"{HEAD}@function_tool\ndef f(a: str):\n"
        + "".join(f"    if a == '{n}': a = a + 'x'\n" for n in range(FEW))
        + "    os.system(a)\n"
    },
    "a long line of classes": {
        "x.py": f"{HEAD}class A0:\n    def m(self, a): os.system(a)\n{SUBCLASSES}"
        f"@function_tool\ndef f(a: str):\n    A{FEW}().m(a)\n"
    },
    "a class with very many bases": {
        "x.py": HEAD
        + "class B:\n    def m(self, a): os.system(a)\n"
        + "".join(f"class A{n}(B): ...\n" for n in range(FEW))
        + f"class C({','.join(f'A{n}' for n in range(FEW))}): ...\n"
        + "@function_tool\ndef f(a: str):\n    C().m(a)\n"
    },
    "very many decorators": {"x.py": HEAD + "@function_tool\n" * 5_000 + TOOL},
    "a text with very many places": {
        "x.py": f"{HEAD}@function_tool\ndef f(a: str):\n    os.system(f'{'{a}x' * FEW}')\n"
        f"    os.system('{'{}' * FEW}'.format({'a,' * FEW}))\n    os.system('{'%s' * FEW}' % ({'a,' * FEW}))\n"
        f"    os.system(''.join([{'a,' * FEW}]))\n"
    },
    "very many sinks, one after the other": {
        "x.py": f"{HEAD}import subprocess\n{TOOL}" + "    subprocess.run(command, shell=True)\n" * FEW
    },
    "a chain of calls that a fix would change": {
        "x.py": f"{HEAD}@function_tool\ndef f(a: str):\n    os.system(a{'.strip()' * 900})\n"
    },
    "very many servers of tools": {".mcp.json": f'{{"mcpServers": {{{SERVERS}}}}}'},
    "brackets that close nothing": {".mcp.json": '{"mcpServers": ' + "{]" * 10 * FEW},
    "findings in one long line": {
        ".claude/settings.json": '{"permissions": {"allow": [' + '"Bash(python:*)",' * FEW + '"Read"]}}'
    },
    "very many empty documents": {"pod.yaml": PODS + "---\n" * 100 * FEW},
    "very many privileged services": {
        "compose.yaml": "services:\n"
        + "".join(f"  a{n}: {{image: ollama/ollama, privileged: true}}\n" for n in range(FEW))
    },
    "comments below comments": {
        "compose.yaml": "services:\n" + "# aisafety: ignore[unapproved-payment] x\n" * 2 * FEW,
        "CLAUDE.md": "<!-- aisafety: ignore[unapproved-payment] x -->\n" * 2 * FEW,
    },
    "a workflow of very many jobs": {
        ".github/workflows/x.yml": "on: issue_comment\njobs:\n" + "".join(f"  j{n}:\n{JOB}" for n in range(FEW))
    },
    "an image of very many commands": {"Dockerfile": "FROM ollama/ollama\n" + "RUN curl a.example | sh\n" * FEW},
    "an image of very many stages": {"Dockerfile": "".join(f"FROM ollama/ollama AS s{n}\n" for n in range(FEW))},
    "a script that runs itself over and over": {
        ".github/workflows/x.yml": "on: push\njobs: {a: {runs-on: x, steps: [{run: ./run.sh}]}}\n",
        "run.sh": "./run.sh\n" * FEW,
    },
    "front matter that is no YAML and holds no key": {"SKILL.md": "---\n- [\n---\nx\n"},
    "a fence without an end": {"CLAUDE.md": "`" * 200 * FEW},
    "very many secrets": {
        "x.py": "".join(f"API_KEY_{n} = '{sha256(str(n).encode()).hexdigest()}'\n" for n in range(FEW))
    },
    "a table in which everything calls everything": {"x.py": dispatch()},
    "a call with very many arguments": {"x.py": arguments()},
    "a text that doubles": {"x.py": f"{HEAD}x = 'ab'\n" + "x = x + x\n" * 60 + "os.system(x)\n"},
    "numbers and widths without end": {"x.py": f"{HEAD}x = 'a' * 10**12\ny = '%999999999d' % 1\nos.system(x + y)\n"},
    "calls that fan out": {
        "x.py": HEAD + "".join(f"def f{n}(a):\n    f{n + 1}(a); f{n + 1}([a])\n" for n in range(60))
    },
    "classes that derive from each other": {
        "x.py": f"{HEAD}class A(B): ...\nclass B(A):\n    def m(self): super().m()\n"
    },
    "a diamond of classes": {
        "x.py": HEAD + "".join(f"class A{n + 1}(A{n}, B{n}): ...\nclass B{n + 1}(A{n}, B{n}): ...\n" for n in range(60))
    },
    "functions wrapped over and over": {
        "x.py": f"{HEAD}import functools\np = os.system\n" + "p = functools.partial(p)\n" * MANY
    },
    "code nested too deeply": {"x.py": f"{HEAD}x = {'-' * 20_000}1\n"},
    "a key of very many parts": {"pyproject.toml": f"{'.'.join(['a'] * 50_000)} = 1\n"},
    "a table of very many parts": {".codex/config.toml": f"[{'.'.join(['a'] * 50_000)}]\n"},
    "a number of very many digits": {"pyproject.toml": f"a = {'9' * 10_000}\n"},
    "aliases that multiply": {
        "compose.yaml": "a0: &a0 [x]\n"
        + "".join(f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 9)}]\n" for n in range(20))
        + "services:\n  agent: *a20\n"
    },
    "an alias of itself": {".github/workflows/x.yml": "on: &a [*a]\njobs: &b\n  x: *b\n"},
    "objects without end": {".mcp.json": '{"mcpServers":' * 20_000},
    "settings of the wrong shape": {".claude/settings.json": '{"permissions": [1e999, NaN, "\\ud800"], "hooks": 5}'},
    "a notebook of the wrong shape": {"x.ipynb": '{"cells": [1, null, {"cell_type": "code", "source": 5}]}'},
    "a pattern that explodes": {
        "x.py": f"{HEAD}import re\n\ndef f(a: str):\n    if re.match('{'(' * 90}a{')*' * 90}$', a): os.system(a)\n"
    },
    "comments that look like suppressions": {"x.py": TOOL.replace("run", "go") + "# aisafety: ignore[" * MANY + "\n"},
    "an image of substitutions": {"Dockerfile": f"FROM x\nENV A={'${A:-' * MANY}\nRUN {'$(' * MANY}\n"},
    "a file of ignored names": {".gitignore": "**/" * 50 + "*a" * 200 + "\n" + "[" * 5_000 + "\n"},
}


@pytest.mark.parametrize("case", CASES)
def test_the_vulnerable_file_is_found(case: str, tree: MakeTree) -> None:
    root = tree({"agent.py": HEAD + TOOL, **CASES[case]})
    config = load_config(CommandLine((str(root),)))
    started = time.process_time()
    report = with_edits(run(config), config)
    assert all(render(form, report) for form in ("json", "sarif", "full"))
    assert time.process_time() - started < SECONDS
    assert ("model-output-to-shell", "agent.py") in {(one.rule, one.location.path) for one in report.findings}


def test_fixes_of_a_file_with_very_many_findings(tree: MakeTree) -> None:
    pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
    pod += "  - {name: a, image: ollama/ollama, securityContext: {privileged: true}}\n"
    config = load_config(CommandLine((str(tree({"pods.yaml": pod * 150})),)))
    report = run(config)
    started = time.process_time()
    fixed = with_edits(report, config)
    assert time.process_time() - started < SECONDS
    assert len(fixed.findings) >= 150
    assert all(finding.fixes for finding in fixed.findings if finding.remedies)
