"""Facts are plain data whose places point at the text they speak of, also in notebooks; only what matters is parsed."""

import inspect
import json
import re
import string
import textwrap

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisafety_lint.python import relevance
from aisafety_lint.python.facts import Facts, Scope
from aisafety_lint.python.notebook import extract_notebook
from aisafety_lint.python.parse import ParseError, extract_facts
from aisafety_lint.python.relevance import OWN, AgentPackages, imported_modules, relevant_files
from aisafety_lint.source import SourceText

WORDS = st.text(alphabet="aé漢🎉 \t'", max_size=12)
MODULES = (inspect, textwrap, string, json)


def spelled(text: str, place: tuple[int, int, int, int]) -> str:
    source = SourceText("a.py", text)
    return text[source.offset(place[0], place[1]) : source.offset(place[2], place[3])]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.__name__))
def test_places_of_names_and_attributes_spell_them(module: object) -> None:
    text = inspect.getsource(module)  # type: ignore[arg-type]  # a module, by MODULES
    for scope in extract_facts("a.py", text).scopes:
        for value in scope.values:
            if value.op == "name" and value.place[0]:
                assert spelled(text, value.place) == value.name
            elif value.op == "attr" and value.place[0] and "f'" not in text and 'f"' not in text:
                assert spelled(text, value.place).endswith(value.name)


@given(WORDS, WORDS)
def test_columns_count_characters(first: str, second: str) -> None:
    text = f"call({first!r}, {second!r}, after)\n"
    values = extract_facts("a.py", text).scopes[0].values
    constants = [spelled(text, value.place) for value in values if value.op == "const"]
    assert constants == [repr(first), repr(second)]
    assert [spelled(text, value.place) for value in values if value.name == "after"] == ["after"]


def test_facts_survive_serialisation() -> None:
    facts = extract_facts("a.py", inspect.getsource(textwrap))
    assert msgspec.json.decode(msgspec.json.encode(facts), type=Facts) == facts


def scope_of(text: str, name: str) -> Scope:
    return next(scope for scope in extract_facts("a.py", text).scopes if scope.qualname == name)


@pytest.mark.parametrize(
    ("body", "guards"),
    [
        ("if ok:\n    return\nmark()", ["false"]),
        ("if not ok:\n    raise ValueError\nmark()", ["false"]),
        ("assert ok\nmark()", ["true"]),
        ("if ok:\n    mark()", ["true"]),
        ("if ok:\n    pass\nmark()", []),
        ("while True:\n    if ok:\n        break\nmark()", ["true", "true"]),
        ("for item in ok:\n    if item:\n        raise ValueError\nmark()", ["every", "false"]),
        ("check(ok)\nmark()", ["returned"]),
        ("try:\n    check(ok)\nexcept ValueError:\n    return\nmark()", ["returned"]),
        ("try:\n    check(ok)\nexcept ValueError:\n    pass\nmark()", []),
        ("match ok:\n    case 1:\n        return\nmark()", ["false"]),
        ("ok and mark()", ["true"]),
        ("ok or mark()", ["false"]),
    ],
)
def test_a_call_knows_the_conditions_that_dominate_it(body: str, guards: list[str]) -> None:
    scope = scope_of("def run(ok):\n" + textwrap.indent(body, "    ") + "\n", "run")
    mark = next(value for value in scope.values if value.op == "call" and scope.values[value.args[0]].name == "mark")
    found, guard = [], mark.guard
    while guard >= 0:
        found.append(scope.guards[guard].holds)
        guard = scope.guards[guard].parent
    assert found == guards


@pytest.mark.parametrize("text", ["def f(:\n", "x = (\n", "\x00", "a" + "(" * 5000 + ")" * 5000])
def test_what_is_no_python_is_said(text: str) -> None:
    with pytest.raises(ParseError):
        extract_facts("a.py", text)


