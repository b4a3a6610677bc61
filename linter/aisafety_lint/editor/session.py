"""The server's side of one folder: starts the process behind it, hands on what is typed, and gives what it answers."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from aisafety_lint.editor.messages import LENGTH, TOLD, Asked, Changed, Failed, Told, Typed, framed, length_of

# So long the server waits for more to be typed, and so often a process that dies is started again.
_PAUSE = 0.03
_MOST_DEATHS = 3


@dataclass(slots=True)
class Session:
    """A folder, or a file alone: the words for its process, and who hears the answers.

    `typed` are the texts in the editor by path; `waiting` those that were not handed on yet.
    """

    name: Path
    words: Sequence[str]
    hear: Callable[["Session", Told], Awaitable[None]]
    typed: dict[str, Typed] = field(default_factory=dict)
    waiting: dict[str, Typed] = field(default_factory=dict)
    number: int = 0
    deaths: int = 0
    process: asyncio.subprocess.Process | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def folder(self) -> Path:
        """The folder, or that of the file."""
        return self.name if self.name.is_dir() else self.name.parent

    def text(self, path: str, version: int, text: str | None) -> None:
        """Take a text of the editor, or without one that the file was closed; soon it is handed on."""
        self.number += 1
        message = Typed(self.number, path, version, text)
        if text is None:
            self.typed.pop(path, None)
        else:
            self.typed[path] = message
        if not self.waiting:
            self._task(self._hand_on())
        self.waiting[path] = message

    def changed(self) -> None:
        """Take that something may have changed on disk."""
        self.number += 1
        self._send(Changed(self.number))

    def start(self) -> None:
        """Start the process, and let it know what is open."""
        self._task(self._live())

    async def stop(self) -> None:
        """End the process at once."""
        process, self.process, self.deaths = self.process, None, _MOST_DEATHS
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _live(self) -> None:
        """Start the process, hear it until it ends, and start it again where it died."""
        while self.deaths < _MOST_DEATHS:
            try:
                self.process = process = await self._started()
            except OSError as error:
                await self._tell(f"`{self.folder}` cannot be analysed: {error.strerror}.")
                return
            for text in self.typed.values():
                self._send(text)
            await self._listen(process)
            code = await process.wait()
            self.process = None
            self.deaths += 1
            again = "it is started anew" if self.deaths < _MOST_DEATHS else "it is started anew after the next change"
            await self._tell(f"The analysis of `{self.folder}` ended unexpectedly, with code {code}; {again}.")

    async def _started(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            # -P: nothing is imported from the folder.
            *(sys.executable, "-P", "-m", "aisafety_lint.editor.analyst", *self.words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=self.folder,
            start_new_session=True,
        )

    async def _tell(self, message: str) -> None:
        await self.hear(self, Failed(message, message))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None, "its output is a pipe"
        with contextlib.suppress(asyncio.IncompleteReadError, ValueError, msgspec.MsgspecError):
            while True:
                length = length_of(await process.stdout.readexactly(LENGTH))
                await self.hear(self, TOLD.decode(await process.stdout.readexactly(length)))

    async def _hand_on(self) -> None:
        await asyncio.sleep(_PAUSE)
        waiting = list(self.waiting.values())
        self.waiting.clear()
        for message in waiting:
            self._send(message)

    def _send(self, message: Asked) -> None:
        if self.process is None:
            if self.deaths >= _MOST_DEATHS:
                self.deaths = 0
                self.start()
            return  # a process that starts is told all texts
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(framed(message))

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
