"""Kinds of manifests: which files they are, by name, bytes and shape, and where in them the grants are.

The files `rules/manifests/*.yml` become `Kinds`; `candidates` is the cheap question asked of every file of a project,
`recognise` the exact one asked of a parsed document.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aisafety_lint.errors import UserError
from aisafety_lint.finding import Notification
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.manifests.documents import Syntax
from aisafety_lint.manifests.embedded import parse_embedded
from aisafety_lint.manifests.launch import Program, program_from
from aisafety_lint.manifests.lists import items_of
from aisafety_lint.manifests.needed import Groups, needed
from aisafety_lint.manifests.nodes import Document, Scalar
from aisafety_lint.manifests.places import Place, place_of
from aisafety_lint.manifests.predicates import Captured, Context, Predicate, Vocabulary, meets
from aisafety_lint.manifests.query import Match, check_query, finds, roots
from aisafety_lint.manifests.signatures import Signature, is_wide

_EXPRESSIONS = ("version", "pinned", "source", "fixed-source")
# In these, keys and texts stand in the file as they are.
_SPELLED_OUT = ("yaml", "json", "toml")


@dataclass(frozen=True, slots=True)
class Embedded:
    """Text scalars of a kind that hold a document of another kind.

    `expressions` is a pattern of what the outer language fills in before the document is read.
    """

    at: str
    kind: str
    expressions: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of manifest.

    `signature` sorts out candidates; `shape` are places of which one must find something; `facts` is what only checks
    with logic of their own understand.
    """

    id: str
    title: str
    syntax: Syntax
    signature: Signature
    shape: tuple[str, ...]
    places: Mapping[str, Place]
    embedded: tuple[Embedded, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Kinds:
    """All kinds by id, and the vocabulary that their predicates and those of the rules share."""

    by_id: Mapping[str, Kind]
    vocabulary: Vocabulary

    def may_be(self, kind: Kind, path: str, data: bytes) -> bool:
        """Whether a file with these bytes may hold what the shape of a kind asks for."""
        if kind.syntax not in _SPELLED_OUT or not kind.shape or is_wide(data):
            return True
        lowered = data.lower()
        return any(all(group.is_in(path, lowered) for group in groups) for groups in self._needed(kind))

    def _needed(self, kind: Kind) -> tuple[Groups, ...]:
        found = self._known.get(kind.id)
        if found is None:
            found = self._known[kind.id] = needed(kind.shape, kind.places, self.vocabulary)
        return found

    @cached_property
    def _known(self) -> dict[str, tuple[Groups, ...]]:
        return {}


@dataclass(frozen=True)
class Manifest:
    """A recognised manifest: one root of a document, read as one kind."""

    path: str
    kind: Kind
    document: Document
    root: Match = field(repr=False)
    kinds: Kinds = field(repr=False, compare=False)

    @cached_property
    def context(self) -> Context:
        """What predicates may ask about this manifest."""
        return Context(self.kinds.vocabulary, self.path, self.kind.id)

    def select(self, name: str) -> tuple[Match, ...]:
        """The nodes at a named place of the kind (none where it has no such place) or at a path (`$...`)."""
        return tuple(match for match, _ in self.captures(name))

    def captures(self, name: str) -> tuple[tuple[Match, Captured], ...]:
        """The same nodes, each with what the predicate of the place captured for the message."""
        if name.startswith("$"):
            return tuple((match, {}) for match in self.root.select(name))
        place = self.kind.places.get(name)
        if place is None:
            return ()
        found = [pair for query in place.queries for pair in self.captures(query)]
        if place.then:
            found = [(match, words) for owner, words in found for query in place.then for match in owner.select(query)]
        if place.items:
            found = [(item, words) for owner, words in found for item in items_of(owner)]
        if place.where is None:
            return tuple(found)
        judged = ((match, words, meets(match, place.where, self.context)) for match, words in found)
        return tuple((match, {**words, **more}) for match, words, more in judged if more is not None)

    @cached_property
    def servers(self) -> tuple[Match, ...]:
        """The tool servers that the manifest starts or connects to."""
        return self.select("servers")

    def server_of(self, match: Match) -> str:
        """The name of the tool server that a node belongs to; empty where it belongs to none."""
        names = self._server_names
        return next((names[match.parts[:n]] for n in range(len(match.parts), 0, -1) if match.parts[:n] in names), "")

    @cached_property
    def _server_names(self) -> dict[tuple[str | int, ...], str]:
        return {server.parts: server.name for server in self.servers}


def load_kinds(knowledge: Knowledge) -> Kinds:
    """Read the manifest kinds and what they share from the knowledge; a later file with the same name wins.

    Raises UserError, naming the file, for a path or a key that is not valid.
    """
    by_id: dict[str, Kind] = {}
    lists: dict[str, tuple[Any, ...]] = {}
    programs: dict[str, Program] = {}
    predicates: dict[str, Predicate] = {}
    for root in knowledge.roots:
        # What the linter brings along is checked by its tests.
        check = root != builtin_root()
        for stem, content in Knowledge((root,), knowledge.compiled).models("manifests"):
            try:
                lists.update((name, tuple(words)) for name, words in content.get("lists", {}).items())
                programs.update((name, program_from(name, data)) for name, data in content.get("programs", {}).items())
                predicates.update(content.get("predicates", {}))
                if "files" in content or "places" in content:
                    by_id[stem] = _kind(stem, content)
                if check:
                    check_kind(content)
            except (KeyError, TypeError, AttributeError, re.error) as error:
                raise UserError(f"manifests/{stem}.yml is incomplete or wrong: {error}") from error
            except UserError as error:
                raise UserError(f"manifests/{stem}.yml: {error.message}", error.hint) from error
    return Kinds(by_id, Vocabulary(lists, programs, predicates))


def check_kind(content: Mapping[str, Any]) -> None:
    """Raise UserError or `re.error` for a path or a regular expression in the file of a kind that is not valid."""
    for data in content.get("programs", {}).values():
        for key in _EXPRESSIONS:
            re.compile(data.get(key, ""))
    for entry in content.get("embedded", ()):
        re.compile(entry.get("expressions", ""))
    places = content.get("places", {})
    for query in (
        *content.get("shape", ()),
        *(query for given in places.values() for query in _queries(place_of(given))),
    ):
        if query.startswith(("$", "@")):
            check_query(query)
        elif query not in places:
            raise UserError(f"`{query}` is neither a path nor a named place", hint="a path starts with `$`")


def plausible(path: str, data: bytes, among: Iterable[Kind]) -> bool:
    """Whether a JSON file, before its places are known, may be of one of its candidates: the paths of a shape find
    something in it. True where it is not plain JSON, and where its name says what it is.
    """
    if any(kind.signature.names(path) for kind in among):
        return True
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return True
    return any(not kind.shape or any(_may_find(kind, name, content) for name in kind.shape) for kind in among)


def _may_find(kind: Kind, name: str, content: Any) -> bool:
    """Whether a path or the paths of a named place find anything in plain data, their predicates aside."""
    if name.startswith("$"):
        return finds(name, content)
    place = kind.places.get(name)
    return place is not None and any(_may_find(kind, query, content) for query in place.queries)


def recognise(path: str, document: Document, kinds: Kinds, among: Iterable[Kind]) -> tuple[Manifest, ...]:
    """The manifests in a document, those embedded in its texts included; `among` are its candidates.

    Each root of a YAML stream is judged by itself.
    """
    found: list[Manifest] = []
    for kind in among:
        # JSON is a part of YAML, and some products read both.
        if document.syntax not in (kind.syntax, "json" if kind.syntax == "yaml" else kind.syntax):
            continue
        for root in roots(document):
            manifest = Manifest(path, kind, document, root, kinds)
            if not kind.shape or any(manifest.select(name) for name in kind.shape):
                found.append(manifest)
                found.extend(_inside(manifest, kinds))
    return tuple(found)


def missed(path: str, document: Document, among: Iterable[Kind]) -> tuple[Notification, ...]:
    """The notifications of a broken document that was not recognised although its name says what it is.

    A name that says nothing (`**/*.yml`) does not count: most of those files are none of ours.
    """
    if not any(kind.signature.names(path) for kind in among):
        return ()
    return tuple(note for note in document.notifications if note.id == "broken-document")


def _inside(manifest: Manifest, kinds: Kinds) -> Iterator[Manifest]:
    for embedded in manifest.kind.embedded:
        kind = kinds.by_id.get(embedded.kind)
        if kind is None:
            continue
        for match in manifest.select(embedded.at):
            if isinstance(match.node, Scalar) and isinstance(match.node.value, str):
                document = parse_embedded(match.node, kind.syntax, embedded.expressions)
                yield from recognise(manifest.path, document, kinds, (kind,))


def _kind(stem: str, content: Mapping[str, Any]) -> Kind:
    return Kind(
        id=stem,
        title=content["title"],
        syntax=content["syntax"],
        signature=Signature.of(content),
        shape=tuple(content.get("shape", ())),
        places={name: place_of(given) for name, given in content.get("places", {}).items()},
        embedded=tuple(Embedded(**entry) for entry in content.get("embedded", ())),
        facts=content.get("facts", {}),
    )


def _queries(place: Place) -> tuple[str, ...]:
    return (*place.queries, *place.then)
