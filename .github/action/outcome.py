"""Turns the reports of the lint step into what the action tells GitHub: the step's outputs and the job summary.

    python outcome.py REPORTS STATUS

REPORTS is the folder of the reports, STATUS the linter's exit code. The event, the outputs and the summary are where
the runner says (GITHUB_EVENT_PATH, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY). It uses the standard library alone.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SUMMARY_LIMIT = 1_000_000
"""GitHub drops a summary of more than 1 MiB."""

Report = Mapping[str, Any]


def outputs(report: Report | None, status: int, sarif: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What later steps and the workflow read: counts, the exit code, and where the results shall go.

    `annotate` is `fallback` where annotations are only wanted if the upload fails.
    """
    wanted = choice(environment, "INPUT_UPLOAD_SARIF", ("auto", "true", "false"))
    annotations = choice(environment, "INPUT_ANNOTATIONS", ("auto", "true", "false"))
    findings = report["findings"] if report else []
    done = status != 2 and sarif.is_file()
    upload = done and (wanted == "true" or (wanted == "auto" and may_upload(environment)))
    if annotations == "auto":
        annotations = "fallback" if upload else "true"
    return {
        "findings": str(len(findings)),
        "high": str(sum(finding["severity"] in ("high", "critical") for finding in findings)),
        "sarif-file": str(sarif) if done else "",
        "exit-code": str(status),
        "upload": str(upload).lower(),
        "annotate": annotations if report else "false",
    }


def choice(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """The value of an input with fixed values; ends the step where it has another."""
    value = environment.get(name) or allowed[0]
    if value not in allowed:
        name = name.removeprefix("INPUT_").lower().replace("_", "-")
        sys.exit(f"aisafety-lint: the input `{name}` is {value!r}, it can be {', '.join(allowed)}")
    return value


def may_upload(environment: Mapping[str, str]) -> bool:
    """Whether the token of this event can write to code scanning at all: not from a fork, not for Dependabot."""
    if environment.get("GITHUB_ACTOR") == "dependabot[bot]":
        return False
    event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    pull_request = event.get("pull_request")
    if pull_request is None or environment.get("GITHUB_EVENT_NAME") == "pull_request_target":
        return True
    head = pull_request["head"]["repo"] or {}
    return bool(head.get("full_name") == pull_request["base"]["repo"]["full_name"])


def summary(reports: Path, status: int) -> str:
    """The job summary in Markdown: what changed in the powers of agents, where both fit, and the findings."""
    if not (reports / "results.markdown").is_file():
        return "## aisafety-lint\n\nThe linter could not do its job; the log says why.\n"
    told = (reports / "results.markdown").read_text("utf-8")
    if status == 2:
        told += "\n> The linter could not do the whole job; the log says why.\n"
    powers = reports / "powers.md"
    both = f"{powers.read_text('utf-8')}\n{told}" if powers.is_file() else told
    return both if len(both.encode()) <= SUMMARY_LIMIT else told


def main(reports: Path, status: int) -> None:
    """Read the report, append to the outputs and to the summary."""
    path = reports / "results.json"
    report = json.loads(path.read_text("utf-8")) if path.is_file() else None
    lines = [
        f"{name}={value}\n" for name, value in outputs(report, status, reports / "results.sarif", os.environ).items()
    ]
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
        stream.writelines(lines)
    if choice(os.environ, "INPUT_SUMMARY", ("true", "false")) == "true":
        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as stream:
            stream.write(summary(reports, status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
