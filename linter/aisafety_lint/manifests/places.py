"""The named places of a kind of manifest, as its file writes them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aisafety_lint.manifests.predicates import Predicate


@dataclass(frozen=True, slots=True)
class Place:
    """A named place of a kind: RFC 9535 paths or other named places, paths below those, narrowed by a predicate.

    With `items` it is the items of what was found: of a list, or of a text that lists words.
    """

    queries: tuple[str, ...]
    then: tuple[str, ...] = ()
    where: Predicate | None = None
    items: bool = False


def place_of(given: str | list[str] | Mapping[str, Any]) -> Place:
    """A place as written: a path, several, or a mapping."""
    if isinstance(given, Mapping):
        return Place(_texts(given["of"]), _texts(given.get("then", ())), given.get("where"), given.get("items", False))
    return Place(_texts(given))


def _texts(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
