"""The examples of a rule are its tests: takes a rule's Markdown, gives cases, runs the linter on them, compares.

Every fenced block is scanned, except those in the languages `text` and `console`. `# expect: RULE` at the end of a line
says that a finding of that rule is on it, so does `expect=RULE:LINE` after the language; everything else is silent for
the persona `pedantic`. Blocks with `path=` under one heading are one project, unless `case=` tells them apart.
"""

import datetime
import itertools
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aisafety_lint.compiled import Compiled
from aisafety_lint.errors import UserError
from aisafety_lint.finding import NotificationLevel
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.rule import Rule
from aisafety_lint.suggest import did_you_mean

if TYPE_CHECKING:
    from aisafety_lint.report.model import Report

NOT_SCANNED = frozenset({"text", "console"})
_EXTENSIONS = {
    "python": "py",
    "bash": "sh",
    "sh": "sh",
    "shell": "sh",
    "yml": "yaml",
    "markdown": "md",
    "dotenv": "env",
    "javascript": "js",
    "typescript": "ts",
}
_NAMES = {"dockerfile": "Dockerfile", "dotenv": ".env"}

TODAY = datetime.date(2026, 11, 1)
"""The day on which examples are run, so that their dates do not age."""

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_HEADING = re.compile(r"^#{1,6} +(?P<title>.+?) *#*$")
_RULE_IDS = r"[a-z0-9-]+(?: *, *[a-z0-9-]+)*"
_MARKER = re.compile(rf"[ \t]*(?:#|//|<!--)[ \t]*expect:[ \t]*(?P<rules>{_RULE_IDS})[ \t]*(?:-->)?[ \t]*$")
# A number tells which made-up value is meant, where the same one stands in several places.
_FAKE = re.compile(r"\{fake:(?P<format>[\w.-]+)(?:#(?P<number>\d+))?\}")
_PATH = re.compile(r"(?!/)(?!.*(?:^|/)\.\.(?:/|$))[\w./ @+-]+")


