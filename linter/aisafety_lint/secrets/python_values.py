"""What the names of one Python file stand for: literals that they are given, and where imported names come from."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from aisafety_lint.secrets.links import imports_of
from aisafety_lint.secrets.python_tree import target_names

# A name that is given more literals than this says nothing about one of them.
_MOST_VALUES = 8
# Where statements have statements in them, in the order of the syntax.
_BODIES = ("body", "handlers", "orelse", "finalbody", "cases")


@dataclass(frozen=True)
class Values:
    """The values of the names of a file, worked out when they are first asked for.

    `names_in_expressions` tells whether there may be a name that is given its value within an expression.
    """

    tree: ast.Module
    names_in_expressions: bool

    @cached_property
    def origins(self) -> dict[str, str]:
        """The module from which a name is imported."""
        found: dict[str, str] = {}
        for node in self._statements:
            match node:
                case ast.Import(names=names):
                    found |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in names}
                case ast.ImportFrom(module=str(module), names=names):
                    found |= {alias.asname or alias.name: module for alias in names}
        return found

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """The imported names, with the module and the name in it."""
        return imports_of(self._statements)

    def of(self, name: str) -> list[ast.expr]:
        """The literals that a name, an attribute, an entry or a parameter of that name is given in this file."""
        values = self._known.get(name)
        if values is None:
            given = chain(self._assigned.get(name, ()), self._passed(name))
            values = list(islice(given, _MOST_VALUES + 1))
            self._known[name] = values = values if len(values) <= _MOST_VALUES else []
        return values

    def returned(self, function: str) -> list[ast.expr]:
        """What a function or method of that name gives back at its end."""
        values = self._ends.get(function, [])
        return values if len(values) == 1 else []

    def known(self, node: ast.expr) -> list[ast.expr]:
        """What an expression can stand for that looks a value up in a variable, an attribute or a table."""
        values = [value for name in _names_of(node) for value in self.of(name)]
        if not isinstance(node, ast.Name | ast.Attribute):
            values += [value for name in _names_of(node) for value in self._entries.get(name, ())]
        return values if len(values) <= _MOST_VALUES else []

    @cached_property
    def refused(self) -> frozenset[str]:
        """The names that are compared where the outcome is an error: a program does not run with such a value."""
        asked = [node for node in self._statements if isinstance(node, ast.If) and any(map(_gives_up, node.body))]
        sides = (
            side
            for node in asked
            for test in ast.walk(node.test)
            if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq | ast.In)
            for side in (test.left, *test.comparators)
        )
        return frozenset(name for side in sides for name in target_names(side))

    @cached_property
    def _known(self) -> dict[str, list[ast.expr]]:
        return {}

    @cached_property
    def _statements(self) -> list[ast.AST]:
        """The statements in the order of `ast.walk`: one in eight of the nodes, and most questions need no others."""
        found: list[ast.AST] = [self.tree]
        for node in found:
            for name in _BODIES:
                part = getattr(node, name, None)
                if isinstance(part, list):
                    found += part
        return found

    @cached_property
    def _expressions(self) -> list[ast.Call | ast.NamedExpr | ast.Dict]:
        return [node for node in _walk(self.tree) if isinstance(node, ast.Call | ast.NamedExpr | ast.Dict)]

    @cached_property
    def _assigned(self) -> dict[str, list[ast.expr]]:
        found: dict[str, list[ast.expr]] = {}
        named = self._expressions if self.names_in_expressions else []
        for node in chain(self._statements, named):
            match node:
                case ast.Assign(targets=targets, value=value):
                    pass
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value)
                ):
                    targets = [target]
                case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
                    for argument, default in defaults(arguments):
                        _give(found, argument, default)
                    continue
                case _:
                    continue
            for name in (name for target in targets for name in target_names(target)):
                _give(found, name, value)
        return found

    @cached_property
    def _ends(self) -> dict[str, list[ast.expr]]:
        """What functions give back at their end."""
        found: dict[str, list[ast.expr]] = {}
        for node in self._statements:
            match node:
                case (
                    ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.expr() as value)])
                    | ast.AsyncFunctionDef(name=name, body=[*_, ast.Return(value=ast.expr() as value)])
                ):
                    found.setdefault(name, []).append(value)
        return found

    @cached_property
    def _entries(self) -> dict[str, list[ast.expr]]:
        """What the tables of the file have under a name."""
        found: dict[str, list[ast.expr]] = {}
        for node in self._expressions:
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        _give(found, key.value, value)
        return found

    @cached_property
    def _parameters(self) -> dict[str, list[tuple[str, int]]]:
        """The functions that have a parameter of a name, with its place among the arguments."""
        found: dict[str, list[tuple[str, int]]] = {}
        for node in self._statements:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = [*node.args.posonlyargs, *node.args.args]
                if arguments and arguments[0].arg in ("self", "cls"):
                    del arguments[0]
                for place, argument in enumerate(arguments):
                    found.setdefault(argument.arg, []).append((node.name, place))
        return found

    @cached_property
    def _calls(self) -> dict[str, list[ast.Call]]:
        found: dict[str, list[ast.Call]] = {}
        for node in self._expressions:
            if isinstance(node, ast.Call):
                for name in target_names(node.func):
                    found.setdefault(name, []).append(node)
        return found

    def _passed(self, name: str) -> Iterator[ast.expr]:
        for function, place in dict.fromkeys(self._parameters.get(name, ())):
            for call in self._calls.get(function, ()):
                if place < len(call.args):
                    yield call.args[place]


def defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """The parameters that have a default, with it."""
    positional = [*arguments.posonlyargs, *arguments.args]
    last = positional[len(positional) - len(arguments.defaults) :]
    for argument, default in chain(
        zip(last, arguments.defaults, strict=True), zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ):
        if default is not None:
            yield argument.arg, default


def _names_of(node: ast.expr) -> Iterator[str]:
    """The name under which an expression looks its value up in a variable, a class or a table."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            yield name
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            yield name
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=ast.Constant(value=int())):
            yield name


def _give(found: dict[str, list[ast.expr]], name: str, value: ast.expr) -> None:
    """Note what a name is given, unless that is but another name."""
    if not isinstance(value, ast.Name | ast.Attribute):
        found.setdefault(name, []).append(value)


def _gives_up(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(statement))


def _walk(tree: ast.AST) -> list[ast.AST]:
    """The nodes of `ast.walk` in its order, in half of its time: without those that have no parts, as operators."""
    found = [tree]
    for node in found:
        for name in node._fields:
            part = getattr(node, name, None)
            if isinstance(part, list):
                found += [item for item in part if isinstance(item, ast.AST)]
            elif isinstance(part, ast.AST) and part._fields:
                found.append(part)
    return found
