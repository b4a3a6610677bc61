"""Standards that rules refer to: `cwe:78` becomes an entry of a taxonomy with its title and address.

Takes the files of `rules/standards/`, gives taxonomies; reports, `explain` and the tests of the catalogue resolve
references with them. Only the taxonomies that are referred to are read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aisafety_lint.errors import UserError
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a taxonomy; `usage` says whether findings may be mapped to it: allowed, discouraged, prohibited."""

    id: str
    title: str
    url: str
    usage: str = "allowed"


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A standard with its entries by id.

    `short` is the pattern by which a short reference becomes an id (`CWE-{}` makes `78` mean `CWE-78`), `sarif` says
    whether SARIF output carries it, `guid` identifies it there.
    """

    key: str
    name: str
    version: str
    organization: str
    url: str
    guid: str
    sarif: bool
    short: str
    entries: Mapping[str, Entry] = field(repr=False)

    def entry(self, name: str) -> Entry:
        """The entry with this id or short id; raises KeyError where there is none."""
        return self.entries[name] if name in self.entries else self.entries[self.short.format(name)]


def load_standards(knowledge: Knowledge, references: Iterable[str] | None = None) -> dict[str, Taxonomy]:
    """Read the taxonomies that the references name (all by default), by key in the order of their names.

    Raises UserError where a reference names no taxonomy or no entry.
    """
    wanted = None if references is None else sorted(set(references))
    keys = None if wanted is None else {reference.partition(":")[0] for reference in wanted}
    models = knowledge.models("standards")
    found = {key: _build(key, data) for key, data in models if keys is None or key in keys}
    for reference in wanted or ():
        try:
            resolve(reference, found)
        except KeyError:
            raise UserError(f"`{reference}` names no entry of a known standard", hint=_hint(reference, found)) from None
    return dict(sorted(found.items()))


def named(key: str, knowledge: Knowledge) -> Taxonomy:
    """The standard that somebody asked for; raises UserError where there is none of this name."""
    known = load_standards(knowledge)
    if key not in known:
        raise UserError(f"unknown standard `{key}`", did_you_mean(key, known, f"it is one of {', '.join(known)}"))
    return known[key]


class _Standards(Mapping[str, Taxonomy]):
    """The taxonomies that some references name, read when somebody asks: most reports only repeat the references."""

    def __init__(self, knowledge: Knowledge, references: Iterable[str]) -> None:
        self._knowledge = knowledge
        self._references = tuple(references)

    @cached_property
    def _known(self) -> dict[str, Taxonomy]:
        return load_standards(self._knowledge, self._references)

    def __getitem__(self, key: str) -> Taxonomy:
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def standards_of(knowledge: Knowledge, references: Iterable[str]) -> Mapping[str, Taxonomy]:
    """The taxonomies that the references name; those of the user's rules are read at once, for they may be wrong."""
    return load_standards(knowledge, references) if knowledge.roots[1:] else _Standards(knowledge, references)


def resolve(reference: str, standards: Mapping[str, Taxonomy]) -> tuple[Taxonomy, Entry]:
    """Find what `taxonomy:entry` names; raises KeyError where the taxonomy or the entry is unknown."""
    key, _, name = reference.partition(":")
    taxonomy = standards[key]
    return taxonomy, taxonomy.entry(name)


def _hint(reference: str, standards: Mapping[str, Taxonomy]) -> str:
    key = reference.partition(":")[0]
    if key not in standards:
        return "the standards are the files of rules/standards"
    return f"the entries are listed in rules/standards/{key}.yml"


def _build(key: str, data: Mapping[str, Any]) -> Taxonomy:
    try:
        entries = {
            row["id"]: Entry(row["id"], row["title"], row.get("url", data["url"]), row.get("usage", "allowed"))
            for row in data["entries"]
        }
        return Taxonomy(
            key=key,
            name=data["name"],
            version=data["version"],
            organization=data["organization"],
            url=data["url"],
            guid=data["guid"],
            sarif=data["sarif"],
            short=data.get("short", "{}"),
            entries=entries,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"rules/standards/{key}.yml is incomplete or wrong: {error}") from error
