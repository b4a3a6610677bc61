"""The tables of a fleet, in a DuckDB file: what was found in each repository, and what changed since the last run."""

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
import msgspec

from aisafety_lint.errors import UserError
from aisafety_lint.fleet.ledger import FOLDER, Entry, Ledger
from aisafety_lint.fleet.sources import Source
from aisafety_lint.fleet.task import MAP, REPORTS

SCHEMA = 1
_SEVERITIES = ("critical", "high", "medium", "low")
_COVERAGE = ("files", "python_files", "manifests", "tools", "agents", "mcp_servers", "suites", "unresolved_calls")
_TEXT, _NUMBER, _FLAG, _LIST = "VARCHAR", "INTEGER", "BOOLEAN", "VARCHAR[]"
_PLACE = {"path": _TEXT, "line": _NUMBER}
TABLES: Mapping[str, Mapping[str, str]] = {
    "repositories": {
        **dict.fromkeys(("repository", "address", "status", "reason", "commit", "folder"), _TEXT),
        **dict.fromkeys((*_SEVERITIES, "fixable", *_COVERAGE, "not_analysed"), _NUMBER),
        "seconds": "DOUBLE",
    },
    "findings": {
        **dict.fromkeys(("repository", "rule", "family", "severity", "confidence", "message"), _TEXT),
        **_PLACE,
        "column": _NUMBER,
        **dict.fromkeys(("symbol", "fingerprint", "fixable"), _TEXT),
        "standards": _LIST,
    },
    "agents": {
        **dict.fromkeys(("repository", "agent", "name", "kind", "framework", "model"), _TEXT),
        **_PLACE,
        "owners": _LIST,
        "capabilities": _LIST,
    },
    "tools": {**dict.fromkeys(("repository", "tool", "name", "framework"), _TEXT), **_PLACE, "approved": _FLAG},
    "servers": {**dict.fromkeys(("repository", "name"), _TEXT), **_PLACE},
    "capabilities": {
        **dict.fromkeys(("repository", "agent", "tool", "name", "capability", "confidence"), _TEXT),
        **_PLACE,
        **dict.fromkeys(("approved", "sandboxed"), _FLAG),
    },
    "words": {"capability": _TEXT, "meaning": _TEXT},
}
_RUNS = {
    "run": _NUMBER,
    "day": _TEXT,
    **dict.fromkeys(("repositories", "failed", *_SEVERITIES, "agents", "came", "went"), _NUMBER),
}
# Nothing is loaded from anywhere: the extensions that are needed are a part of the library.
_CLOSED = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


# What a change is called, the findings that have it, and those that do not.
_CHANGES = (("came", "findings", "before.findings"), ("went", "before.findings", "findings"))


