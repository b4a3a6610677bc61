"""The conditions of model rows: which argument of a call they speak of, and whether it is as they ask.

The language is documented in `rules/schema/framework.schema.json`.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aisafety_lint.finding import Confidence
from aisafety_lint.program.constants import UNKNOWN, Unknown, constant, text_of
from aisafety_lint.program.holds import Holds
from aisafety_lint.program.origins import by_default, origins
from aisafety_lint.program.refs import Ref

if TYPE_CHECKING:
    from aisafety_lint.program.results import Results

Spec = Mapping[str, Any]

_OBJECT = re.compile(r"([\w.]+):(\w+)")


def operands(resolver: "Results", scope: int, call: int, spec: Spec) -> tuple[int, ...]:
    """The operand values that an argument specification picks (`position`, `name`, `receiver`, `rest`)."""
    value = resolver.index.value(scope, call)
    keywords = resolver.index.calls[scope][call].keywords
    if spec.get("receiver"):
        function = resolver.index.value(scope, value.args[0])
        return function.args[:1] if function.op == "attr" else ()
    given = list(zip(keywords, value.args[1:], strict=True))
    positional = [item for keyword, item in given if keyword == ""]
    if "rest" in spec:
        return tuple(positional[spec["rest"] :]) + tuple(item for keyword, item in given if keyword == "*")
    named = [item for keyword, item in given if "name" in spec and keyword == spec["name"]]
    if named:
        return tuple(named)
    if "position" in spec:
        if spec["position"] < len(positional):
            return (positional[spec["position"]],)
        return tuple(item for keyword, item in given if keyword == "*")
    return ()


def all_hold(resolver: "Results", scope: int, call: int, row: Spec) -> Holds:
    """Whether a row holds for a call: its `in` for the versions that the module has, its `when` and `unless`."""
    result = resolver.versions.hold(resolver.index.paths[scope], row)
    for condition in _listed(row.get("when")):
        result = min(result, holds(resolver, scope, call, condition, row))
    for condition in _listed(row.get("unless")):
        against = holds(resolver, scope, call, condition, row)
        result = min(result, Holds.YES if against is Holds.NO else Holds.MAYBE if against is Holds.MAYBE else Holds.NO)
    return result


def row_confidence(row: Spec, held: Holds = Holds.YES, doubts: int = 0) -> Confidence:
    """How sure a row's fact is at a call: its own confidence, one less where the condition only may hold, and for each
    further doubt."""
    stated = Confidence[row.get("confidence", "high").upper()]
    return Confidence(max(stated - (held is Holds.MAYBE) - doubts, Confidence.LOW))


def _listed(value: Any) -> Sequence[Spec]:
    return () if value is None else value if isinstance(value, list) else (value,)


def holds(resolver: "Results", scope: int, call: int, condition: Spec, row: Spec) -> Holds:
    """Whether one condition holds for a call."""
    if "beside" in condition:
        return Holds.YES if _is_beside(resolver, scope, condition["beside"]) else Holds.NO
    if "text" in condition:
        condition = {**row.get("argument", {}), "matches": condition["text"]}
        condition.pop("item", None)
    chosen = operands(resolver, scope, call, condition)
    if "given" in condition:
        return Holds.YES if bool(chosen) == condition["given"] else Holds.NO
    spread = any(keyword == "**" for keyword in resolver.index.calls[scope][call].keywords)
    if not chosen and spread and "name" in condition:
        chosen = unpacked(resolver, scope, call, condition["name"])
    if not chosen and "name" in condition and (bound := _bound(resolver, scope, call, condition["name"])):
        return max(_test(resolver, where, item, condition) for where, item in bound)
    if not chosen:
        if "default" in condition:
            return Holds.YES if _test_constant(condition, condition["default"]) else Holds.NO
        return Holds.MAYBE if spread and condition.get("unknown") else Holds.NO
    values = (
        _items(resolver, scope, chosen, condition["item"])
        if "item" in condition
        else [(scope, item) for item in chosen]
    )
    return max((_test(resolver, where, item, condition) for where, item in values), default=Holds.NO)


def _is_beside(resolver: "Results", scope: int, names: Sequence[str]) -> bool:
    """Whether the same file calls one of these."""
    index = resolver.index
    for name in names:
        for where, call in index.calls_by_name.get(name.rpartition(".")[2].rpartition(":")[2], ()):
            if index.paths[where] == index.paths[scope] and name in resolver.paths(where, call.value):
                return True
    return False


def _bound(resolver: "Results", scope: int, call: int, name: str) -> list[tuple[int, int]]:
    """What `partial` has bound to a keyword of the function that is called, as (scope, value)."""
    partials = [ref for ref in resolver.callees(scope, call) if ref.kind == "external" and ref.value >= 0]
    return [(ref.scope, item) for ref in partials for item in operands(resolver, ref.scope, ref.value, {"name": name})]


def unpacked(resolver: "Results", scope: int, call: int, name: str) -> tuple[int, ...]:
    """What `**options` passes for a name, where `options` is a dict of the same scope: by its literal, or set later."""
    keywords = resolver.index.calls[scope][call].keywords
    found: list[int] = []
    for keyword, operand in zip(keywords, resolver.index.value(scope, call).args[1:], strict=True):
        if keyword == "**":
            found += _set_later(resolver, scope, operand, name)
            for ref in resolver.refs(scope, operand):
                if ref.kind == "container" and ref.scope == scope:
                    literal = resolver.index.value(scope, ref.value)
                    if literal.op == "dict":
                        pairs = zip(literal.args[::2], literal.args[1::2], strict=True)
                        found += [item for key, item in pairs if resolver.index.value(scope, key).name == name]
    return tuple(found)


def _set_later(resolver: "Results", scope: int, value: int, name: str) -> list[int]:
    """What is stored under a constant key of a dict in the function that made it."""
    pending, found = [value], []
    for item in pending:
        known = resolver.index.value(scope, item)
        if known.op == "store" and known.kind == "item" and known.name == name:
            found.append(known.args[1])
        elif known.op in ("store", "phi"):
            further = known.args[:1] if known.op == "store" else known.args
            pending += [arg for arg in further if arg not in pending]
    return found


def _items(resolver: "Results", scope: int, chosen: Sequence[int], item: object) -> list[tuple[int, int]]:
    """The values at one position or key of a container argument."""
    found: list[tuple[int, int]] = []
    for operand in chosen:
        for ref in resolver.refs(scope, operand):
            if ref.kind == "container":
                literal = resolver.index.value(ref.scope, ref.value)
                if literal.op == "dict":
                    pairs = zip(literal.args[::2], literal.args[1::2], strict=True)
                    found += [
                        (ref.scope, value)
                        for key, value in pairs
                        if resolver.index.value(ref.scope, key).name == str(item)
                    ]
                elif isinstance(item, int) and item < len(literal.args) and not literal.kind:
                    found.append((ref.scope, literal.args[item]))
    return found


def _test(resolver: "Results", scope: int, value: int, condition: Spec) -> Holds:
    if "is" in condition:
        wanted = set(condition["is"])
        paths = {
            name
            for ref in (*resolver.refs(scope, value), *_by_text(resolver, scope, value))
            for path in (*resolver.paths_of(ref), ref.path, *_derived_from(resolver, ref))
            for name in (path, path.removesuffix("()"))
        }
        return Holds.YES if wanted & paths else Holds.NO
    if "made_with" in condition:
        return Holds.YES if _made_with(resolver, scope, value, condition["made_with"]) else Holds.NO
    if "contains" in condition:
        found = [constant(resolver, scope, item) for item in container_items(resolver, scope, value)]
        return (
            Holds.YES
            if any(item in condition["contains"] for item in found if not isinstance(item, Unknown))
            else Holds.NO
        )
    if "has" in condition:
        return _has(resolver, scope, value, condition["has"])
    if "matches" in condition:
        text = text_of(resolver, scope, value)
        if text.strip("\0"):
            return Holds.YES if re.search(condition["matches"], text) else Holds.NO
        return Holds.MAYBE if condition.get("unknown") else Holds.NO
    if "command" in condition:
        return Holds.YES if re.search(condition["command"], _command(resolver, scope, value)) else Holds.NO
    known = constant(resolver, scope, value)
    if isinstance(known, Unknown):
        unset = condition.get("unset") and any(
            _test_constant(condition, item) for item, _ in by_default(resolver, scope, value)
        )
        return Holds.MAYBE if unset or condition.get("unknown") else Holds.NO
    return Holds.YES if _test_constant(condition, known) else Holds.NO


def _derived_from(resolver: "Results", ref: Ref) -> Iterator[str]:
    """The classes of libraries that a class of the project stands for, since it is derived from them."""
    bases = resolver.lineage(ref.scope) if ref.kind == "class" else ()
    yield from (base.path for base in bases if base.kind == "external")


def _command(resolver: "Results", scope: int, value: int) -> str:
    """A command as somebody would type it, whether it is written as a text or as a list of words."""
    words = container_items(resolver, scope, value)
    return " ".join(text_of(resolver, scope, item) for item in words or [value])


def _by_text(resolver: "Results", scope: int, value: int) -> tuple[Ref, ...]:
    """What a text such as `"package.module:name"` names."""
    known = constant(resolver, scope, value)
    named = _OBJECT.fullmatch(known) if isinstance(known, str) else None
    path = named and resolver.index.modules.find(named[1], resolver.index.paths[scope])
    return resolver.module_member(resolver.index.first[path], named[2]) if named and path else ()


def _made_with(resolver: "Results", scope: int, value: int, keywords: Sequence[str]) -> bool:
    """Whether a value is made by a call that is given one of these arguments, and not None."""
    for where, item in origins(resolver, scope, value):
        record = resolver.index.calls[where].get(item)
        given = zip(record.keywords, resolver.index.value(where, item).args[1:], strict=True) if record else ()
        if any(keyword in keywords and constant(resolver, where, operand) is not None for keyword, operand in given):
            return True
    return False


def _test_constant(condition: Spec, known: object) -> bool:
    if "matches" in condition:
        return isinstance(known, str) and re.search(condition["matches"], known) is not None
    wanted = condition.get("equals")
    if isinstance(wanted, list):
        return any(known == item and type(known) is type(item) for item in wanted)
    return known == wanted and type(known) is type(wanted)


def container_items(resolver: "Results", scope: int, value: int) -> list[int]:
    """The element values of a list, tuple or set literal that stands in the same scope as the value."""
    found: list[int] = []
    for ref in resolver.refs(scope, value):
        if ref.kind == "container" and ref.scope == scope:
            found += resolver.index.value(scope, ref.value).args
    return found


def _has(resolver: "Results", scope: int, value: int, wanted: Spec) -> Holds:
    """Whether a dict literal, or one in a list literal or as JSON, or a call with these keywords, has these entries."""
    for ref in resolver.refs(scope, value):
        if ref.kind != "container":
            continue
        literal = resolver.index.value(ref.scope, ref.value)
        if literal.op == "dict":
            pairs = {
                resolver.index.value(ref.scope, key).name: item
                for key, item in zip(literal.args[::2], literal.args[1::2], strict=True)
            }
            if all(key in pairs and _is_entry(resolver, ref.scope, pairs[key], item) for key, item in wanted.items()):
                return Holds.YES
        elif any(_has(resolver, ref.scope, item, wanted) is Holds.YES for item in literal.args):
            return Holds.YES
    known = resolver.index.value(scope, value)
    if known.op == "call":
        if "json.dumps" in resolver.paths(scope, value) and len(known.args) > 1:
            return _has(resolver, scope, known.args[1], wanted)
        given = dict(zip(resolver.index.calls[scope][value].keywords, known.args[1:], strict=True))
        return (
            Holds.YES
            if all(key in given and _is_entry(resolver, scope, given[key], item) for key, item in wanted.items())
            else Holds.NO
        )
    return Holds.NO


def _is_entry(resolver: "Results", scope: int, value: int, wanted: object) -> bool:
    """Whether an entry is as wanted: a mapping of further entries, a constant, or a text by a glob."""
    if isinstance(wanted, dict):
        return _has(resolver, scope, value, wanted) is Holds.YES
    if wanted == "*":
        return True
    known = constant(resolver, scope, value)
    if isinstance(known, str) and isinstance(wanted, str):
        return fnmatch.fnmatchcase(known, wanted)
    return known == wanted and type(known) is type(wanted)


__all__ = ["UNKNOWN", "Holds", "all_hold", "container_items", "holds", "operands", "row_confidence", "unpacked"]
