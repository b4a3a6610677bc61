"""Comments that speak to the linter: how a directive is read, and which lines of a file a comment is about."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisafety_lint.comments import Comment, comments
from aisafety_lint.directives import directives, text_of
from aisafety_lint.filetypes import kind_by_name
from aisafety_lint.source import SourceText

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True), min_size=1, max_size=4)
WORDS = st.from_regex(r"[A-Za-z][A-Za-z ,.()#0-9]{0,40}[A-Za-z.]", fullmatch=True).filter(
    lambda text: not re.search(r"\s#\s|\d{4}-", text)
)
DAYS = st.dates().map(lambda day: day.isoformat()) | st.just("")


class TestDirectives:
    @given(NAMES, WORDS, DAYS, st.booleans())
    def test_what_is_written_is_read(self, names: list[str], reason: str, until: str, whole_file: bool) -> None:
        rules = tuple(dict.fromkeys(names))
        written = text_of(rules, reason, until, whole_file=whole_file)
        for comment in (f"# {written}", f"// {written}", f"#{written}", f"# type: int  # {written}  # other", written):
            (found,) = directives(comment)
            assert (found.rules, found.until, found.whole_file) == (rules, until, whole_file)
            assert (found.reason, found.problem) == (" ".join(reason.split()), "")
            assert comment[found.start : found.end] == written

    @given(st.text(st.characters() | st.sampled_from("aisafety: ignore[]-#/until=2027-01\n")))
    def test_no_text_is_too_strange(self, text: str) -> None:
        for comment in (text, f"# aisafety:{text}", f"# aisafety: ignore{text}", f"# aisafety: ignore[{text}"):
            for found in directives(comment):
                assert comment[found.start :].startswith("aisafety:")
                assert found.problem or (found.rules and found.reason)

    @given(st.text())
    def test_without_brackets_nothing_is_suppressed(self, text: str) -> None:
        for found in directives(f"# aisafety: ignore {text.replace('[', '(')}"):
            assert found.problem

    @pytest.mark.parametrize(
        ("comment", "problem", "hint"),
        [
            ("# aisafety: ignore", "`ignore` names no rule, and there is no form for all of them", "write `# aisafety"),
            ("# aisafety: ignore all of it", "`ignore` names no rule, and there is no form", "write `# aisafety"),
            ("# aisafety: ignore[]  why", "`ignore[]` names no rule", "name each rule"),
            ("# aisafety: ignore[a,]  why", "`ignore[a,]` has a comma too many", "name each rule"),
            ("# aisafety: ignore [a] why", "`ignore` and its bracket are apart", "write `# aisafety"),
            ("# aisafety: ignore[a why", "the bracket of `ignore` is not closed", "write `# aisafety"),
            ("# aisafety: ignore[a]", "it gives no reason", "say after the bracket why"),
            ("# aisafety: ignore[a] --", "it gives no reason", "say after the bracket why"),
            ("# aisafety: ignore[a] until=2027-01-31", "it gives no reason", "say after the bracket why"),
            ("# aisafety: ignore[a] until=tomorrow why", "`until=tomorrow` is no day", "a day is written `until="),
            ("# aisafety: ignore[a] until=2027-02-30 why", "`until=2027-02-30` is no day", "a day is written `until="),
            ("# aisafety: ignore[a] expires=2027-02-20 why", "`expires` is not understood", "did you mean `until=`?"),
            ("# aisafety: ingore[a] why", "`aisafety: ingore` says nothing", "did you mean `ignore`?"),
            ("# aisafety: ignore-file[a] why", "`aisafety: ignore-file` says nothing", "did you mean `ignore`"),
            ("# aisafety:", "`aisafety:` says nothing", "write `# aisafety"),
        ],
    )
    def test_what_is_wrong_is_told(self, comment: str, problem: str, hint: str) -> None:
        (found,) = directives(comment)
        assert found.problem.startswith(problem)
        assert found.hint.startswith(hint)

    @pytest.mark.parametrize(
        "comment",
        ["# see `aisafety: ignore[a]` in the manual", "# the aisafety: tool", "# aisafety-lint finds this", "# noqa"],
    )
    def test_what_only_speaks_of_it_is_none(self, comment: str) -> None:
        assert not [*directives(comment)]

    def test_several_in_one_comment(self) -> None:
        found = [*directives("# aisafety: ignore[a] One.  # aisafety: ignore[b] Two, see #12.  # type: ignore[x]")]
        assert [(one.rules, one.reason) for one in found] == [(("a",), "One."), (("b",), "Two, see #12.")]


def lines_about(name: str, text: str) -> dict[str, list[int]]:
    """The lines that each comment is about, by the rule that it names."""
    found: dict[str, list[int]] = {}
    for one in of(name, text):
        covers = [] if one.covers is None else [*range(one.covers.line, one.covers.end_line)]
        found[one.directive.rules[0]] = covers
    return found


def of(name: str, text: str) -> list[Comment]:
    return [*comments(SourceText(name, text), kind_by_name(name) or "text")]


PYTHON = '''\
x = 1  # aisafety: ignore[trailing] r
# aisafety: ignore[decorated] r
@first
@second(  # aisafety: ignore[in-decorator] r
    1)
def f(a,
      b):  # noqa  # aisafety: ignore[in-header] r
    text = """
