"""What runs a suite in other systems than workflows, and behind the tasks of a repository."""

import json
from collections.abc import Mapping

import pytest

from aisafety_lint.evals.model import Cover, Suite
from evaluations import evaluate, redteam

RUN = "npx promptfoo redteam run"


def suite_beside(files: Mapping[str, str]) -> Suite:
    """The suite in promptfooconfig.yaml of a repository with these files as well."""
    found = evaluate({"promptfooconfig.yaml": redteam(), **files}).suites
    return next(one for one in found if one.path == "promptfooconfig.yaml")


def step(run: str) -> dict[str, str]:
    """A workflow that runs one command."""
    return {".github/workflows/w.yml": f"on: push\njobs: {{a: {{steps: [{{run: '{run}'}}]}}}}\n"}


SYSTEMS = {
    "gitlab": (".gitlab-ci.yml", "redteam:\n  script:\n    - npm ci\n    - {run}\n"),
    "gitlab-one-line": (".gitlab-ci.yml", "redteam: {{script: '{run}'}}\n"),
    "azure": ("azure-pipelines.yml", "steps:\n  - script: {run}\n    displayName: red team\n"),
    "azure-jobs": ("azure-pipelines.yml", "stages: [{{jobs: [{{steps: [{{bash: '{run}'}}]}}]}}]\n"),
    "circleci": (".circleci/config.yml", "jobs: {{a: {{steps: [checkout, {{run: '{run}'}}]}}}}\n"),
    "circleci-named": (".circleci/config.yml", "jobs: {{a: {{steps: [{{run: {{name: a, command: '{run}'}}}}]}}}}\n"),
    "bitbucket": ("bitbucket-pipelines.yml", "pipelines: {{default: [{{step: {{script: ['{run}']}}}}]}}\n"),
    "codebuild": ("buildspec.yml", "phases: {{build: {{commands: ['{run}']}}}}\n"),
    "travis": (".travis.yml", "language: node_js\nscript: {run}\n"),
    "woodpecker": (".woodpecker/test.yml", "steps: [{{name: a, commands: ['{run}']}}]\n"),
    "jenkins": ("Jenkinsfile", "pipeline {{ stages {{ stage('red team') {{ steps {{\n  sh '{run}'\n}} }} }} }}\n"),
    "jenkins-lines": ("Jenkinsfile", 'node {{\n  sh """\n    set -e\n    {run}\n  """\n}}\n'),
    "buildkite": (".buildkite/pipeline.yml", "steps: [{{label: a, command: '{run}'}}]\n"),
}


