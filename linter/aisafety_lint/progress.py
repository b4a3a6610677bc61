"""Tells on a terminal that a run takes its time: from half a second on, and without a trace afterwards.

A timer of the system interrupts the work for a moment. There is no second thread, which could hold a lock when worker
processes are forked; and these do not inherit the timer.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import TextIO

_PATIENCE = 0.5
_WIPED = b"\r\x1b[K"


@contextlib.contextmanager
def told(text: str, stream: TextIO) -> Iterator[None]:
    """Show a text with the seconds that have passed while something is done, if a person can see it."""
    if not _is_seen(stream):
        yield
        return
    started, out, shown = time.monotonic(), stream.fileno(), False

    def tell(*_: object) -> None:
        nonlocal shown
        shown = True
        line = f"{text} ... {time.monotonic() - started:.0f} s"
        with contextlib.suppress(OSError):
            os.write(out, _WIPED + line.encode("ascii", "backslashreplace"))

    before = signal.signal(signal.SIGALRM, tell)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if shown:
            with contextlib.suppress(OSError):
                os.write(out, _WIPED)


def _is_seen(stream: TextIO) -> bool:
    """Whether a line can be written and wiped out again; only the main thread may set timers, and not everywhere."""
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and stream.isatty()
        and os.environ.get("TERM") != "dumb"
    )
