"""Measures what linting a tree costs against the least it can cost: parsing every Python file of it with `ast`.

    python tests/benchmarks/cpu.py TREE [ARGUMENT...]

Prints the CPU seconds of both, in processes of their own, and their ratio. It is a tool, not a test: it has no limit.
"""

import resource
import subprocess
import sys
from pathlib import Path

FLOOR = """
import ast, gc, pathlib, sys
gc.disable()
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError):
        pass
"""


def cpu_seconds(command: list[str]) -> float:
    """The user and system time of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(tree: str, *arguments: str) -> None:
    """Measure one tree; further arguments go to the linter."""
    start = cpu_seconds([sys.executable, "-m", "aisafety_lint", "--version"])
    floor = cpu_seconds([sys.executable, "-W", "ignore", "-c", FLOOR, tree])
    linter = cpu_seconds([sys.executable, "-m", "aisafety_lint", "check", "--isolated", *arguments, tree])
    files = sum(1 for _ in Path(tree).rglob("*.py"))
    print(f"{files} Python files: linter {linter:.2f} s, ast alone {floor:.2f} s, ratio {linter / floor:.1f}")
    print(f"--version {start:.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
