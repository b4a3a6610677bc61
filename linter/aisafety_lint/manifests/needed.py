"""Words without which a file holds nothing of a kind: read off the places of its shape, to sort out files unparsed.

What a place asks becomes groups of words in lower case, of each of which one has to stand in the bytes. What cannot be
told from words (a number, a negation, a wide expression) asks for nothing. Words are of characters that no syntax
escapes or folds.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from re import _parser  # type: ignore[attr-defined]  # by which the library itself reads expressions
from typing import Any

from aisafety_lint.manifests.places import Place
from aisafety_lint.manifests.predicates import Predicate, Vocabulary

_KEYS = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[((?:'[^']*'(?:, *)?)+)\]")
_WORD = re.compile(r"[a-z0-9_.:@-]+")
_GLOB = re.compile(r"[*?]|\[[^\]]*\]")
_LEAST, _MOST = 2, 400
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


@dataclass(frozen=True, slots=True)
class Group:
    """Words of which one is needed, and globs of paths that take their place.

    What is only `named` are keys: they say less than values, since a syntax has few of them and uses them everywhere.
    """

    words: frozenset[str]
    paths: tuple[str, ...] = ()
    named: bool = False

    def is_in(self, path: str, lowered: bytes) -> bool:
        """Whether a file has one of the words, or such a path."""
        for word in self.words:
            if word.encode() in lowered:
                return True
        return any(fnmatchcase(f"/{path}", glob) for glob in self.paths)


Groups = tuple[Group, ...]


def needed(shape: Iterable[str], places: Mapping[str, Place], vocabulary: Vocabulary) -> tuple[Groups, ...]:
    """What a file needs to hold something at each place of a shape; of these places one is enough."""
    asked = Asked(vocabulary)
    return tuple(_of_place(name, places, asked) for name in shape)


def _of_place(name: str, places: Mapping[str, Place], asked: "Asked") -> Groups:
    if name.startswith("$"):
        return keys_of(name)
    place = places.get(name)
    if place is None:
        return ()
    found = either(_of_place(query, places, asked) for query in place.queries)
    return (*found, *(keys_of(place.then) if place.then else ()), *asked.of(place.where))


@dataclass(frozen=True, slots=True)
class Asked:
    """Reads what is needed off predicates that share a vocabulary."""

    vocabulary: Vocabulary

    def of(self, predicate: Predicate | None) -> Groups:
        """What a node that meets a predicate needs."""
        found = [group for name, argument in (predicate or {}).items() for group in self._of_test(name, argument)]
        return tuple(found)

    def _of_test(self, name: str, argument: Any) -> Groups:
        read = _READ.get(name)
        return () if read is None else tuple(read(self, argument))

    def _values(self, argument: Any) -> Iterator[Group]:
        words = self.vocabulary.words(argument)
        yield from _one_of([_text(word) for word in words] if all(isinstance(word, str) for word in words) else [])

    def _globs(self, argument: Any) -> Iterator[Group]:
        yield from _one_of([_longest(_GLOB.split(glob)) for glob in self.vocabulary.words(argument)])

    def _pattern(self, argument: Any) -> Iterator[Group]:
        if isinstance(argument, Mapping):
            words = "|".join(re.escape(word) for word in self.vocabulary.words(argument))
            argument = argument["form"].replace("WORD", f"(?:{words})")
        yield from _of_expression(_parser.parse(argument))

    def _launch(self, argument: Mapping[str, Any]) -> Iterator[Group]:
        lines = argument.get("line", ())
        for line in [lines] if isinstance(lines, str) else lines:
            yield from self._pattern(line)
        if "program" in argument:
            yield from self._values(argument["program"])

    def _all(self, argument: Iterable[Predicate]) -> Iterator[Group]:
        for predicate in argument:
            yield from self.of(predicate)

    def _any(self, argument: Iterable[Predicate]) -> Iterator[Group]:
        yield from either(self.of(predicate) for predicate in argument)

    def _at_least(self, argument: Mapping[str, Any]) -> Iterator[Group]:
        """Of so many that may be missing and one more, one is there: of those that say most."""
        known = [best for predicate in argument["of"] if (best := _best(self.of(predicate))) is not None]
        enough = len(argument["of"]) - argument["count"] + 1
        if len(known) >= enough:
            yield from either((group,) for group in sorted(known, key=_telling, reverse=True)[:enough])


def keys_of(queries: str | Iterable[str]) -> Groups:
    """The keys that a path goes through, or that one of several does."""
    if isinstance(queries, str):
        named = [(match[1],) if match[1] else re.findall(r"'([^']*)'", match[2]) for match in _KEYS.finditer(queries)]
        found = (group for names in named for group in _one_of([_text(name) for name in names]))
        return tuple(replace(group, named=True) for group in found)
    return either(keys_of(query) for query in queries)


def either(alternatives: Iterable[Groups]) -> Groups:
    """What is needed where one of several things is: nothing as soon as one of them needs nothing."""
    best = [_best(groups) for groups in alternatives]
    known = [group for group in best if group is not None]
    if not known or len(known) < len(best):
        return ()
    words = frozenset(word for group in known for word in group.words)
    joined = Group(words, tuple(glob for group in known for glob in group.paths), any(group.named for group in known))
    return (joined,) if len(words) <= _MOST else ()


def _best(groups: Groups) -> Group | None:
    return max(groups, key=_telling, default=None)


def _telling(group: Group) -> tuple[bool, int, int]:
    """How much a group says: by what its words are, by the shortest of them, then by how few they are."""
    return not group.named, min(map(len, group.words), default=0), -len(group.words)


def _one_of(words: Iterable[str]) -> Groups:
    known = frozenset(words)
    if not known or len(known) > _MOST or min(map(len, known)) < _LEAST:
        return ()
    return (Group(known),)


def _text(text: str) -> str:
    return _longest([text])


def _longest(pieces: Iterable[str]) -> str:
    """The longest word in some pieces of text."""
    words = (word for piece in pieces for word in _WORD.findall(piece.lower()) if piece.isascii())
    return max(words, key=len, default="")


def _of_expression(parsed: Any) -> Groups:
    """The words without which nothing matches a regular expression, as the library has read it."""
    found: list[Group] = []
    run = ""
    for operator, argument in parsed:
        if str(operator) == "LITERAL":
            run += chr(argument)
            continue
        found += _one_of([_text(run)])
        run = ""
        found += _of_part(str(operator), argument)
    return (*found, *_one_of([_text(run)]))


def _of_part(operator: str, argument: Any) -> Groups:
    if operator == "BRANCH":
        return either(_of_expression(branch) for branch in argument[1])
    if operator == "SUBPATTERN":
        return _of_expression(argument[-1])
    if operator == "ATOMIC_GROUP":
        return _of_expression(argument)
    if operator in _REPEATS and argument[0] > 0:
        return _of_expression(argument[2])
    return ()


_READ: Mapping[str, Callable[[Asked, Any], Iterable[Group]]] = {
    "equals": Asked._values,
    "in": Asked._values,
    "like": Asked._globs,
    "matches": Asked._pattern,
    "contains": Asked._values,
    "launch": Asked._launch,
    "exists": lambda asked, argument: keys_of(argument),
    "at": lambda asked, argument: keys_of(argument),
    "every": lambda asked, argument: keys_of(argument),
    "key": Asked.of,
    "parent": Asked.of,
    "followed-by": Asked.of,
    "covered-later": Asked.of,
    "all": Asked._all,
    "any": Asked._any,
    "some": Asked._any,
    "at-least": Asked._at_least,
    "is": lambda asked, argument: asked.of(asked.vocabulary.predicates.get(argument)),
    "path": lambda asked, argument: [Group(frozenset(), tuple(asked.vocabulary.words(argument)))],
}
