"""What the official tools say about a SARIF file: the JSON Schema of SARIF 2.1.0 and Microsoft's multitool.

Both come with the npm package `@microsoft/sarif-multitool`. The folder in which it was installed is named by the
environment variable AISAFETY_SARIF_MULTITOOL, or it is the checkout, or that of npm's global packages.
As a program it prints the problems of the files it is given, and fails where there are any.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

VARIABLE = "AISAFETY_SARIF_MULTITOOL"
_CHECKOUT = Path(__file__).resolve().parent.parent
_MISSING = f"@microsoft/sarif-multitool is not installed: npm install it, and name the folder in {VARIABLE}"
_BUILD = {"linux": "linux", "darwin": "darwin", "win32": "win32"}


def validate(path: Path) -> list[str]:
    """All problems of a SARIF file, one a line: against the schema, and errors and warnings of the multitool.

    Skips the test where the multitool is not installed; fails it on a CI server.
    """
    folder = multitool()
    if folder is None:
        if os.environ.get("CI") == "true":
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    return problems(path, folder)


def problems(path: Path, folder: Path) -> list[str]:
    """The same with the folder of the multitool given."""
    return [*schema_problems(json.loads(path.read_text("utf-8")), folder), *_tool_problems(path, folder)]


def schema_problems(log: Any, folder: Path) -> list[str]:
    """What the official JSON Schema says about a log."""
    schema = json.loads((folder / "sarif-2.1.0.json").read_text("utf-8-sig"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(log)]


def multitool() -> Path | None:
    """The folder with the program and the schema, or None."""
    package = f"@microsoft/sarif-multitool-{_BUILD.get(sys.platform, 'none')}"
    return next((base / package for base in _roots() if (base / package / "sarif-2.1.0.json").is_file()), None)


def _roots() -> Iterator[Path]:
    if VARIABLE in os.environ:
        yield Path(os.environ[VARIABLE]) / "node_modules"
        return
    yield _CHECKOUT / "node_modules"
    if npm := shutil.which("npm"):
        yield Path(subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=True).stdout.strip())


def _tool_problems(path: Path, folder: Path) -> Iterator[str]:
    """Run the multitool; its exit code is 0 even with errors, so what it wrote is read."""
    program = folder / "Sarif.Multitool"
    if not os.access(program, os.X_OK):
        program.chmod(program.stat().st_mode | 0o100)  # npm does not run the script that would do it
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "validated.sarif"
        command: list[str | Path] = [program, "validate", path, "--rule-kind", "Sarif;Ghas", "--output", output]
        command += ["--max-file-size-in-kb", "100000"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode or not output.is_file():
            yield f"the multitool did not run: {done.stdout}{done.stderr}"
            return
        run = json.loads(output.read_text("utf-8-sig"))["runs"][0]
    for result in run.get("results", ()):
        if (level := result.get("level", "warning")) in ("error", "warning"):
            region = result["locations"][0]["physicalLocation"].get("region", {})
            arguments = ", ".join(result["message"].get("arguments", ()))
            where = f"line {region.get('startLine')}"
            yield f"{level} {result['ruleId']} {result['message'].get('id')} {where}: {arguments}"


def main(paths: list[str]) -> int:
    """Print the problems of every file: 0 where there are none, 1 where there are, 2 where it cannot be said."""
    folder = multitool()
    if folder is None:
        print(_MISSING, file=sys.stderr)
        return 2
    found = [f"{path}: {problem}" for path in paths for problem in problems(Path(path), folder)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
