"""The report as a page: one file that loads nothing and runs no script but its own, looked at in a real browser."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from aisafety_lint.report import render
from aisafety_lint.report.model import Base, Report
from browser import PROGRAM, Browser, browser
from conftest import Lint, MakeTree
from report_samples import sample, shell_finding
from test_map import PROJECT
from test_report_formats import hostile

NAME = "</script><script>document.title='sprung'</script><img src=x onerror=alert(1)>\"'`{{x}}"
PLACE = {"path": "agent/run.py", "line": 9}
PROOF = [{"path": "agent/tools.py", "line": 7, "name": NAME}]


def able(capability: str, *, approved: bool = False) -> dict[str, Any]:
    return {
        "capability": capability,
        "approved": approved,
        "sandboxed": False,
        "confidence": "high",
        "proof": PROOF,
    }


def map_of(name: str = NAME) -> dict[str, Any]:
    """An agent with three tools that close the combination, one that asks a person, and a server."""
    tools = [
        {
            **PLACE,
            "id": f"agent/run.py:{line}:1",
            "name": f"{name}{line}",
            "column": 1,
            "framework": "agents",
            "approved": False,
            "capabilities": [able(capability, approved=line == 4)],
        }
        for line, capability in enumerate(("fs-read", "net-read", "message", "money"), 1)
    ]
    holds = [
        {**PLACE, "kind": "tool", "name": tool["name"], "ref": tool["id"], "detail": "", "approved": False,
         "capabilities": tool["capabilities"]}
        for tool in tools
    ]  # fmt: skip
    agent = {
        **PLACE,
        "id": "agent/run.py:9:1",
        "name": name,
        "kind": "agent",
        "column": 1,
        "framework": "agents",
        "model": name,
        "limits": [
            {"name": "max_turns", "origin": "set", "value": 4, "written": "", "path": "agent/run.py", "line": 9}
        ],
        "asks_about": ["*"],
        "holds": holds,
        "hands_over": [],
        "capabilities": ["fs-read", "net-read", "message", "money"],
    }
    words = {"fs-read": "read files", "net-read": "fetch", "message": "send messages", "money": "move money"}
    servers = [{"name": name, "path": ".mcp.json", "line": 3}]
    return {"agents": [agent], "tools": tools, "servers": servers, "words": words}


def with_map(report: Report) -> Report:
    return replace(report, map=map_of())


class TestTheFile:
    def test_it_names_nothing_to_load(self) -> None:
        class Loads(HTMLParser):
            found: list[str]

            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                names = dict(attrs)
                if tag in ("img", "link", "iframe", "object", "embed", "base") or "src" in names or "style" in names:
                    self.found.append(tag)
                self.found += [name for name in names if name.startswith("on")]

        for report in (with_map(sample()), with_map(hostile())):
            parser = Loads()
            parser.found = []
            parser.feed(render("html", report))
            assert parser.found == []

    def test_its_policy_allows_its_own_script_and_style_only(self) -> None:
        page = render("html", with_map(hostile()))
        (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
        (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        *_, script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
        assert policy.startswith("default-src 'none'; ")
        for text in (style, script):
            assert b64encode(sha256(text.encode()).digest()).decode() in policy
        assert "unsafe" not in policy

    def test_text_is_never_markup(self) -> None:
        page = render("html", with_map(hostile()))
        assert page.count("<script") == 2
        assert "<img" not in page
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", page)

    def test_the_same_report_gives_the_same_page(self) -> None:
        assert render("html", with_map(sample()), seconds=1.0) == render("html", with_map(sample()), color=True)

    def test_the_flow_is_there_step_by_step_with_its_code(self) -> None:
        page = render("html", sample())
        steps = re.findall(r'<li data-n="\d"><span class="place">([^<]*)</span>', page)
        flow = [f"{step.path}:{step.span.line}:{step.span.column}" for step in shell_finding().flows[0]]
        assert steps[: len(flow)] == flow
        assert "<mark class=p>command</mark>" in page

    def test_the_command_writes_it_with_the_map(self, tree: MakeTree, lint: Lint, tmp_path: Path) -> None:
        tree(PROJECT)
        for _ in range(2):  # the second time from the cache
            done = lint("--output", f"html={tmp_path / 'page.html'}", "--exit-zero")
            assert (done.returncode, done.stderr) == (0, "")
            assert '"name": "billing"' in (tmp_path / "page.html").read_text("utf-8")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of the module."""
    if not PROGRAM:
        pytest.skip("there is no browser")
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.mark.slow
class TestInABrowser:
    def opened(self, chromium: Browser, tmp_path: Path, report: Report, **options: Any) -> Browser:
        page = tmp_path / "page.html"
        page.write_text(render("html", report), "utf-8")
        chromium.problems.clear()
        chromium.requests.clear()
        chromium.open(page, **options)
        return chromium

    @pytest.mark.parametrize("report", [sample(), hostile(), replace(sample(), findings=(), notifications=())])
    def test_there_is_no_error_and_no_request(self, chromium: Browser, tmp_path: Path, report: Report) -> None:
        for shown in (report, with_map(report)):
            page = self.opened(chromium, tmp_path, shown)
            page.click("#tab-map")
            assert page.problems == []
            assert [url for url in page.requests if not url.startswith("file:")] == []
            assert page.value("document.title").startswith("aisafety-lint: ")

    def test_filters_show_what_fits(self, chromium: Browser, tmp_path: Path) -> None:
        page = self.opened(chromium, tmp_path, sample())
        shown = "[...document.querySelectorAll('details.finding')].filter((one) => one.checkVisibility()).length"
        assert page.value(shown) == 4
        page.click('input[name="severity"][value="critical"]')
        assert page.value(shown) == 3
        page.click('input[name="family"][value="human-approval"]')
        assert page.value(shown) == 2
        page.value("document.getElementById('search').focus()")
        page.ask("Input.insertText", text="eval")
        assert page.value(shown) == 1
        assert page.value("document.getElementById('shown').textContent") == "1 of 4 shown"
        page.value("(() => { const file = document.getElementById('file'); file.value = 'pay.py';"
                   "file.dispatchEvent(new Event('input', {bubbles: true})); })()")  # fmt: skip
        assert page.value(shown) == 0

    def test_a_click_on_a_node_shows_its_code_and_leads_to_its_finding(self, chromium: Browser, tmp_path: Path) -> None:
        page = self.opened(chromium, tmp_path, with_map(sample()))
        page.click("#tab-map")
        assert page.value("document.querySelectorAll('svg .node').length") == 10
        page.click("svg .node:nth-of-type(1), svg .node")
        panel = page.value("document.getElementById('panel').textContent")
        assert "client.responses.create" in panel
        assert NAME in panel
        page.click("#panel a")
        assert page.value("document.getElementById('findings').hidden") is False
        assert page.value("document.activeElement.closest('details').open") is True

    def test_it_is_told_where_all_three_meet(self, chromium: Browser, tmp_path: Path) -> None:
        page = self.opened(chromium, tmp_path, with_map(sample()))
        page.click("#tab-map")
        assert "has all three: private data (read files); what strangers wrote (fetch)" in page.value(
            "document.getElementById('alarms').textContent"
        )
        assert page.value("document.querySelectorAll('svg .alarmed').length") == 1
        assert page.value("document.querySelectorAll('svg .gate').length") == 1

    def test_the_keyboard_is_enough(self, chromium: Browser, tmp_path: Path) -> None:
        page = self.opened(chromium, tmp_path, with_map(sample()))
        page.value("document.getElementById('tab-findings').focus()")
        page.press("ArrowRight")
        assert page.value("document.activeElement.id") == "tab-map"
        for _ in range(40):
            page.press("Tab")
            if page.value("document.activeElement.classList.contains('node')"):
                break
        first = page.value("document.activeElement.getAttribute('aria-label')")
        page.press("ArrowRight")
        assert page.value("document.activeElement.getAttribute('aria-label')") != first
        page.press("Enter")
        assert page.value("document.getElementById('panel').hidden") is False
        page.press("ArrowLeft")
        assert page.value("document.activeElement.getAttribute('aria-label')") == first

    def test_hostile_names_are_shown_as_they_are(self, chromium: Browser, tmp_path: Path) -> None:
        page = self.opened(chromium, tmp_path, with_map(hostile()))
        page.click("#tab-map")
        assert page.value("document.querySelectorAll('img, script').length") == 2
        assert NAME in page.value("document.getElementById('agents').textContent")
        assert page.problems == []

    def test_dark_light_and_print_differ_and_nothing_is_cut_off(self, chromium: Browser, tmp_path: Path) -> None:
        ground = "getComputedStyle(document.body).backgroundColor"
        report = with_map(replace(sample(), base=Base("main", "c" * 40)))
        colors = [
            self.opened(chromium, tmp_path, report, dark=dark, media=media).value(ground)
            for dark, media in ((False, ""), (True, ""), (True, "print"))
        ]
        assert len(set(colors)) == 3
        both = "[...document.querySelectorAll('[role=tabpanel]')].every((one) => one.checkVisibility())"
        assert chromium.value(both) is True
        narrow = self.opened(chromium, tmp_path, report, width=400)
        assert narrow.value("document.documentElement.scrollWidth <= innerWidth") is True

    def test_a_large_report_opens_fast(self, chromium: Browser, tmp_path: Path) -> None:
        report = with_map(sample(*[shell_finding()] * 1500))
        page = self.opened(chromium, tmp_path, report)
        taken = page.value("performance.getEntriesByType('navigation')[0].duration")
        assert taken < 3000 * 3, "three times what a quiet machine may take"
