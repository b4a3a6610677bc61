"""What the work on one file may cost: processor time and memory; whatever needs more becomes a notification."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aisafety_lint.perfile import Failure, Outcome
from aisafety_lint.source import SourceFile


class TooLongError(BaseException):
    """Raised wherever the program is when the time is over: no `except Exception` may take it for its own."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TooLongError in what takes more processor time; not where the system or the thread has no timers for that.

    Processor time, not the time of day: how busy a machine is decides nothing.
    """
    if not (hasattr(signal, "ITIMER_VIRTUAL") and threading.current_thread() is threading.main_thread()):
        yield
        return

    def stop(*_: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@dataclass(frozen=True, slots=True)
class Bounded:
    """Work on a file that takes no longer than so many seconds, and no more memory than there is."""

    work: Callable[[SourceFile], Outcome]
    seconds: float

    def __call__(self, file: SourceFile) -> Outcome:
        """Work on one file."""
        try:
            with within(self.seconds):
                return self.work(file)
        except TooLongError:
            return Outcome(failure=too_long(file.path, self.seconds))
        except MemoryError:
            return Outcome(failure=Failure("file-memory", f"`{file.path}` is not analysed: it needs too much memory."))


def too_long(path: str, seconds: float) -> Failure:
    """What is told of a file that takes too long."""
    return Failure("file-timeout", f"`{path}` is not analysed: it takes more than {seconds:g} seconds.")