@dataclass(frozen=True, slots=True, order=True)
class Expectation:
    """A finding: of which rule, in which file, on which line."""

    path: str
    line: int
    rule: str


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it stands in the Markdown, and what is scanned of it, with its markers taken out."""

    heading: str
    line: int
    language: str
    path: str
    named: bool
    case: str
    text: str
    expected: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Blocks that are one project; `line` is that of the first one in the rule's Markdown."""

    rule: str
    heading: str
    line: int
    blocks: tuple[Block, ...]

    @property
    def expected(self) -> frozenset[Expectation]:
        return frozenset(item for block in self.blocks for item in block.expected)

    @property
    def name(self) -> str:
        """How people are told of it, and what a test is called."""
        return f"{self.rule}:{self.line}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case gave beside what it should: findings missing, findings too much, and what went wrong in the run."""

    case: Case
    missing: tuple[Expectation, ...] = ()
    unexpected: tuple[tuple[Expectation, str], ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not (self.missing or self.unexpected or self.problems)

    def lines(self) -> Iterator[str]:
        """The differences, one a line."""
        for item in self.missing:
            yield f"missing: {item.rule} at {item.path}:{item.line}"
        for item, message in self.unexpected:
            yield f"unexpected: {item.rule} at {item.path}:{item.line}: {message}"
        yield from (f"problem: {problem}" for problem in self.problems)


def cases(rule: Rule) -> tuple[Case, ...]:
    """The cases of a rule in the order of its file; raises UserError for a fence that cannot be understood."""
    grouped: dict[tuple[str, str], list[Block]] = {}
    for block in blocks(rule.path, rule.path.read_text("utf-8")):
        # A block without a path is a project of its own, unless it says to which case it belongs.
        alone = not (block.named or block.case)
        key = ("", str(block.line)) if alone else (block.heading, block.case)
        grouped.setdefault(key, []).append(block)
    return tuple(Case(rule.id, group[0].heading, group[0].line, tuple(group)) for group in grouped.values())


def blocks(path: Path, markdown: str) -> Iterator[Block]:
    """The scanned blocks of a Markdown text; `path` is for error messages."""
    heading = ""
    lines = markdown.split("\n")
    number = 0
    while number < len(lines):
        if title := _HEADING.match(lines[number]):
            heading = title["title"]
        fence = _FENCE.match(lines[number])
        number += 1
        if fence is None:
            continue
        start, body = number, []
        while number < len(lines) and not _closes(lines[number], fence):
            body.append(lines[number].removeprefix(fence["indent"]))
            number += 1
        if number == len(lines):
            raise UserError(f"{path}:{start}: the fence is not closed")
        number += 1
        block = _block(path, start, heading, fence["info"].split(), body)
        if block is not None:
            yield block


def _closes(line: str, fence: re.Match[str]) -> bool:
    text = line.strip()
    indent = len(line) - len(line.lstrip(" "))
    return indent <= 3 and text.startswith(fence["fence"]) and not text.strip(fence["fence"][0])


def _block(path: Path, line: int, heading: str, info: list[str], body: list[str]) -> Block | None:
    if not info:
        hint = "give it a language: one that is scanned, or `text` or `console`, which are not"
        raise UserError(f"{path}:{line}: a block without a language", hint)
    language, words = info[0].lower(), info[1:]
    if language in NOT_SCANNED:
        return None
    keys = {"path": "", "case": ""}
    listed = []
    for word in words:
        key, _, value = word.partition("=")
        if key == "expect" and re.fullmatch(r"[a-z0-9-]+:\d+", value):
            listed.append((value.partition(":")[0], int(value.partition(":")[2])))
        elif key in keys and value:
            keys[key] = value
        else:
            hint = "after the language come `path=NAME`, `case=NAME` and `expect=RULE:LINE`"
            raise UserError(f"{path}:{line}: `{word}` says nothing", hint)
    name = keys["path"] or _NAMES.get(language) or f"example.{_EXTENSIONS.get(language, language)}"
    if not _PATH.fullmatch(name):
        raise UserError(f"{path}:{line}: `{name}` is not a path inside a project")
    text, marked = _unmarked(body)
    expected = tuple(Expectation(name, at, rule) for rule, at in (*marked, *listed))
    return Block(heading, line, language, name, bool(keys["path"]), keys["case"], text, expected)


def _unmarked(body: list[str]) -> tuple[str, list[tuple[str, int]]]:
    """The text of a block without its markers, and (rule, line) for each."""
    lines, found = [], []
    for number, line in enumerate(body, 1):
        marker = _MARKER.search(line)
        if marker:
            found += [(rule.strip(), number) for rule in marker["rules"].split(",")]
        lines.append(line[: marker.start()] if marker else line)
    return "".join(f"{line}\n" for line in lines), found


def for_readers(markdown: str) -> str:
    """Markdown without what only tests need: markers, words after the language, and recipes for fake secrets."""
    lines = []
    for line in markdown.split("\n"):
        fence = _FENCE.match(line)
        info = fence["info"].split() if fence else []
        if fence and info:
            path = next((f" {word}" for word in info if word.startswith("path=")), "")
            lines.append(f"{fence['indent']}{fence['fence']}{info[0]}{path}")
        else:
            lines.append(_MARKER.sub("", line))
    return _FAKE.sub(lambda match: f"<{match['format']}>", "\n".join(lines))


@dataclass(frozen=True)
class Runner:
    """Runs cases with the rules of some knowledge, by default those that are shipped."""

    knowledge: Knowledge = field(default_factory=lambda: Knowledge(compiled=Compiled(several=True)))

    def run(self, case: Case) -> Outcome:
        """Run the linter on a case in a temporary folder, and compare."""
        from aisafety_lint import pipeline
        from aisafety_lint.config import Config
        from aisafety_lint.finding import Persona

        with tempfile.TemporaryDirectory(prefix="aisafety-lint-") as name:
            folder = Path(name).resolve()
            self.lay_out(case, folder)
            # What is test code by its path is a question of the project, not of the rule.
            config = Config(
                folder, (folder,), persona=Persona.PEDANTIC, rules=self.knowledge.roots[1:], tests=(), today=TODAY
            )
            report = pipeline.run(config, self.knowledge)
        return compare(case, report)

    def lay_out(self, case: Case, folder: Path) -> None:
        """Write the files of a case into an empty folder, with made-up values where secrets are to be."""
        numbers = itertools.count(1)
        for block in case.blocks:
            target = folder / block.path
            if target.exists():
                raise UserError(
                    f"{case.name}: two blocks of one project are `{block.path}`", "tell them apart by `case=`"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            text = _FAKE.sub(
                lambda match: self.fake(case, match["format"], int(match["number"] or next(numbers))), block.text
            )
            target.write_text(text, "utf-8")

    def fake(self, case: Case, format_id: str, seed: int) -> str:
        """A made-up value of a format of secrets, always the same one for the same place."""
        from aisafety_lint.secrets.formats import fake, load_formats

        formats = self.knowledge.part(load_formats)
        if format_id not in formats.by_id:
            hint = did_you_mean(format_id, formats.by_id)
            raise UserError(f"{case.name}: no format of secrets `{format_id}`", hint)
        return fake(formats, format_id, seed)


def compare(case: Case, report: "Report") -> Outcome:
    """What a report says beside what the case expects."""
    found = {
        Expectation(item.location.path, item.location.span.line, item.rule): item.message for item in report.findings
    }
    return Outcome(
        case=case,
        missing=tuple(sorted(case.expected - found.keys())),
        unexpected=tuple((item, found[item]) for item in sorted(found.keys() - case.expected)),
        problems=tuple(
            f"{item.path}: {item.message}" for item in report.notifications if item.level is not NotificationLevel.NOTE
        ),
    )


def unknown_expectations(case: Case, rules: Mapping[str, Rule]) -> tuple[str, ...]:
    """The rules that a case expects and no catalogue has."""
    return tuple(sorted({item.rule for item in case.expected} - rules.keys()))
