"""The knowledge as it comes out of the cache: the same as parsed from YAML, edited files included."""

from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
import yaml

from aisafety_lint import compiled
from aisafety_lint.cache import Store
from aisafety_lint.compiled import Compiled, NotYamlError
from aisafety_lint.knowledge import Knowledge, builtin_root

FOLDERS = ("frameworks", "manifests", "secrets", "evals", "standards")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", b"k" * 32, b"edition")


def every(knowledge: Knowledge) -> object:
    return knowledge.rules, [list(knowledge.models(folder)) for folder in FOLDERS]


def parses(action: Callable[[], object]) -> int:
    """How many texts are parsed as YAML meanwhile."""
    with mock.patch.object(compiled, "_parse", side_effect=compiled._parse) as parse:
        action()
    return parse.call_count


def test_all_knowledge_is_the_same_and_is_parsed_once(store: Store) -> None:
    first = Knowledge(compiled=Compiled(store))
    assert every(first) == every(Knowledge())
    first.compiled.save()
    again = Knowledge(compiled=Compiled(store))
    assert parses(lambda: every(again)) == 0
    assert every(again) == every(Knowledge())


def test_an_edited_file_is_parsed_again_and_no_other(store: Store, tmp_path: Path) -> None:
    (tmp_path / "frameworks").mkdir()
    for name in ("one", "two"):
        (tmp_path / f"frameworks/{name}.yml").write_text(f"packages: [{name}]\n")

    def load() -> Compiled:
        knowledge = Knowledge((tmp_path,), Compiled(store))
        list(knowledge.models("frameworks"))
        knowledge.compiled.save()
        return knowledge.compiled

    assert parses(load) == 2
    (tmp_path / "frameworks/two.yml").write_text("packages: [six]\n")
    assert parses(load) == 1
    assert dict(Knowledge((tmp_path,), Compiled(store)).models("frameworks"))["two"] == {"packages": ["six"]}
    assert parses(load) == 0


def test_without_a_store_each_file_is_parsed_each_time() -> None:
    bare = Compiled()
    assert parses(lambda: [bare.load(b"a: 1"), bare.load(b"a: 1")]) == 2
    bare.save()


def test_nobody_shares_the_data(store: Store) -> None:
    shared = Compiled(store)
    shared.load(b"a: [1]")["a"].append(2)
    assert shared.load(b"a: [1]") == {"a": [1]}


@pytest.mark.parametrize(
    "text",
    [
        b"day: 2026-01-31",
        b"set: !!set {a, b}",
        b"whole: 123456789012345678901234567890",
        b"none: .nan",
        b"? [1, 2]\n: key",
        b"&a [*a]",
        b"[" * 500 + b"]" * 500,
        b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (n, n, b", ".join([b"*%c" % (n - 1)] * 10)) for n in range(98, 108)),
    ],
    ids=["date", "set", "large number", "not a number", "list as a key", "itself", "deep", "aliases of aliases"],
)
def test_what_would_come_back_as_something_else_is_not_kept(store: Store, text: bytes) -> None:
    def load() -> Compiled:
        made = Compiled(store)
        try:
            content = made.load(text)
        except (NotYamlError, TypeError):
            return made
        if not isinstance(content, list):
            assert {type(value) for value in content.values()} <= {type(v) for v in compiled._parse(text).values()}
        made.save()
        return made

    assert load().used == load().used


@pytest.mark.parametrize(
    "text",
    [
        b"a: &x [1, 2.5, yes]\nb: *x\nc: {<<: {d: 1}, e: ~}\n'1': 1\n1: 1",
        b"- !!str 5\n- !!set {a, b}\n- &r [*r]\n- 2020-01-01",
        b"? [1, 2]\n: a list as a key",
        b"? !!str [a]\n: a list that says it is a text",
        b"a: !!seq b",
        b"!!map [a]",
        b"a: 1\na: 2",
        b"",
    ],
)
def test_a_text_says_what_the_library_reads(text: bytes) -> None:
    try:
        expected = repr(yaml.safe_load(text))
    except yaml.YAMLError:
        expected = NotYamlError.__name__
    try:
        found = repr(compiled._parse(text))
    except NotYamlError as error:
        found = type(error).__name__
    assert found == expected


def test_a_text_that_is_no_yaml_is_an_error_every_time(store: Store) -> None:
    for made in (Compiled(store), Compiled(store), Compiled()):
        with pytest.raises(NotYamlError):
            made.load(b"a: [")
        made.save()


def test_a_damaged_entry_is_as_good_as_none(store: Store) -> None:
    store.put(store.name("knowledge"), b"\xc1 not what it should be")
    made = Compiled(store)
    assert parses(lambda: every(Knowledge((builtin_root(),), made))) > 100


def test_old_texts_do_not_pile_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_MOST", 5)
    for number in range(20):
        made = Compiled(store)
        made.load(b"number: %d" % number)
        made.save()
    assert len(Compiled(store)._all()) <= 5
    assert parses(lambda: Compiled(store).load(b"number: 19")) == 0
