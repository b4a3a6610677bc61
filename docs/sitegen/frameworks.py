"""One page for each library that is modelled: what it brings in, what it runs, which tools and gates it has."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aisafety_lint.knowledge import Knowledge, builtin_root, load_yaml
from sitegen.conditions import argument, condition
from sitegen.markdown import code, codes, facts, joined, listed, table
from sitegen.page import Page, Section

_Model = Mapping[str, Any]
_Cell = Callable[[_Model], str]
_Table = tuple[str, str, str, tuple[str, ...], tuple[_Cell, ...]]
_WHERE = ("call", "decorator", "attribute", "instance", "method", "value", "handler", "hook", "read", "entry")
_AS = {
    "decorator": "decorated with {}",
    "attribute": "attribute {}",
    "instance": "any {}",
    "handler": "handler registered with {}",
    "read": "key {}",
    "entry": "key {}",
}
_AGENTIC = ("tools", "agents", "gates")


def section(knowledge: Knowledge) -> Section:
    """All models: those of agent frameworks in the navigation, those of other libraries beside it."""
    models = dict(knowledge.models("frameworks"))
    names = _Names(load_yaml(builtin_root() / "schema" / "kinds.yml"))
    agentic = {stem: model for stem, model in models.items() if any(model.get(key) for key in _AGENTIC)}
    others = {stem: model for stem, model in models.items() if stem not in agentic}
    return Section(
        "Frameworks",
        (
            Page(
                "frameworks/index.md",
                "All frameworks",
                _index({"Agent frameworks": agentic, "Other libraries": others}),
            ),
            *(_page(stem, model, names) for stem, model in agentic.items()),
        ),
        # The table of the index finds them: two hundred more pages in the navigation and in the search help nobody.
        aside=tuple(_page(stem, model, names, "---\nsearch: {exclude: true}\n---\n") for stem, model in others.items()),
    )


def _page(stem: str, model: _Model, names: "_Names", before: str = "") -> Page:
    return Page(f"frameworks/{stem}.md", stem, before + _framework(stem, model, names))


class _Names:
    """How kinds of sources and sinks, and capabilities, are named."""

    def __init__(self, kinds: Mapping[str, Any]) -> None:
        self._kinds = {**kinds["sources"], **kinds["sinks"], **kinds["capabilities"]}

    def of(self, value: Any) -> str:
        """One kind or several, each with its name in words."""
        return ", ".join(f"{code(kind)} ({self._said(kind)})" for kind in listed(value))

    def _said(self, kind: str) -> str:
        name: str = self._kinds[kind]["name"]
        return name[0].lower() + name[1:]


def _index(groups: Mapping[str, Mapping[str, _Model]]) -> str:
    count = sum(map(len, groups.values()))
    intro = (
        f"{count} libraries are modelled, each in one file of data that is read only where the scanned code imports "
        "the library. A framework that is not here has no tools and no agents in the eyes of the linter; "
        "[adding one](../own-rules.md) is a file of data, too."
    )
    parts = [
        joined(
            f"## {title}",
            table(
                ("import", "package", "facts read in"),
                (
                    (f"[{stem}]({stem}.md)", codes(model.get("packages", ())), codes(model.get("seen_in", ()), 3))
                    for stem, model in group.items()
                ),
            ),
        )
        for title, group in groups.items()
    ]
    return joined("# Frameworks", intro, *parts)


def _framework(stem: str, model: _Model, names: _Names) -> str:
    about = facts(
        [
            ("Packages", codes(model.get("packages", ()))),
            ("Read where the code imports", codes(model.get("roots", (stem,)))),
            ("Together with", ", ".join(f"[{one}]({one}.md)" for one in model.get("requires", ()))),
            ("Facts read in the source of", codes(model.get("seen_in", ()))),
        ]
    )
    short = joined(
        "## Types",
        "The short names of classes that stand in the tables.",
        table(("name", "class"), _types(model.get("types", {}))),
    )
    tables = [_rows(model, table_) for table_ in _tables(names)]
    package = next(iter(model.get("packages", ())), stem)
    title = stem if package.replace("-", "_") == stem else f"{stem} ({package})"
    return joined(f"# {title}", "[All frameworks](index.md)", about, *tables, short if model.get("types") else "")


def _types(types: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, type_ in types.items():
        made = [
            path for way in type_.get("made_by", ()) for path in listed(way if isinstance(way, str) else way["call"])
        ]
        told = codes(listed(type_.get("names")), 4) or (f"made by {codes(made, 3)}" if made else "told by its shape")
        yield code(name), told


def _tables(names: _Names) -> Iterable[_Table]:
    """By key of the model: the heading, what the table shows, its columns, and what is in them."""
    yield (
        "tools",
        "Tools",
        "Functions that the model can call.",
        ("how", "how a person is asked"),
        (_where, lambda row: "always asked" if row.get("approved") else _approval(row)),
    )
    yield (
        "agents",
        "Agents",
        "What builds or starts a model with tools.",
        ("how", "tools", "limit of steps"),
        (_where, lambda row: argument(row["tools"]) if "tools" in row else "", _limit),
    )
    yield "gates", "Gates", "What asks a person.", ("how", "notes"), (_where, _notes)
    yield (
        "sources",
        "Sources",
        "Where untrusted text enters.",
        ("how", "what it is", "notes"),
        (_where, lambda row: names.of(row["yields"]), _notes),
    )
    yield (
        "sinks",
        "Sinks",
        "Where untrusted text does harm.",
        ("call", "argument", "what it becomes", "notes"),
        (
            _where,
            lambda row: argument(row["argument"]) if "argument" in row else "",
            lambda row: names.of(row["kind"]),
            _notes,
        ),
    )
    yield (
        "sanitizers",
        "Sanitizers",
        "What makes a value safe, and for what.",
        ("how", "safe for", "notes"),
        (_where, lambda row: codes(listed(row["cleans"])), _notes),
    )
    yield (
        "grants",
        "Ready-made power",
        "Tools and switches that give an agent power without further code.",
        ("how", "what it can do", "notes"),
        (_where, _power(names), _notes),
    )
    yield (
        "effects",
        "Consequential calls",
        "Calls that want a person's approval, or change something outside.",
        ("call", "what it can do", "notes"),
        (_where, lambda row: names.of(row["capability"]), _notes),
    )


def _rows(model: _Model, table_: _Table) -> str:
    key, title, intro, heads, cells = table_
    rows = [tuple(cell(row) for cell in cells) for row in model.get(key, ())]
    return joined(f"## {title}", intro, table(heads, rows)) if rows else ""


def _where(row: _Model) -> str:
    """What a row is about: a call, a decorator, an attribute ..."""
    key = next((key for key in _WHERE if key in row), "")
    if not key:
        return "a value of the program"
    if key == "method":
        names = codes(listed(row["method"].get("name")))
        return f"{f'methods {names}' if names else 'methods'} of a class derived from {code(row['method']['of'])}"
    if key == "hook":
        return "a hook that runs before tools"
    paths = codes(listed(row[key]), 6)
    return _AS.get(key, "{}").format(paths)


def _power(names: _Names) -> _Cell:
    def cell(row: _Model) -> str:
        said = [names.of(row.get("capabilities", ()))] if row.get("capabilities") else []
        said += ["the question to a person is off"] if row.get("unapproved") or row.get("switch") else []
        said += ["open to the network"] if row.get("exposes") else []
        said += ["a person is asked too late"] if row.get("late") else []
        said += ["opens the program that serves the agent"] if row.get("hazard") else []
        return "; ".join(said)

    return cell


def _approval(row: _Model) -> str:
    """The argument with which a person is asked, and the values that ask."""
    return " or ".join(
        argument(one) + (f" is {' or '.join(map(code, listed(one['equals'])))}" if "equals" in one else "")
        for one in listed(row.get("approval"))
    )


def _limit(row: _Model) -> str:
    if "limit" not in row:
        return ""
    limit = row["limit"]
    by_version = [f"{_default(item['is'])} in {code(item['in'])}" for item in limit.get("defaults", ())]
    return f"{argument(limit)}, {', '.join(by_version) or _default(limit.get('default'))}"


def _default(value: float | None) -> str:
    return "none by default" if value is None else f"{code(value)} by default"


def _notes(row: _Model) -> str:
    notes = [f"if {condition(row['when'])}"] if "when" in row else []
    notes += [f"not if {condition(row['unless'])}"] if "unless" in row else []
    notes += [f"versions {code(row['in'])}"] if "in" in row else []
    notes += ["in a sandbox"] if row.get("sandboxed") else []
    notes += [f"{row['confidence']} confidence"] if "confidence" in row else []
    return "; ".join(notes)
