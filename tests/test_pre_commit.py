"""The pre-commit hooks: the real pre-commit installs each of them and runs it on staged files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from checkout import ROOT, copy_checkout
from samples import BAD, GOOD

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder, as somebody."""
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@shop.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps its environments, so that they are built once for all tests."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a repository of hooks: what git would take of this checkout, committed."""
    folder = copy_checkout(tmp_path_factory.mktemp("hooks"))
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a bad file and a clean one, neither staged."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "bad.py").write_text(BAD, "utf-8")
    (tmp_path / "good.py").write_text(GOOD, "utf-8")
    return tmp_path


def try_repo(hooks: Path, hook: str, repository: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run one hook of the project on what is staged."""
    environment = os.environ | {
        "PRE_COMMIT_HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), hook, "--verbose"],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("hook", ["aisafety-lint", "aisafety-lint-system"])
class TestAHookOnChangedFiles:
    def test_a_staged_bad_file_stops_the_commit(self, hooks: Path, repository: Path, home: Path, hook: str) -> None:
        git(repository, "add", "bad.py", "good.py")
        done = try_repo(hooks, hook, repository, home)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "model-output-to-sql" in done.stdout
        assert "bad.py:13" in done.stdout

    def test_a_clean_file_passes_whatever_lies_beside_it(
        self, hooks: Path, repository: Path, home: Path, hook: str
    ) -> None:
        git(repository, "add", "bad.py")
        git(repository, "commit", "--message", "Bad")
        git(repository, "add", "good.py")
        done = try_repo(hooks, hook, repository, home)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "No findings" in done.stdout

    def test_an_exclude_of_the_configuration_holds(self, hooks: Path, repository: Path, home: Path, hook: str) -> None:
        (repository / "aisafety-lint.toml").write_text('extend-exclude = ["bad.py"]\n', "utf-8")
        git(repository, "add", "--all")
        done = try_repo(hooks, hook, repository, home)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_hook_on_the_whole_repository_sees_what_is_not_staged(hooks: Path, repository: Path, home: Path) -> None:
    git(repository, "add", "bad.py")
    git(repository, "commit", "--message", "Bad")
    git(repository, "add", "good.py")
    done = try_repo(hooks, "aisafety-lint-all", repository, home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bad.py:13" in done.stdout


@pytest.mark.slow
def test_the_hook_that_fixes_changes_the_staged_files_only(hooks: Path, repository: Path, home: Path) -> None:
    text = "import yaml\nfrom openai import OpenAI\n\nreply = OpenAI().responses.create(model='gpt-5', input='a')\n"
    line = "data = yaml.load(reply.output_text, Loader=yaml.Loader)\n"
    for name in ("staged.py", "other.py"):
        (repository / name).write_text(text + line, "utf-8")
    git(repository, "add", "staged.py")
    done = try_repo(hooks, "aisafety-lint-fix", repository, home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    assert "Fixed 1 finding." in done.stdout
    assert (repository / "staged.py").read_text("utf-8") == text + "data = yaml.safe_load(reply.output_text)\n"
    assert (repository / "other.py").read_text("utf-8") == text + line
    git(repository, "add", "staged.py")
    again = try_repo(hooks, "aisafety-lint-fix", repository, home)
    assert again.returncode == 0, again.stdout + again.stderr


class TestTheManifest:
    def test_pre_commit_accepts_it(self) -> None:
        command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
        subprocess.run(command, check=True)

    def test_it_has_four_hooks(self) -> None:
        assert [hook["id"] for hook in HOOKS] == [
            "aisafety-lint",
            "aisafety-lint-fix",
            "aisafety-lint-all",
            "aisafety-lint-system",
        ]

    def test_one_process_sees_all_files(self) -> None:
        assert all(hook["require_serial"] for hook in HOOKS)

    def test_excludes_hold_for_the_files_that_pre_commit_names(self) -> None:
        named = [hook for hook in HOOKS if hook.get("pass_filenames", True)]
        assert named
        assert all("--force-exclude" in hook["entry"].split() for hook in named)
