"""Names with their values in text that is not read as Python: `NAME=value`, `key: value`, flags, headers.

Names are found in the `lowered` text: bytes in lower case, one for each character, with a question mark for what is not
ASCII; so they are searched fast, and every offset is one in the text too. The value is read from there, bounded in
length.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aisafety_lint.secrets.names import Names, Role
from aisafety_lint.secrets.presence import BEARER, CLUSTER, VARIABLE
from aisafety_lint.secrets.searching import found_at, passes

_NAME_PART = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
_LONGEST_NAME = 80
_SETTER = re.compile(r"\bsetattr\([\w.]{1,60},\s?[\"']$")
_LONGEST_VALUE = 2000
# Longer lines are minified code, data or one-line JSON: only formats are looked for there.
_LONGEST_LINE = 4000
_OPENING = re.compile(r"[rbfuRBFU]{0,2}(\\?[\"'`])")
_BARE = re.compile(r"(?:(?:bearer|basic|token|bot)[ ])?[^\s\"'`,;<>(){}\[\]\\]{1,2000}", re.IGNORECASE)
# After `this`, a text is what an object is called among those of another one.
_FALLBACK = re.compile(
    r"[^\n\"'`;]{0,80}(?:[\"'`][^\"'`\n]{0,80}[\"'`][^\n\"'`;]{0,40})?"
    r"(?:\|\||\?\?|\bor\b|(?<!this),|[ ]=)[ ]{0,4}(?=[\"'`])"
)
# A value on the next line: a scalar or the first entry of a list in YAML, a quoted one elsewhere.
_BELOW = re.compile(r"(?:[>|][+-]?|\\|\()?[ \t]{0,20}\r?\n[ \t]{0,200}(?:- )?(?=[\"'`\w+/])")
_NEXT_ENTRY = re.compile(r"[\"']?[ \t]{0,20}(?:#[^\n]{0,200})?\r?\n[ \t]{0,200}- (?=[\"'\w+/])")
_NEXT_ITEM = re.compile(r"[\"'`]?\s{0,200}(?:,\s{0,200})(?=[\"'`])")
_FIRST_ITEM = re.compile(r"[\[({]\s{0,200}(?=[\"'`])")
# After what stands on the next line, or first in braces: it is a name itself.
_IS_NAME = re.compile(r"[\"'`]?[ \t]{0,20}(?::|=)")
_ASSIGNED = re.compile(r"[A-Za-z_]\w{0,80}=(?!=*$)")
_MOST_ITEMS = 50
_CLOSING = re.compile(r"\s{0,200}<")
_SHELL_DEFAULT = re.compile(r"\$\{[A-Za-z_]\w*:?[-=]([^${}]+)\}")
_NAME_VALUE = re.compile(
    rb"(?:name|key)[\"']?\s{0,40}[:=]\s{0,40}[\"']?([a-z0-9_.-]{3,80})[\"']?,?\s{1,80}"
    rb"(?:-\s)?[\"']?value[\"']?\s{0,20}[:=][ \t]{0,20}"
)
_VALUE = re.compile(rb"value[\"']?\s{0,20}[:=]")
# How much of `_NAME_VALUE` stands before and after the beginning of `value`, at most.
_BEFORE_VALUE, _AFTER_VALUE = 252, 47
_BEFORE_ENTRY = (b" ", b"\t", b"\n", b"\r", b"\v", b"\f", b"'", b'"')
_BLOCK_DEFAULT = re.compile(rb"variable[ ]{1,8}\"([a-z0-9_-]{3,80})\"[ ]{0,8}\{[^{}]{0,400}?default[ ]{0,20}=[ ]{0,20}")
_SPACED = re.compile(r"\b([A-Za-z0-9]{3,20}) $")
_KINDS = frozenset({"api", "access", "secret", "private", "signing", "encryption", "master", "license"})
_SECRET_DOCUMENT = re.compile(rb"^kind: secret[ \t]{0,8}\r?$", re.MULTILINE)
_SECRET_BLOCK = re.compile(rb"^(?:string)?data:[ \t]{0,8}\r?\n", re.MULTILINE)
_SECRET_ENTRY = re.compile(rb"[ \t]{1,20}[\"']?([a-z0-9_.-]{1,120})[\"']?:[ \t]{1,20}(?=[^\s|>])")
_INSTRUCTION = re.compile(rb"\n?(?:env|arg)[ ]{1,8}([a-z0-9_]{3,80})[ ]{1,8}(?=[^\s=])")
_FLAG = re.compile(rb"--([a-z0-9-]{0,40}(?:key|token|secret|password))[ ]{1,4}(?=[^\s-])")
_FLAG_ENDS = passes(("key", "token", "secret", "password"), r"[ ]{1,4}(?=[^\s-])")
_LONGEST_FLAG = 54
_BEARER = re.compile(rb"\bbearer[ ]{1,4}(?=[a-z0-9])")
# fmt: off
CODE = frozenset({
    ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".go", ".java", ".kt", ".kts", ".rs", ".rb", ".php", ".cs",
    ".c", ".cc", ".cpp", ".h", ".hpp", ".m", ".swift", ".scala", ".lua", ".vue", ".svelte", ".html", ".htm", ".css",
    ".scss", ".tf", ".tfvars", ".hcl", ".bicep", ".groovy", ".gradle", ".dart", ".ex", ".exs", ".r", ".jl", ".sql",
    ".ps1", ".py", ".pyi", ".pyx", ".zig", ".nix", ".sol", ".patch", ".diff"
})
# fmt: on


class Pair(NamedTuple):
    """A name and its literal value at two offsets.

    `context` names what holds it (a class that is called, keys above); `default` marks a value that is used where
    nothing else is given, `compared` one that input is compared with; `prose` one that stands in a comment or in text;
    `joined` one that stands in pieces between the offsets; what is not `named` counts only where it is of a format that
    the context names. A `reference` is to a module and a name in it, in place of a value.
    """

    name: str
    value: str
    start: int
    end: int
    role: Role
    context: str = ""
    quoted: bool = True
    default: bool = False
    compared: bool = False
    prose: bool = False
    joined: bool = False
    named: bool = True
    reference: tuple[str, str] | None = None


class NameHit(NamedTuple):
    """A name of a credential, from `start`, and the offset at which its value begins after `separator`."""

    name: str
    role: Role
    start: int
    separator: str
    value: int


def name_hits(text: str, lowered: bytes, names: Names) -> list[NameHit]:
    """Find the names that hold a credential and have something after them that looks like a value, in order."""
    hits: dict[int, NameHit] = {}
    for search in names.roots:
        for match in search.pattern.finditer(lowered):
            end, value = max(match.end(1), match.end(2)), match.end(3)
            if value not in hits:
                hit = _name_hit(text, search.start(lowered, match.start()), end, value, names)
                if hit is not None:
                    hits[value] = hit
    return [hits[value] for value in sorted(hits)]


def _name_hit(text: str, root: int, end: int, value: int, names: Names) -> NameHit | None:
    start = _name_start(text, root, end, names)
    name = text[start:end]
    role = names.role(name.rsplit(".", 1)[-1])
    if role is Role.NONE and "." in name:
        role = names.role(name)
    if role is Role.NONE:
        return None  # like most
    separator = text[end:value].strip()
    listed = separator.endswith(",") and (")" in separator or not _is_argument(text, start))
    if listed or not separator.isascii() or _on_long_line(text, root):  # no question marks
        return None
    return NameHit(name, role, start, separator, value)


def is_bare(path: str, kind: str) -> bool:
    """Whether a value needs no quotes in a file: everywhere but in JSON and in source code."""
    name = path.rpartition("/")[2].lower()
    return kind != "json" and name[name.rfind(".", 1) :] not in CODE


def text_pairs(
    text: str, lowered: bytes, words: frozenset[bytes], hits: Sequence[NameHit], names: Names, bare: bool
) -> Iterator[Pair]:
    """Read the values of names; `bare` says that it needs no quotes, `words` are those of detectors in the text."""
    done = 0
    for hit in hits:
        if hit.start < done:
            continue
        spoken = not hit.separator or hit.separator == "-"
        for pair in _read_all(text, hit, bare or spoken or _in_text(text, hit)):
            if hit.separator[-1:] == ">" and hit.separator != "=>" and not _CLOSING.match(text, pair.end):
                break  # no element
            done = pair.end
            yield pair._replace(named=False) if spoken else pair
    yield from _spread_pairs(text, lowered, words, names, bare)


def _spread_pairs(text: str, lowered: bytes, words: frozenset[bytes], names: Names, bare: bool) -> Iterator[Pair]:
    """Pairs whose name and value stand in entries of their own, flags with a value after them, and bearer tokens."""
    found = [(match, True) for match in _flags(lowered)] if b"--" in lowered else []
    found += [(match, bare) for match in _entries(lowered)]
    if CLUSTER in words:
        yield from _cluster_secrets(text, lowered, names)
    if VARIABLE in words:
        found += [(match, False) for match in found_at(_BLOCK_DEFAULT, VARIABLE, lowered)]
    if lowered.startswith((b"from ", b"arg ", b"#")):
        found += [(match, True) for match in _instructions(lowered)]
    for match, unquoted in found:
        name = text[match.start(1) : match.end(1)]
        role = names.role(name)
        if role is not Role.NONE and (pair := _read(text, match.end(), name, role, unquoted)) is not None:
            yield pair
    for match in found_at(_BEARER, BEARER, lowered) if BEARER in words else ():
        if (pair := _read(text, match.end(), "Authorization", Role.CREDENTIAL, True)) is not None:
            yield pair


def _instructions(lowered: bytes) -> Iterator[re.Match[bytes]]:
    """The instructions of an image that set a variable."""
    first = _INSTRUCTION.match(lowered)
    if first is not None:
        yield first
    for word in (b"\nenv ", b"\narg "):
        yield from found_at(_INSTRUCTION, word, lowered)


def _flags(lowered: bytes) -> Iterator[re.Match[bytes]]:
    """Flags with a value after them, looked for only before what they end in: rulers are full of dashes."""
    ends = sorted(match.end() for search in _FLAG_ENDS for match in search.pattern.finditer(lowered))
    done = 0
    for end in ends:
        match = _FLAG.search(lowered, max(done, end - _LONGEST_FLAG), end + 1)
        if match is not None:
            done = match.end()
            yield match


def _cluster_secrets(text: str, lowered: bytes, names: Names) -> Iterator[Pair]:
    """What a cluster's manifest of secrets holds under any name that does not tell by itself that it is a secret."""
    done = 0
    for document in _SECRET_DOCUMENT.finditer(lowered):
        if document.start() < done:
            continue
        first = lowered.rfind(b"\n---", done, document.start()) + 1
        last = lowered.find(b"\n---", document.end())
        done = last if last >= 0 else len(lowered)
        for block in _SECRET_BLOCK.finditer(lowered, max(first, 0), done):
            for entry in _indented(lowered, block.end()):
                name = text[entry.start(1) : entry.end(1)]
                if names.role(name) is Role.NONE:
                    pair = _read(text, entry.end(), name, Role.CREDENTIAL, True)
                    if pair is not None:
                        yield pair


