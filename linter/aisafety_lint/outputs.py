"""Where reports go: standard output in its own encoding, and files that are written whole or not at all."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aisafety_lint.arguments import OneOf
from aisafety_lint.errors import UserError
from aisafety_lint.report import FORMATS

Output = tuple[str, Path | None]


def parse_output(text: str) -> Output:
    """Read `FORMAT=FILE`; the file is None for `-`, standard output."""
    form, separator, name = text.partition("=")
    if not separator or not name:
        hint = "for example `--output sarif=results.sarif`"
        raise UserError(f"`--output {text}`: a format and a file are expected", hint)
    OneOf("format", FORMATS)(form)
    if name == "-":
        return form, None
    path = Path(name)
    if path.is_dir():
        raise UserError(f"`--output`: `{name}` is a folder")
    if not path.absolute().parent.is_dir():
        raise UserError(f"`--output`: there is no folder `{path.parent}`")
    return form, path


def stdout_format(chosen: str | None, outputs: Sequence[Output]) -> str:
    """The format for standard output: the chosen one or that of an output `-`; by default the one for people."""
    named = [form for form, path in outputs if path is None] + ([chosen] if chosen else [])
    if len(named) > 1:
        raise UserError("only one format can go to standard output", "give the others a file: `--output FORMAT=FILE`")
    return named[0] if named else "full"


def write_stdout(text: str) -> None:
    """Write to standard output: bytes in UTF-8, except to a terminal, which knows its own encoding."""
    stream: Any = sys.stdout
    if stream.isatty():
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    else:
        stream.flush()
        stream.buffer.write(text.encode("utf-8", "backslashreplace"))
    stream.flush()


def drop_stdout() -> None:
    """Forget what is still to be written: its reader went away, and Python must not complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: Path, text: str) -> None:
    """Write a whole file or nothing; what is no regular file (a pipe, /dev/null) is written in place."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write all bytes of a file or none, with the mode that it has."""
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise UserError(f"`{path}` cannot be written: {error.strerror}") from error


def _replace(target: Path, data: bytes) -> None:
    import tempfile

    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
        temporary = Path(stream.name)
        try:
            stream.write(data)
            stream.flush()
            temporary.chmod(mode)
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
