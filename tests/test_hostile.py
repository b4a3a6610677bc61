"""A vulnerable file beside a hostile one is found, in bounded time: nothing in a repository loses the whole run."""

import time
from collections.abc import Mapping

import pytest

from aisafety_lint.fixes.shown import with_edits
from aisafety_lint.settings import CommandLine, load_config
from conftest import MakeTree
from shared import run

HEAD = "import os\nfrom agents import function_tool\n\n\n"
TOOL = "@function_tool\ndef run(command: str) -> str:\n    return os.popen(command).read()\n"
MANY = 2_000
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


CASES: dict[str, Mapping[str, str]] = {
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
    started = time.process_time()
    report = run(load_config(CommandLine((str(root),))))
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
