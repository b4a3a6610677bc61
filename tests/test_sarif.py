"""SARIF output: what GitHub and other readers need, within their limits, and valid by the official tools."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisafety_lint.finding import Confidence, Edit, Finding, Fix, Location, Notification, NotificationLevel, Severity
from aisafety_lint.fingerprint import line_hashes
from aisafety_lint.report import render
from aisafety_lint.report.explanation import explanation
from aisafety_lint.report.limits import both_ends, shorten
from aisafety_lint.report.model import Coverage, Report
from aisafety_lint.report.options import Options
from aisafety_lint.report.sarif import left_out
from aisafety_lint.report.sarif_results import uri, utf16_column
from aisafety_lint.source import Span
from aisafety_lint.standards import load_standards
from report_samples import TEXTS, eval_finding, payment_finding, place, sample, server_finding, shell_finding
from sarif_tools import VARIABLE, main, validate
from shared import KNOWLEDGE

HOSTILE = "dir %2e/a\x1b[2J\u202e ::error::\n#é😀?\udc80.py"


def run_of(report: Report, category: str = "") -> Any:
    """The one run of a log."""
    (run,) = json.loads(render("sarif", report, category=category))["runs"]
    return run


def result_of(finding: Finding, **options: Any) -> Any:
    (result,) = run_of(sample(finding, **options))["results"]
    return result


def hostile_report() -> Report:
    location = Location(HOSTILE, Span(1, 3, 2, 2), HOSTILE)
    finding = replace(
        eval_finding(), message="`x[0](1)` is {0}.", location=location, flows=((location,) * 2,), related=(location,)
    )
    note = Notification("unreadable-file", HOSTILE, path=HOSTILE, span=Span(1, 1, 1, 1))
    return sample(finding, notifications=(note,), texts={HOSTILE: "😀😀 a = b\nc"})


def fixed_report() -> Report:
    """A finding with a fix in two places, one of which only takes something away."""
    edits = (Edit("agent/tools.py", 0, 0, "import shlex\n"), Edit("agent/tools.py", 20, 23, ""))
    return sample(replace(shell_finding(), fixes=(Fix("Pass a list.", False, edits),)))


def big_report(number: int = 6000) -> Report:
    """More of everything than the readers take."""
    step = place("agent/run.py", "client.responses.create", "model output")
    flows = (tuple(replace(step, label=f"step {number}") for number in range(1, 41)),) * 40
    long = replace(shell_finding(), flows=flows, related=(step,) * 120)
    findings = (server_finding(),) * number + (payment_finding(), long)
    report = sample(*findings)
    tagged = replace(report.rules[long.rule], tags=tuple(f"tag-{number}" for number in range(20)))
    return replace(report, rules={**report.rules, long.rule: tagged})


def catalogue_report() -> Report:
    """A run without findings in which every rule of the catalogue took part."""
    standards = load_standards(KNOWLEDGE, (name for rule in KNOWLEDGE.rules.values() for name in rule.standards))
    return Report("/project", (), (), Coverage(), KNOWLEDGE.rules, standards=standards)


# --- the official tools ------------------------------------------------------------------------------------------


def test_a_fix_has_the_regions_that_go_and_what_comes_in_their_place() -> None:
    (result,) = run_of(fixed_report())["results"]
    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "agent/tools.py", "uriBaseId": "%SRCROOT%"}
    first, last = change["replacements"]
    assert first == {
        "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
        "insertedContent": {"text": "import shlex\n"},
    }
    assert last == {"deletedRegion": {"startLine": 4, "startColumn": 1, "endLine": 4, "endColumn": 4}}
    assert (fix["description"], fix["properties"]) == ({"text": "Pass a list."}, {"applicability": "unsafe"})


@pytest.mark.slow
@pytest.mark.parametrize(
    "report",
    [sample(), Report("/project", (), (), Coverage(), {}), hostile_report(), fixed_report(), big_report(9)],
    ids=["sample", "empty", "hostile", "fixed", "big"],
)
def test_the_official_tools_find_nothing(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.sarif"
    path.write_text(render("sarif", report, category="nightly"), "utf-8")
    assert validate(path) == []


@pytest.mark.slow
def test_the_official_tools_find_nothing_in_the_rules_of_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "report.sarif"
    path.write_text(render("sarif", catalogue_report()), "utf-8")
    assert validate(path) == []


@pytest.mark.slow
def test_the_official_tools_would_find_something(tmp_path: Path) -> None:
    log = json.loads(render("sarif", sample()))
    del log["runs"][0]["tool"]["driver"]["rules"][0]["help"]
    del log["runs"][0]["tool"]["driver"]["informationUri"]
    path = tmp_path / "report.sarif"
    path.write_text(json.dumps(log), "utf-8")
    assert sorted(problem.split(" line")[0] for problem in validate(path)) == [
        "error GH2012 Error_MissingHelp",
        "warning SARIF2005 Warning_ProvideToolnformationUri",
    ]
    log["runs"][0]["columnKind"] = "bytes"
    path.write_text(json.dumps(log), "utf-8")
    assert any(problem.startswith("$.runs[0].columnKind:") for problem in validate(path))
    assert main([str(path)]) == 1


@pytest.mark.parametrize(("server", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_the_official_tools_a_ci_server_fails(
    server: str, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setenv("CI", server)
    with pytest.raises(outcome, match="not installed"):
        validate(tmp_path / "report.sarif")


# --- results -----------------------------------------------------------------------------------------------------


def test_results_come_worst_first_with_level_and_rank() -> None:
    results = run_of(sample())["results"]
    assert [(result["ruleId"], result["level"], result["rank"]) for result in results] == [
        ("model-output-to-shell", "error", 100.0),
        ("model-output-to-eval", "error", 67.0),
        ("unapproved-payment", "warning", 50.0),
        ("unpinned-mcp-server", "note", 25.0),
    ]
    assert results[1]["properties"] == {"confidence": "medium", "severity": "high"}


def test_a_result_points_to_its_rule() -> None:
    run = run_of(sample())
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_the_primary_region_is_the_first_line_with_the_whole_region_as_context() -> None:
    (location,) = result_of(payment_finding())["locations"]
    region = location["physicalLocation"]["region"]
    assert region == {
        "startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 33, "snippet": {"text": "stripe.Refund.create("},
    }  # fmt: skip
    context = location["physicalLocation"]["contextRegion"]
    assert (context["startLine"], context["endLine"]) == (3, 9)
    assert context["snippet"]["text"].endswith("idempotency_key=charge,\n    ).id")


def test_a_line_that_is_too_long_is_no_context() -> None:
    text = "x" * 2000
    finding = replace(server_finding(), location=Location("min.json", Span(1, 9, 1, 12)))
    (location,) = result_of(finding, texts={"min.json": text})["locations"]
    assert location["physicalLocation"]["region"]["snippet"]["text"] == "xxx"
    assert "contextRegion" not in location["physicalLocation"]


def test_every_flow_becomes_a_code_flow_with_every_step_named() -> None:
    flows = result_of(shell_finding())["codeFlows"]
    steps = [[step["location"] for step in flow["threadFlows"][0]["locations"]] for flow in flows]
    assert [[step["message"]["text"] for step in flow] for flow in steps] == [
        [
            "model output",
            "attribute `output_text`",
            "passed to `command` of `run`",
            "parameter `command`",
            "runs in a shell",
        ],
        ["model output", "runs in a shell"],
    ]
    assert {step["physicalLocation"]["artifactLocation"]["uri"] for step in steps[0]} == {
        "agent/run.py",
        "agent/tools.py",
    }


def test_related_places_are_linked_from_the_message() -> None:
    result = result_of(payment_finding())
    assert [place["id"] for place in result["relatedLocations"]] == [1, 2]
    assert result["message"]["text"] == (
        "Tool `refund` moves money and no person confirms it. No approval gate dominates this call. "
        "Ask a person before the call. See [the model can call this](1), [and has this server](2)."
    )


def test_code_in_a_message_is_no_link() -> None:
    assert result_of(replace(eval_finding(), message="`tools[0](1)` is called."))["message"]["text"].startswith(
        "`tools[0] (1)` is called."
    )


def test_fingerprints_are_github_s_and_ours() -> None:
    result = result_of(shell_finding())
    hashes = result["partialFingerprints"]
    assert hashes["primaryLocationLineHash"] == line_hashes(TEXTS["agent/tools.py"])[6]
    assert sorted(hashes) == ["aisafetyLint/v1", "primaryLocationLineHash"]


def test_where_text_was_masked_the_hash_is_left_to_github() -> None:
    """GitHub's action computes it from the file; ours would differ, and the true one would help to guess a secret."""
    report = replace(sample(shell_finding()), masked={"agent/tools.py": (Span(7, 9, 7, 15),)})
    (result,) = run_of(report)["results"]
    assert list(result["partialFingerprints"]) == ["aisafetyLint/v1"]
    elsewhere = replace(sample(shell_finding()), masked={"agent/tools.py": (Span(1, 1, 1, 7),)})
    assert "primaryLocationLineHash" in run_of(elsewhere)["results"][0]["partialFingerprints"]


