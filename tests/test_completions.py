"""`completions`: the scripts are asked for words as the shells themselves ask them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from aisafety_lint.cli import COMMANDS, main

ASK = {
    "bash": """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_aisafety_lint
printf '%s\\n' "${COMPREPLY[@]}"
""",
    "fish": """
source $argv[1]
complete --do-complete (string join ' ' -- (string escape --no-quoted -- $argv[2..-1])) | string replace -r '\\t.*' ''
""",
}
shells = pytest.mark.parametrize(
    "shell",
    [pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason="not here")) for name in ASK],
)


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("completions")


@shells
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["insp"], {"inspect"}),
        (["--sel"], {"--select"}),
        (["--select", "model-output-to-s"], {"model-output-to-shell", "model-output-to-sql"}),
        (["--persona", "a"], {"auditor"}),
        (["inspect", "--output-format", "mer"], {"mermaid"}),
        (["inspect", "--unr"], {"--unresolved"}),
        (["report", "--standard", "owasp-llm"], {"owasp-llm-2025", "owasp-llm-2026"}),
        (["explain", "unapproved-pa"], {"unapproved-payment"}),
    ],
)
def test_words(
    shell: str, words: list[str], expected: set[str], scripts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = scripts / shell
    if not script.exists():
        assert main(["completions", shell]) == 0
        script.write_text(capsys.readouterr().out, "utf-8")
    options = ["-c", ASK[shell], *(["bash"] if shell == "bash" else [])]
    done = subprocess.run(
        [shell, *options, script, "aisafety-lint", *words], capture_output=True, text=True, check=False, cwd=scripts
    )
    assert (set(done.stdout.split()), done.stderr) == (expected, "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="not here")
def test_a_list_with_commas_goes_on(scripts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", "bash"]) == 0
    script = scripts / "lists"
    script.write_text(capsys.readouterr().out, "utf-8")
    words = ["aisafety-lint", "--select", "secrets,unapproved-pa"]
    done = subprocess.run(
        ["bash", "-c", ASK["bash"], "bash", script, *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["secrets,unapproved-payment"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_known(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", shell]) == 0
    script = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in re.findall(r"[\w-]+", script)] == []


@pytest.mark.skipif(shutil.which("zsh") is None, reason="not here")
def test_zsh_takes_the_script(scripts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", "zsh"]) == 0
    script = scripts / "zsh"
    script.write_text(capsys.readouterr().out, "utf-8")
    ask = 'autoload -U compinit; compinit -D -u; source "$1"; print -- "$_comps[aisafety-lint]"'
    done = subprocess.run(["zsh", "-f", "-c", ask, "zsh", script], capture_output=True, text=True, check=False)
    assert "_aisafety_lint" in done.stdout
    assert done.stderr == ""


def test_a_shell_that_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", "fsh"]) == 2
    assert "did you mean `fish` or `zsh`?" in capsys.readouterr().err
