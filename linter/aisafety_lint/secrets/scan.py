"""Finds the secrets of one text: `scan` takes a text and its kind and gives the matches in order, without their values.

Three detectors work on each text, and what they find is merged: formats that their shape gives away, structures such as
key blocks, and names with literal values. Python is read by its syntax tree where a cheap look at the text promises
something; notebooks cell by cell; everything else as text.
"""

import ast
import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

from aisafety_lint import notebooks
from aisafety_lint.finding import Confidence
from aisafety_lint.secrets.bulk import thinned
from aisafety_lint.secrets.context import around, line_before, name_before, remark_after
from aisafety_lint.secrets.formats import Format, Formats
from aisafety_lint.secrets.held import LEAST_HELD, HeldLiterals, chain_of, held_literals, passed_literals, passed_names
from aisafety_lint.secrets.links import Holding, Use, holdings, imported_names
from aisafety_lint.secrets.logins import find_logins
from aisafety_lint.secrets.matches import SecretMatch
from aisafety_lint.secrets.names import Role
from aisafety_lint.secrets.pairs import NameHit, Pair, is_bare, name_hits, text_pairs
from aisafety_lint.secrets.python_pairs import python_pairs
from aisafety_lint.secrets.python_tree import TOOL, Region, enclosing, extent, parse, prose_regions
from aisafety_lint.secrets.redact import digest
from aisafety_lint.secrets.runs import Hit, find_formats
from aisafety_lint.secrets.searching import present
from aisafety_lint.secrets.spoken import find_spoken
from aisafety_lint.secrets.structures import find_structures
from aisafety_lint.secrets.verdict import judge_pair
from aisafety_lint.source import SourceText

# Larger texts are data: only formats and structures are looked for.
_LARGE = 1_048_576
_QUOTED = re.compile(r"\"([^\"\n\\]{0,200})\"|'([^'\n\\]{0,200})'")
_LEAST_MADE = 40
_MOST_NESTED = 20
_MOST_TOLD = 50
# Kinds of files that name what they hold for a model.
_TELLING = ("python", "yaml", "json", "toml")
_WINDOW = 240
_PROMPT = ">>> "  # of a session that is shown to readers
# Files that are copied and filled in before use, workflows, whose settings last as long as a run, and what is for one's
# own machine or for trials by its name: a word that somebody chose is nobody's secret there.
_IS_STAND_IN = re.compile(
    r"(?:^|/)\.github/(?:workflows|actions)/"
    r"|(?:^|[/._-])(?:example|sample|template|dist|dev|devel|development|local|tests?|testing|ci|e2e|demo|mock)"
    r"(?=[._-]|$)[^/]*$"
)
# What is written for readers, also of the output of programs.
_DOCUMENT = re.compile(r"(?:^|/)(?:docs?/(?:[^/\n]{1,200}/){0,20}[^/\n]{1,200}\.txt|[^/\n]{1,200}\.(?:rst|adoc))$")
_PAGE = re.compile(r"\.(?:x?html?|svg)$")
# What a component of a page is given is on the page.
_COMPONENT = re.compile(r"\.(?:[jt]sx|vue|svelte)$")
_ATTRIBUTE = re.compile(r"\s[\w-]{1,40}=[\"']$")
_LEAST = 8
_SIGNED = 24
_LEAST_WORDS = 4
_SPOKEN = re.compile(r"(?<![\w-])[A-Za-z]{2,}(?![\w=-])")
_KEY = re.compile(r"[A-Za-z_][\w-]{0,60}(?=[\"'`]?\s?[:=])")
_CONFIDENCE = {
    "exact": Confidence.HIGH,
    "strong": Confidence.MEDIUM,
    "context": Confidence.MEDIUM,
    "generic": Confidence.MEDIUM,
    "guessable": Confidence.MEDIUM,
}
_ORDER = {"exact": 0, "strong": 1, "context": 2, "generic": 3, "guessable": 4}


class _Found(NamedTuple):
    """What a detector found at two offsets; `value` is the secret, also where it is put together from pieces."""

    format: Format
    start: int
    end: int
    value: str
    name: str = ""
    place: str = ""
    real: bool = True
    held: str = ""
    used: Use | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """The secrets of a text in order, and what can show more of them together with other files."""

    secrets: tuple[SecretMatch, ...] = ()
    held: tuple[Holding, ...] = ()
    uses: tuple[Use, ...] = ()


def scan(text: SourceText, kind: str, formats: Formats) -> tuple[SecretMatch, ...]:
    """Find the secrets of a text; `kind` is that of its `SourceFile`."""
    return scan_linked(text, kind, formats).secrets


