"""A Python file as fixes see it: its text, its tree, and how a library's name is written in it.

Takes a text, gives places of nodes as offsets, and the import that a name needs where the file does not have it yet.
"""

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from aisafety_lint.finding import Edit
from aisafety_lint.fixes.refusal import Refusal
from aisafety_lint.source import SourceText, Span

_STATEMENTS = (ast.Import, ast.ImportFrom)
_NAMING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)


@dataclass(frozen=True)
class Module:
    """A file of Python that parses."""

    text: SourceText
    tree: ast.Module

    @classmethod
    def of(cls, text: SourceText) -> "Module":
        """Parse a file; raises Refusal where it is none."""
        try:
            return cls(text, ast.parse(text.text))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Refusal("the file is no valid Python") from error

    @cached_property
    def newline(self) -> str:
        """How lines end here."""
        first = self.text.text.find("\n")
        return "\r\n" if first > 0 and self.text.text[first - 1] == "\r" else "\n"

    def region(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """The offsets in characters of a node."""
        assert node.end_lineno is not None and node.end_col_offset is not None, "the tree comes from the parser"
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def source(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        start, end = self.region(node)
        return self.text.text[start:end]

    def _offset(self, line: int, column: int) -> int:
        return self.text.starts[line - 1] + (column if self._is_ascii else len(self._lines[line - 1][:column].decode()))

    @cached_property
    def _is_ascii(self) -> bool:
        return self.text.text.isascii()

    @cached_property
    def _lines(self) -> Sequence[bytes]:
        """The lines in UTF-8, in which the tree counts its columns."""
        return [self.text.line(number).encode() for number in range(1, len(self.text.starts) + 1)]

    @cached_property
    def _expressions(self) -> dict[tuple[int, int, int, int], ast.expr]:
        """The outermost expression at each place, by the lines and columns of the tree."""
        found: dict[tuple[int, int, int, int], ast.expr] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr):
                found.setdefault((node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0), node)
        return found

    @cached_property
    def texts(self) -> Mapping[str, Sequence[ast.Constant]]:
        """The literals that are texts, by what they say."""
        found: dict[str, list[ast.Constant]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.setdefault(node.value, []).append(node)
        return found

    def _column(self, line: int, column: int) -> int:
        """The column of the tree, from 0 in bytes, of a column from 1 in characters."""
        return column - 1 if self._is_ascii else len(self.text.line(line)[: column - 1].encode())

    def at(self, span: Span) -> ast.expr:
        """The expression that begins and ends where a span does; raises Refusal where there is none."""
        begin, end = self._column(span.line, span.column), self._column(span.end_line, span.end_column)
        node = self._expressions.get((span.line, begin, span.end_line, end))
        if node is None:
            raise Refusal("the code is not where it was")
        return node

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """What each node stands in."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that an expression belongs to."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    @cached_property
    def _imports(self) -> dict[str, str]:
        """What the imports at the top of the file bind: the dotted name by the name here."""
        found: dict[str, str] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                for item in node.names:
                    found[item.asname or item.name.partition(".")[0]] = (
                        item.name if item.asname else item.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found |= {item.asname or item.name: f"{node.module}.{item.name}" for item in node.names}
        return found

    @cached_property
    def _taken(self) -> frozenset[str]:
        """The names that something else than an import at the top binds."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, _NAMING) and node.name:
                found.add(node.name)
            elif isinstance(node, _STATEMENTS) and self.parents[node] is not self.tree:
                found |= {item.asname or item.name.partition(".")[0] for item in node.names}
        return frozenset(found)

    def name_of(self, dotted: str) -> tuple[str, tuple[Edit, ...]]:
        """How a name of a library is written here, and the import that it needs; raises Refusal where it cannot be."""
        module, _, member = dotted.rpartition(".")
        for name, known in self._imports.items():
            if known in (dotted, module) and name not in self._taken:
                return name + dotted[len(known) :], ()
        root = module.partition(".")[0]
        if "." not in module and root not in self._taken and root not in self._imports:
            return dotted, (self._added(f"import {module}", module),)
        if member not in self._taken and member not in self._imports:
            return member, (self._added(f"from {module} import {member}", module),)
        raise Refusal(f"the name `{member}` means something else here")

    def _added(self, statement: str, module: str) -> Edit:
        """An import of its own line: among those that it belongs to, else as a group above or below them."""
        group = self._group(module)
        if group:
            after = [node for node in group if self._key(node) < _order(statement, module)]
            offset = self._line_end(after[-1]) if after else self._line_start(group[0])
            return Edit(self.text.path, offset, offset, statement + self.newline)
        imports = [node for node in self._head() if isinstance(node, _STATEMENTS) and not _is_future(node)]
        if imports:
            first = _is_standard(module)
            offset = self._line_start(imports[0]) if first else self._line_end(imports[-1])
            added = [statement, "", ""] if first else ["", statement, ""]
            return Edit(self.text.path, offset, offset, self.newline.join(added))
        return self._alone(statement)

    def _alone(self, statement: str) -> Edit:
        """The only import, below the description of the file and what `__future__` gives."""
        before = [node for node in self._head() if not isinstance(node, _STATEMENTS) or _is_future(node)]
        if before:
            offset = self._line_end(before[-1])
            return Edit(self.text.path, offset, offset, self.newline.join(["", statement, ""]))
        first = self.tree.body[0]
        line = above = min((item.lineno for item in getattr(first, "decorator_list", ())), default=first.lineno)
        while above > 1 and self.text.line(above - 1).startswith("#"):
            above -= 1
        # A comment at the very top is about the file, another one about what stands below it.
        offset = self.text.starts[(line if above == 1 else above) - 1]
        return Edit(self.text.path, offset, offset, self.newline.join([statement, "", ""]))

    def _head(self) -> Iterator[ast.stmt]:
        """The description of the file and the imports that follow each other at its top."""
        for number, node in enumerate(self.tree.body):
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not isinstance(node, _STATEMENTS) and not (number == 0 and is_text):
                return
            yield node

    def _group(self, module: str) -> Sequence[ast.stmt]:
        """The imports among which one of a module belongs: those of its package, or of the standard library."""
        imports = [node for node in self._head() if isinstance(node, _STATEMENTS) and not _is_future(node)]
        root = module.partition(".")[0]
        same = [node for node in imports if _module(node).partition(".")[0] == root]
        return same or ([node for node in imports if _is_standard(_module(node))] if _is_standard(root) else [])

    def _key(self, node: ast.stmt) -> tuple[bool, str]:
        return _order(self.source(node), _module(node))

    def _line_start(self, node: ast.stmt) -> int:
        return self.text.starts[node.lineno - 1]

    def _line_end(self, node: ast.stmt) -> int:
        """Where the line below a statement begins; the end of a file without a last line end is refused."""
        line = node.end_lineno or node.lineno
        if line >= len(self.text.starts):
            raise Refusal("the file ends with its imports")
        return self.text.starts[line]


def _order(statement: str, module: str) -> tuple[bool, str]:
    """Where an import comes in its group: whole modules first."""
    return statement.startswith("from"), module.lower()


def _module(node: ast.AST) -> str:
    if isinstance(node, ast.ImportFrom):
        return "." * node.level + (node.module or "")
    return node.names[0].name if isinstance(node, ast.Import) else ""


def _is_future(node: ast.AST) -> bool:
    return _module(node) == "__future__"


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names
