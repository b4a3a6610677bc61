"""The tasks of a run on Dask's distributed scheduler: gives what is done as it is done, and loses nothing.

Whether a worker died and why is Dask's to find out; that a task took too long, or kills worker after worker, is decided
here. Only this module and what it calls load Dask.
"""

import contextlib
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import dask
from distributed import Client, Future, LocalCluster
from distributed.scheduler import KilledWorker
from distributed.security import Security
from distributed.worker import get_worker

from aisafety_lint import __version__
from aisafety_lint.errors import UserError
from aisafety_lint.fleet.run import Means
from aisafety_lint.fleet.sources import Source
from aisafety_lint.fleet.task import Asked, Done, FailedError, recorded, work

_STARTED, _MEMORY = "aisafety-lint-started", "worker-restart-memory"
_TICK = 0.2
_MOST_TRIES = 10
_PATIENCE = 2.0
_GRACE = 30.0
_SETTINGS = {
    # One task is at one worker: those that wait must not share the fate of the one that kills it.
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # Nothing is kept in a worker that could be spilled; what grows too large is ended.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.log-format": "%(message)s",
}


@contextlib.contextmanager
def connected(means: Means, scratch: str) -> Iterator[Client]:
    """A client of the scheduler that was named, or of one of our own that nobody else can reach.

    Raises UserError where nobody answers.
    """
    logging.disable(logging.CRITICAL)  # what matters of it is told with the repository that it is about
    try:
        with _existing(means.scheduler) if means.scheduler else _own(means, scratch) as client:
            yield client
    finally:
        logging.disable(logging.NOTSET)