def scan_linked(text: SourceText, kind: str, formats: Formats) -> Scan:
    """Find the secrets of a text, and how it is linked with others."""
    if not text.text:
        return Scan()
    found = list(_notebook(text, formats)) if kind == "notebook" else list(_whole(text, kind, formats))
    uses = tuple(dict.fromkeys(one.used for one in found if one.used is not None))
    held = [one for one in found if one.held]
    merged = _merge(one for one in found if not one.held and one.used is None)
    digests = {value: digest(value) for value in {one.value for one in (*merged, *held)}}
    secrets = tuple(_match(text, one, digests[one.value]) for one in merged)
    return Scan(secrets, tuple(Holding(one.held, _match(text, one, digests[one.value])) for one in held), uses)


def _notebook(text: SourceText, formats: Formats) -> Iterator[_Found]:
    for cell in notebooks.cells(text.text):
        for one in _whole(SourceText("", cell.text), cell.kind, formats):
            yield one._replace(start=cell.place(one.start), end=cell.place(one.end - 1) + 1)


def _whole(source: SourceText, kind: str, formats: Formats) -> Iterator[_Found]:
    """What is found in a text, most of whose data is not looked at."""
    # One byte a character: searches are fast, and what they find has the same place in the text.
    rest = thinned(source.text, source.text.encode("ascii", "replace"))
    searched = SourceText(source.path, rest.text) if rest.cuts else source
    large = len(source.text) > _LARGE
    for one in _detect(searched, rest.data, kind, formats, large=large):
        yield one._replace(start=rest.place(one.start), end=rest.place(one.end - 1) + 1) if rest.cuts else one


def _detect(source: SourceText, data: bytes, kind: str, formats: Formats, *, large: bool) -> Iterator[_Found]:
    text = source.text
    kind = "page" if _PAGE.search(source.path) else "markdown" if _DOCUMENT.search(source.path) else kind
    shown = formats.structure("query") if kind == "page" else None
    lowered = data.lower()
    words = present(lowered, formats.asked)
    for hit in (*find_formats(text, data, formats), *find_structures(text, words, formats)):
        if hit.format is shown:
            continue
        value = text[hit.start : hit.end]
        real = hit.real and (hit.format.proven or not _is_remarked(text, hit.end, formats))
        real = real and not formats.judge.is_signed(text[max(0, hit.start - _SIGNED) : hit.start])
        name, place = (name_before(text, hit.start), _place(source, kind, hit, formats)) if real else ("", "")
        yield _Found(hit.format, hit.start, hit.end, value, name, place, real)
    if not large:
        for hit in _spoken(source, lowered, kind, formats):
            yield _Found(hit.format, hit.start, hit.end, text[hit.start : hit.end], place="prompt")
        hits = name_hits(text, lowered, formats.names)
        for login in find_logins(text, data, words, hits, kind, formats):
            yield _Found(login.format, login.start, login.end, text[login.start : login.end])
        held = held_literals(text, formats) if kind == "python" else HeldLiterals()
        yield from _held(source, held, formats)
        for pair in _pairs(source, lowered, words, hits, kind, held, formats):
            if pair.reference is not None:
                if pair.role is not Role.OWN:
                    use = Use(*pair.reference, pair.name)
                    yield _Found(formats.structure("random"), pair.start, pair.end, "", used=use)
                continue
            verdict = judge_pair(pair, kind, partial(around, text, pair.start, pair.end), formats)
            if verdict is not None and not _is_remarked(text, pair.end, formats):
                start = pair.start + verdict.offset if text.startswith(pair.value, pair.start) else pair.start
                yield _Found(verdict.format, start, pair.end, verdict.value, pair.name)


def _held(source: SourceText, held: HeldLiterals, formats: Formats) -> Iterator[_Found]:
    """The literals that other files can use under names that do not say that they are secrets."""
    names, form = formats.names, formats.structure("random")
    tree = parse(source.text) if any(names.role(name) is Role.NONE for name in held.reachable) else None
    for one in holdings(tree) if tree is not None else ():
        told = any(names.role(part) is not Role.NONE for part in one.name.split("."))
        if not told and formats.judge.is_random(one.value, LEAST_HELD) and not formats.judge.is_template(one.value):
            start, end = extent(source, one.node)
            inner = source.text.find(one.value, start, end)
            place = (inner, inner + len(one.value)) if inner >= 0 else (start, end)
            yield _Found(form, *place, one.value, held=one.name)


