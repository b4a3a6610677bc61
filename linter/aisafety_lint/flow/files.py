"""Content that goes through a file: written under a name in one place, read or run by that name in another.

A value that *names* a file (a path, or an open handle) with untrusted content carries the access path `FILE`. The rows
of the role `files` say which calls write, read, open or merely rename what they are given.
"""

from collections.abc import Iterator, Mapping, Sequence

from aisafety_lint.flow.nodes import Node
from aisafety_lint.flow.transfer import FILE, Path
from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.constants import text_of
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Value

_SAME = frozenset({"copy", "enter", "await", "phi", "store"})
NO_PATH = frozenset({"path-read", "path-write", "path-delete"})  # an open file is no name of one
_BREAKS = " \t\n'\"=;&|<>()"


class Files:
    """Answers which values name the same file, and which calls move content into it or out of it."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.index = resolver.index
        rows = resolver.models.facts["files"]
        self._writing = {
            key.rpartition(".")[2] for key, found in rows.items() if any("content" in row for row in found)
        }
        self._contents: dict[int, Mapping[int, list[int]]] = {}

    def written(self, scope: int, call: int, operand: int, path: Path) -> Iterator[int]:
        """The values that name the file into which a call writes an untrusted operand."""
        for row in self._rows(scope, call):
            content = row.get("content")
            fits = path == FILE if row.get("copies") else path in ((), ("*",))
            if content is not None and fits and operand in operands(self.resolver, scope, call, content):
                yield from operands(self.resolver, scope, call, row["path"])

    def result(self, scope: int, call: int, operand: int) -> tuple[Path, frozenset[str]] | None:
        """What a call makes of an operand that names a file with untrusted content, and for what that is safe."""
        for row in self._rows(scope, call):
            if "content" in row or operand not in operands(self.resolver, scope, call, row["path"]):
                continue
            if row.get("gives") == "name":
                return FILE, frozenset()
            if all_hold(self.resolver, scope, call, row) is Holds.NO:
                return None
            return (), NO_PATH if row.get("gives") == "handle" else frozenset()
        return None

    def aliases(self, scope: int, value: int, before: Node | None = None) -> Iterator[int]:
        """The values of the scope that a value which names a file was made from and that name the same file.

        `before` is what the content came from: behind one branch of a join, the others name files of their own.
        """
        known = self.index.value(scope, value)
        if known.op == "phi" and before is not None and before.scope == scope and before.value in known.args:
            return
        if known.op in _SAME:
            yield from known.args[:1] if known.op == "store" else known.args
        elif known.op == "attr" and known.name == "name":
            yield known.args[0]
        elif known.op == "call":
            for row in self._rows(scope, value):
                if "content" not in row and row.get("gives") != "pair":
                    yield from operands(self.resolver, scope, value, row["path"])
        elif known.op == "element":
            yield from self._other_half(scope, known)

    def contents(self, scope: int, value: int) -> Sequence[int]:
        """What the scope writes into the file that a value names."""
        known = self._contents.get(scope)
        if known is None:
            known = self._contents[scope] = self._find_contents(scope)
        return known.get(value, ())

    def _find_contents(self, scope: int) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for name, content in self._writes(scope):
            pending = [name]
            for alias in pending:
                found.setdefault(alias, []).append(content)
                pending += [item for item in self.aliases(scope, alias) if item not in pending]
        return found

    def _writes(self, scope: int) -> Iterator[tuple[int, int]]:
        """The writes of a scope: the value that names the file, and the content."""
        known = self.index.scopes[scope]
        for position, value in enumerate(known.values):
            if value.op == "store" and value.kind in ("element", "spread") and self.holds(scope, value.args[0]):
                yield position, value.args[1]
        for call in known.calls:
            if known.values[known.values[call.value].args[0]].name in self._writing:
                for row in self._rows(scope, call.value):
                    for content in operands(self.resolver, scope, call.value, row.get("content", {})):
                        for name in operands(self.resolver, scope, call.value, row["path"]):
                            yield name, content

    def holds(self, scope: int, value: int) -> bool:
        """Whether a value is an open file: what a method such as `write` is given becomes its content."""
        known = self.index.value(scope, value)
        while known.op in ("copy", "enter", "await", "store"):
            value = known.args[0]
            known = self.index.value(scope, value)
        return known.op == "call" and any(row.get("gives") == "handle" for row in self._rows(scope, value))

    def passes(self, scope: int, value: Value, operand: int) -> Path | None:
        """What an operation makes of an operand that names a file with untrusted content."""
        match value.op:
            case "copy" | "return" | "await" | "phi" | "and" | "or" | "enter":
                return FILE
            case "attr":
                return FILE if value.name == "name" else None
            case "text":
                return FILE if self._stands_alone(scope, value, operand) else None
            case "list" | "tuple" | "set":
                return ("*" if value.kind == "comprehension" else str(operand), *FILE)
            case "store":
                return (value.name or "*", *FILE) if operand == 1 else FILE if operand == 0 else None
        return None

    def _stands_alone(self, scope: int, value: Value, operand: int) -> bool:
        """Whether a name is a word of its own in a text (`f"python {path}"`), not a part of another name."""
        before, after = (
            text_of(self.resolver, scope, value.args[place]) if 0 <= place < len(value.args) else ""
            for place in (operand - 1, operand + 1)
        )
        if value.kind == "%":
            return True
        return (not before or before[-1] in _BREAKS) and (not after or after[0] in _BREAKS)

    def _other_half(self, scope: int, element: Value) -> Iterator[int]:
        """The descriptor and the path that `tempfile.mkstemp` returns name one file."""
        pair = element.args[0]
        if self.index.value(scope, pair).op == "call" and any(
            row.get("gives") == "pair" for row in self._rows(scope, pair)
        ):
            for position, value in enumerate(self.index.scopes[scope].values):
                if value.op == "element" and value.args == (pair,) and value.name != element.name:
                    yield position

    def _rows(self, scope: int, call: int) -> Iterator[Row]:
        return rows_of(self.resolver.models, "files", self.resolver.paths(scope, call))
