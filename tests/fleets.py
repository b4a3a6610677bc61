"""Repositories for fleets, and the program at work on them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

AGENT = """\
import subprocess

import stripe
from agents import Agent, function_tool


@function_tool
def look_{number}(host: str) -> str:
    return subprocess.run(f"ping {{host}}", shell=True, capture_output=True, text=True).stdout


@function_tool
def refund(payment: str, cents: int) -> str:
    return stripe.Refund.create(payment_intent=payment, amount=cents).id


desk = Agent(name="desk {number}", tools=[look_{number}, refund])
"""
_HELPER = """\
import os

from app.agent import desk


def step_{number}_{at}(left, right):
    parts = [left, right, {at}]
    if left > {number}:
        return os.path.join(str(parts), desk.name)
    return parts


"""


def repository(folder: Path, number: int, files: int = 1) -> Path:
    """A repository with an agent that can move money and run commands, and so many files around it."""
    (folder / ".git").mkdir(parents=True)
    (folder / "app").mkdir()
    (folder / "app/agent.py").write_text(AGENT.format(number=number))
    for at in range(files):
        (folder / f"app/helper_{at}.py").write_text(_HELPER.format(number=number, at=at) * 20)
    return folder


class Running:
    """A program of ours in a session of its own, and what it says on standard error, line by line."""

    def __init__(self, *command: str, cwd: Path, cache: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={"PYTHONPYCACHEPREFIX": f"{cache}-of-bytecode", **environment, "XDG_CACHE_HOME": str(cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []

    def until(self, wanted: Callable[[str], bool]) -> str:
        """Read lines until one is as wanted."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            if wanted(line):
                return line
        raise AssertionError(f"it ended before: {self.lines}")

    def wait(self) -> int:
        """The exit code, after the rest was read."""
        _, rest = self.process.communicate(timeout=3600)
        self.lines += rest.splitlines()
        return self.process.returncode

    def end(self) -> None:
        """Kill it and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        self.process.wait(timeout=60)


def fleet(*arguments: str | Path, cwd: Path, cache: Path) -> Running:
    """`aisafety-lint fleet` at work."""
    command = (str(Path(sys.executable).with_name("aisafety-lint")), "fleet", *map(str, arguments))
    return Running(*command, cwd=cwd, cache=cache)


def workers_of(process: int) -> list[int]:
    """The processes below another one that are workers of Dask: those that run the code of tasks."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        below.setdefault(parent, []).append(int(path.parent.name))
    found, pending = [], [process]
    while pending:
        pending += (children := below.get(pending.pop(), []))
        found += [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return found


def entries(output: Path) -> dict[str, Any]:
    """The entries of a ledger by the names of the repositories, each with the time of its file."""
    found = {}
    for path in output.glob("repositories/*/entry.json"):
        entry = json.loads(path.read_text())
        found[entry["repository"]] = {**entry, "written": path.stat().st_mtime_ns}
    return found
