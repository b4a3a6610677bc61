"""The harnesses: each takes bytes and comes back, whatever they are; only what is promised may be raised."""

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from aisafety_lint import baseline, engine
from aisafety_lint.checks import interest
from aisafety_lint.comments import comments
from aisafety_lint.errors import UserError
from aisafety_lint.evals.frameworks import load as load_evals
from aisafety_lint.evals.results import read_result
from aisafety_lint.evals.shell import commands
from aisafety_lint.ignorefiles import Patterns, pruning, read_ignore_file
from aisafety_lint.manifests import documents, kinds
from aisafety_lint.manifests.nodes import walk
from aisafety_lint.manifests.query import select
from aisafety_lint.python.facts import Facts
from aisafety_lint.python.notebook import extract_notebook
from aisafety_lint.python.parse import ParseError, extract_facts
from aisafety_lint.report import render
from aisafety_lint.rule import parse_rule
from aisafety_lint.secrets.formats import load_formats
from aisafety_lint.secrets.scan import scan_linked
from aisafety_lint.settings import CommandLine, load_config
from aisafety_lint.source import SourceText, UnreadableError, decode
from fuzz.corpus import Choices, mutated
from fuzz.generated import program
from report_samples import sample
from shared import KNOWLEDGE

Harness = Callable[[bytes], None]
SYNTAXES: tuple[documents.Syntax, ...] = ("yaml", "json", "toml", "markdown", "dockerfile", "hcl", "unit")
TEXTS = ("python", "notebook", *SYNTAXES, "shell", "dotenv", "text")
_NAMES = {"dockerfile": "Dockerfile", "notebook": "x.ipynb", "python": "x.py", "markdown": "SKILL.md"}


def text_of(kind: str, data: bytes) -> SourceText | None:
    """The text of a file: one of the examples that was changed, or the bytes as they are."""
    raw = data[1:] if data[:1] < b"\x20" else mutated(kind, data[1:])
    try:
        return SourceText(_NAMES.get(kind, f"x.{kind}"), decode(raw))
    except UnreadableError:
        return None


def _facts(text: SourceText) -> Facts | None:
    try:
        return extract_facts(text.path, text.text)
    except ParseError:
        return None


def python(data: bytes) -> None:
    """The facts of a file of Python."""
    text = text_of("python", data)
    if text is not None:
        _facts(text)


def notebook(data: bytes) -> None:
    """The facts of a notebook."""
    text = text_of("notebook", data)
    if text is not None:
        with contextlib.suppress(ParseError):
            extract_notebook(text.path, text)


def document(syntax: documents.Syntax, data: bytes) -> None:
    """A document, what is asked of it, and which manifests it is: every place lies in the text."""
    text = text_of(syntax, data)
    if text is None:
        return
    parsed = documents.parse(text, syntax)
    for root in parsed.roots:
        for node in walk(root):
            assert 0 <= node.start <= node.end <= len(text.text), node
    select(parsed, "$..name")
    known = KNOWLEDGE.part(kinds.load_kinds)
    kinds.recognise(text.path, parsed, known, known.by_id.values())


def secrets(data: bytes) -> None:
    """The secrets of a text of any kind."""
    kind = TEXTS[Choices(data).number(len(TEXTS))]
    text = text_of(kind, data[2:])
    if text is not None:
        scan_linked(text, kind, KNOWLEDGE.part(load_formats))


def suppressions(data: bytes) -> None:
    """The comments that speak to the linter."""
    kind = TEXTS[Choices(data).number(len(TEXTS))]
    text = text_of(kind, data[2:])
    if text is not None:
        marked = SourceText(text.path, f"{text.text}\n# aisafety: ignore[unapproved-payment] x\n")
        for comment in comments(marked, kind):
            assert 1 <= comment.span.line <= len(marked.starts)


def config(data: bytes) -> None:
    """A file of settings: right, or an error that names it."""
    _with_file("aisafety-lint.toml", _settings(data), lambda path: load_config(CommandLine((str(path.parent),))))