class TestNotebooks:
    NOTEBOOK = json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": ["import os\n"]},
                {
                    "cell_type": "code",
                    "source": ["%pip install x\n", "import os\n", "os.system(command)"],
                    "outputs": [],
                },
                {"cell_type": "code", "source": ["%%bash\n", "rm -rf /\n"], "outputs": []},
                {"cell_type": "code", "source": ["!ls\n", "os.remove(name)"], "outputs": []},
            ],
            "nbformat": 4,
        },
        indent=1,
    )

    def test_places_are_lines_of_the_file(self) -> None:
        text = SourceText("a.ipynb", self.NOTEBOOK)
        scope = extract_notebook("a.ipynb", text)[0].scopes[0]
        calls = [text.line(value.place[0]).strip() for value in scope.values if value.op == "call"]
        assert calls == ['"os.system(command)"', '"os.remove(name)"']

    @pytest.mark.parametrize("ascii_only", [True, False])
    def test_columns_are_those_of_the_file(self, ascii_only: bool) -> None:
        source = ['print("é🎉\\n", first)\n', "\n", "run(\n", '    "\\t\\"", second,\n', ")\n"]
        cells = [{"cell_type": "markdown", "source": source[:1]}, {"cell_type": "code", "source": source}]
        text = SourceText("a.ipynb", json.dumps({"cells": cells}, indent=1, ensure_ascii=ascii_only))
        scope = extract_notebook("a.ipynb", text)[0].scopes[0]
        for value in scope.values:
            if value.op == "name":
                assert spelled(text.text, value.place) == value.name
        lines = [value.place[0] for value in scope.values if value.op == "name"]
        assert lines == [lines[0], lines[0], lines[0] + 2, lines[0] + 3]
        (last,) = [value.place for value in scope.values if value.op == "call" and value.place[0] > lines[0]]
        assert (last[0], last[2]) == (lines[0] + 2, lines[0] + 4)

    def test_places_are_columns_of_the_file_whatever_its_layout(self) -> None:
        source = 'x = "é\\n🎉"\nif x:\n\tos.system(x)'
        for indent, ascii_only in ((1, True), (None, False), (None, True)):
            cells = [{"cell_type": "code", "source": source}, {"cell_type": "code", "source": ["os.system(\n", "y)"]}]
            text = SourceText("a.ipynb", json.dumps({"cells": cells}, indent=indent, ensure_ascii=ascii_only))
            values = extract_notebook("a.ipynb", text)[0].scopes[0].values
            assert [spelled(text.text, value.place) for value in values if value.op == "attr"] == ["os.system"] * 2

    @pytest.mark.parametrize(
        ("cell", "names"),
        [
            ("%%time\nrun(a)", ["run", "a"]),
            ("%%capture out\n!pip install x\nrun(a)", ["run", "a"]),
            ("%%bash\nrun a", []),
            ("%%writefile app.py\nrun(a)", []),
            ("files = !ls {a}\nrun(files)", ["run"]),
            ("out, err = %sql select\nrun(out)", ["run"]),
            ("%matplotlib inline\n?run\nrun?\nrun.x??\nif a:\n    !ls\n    %cd x\nrun(a)", ["a", "run", "a"]),
            ("await run(a)", ["run", "a"]),
            ('text = """\n!not a command\n"""\nrun(text)', ["run"]),
        ],
    )
    def test_what_only_ipython_understands_is_left_out(self, cell: str, names: list[str]) -> None:
        text = SourceText("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": cell}]}))
        facts, broken = extract_notebook("a.ipynb", text)
        assert broken == ()
        assert [value.name for value in facts.scopes[0].values if value.op == "name"] == names

    def test_cells_are_one_module_in_their_order(self) -> None:
        cells = [
            {"cell_type": "code", "source": source} for source in ("command = 'ls'", "import os", "os.system(command)")
        ]
        text = SourceText("a.ipynb", json.dumps({"cells": cells}))
        scope = extract_notebook("a.ipynb", text)[0].scopes[0]
        call = next(value for value in scope.values if value.op == "call")
        assert [scope.values[item].op for item in call.args] == ["attr", "const"]

    def test_a_broken_cell_is_left_out_and_told(self) -> None:
        text = SourceText("a.ipynb", self.NOTEBOOK.replace("!ls", "if :"))
        facts, broken = extract_notebook("a.ipynb", text)
        assert broken == (3,)
        assert len([value for value in facts.scopes[0].values if value.op == "call"]) == 1

    def test_a_broken_notebook_is_said(self) -> None:
        with pytest.raises(ParseError):
            extract_notebook("a.ipynb", SourceText("a.ipynb", self.NOTEBOOK[:100]))


