"""A run after another: the same answer, to the byte, for a fraction of the work, and never an answer of yesterday."""

import datetime
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from aisafety_lint import (
    cache,
    digests,
    edition,
    making,
    memory,
    perfile,
    pipeline,
    recall,
    settings_schema,
    stamps,
    walk,
)
from aisafety_lint.cache import NO_CACHE, Store
from aisafety_lint.config import Config
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Persona, Severity
from aisafety_lint.report import FORMATS, render
from aisafety_lint.report.model import Report
from aisafety_lint.secrets.formats import fake, load_formats
from aisafety_lint.settings import CommandLine, load_config
from aisafety_lint.source import SourceFile
from conftest import MakeTree
from samples import BAD, GOOD
from shared import KNOWLEDGE

SHOWCASE = Path(__file__).resolve().parent.parent / "showcase/support-agent"
HELPER = "import agents\n\n\ndef helper(text: str) -> str:\n    return text.strip()\n"


@dataclass
class Work:
    """What a run does that an earlier run may have done already."""

    analysed: int = 0
    looked_at: list[str] = field(default_factory=list)
    parsed: list[str] = field(default_factory=list)


@pytest.fixture
def work() -> Iterator[Work]:
    """Counts the work of the runs of a test."""
    done = Work()
    report, look, parse = pipeline.report, perfile.Looker.__call__, perfile.Parser.__call__

    def count_report(*arguments: Any) -> Report:
        done.analysed += 1
        return report(*arguments)

    def count_look(self: perfile.Looker, file: SourceFile) -> perfile.Outcome:
        done.looked_at.append(file.path)
        return look(self, file)

    def count_parse(self: perfile.Parser, file: SourceFile) -> perfile.Outcome:
        done.parsed.append(file.path)
        return parse(self, file)

    with (
        mock.patch.object(pipeline, "report", count_report),
        mock.patch.object(perfile.Looker, "__call__", count_look),
        mock.patch.object(perfile.Parser, "__call__", count_parse),
    ):
        yield done


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store of the running program; what changed in the last seconds is as good as old."""
    monkeypatch.setattr(stamps, "_MARGIN", 0)
    monkeypatch.setattr(edition, "_STARTED", 1 << 63)
    return Store(tmp_path / "cache", b"k" * 32, cache.edition())


def bytes_of(report: Report) -> list[str]:
    return [render(form, report, color=True, trace="full") for form in FORMATS]


def lint(root: Path, store: Store = NO_CACHE, **settings: Any) -> list[str]:
    return bytes_of(recall.run(load_config(CommandLine((str(root),), settings=settings)), store))


class TestSameAnswer:
    def test_a_showcase_of_everything(self, store: Store, work: Work, tmp_path: Path) -> None:
        shutil.copytree(SHOWCASE, tmp_path / "project")
        cold = lint(tmp_path / "project")
        filling = lint(tmp_path / "project", store)
        warm = lint(tmp_path / "project", store)
        assert cold == filling == warm
        assert work.analysed == 2
        assert "critical" in cold[0]

    def test_broken_files_and_what_is_said_of_them(self, store: Store, work: Work, tree: MakeTree) -> None:
        root = tree({
            "agent.py": BAD,
            "broken.py": "import agents\ndef f(:\n",
            "binary.py": b"import agents\0",
            "latin.py": 'import agents\nname = "caf\xe9"\n'.encode("latin-1"),
            "half.py": "import agents\nhalf = '\\ud800'\n",
            "empty.py": "",
            "note.ipynb": '{"cells": [{"cell_type": "code", "source": ["import agents\\n", "x ="]},'
            ' {"cell_type": "code", "source": ["y = 1"]}]}',
            "broken.toml": "[",
        })  # fmt: skip
        assert lint(root) == lint(root, store) == lint(root, store)
        assert work.analysed == 2

    def test_every_setting_is_a_question_of_its_own(self, store: Store, tree: MakeTree) -> None:
        root = tree({"agent.py": BAD, "tests/test_agent.py": BAD})
        questions: list[dict[str, Any]] = [
            {},
            {"persona": Persona.AUDITOR},
            {"select": ("secrets",)},
            {"ignore": ("output-sinks",)},
            {"min_severity": Severity.CRITICAL},
            {"extend_exclude": ("agent.py",)},
            {"tests": ()},
            {"max_file_size": 1000},
        ]
        for _ in range(2):
            assert [lint(root, store, **question) for question in questions] == [
                lint(root, **question) for question in questions
            ]

    def test_what_becomes_of_the_answer_is_no_part_of_the_question(
        self, store: Store, work: Work, tree: MakeTree
    ) -> None:
        root = tree({"agent.py": BAD})
        lint(root, store)
        lint(root, store, fail_on=Severity.CRITICAL, strict=True)
        assert work.analysed == 1

    def test_standard_input(self, store: Store, work: Work, tree: MakeTree) -> None:
        root = tree({"agent.py": GOOD})

        def answer(text: str, store: Store) -> list[str]:
            line = CommandLine(("-",), stdin=(str(root / "agent.py"), text.encode()))
            return bytes_of(recall.run(load_config(line), store))

        for text in (BAD, GOOD, BAD):
            assert answer(text, store) == answer(text, NO_CACHE)
        assert work.analysed == 5


class TestNothingOfYesterday:
    CHANGES: Mapping[str, Callable[[Path], object]] = {
        "edited": lambda root: (root / "agent.py").write_text(GOOD),
        "edited, with the same size": lambda root: (root / "agent.py").write_text(BAD.replace("name", "mail")),
        "added": lambda root: (root / "package/other.py").write_text(BAD),
        "removed": lambda root: (root / "agent.py").unlink(),
        "renamed": lambda root: (root / "agent.py").rename(root / "package/agent.py"),
        "of another kind": lambda root: (root / "script").write_text("#!/usr/bin/env python\n" + BAD),
        "ignored": lambda root: (root / ".gitignore").write_text("agent.py\n"),
        "excluded": lambda root: (root / "aisafety-lint.toml").write_text("extend-exclude = ['agent.py']\n"),
    }

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_a_change_is_seen_at_once(self, store: Store, tree: MakeTree, change: Callable[[Path], object]) -> None:
        root = tree({"agent.py": BAD, "package/__init__.py": "", "script": "text", ".git/HEAD": ""})
        before = lint(root, store)
        change(root)
        after = lint(root, store)
        assert after == lint(root)
        assert after != before

    def test_the_day_an_override_expires(self, store: Store, tree: MakeTree) -> None:
        override = "[[overrides]]\npaths = ['*']\nignore = ['output-sinks']\nreason = 'now'\nexpires = 2030-01-31\n"
        root = tree({"agent.py": BAD, "aisafety-lint.toml": override})

        def answer(day: datetime.date, store: Store) -> list[str]:
            return bytes_of(recall.run(load_config(CommandLine((str(root),)), today=day), store))

        for day in (datetime.date(2030, 1, 31), datetime.date(2030, 2, 1)):
            assert answer(day, store) == answer(day, NO_CACHE)
        assert answer(datetime.date(2030, 1, 31), store) != answer(datetime.date(2030, 2, 1), store)

    def test_an_edited_rule(self, store: Store, tree: MakeTree, tmp_path: Path) -> None:
        folder = tmp_path / "rules/frameworks"
        folder.mkdir(parents=True)
        root = tree({"agent.py": BAD.replace("from agents", "from house_agents")})
        answers = []
        for name in ("other_agents", "house_agents", "other_agents"):
            (folder / "house.yml").write_text(
                f"roots: [{name}]\npackages: [house]\nseen_in: [house==1]\n"
                f"tools:\n  - {{decorator: {name}.function_tool}}\n"
            )
            answers.append(lint(root, store, rules=(tmp_path / "rules",)))
            assert answers[-1] == lint(root, rules=(tmp_path / "rules",))
        assert answers[0] == answers[2] != answers[1]

    def test_another_program(self, store: Store, work: Work, tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
        root = tree({"agent.py": BAD})
        lint(root, store)
        monkeypatch.setattr(edition, "PACKAGE", Path(__file__).parent)
        lint(root, store)
        assert work.analysed == 2
        assert work.parsed == ["agent.py"] * 2

    def test_a_program_that_changed_while_it_runs_keeps_nothing(
        self, store: Store, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(edition, "_STARTED", 0)
        lint(tree({"agent.py": BAD}), store)
        assert store.folder is not None
        assert not store.folder.exists()

    def test_a_file_that_changes_during_the_analysis(self, store: Store, tree: MakeTree) -> None:
        """What the analysis saw is not what a later run is asked about."""
        root = tree({"agent.py": BAD})
        lint(root, store)  # from now on digests are kept
        (root / "agent.py").write_text(BAD + "\n")
        report = pipeline.report

        def meanwhile(*arguments: Any) -> Report:
            (root / "agent.py").write_text(GOOD)
            return report(*arguments)

        with mock.patch.object(pipeline, "report", meanwhile):
            lint(root, store)
        (root / "agent.py").write_text(BAD + "\n")
        assert lint(root, store) == lint(root)

    def test_a_quoted_file_that_changes_meanwhile(self, store: Store, tree: MakeTree) -> None:
        root = tree({"agent.py": BAD})
        lint(root, store)
        known = recall.restored

        def meanwhile(*arguments: Any) -> Report | None:
            (root / "agent.py").write_text(GOOD)
            return known(*arguments)

        with mock.patch.object(recall, "restored", meanwhile):
            assert lint(root, store) == lint(root)
            (root / "agent.py").write_text(BAD)
            (root / "other.py").write_text("")
            assert lint(root, store) == lint(root)


class TestSettings:
    def load(self, root: Path, store: Store) -> Config:
        return load_config(CommandLine((str(root),)), store_for=lambda _: store)

    def test_right_ones_are_checked_once(self, store: Store, tree: MakeTree) -> None:
        root = tree({"agent.py": BAD, "aisafety-lint.toml": "fail-on = 'high'\n"})
        first = self.load(root, store)
        with mock.patch.object(settings_schema, "validate", side_effect=AssertionError):
            assert self.load(root, store) == first

    def test_wrong_ones_are_wrong_every_time(self, store: Store, tree: MakeTree) -> None:
        root = tree({"agent.py": BAD, "aisafety-lint.toml": "fail-on = 'high'\n"})
        self.load(root, store)
        (root / "aisafety-lint.toml").write_text("fail-on = 'hihg'\n")
        for _ in range(2):
            with pytest.raises(UserError, match="hihg"):
                self.load(root, store)

    def test_another_schema_is_another_question(
        self, store: Store, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = tree({"agent.py": BAD, "aisafety-lint.toml": "fail-on = 'high'\n"})
        self.load(root, store)
        monkeypatch.setattr(settings_schema, "config_schema_text", lambda: "{}")
        with mock.patch.object(settings_schema, "validate") as validate:
            self.load(root, store)
        assert validate.call_count == 1


class TestStamps:
    """Nothing of the project is read where all stamps are as they were; what they do not prove is not believed."""

    FILES: Mapping[str, str] = {
        "agent.py": BAD,
        "empty/.keep": "",
        "script": "text",
        "large.md": "x" * 2000,
        ".gitignore": "ignored/\n",
        "ignored/agent.py": BAD,
        ".git/HEAD": "",
        ".git/info/exclude": "",
    }
    CHANGES: Mapping[str, Callable[[Path], object]] = {
        **TestNothingOfYesterday.CHANGES,
        "a file in a folder without any": lambda root: (root / "empty/agent.py").write_text(BAD),
        "an ignore file": lambda root: (root / ".gitignore").write_text(""),
        "the excludes of the clone": lambda root: (root / ".git/info/exclude").write_text("agent.py\n"),
        "a file that was too large": lambda root: (root / "large.md").write_text("small"),
        "an environment": lambda root: (root / "package/pyvenv.cfg").write_text(""),
        "a link that leads elsewhere now": lambda root: (root / "ignored/link").unlink(),
        "a new folder": lambda root: shutil.copytree(root / "ignored", root / "new", symlinks=True),
    }

    @pytest.fixture
    def root(self, tree: MakeTree) -> Path:
        root = tree({**self.FILES, "package/__init__.py": "import agents\n"})
        (root / "ignored/link").symlink_to("/")
        (root / "outwards").symlink_to("ignored/link/etc")
        return root

    def lint(self, root: Path, store: Store) -> list[str]:
        return lint(root, store, max_file_size=1000)

    def test_nothing_is_looked_for_when_nothing_has_changed(self, store: Store, root: Path) -> None:
        answer = self.lint(root, store)
        with mock.patch.object(making, "make", side_effect=AssertionError):
            assert self.lint(root, store) == answer

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_a_change_is_seen(self, store: Store, root: Path, change: Callable[[Path], object]) -> None:
        (root / "script").write_text("text")
        self.lint(root, store)
        change(root)
        with mock.patch.object(making, "make", side_effect=making.make) as made:
            assert self.lint(root, store) == self.lint(root, NO_CACHE)
        assert made.call_count == 2

    def test_what_changed_just_now_proves_nothing(
        self, store: Store, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stamps, "_MARGIN", 3_000_000_000)
        for _ in range(2):
            with mock.patch.object(making, "make", side_effect=making.make) as made:
                self.lint(root, store)
            assert made.call_count == 1
        assert store.folder is not None
        assert not list(store.folder.glob("seen-*"))

    @pytest.mark.skipif(os.name == "nt", reason="there are no stamps")
    def test_an_edition_holds_until_something_of_it_changes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(edition, "_STARTED", time.time_ns() + 10_000_000_000)
        (tmp_path / "frameworks").mkdir()
        (tmp_path / "frameworks" / "desk.yml").write_text("types: {}\n")
        before = edition.edition((tmp_path,))
        assert before is not None
        assert before.holds()
        (tmp_path / "secrets").mkdir()
        assert not before.holds()

    def test_what_changes_while_it_is_looked_at(self, store: Store, root: Path) -> None:
        """A folder that was listed before a file came into it must not be taken for the folder with the file."""
        analyse = pipeline.report

        def meanwhile(*arguments: Any) -> Report:
            (root / "package/agent.py").write_text(BAD)
            return analyse(*arguments)

        with mock.patch.object(pipeline, "report", meanwhile):
            self.lint(root, store)
        assert self.lint(root, store) == self.lint(root, NO_CACHE)

    def test_a_rule_that_is_a_link(self, store: Store, tree: MakeTree, tmp_path: Path) -> None:
        root = tree({"agent.py": BAD.replace("from agents", "from house_agents")})
        folder = tmp_path / "rules/frameworks"
        folder.mkdir(parents=True)
        model = "packages: [house]\nseen_in: [house==1]\ntools:\n  - {decorator: house_agents.%s}\n"
        (tmp_path / "model").write_text(model % "other_tool")
        (folder / "house_agents.yml").symlink_to(tmp_path / "model")
        settings: dict[str, Any] = {"rules": (tmp_path / "rules",)}
        before = lint(root, store, **settings)
        (tmp_path / "model").write_text(model % "function_tool")
        after = lint(root, store, **settings)
        assert after == lint(root, **settings)
        assert after != before

    def test_what_cannot_be_read_is_tried_again(self, store: Store, root: Path) -> None:
        scandir = os.scandir

        def refuse(path: Any) -> Any:
            if str(path) == f"{root}/package":
                raise PermissionError(13, "Permission denied")
            return scandir(path)

        with mock.patch.object(os, "scandir", refuse):
            self.lint(root, store)
        assert self.lint(root, store) == self.lint(root, NO_CACHE)

    def test_a_platform_whose_stamps_prove_nothing(
        self, store: Store, root: Path, work: Work, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stamps, "stamp", lambda *_, **__: None)
        for module in (recall, edition, digests, walk):
            monkeypatch.setattr(module, "stamp", lambda *_, **__: None)
        answer = self.lint(root, store)
        with mock.patch.object(making, "make", side_effect=making.make) as made:
            assert self.lint(root, store) == answer
        assert (work.analysed, made.call_count) == (1, 1)


class TestFiles:
    FILES: Mapping[str, str] = {"agent.py": BAD, "helper.py": HELPER, "other.py": HELPER, "README.md": "Nothing.\n"}

    def test_only_an_edited_file_is_read_and_parsed_again(self, store: Store, work: Work, tree: MakeTree) -> None:
        root = tree(self.FILES)
        lint(root, store)
        assert sorted(work.parsed) == ["agent.py", "helper.py", "other.py"]
        work.parsed, work.looked_at = [], []
        (root / "helper.py").write_text(HELPER + "\n\nhelper(input())\n")
        answer = lint(root, store)
        assert (work.parsed, work.looked_at) == (["helper.py"], ["helper.py"])
        assert answer == lint(root)

    def test_another_question_needs_no_parsing(self, store: Store, work: Work, tree: MakeTree) -> None:
        root = tree(self.FILES)
        lint(root, store)
        work.parsed, work.looked_at = [], []
        lint(root, store, persona=Persona.AUDITOR)
        assert (work.analysed, work.parsed, work.looked_at) == (2, [], [])

    def test_many_files_lie_in_a_few_entries(self, store: Store, work: Work, tree: MakeTree) -> None:
        root = tree({**self.FILES, **{f"notes/{number}.md": f"{number}" for number in range(600)}})
        lint(root, store)
        assert store.folder is not None
        assert len(list(store.folder.iterdir())) <= 40
        work.parsed, work.looked_at = [], []
        (root / "notes/7.md").write_text("edited")
        lint(root, store)
        assert (work.parsed, work.looked_at) == ([], ["notes/7.md"])

    def test_facts_of_another_file_with_the_same_content(self, store: Store, work: Work, tree: MakeTree) -> None:
        root = tree(self.FILES)
        lint(root, store)
        (root / "package").mkdir()
        (root / "helper.py").rename(root / "package/__init__.py")
        assert lint(root, store) == lint(root)


class TestSecrets:
    def test_none_is_in_the_cache(self, store: Store, tree: MakeTree) -> None:
        formats = KNOWLEDGE.part(load_formats)
        secrets = [fake(formats, name, 1) for name in ("openai-project", "github-token") if name in formats.by_id]
        secrets = secrets or [fake(formats, name, 1) for name in list(formats.by_id)[:1]]
        lines = "\n".join(f'key_{at} = "{secret}"' for at, secret in enumerate(secrets))
        root = tree({"agent.py": f"{BAD}\n\n{lines}\n", ".env": f"OPENAI_API_KEY={secrets[0]}\n"})
        assert lint(root, store) == lint(root, store) == lint(root)
        assert store.folder is not None
        kept = b"".join(path.read_bytes() for path in store.folder.iterdir())
        assert b"agent.py" in kept
        for secret in secrets:
            assert secret.encode() not in kept
            assert secret[12:].encode() not in kept


class TestDoubt:
    @pytest.mark.parametrize(
        "damage",
        [
            lambda path: path.write_bytes(b""),
            lambda path: path.write_bytes(path.read_bytes()[:-7]),
            lambda path: path.write_bytes(b"\x80\x04cposix\nsystem\n(S'exit 1'\ntR."),
            lambda path: path.unlink(),
        ],
        ids=["empty", "cut short", "pickle", "gone"],
    )
    def test_any_entry_can_be_damaged(self, store: Store, tree: MakeTree, damage: Callable[[Path], object]) -> None:
        root = tree({"agent.py": BAD, "helper.py": HELPER})
        answer = lint(root, store)
        assert store.folder is not None
        names = sorted(path.name for path in store.folder.iterdir() if "-" in path.name)
        assert {name.partition("-")[0] for name in names} == {
            "catalogue", "digests", "facts", "knowledge", "looks", "report", "seen",
        }  # fmt: skip
        for name in names:
            damage(store.folder / name)
            assert lint(root, store) == answer

    @pytest.mark.parametrize("kind", ["catalogue", "digests", "facts", "knowledge", "looks", "report", "seen"])
    def test_an_entry_of_the_wrong_shape(self, store: Store, tree: MakeTree, kind: str) -> None:
        """It is signed, so it is ours: of another version, which forgot to say so."""
        root = tree({"agent.py": BAD, "helper.py": HELPER})
        answer = lint(root, store)
        assert store.folder is not None
        for path in store.folder.glob(f"{kind}-*"):
            for content in (b"", b"\x93\x01\x02\x03", b"\x81\xa1a\xa1b", b"\xc1"):
                store.put(path.name, content)
                assert lint(root, store) == answer

    def test_a_folder_that_cannot_be_written(
        self, store: Store, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError

        root = tree({"agent.py": BAD})
        monkeypatch.setattr(cache, "_write", refuse)
        assert lint(root, store) == lint(root, store) == lint(root)

    def test_two_runs_share_it(self, store: Store, tree: MakeTree) -> None:
        root = tree({"agent.py": BAD, "helper.py": HELPER})
        answers: list[list[str]] = []
        threads = [threading.Thread(target=lambda: answers.append(lint(root, store))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [lint(root)] * 3
        assert lint(root, store) == answers[0]


def test_every_part_of_a_report_survives(store: Store, tree: MakeTree) -> None:
    """A field that somebody adds to the report is kept, too, or this fails."""
    config: Config = load_config(CommandLine((str(tree({"agent.py": BAD, "b.py": "import agents\ndef f(:\n"})),)))
    first, second = recall.run(config, store), recall.run(config, store)
    assert first == second
    assert first.texts["agent.py"].text == BAD


def test_a_memory_without_a_store_keeps_nothing() -> None:
    empty = memory.Memory()
    empty.note("a.py", perfile.Outcome(digest=b"d"))
    empty.save()
    assert (empty.look("a.py"), empty.facts("a.py")) == (None, None)
