"""All that is generated, in the order of the navigation."""

from aisafety_lint.compiled import Compiled
from aisafety_lint.knowledge import Knowledge
from sitegen import controls, evals, frameworks, manifests, program, rules, schemas, secrets, standards
from sitegen.page import Section


def sections() -> tuple[Section, ...]:
    """The generated sections of the site, from the shipped knowledge."""
    knowledge = Knowledge(compiled=Compiled(several=True))
    return (
        rules.section(knowledge),
        Section(
            "What it knows",
            (
                frameworks.section(knowledge),
                manifests.section(knowledge),
                evals.section(knowledge),
                secrets.page(knowledge),
                standards.section(knowledge),
                controls.page(knowledge),
            ),
        ),
        Section("Reference", (program.commands(), program.settings(), *schemas.pages()), files=schemas.files()),
    )
