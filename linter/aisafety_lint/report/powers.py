"""What changed in the powers of agents, for a person, a program (`rules/schema/inspect-diff.schema.json`), and a page.

Takes the changes between two states of a project; names come from the scanned repository and are escaped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aisafety_lint import __version__
from aisafety_lint.program.powers import LESS, MORE, OTHER, Change, Subject
from aisafety_lint.report.encode import dump
from aisafety_lint.report.inspection import Inspection
from aisafety_lint.report.json import notification_data
from aisafety_lint.report.map_data import label
from aisafety_lint.report.markdown_text import code, link, plain
from aisafety_lint.report.model import Base
from aisafety_lint.report.summary import looked_at
from aisafety_lint.report.terminal import count, visible

SCHEMA = 1
_TITLES = {MORE: "more power", LESS: "less power", OTHER: "other changes"}
_MOST_ROWS = 300
_MOST_EDGES = 150
_SHAPES = {"can": ("{{", "}}"), **dict.fromkeys(("agent", "server", "graph"), ("([", "])"))}
_MARKS = {
    **dict.fromkeys(("new-agent", "new-server", "new-graph", "new-tool"), ", new"),
    **dict.fromkeys(("agent-removed", "server-removed", "graph-removed", "tool-removed"), ", gone"),
}
_WORDS = {
    "new-agent": "is new",
    "new-server": "is new",
    "new-graph": "is new",
    "new-tool": "is new{asked}",
    "agent-removed": "is gone",
    "server-removed": "is gone",
    "graph-removed": "is gone",
    "tool-removed": "is gone",
    "server-changed": "starts or reaches something else{of}",
    "can": "can {item}{through}{asked}",
    "capability-gained": "can now {item}{through}{asked}",
    "capability-lost": "can no longer {item}{through}",
    "combination-closed": "now has private data, what strangers wrote and a way out",
    "combination-opened": "no longer has private data, what strangers wrote and a way out together",
    "holds": "now holds {item}{asked}",
    "no-longer-holds": "no longer holds {item}",
    "gate-removed": "no longer asks a person before it {does}",
    "gate-added": "asks a person before it {does}",
    "sandbox-removed": "no longer has a sandbox to {item}",
    "sandbox-added": "has a sandbox to {item}",
    "limit-removed": "no longer has the limit {item}: {before}, now {after}",
    "limit-set": "has the limit {item}: {before}, now {after}",
    "limit-raised": "has a higher limit {item}: {before}, now {after}",
    "limit-lowered": "has a lower limit {item}: {before}, now {after}",
    "limit-changed": "has another limit {item}: {before}, now {after}",
    "model-changed": "uses another model: {before}, now {after}",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """The changes since a revision, the present state, and what each capability lets a model do in words."""

    base: Base
    changes: tuple[Change, ...]
    now: Inspection
    words: Mapping[str, str]


def text(compared: Compared) -> str:
    """Grouped by which way the change goes, and by what it is about."""
    blocks = [
        "\n".join([_TITLES[direction], *_lines(compared, direction)])
        for direction in (MORE, LESS, OTHER)
        if any(change.direction == direction for change in compared.changes)
    ]
    return "\n\n".join([*blocks, _last(compared)]) + "\n"


def _lines(compared: Compared, direction: str) -> Iterator[str]:
    chosen = [change for change in compared.changes if change.direction == direction]
    for subject, changes in groupby(chosen, key=lambda change: change.subject):
        yield f"  {visible(_who(subject))} {visible(subject.path)}:{subject.line}"
        yield from (f"    {visible(told(change, compared.words))}" for change in changes)


def _who(subject: Subject) -> str:
    return f"{subject.kind} `{subject.name}`" if subject.name else f"{subject.kind} without a name"


def told(change: Change, words: Mapping[str, str]) -> str:
    """A change in words, after the name of what it is about."""
    item = words.get(change.item, f"`{change.item}`" if change.item else "")
    return _WORDS[change.kind].format(
        item=item,
        of=f": {item}" if item else "",
        does=_acts(change, words),
        through=f" (`{change.via}`)" if change.via else "",
        asked=", a person is asked" if change.after == "asks" else "",
        before=f"`{change.before}`",
        after=f"`{change.after}`",
    )


def _acts(change: Change, words: Mapping[str, str]) -> str:
    """What a gate stands before: a call of a tool, or an act."""
    if not change.item:
        return "is called"
    if change.item not in words:
        return f"calls `{change.item}`"
    return f"can {words[change.item]}"


def _last(compared: Compared) -> str:
    changes = count(len(compared.changes), "change") if compared.changes else "No change"
    base = f"`{visible(compared.base.revision)}` ({compared.base.commit[:10]})"
    return f"{changes} in the powers of agents since {base}. Looked at {looked_at(compared.now.coverage)}."


def json(compared: Compared) -> str:
    """All changes, each with its place and in words."""
    return dump(
        {
            "schema": SCHEMA,
            "tool": {"name": "aisafety-lint", "version": __version__},
            "base": {"revision": compared.base.revision, "commit": compared.base.commit},
            "changes": [_change(change, compared.words) for change in compared.changes],
            "notifications": [notification_data(item) for item in compared.now.notifications],
        }
    )


def _change(change: Change, words: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "change": change.kind,
        "direction": change.direction,
        **change.subject._asdict(),
        "item": change.item or None,
        "via": change.via or None,
        "asks": change.after == "asks",
        "before": change.before or None,
        "after": change.after if change.after not in ("", "asks") else None,
        "text": told(change, words),
    }


def markdown(compared: Compared) -> str:
    """A section of a job summary: a table, what gives more power first, and a diagram."""
    head = f"## Powers of agents since {code(compared.base.revision)}\n"
    if not compared.changes:
        return f"{head}\nNothing changed in what agents hold, can do, or must ask a person about.\n"
    order = sorted(compared.changes, key=lambda change: (MORE, LESS, OTHER).index(change.direction))
    rows = [_row(change, compared.words) for change in order[:_MOST_ROWS]]
    table = "\n".join(["| power | who | what | where |", "| --- | --- | --- | --- |", *rows])
    more = len(order) - len(rows)
    note = f"\n{more} more are shown by `aisafety-lint inspect --diff`.\n" if more else ""
    return f"{head}\n{table}\n{note}\n```mermaid\n{mermaid(compared)}```\n"


def _row(change: Change, words: Mapping[str, str]) -> str:
    sign = {MORE: "**more**", LESS: "less", OTHER: "other"}[change.direction]
    subject = change.subject
    who = f"{subject.kind} {code(subject.name)}" if subject.name else f"{subject.kind} without a name"
    where = link(f"{subject.path}:{subject.line}", subject.path, subject.line)
    return f"| {sign} | {who} | {plain(told(change, words))} | {where} |"


def mermaid(compared: Compared) -> str:
    """A chart of what changed: thick for more, dotted for less."""
    names: dict[tuple[str, str], str] = {}
    nodes: list[str] = []

    def node(kind: str, name: str, mark: str = "") -> str:
        if (kind, name) not in names:
            names[kind, name] = f"n{len(names)}"
            before, after = _SHAPES.get(kind, ("[", "]"))
            nodes.append(f'  {names[kind, name]}{before}"{label(name)}{mark}"{after}')
        return names[kind, name]

    edges: dict[str, None] = {}
    for change in compared.changes:
        subject = change.subject
        start = node(subject.kind, subject.name or f"{subject.path}:{subject.line}", _MARKS.get(change.kind, ""))
        if change.item and not change.kind.startswith(("limit", "model")):
            able = change.item in compared.words
            end = node("can", compared.words[change.item]) if able else node("tool", change.item)
            edges[f"  {start} {_edge(change)} {end}"] = None
    lines = ["flowchart LR", *nodes, *list(edges)[:_MOST_EDGES]]
    if len(edges) > _MOST_EDGES:
        lines.append(f'  more["{len(edges) - _MOST_EDGES} more"]')
    return "\n".join(lines) + "\n"


def _edge(change: Change) -> str:
    words = {"gate-removed": "nobody is asked any more", "gate-added": "a person is asked"}.get(change.kind, "")
    if change.direction == LESS:
        return f'-. "{words or "no longer"}" .->'
    return f'== "{words or ("new, a person is asked" if change.after == "asks" else "new")}" ==>'
