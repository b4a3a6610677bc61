"""Fingerprints: GitHub's hash of a line, with the vectors that its upload action is tested with, and our own key."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisafety_lint.finding import Confidence, Finding, Location, Severity
from aisafety_lint.fingerprint import fingerprints, hashed_lines, line_hashes
from aisafety_lint.source import SourceText, Span

GREETING_END = ["e9496ae3ebfced30", "fb7c023a8b9ccb3f", "ce8ba1a563dcdaca", "e20e36e16fcb0cc8", "b3edc88f2938467e",
                "c8e28b0b4002a3a0", "c129715d7a2bc9a3"]  # fmt: skip

# The inputs and hashes of github/codeql-action, src/fingerprints.test.ts.
PUBLISHED = {
    "an empty file": ("", ["c129715d7a2bc9a3"]),
    "blanks and tabs do not count": (
        " a\nb\n  \t\tc\n d",
        ["271789c17abda88f", "54703d4cd895b18", "180aee12dab6264", "a23a3dc5e078b07b"],
    ),
    "no line end at the end": (
        " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
        ["8b7cf3e952e7aeb2", "b1ae1287ec4718d9", "bff680108adb0fcc", "c6805c5e1288b612", "b86d3392aea1be30",
         "e6ceba753e1a442"],
    ),
    "line feeds": (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETING_END),
    "carriage returns": (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", GREETING_END),
    "both": (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", GREETING_END),
    "a mixture": (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETING_END),
    "code": (
        "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
        ["e54938cc54b302f1", "bb609acbe9138d60", "1131fd5871777f34", "5c482a0f8b35ea28", "54517377da7028d2",
         "2c644846cb18d53e", "f1b89f20de0d133", "c129715d7a2bc9a3"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_line_hashes_equal_the_published_ones(name: str) -> None:
    text, hashes = PUBLISHED[name]
    assert line_hashes(text) == [f"{value}:1" for value in hashes]


def test_equal_lines_are_numbered_as_published() -> None:
    assert line_hashes("Lorem ipsum dolor sit amet.\n" * 10) == [
        *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
        "a7f2ff1481e87703:1",
        "a9cf91f7bbf1862b:1",
        "55ec222b86bcae53:1",
        "cc97dc7b1d7d8f7b:1",
        "c129715d7a2bc9a3:1",
    ]


def rolling(text: str) -> list[str]:
    """The definition taken literally: one hash after another over the units that a line starts with."""
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-16-be", "surrogatepass")
    units = [int.from_bytes(data[index : index + 2]) for index in range(0, len(data), 2)]
    units = [unit for unit in units if unit not in (9, 32)] + [65535]
    starts = [0] + [index + 1 for index, unit in enumerate(units) if unit == 10]
    hashes: list[str] = []
    for start in starts:
        value = 0
        for unit in (units + [0] * 100)[start : start + 100]:
            value = (value * 37 + unit) % 2**64
        hashes.append(f"{value:x}")
    return [f"{value}:{hashes[: index + 1].count(value)}" for index, value in enumerate(hashes)]


@given(st.text(st.sampled_from("ab\n\r \t\0é😀")))
def test_line_hashes_follow_the_definition(text: str) -> None:
    assert line_hashes(text) == rolling(text)
    assert len(line_hashes(text)) == len(SourceText("a.py", text).starts)


@given(st.integers(1, 12), st.integers(1, 12))
def test_a_change_outside_the_hashed_lines_keeps_the_hash(line: int, changed: int) -> None:
    lines = [f"value_{number:02} = call(number={number})  # {number}" for number in range(1, 13)]
    source = SourceText("a.py", "\n".join(lines))
    lines[changed - 1] = "x" * len(lines[changed - 1])
    same = line_hashes("\n".join(lines))[line - 1] == line_hashes(source.text)[line - 1]
    assert same or changed in hashed_lines(source, line)


def finding(source: SourceText, line: int, *, rule: str = "some-rule", symbol: str = "run", key: str = "") -> Finding:
    text = source.line(line)
    start = len(text) - len(text.lstrip())
    span = Span(line, start + 1, line, len(text) + 1)
    place = Location(source.path, span)
    return Finding(rule, "A message.", place, Severity.HIGH, Confidence.HIGH, symbol=symbol, key=key)


def keys(*found: tuple[SourceText, int], symbol: str = "run") -> list[str]:
    return fingerprints(
        [finding(source, line, symbol=symbol) for source, line in found], {source.path: source for source, _ in found}
    )


def test_the_key_holds_when_lines_move_and_the_file_is_renamed() -> None:
    before = SourceText("agent.py", "def run():\n    os.system(reply)\n")
    after = SourceText("src/renamed.py", "import os\n\n\ndef run():\n    if True:\n        os.system(reply)\n")
    assert keys((before, 2)) == keys((after, 6))


def test_the_key_holds_when_a_formatter_was_there() -> None:
    before = SourceText("a.py", "    run('ls', shell=True)")
    after = SourceText("a.py", 'run(\n    "ls",\n    shell=True,\n)')
    moved = replace(finding(after, 1), location=Location("a.py", Span(1, 1, 4, 2)))
    assert fingerprints([moved], {"a.py": after}) == keys((before, 1))


@pytest.mark.parametrize(
    ("before", "marked", "after", "marked_after"),
    [
        ("run(f'a {b}')", "run(f'a {b}')", 'run(\n    f"a {b}",  # why (not\n)', "run"),
        ("a.b(c).run(d, ')')", "a.b(c).run(d, ')')", "(a.b(c)\n .run(\n d, ')'))", "run"),
        ("x = Agent(tools=[t])", "Agent(tools=[t])", "x = Agent(\n    tools=[\n        t,\n    ],\n)", "A"),
        ("x = [a, b]", "[a, b]", "x = [\n    a,\n    b,\n]", "["),
    ],
)
def test_the_key_holds_when_a_call_goes_on_over_several_lines(
    before: str, marked: str, after: str, marked_after: str
) -> None:
    keys = []
    for code, region in ((before, marked), (after, marked_after)):
        text = SourceText("a.py", code + "\nother(1)\n")
        start = code.index(region)
        place = Location("a.py", text.span(start, start + len(region)))
        finding = Finding("a-rule", "A message.", place, Severity.LOW, Confidence.LOW)
        keys += fingerprints([finding], {"a.py": text})
    assert keys[0] == keys[1]


def test_the_key_depends_on_rule_symbol_and_text() -> None:
    source = SourceText("a.py", "os.system(reply)\nos.system(other)")
    texts = {"a.py": source}
    variants = [
        finding(source, 1),
        finding(source, 2),
        finding(source, 1, rule="other-rule"),
        finding(source, 1, symbol="walk"),
        finding(source, 1, key="salted-hash"),
    ]
    assert len(set(fingerprints(variants, texts))) == len(variants)


def test_equal_keys_are_numbered_by_path_and_line_whatever_the_order() -> None:
    source = SourceText("a.py", "os.system(reply)\nos.system(reply)")
    other = SourceText("b.py", "os.system(reply)")
    first, second, third = keys((source, 1), (source, 2), (other, 1))
    assert keys((other, 1), (source, 2), (source, 1)) == [third, second, first]
    assert [key.split(":")[1] for key in (first, second, third)] == ["1", "2", "3"]
    assert len({key.split(":")[0] for key in (first, second, third)}) == 1


def test_a_moved_secret_keeps_its_key_and_a_new_one_on_its_line_is_new() -> None:
    before = SourceText("a.py", "KEY = '****'")
    after = SourceText("a.py", "\n\nKEY_NAME = '****'")
    old = fingerprints([finding(before, 1, key="hash-of-value")], {"a.py": before})
    assert fingerprints([finding(after, 3, key="hash-of-value")], {"a.py": after}) == old
    assert fingerprints([finding(before, 1, key="hash-of-another")], {"a.py": before}) != old


def test_a_finding_in_a_file_without_text_still_has_a_key() -> None:
    source = SourceText("a.py", "x")
    assert len(fingerprints([finding(source, 1)], {})[0].split(":")[0]) == 64
