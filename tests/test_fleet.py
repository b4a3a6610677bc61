"""`fleet`, through the program: real processes on loopback, some of which are killed."""

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aisafety_lint import commons, workers
from aisafety_lint.cache import chosen_folder
from aisafety_lint.commands import fleet as command
from aisafety_lint.errors import UserError
from aisafety_lint.fleet.clones import CloneError, Remote
from aisafety_lint.fleet.ledger import Ledger, Run
from aisafety_lint.fleet.run import together
from aisafety_lint.fleet.sources import Source, sources
from aisafety_lint.fleet.task import Asked, work
from aisafety_lint.perfile import Outcome
from aisafety_lint.source import SourceFile
from browser import PROGRAM, browser
from fleets import Running, entries, fleet, repository, workers_of
from test_diff import git

duckdb = pytest.importorskip("duckdb")
building = pytest.importorskip("aisafety_lint.fleet.tables").building
EVIL = "<img src=x onerror=alert(1)>\n::error::\u202e`x`"


class TestWhatIsInAFleet:
    def test_a_file_lists_paths_and_addresses(self, tmp_path: Path) -> None:
        listed = tmp_path / "fleet.txt"
        listed.write_text(
            "# all of ours\n\nshop/  # the shop\n/srv/desk\nshop\ngit@host.example:a/b.git\nhttps://h.example/c\n"
        )
        found = sources(listed, tmp_path / "out")
        assert [(one.name, one.folder, one.address) for one in found] == [
            ("shop", tmp_path / "shop", ""),
            ("/srv/desk", Path("/srv/desk"), ""),
            ("git@host.example:a/b.git", None, "git@host.example:a/b.git"),
            ("https://h.example/c", None, "https://h.example/c"),
        ]

    def test_a_folder_holds_clones_also_below_their_owners(self, tmp_path: Path) -> None:
        for name in ("clones/one", "clones/owner/two", "clones/owner/three", ".hidden/four"):
            repository(tmp_path / name, 1)
        (tmp_path / "clones/plain/src").mkdir(parents=True)
        (tmp_path / "clones/link").symlink_to(tmp_path / ".hidden/four")
        found = sources(tmp_path / "clones", tmp_path / "out")
        assert [one.name for one in found] == ["one", "owner/three", "owner/two", "plain"]

    def test_the_names_of_its_folders_are_harmless_and_its_own(self) -> None:
        names = (EVIL, "../../etc", "a/b", "a-b", "\\..\\x", "é" * 300)
        slugs = [Source(name).slug for name in names]
        assert all(re.fullmatch(r"[A-Za-z0-9][\w.-]{0,60}-[0-9a-f]{12}", slug, re.ASCII) for slug in slugs)
        assert len(set(slugs)) == len(names)

    @pytest.mark.parametrize("content", ["", "# nothing\n"])
    def test_nothing_is_an_error(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "fleet.txt").write_text(content)
        with pytest.raises(UserError, match="lists no repository"):
            sources(tmp_path / "fleet.txt", tmp_path / "out")

    def test_the_output_lies_in_no_repository(self, tmp_path: Path) -> None:
        repository(tmp_path / "clones/one", 1)
        with pytest.raises(UserError, match="the output folder lies in the repository `one`"):
            sources(tmp_path / "clones", tmp_path / "clones/one/out")


