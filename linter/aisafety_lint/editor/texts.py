"""The texts of files in a folder that an editor has open: as they are analysed, and as they are written on disk."""

from aisafety_lint.config import Config
from aisafety_lint.source import SourceFile, UnreadableError, decode, read_bytes


def analysed(config: Config, path: str) -> str:
    """The text that is analysed: what the editor gave, else what is written; nothing where there is none."""
    given = config.given(path)
    if given is None:
        return written(config, path) or ""
    try:
        return decode(given)
    except UnreadableError:
        return ""


def written(config: Config, path: str) -> str | None:
    """The text that is written in a file; None where there is none."""
    try:
        size = (config.root / path).stat().st_size
        return decode(read_bytes(config.root, SourceFile(path, "text", size), size))
    except (OSError, UnreadableError):
        return None