# aisafety: ignore[in-string] r
"""  # aisafety: ignore[after-string] r
    call(
        # aisafety: ignore[inside] r
        a,  # aisafety: ignore[inside-trailing] r
    )
    # aisafety: ignore[stacked] r
    # aisafety: ignore[stacked-too] r
    # and another comment
    if a: b()
    # aisafety: ignore[above-nothing] r

    a = 1; b = \\
        2  # aisafety: ignore[joined] r
# aisafety: ignore[at-the-end] r
'''
YAML = """\
a: 1  # aisafety: ignore[trailing] r
# aisafety: ignore[above] r
run: |
  echo  # aisafety: ignore[in-block] r
  done
text: "x # aisafety: ignore[in-string] r"
list:
  # aisafety: ignore[item] r
  - "two
    lines"  # aisafety: ignore[item-trailing] r
  - three
"""
JSONC = """\
{
  // aisafety: ignore[above] r
  "x": {"y": 1}, /* aisafety: ignore[trailing] r */
  "z": "// aisafety: ignore[in-string] r"
}
"""
TOML = """\
x = \"\"\"
# aisafety: ignore[in-string] r
\"\"\"  # aisafety: ignore[trailing] r
# aisafety: ignore[above] r
[table]
"""
HCL = """\
resource "a" "b" {
  // aisafety: ignore[above] r
  x = <<EOT
first
EOT
  y = jsonencode({
    a = 1 # aisafety: ignore[trailing] r
  })
  z = "# aisafety: ignore[in-string] r"
}
"""
DOCKERFILE = """\
FROM scratch
# aisafety: ignore[above] r
RUN one \\
  # aisafety: ignore[between] r
  two
ENV A=b
"""
SHELL = "one \\\n  two # aisafety: ignore[joined] r\n# aisafety: ignore[above] r\nthree\n"
DOTENV = "A=1 # aisafety: ignore[trailing] r\n# aisafety: ignore[above] r\nB=2\n"
UNIT = "[Service]\n; aisafety: ignore[above] r\nExecStart=a\n"
SCRIPT = "x = 1; // aisafety: ignore[trailing] r\n/* aisafety: ignore[above] r */\ny;\n-- aisafety: ignore[end] r\n"
MARKDOWN = """\
---
tools: x # aisafety: ignore[matter] r
---
One. <!-- aisafety: ignore[trailing] r -->

<!-- aisafety: ignore[fence] r
that goes on -->

```sh
# aisafety: ignore[in-code] r
<!-- aisafety: ignore[in-code-too] r -->
```

Write `<!-- aisafety: ignore[quoted] r -->` above.

