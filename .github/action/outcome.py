"""Turns the JSON report of the lint step into what the action tells GitHub: the step's outputs and the job summary.

    python outcome.py REPORTS STATUS

REPORTS is the folder of the reports, STATUS the linter's exit code. The event, the outputs and the summary are where
the runner says (GITHUB_EVENT_PATH, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY). It uses the standard library alone.
"""

import html
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

SUMMARY_LIMIT = 900_000
"""GitHub drops a summary of more than 1 MiB; the rest is for what other steps write."""

SEVERITIES = ("critical", "high", "medium", "low")
MARKDOWN = re.compile(r"[\\`*_{}\[\]()#+\-.!|~:@/]")

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


def summary(report: Report | None, status: int, environment: Mapping[str, str]) -> str:
    """The job summary in Markdown, the worst findings first, never longer than GitHub takes."""
    if report is None:
        return "## aisafety-lint\n\nThe linter could not do its job; the log says why.\n"
    findings = sorted(report["findings"], key=lambda item: (known(item), SEVERITIES.index(item["severity"])))
    counts = [f"{n} {name}" for name in SEVERITIES if (n := sum(f["severity"] == name for f in findings))]
    title = f"{len(findings) or 'no'} finding{'s'[: len(findings) != 1]}" + (
        f" ({', '.join(counts)})" if counts else ""
    )
    parts = [f"## aisafety-lint: {title}\n", looked_at(report)]
    parts += [f"> {text(note['message'])}\n" for note in report["notifications"]]
    if status == 2:
        parts.append("> The linter could not do the whole job; the log says why.\n")
    if findings:
        parts.append("| severity | rule | where | what |\n| --- | --- | --- | --- |")
    size = sum(len(part.encode()) + 1 for part in parts)
    for shown, finding in enumerate(findings):
        line = row(finding, environment)
        size += len(line.encode()) + 1
        if size > SUMMARY_LIMIT:
            parts.append(f"\n{len(findings) - shown} more findings are in the log and in the SARIF file.")
            break
        parts.append(line)
    return "\n".join(parts) + "\n"


def known(finding: Mapping[str, Any]) -> bool:
    """Whether a finding was there before, and no changed line is on its way."""
    return finding.get("change") == "known"


def with_powers(summary: str, powers: Path) -> str:
    """The summary with what changed in the powers of agents before it, where both fit."""
    if not powers.is_file():
        return summary
    both = f"{powers.read_text('utf-8')}\n{summary}"
    return both if len(both.encode()) <= SUMMARY_LIMIT + 100_000 else summary


def looked_at(report: Report) -> str:
    """What was analysed, without which "0 findings" would say nothing."""
    counts = {name.replace("_", " "): count for name, count in report["coverage"].items() if count}
    return "Looked at: " + (", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing") + ".\n"


def row(finding: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """One finding as a row of the table, with a link to its line at the commit."""
    location = finding["location"]
    path, line = location["path"], location["line"]
    where = text(f"{path}:{line}")
    if {"GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"} <= environment.keys():
        base = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/blob/{GITHUB_SHA}".format_map(environment)
        where = f"[{where}]({base}/{quote(path)}#L{line})"
    what = text(finding["message"])
    if finding["flows"]:
        steps = finding["flows"][0]
        trace = "".join(f"<li>{text(step['path'])}:{step['line']} {text(step['label'])}</li>" for step in steps)
        what += f"<details><summary>{len(steps)} steps</summary><ol>{trace}</ol></details>"
    new = "" if known(finding) or not finding.get("change") else f", {finding['change']}"
    return f"| {finding['severity']}{new} | {text(finding['rule'])} | {where} | {what} |"


def text(value: str) -> str:
    """Text from the repository, so that it shows as it is: no markup, no link, no end of the table row."""
    codes = value.replace("\r", " ").replace("\n", " ").split("`")
    shown = [MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", html.escape(code)) for code in codes]
    if len(shown) % 2 == 0:
        return "&#96;".join(shown)
    return "".join(f"<code>{code}</code>" if number % 2 else code for number, code in enumerate(shown))


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
            stream.write(with_powers(summary(report, status, os.environ), reports / "powers.md"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