def _pairs(
    source: SourceText,
    lowered: bytes,
    words: frozenset[bytes],
    hits: Sequence[NameHit],
    kind: str,
    held: HeldLiterals,
    formats: Formats,
) -> Iterator[Pair]:
    text, names = source.text, formats.names
    as_text = text_pairs(text, lowered, words, hits, names, is_bare(source.path, kind))
    if kind != "python":
        for pair in as_text:
            line = line_before(text, pair.start).lstrip()
            if _is_chosen_for_now(source.path, line, pair, formats):
                continue
            given_to_page = _COMPONENT.search(source.path) is not None and _is_attribute(text, pair)
            yield pair._replace(prose=line.startswith(_PROMPT), named=pair.named and not given_to_page)
        return
    written = [pair for pair in text_pairs(text, lowered, words, hits, names, bare=True) if _is_issued(pair, formats)]
    promising = [hit for hit in hits if _promises(text, hit, formats)]
    passed = [*passed_literals(text, formats), *passed_names(text, held, formats)]
    promising += held.uses(text, hits)
    promising += _imported(text, hits, formats)
    if not written and not promising and not passed:
        return
    tree = parse(text)
    if tree is None:
        yield from as_text
        return
    spans = [source.span(hit.start, min(hit.value + _WINDOW, len(text))) for hit in promising]
    spans += [source.span(position, position) for position in passed]
    lines = sorted({line for span in spans for line in range(span.line, span.end_line + 1)})
    yield from python_pairs(source, tree, names, lines)
    regions = sorted(prose_regions(source, tree, sorted(source.span(pair.start, pair.start).line for pair in written)))
    for pair in written:
        line = line_before(text, pair.start)
        if "#" in line or line[:1] in ("%", "!") or _is_inside_one(text, pair, regions):
            yield pair._replace(prose=True)


def _imported(text: str, hits: Sequence[NameHit], formats: Formats) -> list[NameHit]:
    """The hits whose value comes from another file, where nothing in it says that it is a credential."""
    chains = [(hit, chain) for hit in hits if (chain := chain_of(text, hit.value)) and _is_neutral(chain, formats)]
    imported = imported_names(text) if chains else frozenset()
    return [hit for hit, chain in chains if chain[0] in imported]


def _is_neutral(chain: Sequence[str], formats: Formats) -> bool:
    """Whether no name that leads to a value says what it is, and they lead to more than a class."""
    named = len(chain) > 1 or not chain[0][:1].isupper() or chain[0].isupper()
    return named and all(formats.names.role(name) is Role.NONE for name in chain)


def _is_chosen_for_now(path: str, line: str, pair: Pair, formats: Formats) -> bool:
    """Whether a value is a word that somebody chose where it is replaced, or used by nobody else."""
    stands_in = _IS_STAND_IN.search(path) is not None
    if pair.role is Role.OWN:
        return (stands_in or line[:1] == "#") and not _is_issued(pair, formats)
    if line[:1] == "#" and formats.judge.is_weak_password(pair.value):
        return True
    return pair.role is Role.PASSWORD and stands_in and not formats.judge.is_random(pair.value, _LEAST)


def _is_attribute(text: str, pair: Pair) -> bool:
    return pair.role is Role.CREDENTIAL and _ATTRIBUTE.search(text, max(0, pair.start - 50), pair.start) is not None


def _is_remarked(text: str, end: int, formats: Formats) -> bool:
    """Whether a comment after a value, on its line, says that it opens nothing."""
    return formats.judge.is_remarked(remark_after(text, end))


def _is_inside_one(text: str, pair: Pair, regions: Sequence[Region]) -> bool:
    """Whether a pair stands in one of the strings, in order; a string holds no more than the parts of itself."""
    after = bisect.bisect_right(regions, pair.start, key=lambda region: region.start)
    return any(_is_inside(text, pair, region) for region in regions[max(0, after - _MOST_NESTED) : after])


def _is_inside(text: str, pair: Pair, region: Region) -> bool:
    """Whether a pair stands in a string: in one of a single line, its name too, or it is what the string is named."""
    if not region.start <= pair.start < region.end:
        return False
    before = text[region.start : pair.start]
    return "\n" in text[region.start : region.end] or pair.name in before


def _is_issued(pair: Pair, formats: Formats) -> bool:
    """Whether the value of a pair could be a secret wherever it stands, in a comment too."""
    judge = formats.judge
    return judge.is_random(pair.value.rsplit(" ", 1)[-1], _LEAST) or (
        pair.role is Role.PASSWORD and judge.is_strong_password(pair.value)
    )


