"""The declaration `aisafety.yaml`: takes its document and the schema, gives what it says and what breaks the schema."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aisafety_lint.evals.model import DIMENSIONS, Cover, Declaration, Flaw, Suite
from aisafety_lint.evals.tree import at, items, text
from aisafety_lint.manifests.documents import Array, Document, Node, Object, Pair, Scalar, to_data
from aisafety_lint.source import Span

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_LIMITS = {
    "minLength": "it needs at least {} characters",
    "minItems": "it should not be empty",
    "minimum": "it should be at least {}",
    "exclusiveMinimum": "it should be above {}",
    "maximum": "it should be at most {}",
    "exclusiveMaximum": "it should be below {}",
    "uniqueItems": "an entry occurs twice",
    "format": "it should be a {}",
}
BLANK = "TODO"
"""How a value begins that nobody has filled in yet."""
_NEAR = 0.6
_BLANK = {"$ref": "#/$defs/blank"}


def load_schema(path: Path) -> Mapping[str, Any]:
    """The JSON Schema of the declaration."""
    schema: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


def read_declaration(document: Document, schema: Mapping[str, Any]) -> Declaration:
    """Read and validate one declaration; a document that is not a mapping has that as its only flaw."""
    root = document.root
    if not isinstance(root, Object) or not root.pairs:
        place = Span(1, 1, 1, 1)
        return Declaration(document.path, place, {}, (Flaw(place, "the declaration is not a mapping"),))
    data = to_data(root)
    return Declaration(document.path, root.pairs[0].key.span, data, tuple(_flaws(root, data, schema)), root)


def external_suites(document: Document) -> Iterator[Suite]:
    """The suites that a declaration says run elsewhere, with the coverage that it declares for them."""
    for entry in items(at(document.root, "evals")):
        elsewhere = text(at(entry, "external"))
        if elsewhere and not elsewhere.startswith(BLANK):
            declared = {text(item) for item in items(at(entry, "covers"))}
            coverage = {name: Cover.COVERED if name in declared else Cover.UNKNOWN for name in DIMENSIONS}
            title = text(at(entry, "tool")) or text(at(entry, "id"))
            yield Suite("external", title, document.path, entry.span, coverage, external=True, wired=Cover.COVERED)


def _flaws(root: Object, data: Any, schema: Mapping[str, Any]) -> list[Flaw]:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors = [one for error in validator.iter_errors(data) for one in _innermost(error)]
    flaws = {flaw for error in errors for flaw in _described(root, error)}
    # A value that has the wrong form in two ways is one flaw, and so is a key that is misspelt and therefore missing.
    first = {flaw.span: flaw for flaw in sorted(flaws, key=lambda flaw: (flaw.span, flaw.message), reverse=True)}
    misspelt = {name for error in errors if error.validator == "additionalProperties" for name in _meant(root, error)}
    missing = [flaw for flaw in flaws if flaw.missing]
    kept = {flaw for flaw in (*first.values(), *missing) if flaw.missing not in misspelt or not flaw.missing}
    return sorted(kept, key=lambda flaw: (flaw.span, flaw.message))


def _innermost(error: "ValidationError") -> Iterator["ValidationError"]:
    """What a value breaks that may also be left blank: the schema of the value, not the choice between the two."""
    if error.validator == "anyOf" and _plain(error.validator_value)[0] == _BLANK:
        yield from (one for inner in _plain(error.context) if inner.schema_path[0] != 0 for one in _innermost(inner))
    else:
        yield error


def _meant(root: Object, error: "ValidationError") -> Iterator[str]:
    """The keys that misspelt ones of a mapping are like, each by its place in the declaration."""
    path = tuple(error.absolute_path)
    node, _ = _find(root, path)
    known = sorted(_plain(error.schema).get("properties", ()))
    for pair in _unknown(node, known):
        yield from (_place(path, name) for name in difflib.get_close_matches(pair.name, known, n=1, cutoff=_NEAR))


def _described(root: Object, error: "ValidationError") -> Iterator[Flaw]:
    """What one error of the validator means, at the key or value that it is about."""
    path = tuple(error.absolute_path)
    node, key = _find(root, path)
    name, wanted, value = _name(path), _plain(error.validator_value), _plain(error.instance)
    match error.validator:
        case "additionalProperties":
            yield from _unknown_keys(node, name, sorted(_plain(error.schema).get("properties", ())))
        case "required":
            missing = next((one for one in wanted if one not in value and f"'{one}'" in error.message), wanted[0])
            yield Flaw(key, f"{name} has no `{missing}`", _place(path, missing))
        case "anyOf":
            keys = " or ".join(f"`{one}`" for option in wanted for one in option.get("required", ()))
            yield Flaw(key, f"{name} needs {keys}")
        case "minItems":
            yield Flaw(_first_line(node, key), f"{name} is `[]`: {_expectation(error)}", _place(path))
        case "enum":
            allowed = [str(one) for one in wanted if one != BLANK]
            choices = ", ".join(f"`{one}`" for one in allowed)
            yield Flaw(node.span, f"{name} is `{_short(value)}`, not one of {choices}{_near(str(value), allowed)}")
        case "type":
            yield Flaw(_first_line(node, key), f"{name} is not {_TYPES.get(str(wanted), str(wanted))}")
        case "const":
            yield Flaw(node.span, f"{name} is `{_short(value)}`, not `{wanted}`")
        case _:
            yield Flaw(_first_line(node, key), f"{name} is `{_short(value)}`: {_expectation(error)}")


def _unknown_keys(node: Node, name: str, known: Sequence[str]) -> Iterator[Flaw]:
    for pair in _unknown(node, known):
        yield Flaw(pair.key.span, f"`{_short(pair.name)}` is not a key of {name}{_near(pair.name, known)}")


def _unknown(node: Node, known: Sequence[str]) -> Iterator[Pair]:
    """The pairs of a mapping whose keys the schema does not know; a team's own begin with `x-`."""
    for pair in node.pairs if isinstance(node, Object) else ():
        if pair.name not in known and not pair.name.startswith("x-"):
            yield pair


