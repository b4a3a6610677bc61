"""The table of controls: what a careful team asks of an agent, and by what it is checked, recorded, or why neither."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aisafety_lint.knowledge import Knowledge, load_yaml
from aisafety_lint.rule import Rule
from sitegen.markdown import code, joined, table
from sitegen.page import Page

_FILE = Path(__file__).resolve().parent.parent / "controls.yml"


@dataclass(frozen=True, slots=True)
class Control:
    """One thing that is asked: the rules that check it, the fields that record it, and why a part is out of sight."""

    id: str
    kind: str
    asks: str
    rules: tuple[str, ...]
    fields: tuple[str, ...]
    unseen: str


@dataclass(frozen=True, slots=True)
class Group:
    """Controls of one question."""

    title: str
    about: str
    controls: tuple[Control, ...]


def groups() -> tuple[Group, ...]:
    """All controls, numbered within their groups."""
    return tuple(
        Group(
            group["title"],
            group["about"],
            tuple(
                Control(
                    f"{group['id']}{number}",
                    control["kind"],
                    control["asks"],
                    tuple(control.get("rules", ())),
                    tuple(control.get("fields", ())),
                    control.get("unseen", ""),
                )
                for number, control in enumerate(group["controls"], 1)
            ),
        )
        for group in load_yaml(_FILE)["groups"]
    )


def page(knowledge: Knowledge) -> Page:
    """All controls, with what answers each."""
    every = groups()
    controls = [control for group in every for control in group.controls]
    checked = sum(1 for control in controls if control.rules)
    recorded = sum(1 for control in controls if control.fields and not control.rules)
    intro = (
        f"{len(controls)} things that a careful team asks of an agent: controls to have, questions to answer, ways to "
        f"fail. {checked} are checked by rules, {recorded} are recorded in the declaration for people and checked by "
        f"nothing, and {len(controls) - checked - recorded} are not statically visible. That a rule checks something "
        "is not that it checks all of it: its page says what it looks at."
    )
    parts = [joined(f"## {group.title}", group.about, _table(group, knowledge.rules)) for group in every]
    return Page("controls.md", "Controls", joined("# Controls", intro, *parts))


def _table(group: Group, rules: Mapping[str, Rule]) -> str:
    rows = (
        (control.id, control.kind, control.asks, "<br>".join(_answers(control, rules))) for control in group.controls
    )
    return table(("", "kind", "what is asked", "answered by"), rows)


def _answers(control: Control, rules: Mapping[str, Rule]) -> Iterator[str]:
    """By what a control is answered: rules, fields, or neither."""
    if control.rules:
        yield ", ".join(f"[{name}](rules/{rules[name].family}/{name}.md)" for name in control.rules)
    if control.fields:
        said = "declared in" if control.rules else "recorded in"
        yield f"{said} {', '.join(f'[{code(field)}](reference/declaration.md#{field})' for field in control.fields)}"
    if control.unseen:
        yield f"{'in part ' if control.rules or control.fields else ''}not statically visible: {control.unseen}"