@given(st.text(st.characters() | st.sampled_from("😀漢é\t"), max_size=30), st.integers(1, 40))
def test_columns_count_utf_16_code_units(line: str, column: int) -> None:
    before = line[: column - 1].encode("utf-16-le", "surrogatepass")
    assert utf16_column(line, column) == len(before) // 2 + 1


def test_regions_use_these_columns() -> None:
    finding = replace(server_finding(), location=Location("a.json", Span(1, 3, 1, 4)))
    (location,) = result_of(finding, texts={"a.json": "😀😀x"})["locations"]
    region = location["physicalLocation"]["region"]
    assert (region["startColumn"], region["endColumn"], region["snippet"]["text"]) == (5, 6, "x")
    assert run_of(sample())["columnKind"] == "utf16CodeUnits"


@given(st.text(st.characters(exclude_characters="\0") | st.sampled_from("/%?#: é\udc80"), min_size=1))
def test_paths_become_relative_uris_that_give_them_back(path: str) -> None:
    path = (
        "".join(character for character in path if not "\ud800" <= character < "\udc80" and character <= "\udcff")
        or "a"
    )
    written = uri(path)
    parts = urlsplit(f"./{written}")
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert ":" not in written
    assert unquote_to_bytes(written) == path.encode("utf-8", "surrogateescape")


