"""The vocabulary of sink kinds, source kinds and capabilities, as declared in `rules/schema/kinds.yml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.program.adjacent import ends

QUOTES = frozenset({"'", '"'})
"""Among the kinds that a value is safe for, a quote says that the value does not contain it."""


@dataclass(frozen=True, slots=True)
class Approval:
    """How programs speak of a person's approval; what each pattern is about is written in the knowledge."""

    asks: re.Pattern[str]
    decides: re.Pattern[str]
    agrees: re.Pattern[str]
    refuses: re.Pattern[str]
    stops: re.Pattern[str]
    verdict: re.Pattern[str]
    allows: re.Pattern[str]
    filled: re.Pattern[str]
    promise: re.Pattern[str]
    unanswered: frozenset[str]
    consequential: frozenset[str]


@dataclass(frozen=True, slots=True)
class Loops:
    """How loops around a model are written; what each pattern is about is written in the knowledge."""

    tools: frozenset[str]
    offers: frozenset[str]
    waits: re.Pattern[str]
    counts: re.Pattern[str]
    chosen: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Told:
    """Where it is written what a model is told; what each is about is written in the knowledge."""

    described: frozenset[str]
    instructed: frozenset[str]
    files: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Unheard:
    """What is taken for granted of calls of unknown libraries; what each is about is written in the knowledge."""

    lookups: re.Pattern[str]
    makes: re.Pattern[str]
    other: frozenset[str]


@dataclass(frozen=True, slots=True)
class Trait:
    """How a text is spelled that has a trait, if that tells it: without two characters, or without one at its start."""

    lacks: str
    begins: str


@dataclass(frozen=True, slots=True)
class Kinds:
    """How messages name each kind, which attributes of a source hold no content, and what makes content harmless.

    `harmless_prefix`: the text before the untrusted part; `allowed_start`: what an allow-list asks for; `dangerous`:
    sets of characters of each of which an attack on the kind needs one; `quoted`: kinds for which a value between
    quotes that it cannot contain is safe; `decided_by`: the element of a list that alone matters; `meant`: names of
    parts that are sent to become it; `traits`: what can be known of a value beside the kinds that it is safe for;
    `safe_with`: those that together make a value safe for a kind; `prompts`: the names of the arguments in which a
    model is given its prompt; `keeping`: the last names of calls that put what they are given into the answer of a tool
    as it is; `approval`: how programs speak of a person's approval; `loops`: how they write loops around a model;
    `told`: where they keep what it is told; `lists`: the names of those in which a `*` allows everything;
    `tenants`: names of what tells one tenant from another; `unknown`: what is taken for granted of calls of unknown
    libraries.
    """

    sources: Mapping[str, str]
    inert: Mapping[str, frozenset[str]]
    sinks: Mapping[str, str]
    capabilities: Mapping[str, str]
    harmless_prefix: Mapping[str, re.Pattern[str]]
    allowed_start: Mapping[str, re.Pattern[str]]
    dangerous: Mapping[str, tuple[frozenset[str], ...]]
    quoted: frozenset[str]
    decided_by: Mapping[str, str]
    meant: Mapping[str, re.Pattern[str]]
    traits: Mapping[str, Trait]
    safe_with: Mapping[str, frozenset[str]]
    prompts: frozenset[str]
    keeping: frozenset[str]
    approval: Approval
    loops: Loops
    told: Told
    lists: frozenset[str]
    tenants: re.Pattern[str]
    unknown: Unheard

    def safe(self, kind: str, cleaned: frozenset[str]) -> bool:
        """Whether a value is safe for a kind of sink, by what is known of it."""
        return kind in cleaned or (kind in self.safe_with and self.safe_with[kind] <= cleaned)

    def traits_of(self, pattern: str) -> frozenset[str]:
        """The traits of all texts that fully match a regular expression."""
        spelled = {name: trait for name, trait in self.traits.items() if trait.lacks or trait.begins}
        found = {name: ends(pattern, trait.lacks) for name, trait in spelled.items()}
        return frozenset(
            name
            for name, known in found.items()
            if known is not None and not known.holds and self.traits[name].begins not in known.first
        )

    def harmless(self, characters: frozenset[str]) -> frozenset[str]:
        """The kinds for which a text that is made of these characters only is safe, and the quotes that it lacks."""
        kinds = (kind for kind, needed in self.dangerous.items() if any(not characters & needs for needs in needed))
        return frozenset(kinds) | (QUOTES - characters)

    def joined(self, separator: str) -> frozenset[str]:
        """The kinds for which a text is safe that is made of safe pieces with this between them."""
        unsafe = (kind for kind, needed in self.dangerous.items() if all(set(separator) & needs for needs in needed))
        return frozenset(self.sinks) - frozenset(unsafe)

    def fixed(self, start: str) -> frozenset[str]:
        """The kinds for which what follows this beginning of a text does no harm."""
        return frozenset(kind for kind, pattern in self.harmless_prefix.items() if start and pattern.search(start))

    def allowed(self, start: str) -> frozenset[str]:
        """The kinds for which a check for a beginning is an allow-list."""
        return frozenset(kind for kind, pattern in self.allowed_start.items() if pattern.search(start))


