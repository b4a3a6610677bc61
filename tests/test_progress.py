"""Progress: a person at a terminal sees that a long run goes on, and nobody else sees anything."""

import os
import re
import select
import time
from collections.abc import Iterator
from typing import TextIO

import pytest

from aisafety_lint.progress import told

pty = pytest.importorskip("pty")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TextIO]]:
    """What a terminal receives, and the stream that leads to it."""
    monkeypatch.setenv("TERM", "xterm")
    seen, end = os.openpty()
    with os.fdopen(end, "w") as stream:
        yield seen, stream
    os.close(seen)


def received(seen: int) -> bytes:
    """All that has arrived; a terminal hands it on a little later."""
    text = b""
    while select.select([seen], [], [], 0.3)[0]:
        text += os.read(seen, 10_000)
    return text


def test_a_long_run_is_told_and_wiped_out(terminal: tuple[int, TextIO]) -> None:
    seen, stream = terminal
    with told("analysing", stream):
        deadline = time.monotonic() + 0.8
        while time.monotonic() < deadline:
            pass
    text = received(seen)
    assert re.fullmatch(rb"(\r\x1b\[Kanalysing \.\.\. \d+ s)+\r\x1b\[K", text)


def test_a_short_one_is_not_told(terminal: tuple[int, TextIO]) -> None:
    seen, stream = terminal
    with told("analysing", stream):
        pass
    time.sleep(0.6)
    assert received(seen) == b""


@pytest.mark.parametrize("term", ["dumb", None])
def test_nothing_is_told_to_what_is_no_such_terminal(
    terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch, term: str | None
) -> None:
    seen, stream = terminal
    if term:
        monkeypatch.setenv("TERM", term)
    else:
        read, write = os.pipe()
        seen, stream = read, os.fdopen(write, "w")
    with told("analysing", stream):
        time.sleep(0.6)
    assert received(seen) == b""
    if not term:
        stream.close()
        os.close(seen)


def test_what_goes_wrong_meanwhile_is_not_hidden(terminal: tuple[int, TextIO]) -> None:
    seen, stream = terminal
    with pytest.raises(ValueError, match="no"), told("analysing", stream):
        time.sleep(0.6)
        raise ValueError("no")
    assert received(seen).endswith(b"\r\x1b[K")
