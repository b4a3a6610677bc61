"""Dockerfiles to a value tree: the build stages in order, each with its image, its steps, and who it runs as.

A stage is `{image, name, steps: [{RUN: ...}, {ENV: {...}}, ...], user}`. A command in the form of a list is a list, in
the form of a shell line a text (lines joined, comments left out), the words of `COPY` and `EXPOSE` are a list; `user`
is that of the last `USER`, also of the stage that this one is built from. What stands before the first stage is in
`steps` of the root. Source of the forms: the Dockerfile reference of Docker. The grammar for it in the package index is
built for an older version of its own runtime; the format is lines.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from aisafety_lint.manifests.builder import Notes, shorten
from aisafety_lint.manifests.nodes import Array, Node, Object, Pair, Places, Scalar

_ESCAPE = re.compile(r"\s*#\s*escape\s*=\s*`", re.IGNORECASE)
_LINE = re.compile(r"[^\n]*\n?")
_IGNORED = re.compile(r"[ \t\r]*(?:#[^\n]*)?\n?\Z")
_CONTINUED = re.compile(r"\\[ \t\r]*\n?\Z")
_JOINT = re.compile(r"\\[ \t\r]*\n(?:[ \t\r]*(?:#[^\n]*)?\n)*")
_HEREDOC = re.compile(r"<<-?(?P<quote>[\"']?)(?P<word>[A-Za-z_]\w*)(?P=quote)")
_KEYWORD = re.compile(r"[ \t]*(?P<name>[A-Za-z]+)(?=[ \t]|\Z)")
_WORD = re.compile(r"\S+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_PAIR = re.compile(r"(?P<key>[^\s=]+)(?:=(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?:\\.|[^\s\\])*))?", re.DOTALL)
_KNOWN = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"}
    | {"ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)
_LISTS = frozenset({"COPY", "ADD", "EXPOSE", "VOLUME"})
_ASSIGNMENTS = frozenset({"ENV", "LABEL", "ARG"})


def parse_dockerfile(source: str, places: Places, notes: Notes) -> list[Node]:
    """The one root of a Dockerfile; lines that are no instruction are left out with a notification."""
    # It keeps the length, so that offsets stay those of the file.
    clean = source.replace("`\n", "\\\n") if _ESCAPE.match(source) else source
    reader = _Reader(clean, places)
    for start, end in _instructions(clean):
        keyword = _KEYWORD.match(clean, start, end)
        if keyword is None or keyword["name"].upper() not in _KNOWN:
            notes.add("broken-document", f"no instruction of a Dockerfile: {shorten(clean[start:end])}", start, end)
        else:
            reader.instruction(keyword["name"].upper(), *keyword.span("name"), end)
    return [reader.root()]


def _instructions(source: str) -> Iterator[tuple[int, int]]:
    """The regions of the instructions: lines with those that continue them, and with their here-documents."""
    start = -1
    waiting: list[str] = []
    for line in _LINE.finditer(source):
        text = line[0]
        if waiting:
            if text.strip() == waiting[0]:
                waiting.pop(0)
        elif start < 0 and _IGNORED.match(text):
            continue
        else:
            first = start < 0
            start = line.start() if first else start
            if _IGNORED.match(text) and not first:
                continue
            keyword = _KEYWORD.match(source, start)
            if keyword is not None and keyword["name"].upper() in ("RUN", "COPY", "ADD"):
                waiting = [found["word"] for found in _HEREDOC.finditer(text)]
        if not waiting and not _CONTINUED.search(text):
            yield start, line.start() + len(text.rstrip())
            start = -1
    if start >= 0:
        yield start, len(source.rstrip())


@dataclass(slots=True)
class _Stage:
    """A build stage while it grows."""

    start: int
    end: int
    image: Scalar | None = None
    name: Scalar | None = None
    steps: list[Node] = field(default_factory=list)
    user: Node | None = None

    def freeze(self, places: Places) -> Object:
        steps = Array(places, self.start, self.end, tuple(self.steps))
        named: tuple[tuple[str, Node | None], ...] = (
            ("image", self.image),
            ("name", self.name),
            ("steps", steps),
            ("user", self.user),
        )
        pairs = (Pair(_key(places, node.start, name), node) for name, node in named if node is not None)
        return Object(places, self.start, self.end, tuple(pairs))


class _Reader:
    def __init__(self, source: str, places: Places) -> None:
        self.source = source
        self.places = places
        self.before = _Stage(0, 0)
        self.stages: list[_Stage] = []
        self.named: dict[str, _Stage] = {}

    def root(self) -> Object:
        end = len(self.source)
        stages = Array(self.places, 0, end, tuple(stage.freeze(self.places) for stage in self.stages))
        steps = Array(self.places, 0, self.before.end, tuple(self.before.steps))
        return Object(
            self.places,
            0,
            end,
            (Pair(_key(self.places, 0, "stages"), stages), Pair(_key(self.places, 0, "steps"), steps)),
        )

    def instruction(self, name: str, start: int, after: int, end: int) -> None:
        """Add an instruction to the stage that it belongs to; `FROM` begins one."""
        if name == "FROM":
            stage = self._stage(start, after, end)
            self.stages.append(stage)
            if stage.name is not None:
                self.named[stage.name.raw.lower()] = stage
            return
        stage = self.stages[-1] if self.stages else self.before
        stage.end = end
        value = self._value(name, after, end)
        pair = Pair(Scalar(self.places, start, after, name, name), value)
        stage.steps.append(Object(self.places, start, end, (pair,)))
        if name == "USER":
            stage.user = value

    def _stage(self, start: int, after: int, end: int) -> _Stage:
        words = [word for word in self._words(after, end) if not word.raw.startswith("--")]
        stage = _Stage(start, end, words[0] if words else None)
        if len(words) > 2 and words[1].raw.lower() == "as":
            stage.name = words[2]
        known = self.named.get(words[0].raw.lower()) if words else None
        if known is not None:
            stage.user = known.user
        return stage

    def _value(self, name: str, start: int, end: int) -> Node:
        start, end = self._trimmed(start, end)
        strings = self._strings(start, end)
        if strings is not None:
            return Array(self.places, start, end, tuple(strings))
        if name in _ASSIGNMENTS:
            return Object(self.places, start, end, tuple(self._pairs(name, start, end)))
        if name in _LISTS:
            return Array(self.places, start, end, tuple(self._words(start, end)))
        return self._text(start, end)

    def _strings(self, start: int, end: int) -> list[Scalar] | None:
        """The words of a command in the form of a list; None for any other text."""
        text = self._joined(start, end)
        if not text.startswith("["):
            return None
        try:
            words = json.loads(text)
        except (ValueError, RecursionError):
            return None
        found = list(_STRING.finditer(text))
        if len(found) != len(words) or not all(isinstance(word, str) for word in words):
            return None
        return [
            Scalar(self.places, start + place.start(), start + place.end(), word, word, quoted=True)
            for place, word in zip(found, words, strict=True)
        ]

    def _pairs(self, name: str, start: int, end: int) -> Iterator[Pair]:
        text = self._joined(start, end)
        first = _PAIR.match(text)
        if name != "ARG" and first is not None and first["value"] is None:  # the old form, `ENV key the rest`
            key = self._text(start, start + first.end())
            yield Pair(key, self._text(*self._trimmed(key.end, end)))
            return
        for found in _PAIR.finditer(text):
            key = self._text(start + found.start("key"), start + found.end("key"))
            if found["value"] is None:
                yield Pair(key, Scalar(self.places, key.end, key.end, None, ""))
            else:
                yield Pair(key, self._string(start + found.start("value"), start + found.end("value")))

    def _words(self, start: int, end: int) -> list[Scalar]:
        found = _WORD.finditer(self._joined(start, end))
        return [self._text(start + word.start(), start + word.end()) for word in found]

    def _string(self, start: int, end: int) -> Scalar:
        text = self.source[start:end]
        quoted = len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]
        value = re.sub(r"\\(.)", r"\1", text[1:-1]) if quoted else text
        return Scalar(self.places, start, end, value, value, quoted=quoted)

    def _text(self, start: int, end: int) -> Scalar:
        text = self._joined(start, end)
        return Scalar(self.places, start, end, text, text)

    def _joined(self, start: int, end: int) -> str:
        """A region as one line, as long as it was: line ends and the comments between them become blanks."""
        return _JOINT.sub(lambda match: " " * len(match[0]), self.source[start:end])

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        """A region without the blanks around it."""
        text = self.source[start:end]
        inner = text.strip()
        first = start + (text.index(inner) if inner else 0)
        return first, first + len(inner)


def _key(places: Places, at: int, name: str) -> Scalar:
    return Scalar(places, at, at, name, name)
