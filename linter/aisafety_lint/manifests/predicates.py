"""The predicate language of manifest rules and kinds: what data can say about a selected node.

A predicate is a mapping; all its keys must hold. `meets` gives what it captured for the message, or None where it does
not hold. The keys are described in `rules/schema/predicate.schema.json`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase, translate
from functools import lru_cache
from typing import Any, TypeAlias

from aisafety_lint.errors import UserError
from aisafety_lint.manifests.hosts import url_meets
from aisafety_lint.manifests.launch import Launch, Package, Program, launch_of, package_of
from aisafety_lint.manifests.literals import is_literal_secret
from aisafety_lint.manifests.nodes import Array, Node, Object, Scalar
from aisafety_lint.manifests.query import Match

Captured: TypeAlias = Mapping[str, str]
Predicate: TypeAlias = Mapping[str, Any]

_NOTHING: Captured = {}
_SWITCHED_ON = ("true", "yes", "on", "1")
# Whatever a file holds, a regular expression of a rule sees no more of one value than this.
_LONGEST_TEXT = 20_000
_SWITCHED_OFF = ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What predicates refer to by name: word lists, programs with how their command lines are read, predicates."""

    lists: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    programs: Mapping[str, Program] = field(default_factory=dict)
    predicates: Mapping[str, Predicate] = field(default_factory=dict)

    def words(self, given: Any) -> tuple[Any, ...]:
        """A list as written, or by name: `{list: name}`."""
        if isinstance(given, Mapping):
            try:
                return self.lists[given["list"]]
            except KeyError as error:
                raise UserError(f"there is no word list {error} for manifests") from error
        return tuple(given) if isinstance(given, (list, tuple)) else (given,)


@dataclass(frozen=True, slots=True)
class Context:
    """What a predicate may ask beside the node: the vocabulary, and path and kind of the manifest.

    `settled` is what was found about whole documents, which is the same for each of their nodes; `rests` are what
    predicates ask of the nodes that they move to. Both keep the predicate, so that no other one gets its number. `held`
    is which predicates with a name hold of which nodes: several places ask for the same.
    """

    vocabulary: Vocabulary
    path: str = ""
    kind: str = ""
    settled: "dict[tuple[int, int], tuple[Predicate, Captured | None]]" = field(
        default_factory=dict, repr=False, compare=False
    )
    held: "dict[tuple[str, int, tuple[str | int, ...]], tuple[Match, Captured | None]]" = field(
        default_factory=dict, repr=False, compare=False
    )
    launches: dict[int, tuple[Node, Launch | None]] = field(default_factory=dict, repr=False, compare=False)
    rests: dict[int, tuple[Predicate, Predicate]] = field(default_factory=dict, repr=False, compare=False)

    def launch(self, node: Node) -> Launch | None:
        """The command line that a node is."""
        known = self.launches.get(id(node))
        if known is None:
            known = self.launches[id(node)] = node, launch_of(node, self.vocabulary.programs)
        return known[1]

    def rest(self, predicate: Predicate) -> Predicate:
        """A predicate without the keys that say where to."""
        known = self.rests.get(id(predicate))
        if known is None:
            rest = {name: argument for name, argument in predicate.items() if name not in ("at", "every")}
            known = self.rests[id(predicate)] = predicate, rest
        return known[1]


def meets(match: Match, predicate: Predicate, context: Context) -> Captured | None:
    """Whether a node meets a predicate: what was captured for the message (often nothing), or None.

    Raises UserError for a key that the language does not have.
    """
    captured: dict[str, str] = {}
    if "at" in predicate or "every" in predicate:
        return _elsewhere(match, predicate, context)
    for name, argument in predicate.items():
        test = _TESTS.get(name)
        if test is None:
            raise UserError(f"a manifest predicate has no key `{name}`", hint=f"it has {', '.join(sorted(_TESTS))}")
        found = test(match, argument, context)
        if found is None or found is False:
            return None
        if found is not True:
            captured.update(found)
    return captured


def _elsewhere(match: Match, predicate: Predicate, context: Context) -> Captured | None:
    """Move to the nodes that `at` (one must meet the rest) or `every` (all must, and there is one) selects."""
    queries = predicate.get("at", predicate.get("every", ()))
    if not _are_about_all(queries):
        return _moved(match, predicate, context)
    asked = id(match.root.node), id(predicate)
    if asked not in context.settled:
        context.settled[asked] = predicate, _moved(match, predicate, context)
    return context.settled[asked][1]


def _are_about_all(queries: str | Iterable[str]) -> bool:
    """Whether queries select from the whole document."""
    return all(query[:1] == "$" for query in ([queries] if isinstance(queries, str) else queries))


