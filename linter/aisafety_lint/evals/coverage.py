"""What a configuration tests: takes its value tree and the knowledge about its framework, gives the coverage.

Entries are expanded as the framework does it (groups, families, defaults, entries inside entries), entries that it
would drop are dropped, and what is left is compared with the entries that cover a dimension.
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import yaml

from aisafety_lint.evals.frameworks import Entries, Framework
from aisafety_lint.evals.model import DIMENSIONS, Addition, Cover, Problem, ProblemKind, everything
from aisafety_lint.evals.tree import at, is_empty, items, pair_at, text, texts
from aisafety_lint.manifests.documents import Array, Node, Object, Scalar
from aisafety_lint.source import Span

# An entry with one of these is computed or kept elsewhere when the suite runs.
_WORD = re.compile(r"\w+")
# What stands in a suggested entry for something that only the team knows.
_TO_FILL_IN = re.compile(r"\bNAME\b")
# What every attack may be, or may be dressed in: naming it does not show that the program names all that it tests.
_ANY_SORT = ("adversarial", "obfuscation")
_DYNAMIC = ("{{", "${", "file://", "package:", "http://", "https://")


@dataclass(slots=True)
class _Plan:
    """The entries of a configuration while they are collected, by list, and whether something stayed hidden.

    `misplaced` are those that stand in another list, by the one where they would do something.
    """

    entries: dict[str, list[str]]
    hidden: bool = False
    misplaced: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remote: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tested:
    """What a configuration tests.

    `problems` are entries without effect, `remote` those that have none where nothing is made elsewhere; `entries` are
    those that remain by list after all expansion. `hidden` holds when some could not be read, `generated` when the
    tests themselves are in the file.
    """

    coverage: Mapping[str, Cover]
    problems: tuple[Problem, ...] = ()
    remote: tuple[Problem, ...] = ()
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: bool = False
    generated: bool = False


def tested(framework: Framework, root: Node) -> Tested:
    """Compute the coverage of a configuration with an attack section; a generated suite counts as it was generated."""
    generated = _generated(framework, root)
    if generated is not None:
        return Tested(_coverage(framework, generated, root), entries=_frozen(generated), generated=True)
    if not isinstance(at(root, framework.config["attacks"]), Object | Array):
        return Tested(everything(Cover.UNKNOWN), hidden=True)
    plan = _Plan({name: [] for name in framework.lists})
    plan.hidden = any(not is_empty(at(root, key)) for key in framework.config.get("hidden_by", ()))
    for name, entries in framework.lists.items():
        _collect(framework, name, entries, at(root, entries.at), plan)
    return Tested(
        _coverage(framework, plan, root), tuple(plan.problems), tuple(plan.remote), _frozen(plan), plan.hidden
    )


def commanded(framework: Framework, words: tuple[str, ...]) -> dict[str, Cover]:
    """What a command tests by its options, else by the names in it; unknown where neither says it, or others decide."""
    options: Mapping[str, list[str]] = framework.config.get("options", {})
    others = set(framework.config.get("overrides", ())).difference(*options.values())
    if not options:
        return named(framework, " ".join(words), complete=False)
    if any(word.partition("=")[0] in others for word in words):
        return everything(Cover.UNKNOWN)
    plan = _Plan({name: [] for name in framework.lists})
    for name, entries in framework.lists.items():
        given = [value for option in options.get(name, ()) for value in _values(option, words)]
        plan.hidden = plan.hidden or any("$" in value for value in given)
        plan.entries[name].extend(
            (part.strip() for value in given for part in value.split(entries.split)) if given else entries.default
        )
    frozen = _frozen(plan)
    found = {name: _matched(framework.coverage.get(name, {}), frozen) for name in DIMENSIONS}
    return {name: max(cover, Cover.UNKNOWN) if plan.hidden else cover for name, cover in found.items()}


def _values(option: str, words: tuple[str, ...]) -> Iterator[str]:
    """What an option of a command is set to: in the next word, or behind an equals sign."""
    for index, word in enumerate(words):
        name, _, value = word.partition("=")
        if name == option and (value or index + 1 < len(words)):
            yield value or words[index + 1]


def named(framework: Framework, program: str, *, complete: bool) -> dict[str, Cover]:
    """What a Python program tests, by the names that it mentions of those that cover a dimension.

    A dimension without `names` is unknown. What is not mentioned is absent only where the program is `complete` (it
    runs the suite itself), names at least one attack of a certain sort, and mentions nothing that leaves it open.
    """
    words = frozenset(_WORD.findall(program))
    telling = (rule for dimension, rule in framework.coverage.items() if dimension not in _ANY_SORT)
    known = frozenset(name for rule in telling for name in rule.get("names", ()))
    complete = complete and words.isdisjoint(framework.open) and not words.isdisjoint(known)
    found = dict.fromkeys(DIMENSIONS, Cover.UNKNOWN)
    for dimension, rule in framework.coverage.items():
        if "names" not in rule:
            continue
        if not words.isdisjoint(rule["names"]):
            found[dimension] = Cover.COVERED
        elif complete and words.isdisjoint(rule.get("weak", ())):
            found[dimension] = Cover.ABSENT
    return found


def places(framework: Framework, root: Node, fallback: Span) -> dict[str, Span]:
    """Where to extend a configuration, by dimension: the list that the suggested entry goes into, else the attacks."""
    found = {}
    for dimension in DIMENSIONS:
        name = framework.suggest.get(dimension, {}).get("list", "")
        pair = pair_at(root, framework.lists[name].at) if name else None
        found[dimension] = pair.key.span if pair else fallback
    return found


def names_to_add(framework: Framework) -> dict[str, Addition]:
    """By dimension, what a Python program that runs the suite may add to cover it."""
    known = ((dimension, rule.get("names", ())) for dimension, rule in framework.coverage.items())
    return {dimension: Addition(f"Add `{names[0]}` to the suite.") for dimension, names in known if names}


def additions(framework: Framework, root: Node) -> dict[str, Addition]:
    """By dimension, the smallest change of a configuration that covers it."""
    return {
        dimension: _addition(framework.lists[rule["list"]], rule["entry"], root)
        for dimension, rule in framework.suggest.items()
    }


def _addition(entries: Entries, entry: str, root: Node) -> Addition:
    """An entry for a list; where the list is absent it stands for a default, which is then written out."""
    node = at(root, entries.at)
    value = None if _TO_FILL_IN.search(entry) else yaml.safe_load(entry)
    if not is_empty(node) or not entries.default:
        said = f"Add `{entry}` to `{entries.at}`."
        if value is None or node is None:
            return Addition(said)
        if isinstance(node, Array):
            return Addition(said, "add-item", node.span, (("value", json.dumps(value)),))
        words = (("pattern", r"\Z"), ("with", f"{entries.split}{entry}"))
        return Addition(said, "substitute", node.span, words) if entries.split else Addition(said)
    said = f"Set `{entries.at}` to `[{', '.join((*entries.default, entry))}]`."
    above, _, key = entries.at.rpartition(".")
    holder = at(root, above)
    if value is None or node is not None or not isinstance(holder, Object):
        return Addition(said)
    return Addition(said, "set-key", holder.span, (("key", key), ("value", json.dumps([*entries.default, value]))))


def size(framework: Framework, root: Node, done: Tested) -> int | None:
    """The number of tests of one run, as far as the configuration says it; None where entries are hidden."""
    rule = framework.config.get("size")
    if rule is None or not done.entries or done.hidden:
        return None
    if done.generated:
        return len(items(at(root, framework.config["generated"]["at"])))
    each = _number(at(root, rule["tests"]), rule["default"])
    listed = items(at(root, framework.lists[rule["each"]].at))
    own = {_name(framework, node): _number(at(node, rule["own"]), each) for node in listed}
    tests = sum(own.get(entry, each) for entry in done.entries[rule["each"]])
    plain = framework.lists[rule["times"]].plain
    variants = 1 + sum(entry not in plain for entry in done.entries[rule["times"]])
    return tests * variants * max(1, len(items(at(root, rule["contexts"]))))


def size_place(framework: Framework, root: Node) -> Span | None:
    """The place that sets the number of tests, where there is one."""
    pair = pair_at(root, framework.config.get("size", {}).get("tests", ""))
    return pair.key.span if pair else None


def _number(node: Node | None, default: int) -> int:
    value = node.value if isinstance(node, Scalar) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _collect(framework: Framework, name: str, entries: Entries, node: Node | None, plan: _Plan) -> None:
    """Add the entries of one list; an absent list stands for its default."""
    if node is None or (isinstance(node, Scalar) and node.value is None):
        plan.entries[name].extend(_expanded(framework, name, entries.default))
    elif entries.split and text(node) and not any(mark in text(node) for mark in _DYNAMIC):
        plan.entries[name].extend(word.strip() for word in text(node).split(entries.split))
    elif not isinstance(node, Array):
        plan.hidden = True
    elif not node.items and entries.empty_is_default:
        plan.entries[name].extend(_expanded(framework, name, entries.default))
    else:
        known = framework.known(name)
        for item in node.items:
            _add(framework, name, known, item, plan)
            if entries.inner and isinstance(inner := at(item, entries.inner), Array):
                _collect(framework, name, Entries(at=entries.inner), inner, plan)


def _add(framework: Framework, name: str, known: frozenset[str], item: Node, plan: _Plan) -> None:
    """Add one entry with all it stands for; one that cannot work is a problem."""
    entry, place = _name(framework, item), _place(framework, item)
    if not entry or any(mark in entry for mark in _DYNAMIC):
        plan.hidden = True
    elif known and entry not in known:
        right = next((one for one in framework.lists if entry in framework.known(one)), "")
        # What is only misplaced hides no more than it would test in its own list.
        plan.hidden = plan.hidden or not right
        for target, members in _meaning(framework, right, entry) if right else ():
            plan.misplaced.setdefault(target, []).extend(members)
        plan.problems.append(_unknown(framework, known, entry, place))
    elif _dropped(framework, entry, item):
        plan.problems.append(Problem(ProblemKind.MISSING_SETTING, entry, place, framework.required[entry]))
    else:
        if any(fnmatchcase(entry, pattern) for pattern in framework.remote):
            plan.remote.append(Problem(ProblemKind.SWITCHED_OFF, entry, place))
        for target, members in _meaning(framework, name, entry):
            plan.entries[target].extend(member for member in members if not _dropped(framework, member, item))


def _unknown(framework: Framework, known: frozenset[str], entry: str, place: Span) -> Problem:
    """Why a list does not know an entry: it belongs to another list, or is misspelt."""
    for name, entries in framework.lists.items():
        if entry in framework.known(name):
            return Problem(ProblemKind.WRONG_LIST, entry, place, entries.at)
    family = entry.partition(":")[0]
    nearest = [family] if family in known else difflib.get_close_matches(entry, sorted(known), n=1, cutoff=0.75)
    return Problem(ProblemKind.UNKNOWN_ENTRY, entry, place, "".join(nearest))


def _meaning(framework: Framework, name: str, entry: str) -> Iterator[tuple[str, list[str]]]:
    """What an entry of one list stands for: entries by list."""
    if entry in framework.families:
        members = list(framework.families[entry].values())
    else:
        member = framework.member(entry)
        members = [{name: (entry,)} if member is None else member]
    for member in members:
        for target, entries in member.items():
            yield target, list(_expanded(framework, target, entries))


def _expanded(framework: Framework, name: str, entries: Iterable[str]) -> Iterator[str]:
    """Replace groups by their members, groups inside groups too."""
    groups = framework.groups.get(name, {})
    seen: set[str] = set()
    waiting = list(reversed(tuple(entries)))
    while waiting:
        entry = waiting.pop()
        if entry in seen:
            continue
        seen.add(entry)
        if entry in groups:
            waiting.extend(reversed(groups[entry]))
        else:
            yield entry


def _dropped(framework: Framework, entry: str, item: Node) -> bool:
    """Whether the framework drops an entry because a setting is missing beside it."""
    needed = framework.required.get(entry)
    return needed is not None and is_empty(at(item, needed))


def _generated(framework: Framework, root: Node) -> _Plan | None:
    """The entries that a generated suite carries with its tests, or None where it was not generated."""
    rule = framework.config.get("generated")
    if rule is None:
        return None
    plan = _Plan({name: [] for name in framework.lists})
    for test in items(at(root, rule["at"])):
        for name in framework.lists:
            if entry := text(at(test, rule[name])):
                plan.entries[name].append(entry)
    return plan if any(plan.entries.values()) else None


def _coverage(framework: Framework, plan: _Plan, root: Node) -> dict[str, Cover]:
    entries = _frozen(plan)
    found = {name: _cover(framework.coverage.get(name, {}), entries, root) for name in DIMENSIONS}
    meant = {name: tuple(listed) for name, listed in plan.misplaced.items()}
    return {
        name: max(cover, Cover.UNKNOWN) if plan.hidden or _matched(framework.coverage.get(name, {}), meant) else cover
        for name, cover in found.items()
    }


def _cover(rule: Mapping[str, tuple[str, ...]], entries: Mapping[str, tuple[str, ...]], root: Node) -> Cover:
    set_to = [word for key in rule.get("keys", ()) if (node := at(root, key)) is not None for word in texts(node)]
    open_by_key = not set(set_to) <= set(rule.get("plain", ()))
    return max(_matched(rule, entries), Cover.UNKNOWN if open_by_key else Cover.ABSENT)


def _matched(rule: Mapping[str, tuple[str, ...]], entries: Mapping[str, tuple[str, ...]]) -> Cover:
    if any(_any(rule.get(name, ()), listed) for name, listed in entries.items()):
        return Cover.COVERED
    weak = any(_any(rule.get("weak", ()), listed) for listed in entries.values())
    return Cover.UNKNOWN if weak else Cover.ABSENT


def _any(patterns: Iterable[str], entries: tuple[str, ...]) -> bool:
    return any(fnmatchcase(entry, pattern) for pattern in patterns for entry in entries)


def _name(framework: Framework, item: Node) -> str:
    return text(item) or text(at(item, framework.config.get("name", "id")))


def _place(framework: Framework, item: Node) -> Span:
    """Where the name of an entry stands."""
    inner = at(item, framework.config.get("name", "id"))
    return inner.span if inner is not None else item.span


def _frozen(plan: _Plan) -> dict[str, tuple[str, ...]]:
    return {name: tuple(dict.fromkeys(entries)) for name, entries in plan.entries.items()}
