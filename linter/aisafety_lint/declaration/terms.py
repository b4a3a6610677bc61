"""What the words of a declaration mean: `rules/evals/declaration.yml` as a type."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aisafety_lint.errors import UserError
from aisafety_lint.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Wanted:
    """What makes a limit necessary: one of these effects, or one of these groups of users."""

    effects: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """The effects by their strength with the capabilities that show them, and the lists that the checks go by."""

    effects: Mapping[str, frozenset[str]]
    weak: frozenset[str]
    own: frozenset[str]
    consequential: frozenset[str]
    inputs: Mapping[str, frozenset[str]]
    grave: frozenset[str]
    sensitive: frozenset[str]
    harms: Mapping[str, frozenset[str]]
    limits: Mapping[str, Wanted]
    blanks: re.Pattern[str]
    questions: Mapping[str, str]
    tracing: frozenset[str]
    retention: Mapping[str, str]

    def effect(self, capabilities: Collection[str]) -> str:
        """The strongest effect that some capabilities show; empty without any."""
        return next((name for name, shown in self.effects.items() if not shown.isdisjoint(capabilities)), "")

    def rank(self, effect: str) -> int:
        """0 for what only reads, 1 for what writes, 2 for what has consequences, -1 for what is no effect."""
        if effect in self.consequential:
            return 2
        return {"read": 0, "write": 1}.get(effect, -1)


def load_terms(knowledge: Knowledge) -> Terms:
    """Read the terms; raises UserError where a user's own file does not have all of them."""
    data = next(model for _, model in knowledge.models("evals") if model.get("kind") == "declaration")
    try:
        return _terms(data)
    except (KeyError, TypeError, AttributeError, re.error) as error:
        hint = "the form is rules/schema/eval.schema.json"
        raise UserError(f"evals/declaration.yml: cannot be used: {error}", hint) from error


def _terms(data: Mapping[str, Any]) -> Terms:
    return Terms(
        effects={name: frozenset(shown) for name, shown in data["effects"].items()},
        weak=frozenset(data["weak"]),
        own=frozenset(data["own"]),
        consequential=frozenset(data["consequential"]),
        inputs={name: frozenset(shown) for name, shown in data["inputs"].items()},
        grave=frozenset(data["grave"]),
        sensitive=frozenset(data["sensitive"]),
        harms={name: frozenset(dimensions) for name, dimensions in data["harms"].items()},
        limits={
            name: Wanted(frozenset(row.get("effects", ())), frozenset(row.get("users", ())))
            for name, row in data["limits"].items()
        },
        blanks=re.compile("|".join(f"(?:{pattern})" for pattern in data["blanks"])),
        questions=dict(data["questions"]),
        tracing=frozenset(data["tracing"]),
        retention=dict(data["retention"]),
    )