def _expectation(error: "ValidationError") -> str:
    """What the schema wants of a value, in words."""
    schema, wanted = _plain(error.schema), _plain(error.validator_value)
    if schema.get("format") == "date":
        return "a date is written YYYY-MM-DD"
    if error.validator in ("minLength", "pattern") and "description" in schema:
        return f"expected is {schema['description'].rstrip('.')}"
    if error.validator in ("minLength", "pattern") and schema.get("minLength", 0) > 2:
        return "it should be a phrase that says something"
    return _LIMITS.get(str(error.validator), "it does not have the expected form").format(wanted)


def _find(root: Object, path: Sequence[str | int]) -> tuple[Node, Span]:
    """The node at a path of the validator, and the place of its key; in a list the place where it begins."""
    node: Node = root
    key = root.pairs[0].key.span
    for step in path:
        if isinstance(node, Object) and str(step) in node.index:
            pair = node.index[str(step)]
            node, key = pair.value, pair.key.span
        elif isinstance(node, Array) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            key = node.pairs[0].key.span if isinstance(node, Object) and node.pairs else node.span
    return node, key


def _first_line(node: Node, key: Span) -> Span:
    """A place to point at: a scalar itself, the key of a mapping or list."""
    return node.span if isinstance(node, Scalar) else key


def _place(path: Sequence[str | int], key: str = "") -> str:
    """A place in any declaration: the keys that lead there, without the positions in lists."""
    return ".".join(step for step in (*path, key) if isinstance(step, str) and step)


def _name(path: Sequence[str | int]) -> str:
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    return f"`{name}`" if name else "the declaration"


def _near(word: str, known: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(word, known, n=1, cutoff=_NEAR)
    return f" (did you mean `{nearest[0]}`?)" if nearest else ""


def _short(value: object) -> str:
    shown = "".join(char if char.isprintable() else " " for char in str(value)[:41]).replace("`", "'")
    return shown if len(shown) <= 40 else shown[:39] + "…"


def _plain(value: Any) -> Any:
    """A field of a validation error; its declared type also knows a state that a raised error never has."""
    return value