@contextlib.contextmanager
def _existing(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=10, name="aisafety-lint", set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        said = str(error).partition("\n")[0][:200]
        raise UserError(f"the scheduler at `{address}` does not answer: {said}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_GRACE)
        except TimeoutError:
            raise UserError(f"the scheduler at `{address}` has no worker", f"`dask worker {address}` is one") from None
        yield client


@contextlib.contextmanager
def _own(means: Means, scratch: str) -> Iterator[Client]:
    """A cluster of this machine: its connections are encrypted with a key that only its processes have."""
    os.environ["PYTHONSAFEPATH"] = "1"  # of what lies in the working directory no worker imports anything
    with dask.config.set(_SETTINGS), _uninterrupted():
        security = Security.temporary()
        cluster = LocalCluster(
            n_workers=means.workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tls://",
            security=security,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            memory_limit=means.memory,
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
        )
    try:
        with Client(cluster, security=security, name="aisafety-lint", set_as_default=False) as client:
            yield client
    finally:
        with _uninterrupted():
            cluster.close(timeout=10)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """No interruption from the keyboard, for us and for the processes that are started meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def task(source: Source, asked: Asked) -> Done:
    """The work on a repository as a task, which tells when it begins."""
    if asked.version != __version__:
        raise FailedError(f"the worker has aisafety-lint {__version__}, and not {asked.version}")
    worker = get_worker()
    worker.log_event(_STARTED, {"run": asked.run, "slug": source.slug, "worker": worker.address})
    return work(source, asked)


@dataclass(slots=True)
class _Turn:
    """A repository whose turn it is or will be: where it is worked on, since when, and how many workers died of it."""

    source: Source
    future: Future[Any] | None = None
    worker: str = ""
    since: float = 0.0
    deaths: int = 0
    tries: int = 0


@dataclass(slots=True)
class Schedule:
    """The repositories that are still to be done, and what Dask says about them.

    One that so many workers died of (`attempts`) is given up; `lost` is since when nobody answers.
    """

    client: Client
    asked: Asked
    attempts: int
    turns: dict[str, _Turn] = field(default_factory=dict)
    finished: "queue.SimpleQueue[tuple[str, Future[Any]]]" = field(default_factory=queue.SimpleQueue)
    lost: float = 0.0

    def done(self, sources: Sequence[Source]) -> Iterator[tuple[str, Done]]:
        """What becomes of each repository, in the order in which that is known; raises UserError without scheduler."""
        self.client.subscribe_topic(_STARTED, self._note_start)
        for source in sources:
            self.turns[source.slug] = _Turn(source)
        for slug in list(self.turns):
            self._submit(slug)
        while self.turns:
            with contextlib.suppress(queue.Empty):
                slug, future = self.finished.get(timeout=_TICK)
                yield from self._settled(slug, future)
            self._check_scheduler()
            yield from self._overdue()

    def _submit(self, slug: str) -> None:
        turn = self.turns[slug]
        turn.tries += 1
        turn.worker, turn.since = "", 0.0
        key = f"aisafety-lint-{self.asked.run}-{slug}-{turn.tries}"
        turn.future = self.client.submit(task, turn.source, self.asked, key=key, pure=False)
        turn.future.add_done_callback(lambda future: self.finished.put((slug, future)))

    def _settled(self, slug: str, future: Future[Any]) -> Iterator[tuple[str, Done]]:
        """What a future that is over says, unless it was given up before, or is tried again."""
        turn = self.turns.get(slug)
        if turn is None or turn.future is not future:
            return
        if future.status == "finished":
            found: Done = future.result(timeout=_GRACE)
            del self.turns[slug]
            yield slug, found
        elif future.status == "error":
            yield from self._broken(turn, future.exception(timeout=_GRACE))
        elif self.client.status == "running":  # cancelled or lost: nobody did that on purpose
            yield from self._again(turn, "the scheduler forgot it")

    def _broken(self, turn: _Turn, error: Any) -> Iterator[tuple[str, Done]]:
        if not isinstance(error, KilledWorker):
            reason = str(error) if isinstance(error, FailedError) else f"{type(error).__name__}: {error}"
            yield self._given_up(turn, reason)
        elif turn.since and self._was_full(turn.worker):
            yield self._given_up(turn, "it needs more memory than a worker may have")
        else:
            turn.deaths += bool(turn.since)  # one that had not begun died with its worker
            yield from self._again(turn, "the worker that was at it died, again and again")

    def _again(self, turn: _Turn, reason: str) -> Iterator[tuple[str, Done]]:
        if turn.deaths < self.attempts and turn.tries < _MOST_TRIES:
            self._submit(turn.source.slug)
        else:
            yield self._given_up(turn, reason)

    def _overdue(self) -> Iterator[tuple[str, Done]]:
        """Give up what takes too long, and end the worker that is at it: there is no other way to stop it."""
        now = time.monotonic()
        for turn in list(self.turns.values()):
            late = turn.since and now - turn.since > self.asked.seconds
            if late and turn.future is not None and not turn.future.done():
                turn.future.cancel(force=True)
                with contextlib.suppress(Exception):  # without a nanny it stays occupied, and the others go on
                    self.client.restart_workers([turn.worker], timeout=_GRACE, raise_for_error=False)
                yield self._given_up(turn, f"it took longer than {self.asked.seconds:.0f} s")

    def _given_up(self, turn: _Turn, reason: str) -> tuple[str, Done]:
        del self.turns[turn.source.slug]
        return turn.source.slug, Done(recorded(turn.source, self.asked, reason))

    def _note_start(self, event: tuple[float, Any]) -> None:
        said = event[1]
        turn = self.turns.get(said["slug"]) if said.get("run") == self.asked.run else None
        if turn is not None:
            turn.worker, turn.since = said["worker"], time.monotonic()

    def _was_full(self, worker: str) -> bool:
        """Whether a worker was ended for its memory."""
        return any(said.get("worker") == worker for _, said in self.client.get_events(_MEMORY))

    def _check_scheduler(self) -> None:
        """Raise UserError where the scheduler went away."""
        if self.client.status == "running":
            self.lost = 0.0
            return
        self.lost = self.lost or time.monotonic()
        if self.client.status == "closed" or time.monotonic() - self.lost > _PATIENCE:
            raise UserError("the scheduler went away", "what is finished is kept: `--resume` goes on with the rest")
