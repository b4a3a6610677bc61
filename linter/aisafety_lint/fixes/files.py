"""The files that fixes may change: read with what they are encoded in, and written as they were but for the edits."""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from aisafety_lint.config import Config
from aisafety_lint.filetypes import kind_by_content, kind_by_name
from aisafety_lint.fixes.planning import Texts
from aisafety_lint.ignorefiles import PathTest, path_test
from aisafety_lint.outputs import write_bytes
from aisafety_lint.source import SourceFile, SourceText, UnreadableError, decode, read_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"", "utf-8"),
    (b"", "latin-1"),
)


@dataclass(slots=True)
class Files:
    """The files of a project as fixes see them; `changed` holds new texts that are not written yet."""

    config: Config
    changed: dict[str, str] = field(default_factory=dict)
    _read: "dict[str, tuple[bytes, str] | str]" = field(default_factory=dict)
    _excluded: PathTest = field(init=False)

    def __post_init__(self) -> None:
        patterns = (*self.config.exclude, *self.config.extend_exclude)
        self._excluded = path_test(patterns, "exclude")

    def texts(self, paths: Iterable[str]) -> Texts:
        """The present texts of files, and for those that are left as they are the reason."""
        texts, kinds, refusals = {}, {}, {}
        for path in dict.fromkeys(paths):
            kinds[path] = self._kind(path)
            known = self._known(path)
            if isinstance(known, str):
                refusals[path] = known
            else:
                texts[path] = SourceText(path, self.changed.get(path, known[1]))
        return Texts(texts, kinds, refusals)

    def before(self, path: str) -> str:
        """The text that is written in a file."""
        known = self._known(path)
        return "" if isinstance(known, str) else known[1]

    def encoded(self, path: str, text: str) -> bytes:
        """A text in the encoding of a file, with its byte order mark."""
        known = self._known(path)
        assert not isinstance(known, str), "what cannot be read is not changed"
        mark, encoding = _encoding(*known)
        return mark + text.encode(encoding)

    @property
    def overlay(self) -> dict[str, bytes]:
        """What is analysed in place of the files."""
        return {path: self.encoded(path, text) for path, text in self.changed.items()}

    def write(self) -> None:
        """Write what has changed; raises UserError where that cannot be."""
        for path, data in self.overlay.items():
            write_bytes(self.config.root / path, data)

    def _kind(self, path: str) -> str:
        return kind_by_name(path.rpartition("/")[2]) or kind_by_content(str(self.config.root / path)) or "text"

    def _known(self, path: str) -> tuple[bytes, str] | str:
        """The bytes and the text of a file, or why it is left as it is."""
        if path not in self._read:
            self._read[path] = self._looked_at(path)
        return self._read[path]

    def _looked_at(self, path: str) -> tuple[bytes, str] | str:
        root = self.config.root
        whole = root / path
        if self._kind(path) == "notebook":
            return "notebooks are not changed"
        if not any(whole == given or given in whole.parents for given in self.config.paths):
            return "it is outside the given paths"
        if self._excluded.matches(path):
            return "it is in an excluded folder"
        if not Path(path).is_absolute() and whole.resolve() != root.resolve() / path:
            return "it is reached through a link"
        try:
            size = whole.stat().st_size
            data = read_bytes(root, SourceFile(path, "text", size), size)
            text = decode(data)
        except (OSError, UnreadableError):
            return "the file cannot be read"
        try:
            mark, encoding = _encoding(data, text)
        except LookupError:
            return "its encoding is not known"
        return (data, text) if mark + text.encode(encoding) == data else "its encoding is not known"


def _encoding(data: bytes, text: str) -> tuple[bytes, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                if mark + text.encode(encoding) == data:
                    return mark, encoding
            except UnicodeEncodeError:
                continue
    raise LookupError