def _settings(data: bytes) -> bytes:
    keys = ("select", "exclude", "fail-on", "overrides", "rules", "tests", "max-file-size", "baseline", "suppressions")
    values = ('["ALL"]', '["**/[a"]', '"low"', "[{paths=['a'], reason='x', ignore=['secrets']}]", "5", "true", "{}")
    choices = Choices(data)
    lines = [f"{keys[choices.number(9)]} = {values[choices.number(7)]}\n" for _ in range(choices.number(4))]
    return "".join(lines).encode() + choices.rest()


def rules(data: bytes) -> None:
    """A rule file: right, or an error that names it."""
    text = text_of("rule", data)
    if text is not None:
        with contextlib.suppress(UserError):
            parse_rule(Path("output-sinks/x.md"), text.text)


def known(data: bytes) -> None:
    """A baseline: right, or an error that names it."""
    entry = {"rule": "x", "path": "a.py", "symbol": "", "fingerprint": "a:1", "reason": "x", "until": ""}
    whole = json.dumps({"schema": 1, "entries": [entry]}).encode()
    cut = Choices(data).number(len(whole) + 1)
    _with_file("baseline.json", whole[:cut] + data[2:], baseline.load)


def _with_file(name: str, content: bytes, read: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / name
        path.write_bytes(content)
        with contextlib.suppress(UserError):
            read(path)


def ignores(data: bytes) -> None:
    """An ignore file, and patterns of the settings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ".gitignore"
        path.write_bytes(data)
        found = read_ignore_file(str(path), 0)
    patterns = found.patterns if found else Patterns(())
    with contextlib.suppress(UserError):
        pruning([data.decode("latin-1")], "exclude").verdict("a/b.py", "b.py", is_folder=False)
    for name in ("a/b.py", "b.py", "\udcff.py"):
        patterns.verdict(name, name.rpartition("/")[2], is_folder=False)


def results(data: bytes) -> None:
    """The results of evaluations, and commands of pipelines."""
    text = text_of("json", data)
    if text is not None:
        read_result(text, KNOWLEDGE.part(load_evals))
        commands(text.text)


def reports(data: bytes) -> None:
    """Every format, with a name, a path and a message of any characters: SARIF and JSON stay what they are."""
    word = data.decode("utf-8", "surrogateescape") or "x"
    report = sample()
    first = replace(report.findings[0], message=word, symbol=word, key=word)
    moved = replace(first, location=replace(first.location, path=word, label=word))
    hostile = replace(report, findings=(first, moved, *report.findings[1:]))
    json.loads(render("json", hostile))
    for result in json.loads(render("sarif", hostile))["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii(), uri
        assert uri.isprintable(), uri
    for form in ("full", "concise", "github", "markdown", "gitlab", "junit", "rdjson", "html"):
        shown = render(form, hostile, color=False)
        assert not {"\x1b", "\x00", "\u202e"} & set(shown), form
        assert form != "github" or shown.count("\n") == _commands(), shown


@cache
def _commands() -> int:
    """The lines of workflow commands for a report whose words are harmless."""
    report = sample()
    return render("github", replace(report, findings=(report.findings[0], *report.findings))).count("\n")


@cache
def _interest() -> Mapping[str, frozenset[str]]:
    return interest(KNOWLEDGE.rules.values())


def _reached(text: str) -> tuple[tuple[str, int, str], ...]:
    facts = extract_facts("x.py", text)
    flows = engine.understand({"x.py": facts}, KNOWLEDGE, _interest(), None).flows
    return tuple((flow.kind, flow.location.span.line, flow.seed.kind) for flow in flows)


def solver(data: bytes) -> None:
    """A random program: no crash, the same answer twice, and no more flows where a value is cleaned."""
    text, cleaned = program(Choices(data))
    try:
        reached = _reached(text)
    except ParseError:
        return
    assert _reached(text) == reached, text
    assert set(_reached(cleaned)) <= set(reached), f"{text}\n-- cleaned:\n{cleaned}"


HARNESSES: Mapping[str, Harness] = {
    "python": python,
    "notebook": notebook,
    **{syntax: partial(document, syntax) for syntax in SYNTAXES},
    "secrets": secrets,
    "suppressions": suppressions,
    "config": config,
    "rules": rules,
    "baseline": known,
    "ignores": ignores,
    "results": results,
    "reports": reports,
    "solver": solver,
}
