"""Documents: every key and value knows its place, and bad input gives a notification, never a crash."""

import json
import time
import tomllib
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aisafety_lint.manifests.documents import Array, Document, Node, Object, Scalar, Syntax, parse, to_data, walk
from aisafety_lint.manifests.embedded import parse_embedded
from aisafety_lint.manifests.nodes import MAX_DEPTH
from aisafety_lint.manifests.query import select
from aisafety_lint.source import SourceText, UnreadableError, decode

SYNTAXES: tuple[Syntax, ...] = get_args(Syntax)
DATA: tuple[Syntax, ...] = ("json", "yaml", "toml")

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


def read(text: str, syntax: Syntax) -> Document:
    return parse(SourceText("file", text), syntax)


def written(node: Node) -> str:
    return node.places.text[node.start : node.end]


def keys(node: Node) -> Iterator[Scalar]:
    for one in walk(node):
        if isinstance(one, Object):
            yield from (pair.key for pair in one.pairs)


@given(values, st.sampled_from([None, 1, "\t"]))
def test_json_nodes_point_at_their_own_text(value: Any, indent: int | str | None) -> None:
    document = read(json.dumps(value, indent=indent, ensure_ascii=False), "json")
    assert document.data == (value,)
    assert document.notifications == ()
    for node in walk(document.root):
        assert json.loads(written(node)) == to_data(node)
    for key in keys(document.root):
        assert json.loads(written(key)) == key.raw


@given(values, st.sampled_from([True, False, None]), st.sampled_from([None, '"', "'"]))
def test_yaml_nodes_point_at_their_own_text(value: Any, flow: bool | None, quotes: str | None) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, default_style=quotes, allow_unicode=True)
    document = read(text, "yaml")
    assert document.notifications == ()
    assert document.data == (value,)
    for node in walk(document.root):
        column = node.span.column
        tagged = not isinstance(node, Array | Object) and node.tag
        if not tagged and "\x85" not in text and "\u2028" not in text and "\u2029" not in text:
            assert yaml.safe_load(" " * (column - 1) + written(node)) == to_data(node)


@given(st.dictionaries(st.text("ab.c -é", min_size=1), values.filter(lambda value: value is not None), max_size=4))
def test_toml_nodes_point_at_their_own_text(table: dict[str, Any]) -> None:
    text = "".join(f"{_toml(name)} = {_toml(value)}\n" for name, value in table.items())
    document = read(text, "toml")
    assert document.notifications == ()
    assert document.data == (tomllib.loads(text),)
    for node in walk(document.root):
        if isinstance(node, Scalar):
            assert tomllib.loads(f"v = {written(node)}")["v"] == node.value
    for key in keys(document.root):
        assert tomllib.loads(f"{written(key)} = 0") == {key.raw: 0}


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps("" if value is None else value, ensure_ascii=False)


@given(st.text(max_size=80) | st.text("{}[]:,\"'#&*!|>-\n\t ab1\\", max_size=80), st.sampled_from(SYNTAXES))
def test_any_text_is_read(text: str, syntax: Syntax) -> None:
    document = read(text, syntax)
    for root in document.roots:
        for node in walk(root):
            assert 0 <= node.start <= node.end <= len(text)
            assert node.span.line >= 1


@given(values, st.sampled_from(["json", "yaml"]), st.data())
@settings(max_examples=200)
def test_a_truncated_text_keeps_what_came_before(value: Any, syntax: Syntax, data: st.DataObject) -> None:
    whole = json.dumps({"first": 1, "rest": value}, indent=1)
    cut = data.draw(st.integers(len('{\n "first": 1,\n'), len(whole) - 1))
    document = read(whole[:cut], syntax)
    assert isinstance(document.root, Object)
    assert to_data(document.root)["first"] == 1
    assert "broken-document" in [note.id for note in document.notifications]


def test_jsonc_comments_and_trailing_commas_are_no_error() -> None:
    document = read('// note\n{\n\t"a": [1, 2,], /* more */ "b": {"c": null,},\n}', "json")
    assert document.data == ({"a": [1, 2], "b": {"c": None}},)
    assert document.notifications == ()


def test_json_keys_and_values_survive_an_error_beside_them() -> None:
    document = read('{"a": tru, "b" , "c": 3, "d": [1}', "json")
    assert document.data == ({"a": "tru", "b": None, "c": 3, "d": [1]},)
    assert [note.id for note in document.notifications] == ["broken-document"]
    assert "3 more" in document.notifications[0].message or "2 more" in document.notifications[0].message