# --- rules and standards -----------------------------------------------------------------------------------------


def test_a_rule_carries_what_github_shows_and_filters_by() -> None:
    rule = run_of(sample())["tool"]["driver"]["rules"][0]
    assert rule["shortDescription"] == {"text": "Model output runs in a shell."}
    assert rule["fullDescription"] == {"text": "Text that a model wrote runs in a shell."}
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"] == {
        "tags": ["security", "output-sinks", "external/cwe/cwe-078", "shell", "exec"],
        "precision": "high",
        "security-severity": "9.5",
        "family": "output-sinks",
    }


def test_nothing_of_a_rule_of_the_catalogue_is_cut() -> None:
    report = catalogue_report()
    assert left_out(report, Options()) == ()
    assert not [rule.id for rule in report.rules.values() if len(rule.summary) > 1024]


@pytest.mark.parametrize(
    ("severity", "least", "most"), [("low", 0.1, 3.9), ("medium", 4, 6.9), ("high", 7, 9), ("critical", 9.1, 10)]
)
def test_github_names_a_severity_as_we_do(severity: str, least: float, most: float) -> None:
    rules = run_of(sample())["tool"]["driver"]["rules"]
    numbers = {rule["id"]: float(rule["properties"]["security-severity"]) for rule in rules}
    ours = {item.id: str(item.severity) for item in sample().rules.values()}
    assert all(least <= number <= most for rule_id, number in numbers.items() if ours[rule_id] == severity)


def test_the_help_is_the_explanation_without_what_makes_it_a_test() -> None:
    text = run_of(sample())["tool"]["driver"]["rules"][0]["help"]["markdown"]
    assert "## Example\n\n`agent.py`:\n\n```python\nos.system(reply)\n```" in text
    assert "expect" not in text
    rule = sample().rules["model-output-to-shell"]
    secret = replace(rule, sections={"Example": '```json expect=other:1\n"{fake:openai-key}" // expect: other\n```'})
    assert explanation(secret) == '## Example\n\n```json\n"<openai-key>"\n```'


