"""Findings while somebody types: what an editor is told by `aisafety-lint server`, over the language server protocol.

`server` speaks the protocol and computes nothing that takes time. For each folder it starts a process (`analyst`) that
keeps what it knows of the files in memory. After an edit that one looks at the edited file and its neighbours first
(`near`), then at all of the project, with the answer of the command line.
"""