def _moved(match: Match, predicate: Predicate, context: Context) -> Captured | None:
    rest = context.rest(predicate)
    if "at" in predicate:
        for node in _select(match, predicate["at"]):
            if (captured := meets(node, rest, context)) is not None:
                return captured
        return None
    nodes = _select(match, predicate["every"])
    all_captured = [meets(node, rest, context) for node in nodes]
    return all_captured[0] if nodes and None not in all_captured else None


def _select(match: Match, queries: str | Iterable[str]) -> list[Match]:
    if isinstance(queries, str):
        return list(match.select(queries))
    return [found for query in queries for found in match.select(query)]


def _text(match: Match) -> str | None:
    """The text of a scalar: a string's value, else the word as written."""
    if not isinstance(match.node, Scalar):
        return None
    return match.node.value if isinstance(match.node.value, str) else match.node.raw


def _equals(match: Match, argument: Any, context: Context) -> bool:
    if not isinstance(match.node, Scalar):
        return bool(match.data == argument)
    value = match.node.value
    if type(value) is type(argument):
        return bool(value == argument)
    return isinstance(argument, str) and not match.node.quoted and match.node.raw == argument


def _in(match: Match, argument: Any, context: Context) -> bool:
    words = context.vocabulary.words(argument)
    if isinstance(match.node, Scalar) and isinstance(match.node.value, str):
        # As `_equals`: of a text only a text is asked for.
        return match.node.value in _texts(words)
    return any(_equals(match, value, context) for value in words)


def _enabled(match: Match, argument: bool, context: Context) -> bool:
    words = _SWITCHED_ON if argument else _SWITCHED_OFF
    return (_text(match) or "").strip().lower() in words


def _like(match: Match, argument: Any, context: Context) -> bool:
    text = _text(match)
    return text is not None and _globs(context.vocabulary.words(argument)).match(text) is not None


def _matches(match: Match, argument: Any, context: Context) -> Captured | None:
    text = _text(match)
    if text is None:
        return None
    if isinstance(argument, Mapping):
        pattern = argument["form"].replace("WORD", _alternatives(context.vocabulary.words(argument)))
    else:
        pattern = argument
    found = _regex(pattern).search(text, 0, _LONGEST_TEXT)
    if found is None:
        return None
    return {name: value for name, value in found.groupdict().items() if value is not None}


@lru_cache(maxsize=512)
def _texts(words: tuple[Any, ...]) -> frozenset[str]:
    return frozenset(word for word in words if isinstance(word, str))