def load_kinds(knowledge: Knowledge) -> Kinds:
    """Read the kinds, which are those of the built-in knowledge."""
    data: Mapping[str, Mapping[str, Any]] = knowledge.load(builtin_root() / "schema" / "kinds.yml")
    named = {
        role: {kind: row["name"] for kind, row in data[role].items()} for role in ("sources", "sinks", "capabilities")
    }
    prefixes, starts, meant = (
        {kind: re.compile(row[key]) for kind, row in {**data["sinks"], **data["traits"]}.items() if key in row}
        for key in ("harmless_prefix", "allowed_start", "meant")
    )
    dangerous = {
        kind: tuple(frozenset(row[key]) for key in ("dangerous", "needed") if key in row)
        for kind, row in data["sinks"].items()
        if "dangerous" in row
    }
    decided = {kind: str(row["decided_by"]) for kind, row in data["sinks"].items() if "decided_by" in row}
    together = {kind: frozenset(row["safe_with"]) for kind, row in data["sinks"].items() if "safe_with" in row}
    quoted = frozenset(kind for kind, row in data["sinks"].items() if row.get("quoted"))
    inert = {kind: frozenset(row.get("inert", ())) for kind, row in data["sources"].items()}
    prompts = frozenset(name for row in data["sources"].values() for name in row.get("prompts", ()))
    return Kinds(
        named["sources"],
        inert,
        named["sinks"],
        named["capabilities"],
        prefixes,
        starts,
        dangerous,
        quoted,
        decided,
        meant,
        {name: Trait(row.get("lacks", ""), row.get("begins", "")) for name, row in data["traits"].items()},
        together,
        prompts,
        frozenset(data["answers"]["tool-answer"]["keeping"]),
        _approval(data["approval"]),
        Loops(
            frozenset(data["loops"]["tools"]),
            frozenset(data["loops"]["offers"]),
            re.compile(data["loops"]["waits"]),
            re.compile(data["loops"]["counts"]),
            re.compile(data["loops"]["chosen"]),
        ),
        Told(
            frozenset(data["told"]["described"]),
            frozenset(data["told"]["instructed"]),
            re.compile(data["told"]["files"]),
        ),
        frozenset(data["lists"]),
        re.compile(data["tenants"]["names"]),
        _unheard(data["unknown"]),
    )


def _unheard(data: Mapping[str, Any]) -> Unheard:
    return Unheard(re.compile(data["lookups"]), re.compile(data["makes"]), frozenset(data["other"]))


def _approval(data: Mapping[str, Any]) -> Approval:
    return Approval(
        asks=re.compile(data["asks"]),
        decides=re.compile(data["decides"]),
        agrees=re.compile(data["agrees"]),
        refuses=re.compile(data["refuses"]),
        stops=re.compile(data["stops"]),
        verdict=re.compile(data["verdict"]),
        allows=re.compile(data["allows"]),
        filled=re.compile(data["filled"]),
        promise=re.compile(data["promise"]),
        unanswered=frozenset(data["unanswered"]),
        consequential=frozenset(data["consequential"]),
    )
