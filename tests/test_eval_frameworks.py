"""Suites of frameworks without a gate of their own: what they test, by their configuration, command or program."""

import pytest

from aisafety_lint.evals.counting import shown_rate
from aisafety_lint.evals.model import Cover, Suite, Target
from evaluations import MAIN, evaluate, states, suite


def commanded(command: str) -> Suite:
    """The suite that only a command in a workflow shows."""
    text = f"on: push\njobs: {{a: {{steps: [{{run: '{command}'}}]}}}}\n"
    (found,) = evaluate({".github/workflows/a.yml": text}).suites
    return found


def program(text: str) -> Suite:
    """The suite that a Python program is."""
    (found,) = evaluate({"attack/run.py": text}).suites
    return found


class TestGarak:
    """Probes by module or class; without a list all active ones run."""

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ("", ["covered", "covered", "covered", "covered", "absent"]),
            ("--probes dan,lmrc", ["covered", "absent", "absent", "absent", "absent"]),
            ("--probes=latentinjection.LatentWhois", ["unknown", "absent", "covered", "absent", "absent"]),
            ("-p goat", ["unknown", "covered", "absent", "absent", "absent"]),
            ("--probes $PROBES", ["unknown"] * 5),
            ("--config garak.yaml", ["unknown"] * 5),
        ],
    )
    def test_command(self, options: str, expected: list[str]) -> None:
        assert states(commanded(f"garak --target_type openai {options}"), *MAIN) == expected

    def test_configuration(self) -> None:
        found = suite("plugins:\n  target_type: rest\n  probe_spec: dan, promptinject\n", "garak.yaml")
        assert states(found, *MAIN) == ["covered", "absent", "covered", "absent", "absent"]
        assert found.additions["multi_turn"].text == "Add `goat` to `plugins.probe_spec`."

    @pytest.mark.parametrize(("tags", "expected"), [("null", "absent"), ("[owasp:llm01]", "unknown")])
    def test_tags_choose_among_the_probes(self, tags: str, expected: str) -> None:
        text = f"run: {{probe_tags: {tags}}}\nplugins: {{target_type: rest, probe_spec: dan}}\n"
        assert states(suite(text, "garak.yaml"), *MAIN)[1:] == [expected] * 4

    def test_a_specification_is_not_read(self) -> None:
        found = suite("run:\n  spec: {include: [probes.dan]}\nplugins:\n  target_type: rest\n", "garak.yaml")
        assert states(found, *MAIN) == ["covered", "covered", "covered", "covered", "unknown"]