def test_yaml_keys_are_text_and_values_keep_their_word() -> None:
    document = read("on: [push]\n1: yes\nport: 22:22\nday: 2026-11-20\nmode: 0644\nquoted: 'no'\n", "yaml")
    assert document.data == (
        {"on": ["push"], "1": True, "port": "22:22", "day": "2026-11-20", "mode": 0o644, "quoted": "no"},
    )
    yes = document.root.get("1") if isinstance(document.root, Object) else None
    assert isinstance(yes, Scalar)
    assert (yes.value, yes.raw, yes.quoted) == (True, "yes", False)


def test_yaml_streams_merges_tags_and_block_texts() -> None:
    text = (
        "base: &base {a: 1, b: 2}\nmine:\n  <<: *base\n  b: 3\nref: !Sub '${X}'\nrun: |\n  one\n  two\n---\nlast: 1\n"
    )
    document = read(text, "yaml")
    first = document.roots[0]
    assert isinstance(first, Object)
    assert to_data(first)["mine"] == {"a": 1, "b": 3}
    mine, ref, run = first.get("mine"), first.get("ref"), first.get("run")
    assert isinstance(mine, Object)
    assert [(pair.name, pair.merged, pair.value.span.line) for pair in mine.pairs] == [("b", False, 4), ("a", True, 1)]
    assert isinstance(ref, Scalar)
    assert (ref.tag, ref.value, written(ref)) == ("!Sub", "${X}", "'${X}'")
    assert isinstance(run, Scalar)
    assert (run.value, run.span.line, run.span.end_line) == ("one\ntwo\n", 6, 8)
    assert document.data[1] == {"last": 1}


def test_of_a_template_the_text_between_the_actions_is_read() -> None:
    text = (
        '{{- define "x" -}}\n- a: {{ .Values.b | quote }}\n{{- end }}\n---\nimage: "{{ .r }}:{{ .t }}"\n'
        "{{- if .c }}\nuser: a\n{{- else }}\nuser: root\n{{- end }}\n"
    )
    document = parse(SourceText("chart.yaml", text), "yaml")
    assert document.notifications == ()
    assert document.data[0] == [{"a": "${" + "_" * 20 + "}"}]
    assert document.data[1]["user"] == "root"
    assert document.data[1]["image"].count("${") == 2
    root = document.roots[1]
    assert isinstance(root, Object)
    assert root.index["user"].value.span.line == 9


def test_an_expression_of_a_workflow_is_no_template() -> None:
    document = parse(SourceText("a.yml", "a: ${{ b.c }}\nd: '{{#sys.query#}}'\n"), "yaml")
    assert document.data[0] == {"a": "${{ b.c }}", "d": "{{#sys.query#}}"}


def test_toml_tables_dotted_keys_and_arrays_of_tables() -> None:
    document = read('a.b = 1\n[t.u]\nx = [1, # c\n 2]\n[[l]]\nn = "é"\n[[l]]\nn = 2\n[t]\nk = 1e3\n', "toml")
    assert document.data == ({"a": {"b": 1}, "t": {"u": {"x": [1, 2]}, "k": 1000.0}, "l": [{"n": "é"}, {"n": 2}]},)
    names = select(document, "$.l[*].n")
    assert [(match.location.line, match.location.column) for match in names] == [(6, 1), (8, 1)]


def test_broken_toml_keeps_the_tables_that_can_be_read() -> None:
    document = read("a = 1\nbad = \n[t]\nb = 2\n", "toml")
    assert document.data == ({"a": 1, "t": {"b": 2}},)
    assert [(note.id, note.span.line if note.span else 0) for note in document.notifications] == [
        ("broken-document", 2)
    ]


@pytest.mark.parametrize("syntax", DATA)
def test_duplicate_keys_are_noted_and_the_last_one_counts(syntax: Syntax) -> None:
    text = {"json": '{"a": 1, "a": 2}', "yaml": "a: 1\na: 2\n", "toml": "a = 1\na = 2\n"}[syntax]
    document = read(text, syntax)
    assert document.data == ({"a": 2},)
    assert "duplicate-key" in [note.id for note in document.notifications]


def test_keys_that_are_comments_may_occur_twice() -> None:
    assert not read('{"//": "one", "a": 1, "//": "two"}', "json").notifications


@pytest.mark.parametrize("syntax", [*DATA, "hcl"])
@pytest.mark.parametrize("opening", ["[", "{", '{"a":', "[{"])
@pytest.mark.parametrize("closed", [True, False])
def test_deep_nesting_is_cut(syntax: Syntax, opening: str, *, closed: bool) -> None:
    closing = "".join({"[": "]", "{": "}"}.get(char, "") for char in reversed(opening)) if closed else ""
    text = ("a = " if syntax in ("toml", "hcl") else "") + opening * 20_000 + closing * 20_000
    started = time.process_time()
    document = read(text, syntax)
    assert time.process_time() - started < 3
    assert document.notifications
    assert max((_depth(root) for root in document.roots), default=0) <= MAX_DEPTH + 2  # libyaml may give up itself


