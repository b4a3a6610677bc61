"""The output formats for people, editors, programs and workflow logs, on one small report."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisafety_lint import __version__
from aisafety_lint.finding import Confidence, Finding, Location, Notification, NotificationLevel, Severity
from aisafety_lint.knowledge import builtin_root
from aisafety_lint.report import FORMATS, render, statistics
from aisafety_lint.report.encode import dump
from aisafety_lint.report.excerpt import Mark, draw, fit
from aisafety_lint.report.github import escape, escape_property
from aisafety_lint.report.model import Coverage, Report
from aisafety_lint.report.terminal import Paint, visible, width
from aisafety_lint.source import SourceText, Span
from golden import same_as_golden
from report_samples import NOTIFICATIONS, eval_finding, payment_finding, sample, server_finding, shell_finding

HOSTILE = "a\x1b]0;title\x07\u202e::error::%0A\r\n,:b\udc80"
STYLE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")
TEXT = st.text(st.characters() | st.sampled_from("\t\r\n\x1b\u202e:,%[]()漢é😀\udc80"))


def lines_of(format: str, report: Report, **options: Any) -> list[str]:  # noqa: A002
    return render(format, report, **options).splitlines()


# --- all formats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_the_whole_output_is_the_one_we_know(name: str) -> None:
    text = render(name, sample(), seconds=0.84, category="nightly")
    if name == "html":  # its style and script are files of their own
        text = re.sub(r"(<style>|<script>).*?(</style>|</script>)", r"\1\2", text, flags=re.DOTALL)
        text = re.sub(r"sha256-[\w+/=]+", "sha256", text).replace(f"lint {__version__}.", "lint VERSION.")
    assert same_as_golden(f"report-{name}.txt", text)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_what_could_not_be_read(name: str) -> None:
    text = unescape(render(name, sample()))
    assert all(notification.message in text for notification in NOTIFICATIONS)


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"full", "concise"}))
def test_formats_for_programs_depend_on_the_report_only(name: str) -> None:
    assert render(name, sample(), seconds=1.5, color=True, trace="full", hyperlinks=True) == render(name, sample())


@pytest.mark.parametrize("name", FORMATS)
def test_the_hash_seed_changes_nothing(name: str) -> None:
    program = f"import report_samples as s, aisafety_lint.report as r; print(r.render({name!r}, s.sample()), end='')"
    tests = str(Path(__file__).parent)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=tests,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": tests, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {render(name, sample()).encode().replace(b"\n", os.linesep.encode())}


def test_naming_the_formats_costs_no_imports() -> None:
    program = "import sys, aisafety_lint.report; print(*sorted({'yaml', 'rich', 'json'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_an_unknown_format_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        render("yaml", sample())


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_in_a_repository_acts_on_the_reader(name: str) -> None:
    """A file name, a message, a label and the code itself hold escape sequences, bidi marks and workflow commands."""
    place = Location(HOSTILE, Span(1, 1, 1, 5), HOSTILE)
    finding = Finding(
        "model-output-to-eval", HOSTILE, place, Severity.HIGH, Confidence.HIGH, flows=((place,) * 3,), related=(place,),
        why=f"{HOSTILE} {HOSTILE}", fix=HOSTILE,
    )  # fmt: skip
    note = Notification("unreadable-file", HOSTILE, path=HOSTILE)
    text = render(name, sample(finding, notifications=(note,), texts={HOSTILE: HOSTILE}), width=30)
    text.encode("utf-8")
    acting = {character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Cs")}
    assert acting == {"\n"}
    commands = [line for line in text.splitlines() if line.strip().startswith("::")]
    assert len(commands) == (2 if name == "github" else 0)


# --- full --------------------------------------------------------------------------------------------------------


def test_a_short_flow_is_marked_in_the_code_and_not_listed_again() -> None:
    text = render("full", sample(eval_finding()))
    assert "----------------------- model output" in text
    assert "= flow" not in text


def test_a_longer_flow_is_listed_step_by_step_with_one_line_of_code_each() -> None:
    lines = lines_of("full", sample(shell_finding()))
    start = next(index for index, line in enumerate(lines) if "= flow: 5 steps from source to sink" in line)
    assert lines[start + 1 : start + 5] == [
        "    1. agent/run.py:9:13: model output",
        '       | reply = client.responses.create(model="small", input=task)',
        "    2. agent/run.py:10:12: attribute `output_text`",
        "       | text = reply.output_text",
    ]
    assert "  = flows: 1 other flow reaches the same place, shown with --trace full" in lines


def test_the_middle_of_a_long_flow_is_shown_on_request() -> None:
    finding = shell_finding()
    flow = (*finding.flows[0], *finding.flows[0])
    long = sample(replace(finding, flows=(flow,)))
    short = render("full", long)
    assert "… 4 more, shown with --trace full" in short
    assert re.findall(r"^ +(\d+)\. ", short, re.MULTILINE) == ["1", "2", "3", "8", "9", "10"]
    full = render("full", long, trace="full")
    assert re.findall(r"^ +(\d+)\. ", full, re.MULTILINE) == [str(number) for number in range(1, 11)]


def test_all_flows_are_shown_on_request() -> None:
    text = render("full", sample(shell_finding()), trace="full")
    assert text.count("steps from source to sink") == 2
    assert "other flow" not in text


@pytest.mark.parametrize(("many", "detailed", "listed"), [(8, 8, 0), (9, 5, 4), (40, 5, 35)])
def test_of_many_findings_alike_the_first_are_shown_and_every_place(many: int, detailed: int, listed: int) -> None:
    first = shell_finding()
    places = [
        replace(first.location, span=replace(first.location.span, column=number)) for number in range(1, many + 1)
    ]
    report = sample(*(replace(first, location=place) for place in places))
    lines = lines_of("full", report)
    heads = [line for line in lines if line.startswith(f"{first.severity}[{first.rule}]")]
    assert len(heads) == detailed + bool(listed)
    assert (
        f"{first.severity}[{first.rule}]: The same at {listed} other places, shown with --trace full." in heads
    ) is (listed > 0)
    for place in places:
        assert any(f"--> {place.path}:{place.span.line}:{place.span.column}" in line for line in lines)
    assert render("full", report, trace="full").count(f"{first.severity}[{first.rule}]: {first.message}") == many


def test_a_finding_without_text_is_shown_without_an_excerpt() -> None:
    lines = lines_of("full", sample(server_finding(), texts={}))
    assert lines[:3] == [
        "low[unpinned-mcp-server]: MCP server `files` runs the newest `server-files`.",
        " --> .mcp.json:3:48",
        "  |",
    ]


def test_of_many_notifications_of_a_kind_the_first_are_shown_and_the_others_counted() -> None:
    large = [Notification("file-too-large", "The file is large.", path=f"{number}.yaml") for number in range(36)]
    other = Notification("ignore-file", "A line is wrong.", path=".gitignore")
    said = lines_of("full", sample(notifications=(*large, other)))
    assert said[said.index("warning[file-too-large]: 0.yaml: The file is large.") :][:6] == [
        "warning[file-too-large]: 0.yaml: The file is large.",
        "warning[file-too-large]: 1.yaml: The file is large.",
        "warning[file-too-large]: 2.yaml: The file is large.",
        "warning[ignore-file]: .gitignore: A line is wrong.",
        "warning[file-too-large]: There are 33 more of these; `--output-format concise` lists all.",
        "",
    ]
    assert render("full", sample(notifications=tuple(large[:4]))).count("The file is large.") == 4
    assert render("concise", sample(notifications=tuple(large))).count("The file is large.") == 36
    errors = tuple(replace(note, level=NotificationLevel.ERROR) for note in large)
    assert render("full", sample(notifications=errors)).count("The file is large.") == 36


def test_color_and_links_only_add_to_the_text() -> None:
    plain = render("full", sample(), trace="full")
    styled = render("full", sample(), trace="full", color=True, hyperlinks=True)
    assert STYLE.sub("", styled) == plain
    assert "\x1b[1;31mhigh[model-output-to-eval]\x1b[0m" in styled
    assert "\x1b]8;;file:///project/agent/run.py\x1b\\" in styled
    assert "\x1b]8;;file:///rules/output-sinks/model-output-to-eval.md\x1b\\" in styled
    assert "\x1b]8" not in render("full", sample(), color=True)


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_the_lines_that_we_lay_out_fit_the_terminal(columns: int) -> None:
    finding = replace(eval_finding(), why="It is so. " * 40)
    source = "x = " + "call(" * 90 + "reply" + ")" * 90
    start = source.index("reply") + 1
    place = Location("long.py", Span(1, start, 1, start + 5), "model output, which is long enough to wrap")
    long = replace(server_finding(), location=place)
    texts = {"long.py": source, "agent/run.py": sample().texts["agent/run.py"].text}
    for line in lines_of("full", sample(finding, long, notifications=(), texts=texts), width=columns):
        assert width(line) <= columns or line.startswith(("low[", "high[", "in 214 files", "4 findings", "2 findings"))


def test_a_region_of_several_lines_is_tied_together() -> None:
    source = SourceText("a.py", "run(\n    a,\n)\nrest")
    rows = list(draw(source, [Mark(Span(1, 1, 3, 2), "here", "high", primary=True)], Paint(), 1, 80))
    assert rows == [
        "1 | / run(",
        "2 | |     a,",
        "3 | | )",
        "  | |_^ here",
    ]


def test_a_region_of_several_lines_can_begin_inside_a_line() -> None:
    source = SourceText("a.py", "x = run(\n    a,\n)")
    rows = list(draw(source, [Mark(Span(1, 5, 3, 2), "here", "high", primary=True)], Paint(), 1, 80))
    assert rows == [
        "1 |   x = run(",
        "  |  _____^",
        "2 | |     a,",
        "3 | | )",
        "  | |_^ here",
    ]


def test_lines_far_apart_are_shown_with_a_gap() -> None:
    source = SourceText("a.py", "one\ntwo\nthree\nfour\nfive\nsix")
    marks = [Mark(Span(6, 1, 6, 4), "sink", "high", primary=True)]
    marks += [Mark(Span(1, 1, 1, 4), "source", "secondary"), Mark(Span(3, 1, 3, 6), "", "secondary")]
    rows = list(draw(source, marks, Paint(), 1, 80))
    assert rows == [
        "1 | one",
        "  | --- source",
        "2 | two",
        "3 | three",
        "  | -----",
        "...",
        "6 | six",
        "  | ^^^ sink",
    ]


def test_words_that_do_not_fit_behind_their_mark_go_below() -> None:
    source = SourceText("a.py", " " * 20 + "call()")
    rows = list(draw(source, [Mark(Span(1, 21, 1, 27), "twelve cells", "high", primary=True)], Paint(), 1, 34))
    assert rows[1:] == [
        "  | " + " " * 20 + "^^^^^^",
        "  | " + " " * 18 + "twelve cells",
    ]


@given(
    st.text(st.characters(exclude_characters="\r\n") | st.sampled_from("\t漢é\u0301😀\u202e"), min_size=1),
    st.data(),
    st.integers(20, 60),
)
def test_marks_stand_under_their_text_whatever_stands_before_it(line: str, data: st.DataObject, limit: int) -> None:
    line = line.rstrip() or "x"
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start + 1, len(line)))
    fitted = fit(line, start + 1, end + 1, limit)
    assert width(fitted.shown) <= limit
    cells = [character for character in fitted.shown for _ in range(width(character))]
    first, last = fitted.cell(start + 1), fitted.cell(end + 1)
    expected: list[str] = []
    for character in line[start:end]:
        piece = " " * (4 - (first + len(expected)) % 4) if character == "\t" else visible(character)
        expected += [part for part in piece for _ in range(width(part))]
    if len(expected) + 2 * line.count("\t") <= limit - 2 - 4 * line.count("\t"):
        assert cells[first:last] == expected


@given(TEXT)
def test_visible_text_holds_nothing_that_acts(text: str) -> None:
    shown = {unicodedata.category(character) for character in visible(text)}
    assert not shown & {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}


def test_the_last_line_says_what_was_looked_at() -> None:
    nothing = Report("/project", (), (), Coverage(files=1, tools=1), {})
    line = "No findings in 1 file, 1 tool, 0 agents, 0 MCP servers, 0 suites"
    assert render("full", nothing, seconds=0.04) == f"{line}; 0.0 s\n"
    assert lines_of("concise", nothing) == [line]
    hidden = replace(nothing, hidden={"persona": 2, "severity": 1, "ignored": 0})
    assert lines_of("concise", hidden)[-1].startswith("No findings (hidden: 2 by persona, 1 by severity) in 1 file")
    assert lines_of("concise", sample())[-1] == (
        "4 findings (1 critical, 1 high, 1 medium, 1 low; hidden: 12 by persona, 3 ignored) in 214 files, 11 tools, "
        "3 agents, 2 MCP servers, 1 suite; 6 calls unresolved, 1 not analysed"
    )


# --- concise -----------------------------------------------------------------------------------------------------


def test_concise_has_one_line_a_finding_that_editors_understand() -> None:
    line = lines_of("concise", sample(server_finding()))[0]
    assert line == ".mcp.json:3:48: low unpinned-mcp-server MCP server `files` runs the newest `server-files`."


@pytest.mark.parametrize("path", ["::error::x.py", " ::x.py", "\u3000::x.py"])
def test_a_file_name_in_a_concise_line_is_no_workflow_command(path: str) -> None:
    finding = replace(server_finding(), location=Location(path, Span(1, 1, 1, 2)))
    assert lines_of("concise", sample(finding))[0].startswith("./")


# --- json --------------------------------------------------------------------------------------------------------


def schema(name: str) -> Any:
    return json.loads((builtin_root() / "schema" / name).read_text("utf-8"))


def test_json_follows_its_published_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema("report.schema.json"))
    for report in (sample(), Report("/project", (), (), Coverage(), {})):
        jsonschema.validate(json.loads(render("json", report)), schema("report.schema.json"))


def test_every_key_of_the_json_is_described_and_every_described_key_is_there() -> None:
    described = schema("report.schema.json")
    document = json.loads(render("json", sample()))
    finding = document["findings"][0]
    pairs = [
        (described, document),
        (described["$defs"]["finding"], finding),
        (described["$defs"]["location"], finding["location"]),
        (described["$defs"]["notification"], document["notifications"][0]),
        (described["properties"]["coverage"], document["coverage"]),
    ]
    for part, value in pairs:
        assert set(part["properties"]) == set(value)


def test_json_holds_the_whole_proof() -> None:
    finding = json.loads(render("json", sample(shell_finding())))["findings"][0]
    assert finding["rule"] == "model-output-to-shell"
    assert finding["location"] == {
        "path": "agent/tools.py", "line": 7, "column": 25, "end_line": 7, "end_column": 32, "label": "runs in a shell",
    }  # fmt: skip
    assert [len(flow) for flow in finding["flows"]] == [5, 2]
    assert finding["standards"] == ["cwe:78", "owasp-llm-2026:LLM10", "owasp-asi-2026:ASI05", "stride:E"]
    assert finding["fix"] == "Pass an argument list without a shell."


@given(TEXT)
def test_json_is_ascii_that_every_reader_takes(text: str) -> None:
    written = dump({"path": text})
    assert written.isascii()
    read = json.loads(written)["path"]
    read.encode("utf-8")
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert read == text


# --- github ------------------------------------------------------------------------------------------------------


def runner(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as the runner of GitHub Actions does."""
    head, message = line[2:].split("::", 1)
    command, _, properties = head.partition(" ")
    pairs = dict(pair.split("=", 1) for pair in properties.split(","))
    for code, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        pairs = {key: value.replace(code, character) for key, value in pairs.items()}
    for code, character in (("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        message = message.replace(code, character)
    return command, pairs, message


def test_annotations_come_worst_first_at_their_place() -> None:
    commands = [runner(line) for line in lines_of("github", sample())[:-1]]
    assert [command for command, _, _ in commands] == ["error"] * 3 + ["warning"] * 2 + ["notice"] * 2
    assert commands[0] == (
        "error",
        {"file": "agent/tools.py", "line": "7", "endLine": "7", "col": "25", "endColumn": "32",
         "title": "model-output-to-shell (critical)"},
        f"{shell_finding().message}\nPass an argument list without a shell.",
    )  # fmt: skip
    _, several_lines, _ = commands[3]
    assert several_lines == {"file": "pay.py", "line": "3", "endLine": "9", "title": "unapproved-payment (medium)"}


@given(TEXT, TEXT)
def test_workflow_commands_survive_any_text(path: str, message: str) -> None:
    line = f"::error file={escape_property(path)},title=x::{escape(message)}"
    assert len(line.splitlines()) == 1
    command, properties, read = runner(line)
    assert (command, set(properties)) == ("error", {"file", "title"})
    assert properties["file"] == "\n".join(map(visible, path.replace("\r\n", "\n").split("\n")))
    assert read == "\n".join(map(visible, message.replace("\r\n", "\n").split("\n")))


@pytest.mark.parametrize(
    ("errors", "warnings", "notices", "shown"),
    [
        (10, 10, 10, {"error": 10, "warning": 10, "notice": 10}),
        (11, 0, 0, {"error": 10, "notice": 1}),
        (0, 11, 10, {"warning": 10, "notice": 10}),
        (30, 30, 30, {"error": 10, "warning": 10, "notice": 10}),
    ],
)
def test_annotations_stay_within_the_limits_and_say_what_is_left_out(
    errors: int, warnings: int, notices: int, shown: dict[str, int]
) -> None:
    findings = [eval_finding()] * errors + [payment_finding()] * warnings + [server_finding()] * notices
    lines = lines_of("github", sample(*findings, notifications=()))[:-1]
    commands = [runner(line)[0] for line in lines]
    assert {name: commands.count(name) for name in shown} == shown
    left_out = errors + warnings + notices - len(lines)
    if left_out:
        assert lines[-1] == f"::notice title=aisafety-lint::{left_out + 1} more in the summary."


# --- statistics --------------------------------------------------------------------------------------------------


def test_statistics_count_the_findings_of_each_rule() -> None:
    text = statistics.render(sample(eval_finding(), *[payment_finding()] * 10, server_finding()))
    assert text.splitlines()[:-1] == [
        "10  medium    unapproved-payment",
        " 1  high      model-output-to-eval",
        " 1  low       unpinned-mcp-server",
    ]
    assert text.splitlines()[-1].startswith("12 findings (1 high, 10 medium, 1 low;")


def test_a_notification_of_the_run_names_the_linter_where_it_has_no_file() -> None:
    note = Notification("limit-reached", "Too many files.", NotificationLevel.WARNING)
    assert lines_of("concise", sample(eval_finding(), notifications=(note,)))[1] == (
        "aisafety-lint: warning limit-reached Too many files."
    )
