"""Discovery: which files are analysed, which are reported on, and what is said about the rest."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pathspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisafety_lint.config import Config
from aisafety_lint.discovery import Discovered, discover, read
from aisafety_lint.errors import UserError
from aisafety_lint.finding import NotificationLevel
from aisafety_lint.ignorefiles import Patterns, path_test
from aisafety_lint.settings import CommandLine, load_config
from aisafety_lint.source import UnreadableError
from conftest import MakeTree


def found(*paths: Path, **settings: object) -> Discovered:
    return discover(load_config(CommandLine(tuple(map(str, paths)), isolated=True, settings=settings)))


def names(discovered: Discovered) -> list[str]:
    return [file.path for file in discovered.files]


def ids(discovered: Discovered) -> list[str]:
    return [item.id for item in discovered.notifications]


def kinds(discovered: Discovered) -> dict[str, str]:
    return {file.path: file.kind for file in discovered.files}


def paths(files: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(files, "x")


def test_kinds_come_from_names_and_first_bytes(tree: MakeTree) -> None:
    root = tree(
        {
            "app.py": "",
            "gui.pyw": "",
            "stub.pyi": "",
            "book.ipynb": "{}",
            "a.yaml": "",
            "b.yml": "",
            "c.json": "",
            "d.jsonc": "",
            "pyproject.toml": "",
            "README.md": "",
            "Dockerfile": "",
            "Dockerfile.dev": "",
            "web.dockerfile": "",
            "run.sh": "",
            ".env": "",
            ".env.local": "",
            "prod.env": "",
            "page.ts": "",
            "script": "#!/usr/bin/env python3\n",
            "tool": "#!/bin/bash\n",
            "LICENSE": "words",
            "data.unknown": "words",
            "logo.png": b"\x89PNG",
            "blob": b"\x00\x01",
        }
    )
    assert kinds(found(root)) == {
        ".env": "dotenv",
        ".env.local": "dotenv",
        "Dockerfile": "dockerfile",
        "Dockerfile.dev": "dockerfile",
        "LICENSE": "text",
        "README.md": "markdown",
        "a.yaml": "yaml",
        "app.py": "python",
        "b.yml": "yaml",
        "book.ipynb": "notebook",
        "c.json": "json",
        "d.jsonc": "json",
        "data.unknown": "text",
        "gui.pyw": "python",
        "page.ts": "text",
        "prod.env": "dotenv",
        "pyproject.toml": "toml",
        "run.sh": "shell",
        "script": "python",
        "stub.pyi": "text",
        "tool": "shell",
        "web.dockerfile": "dockerfile",
    }


def test_files_come_sorted_whatever_the_order_on_disk(tree: MakeTree) -> None:
    root = tree(paths(["b.py", "a/z.py", "a.py", "a/b/c.py", "B.py"]))
    assert names(found(root)) == ["B.py", "a.py", "a/b/c.py", "a/z.py", "b.py"]


class TestGit:
    def test_the_work_tree_is_analysed_and_the_given_path_reported(self, tree: MakeTree) -> None:
        root = tree(paths([".git/HEAD", "lib/a.py", "app/b.py", "app/sub/c.py", "application.py"]))
        discovered = found(root / "app")
        assert names(discovered) == ["app/b.py", "app/sub/c.py", "application.py", "lib/a.py"]
        assert [path for path in names(discovered) if discovered.in_scope(path)] == ["app/b.py", "app/sub/c.py"]

    def test_without_git_only_the_given_folders_are_analysed(self, tree: MakeTree) -> None:
        root = tree(paths(["one/a.py", "two/b.py", "three/c.py"]))
        discovered = found(root / "one", root / "two")
        assert names(discovered) == ["one/a.py", "two/b.py"]

    def test_a_file_without_git_is_analysed_with_its_neighbours(self, tree: MakeTree) -> None:
        root = tree(paths(["a.py", "b.py"]))
        discovered = found(root / "a.py")
        assert names(discovered) == ["a.py", "b.py"]
        assert discovered.explicit == {"a.py"}
        assert not discovered.in_scope("b.py")

    def test_a_file_in_the_temporary_folder_does_not_make_it_a_project(
        self, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = tree(paths(["a.py", "b.py"]))
        monkeypatch.setattr("tempfile.tempdir", str(root))
        assert names(found(root / "a.py")) == ["a.py"]

    def test_what_git_ignores_is_not_walked(self, tree: MakeTree) -> None:
        root = tree(
            {
                ".git/info/exclude": "private/\n",
                ".gitignore": "*.gen.py\n/out/\nlogs/*\n!logs/keep.py\n",
                "sub/.gitignore": "local.py\n!special.gen.py\n",
                **paths(["a.py", "a.gen.py", "out/b.py", "sub/out/c.py", "logs/d.py", "logs/keep.py"]),
                **paths(["sub/local.py", "local.py", "sub/special.gen.py", "private/e.py", "build/f.py", "dist/g.py"]),
            }
        )
        python = [name for name in names(found(root)) if name.endswith(".py")]
        assert python == [
            *("a.py", "build/f.py", "dist/g.py", "local.py", "logs/keep.py", "sub/out/c.py", "sub/special.gen.py")
        ]

    def test_ignore_files_count_outside_git_too(self, tree: MakeTree) -> None:
        assert names(found(tree({".gitignore": "b.py", "a.py": "", "b.py": ""}))) == [".gitignore", "a.py"]

    def test_a_pattern_that_is_none_is_told_and_the_others_hold(self, tree: MakeTree) -> None:
        discovered = found(tree({".gitignore": "!\nb.py\n", "a.py": "", "b.py": ""}))
        assert names(discovered) == [".gitignore", "a.py"]
        assert [(item.id, item.path) for item in discovered.notifications] == [("ignore-file", ".gitignore")]


NAMES = st.sampled_from(["a", "b.py", "a.pyc", "x.egg-info", ".env", "sub", "b c", "a+b", "*"])
SEGMENTS = st.sampled_from(
    ["a", "b.py", "sub", "*.py", "*.py[co]", "x.*", "*", "**", ".env", "a?", "a+b", "[!a]", "b c"]
)
LINES = st.builds(
    lambda sign, start, middle, end: f"{sign}{start}{'/'.join(middle)}{end}",
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(SEGMENTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "/**", " "]),
)


class TestPatterns:
    """A walk asks about every folder before what is in it, so most patterns can be looked up."""

    @given(st.lists(LINES, min_size=1, max_size=6), st.lists(NAMES, min_size=1, max_size=3), st.booleans())
    def test_the_quick_answer_is_that_of_the_patterns(self, lines: list[str], parts: list[str], folder: bool) -> None:
        spec = pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")
        above = ["/".join(parts[:count]) + "/" for count in range(1, len(parts))]
        inherited = any(spec.check_file(path).include is not None for path in above)
        path = "/".join(parts)
        said = spec.check_file(f"{path}/" if folder else path).include
        assert Patterns(tuple(lines)).verdict(path, parts[-1], folder, inherited=inherited) is said

    @given(st.lists(LINES, min_size=1, max_size=6), st.lists(NAMES, min_size=1, max_size=4))
    def test_a_path_matches_with_a_folder_above_it(self, lines: list[str], parts: list[str]) -> None:
        spec = pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")
        path = "/".join(parts)
        assert path_test(lines, "tests").matches(path) is spec.match_file(path)

    def test_what_is_below_a_folder_that_is_taken_back_is_asked_in_full(self, tree: MakeTree) -> None:
        ignored = {".gitignore": "out/\n*.txt\n", "sub/.gitignore": "!out/\n"}
        root = tree({**ignored, **paths(["out/a.py", "sub/out/b.py", "sub/out/c.txt", "sub/d.txt"])})
        assert [name for name in names(found(root)) if "git" not in name] == ["sub/out/b.py", "sub/out/c.txt"]


class TestExcludes:
    def test_environments_vendored_and_generated_code_are_not_walked(self, tree: MakeTree) -> None:
        inside = [".venv/a.py", "node_modules/x/b.json", "lib/site-packages/c.py", "_vendor/d.py", "vendor/e.py"]
        inside += ["third_party/f.py", "api_pb2.py", "app.min.js", "__pycache__/g.py", ".tox/h.py", "my/env/i.py"]
        root = tree({**paths(inside), "my/env/pyvenv.cfg": "", "app.py": "", "vendor.py": ""})
        assert names(found(root)) == ["app.py", "vendor.py"]

    def test_only_paths_below_the_root_count(self, tree: MakeTree) -> None:
        root = tree(paths(["site-packages/foo/a.py", "site-packages/foo/vendor/b.py"]))
        assert names(found(root / "site-packages" / "foo")) == ["a.py"]

    def test_what_is_named_is_analysed_in_an_excluded_place_too(self, tree: MakeTree) -> None:
        files = paths([".git/HEAD", "a.py", "vendor/x/b.py", "vendor/c.py", "ignored/d.py"])
        root = tree({**files, ".gitignore": "ignored/"})
        discovered = found(root / "vendor" / "x", root / "ignored" / "d.py")
        assert names(discovered) == [".gitignore", "a.py", "ignored/d.py", "vendor/x/b.py"]
        assert discovered.notifications == ()

    def test_force_exclude_holds_for_what_is_named(self, tree: MakeTree) -> None:
        root = tree(paths([".git/HEAD", "a.py", "vendor/x/b.py", "vendor/c.py"]))
        discovered = found(root / "a.py", root / "vendor" / "x", root / "vendor" / "c.py", force_exclude=True)
        assert names(discovered) == ["a.py"]
        assert [(item.id, item.path, item.level.value) for item in discovered.notifications] == [
            ("excluded", "vendor/c.py", "note"),
            ("excluded", "vendor/x", "note"),
        ]

    def test_exclude_replaces_the_default_and_extend_exclude_adds(self, tree: MakeTree) -> None:
        root = tree(paths(["a.py", "vendor/b.py", "docs/c.py", "docs/keep/d.py", ".git/e.py"]))
        assert names(found(root, exclude=("docs/",))) == ["a.py", "vendor/b.py"]
        assert names(found(root, extend_exclude=("/docs/*", "!/docs/keep/"))) == ["a.py", "docs/keep/d.py"]

    def test_a_pattern_that_is_none_is_an_error(self, tree: MakeTree) -> None:
        with pytest.raises(UserError, match="`!` in `exclude` is not a pattern"):
            found(tree({"a.py": ""}), exclude=("!",))


class TestSize:
    def test_code_that_is_too_large_is_told(self, tree: MakeTree) -> None:
        root = tree({"big.py": "#" * 3000, "small.py": ""})
        discovered = found(root, max_file_size=2000)
        assert names(discovered) == ["small.py"]
        (note,) = discovered.notifications
        assert (note.id, note.path, note.level) == ("file-too-large", "big.py", NotificationLevel.WARNING)
        assert note.message == "The file is larger than 2000 bytes; it is not analysed."
        assert discovered.not_analysed == 1

    def test_all_data_that_is_too_large_gets_one_line(self, tree: MakeTree) -> None:
        root = tree({"a.py": "", **{f"{number}.csv": "x" * 3000 for number in range(5)}})
        discovered = found(root, max_file_size=2000)
        assert [item.message for item in discovered.notifications] == [
            "5 data files are larger than 2000 bytes and not analysed: `0.csv`, `1.csv`, `2.csv`, ...."
        ]
        assert discovered.not_analysed == 5

    def test_a_notebook_may_be_larger_because_of_its_pictures(self, tree: MakeTree) -> None:
        root = tree({"book.ipynb": "x" * 15_000})
        assert names(found(root, max_file_size=2000)) == ["book.ipynb"]

    def test_a_named_file_that_is_too_large_is_an_error(self, tree: MakeTree) -> None:
        root = tree({"big.csv": "x" * 3000})
        (note,) = found(root / "big.csv", max_file_size=2000).notifications
        assert (note.id, note.level) == ("file-too-large", NotificationLevel.ERROR)


class TestLinks:
    def test_what_a_link_leads_to_is_analysed_once_under_its_own_name(self, tree: MakeTree) -> None:
        root = tree(paths(["real/a.py"]))
        (root / "alias.py").symlink_to("real/a.py")
        (root / "folder").symlink_to("real")
        (root / "loop").symlink_to(".")
        discovered = found(root)
        assert names(discovered) == ["real/a.py"]
        assert discovered.notifications == ()

    def test_a_named_link_stands_for_what_it_leads_to(self, tree: MakeTree) -> None:
        root = tree(paths([".git/HEAD", "real/a.py"]))
        (root / "alias.py").symlink_to("real/a.py")
        discovered = found(root / "alias.py")
        assert discovered.scope == ("real/a.py",)
        assert discovered.explicit == {"real/a.py"}

    def test_a_link_out_of_the_project_is_not_followed(self, tree: MakeTree, tmp_path: Path) -> None:
        (tmp_path / "secret.py").write_text("password = 1")
        (tmp_path / "outside").mkdir()
        root = tree(paths([".git/HEAD", "a.py"]))
        (root / "out.py").symlink_to("../secret.py")
        (root / "out").symlink_to("../outside")
        discovered = found(root)
        assert names(discovered) == ["a.py"]
        assert [(item.id, item.path, item.level.value) for item in discovered.notifications] == [
            ("link-out-of-root", "out", "note"),
            ("link-out-of-root", "out.py", "note"),
        ]

    @pytest.mark.parametrize(("target", "what"), [("../secret.py", "out of the project"), ("nothing", "nowhere")])
    def test_a_named_link_that_leads_away_is_an_error(
        self, tree: MakeTree, tmp_path: Path, target: str, what: str
    ) -> None:
        (tmp_path / "secret.py").write_text("")
        root = tree(paths([".git/HEAD"]))
        (root / "link.py").symlink_to(target)
        (note,) = found(root / "link.py").notifications
        assert (note.level, note.message) == (NotificationLevel.ERROR, f"The link leads {what}; it is not followed.")


class TestOddities:
    def test_pipes_and_devices_are_skipped_and_told_of(self, tree: MakeTree) -> None:
        root = tree(paths(["a.py"]))
        os.mkfifo(root / "pipe.py")
        assert names(found(root)) == ["a.py"]
        for place, level in ((root, NotificationLevel.NOTE), (root / "pipe.py", NotificationLevel.ERROR)):
            (note,) = found(place).notifications
            assert (note.id, note.path, note.level) == ("not-a-file", "pipe.py", level)

    def test_names_with_control_characters_are_files_like_others(self, tree: MakeTree) -> None:
        assert names(found(tree(paths(["a\nb\x1b[31m.py", "c::d.py"])))) == ["a\nb\x1b[31m.py", "c::d.py"]

    def test_a_name_in_no_encoding_is_told(self, tree: MakeTree) -> None:
        root = tree(paths(["a.py"]))
        (root / os.fsdecode(b"evil\xff.py")).write_text("")
        discovered = found(root)
        assert names(discovered) == ["a.py"]
        assert [(item.id, item.path) for item in discovered.notifications] == [("undecodable-name", "evil\\udcff.py")]
        assert discovered.not_analysed == 1

    def test_deep_folders_end_no_walk(self, tree: MakeTree) -> None:
        root = tree({})
        folder = root / "/".join(["d"] * 900)
        folder.mkdir(parents=True)
        (folder / "a.py").write_text("")
        assert len(names(found(root))) == 1

    def test_a_missing_path_is_an_error(self, tree: MakeTree) -> None:
        with pytest.raises(UserError, match="does not exist"):
            found(tree({}) / "nothing")

    @pytest.mark.parametrize("files", [[], ["logo.png"], ["vendor/a.py"]])
    def test_a_folder_with_nothing_to_look_at_says_so(self, tree: MakeTree, files: list[str]) -> None:
        discovered = found(tree(paths(files)))
        assert ids(discovered) == ["nothing-to-analyse"]
        assert discovered.notifications[0].message.startswith("There is nothing to analyse in `.`: ")

    def test_a_named_picture_is_no_error(self, tree: MakeTree) -> None:
        (note,) = found(tree({"logo.png": b"\x89PNG", "a.py": ""}) / "logo.png").notifications
        assert (note.id, note.level) == ("binary-file", NotificationLevel.NOTE)


def test_test_code_is_told_by_its_path_below_the_root(tree: MakeTree) -> None:
    root = tree(paths(["tests/a.py"])) / "tests"
    discovered = found(root)
    tests = ["tests/a.py", "pkg/test/b.py", "test_c.py", "pkg/d_test.py", "conftest.py", "pkg/testing/e.py"]
    assert all(map(discovered.is_test, tests))
    assert not any(map(discovered.is_test, ["a.py", "latest.py", "contest.py", "attests/b.py", "testdata.json"]))
    assert found(root, tests=("checks/",)).is_test("checks/a.py")


class TestStandardInput:
    def config(self, root: Path, name: str, data: bytes) -> Config:
        return load_config(CommandLine(stdin=(str(root / name), data), isolated=True))

    def test_it_stands_for_a_file_of_the_project(self, tree: MakeTree) -> None:
        root = tree(paths([".git/HEAD", "pkg/a.py", "pkg/b.py"]))
        config = self.config(root, "pkg/a.py", b"text")
        discovered = discover(config)
        assert names(discovered) == ["pkg/a.py", "pkg/b.py"]
        assert discovered.scope == ("pkg/a.py",)
        assert discovered.explicit == {"pkg/a.py"}
        assert [read(config, file) for file in discovered.files] == [b"text", b"x"]

    def test_the_file_need_not_exist(self, tree: MakeTree) -> None:
        root = tree(paths([".git/HEAD"]))
        discovered = discover(self.config(root, "new/settings.yaml", b"a: 1"))
        assert kinds(discovered) == {"new/settings.yaml": "yaml"}

    def test_it_has_the_same_bound(self, tree: MakeTree) -> None:
        config = replace(self.config(tree({}), "a.py", b"x" * 3000), max_file_size=2000)
        with pytest.raises(UnreadableError, match="larger than 2000 bytes"):
            read(config, discover(config).files[0])
