"""A small report with one of everything, for the tests of the output formats."""

from collections.abc import Mapping
from pathlib import Path

from aisafety_lint.finding import Confidence, Finding, Location, Notification, NotificationLevel, Persona, Severity
from aisafety_lint.report.model import Coverage, Report
from aisafety_lint.rule import Rule, parse_rule
from aisafety_lint.source import SourceText, Span
from aisafety_lint.standards import load_standards
from shared import KNOWLEDGE

TEXTS = {
    ".mcp.json": '{\n  "mcpServers": {\n    "files": {"command": "npx", "args": ["-y", "server-files", "/"]}\n  }\n}\n',
    "agent/run.py": """\
from openai import OpenAI

from agent.tools import run

client = OpenAI()


def ask(task):
    reply = client.responses.create(model="small", input=task)
    text = reply.output_text
    return run(text)


def save(path, note):
    reply = client.responses.create(
        model="small",
        input=note,
    )
    path.write_text(eval(reply.output_text))
""",
    "agent/tools.py": """\
import subprocess


def run(command):
\t# Größe 测试 \u202e
\tif command:
\t\treturn subprocess.run(command, shell=True)
""",
    "pay.py": """\
@tool
def refund(charge: str) -> str:
    return stripe.Refund.create(
        charge=charge,
        amount=10_00,
        reason="requested_by_customer",
        metadata={"by": "agent"},
        idempotency_key=charge,
    ).id
""",
}

RULE = """\
---
id: {id}
severity: {severity}
precision: high
since: 0.1.0
standards: [{standards}]
tags: [{tags}]
message: "A message."
fix: {fix}
---
# {title}

## What it finds
{finds}

## Why it matters
The model writes what the attacker wants.

## Example
```python path=agent.py expect=other-rule:3
os.system(reply)  # expect: {id}
```

## Use instead
```python
subprocess.run(["ls"])
```

## When it is wrong
In a sandbox.

## References
- [A page](https://example.org/)
"""


def rule(family: str, name: str, title: str, severity: str, **values: str) -> Rule:
    """A rule as the catalogue would give it; the values are fix and finds, and may be standards and tags."""
    filled = {"standards": "", "tags": "", **values}
    path = Path("/rules") / family / f"{name}.md"
    return parse_rule(path, RULE.format(id=name, title=title, severity=severity, **filled))


RULES = [
    rule(
        "output-sinks",
        "model-output-to-shell",
        "Model output runs in a shell",
        "critical",
        standards='"cwe:78", "owasp-llm-2026:LLM10", "owasp-asi-2026:ASI05", "stride:E"',
        tags="shell, exec",
        fix="Pass an argument list without a shell.",
        finds="Text that a model wrote\nruns in a shell.",
    ),
    rule(
        "output-sinks",
        "model-output-to-eval",
        "Model output is evaluated",
        "high",
        standards='"cwe:CWE-95"',
        fix="Parse the text with `ast.literal_eval`.",
        finds="Text that a model wrote reaches `eval`.",
    ),
    rule(
        "human-approval",
        "unapproved-payment",
        "A payment without a person",
        "medium",
        fix="Ask a person before the call.",
        finds="A tool moves money.",
    ),
    rule(
        "tool-grants",
        "unpinned-mcp-server",
        "An MCP server without a version",
        "low",
        fix="Write the version.",
        finds="A server is started from a package without a version.",
    ),
]


def place(path: str, needle: str, label: str = "", *, end: str = "", nth: int = 1) -> Location:
    """The place of a text in a sample file, up to the end of another text where one is given."""
    text = SourceText(path, TEXTS[path])
    start = -1
    for _ in range(nth):
        start = text.text.index(needle, start + 1)
    stop = text.text.index(end, start) + len(end) if end else start + len(needle)
    return Location(path, text.span(start, stop), label)


def shell_finding() -> Finding:
    """A flow through two files, and a second source."""
    flow = (
        place("agent/run.py", "client.responses.create", "model output"),
        place("agent/run.py", "reply.output_text", "attribute `output_text`"),
        place("agent/run.py", "text", "passed to `command` of `run`", nth=3),
        place("agent/tools.py", "command", "parameter `command`"),
        place("agent/tools.py", "command", "runs in a shell", nth=3),
    )
    other = (place("agent/run.py", "client.responses.create", "model output", nth=2), flow[-1])
    return Finding(
        "model-output-to-shell",
        "Model output from `client.responses.create` reaches `subprocess.run(shell=True)`.",
        flow[-1],
        Severity.CRITICAL,
        Confidence.HIGH,
        flows=(flow, other),
        why="The model writes the command, and whoever writes what the model reads, a page, a ticket or an e-mail, "
        "writes it too.",
        symbol="run",
    )


def eval_finding() -> Finding:
    """A flow whose two ends are seen in one excerpt."""
    flow = (
        place("agent/run.py", "client.responses.create", "model output", nth=2),
        place("agent/run.py", "reply.output_text", "evaluated as code", nth=2),
    )
    return Finding(
        "model-output-to-eval",
        "Model output reaches `eval`.",
        flow[-1],
        Severity.HIGH,
        Confidence.MEDIUM,
        flows=(flow,),
        symbol="save",
        fix="Parse the answer with `json.loads`.",
    )


def payment_finding() -> Finding:
    """A region of several lines with a related place."""
    return Finding(
        "unapproved-payment",
        "Tool `refund` moves money and no person confirms it.",
        place("pay.py", "stripe.Refund.create(", "moves money", end="key=charge,\n    )"),
        Severity.MEDIUM,
        Confidence.HIGH,
        related=(
            place("pay.py", "refund", "the model can call this"),
            place(".mcp.json", "files", "and has this server"),
        ),
        why="No approval gate dominates this call.",
        symbol="refund",
    )


def server_finding() -> Finding:
    """A finding in a manifest, without a flow."""
    return Finding(
        "unpinned-mcp-server",
        "MCP server `files` runs the newest `server-files`.",
        place(".mcp.json", '"server-files"', "no version"),
        Severity.LOW,
        Confidence.HIGH,
        Persona.PEDANTIC,
        key="files",
    )


NOTIFICATIONS = (
    Notification("unparsable-file", "Python cannot parse it: invalid syntax.", path="old.py", span=Span(3, 7, 3, 8)),
    Notification("unreadable-file", "It is binary data.", NotificationLevel.ERROR, path="data\x1b[2J.py"),
    Notification("tests-not-reported", "Two files are test code.", NotificationLevel.NOTE),
)


def sample(
    *findings: Finding, notifications: tuple[Notification, ...] = NOTIFICATIONS, texts: Mapping[str, str] = TEXTS
) -> Report:
    """A report with these findings, or with one of every kind."""
    rules = {item.id: item for item in RULES}
    return Report(
        root="/project",
        findings=findings or (server_finding(), eval_finding(), shell_finding(), payment_finding()),
        notifications=notifications,
        coverage=Coverage(
            files=214, python_files=61, manifests=4, tools=11, agents=3, model_calls=9, mcp_servers=2, suites=1,
            unresolved_calls=6, not_analysed=1,
        ),
        rules=rules,
        texts={path: SourceText(path, text) for path, text in texts.items()},
        hidden={"persona": 12, "ignored": 3},
        standards=load_standards(KNOWLEDGE, (name for item in RULES for name in item.standards)),
    )  # fmt: skip
