"""The framework models: complete by their schema, consistent with each other, and true of their libraries."""

import builtins
import importlib
import inspect
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aisafety_lint.knowledge import builtin_root, load_yaml
from shared import KNOWLEDGE
from static_names import Names

QUOTES = {"'", '"'}  # what a sanitizer takes out of a value counts as a kind, too
MODELS = dict(KNOWLEDGE.models("frameworks"))
KINDS = load_yaml(builtin_root() / "schema/kinds.yml")
ROLES = (
    "sources",
    "sinks",
    "sanitizers",
    "checks",
    "weak_checks",
    "propagation",
    "runs",
    "files",
    "tools",
    "agents",
    "gates",
    "grants",
    "effects",
)
each_model = pytest.mark.parametrize("stem", MODELS)


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = load_yaml(builtin_root() / "schema/framework.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def rows(stem: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All facts of a model with their role."""
    for role in ROLES:
        for row in MODELS[stem].get(role, ()):
            yield role, row


def listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def paths(stem: str) -> Iterator[str]:
    """Everything in a model that names a function, class or attribute."""
    for data in MODELS[stem].get("types", {}).values():
        yield from data.get("names", ())
        for maker in data.get("made_by", ()):
            yield from listed(maker["call"] if isinstance(maker, dict) else maker)
    for role, row in rows(stem):
        for key in ("call", "decorator", "value", "context", "after", "instance"):
            yield from listed(row.get(key))
        if role not in ("checks", "weak_checks"):
            yield from listed(row.get("attribute"))


def references(stem: str) -> Iterator[str]:
    """Everything in a model that must be a type."""
    for data in MODELS[stem].get("types", {}).values():
        yield from listed(data.get("subclass_of"))
        yield from data.get("fields", {}).values()
    for _, row in rows(stem):
        yield from listed(row.get("method", {}).get("of"))
        for approval in listed(row.get("approval")):
            yield from listed(approval.get("has_instance"))
        yield from listed(row.get("instance"))
    yield from (path for path in paths(stem) if ":" in path or head(path)[:1].isupper())


def head(path: str) -> str:
    return re.split(r"[.(\[]", path, maxsplit=1)[0]


@each_model
def test_it_is_what_the_schema_says(stem: str) -> None:
    errors = [f"{list(error.absolute_path)}: {error.message}" for error in validator().iter_errors(MODELS[stem])]
    assert errors == []


@each_model
def test_its_kinds_are_declared(stem: str) -> None:
    sinks, capabilities = {"all", *QUOTES, *KINDS["sinks"], *KINDS["traits"]}, set(KINDS["capabilities"])
    for role, row in rows(stem):
        assert row.get("yields", "model-output") in KINDS["sources"]
        assert row.get("kind", "shell") in sinks or role == "agents"
        assert set(row.get("cleans", ())) <= sinks
        assert {*row.get("capabilities", ()), *listed(row.get("capability"))} <= capabilities


@each_model
def test_its_types_exist(stem: str) -> None:
    types = MODELS[stem].get("types", {})
    # A module with a capital letter looks like a type.
    modules = set(MODELS[stem].get("roots", (stem,)))
    for reference in references(stem):
        if ":" in reference:
            owner, _, name = reference.partition(":")
            assert head(name) in MODELS[owner]["types"], reference
        else:
            assert head(reference) in types or head(reference) in modules, reference


@each_model
def test_what_it_requires_exists(stem: str) -> None:
    assert set(MODELS[stem].get("requires", ())) <= MODELS.keys()


@each_model
def test_no_fact_is_told_twice(stem: str) -> None:
    told = [(role, repr(row)) for role, row in rows(stem)]
    assert len(told) == len(set(told))


@each_model
def test_its_regular_expressions_are_quick(stem: str) -> None:
    """No pattern repeats a group that repeats: such a pattern needs for ever on a long line."""
    for _, row in rows(stem):
        for condition in (*listed(row.get("when")), *listed(row.get("unless"))):
            pattern = condition.get("matches") or condition.get("text") or ""
            re.compile(pattern)
            assert not re.search(r"[+*]\)[+*]", pattern), pattern


@pytest.mark.parametrize(
    ("group", "more"),
    [
        ("sources", {"inert", "prompts"}),
        (
            "sinks",
            {"dangerous", "needed", "quoted", "harmless_prefix", "allowed_start", "decided_by", "meant", "safe_with"},
        ),
        ("traits", {"lacks", "begins", "harmless_prefix"}),
        ("capabilities", set()),
    ],
)
def test_every_kind_has_a_meaning_and_a_name(group: str, more: set[str]) -> None:
    for kind in KINDS[group].values():
        assert {"meaning", "name"} <= set(kind) <= {"meaning", "name"} | more
        assert kind["meaning"].endswith(".")
        assert not kind["name"].endswith(".")
        re.compile(kind.get("harmless_prefix", ""))


def test_what_makes_a_value_safe_together_are_declared_traits() -> None:
    assert all(set(kind.get("safe_with", ())) <= KINDS["traits"].keys() for kind in KINDS["sinks"].values())


def test_rules_speak_of_declared_kinds() -> None:
    for rule in KNOWLEDGE.rules.values():
        flow = rule.match.get("flow", {})
        assert set(flow.get("from", ())) <= KINDS["sources"].keys(), rule.id
        assert set(flow.get("to", ())) <= KINDS["sinks"].keys(), rule.id
        for key in ("grant", "approval"):
            assert set(rule.match.get(key, {}).get("capabilities", ())) <= KINDS["capabilities"].keys(), rule.id


def test_every_sink_that_does_harm_has_a_rule() -> None:
    found = {row["kind"] for stem in MODELS for role, row in rows(stem) if role == "sinks"}
    ruled = {kind for rule in KNOWLEDGE.rules.values() for kind in rule.match.get("flow", {}).get("to", ())}
    assert found - ruled <= {"log"}


def test_every_power_that_is_granted_has_a_rule() -> None:
    grants = [row for stem in MODELS for role, row in rows(stem) if role == "grants"]
    marks = ("sandboxed", "unapproved", "exposes", "switch", "late", "hazard")
    plain = [set(row["capabilities"]) for row in grants if not any(mark in row for mark in marks)]
    rules = [rule.match["grant"] for rule in KNOWLEDGE.rules.values() if "grant" in rule.match]
    ruled = {capability for block in rules for capability in block.get("capabilities", ())}
    only_reads = {"db-read", "net-read"}
    assert [power for power in plain if not power & ruled and not power <= only_reads] == []
    assert {mark for block in rules for mark in block} - {"capabilities"} == {*marks} - {"sandboxed"}
    hazards = {row["hazard"] for row in grants if "hazard" in row}
    assert hazards == {block["hazard"] for block in rules if "hazard" in block}


@pytest.mark.parametrize(
    ("address", "harmless"),
    [
        ("https://api.example/v1/", True),
        ("\0/users/", True),
        ("https://", False),
        ("https://api.example", False),
        ("http://\0", False),
        ("", False),
    ],
)
def test_an_address_is_harmless_once_its_host_is_written(address: str, harmless: bool) -> None:
    pattern = KINDS["sinks"]["ssrf"]["harmless_prefix"]
    assert bool(re.search(pattern, address)) is harmless


class TestStandardLibrary:
    """The standard library is at hand, so its facts are held against it."""

    # Not on this system, or gone from this version.
    ELSEWHERE = ("os.startfile", "ctypes.WinDLL", "imp.", "pipes.", "xml.etree.cElementTree", "tkinter.")

    # What only an instance has: the class that it is of.
    OF_INSTANCES = (("OpenShell.stdin", "io.BufferedWriter"), ("OpenShell", "subprocess.Popen"))

    def resolved(self, path: str) -> Any:
        """What a path of the model stands for; a method as the function of one of the classes of its type."""
        for start, name in self.OF_INSTANCES:
            path = name + path.removeprefix(start) if path.startswith(f"{start}.") else path
        classes = listed(MODELS["stdlib"]["types"].get(head(path), {}).get("names"))
        found = [imported(name + path[len(head(path)) :]) for name in classes] if classes else [imported(path)]
        return next((item for item in found if item is not None), None)

    @pytest.mark.parametrize("path", sorted(set(paths("stdlib"))))
    def test_its_names_exist(self, path: str) -> None:
        if not path.startswith(("?", *self.ELSEWHERE)) and "()" not in path and "*" not in path:
            by_name = {item for _, row in rows("stdlib") if row.get("by_name") for item in listed(row["call"])}
            by_fields = {name for name, data in MODELS["stdlib"]["types"].items() if "shape" in data}
            assert path in by_name | by_fields or self.resolved(path) is not None

    def test_its_arguments_are_where_it_says(self) -> None:
        wrong = []
        for path, position, name in self.arguments():
            known = self.parameters(path)
            if known and known[min(position, len(known) - 1)] not in (name, "*args", "*popenargs"):
                wrong.append((path, position, name, known))
        assert wrong == []

    def arguments(self) -> Iterator[tuple[str, int, str]]:
        """The arguments of sinks that are told by position and name."""
        for role, row in rows("stdlib"):
            spec = row.get("argument", {})
            if role == "sinks" and {"name", "position"} <= spec.keys() and not row.get("by_name"):
                for path in listed(row["call"]):
                    if not path.startswith(("?", *self.ELSEWHERE)):
                        yield path, spec["position"], spec["name"]

    def parameters(self, path: str) -> list[str]:
        """The names of the parameters without self; empty where the function is not written in Python."""
        try:
            found = inspect.signature(self.resolved(path)).parameters.values()
        except (TypeError, ValueError):
            return []
        return [("*" if item.kind is item.VAR_POSITIONAL else "") + item.name for item in found if item.name != "self"]


def imported(dotted: str) -> Any:
    """What a dotted name of the standard library stands for, None if nothing."""
    parts = dotted.split(".")
    for cut in range(len(parts), -1, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut])) if cut else builtins
        except ImportError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part, None)
        return found
    return None


