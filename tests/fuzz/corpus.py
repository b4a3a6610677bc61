"""What fuzzing starts from: the files in the examples of the catalogue, by kind, and what becomes of them."""

from collections.abc import Mapping
from functools import cache
from itertools import islice

from aisafety_lint.examples import cases
from aisafety_lint.filetypes import kind_by_name
from shared import KNOWLEDGE

_MOST = 40
TOKENS = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\r\n", b"\t", b"\x1b[2J", b"\xe2\x80\xae"),
    *(b"[" * 60, b"{" * 60, b"(" * 60, b'"""', b"'", b'"', b"${", b"{{", b"<<", b"&a *a", b"---\n", b"\\u0000"),
    *(b"9" * 5000, b"1e999", b"-0", b"NaN", b"null", b"::", b"# aisafety: ignore[", b"<!--", b"`" * 9, b"EOF\n"),
)


@cache
def corpus() -> Mapping[str, tuple[bytes, ...]]:
    """Some files of each kind, and some rule files."""
    found: dict[str, dict[bytes, None]] = {}
    for rule in KNOWLEDGE.rules.values():
        for case in cases(rule):
            for block in case.blocks:
                kind = kind_by_name(block.path.rpartition("/")[2]) or "text"
                found.setdefault(kind, {})[block.text.encode()] = None
    found["rule"] = {rule.path.read_bytes(): None for rule in KNOWLEDGE.rules.values()}
    return {kind: tuple(islice(texts, 0, None, max(1, len(texts) // _MOST))) for kind, texts in sorted(found.items())}


class Choices:
    """Bytes as a row of decisions; where they are used up, the first of all choices."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, below: int) -> int:
        """A number from 0 on below another one."""
        taken = self.data[self.at : self.at + 2]
        self.at += 2
        return int.from_bytes(taken, "little") % below if below > 0 else 0

    def rest(self) -> bytes:
        """The bytes that are not used yet."""
        return self.data[self.at :]


def mutated(kind: str, data: bytes) -> bytes:
    """A file of a kind that is cut off, repeated in part, joined with another one, or has something in it."""
    files = corpus().get(kind) or (b"",)
    choices = Choices(data)
    text = files[choices.number(len(files))]
    for _ in range(1 + choices.number(4)):
        first = choices.number(len(text) + 1)
        last = min(len(text), first + choices.number(200))
        match choices.number(6):
            case 0:
                text = text[:last]
            case 1:
                text = text[:last] + text[first:]
            case 2:
                text = text[:first] + text[last:]
            case 3:
                other = files[choices.number(len(files))]
                text = text[:first] + other[choices.number(len(other) + 1) :]
            case 4:
                text = text[:first] + TOKENS[choices.number(len(TOKENS))] + text[first:]
            case _:
                text = text[:first] + choices.rest()[:20] + text[last:]
    return text
