"""Results of runs: each form is counted as its framework counts, what is not understood is no result."""

import datetime
import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisafety_lint.evals.model import Result
from aisafety_lint.evals.results import read_result
from aisafety_lint.source import SourceText
from evaluations import evaluate, knowledge

PROMPTFOO = {
    "evalId": "eval-1",
    "results": {
        "timestamp": "2026-10-03T10:00:00.000Z",
        "stats": {"successes": 95, "failures": 4, "errors": 1},
        "results": [],
    },
}
GARAK = [
    {"entry_type": "init", "garak_version": "0.17.1", "start_time": "2026-10-04T09:00:00"},
    {"entry_type": "attempt", "status": 2},
    {
        "entry_type": "eval",
        "probe": "dan.Dan_11_0",
        "detector": "d",
        "passed": 8,
        "fails": 2,
        "nones": 1,
        "total_evaluated": 10,
    },
    {
        "entry_type": "eval",
        "probe": "goat.Goat",
        "detector": "d",
        "passed": 5,
        "fails": 0,
        "nones": 0,
        "total_evaluated": 5,
    },
]
DEEPTEAM = {
    "overview": {
        "vulnerability_type_results": [
            {"passing": 3, "failing": 1, "errored": 2},
            {"passing": 6, "failing": 0, "errored": 0},
        ]
    },
    "test_cases": [],
}
AZURE = {
    "scorecard": {
        "risk_category_summary": [{"overall_asr": 10.0, "overall_total": 50, "overall_successful_attacks": 5}]
    }
}
INSPECT = {
    "version": 2,
    "status": "success",
    "eval": {"created": "2026-10-07T09:00:00+00:00", "task": "desk/xstest", "model": "openai/gpt-5"},
    "results": {
        "total_samples": 50,
        "completed_samples": 50,
        "scores": [{"name": "model_graded_qa", "metrics": {"accuracy": {"name": "accuracy", "value": 0.94}}}],
    },
}
MEAN = [{"name": "judge", "metrics": {"mean": {"name": "mean", "value": 0.2}}}]
JUNIT = """<?xml version="1.0"?>
<testsuites>
<testsuite name="pytest" errors="1" failures="2" skipped="0" tests="20" timestamp="2026-10-05T08:00:00"></testsuite>
</testsuites>
"""


def read(content: str, path: str = "results/latest.json") -> Result | None:
    return read_result(SourceText(path, content), knowledge())


@pytest.mark.parametrize(
    ("content", "path", "expected"),
    [
        (json.dumps(PROMPTFOO), "out.json", ("promptfoo", 95, 4, 1, datetime.date(2026, 10, 3))),
        ("\n".join(map(json.dumps, GARAK)), "a.report.jsonl", ("garak", 13, 2, 0, datetime.date(2026, 10, 4))),
        (json.dumps(DEEPTEAM), "runs/20261006_101500.json", ("DeepTeam", 9, 1, 2, datetime.date(2026, 10, 6))),
        (json.dumps(AZURE), "scan.json", ("Azure AI Evaluation", 45, 5, 0, None)),
        (json.dumps(INSPECT), "logs/a.json", ("Inspect", 47, 3, 0, datetime.date(2026, 10, 7))),
        (JUNIT, "junit.xml", ("own tests", 17, 2, 1, datetime.date(2026, 10, 5))),
    ],
)
def test_forms(content: str, path: str, expected: tuple[Any, ...]) -> None:
    found = read(content, path)
    assert found is not None
    assert (found.title, found.passed, found.failed, found.errors, found.day) == expected


def test_the_rate_leaves_errors_aside() -> None:
    found = read(json.dumps(PROMPTFOO))
    assert found is not None
    assert found.rate == pytest.approx(4 / 99)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "[" * 5000,
        json.dumps({"results": {"stats": {"successes": 1, "failures": 0}}}),
        json.dumps({**PROMPTFOO, "results": {"stats": {"successes": 0, "failures": 0, "errors": 3}}}),
        json.dumps({**PROMPTFOO, "results": {"stats": {"successes": "many", "failures": 1}}}),
        # A run that broke off, and a measure of which nobody says whether more is better.
        json.dumps({**INSPECT, "status": "error"}),
        json.dumps({**INSPECT, "results": {"completed_samples": 50, "scores": MEAN}}),
        "<testsuite name='a'></testsuite>",
    ],
)
def test_what_is_not_understood_is_no_result(content: str) -> None:
    assert read(content) is None


DECLARATION = "evals:\n  - {id: a, config: x.yaml, results: RESULTS}\n"


@pytest.mark.parametrize(
    "named", ["evals/out/*.json", "evals/out/a.json", "evals/out", "evals/**/*.json", "./evals/out/a.json"]
)
def test_only_what_a_declaration_names_is_read(named: str) -> None:
    files = {"evals/out/a.json": json.dumps(PROMPTFOO), "other/b.json": json.dumps(PROMPTFOO)}
    found = evaluate({**files, "aisafety.yaml": DECLARATION.replace("RESULTS", named)})
    assert [result.path for result in found.results] == ["evals/out/a.json"]


def test_a_file_that_is_not_understood_is_told() -> None:
    found = evaluate({"out.json": "{}", "aisafety.yaml": DECLARATION.replace("RESULTS", "out.json")})
    assert [(note.id, note.path) for note in found.notifications] == [("unread-result", "out.json")]


def zipped(**members: str) -> bytes:
    """A zip archive of these members; a double underscore stands for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


IN_ARCHIVE = DECLARATION.replace("RESULTS", "logs/*.eval")


def test_the_head_of_an_archive_tells_what_was_found() -> None:
    log = zipped(header__json=json.dumps(INSPECT), summaries__json="[]")
    found = evaluate({"aisafety.yaml": IN_ARCHIVE}, archives={"logs/a.eval": log})
    (run,) = found.results
    assert (run.path, run.title, run.passed, run.failed) == ("logs/a.eval", "Inspect", 47, 3)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (zipped(other__json="{}"), "the archive holds no log of a known form"),
        (zipped(header__json=json.dumps(INSPECT))[:100], "the archive cannot be unpacked"),
        (zipped(header__json="{"), "they have a form that is not known"),
        (zipped(header__json=" " * 30_000_000), "its log is larger than 20000000 bytes"),
    ],
    ids=["no log", "cut off", "no result", "too large"],
)
def test_an_archive_that_is_not_understood_is_told(log: bytes, reason: str) -> None:
    found = evaluate({"aisafety.yaml": IN_ARCHIVE}, archives={"logs/a.eval": log})
    assert not found.results
    assert [(note.id, note.path) for note in found.notifications] == [("unread-result", "logs/a.eval")]
    assert reason in found.notifications[0].message


@given(st.binary(max_size=200))
def test_any_archive_is_read(log: bytes) -> None:
    evaluate({"aisafety.yaml": IN_ARCHIVE}, archives={"logs/a.eval": b"PK\x03\x04" + log})


@given(st.text(max_size=200))
def test_any_text_is_read(content: str) -> None:
    read(content)
