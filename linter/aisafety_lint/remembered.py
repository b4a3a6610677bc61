"""A report in the form of the cache: what was found, but neither texts nor secrets.

The texts that a report quotes are read again from the project, which is as it was, and masked at the same places. The
rules and standards are those of the knowledge, kept once for all reports.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from aisafety_lint.cache import Store
from aisafety_lint.config import Config
from aisafety_lint.report.model import Report
from aisafety_lint.rule import Rule
from aisafety_lint.secrets.redact import mask_text
from aisafety_lint.source import SourceFile, SourceText, Span, UnreadableError, decode, read_bytes
from aisafety_lint.standards import Taxonomy

if TYPE_CHECKING:
    from aisafety_lint.secrets.matches import SecretMatch

_Kind = TypeVar("_Kind")


class ChangedError(Exception):
    """A file has changed since it was looked at."""


@dataclass(frozen=True, slots=True)
class Mask:
    """Where a text has a secret, and the public beginning of that."""

    span: Span
    prefix: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text that a report quotes: the digest and the size of its file, and what is masked in it."""

    digest: bytes
    size: int
    masks: tuple[Mask, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """A report without its root, texts, rules and standards; the texts by path, the rules by name.

    `day` is when it was made.
    """

    report: Report
    texts: Mapping[str, Quoted]
    rules: tuple[str, ...]
    day: str = ""

    def holds(self, day: str) -> bool:
        """Whether it says the same on another day: nothing that it went by has ended in between."""
        return all((last < self.day) == (last < day) for last in self.report.last_days)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rules of a knowledge, and the standards that they refer to."""

    rules: Mapping[str, Rule]
    standards: Mapping[str, Taxonomy]


def remembered(
    report: Report,
    files: Iterable[SourceFile],
    digests: Mapping[str, bytes],
    secrets: Mapping[str, Iterable["SecretMatch"]],
    day: str,
) -> Remembered:
    """A report in the form of the cache, from what is known about the files that it quotes."""
    sizes = {file.path: file.size for file in files}
    texts = {
        path: Quoted(
            digests[path], sizes[path], tuple(Mask(secret.span, secret.prefix) for secret in secrets.get(path, ()))
        )
        for path in report.texts
    }
    slim = replace(report, root="", rules={}, texts={}, standards={}, masked={})
    return Remembered(slim, texts, tuple(report.rules), day)


def restored(found: Remembered, catalogue: Catalogue, config: Config) -> Report:
    """The report itself; raises ChangedError where a text that it quotes is no longer what it was."""
    rules = {name: catalogue.rules[name] for name in found.rules}
    named = {reference.partition(":")[0] for rule in rules.values() for reference in rule.standards}
    return replace(
        found.report,
        root=str(config.root),
        rules=rules,
        texts={path: _text(config, path, quoted) for path, quoted in found.texts.items()},
        standards={key: taxonomy for key, taxonomy in catalogue.standards.items() if key in named},
        masked={
            path: tuple(mask.span for mask in found.texts[path].masks)
            for path in sorted(found.texts)
            if found.texts[path].masks
        },
    )


def put(store: Store, name: str, content: object) -> None:
    """Keep an entry; not one with text in it that no encoding can hold."""
    with contextlib.suppress(UnicodeEncodeError):
        store.put(name, msgspec.msgpack.encode(content, enc_hook=str))


def get(store: Store, name: str, kind: type[_Kind]) -> _Kind | None:
    """An entry of a kind; None where there is none."""
    entry = store.get(name)
    try:
        return None if entry is None else msgspec.msgpack.decode(entry, type=kind, dec_hook=_path)
    except msgspec.MsgspecError:
        return None


def _path(kind: type, value: Any) -> Any:
    return kind(value)


def _text(config: Config, path: str, quoted: Quoted) -> SourceText:
    """A text as the report quotes it."""
    try:
        given = config.given(path)
        data = read_bytes(config.root, SourceFile(path, "text", quoted.size), quoted.size) if given is None else given
        text = SourceText(path, decode(data))
    except UnreadableError as error:
        raise ChangedError(path) from error
    if sha256(data).digest() != quoted.digest:
        raise ChangedError(path)
    return mask_text(text, quoted.masks)