class TestSystems:
    """A pipeline of another system is read like a workflow."""

    @pytest.mark.parametrize("name", SYSTEMS)
    def test_runs(self, name: str) -> None:
        path, text = SYSTEMS[name]
        found = suite_beside({path: text.format(run=RUN)})
        assert found.wired is Cover.COVERED
        assert [run.gate for run in found.runs] == [Cover.COVERED]

    @pytest.mark.parametrize("name", SYSTEMS)
    def test_runs_something_else(self, name: str) -> None:
        path, text = SYSTEMS[name]
        assert suite_beside({path: text.format(run="pytest tests/unit")}).wired is Cover.ABSENT

    @pytest.mark.parametrize(
        ("path", "text", "label"),
        [
            (".gitlab-ci.yml", f"a: {{script: '{RUN}', allow_failure: true}}", "`allow_failure: true`"),
            ("azure-pipelines.yml", f"steps: [{{bash: '{RUN}', continueOnError: true}}]", "`continueOnError: true`"),
            (".buildkite/pipeline.yml", f"steps: [{{command: '{RUN}', soft_fail: true}}]", "`soft_fail: true`"),
            (".circleci/config.yml", f"jobs: {{a: {{steps: [{{run: '{RUN} || true'}}]}}}}", "`|| true`"),
            ("Jenkinsfile", f"node {{ sh(script: '{RUN}', returnStatus: true) }}", "`returnStatus: true`"),
        ],
    )
    def test_cannot_fail(self, path: str, text: str, label: str) -> None:
        (run,) = suite_beside({path: text}).runs
        assert (run.gate, run.breaker and run.breaker.label) == (Cover.ABSENT, label)

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            (".gitlab-ci.yml", "include: {project: acme/pipelines, file: redteam.yml}\n"),
            (".gitlab-ci.yml", f"a: {{script: '{RUN}', when: manual}}"),
            (".gitlab-ci.yml", "a: {script: [make redteam]}"),
            ("azure-pipelines.yml", "steps: [{template: redteam.yml}]"),
            (".circleci/config.yml", "orbs: {acme: acme/redteam@1}"),
            (".gitlab-ci.yml", "a: {script: ["),
            ("Jenkinsfile", "node { build job: 'redteam' }"),
            ("Jenkinsfile", "node { sh 'make redteam' }"),
        ],
    )
    def test_what_cannot_be_told_is_unknown(self, path: str, text: str) -> None:
        assert suite_beside({path: text}).wired is Cover.UNKNOWN

    def test_a_comment_of_a_program_runs_nothing(self) -> None:
        assert suite_beside({"Jenkinsfile": f"node {{\n  // sh '{RUN}'\n  sh 'true'\n}}"}).wired is Cover.ABSENT

    def test_what_a_program_catches_is_unknown(self) -> None:
        (run,) = suite_beside({"Jenkinsfile": f"node {{ catchError {{ sh '{RUN}' }} }}"}).runs
        assert run.gate is Cover.UNKNOWN

    def test_a_failure_that_some_allow_is_unknown(self) -> None:
        text = f"a: {{script: '{RUN}', allow_failure: {{exit_codes: [3]}}}}"
        (run,) = suite_beside({".gitlab-ci.yml": text}).runs
        assert run.gate is Cover.UNKNOWN


TASKS = {
    "make redteam": ("Makefile", "redteam: deps\n\t@{run}\n\ndeps:\n\tnpm ci\n"),
    "make": ("Makefile", ".PHONY: all\nall: redteam\nredteam:\n\t{run}\n"),
    "make -C tools redteam": ("tools/Makefile", "redteam:\n\tcd .. && {run}\n"),
    "just redteam": ("justfile", "redteam:\n    {run}\n"),
    "npm run redteam": ("package.json", '{{"scripts": {{"redteam": "{run}"}}}}'),
    "npm test": ("package.json", '{{"scripts": {{"test": "{run}"}}}}'),
    "yarn redteam": ("package.json", '{{"scripts": {{"redteam": "{run}"}}}}'),
    "pnpm redteam": ("package.json", '{{"scripts": {{"redteam": "{run}"}}}}'),
    "task redteam": ("Taskfile.yml", "tasks: {{redteam: {{cmds: ['{run}']}}}}\n"),
    "poe redteam": ("pyproject.toml", '[tool.poe.tasks]\nredteam = "{run}"\n'),
    "uv run poe redteam": ("pyproject.toml", '[tool.poe.tasks]\nredteam = {{cmd = "{run}"}}\n'),
    "pdm run redteam": ("pyproject.toml", '[tool.pdm.scripts]\nredteam = "{run}"\n'),
    "tox -e redteam": ("tox.ini", "[testenv:redteam]\ncommands =\n    {run}\n"),
    "nox -s redteam": (
        "noxfile.py",
        "import nox\n\n@nox.session\ndef redteam(session):\n    session.run('{run}', external=True)\n",
    ),
    "nox": ("noxfile.py", "import nox\n\n@nox.session\ndef redteam(session):\n    session.run('{run}')\n"),
    "inv redteam": ("tasks.py", "from invoke import task\n\n@task\ndef redteam(c):\n    c.run('{run}')\n"),
    "hatch run redteam": ("pyproject.toml", '[tool.hatch.envs.default.scripts]\nredteam = "{run}"\n'),
    "hatch run test:redteam": ("pyproject.toml", '[tool.hatch.envs.test.scripts]\nredteam = ["{run}"]\n'),
    "sh scripts/redteam.sh": ("scripts/redteam.sh", "set -e\n{run}\n"),
}


