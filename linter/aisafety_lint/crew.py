"""Several processes that work on files, and no run is lost with one of them.

A process gets files in portions and sends back what came out. Where one dies, its files are tried again one by one; the
one that kills it again is given up, and told.
"""

import contextlib
import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import msgspec

from aisafety_lint.interpreter import analysing
from aisafety_lint.perfile import Failure, Outcome
from aisafety_lint.source import SourceFile
from aisafety_lint.workers import Work

Portion = list[int]

_PORTION = 400_000
PATIENCE = 300.0
"""Seconds of the time of day for a portion: work that is bounded by itself needs as much only where a system hangs."""


@dataclass(slots=True)
class _Member:
    """A process, the way to it, and what it is working on: nothing is the end of its work."""

    process: BaseProcess
    connection: Connection
    portion: Portion
    since: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Crew:
    """The processes, what is still to be done, and what is done but not told yet.

    The `suspects` were among the files of a process that died: one of them may be what killed it.
    """

    work: Work
    files: Sequence[SourceFile]
    pending: deque[Portion] = field(default_factory=deque)
    members: list[_Member] = field(default_factory=list)
    done: dict[int, Outcome] = field(default_factory=dict)
    suspects: set[int] = field(default_factory=set)
    patience: float = PATIENCE

    def outcomes(self, count: int) -> Iterator[Outcome]:
        """Do all the work."""
        self.pending.extend(_portions(self.files))
        try:
            for number in range(len(self.files)):
                while number not in self.done:
                    self._employ(count)
                    if self.members:
                        self._listen()
                yield self.done.pop(number)
        finally:
            self._dismiss()

    def _employ(self, count: int) -> None:
        """Start processes up to a number, each with something to do; without any, do the next thing here."""
        while self.pending and len(self.members) < count:
            portion = self.pending.popleft()
            try:
                self.members.append(self._start(portion))
            except OSError:  # no more processes to be had
                self.pending.appendleft(portion)
                break
        if not self.members:
            for number in self.pending.popleft():
                self.done[number] = self._died(number) if number in self.suspects else self.work(self.files[number])

    def _start(self, portion: Portion) -> _Member:
        # A copy of this process is there at once and knows everything; elsewhere than on Linux copies are not safe.
        linux = sys.platform == "linux"
        context = multiprocessing.get_context("fork") if linux else multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        copied = [here, *(member.connection for member in self.members)] if linux else []
        process = context.Process(target=_serve, args=(there, copied, self.work, self.files), daemon=True)
        try:
            process.start()
        finally:
            there.close()
        member = _Member(process, here, portion)
        _send(member)
        return member

    def _listen(self) -> None:
        """Take what the processes have to say, and give them more to do."""
        oldest = min(member.since for member in self.members)
        ready = wait(
            [member.connection for member in self.members], max(0.0, oldest + self.patience - time.monotonic())
        )
        for member in [member for member in self.members if member.connection not in ready and self._hangs(member)]:
            member.process.kill()
            self._bury(member, "worker-hung", f"is waited for longer than {self.patience:g} seconds")
        for member in [member for member in self.members if member.connection in ready]:
            try:
                outcomes = msgspec.msgpack.decode(member.connection.recv_bytes(), type=list[Outcome | None])
            except (EOFError, OSError):
                self._bury(member)
                continue
            for number, outcome in zip(member.portion, outcomes, strict=True):
                # What cannot be sent, or was no success, is done again here, where everybody sees what happens.
                self.done[number] = self.work(self.files[number]) if outcome is None else outcome
            member.portion, member.since = self.pending.popleft() if self.pending else [], time.monotonic()
            _send(member)
            if not member.portion:
                self._release(member)

    def _hangs(self, member: _Member) -> bool:
        return time.monotonic() - member.since >= self.patience

    def _bury(self, member: _Member, kind: str = "worker-died", what: str = "died") -> None:
        """A process died, or was killed: its files are tried one by one, and a file that was alone is given up."""
        self._release(member)
        if len(member.portion) > 1:
            self.suspects.update(member.portion)
            self.pending.extendleft([number] for number in reversed(member.portion))
        else:
            self.done.update((number, self._died(number, kind, what)) for number in member.portion)

    def _died(self, number: int, kind: str = "worker-died", what: str = "died") -> Outcome:
        message = f"`{self.files[number].path}` is not analysed: the process that worked on it {what}."
        return Outcome(failure=Failure(kind, message))

    def _release(self, member: _Member) -> None:
        self.members.remove(member)
        member.connection.close()
        member.process.join()

    def _dismiss(self) -> None:
        for member in self.members:
            member.process.kill()
        for member in list(self.members):
            self._release(member)


def _send(member: _Member) -> None:
    with contextlib.suppress(OSError):  # if it died, who listens to it will hear
        member.connection.send_bytes(msgspec.msgpack.encode(member.portion))


def _portions(files: Sequence[SourceFile]) -> Iterator[Portion]:
    portion: Portion = []
    size = 0
    for number, file in enumerate(files):
        portion.append(number)
        size += file.size
        if size >= _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _serve(connection: Connection, copied: Sequence[Connection], work: Work, files: Sequence[SourceFile]) -> None:
    """The life of a process: works on portions until there are no more, or nobody is there who wants them.

    The ends of connections that are `copied` with the process are not its own: open, they would hide that.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it decides when it ends
    for other in copied:
        other.close()
    with analysing(), contextlib.suppress(EOFError, OSError):  # who started it is gone
        while portion := msgspec.msgpack.decode(connection.recv_bytes(), type=Portion):
            outcomes = [_encoded(work, files[number]) for number in portion]
            connection.send_bytes(msgspec.msgpack.encode(outcomes))


def _encoded(work: Work, file: SourceFile) -> msgspec.Raw | None:
    try:
        return msgspec.Raw(msgspec.msgpack.encode(work(file)))
    except Exception:  # noqa: BLE001 - it is done again where it can be told
        return None
