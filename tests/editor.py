"""An editor for the tests: pygls' own client, which starts the real program and speaks to it over pipes."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

_Result = TypeVar("_Result")
_PATIENCE = 60.0


class Editor:
    """A running server with some folders, and all that it has told."""

    def __init__(self, folders: Sequence[Path], *options: str, start: Sequence[str] = ("-m", "aisafety_lint")) -> None:
        self.told: dict[str, list[types.PublishDiagnosticsParams]] = {}
        self.said: list[str] = []
        self.exit: int | None = None
        self._versions: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.client = _Client(self)
        command = [*start, "server", *options]
        self._do(self.client.start_io(sys.executable, *command))
        assert self.client._server is not None, "it was started"
        self.pid = self.client._server.pid
        uris = [folder.as_uri() for folder in folders]
        capabilities = types.ClientCapabilities(
            workspace=types.WorkspaceClientCapabilities(
                workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
            )
        )
        given = types.InitializeParams(
            capabilities=capabilities,
            process_id=os.getpid(),
            root_uri=uris[0] if uris else None,
            workspace_folders=[types.WorkspaceFolder(uri, "folder") for uri in uris],
        )
        self.capabilities = self._do(self.client.initialize_async(given)).capabilities
        self.client.initialized(types.InitializedParams())

    def open(self, path: Path, text: str | None = None) -> None:
        """Open a file, with its own text or another one."""
        content = path.read_bytes().decode("utf-8", "replace") if text is None else text
        self.told[path.as_uri()], self._versions[path.as_uri()] = [], 1
        document = types.TextDocumentItem(path.as_uri(), "python", 1, content)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))

    def type(self, path: Path, text: str) -> None:
        """Change the text of an open file, unsaved."""
        self._versions[path.as_uri()] += 1
        document = types.VersionedTextDocumentIdentifier(self._versions[path.as_uri()], path.as_uri())
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def save(self, path: Path) -> None:
        """Tell that a file was saved."""
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(path.as_uri())))

    def close(self, path: Path) -> None:
        """Close a file."""
        document = types.TextDocumentIdentifier(path.as_uri())
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    def answers(self, path: Path) -> list[list[types.Diagnostic]]:
        """All that was told of the present version of a file, the first answer first."""
        uri = path.as_uri()
        return [
            list(told.diagnostics) for told in self.told.get(uri, ()) if told.version in (None, self._versions.get(uri))
        ]

    def settled(self, path: Path, *codes: str) -> list[types.Diagnostic]:
        """What is told of a file, once it is findings of these rules only, in the order of lines."""
        self.wait(lambda: bool(found := self.answers(path)) and _codes(found[-1]) == list(codes), path)
        return sorted(self.answers(path)[-1], key=lambda one: (one.range.start.line, one.range.start.character))

    def wait(self, happened: Any, path: Path | None = None) -> None:
        """Wait until something has happened."""
        deadline = time.monotonic() + _PATIENCE
        while not happened():
            told = [_codes(one) for one in self.answers(path)] if path else ""
            assert time.monotonic() < deadline, f"{told} {self.said}"
            time.sleep(0.01)

    def hover(self, path: Path, line: int, character: int) -> str:
        """What is shown at a place; lines from 0."""
        place = types.HoverParams(types.TextDocumentIdentifier(path.as_uri()), types.Position(line, character))
        found = self._do(self.client.text_document_hover_async(place))
        return str(found.contents.value) if found and isinstance(found.contents, types.MarkupContent) else ""

    def actions(self, path: Path, line: int, *only: str) -> dict[str, types.CodeAction]:
        """What is offered on a line, by title."""
        place = types.Range(types.Position(line, 0), types.Position(line, 500))
        context = types.CodeActionContext([], list(only) or None)
        asked = types.CodeActionParams(types.TextDocumentIdentifier(path.as_uri()), place, context)
        found = self._do(self.client.text_document_code_action_async(asked)) or []
        return {action.title: action for action in found if isinstance(action, types.CodeAction)}

    def folders(self, added: Sequence[Path] = (), removed: Sequence[Path] = ()) -> None:
        """Add folders to what is open, or take them away."""
        event = types.WorkspaceFoldersChangeEvent(
            [types.WorkspaceFolder(path.as_uri(), path.name) for path in added],
            [types.WorkspaceFolder(path.as_uri(), path.name) for path in removed],
        )
        self.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))

    def changed(self, path: Path) -> None:
        """Tell that a file has changed on disk."""
        event = types.FileEvent(path.as_uri(), types.FileChangeType.Changed)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    def end(self, *, politely: bool = True) -> int:
        """End the server; its exit code."""
        if self.exit is None:
            if politely:
                self._do(self.client.shutdown_async(None))
            self.client.exit(None)
            self.wait(lambda: self.exit is not None)
            self._do(self.client.stop())  # type: ignore[no-untyped-call]
            self._loop.call_soon_threadsafe(self._loop.stop)
        assert self.exit is not None
        return self.exit

    def _do(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)


class _Client(LanguageClient):
    def __init__(self, editor: Editor) -> None:
        super().__init__("editor", "1")
        self._editor = editor

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        def told(params: types.PublishDiagnosticsParams) -> None:
            editor.told.setdefault(params.uri, []).append(params)

        @self.feature(types.WINDOW_LOG_MESSAGE)  # type: ignore[untyped-decorator]
        def logged(params: types.LogMessageParams) -> None:
            editor.said.append(f"log: {params.message}")

        @self.feature(types.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def shown(params: types.ShowMessageParams) -> None:
            editor.said.append(f"shown: {params.message}")

    async def server_exit(self, server: asyncio.subprocess.Process) -> None:
        self._editor.exit = server.returncode


def applied(text: str, action: types.CodeAction, path: Path) -> str:
    """A text of ASCII after an action."""
    assert action.edit is not None
    assert action.edit.document_changes is not None
    edits = [
        edit
        for change in action.edit.document_changes
        if isinstance(change, types.TextDocumentEdit) and change.text_document.uri == path.as_uri()
        for edit in change.edits
    ]
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    for edit in sorted(edits, key=lambda one: one.range.start, reverse=True):
        assert isinstance(edit, types.TextEdit)
        start, end = (starts[place.line] + place.character for place in (edit.range.start, edit.range.end))
        text = text[:start] + edit.new_text + text[end:]
    return text


def _codes(found: Sequence[types.Diagnostic]) -> list[str]:
    return sorted(str(one.code) for one in found)
