"""The cache costs time when it is gone, and nothing else: what it holds, who may write it, and what is not believed."""

import os
import stat
from pathlib import Path

import pytest

from aisafety_lint import cache
from aisafety_lint.cache import NO_CACHE, Store, chosen_folder, clean, open_store, user_folder

ROOT = Path("/somewhere/project")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder of the cache, which does not exist yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.delenv(cache.VARIABLE, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "caches" / "aisafety-lint"


@pytest.fixture
def store(own: Path) -> Store:
    return open_store(own, ROOT)


def content(store: Store, name: str) -> bytes | None:
    found = store.get(name)
    return None if found is None else bytes(found)


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if "-" in path.name)


class TestPlaces:
    def test_the_customs_of_each_platform(self) -> None:
        home = Path.home()
        assert user_folder({"XDG_CACHE_HOME": "/c"}, "linux") == Path("/c/aisafety-lint")
        assert user_folder({}, "linux") == home / ".cache/aisafety-lint"
        assert user_folder({"XDG_CACHE_HOME": "relative"}, "linux") == home / ".cache/aisafety-lint"
        assert user_folder({}, "darwin") == home / "Library/Caches/aisafety-lint"
        assert user_folder({"LOCALAPPDATA": "/local"}, "win32") == Path("/local/aisafety-lint")
        assert user_folder({}, "win32") is None

    def test_the_option_wins_over_the_environment_and_that_over_the_custom(self) -> None:
        environment = {cache.VARIABLE: "/variable", "XDG_CACHE_HOME": "/c"}
        assert chosen_folder("/option", environment) == Path("/option")
        assert chosen_folder(None, environment) == Path("/variable")
        assert chosen_folder(None, {**environment, cache.VARIABLE: ""}) == Path("/c/aisafety-lint")
        assert chosen_folder("here", {}) == Path.cwd() / "here"


