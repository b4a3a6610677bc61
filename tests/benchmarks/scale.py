"""Measures how the cost of a run grows with the project: a monorepo of so many lines, made of renamed copies.

    python tests/benchmarks/scale.py [--lines 100000,1000000] [--jobs 2] [--folder DIR] SOURCE...

A SOURCE is a folder with a project, or the name of an installed package. Each copy has the names of its own top-level
packages changed, but for those of frameworks that the linter knows. Prints a table in Markdown: CPU seconds, seconds
and peak memory of a first run, of one after an edit of a single file, and of one without a change, with the exponents
of their growth: 1 is linear. It is a tool, not a test: it has no limit.
"""

import argparse
import importlib.util
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aisafety_lint.knowledge import builtin_root

_TEXTS = {".py", ".pyi", ".md", ".toml", ".yml", ".yaml", ".json", ".cfg", ".ini", ".txt", ".ipynb", ".sh"}
_LEFT_OUT = {".git", "__pycache__", "node_modules", ".venv"}
_LARGEST = 1_000_000
RUNS = ("cold", "after one edit", "unchanged")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took: seconds of all cores, seconds on the clock, and the peak memory of all processes in MB."""

    cpu: float
    seconds: float
    memory: float


def files_of(source: Path) -> Iterator[tuple[Path, str]]:
    """The texts of a project with their paths in it."""
    for folder, names, files in os.walk(source):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix in _TEXTS and not path.is_symlink() and path.stat().st_size < _LARGEST:
                yield path.relative_to(source), path.read_text("utf-8", "replace")


def own_packages(paths: Sequence[Path]) -> frozenset[str]:
    """The top-level packages of a project: folders with an `__init__.py` in a folder without one."""
    packages = {path.parent for path in paths if path.name == "__init__.py"}
    frameworks = {path.stem for path in (builtin_root() / "frameworks").glob("*.yml")}
    return frozenset(folder.name for folder in packages if folder.parent not in packages) - frameworks - {""}


def copied(files: Sequence[tuple[Path, str]], names: frozenset[str], number: int) -> Iterator[tuple[Path, str]]:
    """A copy of a project, in which its packages have names of their own."""
    pattern = re.compile(rf"(?<![\w.])({'|'.join(sorted(map(re.escape, names)))})(?!\w)") if names else None
    for path, text in files:
        parts = (f"{part}_{number}" if part in names else part for part in path.parts)
        changed = pattern.sub(rf"\g<1>_{number}", text) if pattern and path.suffix in (".py", ".pyi") else text
        yield Path(*parts), changed


def generate(sources: Mapping[str, Path], folder: Path, lines: int) -> tuple[int, int]:
    """Write copies, one source after the other, until there are so many lines of Python: the lines and the files."""
    known = {name: list(files_of(path)) for name, path in sources.items()}
    names = {name: own_packages([path for path, _ in files]) for name, files in known.items()}
    written = count = number = 0
    (folder / ".git").mkdir(parents=True)
    while written < lines:
        before = written
        for name, files in known.items():
            for path, text in copied(files, names[name], number):
                if written < lines:
                    target = folder / f"{name}_{number}" / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text, "utf-8", "replace")
                    written += text.count("\n") if path.suffix == ".py" else 0
                    count += 1
        number += 1
        if written == before:
            raise SystemExit("the sources hold no Python")
    return written, count


def measured(folder: Path, cache: Path, jobs: str) -> Cost:
    """Run the linter on a project, and see what it takes."""
    command = [sys.executable, "-m", "aisafety_lint", "check", "--isolated", "--exit-zero", "--jobs", jobs]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"XDG_CACHE_HOME": str(cache), "PYTHONPYCACHEPREFIX": f"{cache}-of-bytecode"}
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, "--output-format", "json", str(folder)], stdout=subprocess.DEVNULL, env=environment
    )
    peak = [0.0]
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, peak, over))
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watch.join()
    if process.returncode not in (0, 2):
        raise SystemExit(f"the linter ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, max(peak[0], usage.ru_maxrss / 1000))


def _watch(process: int, peak: list[float], over: threading.Event) -> None:
    """Note the largest sum of what a process and those below it have in memory, shared pages shared out among them."""
    while not over.wait(0.5):
        peak[0] = max(peak[0], sum(_memory(one) for one in (process, *_children(process))))


def _children(process: int) -> list[int]:
    try:
        direct = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []
    return [child for one in map(int, direct) for child in (one, *_children(one))]


def _memory(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1000 if found else 0.0


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The growth of a cost: b of the curve a * size ** b that fits best."""
    points = [(math.log(size), math.log(cost)) for size, cost in zip(sizes, costs, strict=True) if cost > 0]
    middle = [sum(values) / len(points) for values in zip(*points, strict=True)]
    above = sum((size - middle[0]) * (cost - middle[1]) for size, cost in points)
    below = sum((size - middle[0]) ** 2 for size, _ in points)
    return above / below if below else math.nan


def sources_of(words: Sequence[str]) -> dict[str, Path]:
    """The sources by harmless names."""
    found = {}
    for word in words:
        path = Path(word)
        if not path.is_dir():
            spec = importlib.util.find_spec(word)
            if spec is None or not spec.submodule_search_locations:
                raise SystemExit(f"`{word}` is no folder and no installed package")
            path = Path(spec.submodule_search_locations[0])
        found[re.sub(r"\W", "_", path.name)] = path
    return found


def main() -> None:
    """Measure all sizes, the smallest first, and print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    parser.add_argument("--lines", default="100000,1000000")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    sources = sources_of(arguments.sources)
    sizes: list[float] = []
    costs: dict[str, list[Cost]] = {name: [] for name in RUNS}
    print("| lines | files | run | CPU s | s | peak MB |\n| ---: | ---: | --- | ---: | ---: | ---: |", flush=True)
    for lines in sorted(int(one) for one in arguments.lines.split(",")):
        with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="scale-") as made:
            folder, cache = Path(made, "monorepo"), Path(made, "cache")
            written, files = generate(sources, folder, lines)
            sizes.append(written)
            edited = max(folder.rglob("*.py"), key=lambda path: (path.stat().st_size < 20_000, path.stat().st_size))
            for name in RUNS:
                if name == "after one edit":
                    time.sleep(4)  # what has just been written is read again in any case
                    with edited.open("a") as stream:
                        stream.write("\n\ndef an_edit() -> int:\n    return 1\n")
                if name == "unchanged":
                    time.sleep(4)
                    measured(folder, cache, arguments.jobs)
                cost = measured(folder, cache, arguments.jobs)
                costs[name].append(cost)
                figures = f"{cost.cpu:.1f} | {cost.seconds:.1f} | {cost.memory:.0f}"
                print(f"| {written:,} | {files:,} | {name} | {figures} |", flush=True)
            shutil.rmtree(folder)
    if len(sizes) > 1:
        for name in RUNS:
            grown = [exponent(sizes, [getattr(one, what) for one in costs[name]]) for what in ("cpu", "memory")]
            print(f"\n{name}: CPU grows as lines^{grown[0]:.2f}, memory as lines^{grown[1]:.2f}")


if __name__ == "__main__":
    main()