def _depth(node: Node) -> int:
    if isinstance(node, Array):
        return 1 + max((_depth(item) for item in node.items), default=0)
    if isinstance(node, Object):
        return 1 + max((_depth(pair.value) for pair in node.pairs), default=0)
    return 0


def test_aliases_cannot_multiply_a_document() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    document = read("\n".join(lines), "yaml")
    assert sum(1 for _ in walk(document.root)) < 50_000
    assert [note.id for note in document.notifications] == ["document-limit"]


def test_an_anchor_that_contains_itself_is_cut() -> None:
    document = read("a: &a\n  b: *a\nc: *a\nd: *none\n", "yaml")
    assert document.data == ({"a": {"b": None}, "c": {"b": None}, "d": None},)
    assert sorted(note.id for note in document.notifications) == ["broken-document", "document-limit"]


@pytest.mark.parametrize("syntax", ["json", "yaml"])
def test_ten_thousand_servers(syntax: Syntax) -> None:
    server = {"command": "npx", "args": ["-y", "server@1.2.3"], "env": {"TOKEN": "${TOKEN}"}}
    document = read(json.dumps({"mcpServers": {f"s{n}": server for n in range(10_000)}}), syntax)
    assert len(select(document, "$.mcpServers.*")) == 10_000
    assert document.notifications == ()


@pytest.mark.parametrize("syntax", ["json", "yaml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_keep_places(syntax: Syntax, encoding: str, end: str) -> None:
    text = end.join(["{", ' "ä": "😀",', ' "b": 1', "}"])
    document = read(decode(text.encode(encoding)), syntax)
    assert document.notifications == ()
    (match,) = select(document, "$.b")
    assert (match.location.line, match.location.column) == (3, 2)
    (match,) = select(document, "$['ä']")
    assert (match.node.span.line, match.node.span.column, match.node.span.end_column) == (2, 7, 10)


def test_utf_16_without_a_mark_is_unreadable() -> None:
    with pytest.raises(UnreadableError):
        decode('{"a": 1}'.encode("utf-16-le"))


@pytest.mark.parametrize("syntax", DATA)
def test_control_characters_are_noted(syntax: Syntax) -> None:
    text = {"json": '{"a": "x\0y", "b": 1}', "yaml": 'a: "x\0y"\nb: 1\n', "toml": 'a = "x\0y"\nb = 1\n'}[syntax]
    document = read(text, syntax)
    assert document.data[0]["b"] == 1
    assert document.notifications[0].id == "broken-document"


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_empty_text_is_an_empty_document(syntax: Syntax) -> None:
    document = read("", syntax)
    assert not document.notifications
    assert not any(node.value for node in walk(document.root) if isinstance(node, Scalar))


def test_half_a_surrogate_pair_can_be_printed() -> None:
    document = read('{"a": "\\ud800"}', "json")
    json.dumps(document.data, ensure_ascii=False).encode("utf-8")


EMBEDDED = """\
steps:
- block: |
    {
      "a": ["é", 2]
    }
- folded: >-
    {"a":
     ["é", 2]}
- double: "{\\"a\\": [\\"\\u00e9\\", 2]}"
- single: '{"a": ["é", 2]}'
"""


@pytest.mark.parametrize(("style", "line"), [("block", 4), ("folded", 8), ("double", 9), ("single", 10)])
def test_embedded_documents_have_places_in_the_outer_file(style: str, line: int) -> None:
    outer = read(EMBEDDED, "yaml")
    (match,) = select(outer, f"$.steps[*].{style}")
    assert isinstance(match.node, Scalar)
    inner = parse_embedded(match.node, "json")
    assert inner.data == ({"a": ["é", 2]},)
    (two,) = select(inner, "$.a[1]")
    assert two.location.line == line
    assert SourceText("file", EMBEDDED).line(line)[two.location.column - 1] == "2"


def test_what_the_outer_language_fills_in_is_an_unknown_value_of_the_embedded_document() -> None:
    outer = read('text: |\n  {"debug": ${{ vars.DEBUG }}, "name": "${{ vars.NAME }}", "last": 1}\n', "yaml")
    (match,) = select(outer, "$.text")
    assert isinstance(match.node, Scalar)
    inner = parse_embedded(match.node, "json", r"\$\{\{[^{}]*\}\}")
    assert inner.data == ({"debug": None, "name": "${{ vars.NAME }}", "last": 1},)
    assert not inner.notifications
    (last,) = select(inner, "$.last")
    assert last.location.column == len('  {"debug": ${{ vars.DEBUG }}, "name": "${{ vars.NAME }}", ') + 1
