"""The GitHub Action: its `run` steps are run as the runner does it, on real repositories, with an event file."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from samples import BAD, GOOD

ROOT = Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")

PUSH: dict[str, Any] = {"ref": "refs/heads/main"}


def pull_request(head: str | None) -> dict[str, Any]:
    """The event of a pull request from a repository (None: one that was deleted)."""
    repo = {"full_name": head} if head else None
    return {"pull_request": {"head": {"repo": repo}, "base": {"repo": {"full_name": "shop/agent"}}}}


@dataclass
class Run:
    """What a workflow sees of one use of the action."""

    log: str = ""
    summary: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    uploaded: dict[str, Any] | None = None
    exit_code: int = 0

    @property
    def result(self) -> dict[str, str]:
        """The outputs of the action itself."""
        return {name: self.resolve(output["value"], {}) for name, output in ACTION["outputs"].items()}

    def resolve(self, value: str, inputs: Mapping[str, str]) -> str:
        """Fill in the expressions of a value."""
        return EXPRESSION.sub(lambda match: str(self.evaluate(match[1], inputs)), value)

    def evaluate(self, expression: str, inputs: Mapping[str, str]) -> Any:
        """The value of an expression, of the small part of the language that the action uses."""
        code = expression.replace("always()", "True").replace("&&", " and ").replace("||", " or ")
        code = re.sub(r"steps\.(\w+)\.outputs\.([\w-]+)", r"outputs('\1', '\2')", code)
        code = re.sub(r"steps\.(\w+)\.outcome", r"outcome('\1')", code)
        code = re.sub(r"inputs\.([\w-]+)", r"inputs['\1']", code)
        names = {
            "outputs": lambda step, name: self.outputs.get(step, {}).get(name, ""),
            "outcome": lambda step: self.outcomes.get(step, "skipped"),
            "inputs": inputs,
        }
        return eval(code, names)


class Runner:
    """Runs the action's steps one after the other, as a runner would; what it installed stays for the next use."""

    def __init__(self, temp: Path) -> None:
        self.temp = temp
        self.installed: dict[str, str] = {}

    def run(
        self, workspace: Path, event: Mapping[str, Any], *, upload: str = "success", actor: str = "ann", **given: str
    ) -> Run:
        """Use the action in a workspace; `upload` is how the upload goes if it is tried, `given` are the inputs."""
        inputs = {name: str(value.get("default", "")) for name, value in ACTION["inputs"].items()}
        inputs |= {name.replace("_", "-"): value for name, value in given.items()}
        run = Run(outputs={"python": {"python-path": sys.executable}})
        (self.temp / "event.json").write_text(json.dumps(event), "utf-8")
        for step in STEPS:
            condition = step.get("if", "not failed").replace("not failed", "True" if run.exit_code == 0 else "False")
            if not run.evaluate(condition, inputs):
                continue
            if step.get("id") == "install" and self.installed:
                run.outputs["install"] = self.installed
            elif "run" in step:
                self.bash(step, run, inputs, workspace, event, actor)
            elif step.get("id") == "upload":
                self.upload(step, run, inputs, upload)
        self.installed = run.outputs["install"]
        return run

    def upload(self, step: Mapping[str, Any], run: Run, inputs: Mapping[str, str], outcome: str) -> None:
        """Note what would be uploaded; whether it may fail is for the action to say."""
        run.uploaded = {name: run.resolve(value, inputs) for name, value in step["with"].items()}
        run.outcomes["upload"] = outcome
        if outcome == "failure" and run.resolve(step["continue-on-error"], inputs) != "True":
            run.exit_code = run.exit_code or 1

    def bash(
        self,
        step: Mapping[str, Any],
        run: Run,
        inputs: Mapping[str, str],
        workspace: Path,
        event: Mapping[str, Any],
        actor: str,
    ) -> None:
        """Run one script with the options and the files of the runner."""
        assert step["shell"] == "bash"
        script, output, summary = (self.temp / name for name in ("step.sh", "output", "summary"))
        script.write_text(step["run"], "utf-8")
        output.write_text("")
        summary.write_text("")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "INPUT_"))}
        environment |= {
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_ACTOR": actor,
            "GITHUB_EVENT_NAME": "pull_request" if "pull_request" in event else "push",
            "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REPOSITORY": "shop/agent",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": "0" * 40,
            "GITHUB_STEP_SUMMARY": str(summary),
            "RUNNER_TEMP": str(self.temp),
        }
        environment |= {name: run.resolve(value, inputs) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            cwd=workspace,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        run.log += done.stdout
        run.summary += summary.read_text("utf-8")
        run.exit_code = run.exit_code or done.returncode
        if "id" in step:
            lines = output.read_text("utf-8").splitlines()
            run.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner that installs the action once for all tests."""
    return Runner(tmp_path_factory.mktemp("runner"))


def make_repository(folder: Path) -> Path:
    """A git repository with one bad file and one clean one."""
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    (folder / "bad.py").write_text(BAD, "utf-8")
    (folder / "good.py").write_text(GOOD, "utf-8")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Such a repository for one test to change."""
    return make_repository(tmp_path)


@pytest.fixture(scope="module")
def run(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One use of the action on a repository with a finding."""
    return runner.run(make_repository(tmp_path_factory.mktemp("workspace")), PUSH, category="shop")


@pytest.mark.slow
class TestOnARepositoryWithFindings:
    def test_the_job_fails(self, run: Run) -> None:
        assert run.exit_code == 1

    def test_the_log_shows_the_finding_with_its_excerpt(self, run: Run) -> None:
        assert "model-output-to-sql" in run.log
        assert "bad.py:13" in run.log
        assert "good.py" not in run.log

    def test_the_outputs_count_the_findings(self, run: Run) -> None:
        assert run.result["findings"] == "1"
        assert run.result["high"] == "1"
        assert run.result["exit-code"] == "1"

    def test_the_sarif_file_is_uploaded_under_its_category(self, run: Run) -> None:
        assert run.uploaded is not None
        assert run.uploaded["sarif_file"] == run.result["sarif-file"]
        sarif = json.loads(Path(run.result["sarif-file"]).read_text("utf-8"))
        assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["model-output-to-sql"]
        assert sarif["runs"][0]["automationDetails"]["id"] == "aisafety-lint/shop/"

    def test_the_summary_links_to_the_line(self, run: Run) -> None:
        assert "## aisafety-lint: 1 finding (1 high)" in run.summary
        assert f"https://github.com/shop/agent/blob/{'0' * 40}/bad.py#L13" in run.summary
        assert "<details><summary>2 steps</summary>" in run.summary

    def test_there_are_no_annotations_beside_the_upload(self, run: Run) -> None:
        assert "::error" not in run.log


@pytest.mark.slow
class TestTheVerdict:
    def test_a_clean_repository_passes(self, runner: Runner, repository: Path) -> None:
        (repository / "bad.py").unlink()
        run = runner.run(repository, PUSH)
        assert run.exit_code == 0
        assert run.result["findings"] == "0"
        assert run.uploaded is not None, "an upload without results closes the alerts of the last one"
        assert "## aisafety-lint: no findings" in run.summary

    def test_findings_below_fail_on_pass(self, runner: Runner, repository: Path) -> None:
        run = runner.run(repository, PUSH, fail_on="critical")
        assert run.exit_code == 0
        assert run.result["findings"] == "1"

    def test_only_the_paths_given_are_reported_on(self, runner: Runner, repository: Path) -> None:
        run = runner.run(repository, PUSH, paths="good.py\n")
        assert run.result["findings"] == "0"

    def test_a_value_that_does_not_exist_fails_with_2_and_uploads_nothing(
        self, runner: Runner, repository: Path
    ) -> None:
        run = runner.run(repository, PUSH, persona="nobody")
        assert run.exit_code == 2
        assert run.result["exit-code"] == "2"
        assert run.uploaded is None
        assert "could not do its job" in run.summary

    def test_no_summary_where_none_is_wanted(self, runner: Runner, repository: Path) -> None:
        assert runner.run(repository, PUSH, summary="false").summary == ""


@pytest.mark.slow
class TestWhereUploadingIsNotAllowed:
    @pytest.mark.parametrize("head", ["someone/agent", None])
    def test_a_pull_request_from_a_fork_gets_annotations(
        self, runner: Runner, repository: Path, head: str | None
    ) -> None:
        run = runner.run(repository, pull_request(head))
        assert run.uploaded is None
        assert re.search(r"^::error .*file=bad\.py,line=13", run.log, re.MULTILINE)
        assert run.exit_code == 1

    def test_a_pull_request_of_the_repository_itself_is_uploaded(self, runner: Runner, repository: Path) -> None:
        assert runner.run(repository, pull_request("shop/agent")).uploaded is not None

    def test_dependabot_gets_annotations(self, runner: Runner, repository: Path) -> None:
        run = runner.run(repository, PUSH, actor="dependabot[bot]")
        assert run.uploaded is None
        assert "::error " in run.log

    def test_an_upload_that_fails_falls_back_to_annotations(self, runner: Runner, repository: Path) -> None:
        run = runner.run(repository, PUSH, upload="failure", fail_on="critical")
        assert "::error " in run.log
        assert run.exit_code == 0, "the linter decides, not the upload"

    def test_an_upload_that_was_asked_for_must_not_fail(self, runner: Runner, repository: Path) -> None:
        run = runner.run(repository, PUSH, upload="failure", fail_on="critical", upload_sarif="true")
        assert run.exit_code == 1

    def test_nothing_is_uploaded_where_that_is_not_wanted(self, runner: Runner, repository: Path) -> None:
        run = runner.run(repository, PUSH, upload_sarif="false", annotations="false")
        assert run.uploaded is None
        assert "::error " not in run.log
        assert run.exit_code == 1


@pytest.mark.slow
class TestPullRequests:
    def test_the_summary_says_what_changed_and_what_is_new_comes_first(self, runner: Runner, repository: Path) -> None:
        def git(*words: str) -> None:
            identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
            subprocess.run(["git", *identity, *words], cwd=repository, check=True, capture_output=True)

        git("add", ".")
        git("commit", "--quiet", "-m", "base")
        git("switch", "--quiet", "-c", "work")
        (repository / "worse.py").write_text(BAD, "utf-8")
        git("add", ".")
        git("commit", "--quiet", "-m", "worse")
        git("switch", "--quiet", "-")
        git("commit", "--quiet", "--allow-empty", "-m", "meanwhile")
        git("merge", "--quiet", "--no-edit", "--no-ff", "work")
        run = runner.run(repository, pull_request("someone/agent"))
        assert "## Powers of agents since" in run.summary
        assert re.findall(r"file=(\w+)\.py", run.log) == ["worse", "bad"]
        assert "| high, new |" in run.summary

    def test_a_shallow_checkout_compares_with_nothing(self, runner: Runner, repository: Path) -> None:
        assert "Powers" not in runner.run(repository, pull_request("someone/agent")).summary


@pytest.mark.slow
class TestHostileInput:
    def test_inputs_are_never_run(self, runner: Runner, repository: Path) -> None:
        hostile = "x$(touch pwned)`touch pwned`; touch pwned"
        for name in ("paths", "select", "ignore", "persona", "config", "category", "baseline", "diff"):
            assert runner.run(repository, PUSH, **{name: hostile}).exit_code in (1, 2)
        assert not (repository / "pwned").exists()

    def test_an_input_is_never_an_option(self, runner: Runner, repository: Path) -> None:
        run = runner.run(repository, PUSH, paths="--exit-zero\n--help")
        assert run.exit_code == 2

    def test_what_the_log_shows_is_fenced(self, runner: Runner, repository: Path) -> None:
        (repository / "bad.py").write_text(BAD.replace("mail FROM", "mail ::error::##[error]boo FROM"), "utf-8")
        run = runner.run(repository, PUSH)
        opening = re.search(r"^::stop-commands::([0-9a-f]{32})$", run.log, re.MULTILINE)
        assert opening is not None
        closing = run.log.index(f"::{opening[1]}::", opening.end())
        assert opening.end() < run.log.index("boo") < closing

    def test_an_input_with_a_value_it_cannot_have_ends_the_job(self, runner: Runner, repository: Path) -> None:
        run = runner.run(repository, PUSH, upload_sarif="maybe")
        assert run.exit_code != 0
        assert "`upload-sarif` is 'maybe', it can be auto, true, false" in run.log


class TestTheActionFile:
    def test_no_expression_reaches_a_script(self) -> None:
        assert not [step["name"] for step in STEPS if "${{" in step.get("run", "")]

    def test_every_action_is_pinned_to_a_commit_and_says_its_version(self) -> None:
        uses = re.findall(r"uses: (\S+?)@(.*)", (ROOT / "action.yml").read_text("utf-8"))
        assert {name for name, _ in uses} == {"actions/setup-python", "github/codeql-action/upload-sarif"}
        assert all(re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin) for _, pin in uses)

    def test_every_input_is_used(self) -> None:
        text = yaml.safe_dump(STEPS)
        assert not [name for name in ACTION["inputs"] if f"inputs.{name}" not in text]

    def test_the_upload_happens_after_a_failure_too_and_may_fail_unless_asked_for(self) -> None:
        (step,) = [step for step in STEPS if step.get("id") == "upload"]
        assert step["if"].startswith("always() && ")
        assert step["continue-on-error"] == "${{ inputs.upload-sarif != 'true' }}"
        assert STEPS.index(step) > [step.get("id") for step in STEPS].index("lint")

    def test_the_last_step_decides(self) -> None:
        assert STEPS[-1]["if"] == "always()"
        assert "exit " in STEPS[-1]["run"]


class TestTheLockFile:
    LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+).*?((?:\\\n +--hash=sha256:[0-9a-f]{64} ?)+)", re.MULTILINE)

    def locked(self) -> dict[str, str]:
        text = (ROOT / ".github/action/requirements.txt").read_text("utf-8")
        found = {match[1]: match[2] for match in self.LOCKED.finditer(text)}
        assert len(found) == len(re.findall(r"^\S+==", text, re.MULTILINE)), "every requirement has its hashes"
        return found

    def test_it_fits_what_the_package_needs(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        locked = self.locked()
        for line in project["project"]["dependencies"] + project["build-system"]["requires"]:
            requirement = Requirement(line)
            assert locked[requirement.name] in requirement.specifier, f"{line}: make the lock file anew"

    def test_it_holds_the_build_backend_of_the_package(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        lines = (ROOT / ".github/action/requirements.in").read_text("utf-8").splitlines()
        assert [line for line in lines if not line.startswith("#")] == project["build-system"]["requires"]
