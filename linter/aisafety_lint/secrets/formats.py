"""The formats of credentials: reads `rules/secrets/` into one immutable index that the scan works from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aisafety_lint.errors import UserError
from aisafety_lint.finding import Severity
from aisafety_lint.knowledge import Knowledge
from aisafety_lint.secrets.checksums import CHECKSUMS
from aisafety_lint.secrets.judge import Judge
from aisafety_lint.secrets.names import Names, squash
from aisafety_lint.secrets.presence import searches
from aisafety_lint.secrets.searching import Pass, any_of
from aisafety_lint.secrets.shapes import WORD, Alphabet, Shape, expand, make, parse_shape

CLASSES = ("exact", "strong", "context", "generic", "guessable")
# A run of at least this many characters of a word may be looked at for a value that begins there.
_RUN = 16


@dataclass(frozen=True)
class Format:
    """One kind of credential.

    `precision` says how much the shape proves: `exact` is enough alone, `strong` needs a random-looking body, `context`
    also needs one of the words `near` it, `generic` and `guessable` go by the name only. `structure` names a detector
    in code for what no shape can say; then the shapes only serve to make examples. `public` values are no secrets.
    """

    id: str
    vendor: str
    what: str
    group: str
    precision: str
    severity: Severity
    shapes: tuple[Shape, ...]
    rotate: str = ""
    structure: str = ""
    checksum: str = ""
    near: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    public: bool = False
    counterexamples: tuple[str, ...] = ()

    @cached_property
    def proven(self) -> bool:
        """Whether the value proves itself, by a checksum or by at least eight fixed characters."""
        fixed = min(sum(piece.shortest for piece in shape.pieces if piece.texts) for shape in self.shapes)
        # A web token has no checksum: that it can be read is all that is known of it.
        return self.checksum not in ("", "jwt") or (self.precision == "exact" and fixed >= 8)

    @cached_property
    def mixed(self) -> bool:
        """Whether a value has letters of both cases, by its characters."""
        sets = [expand(piece.characters) for shape in self.shapes for piece in shape.pieces if piece.characters]
        return any("a" in characters and "A" in characters for characters in sets)

    def prefix(self, value: str) -> str:
        """The fixed text that the value begins with: what may be shown of it."""
        if self.structure:
            return ""
        return next((anchor for shape in self.shapes for anchor in _starts(shape) if value.startswith(anchor)), "")

    def takes(self, length: int) -> bool:
        """Whether there are values of a length."""
        return any(shape.shortest <= length <= shape.longest for shape in self.shapes)

    def fullmatch(self, value: str) -> bool:
        """Whether the whole value has the format, its checksum included."""
        size = len(value)
        fitting = (shape for shape in self.shapes if shape.shortest <= size <= shape.longest)
        if self.structure or not any(shape.pattern.fullmatch(value) for shape in fitting):
            return False
        return not self.checksum or CHECKSUMS[self.checksum].valid(value)


def _starts(shape: Shape) -> tuple[str, ...]:
    if shape.anchored_at_start:
        return shape.anchors
    return shape.pieces[0].texts


@dataclass(frozen=True)
class Formats:
    """All formats by id, indexed for the scan, with the judgement on names and values.

    `starting` leads from the first two characters of a run of `words` to the shapes that may begin there. `inside` has
    literals to look for anywhere, with their shapes: the values are runs of `inner`, and `literals` finds any literal.
    `bare` are the formats that only a name gives away. `words` of detectors are looked for by `asked`.
    """

    by_id: Mapping[str, Format]
    names: Names
    judge: Judge
    starting: Mapping[str, tuple[tuple[str, Format, Shape], ...]] = field(repr=False)
    inside: Mapping[str, tuple[tuple[Format, Shape], ...]] = field(repr=False)
    words: Alphabet = field(repr=False)
    inner: Alphabet = field(repr=False)
    literals: re.Pattern[bytes] = field(repr=False)
    bare: tuple[Format, ...] = field(repr=False)
    asked: tuple[Pass, ...] = field(repr=False)

    def structure(self, name: str) -> Format:
        """The format of what a detector in code finds."""
        return self._structures[name]

    def of_length(self, length: int) -> tuple[Format, ...]:
        """Those of the `bare` formats that have values of a length."""
        found = self._by_length.get(length)
        if found is None:
            found = self._by_length[length] = tuple(form for form in self.bare if form.takes(length))
        return found

    @cached_property
    def _by_length(self) -> dict[int, tuple[Format, ...]]:
        return {}

    @cached_property
    def _structures(self) -> Mapping[str, Format]:
        return {form.structure: form for form in self.by_id.values() if form.structure}


def load_formats(knowledge: Knowledge) -> Formats:
    """Read all formats and the judgement data; a later root overrides a format by its id.

    Raises UserError, naming the file, where an entry is incomplete or a shape is wrong.
    """
    by_id: dict[str, Format] = {}
    judgement: dict[str, Any] = {}
    vendors: set[str] = set()
    for stem, content in knowledge.models("secrets"):
        try:
            if "formats" in content:
                vendors.add(squash(stem))
                by_id |= {form.id: form for form in _read_vendor(content)}
            else:
                judgement |= content
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(
                f"secrets/{stem}.yml: {error}", hint="rules/schema/secret.schema.json describes the file"
            ) from error
    vendors |= {squash(word) for form in by_id.values() for word in (form.vendor, *form.near)}
    names = Names.build(judgement["names"], judgement["prompts"], vendors)
    return _index(by_id, names, Judge(judgement))


def fake(formats: Formats, format_id: str, seed: int = 0) -> str:
    """Make up a value of a format, correct checksum included; the same seed gives the same value.

    Raises KeyError for an unknown format.
    """
    import random

    form = formats.by_id[format_id]
    rng = random.Random(f"{format_id}/{seed}")
    for _ in range(100):
        value = make(form.shapes[0], rng)
        if form.checksum:
            value = CHECKSUMS[form.checksum].seal(value, rng)
        if form.structure or form.public or formats.judge.looks_issued(value[len(form.prefix(value)) :]):
            return value
    raise ValueError(f"no made-up value of `{format_id}` looks random")


def _read_vendor(content: Mapping[str, Any]) -> Iterable[Format]:
    for entry in content["formats"]:
        shapes = entry["shape"] if isinstance(entry["shape"], list) else [entry["shape"]]
        checksum = entry.get("checksum", "")
        if checksum and checksum not in CHECKSUMS:
            raise ValueError(f"no checksum of the kind `{checksum}`")
        if entry["class"] not in CLASSES:
            raise ValueError(f"no class `{entry['class']}`")
        yield Format(
            id=entry["id"],
            vendor=content["vendor"],
            what=entry["what"],
            group=entry.get("group", content["group"]),
            precision=entry["class"],
            severity=Severity[entry["severity"].upper()],
            shapes=tuple(map(parse_shape, shapes)),
            rotate=entry.get("rotate", content.get("rotate", "")),
            structure=entry.get("structure", ""),
            checksum=checksum,
            near=tuple(dict.fromkeys(squash(word) for word in entry.get("near", ()))),
            names=tuple(entry.get("names", ())),
            public=entry.get("public", False),
            counterexamples=tuple("".join(pieces) for pieces in entry.get("not", ())),
        )


def _index(by_id: Mapping[str, Format], names: Names, judge: Judge) -> Formats:
    starting: dict[str, list[tuple[str, Format, Shape]]] = {}
    inside: dict[str, list[tuple[Format, Shape]]] = {}
    shaped = [form for form in by_id.values() if not form.structure]
    bare: list[Format] = []
    for form in shaped:
        at_start = [shape for shape in form.shapes if _begins_with_word(shape)]
        for shape in at_start:
            for start in _starts(shape):
                starting.setdefault(start[:2], []).append((start, form, shape))
        if form.near and len(at_start) < len(form.shapes):
            bare.append(form)
        for shape in () if form.near else form.shapes:
            for anchor in () if shape in at_start else _fewest(shape.anchors):
                inside.setdefault(anchor, []).append((form, shape))
    return Formats(
        by_id=by_id,
        names=names,
        judge=judge,
        starting={key: tuple(sorted(found, key=_specific)) for key, found in starting.items()},
        inside={key: tuple(found) for key, found in inside.items()},
        words=Alphabet.of(
            WORD, min((shape.leading for found in starting.values() for *_, shape in found), default=_RUN)
        ),
        inner=_inner([shape for found in inside.values() for _, shape in found]),
        literals=any_of(inside),
        bare=tuple(bare),
        asked=searches(literal for login in judge.logins for literal in login.literals),
    )


def _inner(shapes: Sequence[Shape]) -> Alphabet:
    """The characters that the values of some shapes consist of, and the length of the shortest of them."""
    pieces = [piece for shape in shapes for piece in shape.pieces]
    characters = [text for piece in pieces for text in (*piece.texts, piece.characters and expand(piece.characters))]
    return Alphabet.of(characters, min((shape.shortest for shape in shapes), default=_RUN))


def _fewest(anchors: tuple[str, ...]) -> tuple[str, ...]:
    """What the anchors begin with, where that is telling enough to be looked for instead of all of them."""
    first, last = min(anchors, default=""), max(anchors, default="")
    shared = next((i for i, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return (first[:shared],) if shared >= 3 else anchors


def _specific(entry: tuple[str, Format, Shape]) -> tuple[int, int, int]:
    """Formats that a word nearby decides come first, then the surer, then the longer ones."""
    start, form, shape = entry
    order = {"context": 0, "exact": 1, "strong": 2}
    return order[form.precision], -len(start), -shape.shortest


def _begins_with_word(shape: Shape) -> bool:
    """Whether a value begins with fixed text in a long run of characters of a word."""
    return shape.leading >= _RUN and min(map(len, _starts(shape)), default=0) >= 2