class TestRelevance:
    def test_imports_are_found_in_bytes(self) -> None:
        text = b"import os, sys as s\nfrom .a import (b,\n    c)\n    from x.y import z\ntext = 'no import here'\n"
        assert imported_modules(text) == {"os", "sys", ".a", ".a.b", ".a.c", "x.y", "x.y.z"}

    @pytest.mark.parametrize("as_lines", [True, False])
    def test_imports_of_a_cell_are_found_however_its_lines_are_kept(self, as_lines: bool) -> None:
        code = "import os\nfrom x.y import (\n    z,\n)\nif True:\n    import sys\n@tool\ndef run(): ...\n"
        source = code.splitlines(keepends=True) if as_lines else code
        book = json.dumps({"cells": [{"cell_type": "code", "source": source}]})
        assert imported_modules(book.encode(), notebook=True) == {"os", "x.y", "x.y.z", "sys", OWN}

    def test_what_has_to_do_with_an_agent_counts(self) -> None:
        imports = {
            "agent.py": frozenset({"openai", "helper"}),
            "helper.py": frozenset({"deep"}),
            "deep.py": frozenset({"os"}),
            "caller.py": frozenset({"agent"}),
            "apart.py": frozenset({"os"}),
            "caller_of_deep.py": frozenset({"deep"}),
        }
        found = relevant_files(imports, frozenset({"openai"}))
        assert found == {"agent.py", "helper.py", "deep.py", "caller.py"}

    PIECES = (
        "import ",
        "from ",
        "a",
        ".b",
        "(",
        ")",
        "c, d",
        "\n",
        "\n",
        " ",
        ";",
        "#",
        "\r",
        "important",
        "\\",
        "x = ",
    )

    @given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
    def test_imports_are_looked_for_in_lines_that_have_the_word(self, text: str) -> None:
        pattern = re.compile(b"^" + relevance._IMPORT.pattern, re.MULTILINE)
        everywhere = [match.span() for match in pattern.finditer(text.encode())]
        assert [match.span() for match in relevance._imports(text.encode())] == everywhere

    def test_a_package_counts_as_a_whole(self) -> None:
        imports = {
            "p/__init__.py": frozenset[str](),
            "p/agent.py": frozenset({"openai"}),
            "p/loaded_by_name.py": frozenset[str](),
            "q/__init__.py": frozenset[str](),
        }
        found = relevant_files(imports, frozenset({"openai"}))
        assert found == {"p/__init__.py", "p/agent.py", "p/loaded_by_name.py"}

    def test_test_code_counts_only_where_product_code_imports_it(self) -> None:
        imports = {
            "agent.py": frozenset({"openai", "tests.helpers"}),
            "tests/helpers.py": frozenset({"os"}),
            "tests/test_agent.py": frozenset({"openai", "agent"}),
        }
        found = relevant_files(imports, frozenset({"openai"}), aside=lambda path: path.startswith("tests/"))
        assert found == {"agent.py", "tests/helpers.py"}

    def test_a_tree_without_agents_is_not_parsed(self) -> None:
        assert (
            relevant_files({"a.py": frozenset({"os"}), "b.py": frozenset({"a"})}, frozenset({"openai"})) == frozenset()
        )

    def test_a_general_package_counts_where_a_word_tells_of_models(self) -> None:
        packages = AgentPackages(frozenset(), ((frozenset({"requests"}), (b"openai",)),))
        call = b'from requests.api import post\npost("https://api.OpenAI.com/v1/images")\n'
        assert OWN in imported_modules(call, packages)
        assert OWN not in imported_modules(call.replace(b"OpenAI", b"example"), packages)
        assert OWN not in imported_modules(call.replace(b"requests", b"urllib3"), packages)

    def test_a_file_with_tools_of_its_own_counts_with_what_names_its_package(self) -> None:
        own = imported_modules(b"class ShellTool:\n    def run(self, command: str) -> str: ...\n")
        imports = {"app/__init__.py": frozenset[str](), "app/shell.py": own, "app/other.py": frozenset({"os"})}
        assert relevant_files(imports, frozenset({"openai"})) == {"app/__init__.py", "app/shell.py"}
        assert imported_modules(b"class Toolbar: ...\ndef tool_path(): ...\n") == frozenset()