def _indented(lowered: bytes, position: int) -> Iterator[re.Match[bytes]]:
    """The entries on the indented lines from an offset on; each line is looked at once."""
    while lowered[position : position + 1] in (b" ", b"\t"):
        entry = _SECRET_ENTRY.match(lowered, position)
        if entry is not None:
            yield entry
        position = lowered.find(b"\n", position) + 1
        if not position:
            return


def _entries(lowered: bytes) -> Iterator[re.Match[bytes]]:
    """Names with their values in entries of their own, looked for only around the word for the second of them."""
    done = 0
    for value in _VALUE.finditer(lowered):
        start = value.start()
        first = max(done, start - _BEFORE_VALUE)
        before = lowered[first:start]
        if before[-1:] not in _BEFORE_ENTRY or (b"name" not in before and b"key" not in before):
            continue
        match = _NAME_VALUE.search(lowered, first, start + _AFTER_VALUE)
        if match is not None:
            done = match.end()
            yield match


def _name_start(text: str, head: int, end: int, names: Names) -> int:
    """Where the name begins that ends in the last word found; `API key` is one name, and so is `NuGet key`."""
    before = text[max(0, head - _LONGEST_NAME) : head]
    start = head - len(before) + len(before.rstrip(_NAME_PART))
    alone = start == head and text[head:end].lower() == "key"
    spaced = _SPACED.search(text, max(0, head - 24), head) if alone else None
    if spaced is None:
        return start
    kind = spaced[1].lower()
    return spaced.start() if kind in _KINDS or kind in names.vendors else start


