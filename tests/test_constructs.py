"""`constructs/*.md` as tests: which sinks content reaches through each construct of Python."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aisafety_lint.checks import interest
from aisafety_lint.flow.grouping import group_kinds
from aisafety_lint.flow.reach import Nearness
from aisafety_lint.flow.solver import Solver
from aisafety_lint.flow.sources import find_seeds
from aisafety_lint.flow.trace import make_flow
from aisafety_lint.interpreter import analysing
from aisafety_lint.program.model import link_program
from aisafety_lint.python.parse import extract_facts
from shared import KNOWLEDGE

PRELUDE = "import os, re, subprocess\nfrom agents import function_tool\n"
MARK = "# reached"


def constructs() -> Iterator[tuple[str, dict[str, str]]]:
    """The headings with their files; a construct that the running Python cannot parse is left out."""
    for document in sorted(Path(__file__).with_name("constructs").glob("*.md")):
        for section in re.split(r"^## ", document.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            title = section.partition("\n")[0]
            blocks = re.findall(r"^```python(?: (\w+)=(\S+))?\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
            if all(key != "since" or sys.version_info >= tuple(map(int, word.split("."))) for key, word, _ in blocks):
                yield (
                    f"{document.stem}: {title}",
                    {
                        word if key == "path" else "module.py": body if key == "path" else PRELUDE + body
                        for key, word, body in blocks
                    },
                )


CASES = dict(constructs())
WANTED = interest(KNOWLEDGE.rules.values())


def reached(files: dict[str, str], kinds: tuple[str, ...] = ("shell", "path-read", "ssrf")) -> set[tuple[str, int]]:
    """The lines of the sinks that no approval stands before."""
    facts = {path: extract_facts(path, text) for path, text in files.items()}
    with analysing():
        program = link_program(facts, KNOWLEDGE)
        seeds = find_seeds(program.resolver, program.tools, program.decorators)
        solver = Solver(program, WANTED)
        flows = [make_flow(solver, seed, hit, "source") for seed, hit in solver.solve(seeds)]
        return {
            (flow.location.path, flow.location.span.line)
            for flow in flows
            if flow.kind in kinds
            and not any(
                program.consent.approved(scope, program.index.value(scope, call).guard) for scope, call in flow.chain
            )
        }


@pytest.mark.parametrize("title", CASES)
def test_content_reaches_the_marked_sinks_and_no_others(title: str) -> None:
    files = CASES[title]
    expected = {
        (path, number)
        for path, text in files.items()
        for number, line in enumerate(text.split("\n"), 1)
        if line.endswith(MARK)
    }
    assert reached(files) == expected


@pytest.mark.parametrize("title", CASES)
def test_looking_backwards_from_the_sinks_hides_no_flow(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pruned = reached(CASES[title])
    monkeypatch.setattr(Nearness, "distance", lambda _self, _scope, _value, _path: 0)
    assert reached(CASES[title]) == pruned


def chain(length: int) -> str:
    """A tool whose argument is handed through so many functions before it is run."""
    calls = [f"def step{number}(value):\n    step{number + 1}(value)\n" for number in range(1, length)]
    last = f"def step{length}(value):\n    os.system(value)\n"
    return PRELUDE + "\n".join((*calls, last, "@function_tool\ndef run(name: str):\n    step1(name)\n"))


@pytest.mark.parametrize(("length", "found"), [(1, 1), (8, 1), (9, 0)])
def test_flows_over_more_than_eight_crossings_are_not_followed(length: int, found: int) -> None:
    assert len(reached({"module.py": chain(length)})) == found


@pytest.mark.parametrize(("length", "found"), [(8, 1), (9, 0)])
def test_looking_further_back_on_the_way_hides_no_flow(
    length: int, found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aisafety_lint.flow.reach._FIRST", 1)
    assert len(reached({"module.py": chain(length)})) == found


def test_sources_that_lead_to_the_same_sinks_are_followed_together() -> None:
    everything, code, shell = frozenset("abcdefghij"), frozenset("abc"), frozenset("ab")
    assert group_kinds([everything, code, shell]) == [code, everything]  # much smaller sets are followed by themselves
    other = (everything - {"a"}) | {"other"}
    assert group_kinds([everything, other]) == [other, everything]  # nothing is followed that is not wanted


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:(?!x)[^/])+(a)",
        r"((?:a(?!b))+)",
        r"(?<=a)(b)",
        r"(?:(?P<q>['x])(?P=q))+(a)",
        r"(?:(a)?(?(1)b|c))+",
        r"(?>a|b)+(c)",
        r"(?i:a)+(\W)",
        r"(a|(?=b))*",
    ],
)
def test_every_element_of_a_pattern_is_read(pattern: str) -> None:
    body = (
        f"    requests.get('https://host/' + re.match(r{pattern!r}, url).group(1))\n"
        f"    if re.match(r{pattern!r}, url):\n        requests.get(url)\n    os.system(url)\n"
    )
    text = f"{PRELUDE}import requests\n@function_tool\ndef run(url: str):\n{body}"
    assert reached({"module.py": text}, ("shell",)) == {("module.py", text.count("\n"))}


def test_the_work_is_bounded() -> None:
    text = PRELUDE + "@function_tool\ndef run(name: str):\n    os.system(name)\n"
    with analysing():
        program = link_program({"module.py": extract_facts("module.py", text)}, KNOWLEDGE)
        seeds = find_seeds(program.resolver, program.tools, program.decorators)
        wanted = {"tool-argument": frozenset({"shell"})}
        whole, bounded = Solver(program, wanted), Solver(program, wanted, most=1)
        assert len(list(whole.solve(seeds))) == 1
        assert not whole.cut
        assert list(bounded.solve(seeds)) == []
        assert bounded.cut
