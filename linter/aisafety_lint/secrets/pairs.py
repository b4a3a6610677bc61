"""Names with their values in text that is not read as Python: `NAME=value`, `key: value`, flags, headers.

Names are found in the `lowered` text: bytes in lower case, one for each character, with a question mark for what is not
ASCII; so they are searched fast, and every offset is one in the text too. The value is read from there, bounded in
length.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aisafety_lint.secrets.names import Names, Role
from aisafety_lint.secrets.searching import found_at

_NAME_PART = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
_SEPARATOR = (
    rb"(?:\\?[\"'`\])]){0,3}[ \t]{0,20}(?:string[ \t]{0,20}(?==))?"
    rb"(?:=>|:=|==|\|\||\?\?|[:=,>]|or(?=[ ])|if(?=[ ]))[ \t]{0,20}"
)
_TAIL = re.compile(rb"([a-z0-9_-]{0,20})" + _SEPARATOR)
# What is only said to be a key, as in `vendor token 0a1b...`: of such values only formats of the vendor count.
_SPOKEN = re.compile(rb"()[ -](?=[a-z0-9_.+/=-]{24})")
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
_BLOCK_DEFAULT = re.compile(rb"variable[ ]{1,8}\"([a-z0-9_-]{3,80})\"[ ]{0,8}\{[^{}]{0,400}?default[ ]{0,20}=[ ]{0,20}")
_SPACED = re.compile(r"\b([A-Za-z0-9]{3,20}) $")
_KINDS = frozenset({"api", "access", "secret", "private", "signing", "encryption", "master", "license"})
_SECRET_DOCUMENT = re.compile(rb"^kind: secret[ \t]{0,8}\r?$", re.MULTILINE)
_SECRET_BLOCK = re.compile(rb"^(?:string)?data:[ \t]{0,8}\r?\n", re.MULTILINE)
_SECRET_ENTRY = re.compile(rb"[ \t]{1,20}[\"']?([a-z0-9_.-]{1,120})[\"']?:[ \t]{1,20}(?=[^\s|>])")
_INSTRUCTION = re.compile(rb"^(?:env|arg)[ ]{1,8}([a-z0-9_]{3,80})[ ]{1,8}(?=[^\s=])", re.MULTILINE)
_FLAG = re.compile(rb"--([a-z0-9-]{0,40}(?:key|token|secret|password))[ ]{1,4}(?=[^\s-])")
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
    the context names.
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
    for word in names.roots:
        position = lowered.find(word)
        while position >= 0:
            tail = _TAIL.match(lowered, position + len(word)) or _SPOKEN.match(lowered, position + len(word))
            if tail is not None and tail.end() not in hits:
                hit = _name_hit(text, position, tail, names)
                if hit is not None:
                    hits[hit.value] = hit
            position = lowered.find(word, position + len(word))
    return [hits[value] for value in sorted(hits)]


def _name_hit(text: str, root: int, tail: re.Match[bytes], names: Names) -> NameHit | None:
    end, value = tail.span(1)[1], tail.end()
    separator = text[end:value].strip()
    if not separator.isascii():
        return None  # no question marks
    start = _name_start(text, root, text[root:end].lower(), names)
    name = text[start:end]
    role = names.role(name.rsplit(".", 1)[-1])
    if role is Role.NONE and "." in name:
        role = names.role(name)
    listed = separator.endswith(",") and (")" in separator or not _is_argument(text, start))
    if role is Role.NONE or listed or _on_long_line(text, root):
        return None
    return NameHit(name, role, start, separator, value)


def is_bare(path: str, kind: str) -> bool:
    """Whether a value needs no quotes in a file: everywhere but in JSON and in source code."""
    name = path.rpartition("/")[2].lower()
    return kind != "json" and name[name.rfind(".", 1) :] not in CODE


def text_pairs(text: str, lowered: bytes, hits: Sequence[NameHit], names: Names, bare: bool) -> Iterator[Pair]:
    """Read the values of names; `bare` says that a value needs no quotes."""
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
    yield from _spread_pairs(text, lowered, names, bare)


def _spread_pairs(text: str, lowered: bytes, names: Names, bare: bool) -> Iterator[Pair]:
    """Pairs whose name and value stand in entries of their own, flags with a value after them, and bearer tokens."""
    found = [(match, True) for match in _FLAG.finditer(lowered)] if b"--" in lowered else []  # rulers are full of them
    found += [(match, bare) for match in _entries(lowered)]
    if b"kind: secret" in lowered:
        yield from _cluster_secrets(text, lowered, names)
    found += [(match, False) for match in found_at(_BLOCK_DEFAULT, b"variable", lowered)]
    if lowered.startswith((b"from ", b"arg ", b"#")):
        found += [(match, True) for match in _INSTRUCTION.finditer(lowered)]
    for match, unquoted in found:
        name = text[match.start(1) : match.end(1)]
        role = names.role(name)
        if role is not Role.NONE and (pair := _read(text, match.end(), name, role, unquoted)) is not None:
            yield pair
    for match in found_at(_BEARER, b"bearer ", lowered):
        if (pair := _read(text, match.end(), "Authorization", Role.CREDENTIAL, True)) is not None:
            yield pair


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
    for value in found_at(_VALUE, b"value", lowered):
        first = max(done, value.start() - _BEFORE_VALUE)
        match = _NAME_VALUE.search(lowered, first, value.start() + _AFTER_VALUE)
        if match is not None:
            done = match.end()
            yield match


def _name_start(text: str, head: int, last: str, names: Names) -> int:
    """Where the name begins that ends in the last word found; `API key` is one name, and so is `NuGet key`."""
    before = text[max(0, head - _LONGEST_NAME) : head]
    start = head - len(before) + len(before.rstrip(_NAME_PART))
    spaced = _SPACED.search(text, max(0, head - 24), head) if last == "key" and start == head else None
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
        if pair is None or (below is not None and text[pair.end : pair.end + 1] in (":", "=")):
            return
        yield pair
        follows = following.match(text, pair.end) if following is not None else None
        if follows is None:
            return
        position = follows.end()


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