class TestDeepTeam:
    """Attacks and vulnerabilities by name, in a configuration or a program."""

    CONFIG = """
target: {callback: {file: app.py, function: answer}}
default_vulnerabilities: [{name: Bias, types: [race]}, {name: ExcessiveAgency}]
attacks: [{name: CrescendoJailbreaking, weight: 2}]
"""

    def test_configuration(self) -> None:
        found = suite(self.CONFIG, "redteam/deepteam.yaml")
        assert states(found, *MAIN) == ["covered", "covered", "absent", "covered", "absent"]
        assert found.target is Target.APPLICATION

    def test_a_model_as_the_target(self) -> None:
        found = suite(
            self.CONFIG.replace("callback: {file: app.py, function: answer}", "model: gpt-5"), "deepteam.yaml"
        )
        assert (found.target, found.target_name) == (Target.MODEL, "gpt-5")

    def test_program(self) -> None:
        found = program("from deepteam import red_team\nred_team(answer, [RBAC()], [Base64()])\n")
        assert states(found, "multi_turn", "excessive_agency", "over_refusal") == ["absent", "covered", "absent"]

    @pytest.mark.parametrize(
        "text",
        [
            "red_team(answer, plan.vulnerabilities, plan.attacks)",
            "red_team(answer, framework=OWASPTop10(), vulnerabilities=[RBAC()])",
            "VULNERABILITIES = [RBAC()]",
        ],
    )
    def test_what_is_decided_elsewhere_is_unknown(self, text: str) -> None:
        assert program(f"import deepteam\n{text}\n").coverage["multi_turn"] is Cover.UNKNOWN

    def test_disguises(self) -> None:
        found = suite(self.CONFIG.replace("attacks: [", "attacks: [{name: ROT13}, "), "redteam/deepteam.yaml")
        assert states(found, "obfuscation") == ["covered"]


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("from deepteam import red_team\nred_team(answer, [Toxicity()], attacks)", "adversarial"),
        ("import pyrit\nawait PromptSendingAttack(target).execute_async()", "adversarial"),
        ("import pyrit\nRequest([Base64Converter()])", "obfuscation"),
        (
            "from azure.ai.evaluation.red_team import RedTeam, RiskCategory\nRedTeam([RiskCategory.Violence])",
            "adversarial",
        ),
        ("from azure.ai.evaluation.red_team import AttackStrategy\nscan([AttackStrategy.Morse])", "obfuscation"),
        ("import giskard\ngiskard.scan(model, only=['llm_stereotypes'])", "bias"),
        ("from deepeval.metrics import ToxicityMetric\nassert_test(case, [ToxicityMetric()])", "adversarial"),
        ("from openevals.prompts import PROMPT_INJECTION_PROMPT", "injection"),
        ("from mlflow.genai import evaluate\nevaluate(rows, scorers=[Safety()])  # safety", "adversarial"),
        ("from phoenix.evals import ToxicityEvaluator", "adversarial"),
        ("from autoevals import Moderation", "adversarial"),
        ("from trulens.providers import OpenAI\nOpenAI().harmfulness('harm')", "adversarial"),
    ],
)
def test_names_that_say_what_a_program_tests(text: str, dimension: str) -> None:
    assert states(program(f"{text}\n"), dimension) == ["covered"]


@pytest.mark.parametrize(
    "text",
    [
        "from deepteam import red_team\nred_team(answer, load(), [PromptInjection()])",
        "from pyrit import x\nawait PromptSendingAttack(target).execute_async(objectives)",
    ],
)
def test_what_any_attack_may_be_hides_the_rest(text: str) -> None:
    found = program(f"{text}\n")
    assert states(found, "multi_turn", "injection", "over_refusal") == ["unknown"] * 3


class TestJudgement:
    """Whether a program that runs a suite can fail by what it finds."""

    @pytest.mark.parametrize(
        ("after", "expected"),
        [
            ("print(result)", Cover.ABSENT),
            ("print(f'{result.overview}')", Cover.ABSENT),
            ("for one in result.cases:\n    print(one.name)", Cover.ABSENT),
            ("def answer(text):\n    return model(text)", Cover.ABSENT),
            ("rates = result.rates\nprint(rates)", Cover.ABSENT),
            ("logger.info('%s', result)", Cover.ABSENT),
            ("assert result.rate < LIMIT", Cover.UNKNOWN),
            ("sys.exit(result.rate > LIMIT)", Cover.UNKNOWN),
            ("if result.rate > LIMIT:\n    alarm()", Cover.UNKNOWN),
            ("result.save(to='results')", Cover.UNKNOWN),
            ("json.dump(result.cases, out)", Cover.UNKNOWN),
            ("def attack():\n    return result", Cover.UNKNOWN),
            ("rates = [one.rate for one in result.cases]", Cover.UNKNOWN),
        ],
    )
    def test_program(self, after: str, expected: Cover) -> None:
        assert program(f"from deepteam import red_team\nresult = red_team(answer)\n{after}\n").judged is expected

    def test_a_framework_that_fails_by_itself_is_not_asked(self) -> None:
        assert program("import deepeval\ndeepeval.evaluate(jailbreak)\n").judged is Cover.UNKNOWN


@pytest.mark.parametrize(("tests", "rate"), [(10, 0.26), (59, 0.05), (149, 0.02), (299, 0.01)])
def test_what_tests_without_a_failure_show(tests: int, rate: float) -> None:
    assert shown_rate(tests) == pytest.approx(rate, abs=0.002)
