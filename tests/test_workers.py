"""Work in several processes gives what it gives in one, whatever happens to a process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from aisafety_lint import crew, recall, workers
from aisafety_lint.bounds import Bounded
from aisafety_lint.config import Config
from aisafety_lint.finding import NotificationLevel
from aisafety_lint.perfile import Failure, Outcome, Parser
from aisafety_lint.python.facts import Facts
from aisafety_lint.report import render
from aisafety_lint.source import SourceFile
from aisafety_lint.workers import spread
from conftest import Lint, MakeTree
from samples import BAD, GOOD

FILES = [SourceFile(f"{number:03}.py", "python", 150_000) for number in range(40)]


@dataclass(frozen=True)
class Naming:
    """Work that tells the name of the file and the process, and comes to grief at some names."""

    deadly: tuple[str, ...] = ()
    sleepy: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    parent: int = 0

    def __call__(self, file: SourceFile) -> Outcome:
        if file.path in self.deadly and os.getpid() != self.parent:
            os.kill(os.getpid(), signal.SIGKILL)
        if file.path in self.sleepy and os.getpid() != self.parent:
            time.sleep(600)
        if file.path in self.wrong:
            raise ValueError(file.path)
        return Outcome(digest=f"{file.path} {os.getpid()}".encode())


def costly(file: SourceFile) -> Outcome:
    """Work that never ends for one file, and needs all memory for another."""
    while file.path == "001.py":
        pass
    if file.path == "002.py":
        raise MemoryError
    return Outcome()


def names(outcomes: Iterator[Outcome]) -> list[str]:
    return [outcome.digest.decode().partition(" ")[0] for outcome in outcomes]


def pids(outcomes: Iterator[Outcome]) -> set[str]:
    return {outcome.digest.decode().partition(" ")[2] for outcome in outcomes}


class TestOrder:
    @pytest.mark.parametrize("jobs", [0, 1, 2, 3, 8, 100])
    def test_the_outcomes_come_in_the_order_of_the_files(self, jobs: int) -> None:
        assert names(spread(Naming(), FILES, jobs)) == [file.path for file in FILES]

    def test_no_other_process_where_none_is_wanted_or_worth_it(self) -> None:
        for jobs in (0, 1):
            assert pids(spread(Naming(), FILES, jobs)) == {str(os.getpid())}
        assert pids(spread(Naming(), FILES[:20], None)) == {str(os.getpid())}
        assert pids(spread(Naming(), FILES[:1], 8)) == {str(os.getpid())}
        assert names(spread(Naming(), [], 8)) == []

    def test_several_processes_where_they_are_wanted(self) -> None:
        found = pids(spread(Naming(), FILES, 3))
        assert len(found) > 1
        assert str(os.getpid()) not in found

    def test_as_many_as_there_are_cores_and_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4), raising=False)
        many = [SourceFile("a.py", "python", 1_000_000)] * 10
        assert [workers._worth(many[:count]) for count in (1, 7, 8, 10)] == [0, 1, 2, 2]
        assert workers._worth(many * 10) == 4

    def test_a_platform_without_safe_copies_of_a_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        assert names(spread(Naming(), FILES, 2)) == [file.path for file in FILES]


class TestAccidents:
    def test_one_file_is_lost_with_the_process_that_it_kills(self) -> None:
        deadly = ("000.py", "017.py", "018.py", "039.py")
        outcomes = list(spread(Naming(deadly), FILES, 2))
        lost = {file.path: outcome.failure for file, outcome in zip(FILES, outcomes, strict=True) if outcome.failure}
        assert lost == {
            name: Failure("worker-died", f"`{name}` is not analysed: the process that worked on it died.")
            for name in deadly
        }
        assert [name for name in names(iter(outcomes)) if name] == [
            file.path for file in FILES if file.path not in deadly
        ]

    def test_a_process_that_hangs_is_replaced_and_its_file_told(self) -> None:
        crew_of_two = crew.Crew(Naming(sleepy=("017.py",)), FILES, patience=1.0)
        outcomes = list(crew_of_two.outcomes(2))
        lost = [(file.path, one.failure.id) for file, one in zip(FILES, outcomes, strict=True) if one.failure]
        assert lost == [("017.py", "worker-hung")]

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_a_file_that_takes_too_long_or_too_much_is_told(self, jobs: int) -> None:
        outcomes = list(spread(Bounded(costly, 0.2), FILES[:4], jobs))
        assert [one.failure.id if one.failure else "" for one in outcomes] == ["", "file-timeout", "file-memory", ""]

    def test_a_mistake_of_the_program_is_raised_where_it_can_be_seen(self) -> None:
        with pytest.raises(ValueError, match=r"017\.py"):
            list(spread(Naming(wrong=("017.py",)), FILES, 2))

    def test_what_cannot_be_sent_is_made_here(self, tree: MakeTree) -> None:
        root = tree({f"{name}.py": "half = '\\ud800'\n" for name in "abc"})
        files = [SourceFile(f"{name}.py", "python", 20) for name in "abc"]
        outcomes = list(spread(Parser(Config(root, (root,))), files, 2))
        assert [type(outcome.parsed.facts) for outcome in outcomes if outcome.parsed] == [Facts] * 3

    def test_a_machine_that_has_no_more_processes(self) -> None:
        with mock.patch.object(crew.Crew, "_start", side_effect=BlockingIOError):
            assert pids(spread(Naming(), FILES, 4)) == {str(os.getpid())}

    def test_a_machine_that_has_only_one_more_process(self) -> None:
        start = crew.Crew._start
        left = iter([True])

        def rarely(members: crew.Crew, portion: list[int]) -> crew._Member:
            if next(left, None) is None:
                raise BlockingIOError
            return start(members, portion)

        with mock.patch.object(crew.Crew, "_start", rarely):
            assert names(spread(Naming(), FILES, 4)) == [file.path for file in FILES]

    def test_no_process_outlives_the_work(self) -> None:
        outcomes = spread(Naming(), FILES, 3)
        first = next(outcomes)
        pid = int(first.digest.decode().partition(" ")[2])
        outcomes.close()  # type: ignore[attr-defined]  # it is a generator where there are processes
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_is_left_when_nobody_is_there_any_more(tmp_path: Path) -> None:
    code = (
        "import os, sys, test_workers as t\n"
        "outcomes = t.spread(t.Naming(), t.FILES, 3)\n"
        "print(*{next(outcomes).digest.decode().split()[1] for _ in t.FILES[:20]}, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == -signal.SIGKILL
    for pid in done.stdout.split():
        for _ in range(100):
            if not Path("/proc", pid).exists():
                break
            time.sleep(0.1)
        else:
            pytest.fail(f"process {pid} lives on")


def test_a_run_survives_a_process_and_says_so(tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree({"agent.py": BAD, "other.py": GOOD, "deadly.py": "import agents\n"})
    parse = Parser.__call__

    def deadly(self: Parser, file: SourceFile) -> Outcome:
        if file.path == "deadly.py":
            os.kill(os.getpid(), signal.SIGKILL)
        return parse(self, file)

    monkeypatch.setattr(Parser, "__call__", deadly)
    report = recall.run(Config(root, (root,), jobs=2))
    assert [finding.location.path for finding in report.findings] == ["agent.py"]
    assert [(note.id, note.level, note.path) for note in report.notifications] == [
        ("worker-died", NotificationLevel.WARNING, "deadly.py")
    ]
    assert report.coverage.not_analysed == 1


class TestSameBytes:
    """The order of sets, of folders and of processes is not the order of an answer."""

    @pytest.fixture
    def root(self, tree: MakeTree) -> Path:
        return tree({
            **{f"package/agent_{number}.py": BAD.replace("find", f"find_{number}") for number in range(12)},
            "package/__init__.py": "",
            "broken.py": "import agents\ndef f(:\n",
            "good.py": GOOD,
            "notes.md": "Nothing.\n",
        })  # fmt: skip

    @pytest.mark.parametrize("form", ["json", "sarif", "full"])
    def test_jobs(self, root: Path, form: str) -> None:
        answers = {render(form, recall.run(Config(root, (root,), jobs=jobs))) for jobs in (1, 2, 8)}
        assert len(answers) == 1

    def test_hash_seeds_folders_and_caches(self, root: Path, lint: Lint, tmp_path: Path) -> None:
        seconds = "--output", f"full={tmp_path / 'full.txt'}", "--output", f"sarif={tmp_path / 'out.sarif'}"
        answers = set()
        for seed, folder, options in [
            ("1", root, ("--no-cache",)),
            ("2", tmp_path, ("--jobs", "8")),
            ("3", root / "package", ("--jobs", "1")),
            ("4", Path("/"), ()),
        ]:
            done = lint(root, *options, *seconds, "--output-format", "json", cwd=folder, env={"PYTHONHASHSEED": seed})
            full = (tmp_path / "full.txt").read_text().rsplit(";", 1)[0]  # but for the seconds
            answers.add((done.returncode, done.stdout, done.stderr, full, (tmp_path / "out.sarif").read_text()))
        assert len(answers) == 1
        assert len(json.loads(done.stdout)["findings"]) == 12


def test_a_number_of_processes_is_a_number(lint: Lint, tree: MakeTree) -> None:
    tree({"a.py": GOOD})
    for word in ("-1", "two", "1.5", ""):
        assert "`--jobs`" in lint("--jobs", word).stderr or "is not a number" in lint("--jobs", word).stderr