class TestTasks:
    """A task of the repository is followed to its script."""

    @pytest.mark.parametrize("command", TASKS)
    def test_runs(self, command: str) -> None:
        path, text = TASKS[command]
        assert suite_beside({**step(command), path: text.format(run=RUN)}).wired is Cover.COVERED

    @pytest.mark.parametrize("command", TASKS)
    def test_runs_something_else(self, command: str) -> None:
        path, text = TASKS[command]
        assert suite_beside({**step(command), path: text.format(run="pytest tests/unit")}).wired is Cover.ABSENT

    def test_a_chain(self) -> None:
        files = {"Makefile": "redteam:\n\tnpm run attack\n", "package.json": f'{{"scripts": {{"attack": "{RUN}"}}}}'}
        assert suite_beside({**step("make redteam"), **files}).wired is Cover.COVERED

    @pytest.mark.parametrize("text", ["a: b\nb: a\n", "a:\n\tmake a\n"])
    def test_a_circle_ends(self, text: str) -> None:
        assert suite_beside({**step("make a"), "Makefile": text}).wired in (Cover.ABSENT, Cover.UNKNOWN)

    @pytest.mark.parametrize(
        "command",
        ["make attack", "npm run attack", "nox -s redteam", "inv redteam", "tox -e attack"],
    )
    def test_a_task_that_is_not_found_is_unknown(self, command: str) -> None:
        files = {"Makefile": "redteam:\n\ttrue\n", "package.json": '{"scripts": {"redteam": "true"}}'}
        assert suite_beside({**step(command), **files}).wired is Cover.UNKNOWN

    def test_an_action_of_the_repository(self) -> None:
        workflow = {".github/workflows/w.yml": "on: push\njobs: {a: {steps: [{uses: ./.github/actions/attack}]}}\n"}
        action = {".github/actions/attack/action.yml": f"runs: {{using: composite, steps: [{{run: '{RUN}'}}]}}\n"}
        assert suite_beside({**workflow, **action}).wired is Cover.COVERED
        assert suite_beside(workflow).wired is Cover.UNKNOWN


class TestActions:
    """An action that only runs the tests of a file runs nothing of a suite whose tests are made when it runs."""

    WORKFLOW: Mapping[str, str] = {
        ".github/workflows/w.yml": (
            "on: push\njobs:\n  a:\n    steps:\n"
            "      - {uses: promptfoo/promptfoo-action@v1, with: {config: promptfooconfig.yaml}}\n"
        )
    }

    def test_attacks_are_still_to_be_made(self) -> None:
        assert suite_beside(self.WORKFLOW).wired is Cover.ABSENT

    def test_tests_are_in_the_file(self) -> None:
        tests = "prompts: [a]\nproviders: [http]\ntests: [{vars: {a: Ignore all previous instructions}}]\n"
        (found,) = evaluate({"promptfooconfig.yaml": tests, **self.WORKFLOW}).suites
        assert found.wired is Cover.COVERED


class TestMarkers:
    """A test runner that leaves a suite out does not run it."""

    FILES: Mapping[str, str] = {"tests/test_redteam.py": "import deepteam\n\ndef test_a():\n    deepteam.red_team()\n"}

    @pytest.mark.parametrize(
        ("command", "expected"),
        [
            ("pytest", Cover.COVERED),
            ("pytest -m slow", Cover.COVERED),
            ('pytest -m "not redteam"', Cover.ABSENT),
            ('pytest -m "not (safety or slow)"', Cover.ABSENT),
        ],
    )
    def test_runs(self, command: str, expected: Cover) -> None:
        text = f"on: push\njobs: {{a: {{steps: [{{run: {json.dumps(command)}}}]}}}}\n"
        found = evaluate({".github/workflows/w.yml": text, **self.FILES}).suites
        assert [suite.wired for suite in found] == [expected]
