"""How a manifest starts a program: the command line behind an entry, and the package that a runner fetches.

Which programs fetch packages, and how their command lines are read, is knowledge (`programs:` of a manifest file).
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aisafety_lint.manifests.nodes import Array, Node, Object, Scalar

_REFERENCE = re.compile(r"\$\{|\$\(|\$[A-Za-z_]|\{\{|%[A-Za-z_]+%|<[^<>]+>")
_EXTENSION = re.compile(r"\.(?:exe|cmd|bat|ps1)\Z", re.IGNORECASE)
_MAX_WRAPPERS = 5
_LONGEST_LINE = 5_000


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command line and the scalar that it is written in."""

    text: str
    node: Scalar


@dataclass(frozen=True, slots=True)
class Package:
    """What a runner fetches: the word as written, the bare name, the version (empty: whatever is newest)."""

    word: Word
    name: str
    version: str
    pinned: bool
    remote_source: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """How the command line of one program is read; see `programs` in the schema of manifest kinds.

    The last four are regular expressions; nothing where there is none.
    """

    name: str
    subcommands: tuple[tuple[str, ...], ...] = ()
    wraps_after: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()
    package_options: tuple[str, ...] = ()
    quiet_options: frozenset[str] = frozenset()
    local: frozenset[str] = frozenset()
    version: str = ""
    pinned: str = ""
    source: str = ""
    fixed_source: str = ""


def program_from(name: str, data: Mapping[str, Any]) -> Program:
    """Read one entry of `programs:`."""
    return Program(
        name=name,
        subcommands=tuple(tuple(text.split()) for text in data.get("subcommands", ())),
        wraps_after=tuple(data.get("wraps-after", ())),
        values=frozenset(data.get("options-with-value", ())),
        package_options=tuple(data.get("package-options", ())),
        quiet_options=frozenset(data.get("quiet-options", ())),
        local=frozenset(data.get("local", ())),
        version=data.get("version", ""),
        pinned=data.get("pinned", ""),
        source=data.get("source", ""),
        fixed_source=data.get("fixed-source", ""),
    )


@dataclass(frozen=True, slots=True)
class Launch:
    """A command line: the program by its bare name, and all words with the place of each."""

    program: str
    words: tuple[Word, ...]
    wrapped_by: tuple[str, ...] = field(default=())

    @property
    def line(self) -> str:
        """The command line as one text."""
        return " ".join(word.text for word in self.words)


def launch_of(node: Node, programs: Mapping[str, Program]) -> Launch | None:
    """The command line of an entry with `command` (text or list) and `args`, or of a text that is one.

    Programs that only start another one (`cmd /c`, `env`) are looked through.
    """
    words = tuple(_words(node))
    wrappers: list[str] = []
    while words and len(wrappers) < _MAX_WRAPPERS:
        name = _bare(words[0].text)
        program = programs.get(name)
        inner = _unwrap(words, program) if program is not None and program.wraps_after else ()
        if not inner:
            return Launch(name, words, tuple(wrappers))
        wrappers.append(name)
        words = inner
    return None


def package_of(launch: Launch, programs: Mapping[str, Program]) -> Package | None:
    """The package that the command line fetches and runs; None where it fetches nothing, or it is not known what."""
    program = programs.get(launch.program)
    if program is None or not program.version:
        return None
    words = _after_subcommand(launch.words[1:], program)
    if words is None or any(word.text in program.quiet_options for word in words):
        return None
    word = _package_word(words, program)
    if (
        word is None
        or _REFERENCE.search(word.text)
        or word.text.startswith((".", "/", "~", "\\"))
        or word.text[1:3] == ":\\"
    ):
        return None
    if program.source and re.match(program.source, word.text):
        fixed = bool(program.fixed_source) and re.search(program.fixed_source, word.text) is not None
        return Package(word, word.text, "", fixed, remote_source=True)
    found = re.fullmatch(program.version, word.text)
    if found is None or found["name"] in program.local:
        return None
    version = found["version"] or ""
    pinned = bool(program.pinned) and re.fullmatch(program.pinned, version) is not None
    return Package(word, found["name"], version, pinned)


def _words(node: Node) -> Iterator[Word]:
    if isinstance(node, Object):
        command, arguments = node.get("command") or node.get("cmd"), node.get("args")
        if isinstance(command, Scalar) and isinstance(arguments, Array) and " " not in command.raw.strip():
            yield Word(command.raw.strip(), command)
        elif command is not None:
            yield from _words(command)
        elif isinstance(transport := node.get("transport"), Object) and "transport" not in transport.index:
            yield from _words(transport)
        if isinstance(arguments, Array):
            yield from _words(arguments)
    elif isinstance(node, Array):
        for item in node.items:
            if isinstance(item, Scalar):
                yield Word(item.raw, item)
    else:
        yield from (Word(part, node) for part in _split(node.raw))


def _split(text: str) -> list[str]:
    """The words of a command line as a shell splits them; of an absurdly long one, the first."""
    try:
        return shlex.split(text[:_LONGEST_LINE])
    except ValueError:
        return text[:_LONGEST_LINE].split()


def _bare(word: str) -> str:
    return _EXTENSION.sub("", re.split(r"[/\\]", word)[-1]).lower()


def _unwrap(words: tuple[Word, ...], program: Program) -> tuple[Word, ...]:
    """The command line that a wrapper starts: what follows one of its words, or (`*`) its options and assignments."""
    for marker in program.wraps_after:
        if marker == "*":
            rest = words[1:]
            while rest and (rest[0].text.startswith("-") or re.match(r"\w+=", rest[0].text)):
                rest = rest[2:] if rest[0].text in program.values else rest[1:]
            return rest
        for number, word in enumerate(words[1:], 1):
            if word.text.lower() == marker:
                rest = words[number + 1 :]
                inner = rest[0].text if len(rest) == 1 else ""
                # One quoted command without shell operators is a plain command line too.
                if inner and not re.search(r"[;&|<>`\n]|\$\(", inner):
                    return tuple(Word(part, rest[0].node) for part in _split(inner))
                return rest if len(rest) > 1 else ()
    return ()


def _after_subcommand(words: tuple[Word, ...], program: Program) -> tuple[Word, ...] | None:
    if not program.subcommands:
        return words
    texts = tuple(word.text for word in words)
    for subcommand in program.subcommands:
        if texts[: len(subcommand)] == subcommand:
            return words[len(subcommand) :]
    return None


def _package_word(words: tuple[Word, ...], program: Program) -> Word | None:
    """The word that names the package: the value of an option that does, else the first that is no option."""
    plain: Word | None = None
    skip = False
    for number, word in enumerate(words):
        name, _, value = word.text.partition("=")
        if name in program.package_options:
            if value:
                return Word(value, word.node)
            return words[number + 1] if number + 1 < len(words) else None
        if plain is not None or skip:
            skip = False
        elif word.text.startswith("-"):
            skip = word.text in program.values
        else:
            plain = word
    return plain