def test_rules_refer_to_entries_of_standards() -> None:
    run = run_of(sample())
    taxonomies = run["taxonomies"]
    rule = run["tool"]["driver"]["rules"][0]
    found = []
    for relationship in rule["relationships"]:
        target = relationship["target"]
        taxonomy = taxonomies[target["toolComponent"]["index"]]
        assert taxonomy["guid"] == target["toolComponent"]["guid"]
        assert taxonomy["taxa"][target["index"]]["id"] == target["id"]
        found.append((taxonomy["name"], target["id"]))
    assert found == [("cwe", "CWE-78"), ("owasp-llm-2026", "LLM10:2026"), ("owasp-asi-2026", "ASI05")]
    assert [component["name"] for component in taxonomies] == ["cwe", "owasp-asi-2026", "owasp-llm-2026"]
    supported = run["tool"]["driver"]["supportedTaxonomies"]
    assert [component["guid"] for component in supported] == [component["guid"] for component in taxonomies]


def test_only_entries_that_rules_refer_to_are_carried() -> None:
    entries = {
        component["name"]: [taxon["id"] for taxon in component["taxa"]] for component in run_of(sample())["taxonomies"]
    }
    assert entries == {"cwe": ["CWE-78", "CWE-95"], "owasp-asi-2026": ["ASI05"], "owasp-llm-2026": ["LLM10:2026"]}


def test_a_reference_that_the_report_does_not_know_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        render("sarif", replace(sample(), standards={}))


# --- the run -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "expected"),
    [("", "aisafety-lint/"), ("nightly", "aisafety-lint/nightly/"), ("/a/b/", "aisafety-lint/a/b/")],
)
def test_the_category_tells_uploads_apart(category: str, expected: str) -> None:
    assert run_of(sample(), category)["automationDetails"] == {"id": expected}


def test_notifications_say_where_and_whether_the_run_succeeded() -> None:
    (invocation,) = run_of(sample())["invocations"]
    assert not invocation["executionSuccessful"]
    assert [note["level"] for note in invocation["toolExecutionNotifications"]] == ["warning", "error", "note"]
    assert invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    warning = Notification("unparsable-file", "Python cannot parse it.", NotificationLevel.WARNING, "a.py")
    assert run_of(sample(notifications=(warning,)))["invocations"][0]["executionSuccessful"]


def test_nothing_tells_where_or_when_the_run_was() -> None:
    text = render("sarif", sample())
    assert "/project" not in text
    assert "Utc" not in text


# --- limits ------------------------------------------------------------------------------------------------------


def test_a_run_holds_the_worst_results_and_says_what_it_left_out() -> None:
    run = run_of(big_report())
    results = run["results"]
    assert len(results) == 5000
    assert [result["ruleId"] for result in results[:3]] == [
        "model-output-to-shell", "unapproved-payment", "unpinned-mcp-server",
    ]  # fmt: skip
    assert [note.message for note in left_out(big_report(), Options())] == [
        "1002 findings left out: a run holds the 5000 worst.",
        "1 finding with fewer flows than found: a result holds 30.",
        "1 finding with shortened flows: a flow holds 30 steps, from both ends.",
        "1 finding with fewer related places: a result holds 100.",
        "1 rule with fewer tags: a rule holds 10.",
    ]
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["descriptor"]["id"] for note in notes[-5:]] == [
        f"sarif-{name}-left-out" for name in ("results", "flows", "steps", "related", "tags")
    ]


def test_a_result_stays_within_the_limits_and_keeps_both_ends_of_a_flow() -> None:
    run = run_of(big_report())
    result = run["results"][0]
    assert len(result["relatedLocations"]) == 100
    assert sum(len(flow["threadFlows"][0]["locations"]) for flow in result["codeFlows"]) <= 1000
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["executionOrder"] for step in steps] == [*range(1, 16), *range(26, 41)]
    assert len(run["tool"]["driver"]["rules"][0]["properties"]["tags"]) == 10


def test_below_the_limits_nothing_is_left_out() -> None:
    assert left_out(sample(), Options()) == ()


@given(st.lists(st.integers()), st.integers(2, 9))
def test_both_ends_keep_the_first_and_the_last(items: list[int], limit: int) -> None:
    kept = both_ends(items, limit)
    assert len(kept) == min(len(items), limit)
    assert kept[:1] == items[:1]
    assert kept[-1:] == items[-1:]


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_shortened_text_fits(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


def test_confidence_orders_within_a_severity() -> None:
    ranks = [
        result_of(replace(server_finding(), severity=severity, confidence=confidence))["rank"]
        for severity in sorted(Severity, reverse=True)
        for confidence in sorted(Confidence, reverse=True)
    ]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == len(ranks)
