"""Whatever program is given: facts are made, point at what they speak of, and survive serialisation."""

import ast
import dataclasses
import json
import re
import textwrap
import unicodedata
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from aisafety_lint.program.index import build_index
from aisafety_lint.python.facts import Facts, Place, Value
from aisafety_lint.python.notebook import extract_notebook
from aisafety_lint.python.parse import ParseError, extract_facts
from aisafety_lint.source import SourceText
from programs import mutants, programs

FILES = tuple(Path(str(module.__file__)) for module in (textwrap, json, dataclasses))
FORMATTED = re.compile(r"^(?:'x' )?[fF][rR]?['\"]")
BY_NAME = re.compile(r"(getattr|setattr)\(")
THOROUGH = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def parsed(text: str) -> Facts:
    """The facts of a text that Python can parse."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        assume(False)
    return extract_facts("a.py", text)


def spelled(source: SourceText, place: Place) -> str:
    text = source.text[source.offset(place[0], place[1]) : source.offset(place[2], place[3])]
    return unicodedata.normalize("NFKC", text)


def claimed(value: Value, text: str) -> bool:
    """Whether a text is what a value says that it is; what is in an f-string is placed at the string, or its line."""
    if FORMATTED.match(text):
        return True
    match value.op:
        case "name":
            return text == value.name
        case "attr":
            return (
                value.kind == "positional"
                or bool(BY_NAME.match(text))
                or text.rstrip().endswith(value.name)
                or "(" in text
            )
        case "param":
            return text.startswith(value.name)
        case "const":
            return is_constant(value, text)
        case "call":
            return text.endswith(")")
        case "import":
            return text.startswith(("import", "from"))
    return True


def below(values: tuple[Value, ...]) -> set[int]:
    """The lines of f-strings after their first one."""
    strings = [value.place for value in values if value.op == "text" and value.kind == "f"]
    return {line for place in strings for line in range(place[0] + 1, place[2] + 1)}


def is_constant(value: Value, text: str) -> bool:
    if text == "return":
        return value.name == "None"
    constant = ast.literal_eval(f"({text})")
    return (
        value.name == (constant if isinstance(constant, str) else repr(constant))
        and value.kind == type(constant).__name__
    )


@THOROUGH
@given(programs())
def test_places_point_at_what_they_speak_of(text: str) -> None:
    facts, source = parsed(text), SourceText("a.py", text)
    for scope in facts.scopes:
        for value in scope.values:
            if value.place[0] and value.place[0] not in below(scope.values):
                assert claimed(value, spelled(source, value.place)), (value, spelled(source, value.place))
        if scope.form != "module" and not scope.name.startswith("<"):
            assert re.fullmatch(rf"(async\s+)?(def|class)\s+{re.escape(scope.name)}", spelled(source, scope.head))


@THOROUGH
@given(programs())
def test_facts_survive_serialisation(text: str) -> None:
    facts = parsed(text)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=Facts) == facts
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Facts) == facts


@THOROUGH
@given(programs())
@example("try:\n    a()\nexcept A:\n    def b():\n        raise\n")
def test_facts_are_well_formed(text: str) -> None:
    """Operands, guards and returns are values and guards of their scope; only a `phi` knows later values."""
    for scope in parsed(text).scopes:
        known = range(len(scope.values))
        for position, value in enumerate(scope.values):
            assert all(item in known and (item < position or value.op == "phi") for item in value.args)
            assert -1 <= value.guard < len(scope.guards)
        for number, guard in enumerate(scope.guards):
            assert guard.parent < number
            assert guard.value in known
            assert all(arm < number for arm in guard.arms)
        assert {*scope.returns, *scope.yields, *scope.raises, *scope.stores} <= {*known}
        for call in scope.calls:
            assert len(scope.values[call.value].args) == 1 + len(call.keywords)


@QUICK
@given(mutants(FILES))
def test_no_valid_program_is_refused(text: str) -> None:
    facts = parsed(text)
    assert build_index({"a.py": facts}, frozenset()).calls_by_name is not None


@QUICK
@given(st.text(alphabet="ab (:)[]{}=.,'\"\n\t\f\\#é0@*", max_size=40))
def test_any_text_is_facts_or_no_python(text: str) -> None:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return
    extract_facts("a.py", text)


@QUICK
@given(st.lists(programs(), min_size=1, max_size=3), st.booleans(), st.booleans(), st.sampled_from([1, None]))
def test_places_in_notebooks_point_into_the_file(
    cells: list[str], lines: bool, ascii_only: bool, indent: int | None
) -> None:
    sources = [cell.splitlines(keepends=True) if lines else cell for cell in cells]
    document = {"cells": [{"cell_type": "code", "source": source, "outputs": []} for source in sources], "nbformat": 4}
    text = SourceText("a.ipynb", json.dumps(document, indent=indent, ensure_ascii=ascii_only))
    try:
        facts, broken = extract_notebook("a.ipynb", text)
    except ParseError:
        return
    assume(not broken)
    for value in (value for scope in facts.scopes for value in scope.values):
        if value.op == "name" and value.place[0] and not ascii_only and not in_string(text, value.place):
            assert value.name in spelled(text, value.place)  # in an f-string of several lines: its line


def in_string(source: SourceText, place: Place) -> bool:
    """Whether a place is that of an f-string, at which its parts are placed."""
    return bool(FORMATTED.match(spelled(source, place).replace("\\", "")))
