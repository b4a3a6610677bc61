"""Names with their literal values in Python source: assignments, arguments, defaults, dictionary entries, look-ups with a
default, headers. A value that is computed has no pair; one that is put together from literals has."""

import ast
import bisect
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aisafety_lint.secrets.names import Names, Role
from aisafety_lint.secrets.pairs import Pair
from aisafety_lint.source import SourceText

_GETTERS = frozenset({"getenv", "get", "setdefault", "setenv", "putenv", "pop", "getattr", "env", "str", "config", "get_env", "get_secret"})
_WRAPPERS = frozenset({"str", "bytes", "cast", "quote", "quote_plus"})
_PASSING = frozenset({"encode", "strip", "lower", "upper", "decode"})
_FLAG = re.compile(r"--?[A-Za-z][\w-]*")


@dataclass(frozen=True, slots=True)
class Region:
    """Offsets between which a text stands that is no code: a comment or a string of several lines."""

    start: int
    end: int


def parse(text: str) -> ast.Module | None:
    """Parse Python source; None where it is not valid."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def python_pairs(source: SourceText, tree: ast.Module, names: Names, lines: Sequence[int]) -> Iterator[Pair]:
    """Read the names that may hold a credential with their literal values, in any order.

    Only code that covers one of the `lines` (sorted) is looked at.
    """
    reader = _Reader(source, names)
    for node in _nodes(tree, lines):
        yield from reader.read(node)


def prose_regions(source: SourceText, tree: ast.Module, lines: Sequence[int]) -> list[Region]:
    """Where strings of several lines stand that cover one of the `lines`; comments are told apart by their line."""
    return [
        Region(source.offset(node.lineno, 1), source.offset(node.end_lineno or node.lineno, 1) + (node.end_col_offset or 0))
        for node in _nodes(tree, lines)
        if isinstance(node, ast.Constant | ast.JoinedStr)
        and (isinstance(node, ast.JoinedStr) or isinstance(node.value, str))
        and (node.end_lineno or 0) > node.lineno
    ]


def _nodes(tree: ast.AST, lines: Sequence[int]) -> Iterator[ast.AST]:
    """The nodes that cover one of the lines, except the members of an enumeration."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases):
            continue
        for child in ast.iter_child_nodes(node):
            first = getattr(child, "lineno", None)
            if first is None or _covers_one(lines, first, child.end_lineno):  # type: ignore[attr-defined]  # it has a first line
                waiting.append(child)


def _covers_one(lines: Sequence[int], first: int, last: int) -> bool:
    index = bisect.bisect_left(lines, first)
    return index < len(lines) and lines[index] <= last


def enclosing_names(source: SourceText, tree: ast.Module, position: int) -> list[str]:
    """The names under which the literal at an offset is assigned, passed, keyed or documented, from the inside out."""
    span = source.span(position, position)
    path: list[ast.AST] = []
    node: ast.AST | None = tree
    while node is not None:
        path.append(node)
        node = next((child for child in ast.iter_child_nodes(node) if _covers(child, span.line, source, position)), None)
    found: list[str] = []
    for parent, child in zip(reversed(path[:-1]), reversed(path[1:]), strict=True):
        found += _names_of(parent, child)
    return found