def _is_argument(text: str, start: int) -> bool:
    """Whether a name with a comma after it is a flag, or the first argument of a call."""
    if text[start] == "-" or (text[start - 1 : start] in ("'", '"') and text[start - 2 : start - 1] == "("):
        return True
    return _SETTER.search(text, max(0, start - _LONGEST_NAME), start) is not None


def _on_long_line(text: str, position: int) -> bool:
    start = text.rfind("\n", max(0, position - _LONGEST_LINE), position)
    if start < 0 and position > _LONGEST_LINE:
        return True
    start = max(start, 0)
    return text.find("\n", start + 1, start + _LONGEST_LINE) < 0 and len(text) - start > _LONGEST_LINE


def _in_text(text: str, hit: NameHit) -> bool:
    """Whether the name is a header in a quoted text, as in `-H "Authorization: Bearer ..."`, or a key in an address."""
    name = hit.name.lower()
    if name.startswith("--"):
        return True
    if hit.separator == ":":
        return text[hit.start - 1 : hit.start] in ("'", '"') and ("-" in name or name == "authorization")
    return hit.separator == "=" and text[hit.start - 1 : hit.start] in ("?", "&")


def _read_all(text: str, hit: NameHit, bare: bool) -> Iterator[Pair]:
    """The values of a name: one, or the entries of a list."""
    first, below = _FIRST_ITEM.match(text, hit.value), _BELOW.match(text, hit.value)
    following = (
        _NEXT_ITEM if first is not None else _NEXT_ENTRY if below is not None and below[0][-2:] == "- " else None
    )
    opening = first or below
    position = opening.end() if opening is not None else hit.value
    for _ in range(_MOST_ITEMS):
        pair = _read(text, position, hit.name, hit.role, bare and first is None)
        if pair is None or (opening is not None and _is_name(text, pair, hit)):
            return
        yield pair
        follows = following.match(text, pair.end) if following is not None else None
        if follows is None:
            return
        position = follows.end()


