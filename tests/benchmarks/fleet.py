"""Measures fleets of generated repositories, and kills what works on them: nothing may be lost or done twice.

    python tests/benchmarks/fleet.py [--repositories 200] [--workers 1,2]

Prints repositories per minute for each number of workers, without what earlier runs knew and with it. Then a worker is
killed in the middle of a run and later the run itself, and another run goes on: it ends with an error where a
repository is lost, or one that was finished is done again. It is a tool, not a test: it has no limit.
"""

import argparse
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fleets import Running, entries, fleet, repository, workers_of


def repositories_per_minute(place: Path, count: int, workers: int, cache: Path) -> float:
    """The speed of a whole run, from its start to its end."""
    output = place / f"out-{workers}-{time.monotonic_ns()}"
    started = time.monotonic()
    running = fleet("clones", "--output-dir", output, "--workers", str(workers), cwd=place, cache=cache)
    code = running.wait()
    seconds = time.monotonic() - started
    states = Counter(entry["status"] for entry in entries(output).values())
    if code != 1 or states != {"done": count}:
        raise SystemExit(f"it ended with {code}: {dict(states)}\n" + "\n".join(running.lines[-20:]))
    return count / seconds * 60


def killed(place: Path, count: int, cache: Path) -> str:
    """Kill a worker, then everything; then go on, and compare."""
    output = place / "out-killed"
    first = fleet("clones", "--output-dir", output, "--workers", "2", cwd=place, cache=cache)
    first.until(lambda line: line.startswith(f"[{count // 3}/"))
    victim = random.choice(workers_of(first.process.pid))
    os.kill(victim, signal.SIGKILL)
    first.until(lambda line: line.startswith(f"[{count * 2 // 3}/"))
    first.end()
    before = entries(output)
    second = fleet("clones", "--output-dir", output, "--workers", "2", "--resume", cwd=place, cache=cache)
    second.wait()
    after = entries(output)
    lost = [name for name in map(str, range(count)) if after.get(name, {}).get("status") != "done"]
    repeated = [name for name, entry in before.items() if after[name] != entry]
    analysed = Counter(name for one in (first, second) for name in _analysed(one))
    twice = [name for name, number in analysed.items() if number > 1]
    if lost or repeated or twice or len(before) < count * 2 // 3:
        raise SystemExit(f"lost: {lost}; done again: {repeated} {twice}; finished before: {len(before)}")
    kept = sum(line.endswith(" kept") for line in second.lines)
    return f"{len(before)} of {count} finished before the end of the first run, {kept} kept by the second, none lost"


def _analysed(running: Running) -> list[str]:
    """The repositories that a run told of as analysed."""
    return [found[1] for line in running.lines if (found := re.match(r"\[\d+/\d+\] (\S+): .*, [\d.]+ s$", line))]


def main() -> None:
    """Measure, then kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--workers", default="1,2")
    arguments = parser.parse_args()
    count = arguments.repositories
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        for number in range(count):
            repository(place / f"clones/{number}", number, files=random.Random(number).randint(5, 40))
        for workers in map(int, arguments.workers.split(",")):
            for name in ("cold", "warm"):
                speed = repositories_per_minute(place, count, workers, place / f"cache-{workers}")
                print(f"{workers} workers, {name}: {speed:.0f} repositories a minute", flush=True)
        print(killed(place, count, place / "cache-killed"))


if __name__ == "__main__":
    main()