# A model is right if each of its names is in one of these versions; `only` is the root that these distributions bring.
SAMPLE = {
    "openai": (("openai==3.52.0", "openai==1.109.1", "openai==0.28.1"), "openai."),
    "anthropic": (("anthropic==2.11.0", "anthropic==0.125.0", "anthropic==0.2.10"), "anthropic."),
    "mcp": (("mcp==2.3.0", "mcp==1.30.0"), "mcp."),
    "fastmcp": (("fastmcp-slim==4.2.0", "fastmcp==2.14.7"), "fastmcp."),
    "langchain_core": (("langchain-core==1.8.1", "langchain-core==0.1.53"), "langchain_core."),
    "agents": (("openai-agents==0.24.0",), "agents."),
    "smolagents": (("smolagents==1.26.0", "smolagents==1.9.0"), "smolagents."),
}


@pytest.mark.slow
@pytest.mark.parametrize("stem", SAMPLE)
def test_its_names_are_in_the_distributions(stem: str, tmp_path: Path) -> None:
    wheels, only = SAMPLE[stem]
    trees = [unpacked(wheel, tmp_path) for wheel in wheels]
    types = MODELS[stem]["types"]
    missing = []
    for path in sorted(set(paths(stem))):
        plain = re.sub(r"\(\)|\[\]", "", path)
        classes = types.get(head(path), {}).get("names", ())
        names = [name + plain[len(head(path)) :] for name in classes] if head(path) in types else [plain]
        wanted = [name for name in names if name.startswith(only) and "*" not in name]
        if wanted and not any(tree.has(name) for name in wanted for tree in trees):
            missing.append(path)
    assert missing == []


@pytest.mark.slow
def test_a_name_that_is_not_there_is_missed(tmp_path: Path) -> None:
    """The witness of the test above says no where it must."""
    tree = unpacked("smolagents==1.26.0", tmp_path)
    assert tree.has("smolagents.CodeAgent.run")
    assert not tree.has("smolagents.CodeAgent.walk")
    assert not tree.has("smolagents.CodeAgents.run")


def unpacked(requirement: str, folder: Path) -> Names:
    """Download the wheel of one distribution and unpack it."""
    target = folder / requirement
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, requirement], check=True, timeout=300)
    for wheel in target.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    return Names(target)