@dataclass(frozen=True, slots=True)
class Database:
    """The tables of a run while they are made: rows go into files, which DuckDB reads at once.

    `compared` tells whether there are tables of an earlier run beside them, as `before`.
    """

    connection: "duckdb.DuckDBPyConnection"
    ledger: Ledger
    files: Mapping[str, IO[bytes]]
    compared: bool

    def add(self, source: Source, entry: Entry) -> None:
        """Add what is known about a repository."""
        self._put("repositories", _repository(source, entry))
        if entry.status == "done":
            folder = self.ledger.folder(source.slug)
            for finding in _read(folder / REPORTS["json"])["findings"]:
                self._put("findings", _finding(source.name, finding))
            for table, row in _of_map(source.name, _read(folder / MAP)):
                self._put(table, row)

    def load(self, number: int, day: str) -> None:
        """Make the tables of what was added, and compare them with those of the earlier run."""
        for name, file in self.files.items():
            file.flush()
            columns = TABLES[name]
            types = ", ".join(f"{named(column)}: {quoted(kind)}" for column, kind in columns.items())
            self._do(
                f"INSERT INTO {name} SELECT * FROM read_json({quoted(file.name)}, format='newline_delimited', "
                f"maximum_object_size=100000000, columns={{{types}}})"
            )
        self._compare()
        counts = ", ".join(f"coalesce(sum({one}), 0)" for one in _SEVERITIES)
        changes = ", ".join(f"(SELECT count(*) FROM changes WHERE change = '{one}')" for one, _, _ in _CHANGES)
        self._do(
            f"INSERT INTO runs SELECT $1, $2, count(*), count(*) FILTER (status = 'failed'), {counts}, "
            f"(SELECT count(*) FROM agents), {changes} FROM repositories",
            [max(number, self._do("SELECT coalesce(max(run), 0) + 1 FROM runs").fetchone()[0]), day],
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What a query gives, by the names of its columns."""
        found = self._do(query)
        return [dict(zip([name for name, *_ in found.description], row, strict=True)) for row in found.fetchall()]

    def _compare(self) -> None:
        """Which findings came and which went, in the repositories that both runs could analyse."""
        names = "repository, rule, severity, path, line, message"
        self._do(f"CREATE TABLE changes AS SELECT {names}, '' AS change FROM findings LIMIT 0")
        if not self.compared:
            return
        self._do("INSERT INTO runs SELECT * FROM before.runs")
        for change, here, there in _CHANGES:
            self._do(
                f"INSERT INTO changes SELECT {names}, '{change}' FROM {here} AS one "
                "WHERE repository IN (SELECT repository FROM repositories WHERE status = 'done' INTERSECT "
                "SELECT repository FROM before.repositories WHERE status = 'done') AND NOT EXISTS "
                f"(SELECT 1 FROM {there} AS other WHERE other.repository = one.repository "
                "AND other.fingerprint = one.fingerprint)"
            )

    def _put(self, table: str, row: Mapping[str, Any]) -> None:
        self.files[table].write(msgspec.json.encode(row) + b"\n")

    def _do(self, query: str, values: list[Any] | None = None) -> Any:
        return self.connection.execute(query, values)


@contextlib.contextmanager
def building(output: Path, name: str, before: Path | None) -> Iterator[Database]:
    """Tables to fill, which take the place of an older file when the block ends well; raises UserError."""
    folder = output / ".tables"
    shutil.rmtree(folder, ignore_errors=True)  # a run that was killed cannot tidy up
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        connection = stack.enter_context(duckdb.connect(str(folder / name), config=dict(_CLOSED)))
        for table, columns in (*TABLES.items(), ("runs", _RUNS)):
            fields = ", ".join(f"{named(column)} {kind}" for column, kind in columns.items())
            connection.execute(f"CREATE TABLE {table} ({fields})")
        connection.execute(f"CREATE TABLE format AS SELECT {SCHEMA} AS schema")
        if before is not None:
            _attach(connection, before)
        files = {table: stack.enter_context((folder / f"{table}.json").open("wb")) for table in TABLES}
        yield Database(connection, Ledger(output), files, before is not None)
        if before is not None:
            connection.execute("DETACH before")
        connection.close()
        (folder / name).replace(output / name)


def _attach(connection: "duckdb.DuckDBPyConnection", before: Path) -> None:
    try:
        connection.execute(f"ATTACH {quoted(str(before))} AS before (READ_ONLY)")
        (schema,) = connection.execute("SELECT schema FROM before.format").fetchall()
    except (duckdb.Error, ValueError) as error:
        raise UserError(f"`{before}` cannot be compared with: {str(error).partition(chr(10))[0]}") from None
    if schema != (SCHEMA,):
        raise UserError(f"`{before}` is of another version of aisafety-lint", "without it, the run begins anew")


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def named(column: str) -> str:
    """The name of a column, which may be a word of SQL."""
    return f'"{column}"'


def _read(path: Path) -> Any:
    return msgspec.json.decode(path.read_bytes())


def _repository(source: Source, entry: Entry) -> Mapping[str, Any]:
    coverage = {name: entry.coverage.get(name, 0) for name in (*_COVERAGE, "not_analysed")}
    return {
        "repository": source.name,
        "address": source.name if source.address else "",
        "status": entry.status,
        "reason": _plain(entry.reason),
        "commit": entry.commit,
        "folder": f"{FOLDER}/{source.slug}",
        **{name: entry.severities.get(name, 0) for name in _SEVERITIES},
        "fixable": entry.fixable,
        **coverage,
        "seconds": entry.seconds,
    }


def _finding(repository: str, finding: Any) -> Mapping[str, Any]:
    fixes = {fix["applicability"] for fix in finding["fixes"]}
    place = finding["location"]
    return {
        "repository": repository,
        **{name: finding[name] for name in ("rule", "family", "severity", "confidence")},
        "message": _plain(finding["message"]),
        "path": _plain(place["path"]),
        "line": place["line"],
        "column": place["column"],
        "symbol": _plain(finding["symbol"]),
        "fingerprint": finding["fingerprint"],
        "fixable": "safe" if "safe" in fixes else "unsafe" if fixes else "",
        "standards": finding["standards"],
    }


def _of_map(repository: str, known: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of the agents, tools and servers of a repository, and of what they can do."""
    for agent in known["agents"]:
        names = ("name", "kind", "framework", "model", "path", "line", "owners", "capabilities")
        yield "agents", _row(repository, agent, names, agent=agent["id"])
        for held in agent["holds"]:
            for able in held["capabilities"]:
                yield "capabilities", _able(repository, held, able, agent["id"], held["ref"] or "", held["approved"])
    for tool in known["tools"]:
        yield "tools", _row(repository, tool, ("name", "framework", "path", "line", "approved"), tool=tool["id"])
        for able in tool["capabilities"]:
            yield "capabilities", _able(repository, tool, able, "", tool["id"], tool["approved"])
    for server in known["servers"]:
        yield "servers", _row(repository, server, ("name", "path", "line"))
    for capability, meaning in known["words"].items():
        yield "words", {"capability": capability, "meaning": meaning}


def _able(repository: str, thing: Any, able: Any, agent: str, tool: str, approved: bool) -> Mapping[str, Any]:
    names = ("capability", "confidence", "sandboxed")
    asked = bool(approved or able["approved"])
    return {
        **_row(repository, thing, ("name", "path", "line"), agent=agent, tool=tool, approved=asked),
        **{name: able[name] for name in names},
    }


def _row(repository: str, thing: Any, names: Iterable[str], **more: Any) -> Mapping[str, Any]:
    whole = {"repository": repository, **{name: thing[name] for name in names}, **more}
    return {name: _plain(value) if isinstance(value, str) else value for name, value in whole.items()}


def _plain(text: str) -> str:
    """A text that a table can hold."""
    return text.replace("\0", "\\x00")
