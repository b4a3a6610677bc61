"""What the server knows while it runs: folders with their processes, open documents, and what was shown of them."""

import asyncio
import contextlib
import os
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from aisafety_lint.editor import actions
from aisafety_lint.editor.messages import Answer, Failed, Item, Told, Working
from aisafety_lint.editor.session import Session
from aisafety_lint.scope import is_git_root

# So long an action waits for an answer about the text that it is asked for.
_PATIENCE = 2.0
# What takes less is not worth a word.
_SHORT = 0.5


@dataclass(slots=True)
class Document:
    """A text that is open: how the editor calls it, which version it is, and which items were told of which version."""

    uri: str
    version: int
    text: str
    told: int | None = None
    items: tuple[Item, ...] = ()


@dataclass(slots=True)
class Service:
    """What the server knows: the folders with their processes, and the open documents by their real paths."""

    server: LanguageServer
    words: Sequence[str]
    everything: bool
    sessions: dict[Path, Session] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    elsewhere: dict[Path, set[str]] = field(default_factory=dict)
    working: dict[Path, asyncio.Event] = field(default_factory=dict)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    tokens: int = 0
    said: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    # The folders.

    def add(self, folder: Path) -> Session:
        """The session of a folder, started where there is none."""
        if folder not in self.sessions:
            words = (self.units, "all" if self.everything else "open", *self.words, "--", str(folder))
            self.sessions[folder] = session = Session(folder, words, self.hear)
            for path, document in self.documents.items():
                if self.folder_of(path) == folder:
                    session.text(path, document.version, document.text)
            session.start()
        return self.sessions[folder]

    async def remove(self, folder: Path) -> None:
        """End the session of a folder, and take back what was shown of it."""
        session = self.sessions.pop(folder, None)
        if session is not None:
            await session.stop()
            self._working(session, begun=False)
            for path in self.elsewhere.pop(folder, set()):
                self._publish(self.address(path), (), None)
            for path in session.typed:
                if (document := self.documents.get(path)) is not None:
                    document.items = ()
                    self._publish(document.uri, (), document.version)

    def folder_of(self, path: str) -> Path:
        """The folder that a file belongs to: an open one, else its git work tree, else the file alone."""
        place = Path(path)
        if known := [folder for folder in self.sessions if place.is_relative_to(folder)]:
            return max(known, key=lambda folder: len(folder.parts))
        return next((folder for folder in place.parents if is_git_root(folder)), place)

    # The documents.

    def opened(self, uri: str, version: int, text: str) -> None:
        """Take a text that is open, in some version."""
        path = real_path(uri)
        if path is None:
            return
        document = self.documents.setdefault(path, Document(uri, version, text))
        document.uri, document.version, document.text = uri, version, text
        session = self.sessions.get(self.folder_of(path))
        if session is None:
            self.add(self.folder_of(path))  # which is told all documents
        else:
            session.text(path, version, text)

    async def closed(self, uri: str) -> None:
        """Forget a text; what was shown of it goes away."""
        path = real_path(uri)
        document = self.documents.pop(path, None) if path is not None else None
        if path is None or document is None:
            return
        folder = self.folder_of(path)
        self._publish(document.uri, (), None)
        if session := self.sessions.get(folder):
            session.text(path, document.version, None)
            if folder == Path(path):
                await self.remove(folder)

    def touched(self, addresses: Iterable[str]) -> None:
        """Take that files may have changed on disk."""
        sessions: dict[Path, Session] = {}
        for uri in addresses:
            path = real_path(uri)
            if path is None or ".git" in Path(path).parts:
                continue
            if (session := self.sessions.get(self.folder_of(path))) is not None:
                sessions[session.name] = session
        for session in sessions.values():
            session.changed()

    # The answers.

    async def hear(self, session: Session, message: Told) -> None:
        """Take what the process of a folder tells."""
        match message:
            case Answer():
                session.deaths = 0
                self._answer(session, message)
            case Working():
                self._working(session, begun=message.begun)
            case Failed():
                self._failed(message)

    def _answer(self, session: Session, answer: Answer) -> None:
        by_path: dict[str, list[Item]] = {}
        for item in answer.items:
            by_path.setdefault(real(item.path), []).append(item)
        for path in session.typed:
            document = self.documents.get(path)
            # What was typed since has its own answer soon.
            if document is not None and answer.versions.get(path) == document.version:
                document.told, document.items = document.version, tuple(by_path.get(path, ()))
                self._publish(document.uri, document.items, document.version)
        if self.everything:
            others = by_path.keys() - self.documents.keys()
            for path in self.elsewhere.get(session.name, set()) - others - self.documents.keys():
                self._publish(self.address(path), (), None)
            for path in others:
                self._publish(self.address(path), by_path[path], None)
            self.elsewhere[session.name] = set(others)
        self.news.set()
        self.news = asyncio.Event()

    def _publish(self, uri: str, items: Sequence[Item], version: int | None) -> None:
        found = [actions.diagnostic(item, self.address) for item in items]
        self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def _failed(self, message: Failed) -> None:
        """Write into the log, and tell the user once."""
        self.server.window_log_message(types.LogMessageParams(types.MessageType.Error, message.log))
        if message.message not in self.said:
            self.said.add(message.message)
            shown = types.ShowMessageParams(types.MessageType.Error, f"aisafety-lint: {message.message}")
            self.server.window_show_message(shown)

    async def _progress(self, over: asyncio.Event, name: str) -> None:
        """Show in the editor that a project is analysed, where it can, if that takes long."""
        window = self.server.client_capabilities.window
        if window is None or not window.work_done_progress:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _SHORT)
            return
        self.tokens += 1
        token, progress = f"aisafety-lint {self.tokens}", self.server.work_done_progress
        await progress.create_async(token)
        progress.begin(token, types.WorkDoneProgressBegin(f"aisafety-lint: analysing {name}"))
        await over.wait()
        progress.end(token, types.WorkDoneProgressEnd())
        progress.tokens.pop(token, None)

    def _working(self, session: Session, *, begun: bool) -> None:
        """Note that the analysis of a project has begun, or is over."""
        if over := self.working.pop(session.name, None):
            over.set()
        if begun:
            over = self.working[session.name] = asyncio.Event()
            self.background(self._progress(over, session.folder.name))

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Let some work go on beside all other."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # What the editor asks.

    async def items(self, uri: str, wanted: types.Range) -> tuple[Document, list[Item]] | None:
        """The items that a region of a document touches, once there is an answer about its text."""
        path = real_path(uri)
        document = self.documents.get(path) if path is not None else None
        if document is None:
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                while document.told != document.version:
                    await self.news.wait()
        except TimeoutError:
            return None
        return document, [item for item in document.items if actions.holds(wanted, item)]

    async def offered(self, document: Document, item: Item) -> list[types.CodeAction]:
        """What can be done about an item: its fixes, and a comment that accepts it."""
        shown = [actions.diagnostic(item, self.address)]
        kind = types.CodeActionKind.QuickFix
        offered = [
            types.CodeAction(title, kind, shown, is_preferred=safe or None, edit=self.edit(edits))
            for title, safe, edits in actions.fixes(item, self.address)
        ]
        if item.rule:
            # To place it takes longer than the protocol may wait.
            comment = await asyncio.to_thread(actions.acceptance, item, document.text, self.units)
            if comment is not None:
                title = f"Accept `{item.code}` here: write the reason behind the comment"
                offered.append(types.CodeAction(title, kind, shown, edit=self.edit({document.uri: [comment]})))
        return offered

    def address(self, path: str) -> str:
        """How the editor calls a file."""
        document = self.documents.get(real(path))
        return document.uri if document is not None else uris.from_fs_path(path) or ""

    def edit(self, edits: actions.Edits) -> types.WorkspaceEdit:
        """Edits as the editor takes them: bound to the versions of texts where it knows these."""
        workspace = self.server.client_capabilities.workspace
        if workspace is None or workspace.workspace_edit is None or not workspace.workspace_edit.document_changes:
            return types.WorkspaceEdit(changes=edits)
        versions = {document.uri: document.version for document in self.documents.values()}
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(uri, versions.get(uri)), list(parts)
                )
                for uri, parts in edits.items()
            ]
        )

    @property
    def units(self) -> str:
        """The position encoding that was agreed on."""
        return str(getattr(self.server.workspace.position_encoding, "value", "utf-16"))

    async def end(self) -> None:
        """End all processes."""
        self.ended = True
        for folder in list(self.sessions):
            session = self.sessions.pop(folder)
            await session.stop()


def real(path: str) -> str:
    """A path without links, as the processes of folders know it."""
    return os.path.realpath(path)


def real_path(uri: str) -> str | None:
    """The real path of a document; None for one that is no file."""
    path = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return real(path) if path else None
