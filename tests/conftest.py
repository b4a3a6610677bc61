"""What the tests share: small projects on disk, and the program as its users run it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is decides no test.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

# A job in the background of a shell ignores interruptions, and so would every program that a test starts.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

MakeTree = Callable[[Mapping[str, str | bytes]], Path]
Lint = Callable[..., "subprocess.CompletedProcess[str]"]

_COLORS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")
# The program is started hundreds of times: to compile its modules each time takes as long as all else that it does.
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


@pytest.fixture
def tree(tmp_path: Path) -> MakeTree:
    """Write files into a folder that is no git work tree, and give the folder."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path.resolve() / "project"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return make


@pytest.fixture(scope="session")
def user_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands for the user's cache folder in the tests of a session."""
    return tmp_path_factory.mktemp("user-cache")


@pytest.fixture
def environment(user_cache: Path) -> Mapping[str, str]:
    """The variables that the program runs with: no colors, a steady width, a cache that the tests share."""
    kept = {name: value for name, value in os.environ.items() if name not in (*_COLORS, _NO_BYTECODE)}
    bytecode = {"PYTHONPYCACHEPREFIX": f"{user_cache}-of-bytecode"}
    return {**kept, **bytecode, "COLUMNS": "100", "XDG_CACHE_HOME": str(user_cache)}


@pytest.fixture
def lint(tmp_path: Path, environment: Mapping[str, str]) -> Lint:
    """Run the program in a process of its own; the working directory is the project of `tree` if there is one."""

    def run(
        *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        project = tmp_path / "project"
        return subprocess.run(
            [sys.executable, "-m", "aisafety_lint", *map(str, arguments)],
            cwd=cwd or (project if project.is_dir() else tmp_path),
            env={**environment, **(env or {})},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run
