"""The server itself: speaks the protocol with pygls, and leaves all work to the processes of the folders.

Texts are taken whole with every change: pygls applies parts of them by lines as Python splits them, and that ends
lines where the protocol does not.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from aisafety_lint import __version__
from aisafety_lint.editor.service import Service, real_path


def serve(words: Sequence[str], *, everything: bool) -> int:
    """Serve until the editor says that it is over; 1 where it went away without a word."""
    server = LanguageServer("aisafety-lint", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
    service = Service(server, words, everything)
    _of_folders(server, service)
    _of_documents(server, service)
    _of_actions(server, service)
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever is printed is no message
    server.start_io(sys.stdin.buffer, answers)
    return 0 if service.ended else 1


def _of_folders(server: LanguageServer, service: Service) -> None:
    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        root = server.workspace.root_uri  # all that an older editor knows
        folders = server.workspace.folders.values() or ([types.WorkspaceFolder(root, "")] if root else [])
        for path in _paths(folders):
            service.add(path)
        workspace = server.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched is not None and watched.dynamic_registration:
            service.background(_watch(server))

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for path in _paths(params.event.removed):
            await service.remove(path)
        for path in _paths(params.event.added):
            service.add(path)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        service.touched(event.uri for event in params.changes)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configuration_changed(_: types.DidChangeConfigurationParams) -> None:
        for session in service.sessions.values():
            session.changed()

    @server.feature(types.SHUTDOWN)
    async def shutdown(_: None) -> None:
        await service.end()


def _paths(folders: Iterable[types.WorkspaceFolder]) -> list[Path]:
    return [Path(path) for folder in folders if (path := real_path(folder.uri))]


async def _watch(server: LanguageServer) -> None:
    """Have the editor tell what changes on disk."""
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
    registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    await server.client_register_capability_async(types.RegistrationParams([registration]))


def _of_documents(server: LanguageServer, service: Service) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        service.opened(document.uri, document.version, document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        text = server.workspace.get_text_document(document.uri).source
        service.opened(document.uri, document.version, text)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        service.touched([params.text_document.uri])

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        await service.closed(params.text_document.uri)


def _of_actions(server: LanguageServer, service: Service) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        place = types.Range(params.position, params.position)
        found = await service.items(params.text_document.uri, place)
        stories = [item.hover for item in found[1] if item.hover] if found else []
        if not stories:
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(stories)))

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        quick = types.CodeActionKind.QuickFix.value
        if not any(quick.startswith(str(getattr(kind, "value", kind))) for kind in params.context.only or [quick]):
            return []
        found = await service.items(params.text_document.uri, params.range)
        if found is None:
            return []
        document, items = found
        return [action for item in items for action in await service.offered(document, item)]