class TestEntries:
    def test_what_is_put_is_found_by_every_later_run(self, store: Store, own: Path) -> None:
        name = store.name("facts", b"content", b"version")
        assert content(store, name) is None
        store.put(name, b"what was found")
        assert content(open_store(own, ROOT), name) == b"what was found"

    def test_a_name_depends_on_every_part_and_on_where_the_parts_end(self, store: Store) -> None:
        names = {store.name("facts", *parts) for parts in [(b"ab", b"c"), (b"a", b"bc"), (b"abc",), (b"ab", b"d")]}
        assert len(names | {store.name("report", b"ab", b"c")}) == 5

    def test_a_name_depends_on_the_program_and_its_libraries(self, store: Store) -> None:
        assert Store(store.folder, store.key, b"another edition").name("facts") != store.name("facts")
        assert b"pyyaml" in store.edition.lower()

    def test_only_the_user_can_read_them(self, store: Store, own: Path) -> None:
        store.put(store.name("facts"), b"content")
        assert stat.S_IMODE(own.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in own.iterdir()} == {0o600}

    def test_backups_and_git_leave_the_folder_alone(self, store: Store, own: Path) -> None:
        store.put(store.name("facts"), b"content")
        assert (own / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
        assert (own / ".gitignore").read_text() == "*\n"

    def test_nothing_else_is_left_behind(self, store: Store, own: Path) -> None:
        for _ in range(3):
            store.put(store.name("facts"), b"content")
        assert {path.name for path in own.iterdir()} == {"CACHEDIR.TAG", ".gitignore", "key", store.name("facts")}

    def test_without_a_folder_nothing_is_kept(self) -> None:
        NO_CACHE.put(NO_CACHE.name("facts"), b"content")
        NO_CACHE.trim()
        assert content(NO_CACHE, NO_CACHE.name("facts")) is None
        assert not NO_CACHE


class TestDoubt:
    """What this user's own linter did not write like that is as good as absent, and is written anew."""

    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: b"",
            lambda data: data[:10],
            lambda data: data[:-1],
            lambda data: data + b"x",
            lambda data: data[:-1] + bytes([data[-1] ^ 1]),
            lambda data: b"x" + data[1:],
            lambda data: data[:25] + bytes([data[25] ^ 1]) + data[26:],
            lambda data: b"\x80\x04\x95cposix\nsystem\n(S'touch /tmp/x'\ntR.",
        ],
        ids=["empty", "header only", "cut short", "longer", "changed", "foreign", "other code", "pickle"],
    )
    def test_a_damaged_entry(self, store: Store, own: Path, damage: object) -> None:
        name = store.name("facts")
        store.put(name, b"content")
        (own / name).write_bytes(damage((own / name).read_bytes()))  # type: ignore[operator]
        assert content(store, name) is None
        store.put(name, b"content")
        assert content(store, name) == b"content"

    def test_an_entry_under_the_name_of_another(self, store: Store, own: Path) -> None:
        one, other = store.name("facts", b"1"), store.name("facts", b"2")
        store.put(one, b"content")
        (own / one).rename(own / other)
        assert content(store, other) is None

    def test_an_entry_that_another_key_signed(self, store: Store, own: Path, tmp_path: Path) -> None:
        planted = Store(own, b"k" * 32, store.edition)
        planted.put(planted.name("facts"), b"planted")
        assert content(store, store.name("facts")) is None

    def test_a_link_a_folder_and_a_pipe_in_the_place_of_an_entry(self, store: Store, own: Path, tmp_path: Path) -> None:
        name = store.name("facts")
        store.put(name, b"content")
        (own / name).rename(tmp_path / "elsewhere")
        (own / name).symlink_to(tmp_path / "elsewhere")
        assert content(store, name) is None
        (own / name).unlink()
        os.mkfifo(own / name)
        assert content(store, name) is None
        (own / name).unlink()
        (own / name).mkdir()
        assert content(store, name) is None
        store.put(name, b"content")
        assert content(store, name) is None

    def test_an_entry_is_never_written_through_a_link(self, store: Store, own: Path, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_text("mine")
        store.put(store.name("report"), b"makes the folder")
        (own / store.name("facts")).symlink_to(victim)
        store.put(store.name("facts"), b"content")
        assert victim.read_text() == "mine"
        assert content(store, store.name("facts")) == b"content"

    def test_a_folder_that_can_only_be_read(
        self, store: Store, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError

        store.put(store.name("facts"), b"content")
        monkeypatch.setattr(cache, "_write", refuse)
        store.put(store.name("report"), b"content")
        assert content(store, store.name("facts")) == b"content"
        assert content(store, store.name("report")) is None

    def test_a_disk_that_is_full_before_the_end(self, store: Store, own: Path) -> None:
        resource = pytest.importorskip("resource")
        store.put(store.name("report"), b"makes the folder")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            store.put(store.name("facts"), b"x" * 100_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert content(store, store.name("facts")) is None
        assert entries(own) == [own / store.name("report")]

    def test_a_file_in_the_place_of_the_folder(self, store: Store, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"mine")
        broken = open_store(file, ROOT)
        broken.put(broken.name("facts"), b"content")
        assert content(broken, broken.name("facts")) is None
        assert file.read_bytes() == b"mine"


class TestKey:
    def test_it_is_made_at_first_use_and_stays(self, own: Path) -> None:
        first, second = open_store(own, ROOT), open_store(own, ROOT)
        assert len(first.key) == 32
        assert first.key == second.key

    def test_it_stays_with_the_user_wherever_the_entries_are(self, own: Path, tmp_path: Path) -> None:
        chosen = tmp_path / "elsewhere"
        found = open_store(chosen, ROOT)
        found.put(found.name("facts"), b"content")
        assert [path.name for path in entries(chosen)] == [found.name("facts")]
        assert not (chosen / "key").exists()
        assert (own / "key").is_file()

    @pytest.mark.parametrize("damage", [b"", b"short", b"k" * 33])
    def test_a_damaged_one_is_made_anew(self, own: Path, damage: bytes) -> None:
        before = open_store(own, ROOT).key
        (own / "key").write_bytes(damage)
        assert len(open_store(own, ROOT).key) == 32
        assert open_store(own, ROOT).key != before

    def test_one_that_others_could_read_is_made_anew(self, own: Path) -> None:
        before = open_store(own, ROOT).key
        (own / "key").chmod(0o644)
        assert open_store(own, ROOT).key not in (before, b"")
        assert stat.S_IMODE((own / "key").stat().st_mode) == 0o600

    def test_a_link_is_not_a_key(self, own: Path, tmp_path: Path) -> None:
        (tmp_path / "known").write_bytes(b"k" * 32)
        (tmp_path / "known").chmod(0o600)
        own.mkdir(parents=True)
        (own / "key").symlink_to(tmp_path / "known")
        assert open_store(own, ROOT).key != b"k" * 32

    def test_the_folder_of_somebody_else_is_not_used(self, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        open_store(own, ROOT)
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        assert open_store(own, ROOT) is NO_CACHE

    def test_a_folder_that_others_may_enter_is_closed(self, own: Path) -> None:
        own.mkdir(parents=True, mode=0o755)
        assert open_store(own, ROOT)
        assert stat.S_IMODE(own.stat().st_mode) == 0o700

    def test_no_key_comes_out_of_the_project(self, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A pipeline that keeps its caches in the checkout would take a key that somebody committed there."""
        assert open_store(own, tmp_path) is NO_CACHE
        assert open_store(tmp_path / "elsewhere", tmp_path / "caches") is NO_CACHE
        monkeypatch.chdir(tmp_path)
        assert open_store(own, tmp_path / "source") is NO_CACHE
        assert not own.exists()

    def test_the_home_folder_is_a_place_to_work_in(
        self, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        assert open_store(own, tmp_path / "project")


class TestBounds:
    def test_what_was_not_used_for_longest_goes_first(self, store: Store, own: Path) -> None:
        names = [store.name("facts", bytes([number])) for number in range(4)]
        for age, name in enumerate(names):
            store.put(name, b"x" * 1000)
            os.utime(own / name, (10_000_000 - age, 10_000_000 - age))
        assert content(store, names[3]) is not None  # and from now on it is the youngest
        store.trim(2500)
        assert entries(own) == sorted(own / name for name in (names[0], names[3]))

    def test_the_rests_of_a_killed_run_go_too(self, store: Store, own: Path) -> None:
        store.put(store.name("facts"), b"content")
        fresh, stale = (own / f"{store.name('facts')}.{digit * 16}.tmp" for digit in "01")
        for path in (fresh, stale):
            path.write_bytes(b"half")
        os.utime(stale, (1, 1))
        store.trim()
        assert entries(own) == sorted([own / store.name("facts"), fresh])

    def test_nothing_is_touched_that_is_not_its_own(self, store: Store, own: Path) -> None:
        store.put(store.name("facts"), b"content")
        (own / "notes.txt").write_text("mine")
        (own / "my-notes").write_text("mine")
        store.trim(0)
        assert {path.name for path in own.iterdir()} == {"CACHEDIR.TAG", ".gitignore", "key", "notes.txt", "my-notes"}


class TestClean:
    def test_it_leaves_no_trace(self, store: Store, own: Path) -> None:
        store.put(store.name("facts"), b"content")
        assert clean(own) == 2
        assert not own.exists()
        assert clean(own) == 0

    def test_it_removes_only_what_is_its_own(self, store: Store, own: Path, tmp_path: Path) -> None:
        store.put(store.name("facts"), b"content")
        (own / "notes.txt").write_text("mine")
        assert clean(own) == 2
        assert (own / "notes.txt").is_file()
        (tmp_path / "key").write_text("mine")
        assert clean(tmp_path) == 0
        assert (tmp_path / "key").is_file()
