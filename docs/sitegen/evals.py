"""One page for each framework of evaluations: how its suites are recognised, and what counts for what."""

from collections.abc import Iterable, Mapping
from typing import Any

from aisafety_lint.knowledge import Knowledge
from sitegen.markdown import code, codes, facts, joined, listed, table
from sitegen.page import Page, Section

_MEANS = {
    "adversarial": "attacks the agent",
    "quality": "measures quality; attacks only where its own tests do",
    "benchmark": "is a benchmark of a model",
}


def section(knowledge: Knowledge) -> Section:
    """All frameworks by their title."""
    models = {stem: model for stem, model in knowledge.models("evals") if "title" in model}
    pages = [Page(f"evals/{stem}.md", model["title"], _framework(model)) for stem, model in models.items()]
    return Section(
        "Evaluations",
        (
            Page("evals/index.md", "All evaluations", _index(models)),
            *sorted(pages, key=lambda page: page.title.lower()),
        ),
    )


def _index(models: Mapping[str, Mapping[str, Any]]) -> str:
    rows = (
        (f"[{model['title']}]({stem}.md)", _MEANS[model["kind"]], _fails(model))
        for stem, model in sorted(models.items(), key=lambda item: item[1]["title"].lower())
    )
    intro = (
        "Suites are recognised by what they hold, by what they import, or by the command that runs them. "
        "What cannot be read counts as unknown, never as absent."
    )
    return joined("# Evaluations", intro, table(("framework", "what it does", "a bad result fails the run"), rows))


def _fails(model: Mapping[str, Any]) -> str:
    gate = model.get("gate")
    return "left to its caller" if gate is None else "yes" if gate.get("fails") else "no"


def _framework(model: Mapping[str, Any]) -> str:
    recognise = model["recognise"]
    about = facts(
        [
            ("Facts read in the source of", codes(model["seen_in"])),
            ("A suite", _MEANS[model["kind"]]),
            ("Imports", codes(recognise.get("modules", ()))),
            ("Commands", codes(recognise.get("commands", ()))),
            ("Actions", codes(recognise.get("actions", ()))),
            ("Programs", codes(recognise.get("programs", ()))),
            ("Tests", codes(recognise.get("paths", ()))),
            ("A bad result fails the run", _fails(model)),
        ]
    )
    configs = table(("file", "has all of", "has one of"), _configs(recognise.get("configs", ())))
    needed = table(
        ("entry", "needs"), ((code(name), codes(listed(needs))) for name, needs in model.get("required", {}).items())
    )
    coverage = table(("dimension", "tested by", "a weak sign"), _coverage(model.get("coverage", {})))
    return joined(
        f"# {model['title']}",
        about,
        joined("## Configurations", configs) if configs else "",
        joined("## What counts for what", coverage) if coverage else "",
        joined("## Entries that test nothing without a setting", needed) if needed else "",
    )


def _configs(configs: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str, str]]:
    for config in configs:
        yield codes(listed(config["name"])), codes(config.get("all", ())), codes(config.get("any", ()))


def _coverage(coverage: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, str, str]]:
    for dimension, lists in coverage.items():
        tested = [f"{name}: {codes(entries)}" for name, entries in lists.items() if name != "weak" and listed(entries)]
        yield dimension.replace("_", " "), "; ".join(tested) or "nothing of it", codes(listed(lists.get("weak")))
