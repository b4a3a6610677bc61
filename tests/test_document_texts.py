"""Documents that are no data (Markdown, Dockerfiles, HCL): what they hold, where it stands, and bad input."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisafety_lint.manifests.documents import Document, Scalar, Syntax, parse, walk
from aisafety_lint.manifests.lists import items_of
from aisafety_lint.manifests.query import select
from aisafety_lint.source import SourceText

words = st.text("abcxyz019_-.", min_size=1, max_size=8)


def read(text: str, syntax: Syntax) -> Document:
    return parse(SourceText("file", text), syntax)


def data(text: str, syntax: Syntax) -> Any:
    document = read(text, syntax)
    assert document.notifications == ()
    return document.data[0]


class TestMarkdown:
    def test_front_matter_and_body(self) -> None:
        found = data("---\nname: a\ntools: [x, y]\n---\n# Title\n", "markdown")
        assert found == {"matter": {"name": "a", "tools": ["x", "y"]}, "body": "# Title\n", "prose": "# Title\n"}

    def test_a_text_without_front_matter_is_all_body(self) -> None:
        assert data("# Title\n\n---\nname: a\n---\n", "markdown").keys() == {"body", "prose"}

    def test_front_matter_that_is_no_yaml_is_read_by_lines(self) -> None:
        text = "---\nname: a\ndescription: Use when: <x> is: there\ntools:\n  - one\n  - 'two'\nflag: true\n---\n"
        matter = data(text, "markdown")["matter"]
        assert matter == {
            "name": "a",
            "description": "Use when: <x> is: there",
            "tools": ["one", "two"],
            "flag": True,
        }

    def test_keys_and_values_point_at_their_own_text(self) -> None:
        for text in ("---\nname: é\n---\nbody", "---\nname: é\nbad: a: b: c\n---\nbody"):
            (match,) = select(read(text, "markdown"), "$.matter.name")
            assert (match.location.line, match.location.column, match.location.end_column) == (2, 1, 8)

    def test_prose_is_as_long_as_the_body_and_has_no_quoted_code(self) -> None:
        found = data("Do `x`.\n```sh\nrm\n```\n> quoted\n<!-- hidden -->\nEnd.\n~~~\nopen", "markdown")
        assert len(found["prose"]) == len(found["body"])
        assert found["prose"].split() == ["Do", "`x`.", "End."]

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_line_ends(self, end: str) -> None:
        assert data(end.join(["---", "name: a", "---", "body"]), "markdown")["matter"] == {"name": "a"}

    def test_an_open_front_matter_is_body(self) -> None:
        assert "matter" not in data("---\nname: a\n", "markdown")

    def test_many_fences_take_linear_time(self) -> None:
        started = time.process_time()
        read("---\n" * 50_000 + "```\n" * 50_001 + "<!--" * 50_000, "markdown")
        assert time.process_time() - started < 3

    @given(st.dictionaries(words.filter(lambda word: not word[0].isdigit()), words, min_size=1, max_size=4))
    def test_any_words_survive(self, given_: dict[str, str]) -> None:
        text = "---\n" + "".join(f"{key}: '{value}'\n" for key, value in given_.items()) + "---\n"
        if all(re.fullmatch(r"[A-Za-z_][\w.-]*", key) for key in given_):
            assert data(text, "markdown")["matter"] == given_


class TestLists:
    @pytest.mark.parametrize(
        ("written", "items"),
        [
            ("Read, Bash(git diff *), Write", ["Read", "Bash(git diff *)", "Write"]),
            ("Read Grep", ["Read", "Grep"]),
            ("'*'", ["*"]),
            ("[a, b]", ["a", "b"]),
            ("", []),
        ],
    )
    def test_items_of_a_list_or_of_a_text(self, written: str, items: list[str]) -> None:
        (match,) = select(read(f"---\nname: x\ntools: {written}\n---\n", "markdown"), "$.matter.tools")
        found = list(items_of(match))
        assert [item.data for item in found] == items
        for item in found:
            span = item.location
            line = f"tools: {written}"
            assert item.data in line[span.column - 1 : span.end_column - 1]


class TestDockerfile:
    def test_stages_steps_and_the_user_of_the_stage_below(self) -> None:
        text = 'ARG V=1\nFROM node:22 AS base\nUSER node\nFROM base\nRUN a && \\\n  # why\n  b\nCMD ["x", "y z"]\n'
        found = data(text, "dockerfile")
        assert found["steps"] == [{"ARG": {"V": "1"}}]
        first, last = found["stages"]
        assert first == {"image": "node:22", "name": "base", "steps": [{"USER": "node"}], "user": "node"}
        assert [list(step) for step in last["steps"]] == [["RUN"], ["CMD"]]
        assert last["steps"][0]["RUN"].split() == ["a", "&&", "b"]
        assert last["steps"][1] == {"CMD": ["x", "y z"]}
        assert last["user"] == "node"

    def test_assignments_in_both_forms(self) -> None:
        text = "FROM x\nENV A=1 B=\"two words\" C='3'\nENV D the rest\nARG E\nLABEL a.b=c\n"
        steps = data(text, "dockerfile")["stages"][0]["steps"]
        assert steps == [
            {"ENV": {"A": "1", "B": "two words", "C": "3"}},
            {"ENV": {"D": "the rest"}},
            {"ARG": {"E": None}},
            {"LABEL": {"a.b": "c"}},
        ]

    def test_here_documents_are_part_of_their_step(self) -> None:
        text = "FROM x\nRUN <<EOF\nUSER root\nEOF\nCOPY <<A <<B /etc/\na\nA\nb\nB\nUSER me\n"
        stage = data(text, "dockerfile")["stages"][0]
        assert [list(step) for step in stage["steps"]] == [["RUN"], ["COPY"], ["USER"]]
        assert stage["user"] == "me"

    def test_another_sign_of_continuation(self) -> None:
        text = "# escape=`\nFROM x\nRUN a `\n  b\nCOPY c:\\ d\n"
        steps = data(text, "dockerfile")["stages"][0]["steps"]
        assert [list(step) for step in steps] == [["RUN"], ["COPY"]]

    def test_what_is_no_instruction_is_noted_and_left_out(self) -> None:
        document = read("FROM x\n{{ template }}\nRUM a\nUSER me\n", "dockerfile")
        assert [note.id for note in document.notifications] == ["broken-document"]
        assert document.data[0]["stages"][0]["user"] == "me"

    @given(st.lists(st.tuples(st.sampled_from(["RUN", "user", "Env", "COPY", "CMD"]), words, words), max_size=6))
    def test_values_point_at_their_own_text(self, steps: list[tuple[str, str, str]]) -> None:
        text = "FROM é\n" + "".join(f"{name} {one} \\\n  {two}\n" for name, one, two in steps)
        for node in walk(read(text, "dockerfile").root):
            if isinstance(node, Scalar) and isinstance(node.value, str) and node.start < node.end:
                written = text[node.start : node.end]
                assert written.replace("\\\n", "  ").upper() == node.raw.upper()


class TestHcl:
    def test_blocks_stand_below_their_type_and_labels(self) -> None:
        text = 'resource "a" "b" {\n  x = 1\n  s {\n    y = true\n  }\n  s {}\n}\ndata a c {\n  z = null\n}\n'
        assert data(text, "hcl") == {
            "resource": {"a": {"b": [{"x": 1, "s": [{"y": True}, {}]}]}},
            "data": {"a": {"c": [{"z": None}]}},
        }

    def test_encoded_json_is_its_value_and_what_is_not_known_its_text(self) -> None:
        text = 'p = jsonencode({Action = ["s3:*"], "Resource" : "*"})\nq = var.x\nr = "${var.x}-a"\nn = -1.5\n'
        document = read(text, "hcl")
        root = document.data[0]
        assert root["p"] == {"Action": ["s3:*"], "Resource": "*"}
        unknown = {match.name for match in select(document, "$[*]") if getattr(match.node, "tag", "")}
        assert unknown == {"q", "r", "n"}

    def test_here_documents_are_texts(self) -> None:
        document = read('p = <<EOF\n{"a": 1}\nEOF\n', "hcl")
        assert document.data[0]["p"].strip() == '{"a": 1}'

    def test_a_broken_block_does_not_lose_the_others(self) -> None:
        document = read('a = 1\nb = = 2\nc { d = "e" }\n', "hcl")
        assert document.data[0]["a"] == 1
        assert "broken-document" in [note.id for note in document.notifications]

    def test_values_point_at_their_own_text(self) -> None:
        text = 'a = "é"\nb = ["x", "y"]\nc "d" {\n  e = 12\n}\n'
        for node in walk(read(text, "hcl").root):
            if isinstance(node, Scalar) and node.start < node.end:
                assert text[node.start : node.end].strip('"') == node.raw


class TestUnit:
    def test_sections_hold_the_values_of_each_key(self) -> None:
        text = (
            "# why\n[Service]\nUser = agent\nEnvironment=A=1\nEnvironment=B=2\nExecStart=/bin/x \\\n  -y\n[Install]\n"
        )
        found = data(text, "unit")
        assert found["Service"]["User"] == ["agent"]
        assert found["Service"]["Environment"] == ["A=1", "B=2"]
        assert found["Service"]["ExecStart"][0].split() == ["/bin/x", "-y"]
        assert found["Install"] == {}

    def test_what_is_no_assignment_is_noted(self) -> None:
        document = read("[Service]\nwhat is this\nUser=me\n", "unit")
        assert [note.id for note in document.notifications] == ["broken-document"]
        assert document.data[0]["Service"]["User"] == ["me"]

    @pytest.mark.parametrize("line", ["a" + " " * 200_000, "a=" + "\\" * 200_000, "[" * 200_000])
    def test_long_lines_take_linear_time(self, line: str) -> None:
        started = time.process_time()
        read(line, "unit")
        assert time.process_time() - started < 3

    @given(st.lists(st.tuples(words, words), max_size=5))
    def test_values_point_at_their_own_text(self, entries: list[tuple[str, str]]) -> None:
        text = "[é]\n" + "".join(f"{key}={value}\n" for key, value in entries)
        for node in walk(read(text, "unit").root):
            if isinstance(node, Scalar):
                assert text[node.start : node.end] == node.raw