def _promises(text: str, hit: NameHit, formats: Formats) -> bool:
    """Whether a literal after a name could be a secret, so that the syntax tree is worth its time."""
    literals = (match[1] or match[2] or "" for match in _QUOTED.finditer(text, hit.value, hit.value + _WINDOW))
    return any(value.endswith(("-", "_")) or _is_worth(value, hit.role, formats) for value in literals)


def _is_worth(value: str, role: Role, formats: Formats) -> bool:
    """Whether a literal could be a secret in code, under a name of a role."""
    judge = formats.judge
    if judge.is_random(value.rsplit(" ", 1)[-1], _LEAST):
        return True
    if role is Role.OWN:
        made = len(value) >= _LEAST_MADE and any(form.fullmatch(value) for form in formats.of_length(len(value)))
        return made or judge.is_guessable(value) or judge.is_confessed(value)
    if role is Role.PASSWORD:
        # A common word without a digit is what examples and tests have.
        weak = any(map(str.isdigit, value)) and judge.is_weak_password(value)
        return weak or judge.is_strong_password(value)
    return False


def _spoken(source: SourceText, lowered: bytes, kind: str, formats: Formats) -> Iterator[Hit]:
    """What is told in text for a model."""
    prompt_file = kind in ("markdown", "text") and formats.names.is_prompt_file(source.path)
    if not prompt_file and kind not in _TELLING:
        return
    told = list(islice(find_spoken(source.text, lowered, formats), _MOST_TOLD))
    if not told:
        return
    spoken_to = _speaks_to_model(source.text.lower(), kind, formats)
    tree = parse(source.text) if spoken_to and kind == "python" else None
    for hit in told:
        if prompt_file or (spoken_to and _is_told_to_model(source, kind, hit, tree, formats)):
            yield hit


def _speaks_to_model(lowered: str, kind: str, formats: Formats) -> bool:
    """Whether a text could hold text for a model, so that it is worth a look at where things stand."""
    names = formats.names
    if kind == "python" and TOOL in lowered:
        return True
    return any(word in lowered for word in names.prompt_words) or any(word in lowered for word in names.prompt_names)


def _place(source: SourceText, kind: str, hit: Hit, formats: Formats) -> str:
    """`prompt` where a secret stands within a sentence under a name that says that a model reads it."""
    text = source.text
    tree = parse(text) if kind == "python" and _speaks_to_model(text.lower(), kind, formats) else None
    return "prompt" if _is_told_to_model(source, kind, hit, tree, formats) else ""


def _is_told_to_model(source: SourceText, kind: str, hit: Hit, tree: ast.Module | None, formats: Formats) -> bool:
    text = source.text
    if kind == "python":
        literal, names = enclosing(source, tree, hit.start) if tree is not None else ("", [])
        sentence = literal.replace(text[hit.start : hit.end], "")
        keyed = False
    else:
        names = _KEY.findall(around(text, hit.start, hit.end)[:600])
        sentence = line_before(text, hit.start).split(":", 1)[-1] + text[hit.end : hit.end + 120].split("\n", 1)[0]
        keyed = _KEY.search(sentence) is not None
    spoken = len(_SPOKEN.findall(sentence)) >= _LEAST_WORDS and not keyed
    return spoken and any(map(formats.names.is_prompt, names))


def _merge(found: Iterable[_Found]) -> list[_Found]:
    """Of what overlaps, keep the most specific; what is known to be no secret silences the less specific."""
    kept: list[_Found] = []
    for one in sorted(found, key=_rank):
        place = bisect.bisect_left(kept, one.start, key=lambda other: other.start)
        follows = place == 0 or kept[place - 1].end <= one.start
        if follows and (place == len(kept) or one.end <= kept[place].start):
            kept.insert(place, one)
    return [one for one in kept if one.real]


def _rank(one: _Found) -> tuple[int, bool, int, int]:
    return _ORDER[one.format.precision], not one.real, one.start - one.end, one.start


def _match(text: SourceText, found: _Found, hashed: str) -> SecretMatch:
    form = found.format
    return SecretMatch(
        path=text.path,
        span=text.span(found.start, found.end),
        format=form.id,
        vendor=form.vendor,
        what=form.what,
        group=form.group,
        precision=form.precision,
        severity=form.severity,
        confidence=_CONFIDENCE[form.precision],
        proven=form.proven,
        prefix=form.prefix(found.value),
        length=len(found.value),
        digest=hashed,
        name=found.name,
        place=found.place,
        rotate=form.rotate,
    )
