"""What the server and the process behind it say to each other: messages of msgpack, each after its length.

Places are those of the protocol already: lines and characters from 0, in the units that the editor counts in.
"""

from typing import BinaryIO, TypeAlias

import msgspec

Range: TypeAlias = tuple[int, int, int, int]
"""The first line and character, and the last ones, exclusive."""

LENGTH = 4  # bytes before each message that say how long it is
_LARGEST = 1_000_000_000


class Typed(msgspec.Struct, frozen=True, tag=True):
    """The text of a file in the editor, in this version; without a text the file is closed."""

    number: int
    path: str
    version: int = 0
    text: str | None = None


class Changed(msgspec.Struct, frozen=True, tag=True):
    """Something may have changed on disk."""

    number: int


class Place(msgspec.Struct, frozen=True):
    """A place in a file, with a few words on what is there."""

    path: str
    range: Range
    label: str


class Replacement(msgspec.Struct, frozen=True):
    """A text that takes the place of a region of a file."""

    path: str
    range: Range
    text: str


class Remedy(msgspec.Struct, frozen=True):
    """A change of files that mends a finding, and whether somebody has to look at the outcome."""

    title: str
    safe: bool
    parts: tuple[Replacement, ...]


class Item(msgspec.Struct, frozen=True):
    """A finding or a notification as the editor shows it; `severity` as the protocol counts, `span` as the linter does.

    `rule` tells that it is a finding, which a comment can suppress. `hover` is its explanation in Markdown.
    """

    path: str
    range: Range
    severity: int
    code: str
    message: str
    address: str = ""
    rule: bool = False
    unused: bool = False
    span: tuple[int, int, int, int] = (1, 1, 1, 1)
    related: tuple[Place, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    hover: str = ""


class Answer(msgspec.Struct, frozen=True, tag=True):
    """What there is to show, after all messages up to a number: of the whole project, or first of what is near an edit.

    `versions` are those of the texts that were analysed, by path.
    """

    number: int
    whole: bool
    versions: dict[str, int]
    items: tuple[Item, ...]


class Working(msgspec.Struct, frozen=True, tag=True):
    """The analysis of the whole project has begun, or is over."""

    begun: bool


class Failed(msgspec.Struct, frozen=True, tag=True):
    """An analysis could not be done: what to tell the user, and what to write into the log."""

    message: str
    log: str


Asked: TypeAlias = Typed | Changed
Told: TypeAlias = Answer | Working | Failed

_ENCODER = msgspec.msgpack.Encoder()
ASKED: "msgspec.msgpack.Decoder[Asked]" = msgspec.msgpack.Decoder(Asked)
TOLD: "msgspec.msgpack.Decoder[Told]" = msgspec.msgpack.Decoder(Told)


def framed(message: Asked | Told) -> bytes:
    """A message with its length before it."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(LENGTH, "big") + body


def length_of(head: bytes) -> int:
    """The length of the message that follows; raises ValueError for one that nobody sends."""
    length = int.from_bytes(head, "big")
    if len(head) != LENGTH or length > _LARGEST:
        raise ValueError("no length of a message")
    return length


def read_asked(stream: BinaryIO) -> Asked | None:
    """The next message to the analyst; None where there will be none."""
    head = stream.read(LENGTH)
    return ASKED.decode(stream.read(length_of(head))) if len(head) == LENGTH else None