def _covers(node: ast.AST, line: int, source: SourceText, position: int) -> bool:
    if not hasattr(node, "lineno"):
        return any(_covers(child, line, source, position) for child in ast.iter_child_nodes(node))
    if not node.lineno <= line <= node.end_lineno:  # type: ignore[attr-defined]  # every node with a line has an end
        return False
    return _offset(source, node.lineno, node.col_offset) <= position < _offset(source, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def _names_of(parent: ast.AST, child: ast.AST) -> list[str]:
    match parent:
        case ast.keyword(arg=str(name)):
            return [name]
        case ast.Assign(targets=targets):
            return [name for target in targets for name in _target_names(target)]
        case ast.AnnAssign(target=target) | ast.NamedExpr(target=target) | ast.AugAssign(target=target):
            return list(_target_names(target))
        case ast.Dict(keys=keys, values=values):
            return [key.value for key, value in zip(keys, values, strict=True) if value is child and isinstance(key, ast.Constant) and isinstance(key.value, str)]
        case ast.Call(func=func) if child is not func:
            return [ast.unparse(func).rsplit(".", 1)[-1][:80]]
        case ast.FunctionDef() | ast.AsyncFunctionDef() if isinstance(child, ast.Expr) and parent.body[0] is child:
            return ["docstring"]
    return []


def _target_names(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            yield name


def _offset(source: SourceText, line: int, column: int) -> int:
    """The character offset of a line and a column in UTF-8 bytes from 0."""
    start = source.starts[line - 1]
    end = source.starts[line] if line < len(source.starts) else len(source.text)
    text = source.text[start:end]
    return start + (column if text.isascii() else len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore")))


@dataclass(frozen=True, slots=True)
class _Use:
    """How a value is used: under which name and role, held by what."""

    name: str
    role: Role
    context: str = ""
    default: bool = False
    compared: bool = False


@dataclass(frozen=True, slots=True)
class _Reader:
    source: SourceText
    names: Names

    def read(self, node: ast.AST) -> Iterator[Pair]:
        """Read the pairs of one node, without its children."""
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                yield from self._assign(target, value)
            case ast.Call():
                yield from self._call(node)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield from self._named(key.value, value)
            case ast.Tuple(elts=[ast.Constant(value=str(name)), value]) if "-" in name or name.lower() == "authorization":
                yield from self._named(name, value)
            case ast.arguments():
                yield from self._defaults(node)
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                yield from self._compare(left, right)

    def _assign(self, target: ast.expr, value: ast.expr) -> Iterator[Pair]:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List) and len(target.elts) == len(value.elts):
            for one, part in zip(target.elts, value.elts, strict=True):
                yield from self._assign(one, part)
        for name in _target_names(target):
            yield from self._named(name, value)

    def _named(self, name: str, value: ast.expr, context: str = "", default: bool = False) -> Iterator[Pair]:
        if (role := self.names.role(name)) is not Role.NONE:
            yield from self._value(_Use(name, role, context, default), value)

    def _value(self, use: _Use, value: ast.expr, depth: int = 0) -> Iterator[Pair]:
        """The literals that an expression can have as its value."""
        if depth > 4:
            return
        fallback = _Use(use.name, use.role, use.context, default=True, compared=use.compared)
        match value:
            case ast.BoolOp(values=values):
                for one in values:
                    yield from self._value(fallback, one, depth + 1)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._value(use, body, depth + 1)
                yield from self._value(fallback, orelse, depth + 1)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                for one in elements:
                    yield from self._value(use, one, depth + 1)
            case ast.Call(func=ast.Attribute(value=inner, attr=method), args=[]) if method in _PASSING:
                yield from self._value(use, inner, depth + 1)
            case ast.Call(func=func, args=arguments, keywords=keywords):
                function = _last_name(func)
                context = f"{use.context} {function}"
                for keyword in keywords:
                    if keyword.arg == "default":
                        yield from self._value(_Use(use.name, use.role, context, default=True), keyword.value, depth + 1)
                first = arguments[0] if arguments else None
                if function in _WRAPPERS or "secret" in function.lower() or function in ("Field", "field"):
                    if first is not None and len(arguments) == 1:
                        yield from self._value(use, first, depth + 1)
                if function in _GETTERS and len(arguments) == 2 and self._own_name(first) is None:
                    yield from self._value(_Use(use.name, use.role, context, default=True), arguments[1], depth + 1)
            case _ if (literal := _literal(value)) is not None:
                yield self._pair(use, value, literal)

    def _own_name(self, first: ast.expr | None) -> str | None:
        """The credential that a look-up names itself, so that its default is read once only."""
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and self.names.role(first.value) is not Role.NONE:
            return first.value
        return None

    def _call(self, node: ast.Call) -> Iterator[Pair]:
        function = _last_name(node.func)
        for keyword in node.keywords:
            if keyword.arg is not None and self.names.role(keyword.arg) is not Role.NONE:
                yield from self._named(keyword.arg, keyword.value, ast.unparse(node.func)[:200])
        first = node.args[0] if node.args else None
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            return
        if function in _GETTERS and len(node.args) == 2:
            yield from self._named(first.value, node.args[1], default=True)
        if _FLAG.fullmatch(first.value):
            for keyword in node.keywords:
                if keyword.arg == "default":
                    yield from self._named(first.value.lstrip("-"), keyword.value, default=True)

    def _defaults(self, node: ast.arguments) -> Iterator[Pair]:
        positional = [*node.posonlyargs, *node.args]
        with_default = positional[len(positional) - len(node.defaults) :]
        for argument, default in [*zip(with_default, node.defaults, strict=True), *zip(node.kwonlyargs, node.kw_defaults, strict=True)]:
            if default is not None:
                yield from self._named(argument.arg, default, default=True)

    def _compare(self, left: ast.expr, right: ast.expr) -> Iterator[Pair]:
        if isinstance(left, ast.Constant):
            left, right = right, left
        for name in _target_names(left):
            if (role := self.names.role(name)) is not Role.NONE:
                yield from self._value(_Use(name, role, compared=True), right)

    def _pair(self, use: _Use, node: ast.expr, value: str) -> Pair:
        start = _offset(self.source, node.lineno, node.col_offset)
        end = _offset(self.source, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        inner = self.source.text.find(value, start, end) if value else -1
        if inner >= 0:
            start, end = inner, inner + len(value)
        return Pair(
            name=use.name, value=value, start=start, end=end, role=use.role, context=use.context, default=use.default, compared=use.compared
        )


def _last_name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _literal(node: ast.expr) -> str | None:
    """The text of a literal, also of one that is put together from literals."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.Constant(value=bytes(value)):
            return value.decode("latin-1")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _literal(left), _literal(right)
            return first + second if first is not None and second is not None else None
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(glue)), attr="join"), args=[ast.List(elts=parts) | ast.Tuple(elts=parts)]):
            texts = [_literal(part) for part in parts]
            return glue.join(text for text in texts if text is not None) if None not in texts else None
    return None