def _is_name(text: str, pair: Pair, hit: NameHit) -> bool:
    """Whether what stands after the name of a credential and an empty value, or a brace, is the next name."""
    assigned = not pair.quoted and hit.separator.endswith("=") and _ASSIGNED.match(pair.value) is not None
    return assigned or _IS_NAME.match(text, pair.end) is not None


def _read(text: str, position: int, name: str, role: Role, bare: bool) -> Pair | None:
    opening = _OPENING.match(text, position)
    default = False
    if opening is None:
        fallback = _FALLBACK.match(text, position)
        if fallback is not None:
            opening = _OPENING.match(text, fallback.end())
            default = True
    if opening is not None:
        end = text.find(opening[1], opening.end(), opening.end() + _LONGEST_VALUE)
        start = opening.end()
        if end < 0 or "\n" in text[start:end]:
            return None
        padded = text[start:end]
        start, end = end - len(padded.lstrip()), start + len(padded.rstrip())
    elif bare and (plain := _BARE.match(text, position)) is not None:
        start, end = position, plain.end()
        if text.startswith("(", end):  # the name of a function
            return None
        if not text.endswith("..", start, end):
            end = start + len(text[start:end].rstrip(".,;:"))
    else:
        return None
    shell = _SHELL_DEFAULT.match(text, start)
    if shell is not None and (opening is None or shell.end() == end):
        (start, end), default = shell.span(1), True
    return Pair(
        name=name, value=text[start:end], start=start, end=end, role=role, quoted=opening is not None, default=default
    )
