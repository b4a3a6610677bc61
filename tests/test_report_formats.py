"""The formats for other tools: GitLab, JUnit, reviewdog and job summaries, each in the shape that its reader takes."""

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from aisafety_lint.finding import Finding, Location, Notification
from aisafety_lint.report import render
from aisafety_lint.report.model import Base, Report
from aisafety_lint.source import Span
from report_samples import TEXTS, eval_finding, payment_finding, sample, server_finding, shell_finding

HOSTILE = (
    "a\x00\x1b[2J\u202e]]><script>alert(1)</script>&\"'|[x](https://evil.example)![i](j)@all #1 **b** ::error::\ud800"
)


def hostile() -> Report:
    """A report in which every name and text is an attack."""
    place = Location(f"{HOSTILE}/x.py".replace("\n", ""), Span(1, 1, 1, 2), HOSTILE)
    finding = Finding(
        "model-output-to-shell",
        HOSTILE,
        place,
        shell_finding().severity,
        shell_finding().confidence,
        flows=((place, place),),
        why=HOSTILE,
        fix=HOSTILE,
    )
    return replace(sample(finding, notifications=(Notification("x-y", HOSTILE, path=HOSTILE),)))


class TestGitlab:
    def issues(self, report: Report) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(render("gitlab", report))
        return found

    @pytest.mark.parametrize("report", [sample(), hostile()])
    def test_every_issue_has_what_gitlab_needs(self, report: Report) -> None:
        for issue in self.issues(report):
            assert isinstance(issue["description"], str)
            assert issue["check_name"]
            assert re.fullmatch("[0-9a-f]{64}", issue["fingerprint"])
            assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert issue["location"]["path"]
            assert not issue["location"]["path"].startswith(("/", "./"))
            assert issue["location"]["lines"]["begin"] >= 1

    def test_fingerprints_are_unique_also_for_findings_that_are_alike(self) -> None:
        issues = self.issues(sample(shell_finding(), shell_finding(), eval_finding()))
        assert len({issue["fingerprint"] for issue in issues}) == len(issues)

    def test_no_findings_are_an_empty_list(self) -> None:
        assert self.issues(replace(sample(), findings=(), notifications=())) == []


class TestJunit:
    def root(self, report: Report) -> Xml.Element:
        return Xml.fromstring(render("junit", report).encode("utf-8"))

    def test_counts_are_those_of_the_cases(self) -> None:
        root = self.root(sample())
        assert root.tag == "testsuites"
        assert int(root.attrib["tests"]) == len(root.findall("testsuite/testcase"))
        assert int(root.attrib["failures"]) == len(root.findall("testsuite/testcase/failure")) == 4
        assert int(root.attrib["errors"]) == len(root.findall("testsuite/testcase/error")) == 2
        for suite in root.findall("testsuite"):
            assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
            assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
            assert {"name", "tests", "failures", "errors"} <= suite.attrib.keys()

    def test_every_case_names_its_file_and_line(self) -> None:
        cases = self.root(sample()).findall("testsuite/testcase")
        assert {(case.attrib["file"], case.attrib.get("line")) for case in cases} >= {("agent/tools.py", "7")}
        assert all(case.attrib["name"] and case.attrib["classname"] for case in cases)

    def test_a_clean_run_passes(self) -> None:
        root = self.root(replace(sample(), findings=(), notifications=()))
        assert [case.attrib["name"] for case in root.findall("testsuite/testcase")] == ["no findings"]
        assert root.attrib["failures"] == root.attrib["errors"] == "0"

    def test_hostile_text_is_text(self) -> None:
        root = self.root(hostile())
        (failure,) = root.findall("testsuite/testcase/failure")
        assert "<script>alert(1)</script>" in failure.attrib["message"]
        assert {element.tag for element in root.iter()} <= {
            "testsuites",
            "testsuite",
            "testcase",
            "failure",
            "error",
            "system-out",
        }


class TestRdjson:
    @pytest.mark.parametrize("report", [sample(), hostile()])
    def test_every_diagnostic_has_what_reviewdog_needs(self, report: Report) -> None:
        document = json.loads(render("rdjson", report))
        assert document["source"]["name"] == "aisafety-lint"
        for item in document["diagnostics"]:
            assert item.keys() <= {"message", "location", "severity", "code", "relatedLocations", "suggestions"}
            assert item["severity"] in ("ERROR", "WARNING", "INFO")
            assert item["code"]["value"]

    def test_columns_count_bytes(self) -> None:
        text = {**TEXTS, "agent/tools.py": "# Größe\nümläute = run(reply)\n"}
        place = Location("agent/tools.py", Span(2, 11, 2, 21))
        report = sample(replace(server_finding(), location=place), texts=text)
        (item, *_) = json.loads(render("rdjson", report))["diagnostics"]
        line = text["agent/tools.py"].splitlines()[1].encode()
        found = item["location"]["range"]
        assert line[found["start"]["column"] - 1 : found["end"]["column"] - 1] == b"run(reply)"


class TestMarkdown:
    def test_the_worst_comes_first(self) -> None:
        text = render("markdown", sample())
        assert text.startswith("## aisafety-lint: 4 findings (1 critical, 1 high, 1 medium, 1 low)\n")
        assert text.index("model&#45;output&#45;to&#45;shell") < text.index("model&#45;output&#45;to&#45;eval")

    def test_what_is_new_comes_before_what_is_worse(self) -> None:
        report = replace(sample(), base=Base("main", "c" * 40, new=frozenset({eval_finding()})))
        text = render("markdown", report)
        assert text.index("to&#45;eval") < text.index("to&#45;shell")
        assert "| high, new |" in text

    def test_it_stays_below_the_limit_of_github_and_says_what_is_missing(self) -> None:
        finding = replace(payment_finding(), message="long " * 100)
        text = render("markdown", sample(shell_finding(), *[finding] * 20_000))
        assert len(text.encode()) < 950_000
        assert re.search(r"^\d+ more findings are in the log", text, re.MULTILINE)
        assert "model&#45;output&#45;to&#45;shell" in text

    def test_places_are_links_where_the_address_is_known(self) -> None:
        text = render("markdown", sample(), source_url="https://example.org/o/r/blob/main/")
        assert "(https://example.org/o/r/blob/main/agent/tools.py#L7)" in text
        assert '<a href="https://example.org/o/r/blob/main/agent/run.py#L9">' in text

    def test_hostile_text_is_text(self) -> None:
        text = render("markdown", hostile(), source_url="https://example.org/o")
        assert "<script" not in text
        assert not re.search(r"https://evil|!\[|@all|\*\*b\*\*|::error", text)
        (row,) = [line for line in text.splitlines() if line.startswith("| critical")]
        assert row.count("|") == 5


@pytest.mark.parametrize("form", ["gitlab", "junit", "markdown", "rdjson"])
def test_hostile_text_does_nothing_to_a_terminal(form: str) -> None:
    text = render(form, hostile())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", text)