class TestAnAddress:
    @pytest.mark.parametrize(
        ("address", "why"),
        [
            ("file:///srv/x", "only https and ssh"),
            ("http://host.example/x", "only https and ssh"),
            ("git://host.example/x", "only https and ssh"),
            ("ext::sh", "no address"),
            ("https://-oProxyCommand=x/y", "names no host"),
            ("ssh://-oProxyCommand=x/y", "names no host"),
            ("-oProxyCommand=x:y", "no address"),
            ("https://h.example/a b", "has characters"),
            ("https://me:pass@h.example/x", "holds a credential"),
            ("https://token@h.example/x", "holds a credential"),
        ],
    )
    def test_what_is_not_fetched(self, address: str, why: str) -> None:
        with pytest.raises(CloneError, match=why):
            Remote(address)

    @pytest.mark.parametrize(
        ("address", "name"),
        [
            ("https://me:pass@h.example/x", "https://***@h.example/x"),
            ("https://pass@h.example/x", "https://***@h.example/x"),
            ("https://me:pa/ss@h.example/x", "https://***@h.example/x"),
            ("ssh://git:pass@h.example/x", "ssh://***@h.example/x"),
            ("ssh://git@h.example/x", "ssh://git@h.example/x"),
        ],
    )
    def test_a_credential_is_in_no_name(self, address: str, name: str, tmp_path: Path) -> None:
        (tmp_path / "fleet.txt").write_text(f"{address}\n")
        (found,) = sources(tmp_path / "fleet.txt", tmp_path / "out")
        assert found.name == name


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A git server on loopback, and the repository that it serves."""
    root = repository(tmp_path / "served/shop", 7)
    (root / ".git").rmdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / ".gitattributes").write_text("*.py filter=evil\n")
    (root / ".gitmodules").write_text(f'[submodule "x"]\n\tpath = x\n\turl = {tmp_path}/other\n')
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "begin")

    class Handler(http.server.CGIHTTPRequestHandler):
        def is_cgi(self) -> bool:
            self.cgi_info = "", self.path.removeprefix("/git/")
            return True

        def run_cgi(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("content-length") or 0)
            environment = {
                "GIT_PROJECT_ROOT": str(tmp_path / "served"),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("content-type", ""),
                "CONTENT_LENGTH": str(length),
                "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
                "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
            }
            done = subprocess.run(
                ["git", "-c", "safe.directory=*", "http-backend"],
                env={**os.environ, **environment},
                input=self.rfile.read(length),
                capture_output=True,
                check=True,
            )
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            self.wfile.write(b"HTTP/1.0 200 OK\r\n" + head + b"\r\n\r\n" + body)

        def log_message(self, *_: Any) -> None:
            pass

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{served.server_address[1]}/shop/.git", root
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture(autouse=True)
def cached(user_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To parse the knowledge anew takes longer than most tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(user_cache))


def asked(output: Path, cache: Path | None = None) -> Asked:
    """What a run asks of its tasks, with an output folder that is ready."""
    made = Asked("", output, output / "work", date(2026, 11, 1), cache=cache or chosen_folder(None))
    return replace(made, run=made.ledger.begin(resume=False).id)


class TestAFetchedRepository:
    def test_its_files_are_there_and_nothing_of_it_has_run(
        self, server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address, _ = server
        settings = tmp_path / "gitconfig"
        settings.write_text(
            f'[filter "evil"]\n\tsmudge = touch {tmp_path}/canary; cat\n[core]\n\thooksPath = {tmp_path}/hooks\n'
            f"\tfsmonitor = touch {tmp_path}/canary\n"
        )
        (tmp_path / "hooks").mkdir()
        for hook in ("post-checkout", "reference-transaction", "post-index-change"):
            (tmp_path / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n")
            (tmp_path / "hooks" / hook).chmod(0o755)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        commit, tree = Remote(address).files(tmp_path / "work", 1_000_000, 20)
        assert re.fullmatch("[0-9a-f]{40}", commit)
        assert {path.name for path in tree.rglob("*.py")} == {"agent.py", "helper_0.py"}
        assert not (tmp_path / "canary").exists()

    def test_the_same_commit_is_not_fetched_again_by_a_run_that_goes_on(
        self, server: tuple[str, Path], tmp_path: Path
    ) -> None:
        address, root = server
        source = Source(address, address=address)
        first = asked(tmp_path / "out")
        done = work(source, first)
        assert (done.entry.status, done.entry.reason, done.kept) == ("done", "", False)
        assert sum(done.entry.severities.values()) == 2
        assert list((tmp_path / "out/work").iterdir()) == []
        assert work(source, replace(first, resume=True)).kept
        (root / "app/agent.py").write_text("")
        git(root, "commit", "--quiet", "-am", "mend")
        again = work(source, replace(first, resume=True))
        assert (again.kept, again.entry.severities) == (False, {})


class TestATask:
    def test_another_content_or_setting_is_analysed_again(self, tmp_path: Path) -> None:
        source = Source("one", folder=repository(tmp_path / "one", 1))
        first = asked(tmp_path / "out")
        assert not work(source, first).kept
        assert work(source, first).kept
        assert not work(source, asked(tmp_path / "out")).kept, "another run, which does not go on with one"
        going_on = replace(asked(tmp_path / "out"), resume=True)
        assert work(source, going_on).kept
        assert not work(source, replace(going_on, settings={"select": ("secrets",)})).kept
        work(source, going_on)
        (tmp_path / "one/app/agent.py").write_text("")
        assert not work(source, going_on).kept

    def test_reports_without_an_entry_are_none(self, tmp_path: Path) -> None:
        source = Source("one", folder=repository(tmp_path / "one", 1))
        going_on = replace(asked(tmp_path / "out"), resume=True)
        work(source, going_on)
        going_on.ledger.withdraw(source.slug)
        assert not work(source, going_on).kept

    def test_what_is_the_same_in_another_repository_is_not_read_anew(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked: list[str] = []
        spread = workers.spread

        def seen(made: workers.Work, files: Sequence[SourceFile], jobs: int | None) -> Iterator[Outcome]:
            looked.extend(file.path for file in files)
            return spread(made, files, jobs)

        monkeypatch.setattr(workers, "spread", seen)
        monkeypatch.setattr(commons, "_PAUSE", 0.0)
        first = asked(tmp_path / "out", tmp_path / "cache")
        for name in ("one", "fork"):
            folder = repository(tmp_path / name, 1, files=3)
            (folder / "app/own.py").write_text(f"from app.agent import desk\n\nNAME = {name!r}\n")
            looked.clear()
            done = work(Source(name, folder=folder), first)
            assert sum(done.entry.severities.values()) == 2
        assert set(looked) == {"app/own.py"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, user_cache: Path) -> tuple[Path, Running, int]:
    place = tmp_path_factory.mktemp("fleet")
    repository(place / "good", 1)
    (place / "good/CODEOWNERS").write_text("* @shop/payments\n")
    named = EVIL.replace("\n", "?")
    repository(place / named, 2)
    (place / "bare/objects").mkdir(parents=True)
    (place / "bare/refs").mkdir()
    (place / "bare/HEAD").touch()
    (place / "odd").mkdir()
    (place / "odd/aisafety-lint.toml").write_text("select = 3\n")
    # A module in the working directory is nobody's to import.
    (place / "duckdb.py").write_text("raise SystemExit('imported')\n")
    (place / "tornado.py").write_text("raise SystemExit('imported')\n")
    listed = ("good", named, "missing", "bare", "odd", "file:///etc", "https://me:pass@127.0.0.1:9/x")
    (place / "fleet.txt").write_text("\n".join(listed))
    done = fleet("fleet.txt", "--output-dir", "out", "--workers", "1", cwd=place, cache=user_cache)
    return place, done, done.wait()


class TestARun:
    """One run on everything that may go wrong beside two good repositories."""

    def test_a_repository_that_fails_is_a_row_with_its_reason(self, made: tuple[Path, Running, int]) -> None:
        place, done, code = made
        assert code == 2, done.lines
        reasons = {name: entry["reason"] for name, entry in entries(place / "out").items()}
        assert reasons.pop("odd").startswith("aisafety-lint.toml:1:1: ")
        assert reasons == {
            "good": "",
            EVIL.replace("\n", "?"): "",
            "missing": "it does not exist",
            "bare": "it is a bare repository, which holds no files to analyse",
            "file:///etc": "only https and ssh addresses are fetched; what is on this machine is given as a path",
            "https://***@127.0.0.1:9/x": "the address holds a credential; git's credential helper or an ssh key is the "
            "place for it",
        }

    def test_progress_goes_to_standard_error_and_is_harmless(self, made: tuple[Path, Running, int]) -> None:
        _, done, _ = made
        assert sum(bool(re.match(r"\[\d/7\] ", line)) for line in done.lines) == 2
        assert sum(line.startswith("failed: ") for line in done.lines) == 5
        assert all(line.isprintable() for line in done.lines)
        assert "me:pass" not in "\n".join(done.lines)

    def test_each_repository_has_its_reports(self, made: tuple[Path, Running, int]) -> None:
        place, _, _ = made
        folder = place / "out/repositories" / Source("good").slug
        assert {path.name for path in folder.iterdir()} == {
            "entry.json", "map.json", "report.html", "report.json", "report.sarif",
        }  # fmt: skip
        (log,) = json.loads((folder / "report.sarif").read_text())["runs"]
        assert [result["ruleId"] for result in log["results"]] == ["model-output-to-shell", "unapproved-payment"]

    def test_the_tables_hold_what_was_found(self, made: tuple[Path, Running, int]) -> None:
        place, _, _ = made
        with duckdb.connect(str(place / "out/fleet.duckdb"), read_only=True) as tables:
            count = "SELECT status, count(*) FROM repositories GROUP BY ALL ORDER BY ALL"
            assert tables.execute(count).fetchall() == [("done", 2), ("failed", 5)]
            found = "SELECT rule, severity, path, line FROM findings WHERE repository = 'good' ORDER BY line"
            assert tables.execute(found).fetchall() == [
                ("model-output-to-shell", "critical", "app/agent.py", 9),
                ("unapproved-payment", "critical", "app/agent.py", 13),
            ]
            held = (
                "SELECT name, capability, approved FROM capabilities WHERE agent LIKE '%17:8' AND repository = 'good'"
            )
            assert set(tables.execute(held).fetchall()) == {("look_1", "shell", False), ("refund", "money", False)}
            owners = "SELECT name, owners FROM agents ORDER BY name"
            assert tables.execute(owners).fetchall() == [("desk 1", ["@shop/payments"]), ("desk 2", [])]

    def test_the_overview_answers_its_questions(self, made: tuple[Path, Running, int]) -> None:
        page = (made[0] / "out/index.html").read_text()
        money, owners, rules, repositories = (part(page, name) for name in ("money", "owners", "rules", "repositories"))
        assert money.count("<tr>") == 3
        assert "@shop/payments" in money
        assert owners.count("<tr>") == 2
        assert "desk 2" in owners
        assert re.search(r"unapproved-payment</code></td><td>human-approval</td>(<td class=.number.>2</td>){4}", rules)
        assert repositories.count("failed</span>") == 5
        assert f'href="repositories/{Source("good").slug}/report.sarif"' in repositories

    def test_the_overview_shows_names_as_text(self, made: tuple[Path, Running, int]) -> None:
        page = (made[0] / "out/index.html").read_text()
        assert "<img" not in page
        assert "\u202e" not in page
        assert page.count("<script") == 1
        assert page.count("<style") == 1
        assert "default-src 'none'" in page


def part(page: str, name: str) -> str:
    """A section of the overview."""
    return page.partition(f'id="part-{name}"')[2].partition("</section>")[0]


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, user_cache: Path) -> Path:
    """The output of a second run: one repository is mended, one is new, one cannot be read any more."""
    place = tmp_path_factory.mktemp("trend")
    names = ["mended", "stays", "breaks"]
    for name in names:
        repository(place / name, 1)

    def run(number: int) -> None:
        this = asked(place / "out")
        found = [Source(name, folder=place / name) for name in names]
        done = {source.slug: work(source, this).entry for source in found}
        together(found, done, this, Run(this.run, number, complete=False), None)

    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("XDG_CACHE_HOME", str(user_cache))
        run(1)
        (place / "mended/app/agent.py").write_text("")
        (place / "breaks").rename(place / "gone")
        repository(place / "fresh", 2)
        names.append("fresh")
        run(2)
    return place / "out"


class TestTheTrend:
    def test_only_what_both_runs_could_see_is_compared(self, second: Path) -> None:
        with duckdb.connect(str(second / "fleet.duckdb"), read_only=True) as tables:
            changes = "SELECT repository, rule, change FROM changes ORDER BY ALL"
            assert tables.execute(changes).fetchall() == [
                ("mended", "model-output-to-shell", "went"),
                ("mended", "unapproved-payment", "went"),
            ]
            runs = "SELECT run, repositories, failed, critical, came, went FROM runs ORDER BY run"
            assert tables.execute(runs).fetchall() == [(1, 3, 0, 6, 0, 0), (2, 4, 1, 4, 0, 2)]

    def test_the_page_shows_it_and_can_be_searched_and_sorted(self, second: Path, tmp_path: Path) -> None:
        page = (second / "index.html").read_text()
        assert part(page, "trend").count("<tr>") == 3
        if not PROGRAM:
            pytest.skip("there is no browser")
        with browser(tmp_path / "profile") as opened:
            opened.open(second / "index.html")
            names = "[...document.querySelectorAll('#repositories tbody tr')].map(r => r.cells[0].textContent).join()"
            assert opened.value(names) == "fresh,stays,mended,breaks"
            opened.click("#repositories th button")
            assert opened.value(names) == "breaks,fresh,mended,stays"
            assert opened.problems == []
            assert opened.requests == [(second / "index.html").as_uri()]

    def test_what_is_no_earlier_run_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "fleet.duckdb").write_text("nothing")
        (tmp_path / "out").mkdir()
        with (
            pytest.raises(UserError, match="cannot be compared with"),
            building(tmp_path / "out", "fleet.duckdb", tmp_path / "fleet.duckdb"),
        ):
            pass
        assert list((tmp_path / "out").iterdir()) == []


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("nowhere",), "`nowhere` does not exist"),
            ((".", "--resume"), "there is no run to resume in"),
            ((".", "--output-dir", "used"), "holds something else than a fleet's reports"),
            ((".", "--previous", "used"), "there is no `fleet.duckdb` in"),
            ((".", "--timeout", "0"), "`--timeout 0` is no limit"),
            ((".", "--memory", "5"), "`--memory 5` is too little"),
            ((".", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"), "are for a cluster of our own"),
        ],
    )
    def test_what_cannot_be_done_is_said(
        self, arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository(tmp_path / "one", 1)
        (tmp_path / "used").mkdir()
        (tmp_path / "used/file").touch()
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UserError, match=re.escape(message)):
            command.run(command.parser().parse(arguments))

    def test_two_runs_do_not_share_a_folder(self, tmp_path: Path) -> None:
        handle = Ledger(tmp_path / "out").lock()
        assert handle is not None
        with pytest.raises(UserError, match="another run is at work"):
            Ledger(tmp_path / "out").lock()
        os.close(handle)


def dask(name: str, *arguments: str, cwd: Path, cache: Path) -> Running:
    """A program of Dask at work."""
    return Running(sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments, cwd=cwd, cache=cache)


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class TestWhatDies:
    """A scheduler and a worker of one's own, of which first the worker and then the scheduler is killed."""

    def test_nothing_is_lost_or_done_twice(self, tmp_path: Path, user_cache: Path) -> None:
        for number in range(8):
            repository(tmp_path / f"clones/{number}", number, files=12)
        address = f"tcp://127.0.0.1:{free_port()}"
        out = tmp_path / "out"
        started: list[Running] = []
        try:
            started.append(dask("scheduler", "--host", address, "--no-dashboard", cwd=tmp_path, cache=user_cache))
            started.append(dask("worker", address, "--nthreads", "1", "--no-dashboard", cwd=tmp_path, cache=user_cache))
            first = fleet("clones", "--output-dir", out, "--scheduler", address, cwd=tmp_path, cache=tmp_path / "cache")
            started.append(first)
            first.until(lambda line: line.startswith("[1/8]"))
            (worker,) = workers_of(started[1].process.pid)
            os.kill(worker, signal.SIGKILL)
            first.until(lambda line: line.startswith("[4/8]"))
            started[0].end()
            assert first.wait() == 2
            assert [line for line in first.lines if not line.startswith("[")] == [
                "error: the scheduler went away",
                "hint: what is finished is kept: `--resume` goes on with the rest",
            ]
        finally:
            for one in started:
                one.end()
        before = entries(out)
        assert 4 <= len(before) < 8
        assert all(entry["status"] == "done" for entry in before.values())
        second = fleet("clones", "--output-dir", out, "--resume", "--workers", "1", cwd=tmp_path, cache=user_cache)
        assert second.wait() == 1, second.lines
        after = entries(out)
        assert set(after) == {str(number) for number in range(8)}
        assert {name: after[name] for name in before} == before
        assert sum(line.endswith(" kept") for line in second.lines) == len(before)
        with duckdb.connect(str(out / "fleet.duckdb"), read_only=True) as tables:
            assert tables.execute("SELECT count(*), count(DISTINCT repository) FROM findings").fetchall() == [(16, 8)]


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['duckdb'] = None; from aisafety_lint.cli import main; sys.exit(main(['fleet', '.']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "install `aisafety-lint[fleet]`" in done.stderr
