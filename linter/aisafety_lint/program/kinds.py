"""The vocabulary of sink kinds, source kinds and capabilities, as declared in `rules/schema/kinds.yml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aisafety_lint.knowledge import Knowledge, builtin_root


@dataclass(frozen=True, slots=True)
class Kinds:
    """How messages name each kind, and what makes content harmless for a sink kind.

    `harmless_prefix`: the text before the untrusted part; `dangerous`: the characters an attack on the kind needs;
    `quoted`: kinds for which a value between quotes that it cannot contain is safe.
    """

    sources: Mapping[str, str]
    sinks: Mapping[str, str]
    capabilities: Mapping[str, str]
    harmless_prefix: Mapping[str, re.Pattern[str]]
    dangerous: Mapping[str, frozenset[str]]
    quoted: frozenset[str]


def load_kinds(knowledge: Knowledge) -> Kinds:
    """Read the kinds, which are those of the built-in knowledge."""
    data: Mapping[str, Mapping[str, Any]] = knowledge.load(builtin_root() / "schema" / "kinds.yml")
    named = {
        role: {kind: row["name"] for kind, row in data[role].items()} for role in ("sources", "sinks", "capabilities")
    }
    prefixes = {
        kind: re.compile(row["harmless_prefix"]) for kind, row in data["sinks"].items() if "harmless_prefix" in row
    }
    dangerous = {kind: frozenset(row["dangerous"]) for kind, row in data["sinks"].items() if "dangerous" in row}
    quoted = frozenset(kind for kind, row in data["sinks"].items() if row.get("quoted"))
    return Kinds(named["sources"], named["sinks"], named["capabilities"], prefixes, dangerous, quoted)
