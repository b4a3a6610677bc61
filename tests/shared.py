"""The knowledge, read once for all tests of a process: that takes longer than most of them."""

from aisafety_lint import pipeline
from aisafety_lint.compiled import Compiled
from aisafety_lint.config import Config
from aisafety_lint.examples import Runner
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.report.model import Report

KNOWLEDGE = Knowledge(compiled=Compiled(several=True))
RUNNER = Runner(KNOWLEDGE)


def run(config: Config) -> Report:
    """The report on a project, with the shipped rules."""
    return pipeline.run(config, KNOWLEDGE)