@lru_cache(maxsize=512)
def _globs(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Globs as one expression; most of what it is asked about is like none of them."""
    return re.compile("|".join(map(translate, globs)) or r"(?!)")


@lru_cache(maxsize=512)
def _alternatives(words: tuple[str, ...]) -> str:
    return "(?:" + "|".join(re.escape(word) for word in words) + ")"


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UserError(f"`{pattern}` is not a regular expression: {error}") from error


def _contains(match: Match, argument: Any, context: Context) -> bool:
    if isinstance(match.node, Array):
        return any(_equals(child, argument, context) for child in match.children())
    if isinstance(match.node, Object):
        return argument in match.node.index
    return argument in (_text(match) or "")


def _type(match: Match, argument: Any, context: Context) -> bool:
    node = match.node
    if isinstance(node, Scalar):
        value = node.value
        name = {str: "string", bool: "boolean", int: "number", float: "number"}.get(type(value), "null")
    else:
        name = "array" if isinstance(node, Array) else "object"
    return name in context.vocabulary.words(argument)


def _number(match: Match, compare: Callable[[float], bool]) -> bool:
    value = match.node.value if isinstance(match.node, Scalar) else None
    return isinstance(value, (int, float)) and not isinstance(value, bool) and compare(value)


def _key(match: Match, argument: Predicate, context: Context) -> Captured | None:
    if match.key is None:
        return None
    return meets(Match(match.key, match.key.raw), argument, context)


def _parent(match: Match, argument: Predicate, context: Context) -> Captured | None:
    return None if match.parent is None else meets(match.parent, argument, context)


def _later(match: Match) -> Iterator[Match]:
    """The nodes that stand after this one in the same object or array."""
    beside = () if match.parent is None else match.parent.children()
    return (other for other in beside if other.node.start > match.node.start)


def _followed(match: Match, argument: Predicate, context: Context) -> bool:
    return any(meets(other, argument, context) is not None for other in _later(match))


def _covered_later(match: Match, argument: Predicate, context: Context) -> bool:
    """Where the last pattern that fits decides, a later and wider one takes the effect from this one."""
    name = "" if match.key is None else match.key.raw
    covering = (other for other in _later(match) if other.key is not None and fnmatchcase(name, other.key.raw))
    return any(meets(other, argument, context) is not None for other in covering)


def _all(match: Match, argument: Iterable[Predicate], context: Context) -> Captured | None:
    captured: dict[str, str] = {}
    for predicate in argument:
        found = meets(match, predicate, context)
        if found is None:
            return None
        captured.update(found)
    return captured


def _any(match: Match, argument: Iterable[Predicate], context: Context) -> Captured | None:
    for predicate in argument:
        if (captured := meets(match, predicate, context)) is not None:
            return captured
    return None


def _some(match: Match, argument: Iterable[Predicate], context: Context) -> Captured | None:
    """One of the predicates holds; of all that do, the words for the same name are listed."""
    found = [captured for predicate in argument if (captured := meets(match, predicate, context)) is not None]
    if not found:
        return None
    words: dict[str, dict[str, None]] = {}
    for captured in found:
        for name, value in captured.items():
            words.setdefault(name, {})[value] = None
    return {name: ", ".join(values) for name, values in words.items()}


def _is(match: Match, argument: str, context: Context) -> Captured | None:
    asked = argument, id(match.root.node), match.parts
    known = context.held.get(asked)
    if known is None:
        try:
            known = match, meets(match, context.vocabulary.predicates[argument], context)
        except KeyError as error:
            raise UserError(f"there is no predicate {error} for manifests") from error
        context.held[asked] = known
    return known[1]


def _among(match: Match, argument: str, context: Context) -> bool:
    """The value is one of those that the path finds, from the nearest place around the node where it finds any."""
    around: Match | None = match
    while around is not None:
        values = [found.data for found in around.select(argument)]
        if values:
            return match.data in values
        around = around.parent
    return False


def _at_least(match: Match, argument: Mapping[str, Any], context: Context) -> bool:
    held = sum(meets(match, predicate, context) is not None for predicate in argument["of"])
    return bool(held >= argument["count"])


def _launch(match: Match, argument: Mapping[str, Any], context: Context) -> Captured | None:
    launch = context.launch(match.node)
    if launch is None:
        return None
    captured = {"program": launch.program}
    words = context.vocabulary.words
    if "program" in argument and launch.program not in words(argument["program"]):
        return None
    for line in [argument["line"]] if isinstance(argument.get("line"), str) else argument.get("line", ()):
        found = _regex(line).search(launch.line, 0, _LONGEST_TEXT)
        if found is None:
            return None
        captured.update({name: value for name, value in found.groupdict().items() if value is not None})
    if "argument" in argument:
        return _argument(launch, argument["argument"], captured, context)
    if "package" in argument:
        return _package(package_of(launch, context.vocabulary.programs), argument["package"], captured, context)
    return captured


def _argument(launch: Launch, predicate: Predicate, captured: dict[str, str], context: Context) -> Captured | None:
    """One word after the program meets the predicate."""
    for word in launch.words[1:]:
        found = meets(Match(word.node, word.node.value), predicate, context)
        if found is not None:
            return {**captured, "argument": word.text, **found}
    return None


def _package(
    package: Package | None, argument: Mapping[str, Any], captured: dict[str, str], context: Context
) -> Captured | None:
    if package is None or package.remote_source != argument.get("remote-source", False):
        return None
    if "pinned" in argument and package.pinned != argument["pinned"]:
        return None
    globs = context.vocabulary.words(argument.get("name", "*"))
    if not any(fnmatchcase(package.name, glob) for glob in globs):
        return None
    return {**captured, "package": package.word.text, "package-name": package.name}


_TESTS: Mapping[str, Callable[[Match, Any, Context], "Captured | bool | None"]] = {
    "equals": _equals,
    "in": _in,
    "enabled": _enabled,
    "like": _like,
    "matches": _matches,
    "contains": _contains,
    "type": _type,
    "above": lambda match, argument, context: _number(match, lambda value: value > argument),
    "below": lambda match, argument, context: _number(match, lambda value: value < argument),
    "empty": lambda match, argument, context: (match.data in ("", None, [], {})) == argument,
    "exists": lambda match, argument, context: bool(_select(match, argument)),
    "absent": lambda match, argument, context: not _select(match, argument),
    "key": _key,
    "parent": _parent,
    "followed-by": _followed,
    "covered-later": _covered_later,
    "all": _all,
    "any": _any,
    "not": lambda match, argument, context: meets(match, argument, context) is None,
    "some": _some,
    "is": _is,
    "among": _among,
    "says": lambda match, argument, context: argument,
    "at-least": _at_least,
    "url": lambda match, argument, context: url_meets(_text(match) or "", argument, context.vocabulary.words),
    "literal-secret": lambda match, argument, context: is_literal_secret(match.name, _text(match) or "") == argument,
    "launch": _launch,
    "path": lambda match, argument, context: any(
        fnmatchcase(f"/{context.path}", glob) for glob in context.vocabulary.words(argument)
    ),
    "kind": lambda match, argument, context: context.kind in context.vocabulary.words(argument),
}
