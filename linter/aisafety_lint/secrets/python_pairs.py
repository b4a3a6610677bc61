"""Names with their literal values in Python source: assignments, arguments, defaults, dictionary entries, look-ups with
a default, headers. A value that is computed has no pair; one that is put together from literals has."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aisafety_lint.secrets.links import reference
from aisafety_lint.secrets.names import Names, Role
from aisafety_lint.secrets.pairs import Pair
from aisafety_lint.secrets.python_texts import composed
from aisafety_lint.secrets.python_tree import dotted, extent, literal_text, nodes, target_names
from aisafety_lint.secrets.python_values import Values, defaults
from aisafety_lint.source import SourceText

# Calls whose second argument is the value where there is none under the first.
_GETTERS = frozenset({"getenv", "get", "setdefault", "setenv", "putenv", "pop", "getattr", "env", "str", "config"})
# Calls that give their only argument back in another form.
_WRAPPERS = frozenset({"str", "bytes", "cast", "quote", "quote_plus", "Field", "b64decode", "choice", "cycle", "next"})
_PASSING = frozenset({"encode", "strip", "lower", "upper", "decode"})
_SWITCHES = frozenset({"enabled", "enable", "is_enabled"})
# The beginning of an address up to its password.
_USER = re.compile(r"://[^\s@/]{0,60}:$")
_FLAG = re.compile(r"--?[A-Za-z][\w-]*")
_HOLDING = (ast.List, ast.Tuple)
_DEEPEST = 4
_LEAST_POSITIONAL = 16


def python_pairs(source: SourceText, tree: ast.Module, names: Names, lines: Sequence[int]) -> Iterator[Pair]:
    """Read the names that may hold a credential with their literal values, in any order.

    Only code that covers one of the `lines` (sorted) is looked at.
    """
    reader = _Reader(source, names, Values(tree, ":=" in source.text))
    for node in nodes(tree, lines):
        yield from reader.read(node)


class _Use(NamedTuple):
    """How a value is used: under which name and role, held by what."""

    name: str
    role: Role
    context: str = ""
    default: bool = False
    compared: bool = False


class _Reader(NamedTuple):
    source: SourceText
    names: Names
    values: Values

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
            case ast.Tuple(elts=[ast.Constant(value=str(name)), value]) if "-" in name or name == "Authorization":
                yield from self._named(name, value)
            case ast.arguments():
                yield from self._defaults(node)
            case ast.expr():
                yield from self._expression(node)

    def _expression(self, node: ast.expr) -> Iterator[Pair]:
        match node:
            case ast.BoolOp() | ast.IfExp():
                parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
                yield from self._alternatives(parts)
            case ast.JoinedStr(values=parts):
                yield from self._addressed(parts)
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                yield from self._compare(left, right)

    def _assign(self, target: ast.expr, value: ast.expr) -> Iterator[Pair]:
        match target, value:
            case ast.Tuple(elts=ones) | ast.List(elts=ones), ast.Tuple(elts=parts) | ast.List(elts=parts):
                for one, part in zip(ones, parts, strict=False):
                    yield from self._assign(one, part)
        for name in target_names(target):
            yield from self._named(name, value)

    def _named(self, name: str, value: ast.expr, context: str = "", default: bool = False) -> Iterator[Pair]:
        role = self.names.role(name)
        if role is Role.NONE or (role is Role.OWN and name in self.values.refused):
            return
        yield from self._value(_Use(name, role, context, default), value)

    def _value(self, use: _Use, value: ast.expr, depth: int = 0) -> Iterator[Pair]:
        """The literals that an expression can have as its value."""
        if (literal := literal_text(value)) is not None:
            yield self._pair(use, value, literal)
        elif pieces := composed(value, self.values):
            longest = max(pieces, key=lambda piece: len(piece.text))
            yield self._pair(use, longest.node, "".join(piece.text for piece in pieces))
        elif (referred := reference(value, self.values.imports)) is not None:
            yield self._pair(use, value, "")._replace(reference=referred)
        elif depth < _DEEPEST:
            for part, default in self._parts(value):
                yield from self._value(use._replace(default=use.default or default), part, depth + 1)

    def _parts(self, value: ast.expr) -> Iterator[tuple[ast.expr, bool]]:
        """The expressions that can give another one its value, and whether only where nothing else does."""
        match value:
            case ast.JoinedStr(values=parts):
                yield from ((part.value, False) for part in parts if isinstance(part, ast.FormattedValue))
            case ast.BinOp(left=ast.Constant(), op=ast.Add() | ast.Mod(), right=inner):
                yield inner, False
            case ast.Name() | ast.Attribute() | ast.Subscript():
                known = self.values.known(value)
                yield from ((one, False) for one in known if isinstance(one, _HOLDING) or literal_text(one) is not None)
            case ast.BoolOp(values=values):
                yield from ((one, True) for one in values)
            case ast.IfExp(body=body, orelse=orelse):
                yield body, False
                yield orelse, True
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                yield from ((one, False) for one in elements)
            case ast.Call(func=ast.Attribute(value=inner, attr=method), args=[]) if method in _PASSING:
                yield inner, False
            case ast.Call(func=func, args=arguments, keywords=keywords):
                yield from ((keyword.value, True) for keyword in keywords if keyword.arg == "default")
                function = _last_name(func)
                yield from ((one, False) for one in self.values.returned(function) if not arguments)
                if function == "get" and len(arguments) == 1:
                    yield from ((one, False) for one in self.values.known(value) if literal_text(one) is not None)
                if len(arguments) == 1 and (function in _WRAPPERS or "secret" in function.lower()):
                    yield arguments[0], False
                if len(arguments) == 2 and function in _GETTERS and not self._names_a_credential(arguments[0]):
                    yield arguments[1], True

    def _alternatives(self, parts: Sequence[ast.expr]) -> Iterator[Pair]:
        """Literals that stand in for what is looked up under a name beside them."""
        looked_up = [name for part in parts for name in _looked_up(part)]
        for name in looked_up:
            for part in parts:
                if literal_text(part) is not None:
                    yield from self._named(name, part, default=True)

    def _names_a_credential(self, first: ast.expr) -> bool:
        """Whether a look-up says itself what it looks up, so that its default is read there."""
        return isinstance(first, ast.Constant) and self.names.role(str(first.value)) is not Role.NONE

    def _call(self, node: ast.Call) -> Iterator[Pair]:
        off = any(keyword.arg in _SWITCHES and _is_false(keyword.value) for keyword in node.keywords)
        for keyword in node.keywords:
            if off and keyword.arg is not None and self.names.role(keyword.arg) is Role.OWN:
                continue  # of what is switched off
            if keyword.arg is not None and self.names.role(keyword.arg) is not Role.NONE:
                yield from self._named(keyword.arg, keyword.value, self._context(node.func))
            elif keyword.arg == "auth" and isinstance(keyword.value, ast.Tuple):
                yield from self._login(keyword.value.elts)
        callee = _last_name(node.func)
        if callee.endswith("Auth"):
            yield from self._login(node.args)
        yield from self._arguments(node, callee)

    def _arguments(self, node: ast.Call, callee: str) -> Iterator[Pair]:
        match node.args:
            case [_, ast.Constant(value=str(name)), value] if callee == "setattr":
                yield from self._named(name, value)
            case [ast.Constant(value=str(literal)), *_] if len(literal) >= _LEAST_POSITIONAL:
                yield self._positional(node.func, callee, node.args[0], literal)
            case [ast.Name() | ast.Attribute() | ast.Subscript() as first, *_] if self.names.takes_a_credential(callee):
                yield from self._value(_Use(callee, Role.CREDENTIAL, self._context(node.func)), first)
        match node.args:
            case [ast.Constant(value=str(name)), default] if callee in _GETTERS:
                yield from self._named(name, default, default=True)
            case [ast.Constant(value=str(name)), *_] if _FLAG.fullmatch(name):
                for keyword in node.keywords:
                    if keyword.arg == "default":
                        yield from self._named(name.lstrip("-"), keyword.value, default=True)

    def _context(self, func: ast.expr) -> str:
        """What is called, with the module that it is imported from."""
        called = dotted(func)
        return f"{self.values.origins.get(called.partition('.')[0], '')} {called}"

    def _login(self, parts: Sequence[ast.expr]) -> Iterator[Pair]:
        """The password of a pair of user and password."""
        match parts:
            case [ast.Constant(value=str()), ast.Constant(value=str(password)) as part]:
                yield self._pair(_Use("password", Role.PASSWORD), part, password)

    def _positional(self, func: ast.expr, callee: str, part: ast.expr, literal: str) -> Pair:
        """The first argument of a call: a credential by the callee's name, or by a format of its vendor."""
        use = _Use(callee, Role.CREDENTIAL, self._context(func))
        return self._pair(use, part, literal)._replace(prose=True, named=self.names.takes_a_credential(callee))

    def _addressed(self, parts: Sequence[ast.expr]) -> Iterator[Pair]:
        """The password that is put into an address."""
        for before, part, after in zip(parts, parts[1:], parts[2:], strict=False):
            match before, part, after:
                case ast.Constant(value=str(begin)), ast.FormattedValue(value=inner), ast.Constant(value=str(end)):
                    if end.startswith("@") and _USER.search(begin) is not None:
                        yield from self._value(_Use("password", Role.PASSWORD), inner)

    def _defaults(self, node: ast.arguments) -> Iterator[Pair]:
        for name, default in defaults(node):
            yield from self._named(name, default, default=True)

    def _compare(self, left: ast.expr, right: ast.expr) -> Iterator[Pair]:
        if isinstance(left, ast.Constant):
            left, right = right, left
        for name in target_names(left):
            if (role := self.names.role(name)) is not Role.NONE:
                yield from self._value(_Use(name, role, compared=True), right)

    def _pair(self, use: _Use, node: ast.expr, value: str) -> Pair:
        start, end = extent(self.source, node)
        inner = self.source.text.find(value, start, end) if value else -1
        if inner >= 0:
            start, end = inner, inner + len(value)
        return Pair(
            name=use.name,
            value=value,
            start=start,
            end=end,
            role=use.role,
            context=use.context,
            default=use.default,
            compared=use.compared,
            joined=inner < 0,
        )


def _looked_up(node: ast.expr) -> Iterator[str]:
    """The names under which an expression looks something up."""
    match node:
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _last_name(node.func) in _GETTERS:
            yield name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            yield name


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _last_name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
