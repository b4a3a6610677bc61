"""The process behind an editor for one folder: takes texts as they are typed, gives answers.

One thread reads what comes and interrupts an analysis of the whole project that it makes outdated; the other one
works. What goes wrong is told, and the process goes on; it ends when nobody speaks to it any more.
"""

import _thread
import contextlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import BinaryIO

from aisafety_lint.commands import check
from aisafety_lint.editor.folder import Folder
from aisafety_lint.editor.messages import Answer, Asked, Failed, Item, Told, Typed, Working, framed, read_asked
from aisafety_lint.errors import UserError
from aisafety_lint.interpreter import tidy
from aisafety_lint.secrets.redact import concealed

# The whole project is analysed once nothing was typed for so many seconds, and memory is tidied up some time later.
_QUIET, _IDLE = 0.3, 2.0


class Outdated(BaseException):
    """What is being analysed is no longer what is in the editor."""


@dataclass(slots=True)
class Analyst:
    """The process: a folder, what comes and where answers go.

    `due` tells that the whole project is to be analysed, `used` that there is memory to tidy up; `number` is the one of
    the last message, and `edited` are the files that came since the last answer.
    """

    folder: Folder
    answers: BinaryIO
    asked: "queue.Queue[Asked | None]" = field(default_factory=queue.Queue)
    busy: bool = False
    due: bool = True
    used: bool = False
    number: int = 0
    edited: dict[str, None] = field(default_factory=dict)

    def listen(self, stream: BinaryIO) -> None:
        """Take messages until there are none; the work of another thread is interrupted by each."""
        with contextlib.suppress(OSError, ValueError):
            while (message := read_asked(stream)) is not None:
                self.asked.put(message)
                if self.busy:
                    _thread.interrupt_main()
        self.asked.put(None)
        time.sleep(_IDLE)
        os._exit(0)  # an analysis that goes on is of no use to anybody

    def interrupted(self, _signal: int, _frame: FrameType | None) -> None:
        """End an analysis that is outdated, when the other thread says so."""
        if self.busy and not self.asked.empty():
            raise Outdated

    def work(self) -> None:
        """Answer until nobody asks any more."""
        self._attempt(self._remembered)
        while True:
            try:
                message = self.asked.get(timeout=_QUIET if self.due else _IDLE if self.used else None)
            except queue.Empty:
                self._attempt(self._whole) if self.due else self._tidy()
                continue
            if message is None:
                return
            self._take(message)
            if self.edited and self.asked.empty():
                self._attempt(self._near)

    def _take(self, message: Asked) -> None:
        """Take a message, after which there is another answer about the whole."""
        self.number, self.due = message.number, True
        if isinstance(message, Typed):
            self.folder.typed(message)
            self.edited.pop(message.path, None)
            if message.text is not None:
                self.edited[message.path] = None

    def _remembered(self) -> None:
        items = self.folder.remembered()
        if items is not None:
            self._answer(items, whole=True)

    def _near(self) -> None:
        """Give the first answer about edits."""
        edited, self.edited = list(self.edited), {}
        answers = [items for path in edited if (items := self.folder.near(path)) is not None]
        if answers:
            self._answer(answers[-1], whole=False)

    def _whole(self) -> None:
        """Analyse the whole project; what is outdated meanwhile begins anew later."""
        self.used, self.due = True, False
        self._tell(Working(begun=True))
        try:
            with self._interruptible():
                items = self.folder.whole()
            self._answer(items, whole=True)
            for path in list(self.folder.texts)[-4:]:
                if self.asked.empty():
                    self.folder.prepare(path)
        except Outdated:
            self.due = True
        finally:
            self._tell(Working(begun=False))

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        # The first answer is needed for all others, and is worth having even if something was typed meanwhile.
        self.busy = self.folder.last is not None
        try:
            if self.busy and not self.asked.empty():
                raise Outdated
            yield
        finally:
            self.busy = False

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do some work; what goes wrong is told, and is no reason to end."""
        try:
            work()
        except UserError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self._tell(Failed(f"{error.message}{hint}", f"{error.message}{hint}"))
        except Exception as error:  # noqa: BLE001 - the editor goes on, whatever is in a file
            message = f"An analysis failed, which is a bug: {type(error).__name__}. The log of the server tells where."
            self._tell(Failed(message, traceback.format_exc()))

    def _tidy(self) -> None:
        self.used = False
        tidy()

    def _answer(self, items: tuple[Item, ...], *, whole: bool) -> None:
        self._tell(Answer(self.number, whole, self.folder.versions, items))

    def _tell(self, message: Told) -> None:
        if isinstance(message, Failed):
            message = Failed(concealed(message.message), concealed(message.log))
        self.answers.write(framed(message))
        self.answers.flush()


def main() -> None:
    """Work for the server that started this process: it is told the units of places, whether closed files are shown,
    the folder, and the options of a run.
    """
    units, everything, *words = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no message
    folder = Folder(check.parser().parse(words), units, everything == "all")
    analyst = Analyst(folder, answers)
    signal.signal(signal.SIGINT, analyst.interrupted)
    threading.Thread(target=analyst.listen, args=(sys.stdin.buffer,), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        analyst.work()


if __name__ == "__main__":
    main()
