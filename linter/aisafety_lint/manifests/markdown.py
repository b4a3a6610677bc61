"""Markdown to a value tree: `matter`, the object of its front matter, `body`, the text below it, and `prose`.

`prose` is the body without what only quotes others: fenced code, block quotes and HTML comments are blank in it.
Much front matter in use is no YAML (unquoted colons, angle brackets); such one is read line by line, as the products
do whose files these are.
"""

import re

from aisafety_lint.manifests.builder import Builder, Notes
from aisafety_lint.manifests.nodes import Array, Node, Object, Pair, Places, Scalar
from aisafety_lint.manifests.yaml import parse_yaml

_FENCES = re.compile(
    r"\s*^---[ \t]*\r?$\n(?P<matter>.*?)(?P<close>^(?:---|\.\.\.)[ \t]*\r?$\n?|\Z)", re.DOTALL | re.MULTILINE
)
_ENTRY = re.compile(r"^(?P<key>[A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]+(?P<value>\S.*?))?[ \t]*\r?$", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*-[ \t]+(?P<value>\S.*?)[ \t]*\r?$", re.MULTILINE)
_QUOTED = re.compile(
    r"^[ \t]*(?P<fence>```++|~~~++)[^\n]*\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*\r?$|\Z)"
    r"|^[ \t]*>[^\n]*$|<!--.*?(?:-->|\Z)",
    re.DOTALL | re.MULTILINE,
)
_QUOTES = "\"'"


def parse_markdown(source: str, places: Places, notes: Notes) -> list[Node]:
    """The one root of a text: an object with `matter`, where it has front matter, `body` and `prose`."""
    fences = _FENCES.match(source)
    if fences is None or not fences["close"]:
        return [_root(places, None, 0, len(source))]
    start, end = fences.span("matter")
    matter = _matter(source, start, end, places, notes)
    return [_root(places, matter, fences.end(), len(source))]


def _root(places: Places, matter: Object | None, start: int, end: int) -> Object:
    text = places.text[start:end]
    prose = _QUOTED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    pairs = [
        Pair(_key(places, start, start, name), Scalar(places, start, end, value, value))
        for name, value in (("body", text), ("prose", prose))
    ]
    if matter is not None:
        pairs.insert(0, Pair(_key(places, matter.start, matter.start, "matter"), matter))
    return Object(places, 0, end, tuple(pairs))


def _matter(source: str, start: int, end: int, places: Places, notes: Notes) -> Object | None:
    """The front matter as YAML or, where it is none, line by line; None where it holds no keys."""
    trial = Notes(places)
    # Blanks keep the offsets.
    roots = parse_yaml(re.sub(r"[^\n]", " ", source[:start]) + source[start:end], places, trial)
    broken = any(note.id == "broken-document" for note in trial.result())
    if not broken:
        notes.take(trial)
        return next((root for root in roots if isinstance(root, Object)), None)
    return _by_lines(source, start, end, places)


def _by_lines(source: str, start: int, end: int, places: Places) -> Object | None:
    """Every `key: rest of the line`; a key without a value holds the list items below it.

    A key that occurs again is the prose of a value that goes on: the first one counts.
    """
    builder = Builder(places, Notes(places))
    seen: set[str] = set()
    builder.open(start, is_object=True)
    entries = list(_ENTRY.finditer(source, start, end))
    if not entries:
        return None
    for entry, after in zip(entries, (*(match.start() for match in entries[1:]), end), strict=True):
        if entry["key"] in seen:
            continue
        seen.add(entry["key"])
        builder.add(_key(places, *entry.span("key"), entry["key"]))
        if entry["value"]:
            builder.add(_scalar(places, source, *entry.span("value")))
        else:
            items = [
                _scalar(places, source, *item.span("value")) for item in _ITEM.finditer(source, entry.end(), after)
            ]
            builder.add(Array(places, entry.end(), items[-1].end if items else entry.end(), tuple(items)))
    builder.finish(end)
    root = builder.roots[0]
    return root if isinstance(root, Object) and root.pairs else None


def _scalar(places: Places, source: str, start: int, end: int) -> Scalar:
    text = source[start:end]
    quoted = len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]
    value = text[1:-1] if quoted else text
    known = {"true": True, "false": False}.get(value.lower()) if not quoted else None
    return Scalar(places, start, end, value if known is None else known, value, quoted=quoted)


def _key(places: Places, start: int, end: int, name: str) -> Scalar:
    return Scalar(places, start, end, name, name)