<!-- aisafety: ignore[paragraph] r -->
One line
and another.
"""


class TestWhatACommentIsAbout:
    @pytest.mark.parametrize(
        ("name", "text", "about"),
        [
            (
                "a.py",
                PYTHON,
                {
                    "trailing": [1],
                    "decorated": [3, 4, 5, 6, 7],
                    "in-decorator": [3, 4, 5, 6, 7],
                    "in-header": [3, 4, 5, 6, 7],
                    "after-string": [8, 9, 10],
                    "inside": [11, 12, 13, 14],
                    "inside-trailing": [11, 12, 13, 14],
                    "stacked": [18],
                    "stacked-too": [18],
                    "above-nothing": [],
                    "joined": [21, 22],
                    "at-the-end": [],
                },
            ),
            (
                "a.yaml",
                YAML,
                {"trailing": [1], "above": [3, 4, 5], "in-block": [3, 4, 5], "item": [9, 10], "item-trailing": [9, 10]},
            ),
            ("a.jsonc", JSONC, {"above": [3], "trailing": [3]}),
            ("a.toml", TOML, {"trailing": [1, 2, 3], "above": [5]}),
            ("a.tf", HCL, {"above": [3, 4], "trailing": [7]}),
            ("Dockerfile", DOCKERFILE, {"above": [3, 4, 5], "between": [3, 4, 5]}),
            ("a.sh", SHELL, {"joined": [1, 2], "above": [4]}),
            (".env", DOTENV, {"trailing": [1], "above": [3]}),
            ("a.service", UNIT, {"above": [3]}),
            ("a.ts", SCRIPT, {"trailing": [1], "above": [3], "end": []}),
            ("a.md", MARKDOWN, {"matter": [2], "trailing": [4], "fence": [9, 10, 11, 12], "paragraph": [17, 18]}),
            ("a.rst", ".. aisafety: ignore[above] r\n\nText\n", {"above": [3]}),
        ],
        ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
    )
    def test_in_each_syntax(self, name: str, text: str, about: dict[str, list[int]]) -> None:
        assert lines_about(name, text) == about
        assert lines_about(name, text.replace("\n", "\r\n")) == about

    @pytest.mark.parametrize("indent", [None, 1])
    def test_in_a_notebook(self, indent: int | None) -> None:
        code = ["x = 1\n", '# aisafety: ignore[code] say "x"\n', "call(\n", "  1)"]
        cells = [
            {"cell_type": "code", "source": code, "outputs": [{"text": ["# aisafety: ignore[output] r"]}]},
            {"cell_type": "markdown", "source": "<!-- aisafety: ignore[text] r -->\nWords."},
        ]
        text = json.dumps({"cells": cells}, indent=indent)
        places = SourceText("a.ipynb", text)
        found = {}
        for one in of("a.ipynb", text):
            assert one.covers is not None
            start = places.offset(one.covers.line, one.covers.column)
            found[one.directive.rules[0]] = text[start : places.offset(one.covers.end_line, one.covers.end_column)]
        assert [*found] == ["code", "text"]
        assert found["code"].startswith("call(")
        assert found["code"].endswith("1)")
        assert found["text"] == "Words."

    def test_a_file_that_is_no_python_has_comments_all_the_same(self) -> None:
        text = "def f(:\n    # aisafety: ignore[above] r\n    x = (\n"
        assert lines_about("a.py", text) == {"above": [3]}

    @given(st.text(st.characters() | st.sampled_from("#/*<!->\"'\\\n\r\t[]{}():=| ")), st.sampled_from(
        ["a.py", "a.ipynb", "a.yaml", "a.json", "a.toml", "a.tf", "Dockerfile", "a.sh", ".env", "a.md", "a.ts"]
    ))  # fmt: skip
    def test_no_file_is_too_strange(self, text: str, name: str) -> None:
        whole = f"{text}# aisafety: ignore[a] r\n{text}// aisafety: ignore[b] r\n{text}"
        places = SourceText(name, whole)
        for one in of(name, whole):
            start = places.offset(one.span.line, one.span.column)
            assert whole[start:].startswith("aisafety:")
