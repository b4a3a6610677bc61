"""`aisafety-lint report`: tells for each entry of a standard which rules check it, and with what result here."""

import argparse

from aisafety_lint.arguments import OneOf, Parser, add_run_options, address, day
from aisafety_lint.commands import check
from aisafety_lint.finding import Persona
from aisafety_lint.outputs import write_stdout

FORMATS = ("text", "json", "markdown")


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser(
        "report",
        "Hold a standard against a project: which of its entries are checked by which rules, and with what result.",
        "results:\n"
        "  finding                 a rule found something\n"
        "  accepted                all that the rules found is suppressed, or in the baseline\n"
        "  pass                    a rule had something to look at, and found nothing\n"
        "  not applicable          the project has nothing of what the rules look at\n"
        "  not asked               the settings leave the rules out\n"
        "  not statically visible  no rule can see it in a repository\n\n"
        "exit codes:\n  0  written, whatever the results\n  2  the job could not be done",
    )
    made.add_argument("paths", nargs="*", metavar="PATH", help="what to report on (default: .)")
    made.add_argument(
        "--standard", required=True, metavar="KEY", help="which standard: nist-ai-rmf, owasp-asi-2026 ..."
    )
    formats = OneOf("format", FORMATS)
    made.add_argument("--output-format", type=formats, default="text", metavar="FORMAT", help=", ".join(FORMATS))
    made.add_argument(
        "--persona",
        type=OneOf("persona", map(str, Persona)),
        default=str(Persona.PEDANTIC),
        help="who reads: regular, pedantic or auditor (default: pedantic)",
    )
    made.add_argument("--today", type=day, metavar="DATE", help="the day by which suppressions are over")
    made.add_argument(
        "--source-url", type=address, default="", metavar="URL", help="where markdown links to files: URL/path#Lline"
    )
    add_run_options(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Print the results of all entries: 0, or 2 where something that was named could not be analysed."""
    from aisafety_lint.knowledge import Knowledge, builtin_root
    from aisafety_lint.report import standard
    from aisafety_lint.standards import named

    config = check.config_of(check.with_defaults(arguments))
    knowledge = Knowledge((builtin_root(), *config.rules))
    taxonomy = named(arguments.standard, knowledge)
    report = check.without_known(check.analysed(arguments, config), config)
    found = standard.assessed(taxonomy, knowledge.rules, report)
    if arguments.output_format == "markdown":
        write_stdout(standard.markdown(found, arguments.source_url))
    else:
        write_stdout(standard.json(found) if arguments.output_format == "json" else standard.text(found))
    return check.exit_code(config, report, exit_zero=True)
