"""Statements to control flow: bindings are forked and merged, conditions become guards, scopes are opened."""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from aisafety_lint.python.annotations import TypeParameters
from aisafety_lint.python.builder import ScopeBuilder
from aisafety_lint.python.facts import Import
from aisafety_lint.python.matching import Patterns

Bindings = dict[str, int]

_HEAD = re.compile(r"(?:async[ \t\f]+)?(?:def|class)[ \t\f]+\w+")


def _suppresses(context: ast.expr) -> bool:
    """Whether a context manager is that of the standard library which swallows exceptions."""
    called = context.func if isinstance(context, ast.Call) else None
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    return name == "suppress"


def _as_try(node: ast.With | ast.AsyncWith, context: ast.expr) -> ast.Try:
    """The `try` with an empty handler that a block is which swallows exceptions."""
    handler = ast.copy_location(ast.ExceptHandler(None, None, [ast.copy_location(ast.Pass(), context)]), context)
    return ast.copy_location(ast.Try(node.body, [handler], [], []), node)


class Loop:
    """What leaves a loop early: the bindings and the guard at each `break`."""

    def __init__(self) -> None:
        self.breaks: list[tuple[Bindings, int]] = []


def _own_statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements of a loop, inner loops and definitions left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield child
            if not isinstance(
                child, ast.For | ast.AsyncFor | ast.While | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            ):
                yield from _own_statements(child)


class Statements(Patterns):
    """Translates statements; after `return`, `raise`, `break` and `continue` the scope is not alive until a join."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.loops: list[Loop] = []
        self.statements: dict[type[ast.stmt], Callable[..., None]] = {
            ast.Expr: self.expression_statement,
            ast.Assign: self.assignment,
            ast.AnnAssign: self.annotated,
            ast.AugAssign: self.augmented,
            ast.If: self.if_,
            ast.For: self.for_,
            ast.AsyncFor: self.for_,
            ast.While: self.while_,
            ast.Try: self.try_,
            ast.TryStar: self.try_,
            ast.With: self.with_,
            ast.AsyncWith: self.with_,
            ast.Match: self.match_,
            ast.Return: self.return_,
            ast.Raise: self.raise_,
            ast.Assert: self.assert_,
            ast.Break: self.break_,
            ast.Continue: self.continue_,
            ast.Delete: self.delete,
            ast.Global: self.outer_names,
            ast.Nonlocal: self.outer_names,
            ast.Import: self.import_,
            ast.ImportFrom: self.import_from,
            ast.FunctionDef: self.function,
            ast.AsyncFunctionDef: self.function,
            ast.ClassDef: self.class_,
        }
        if sys.version_info >= (3, 12):
            self.statements[ast.TypeAlias] = self.type_alias

    def block(self, body: Iterable[ast.stmt]) -> None:
        """Translate statements in order; what follows a jump is still translated, with its guards."""
        for statement in body:
            handler = self.statements.get(type(statement))
            if handler is not None:
                handler(statement)

    # -- simple statements ----------------------------------------------------------------------------------------

    def expression_statement(self, node: ast.Expr) -> None:
        self._came_back(self.expression(node.value))

    def _came_back(self, value: int) -> None:
        """What runs after a call may rely on its not having raised."""
        called = self.scope.values[value]
        while called.op == "await":
            value = called.args[0]
            called = self.scope.values[value]
        if called.op == "call":
            self.scope.push(value, "returned")

    def assignment(self, node: ast.Assign) -> None:
        value = self.expression(node.value)
        for target in node.targets:
            self.assign(target, value)
        self._came_back(value)

    def annotated(self, node: ast.AnnAssign) -> None:
        annotation = self.type_of(node.annotation)
        if annotation is not None and isinstance(node.target, ast.Name):
            self.scope.annotations[node.target.id] = annotation
        elif (
            annotation is not None
            and isinstance(node.target, ast.Attribute)
            and isinstance(node.target.value, ast.Name)
        ):
            self.scope.annotations[f"{node.target.value.id}.{node.target.attr}"] = annotation
        if node.value is not None:
            self.assign(node.target, self.expression(node.value))

    def augmented(self, node: ast.AugAssign) -> None:
        target: ast.expr = node.target
        left, right = self.expression(target), self.expression(node.value)
        if isinstance(node.op, ast.Add | ast.Mod):
            value = self.scope.value("text", (left, right), self.after(left), "+", self.place(node))
        else:
            value = self.scope.value("arithmetic", (left, right), type(node.op).__name__, place=self.place(node))
        self.assign(target, value)

    def return_(self, node: ast.Return) -> None:
        place = self.place(node)
        value = (
            self.scope.value("const", name="None", place=place) if node.value is None else self.expression(node.value)
        )
        self.scope.returns.append(self.scope.value("return", (value,), place=place))
        self.scope.alive = False

    def raise_(self, node: ast.Raise) -> None:
        if node.exc is not None:
            self.scope.raises.append(self.expression(node.exc))
        elif self.scope.caught:
            self.scope.raises.append(self.scope.caught[-1])
        self.scope.alive = False

    def assert_(self, node: ast.Assert) -> None:
        self.scope.push(self.expression(node.test), "true")

    def outer_names(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.outer.update(node.names)

    def import_(self, node: ast.Import) -> None:
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            self._import(local, alias.name if alias.asname else local, "", node)

    def import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            self._import(alias.asname or alias.name, module, alias.name, node)

    def _import(self, local: str, module: str, name: str, node: ast.stmt) -> None:
        self.scope.imports.append(Import(local, module, name, self.place(node)))
        if name != "*":
            self.scope.bind(local, self.scope.value("import", (), name, module, self.place(node)))

    # -- branches -------------------------------------------------------------------------------------------------

    def if_(self, node: ast.If) -> None:
        condition = self.expression(node.test)
        before, outer = dict(self.scope.bindings), self.scope.guard
        ends = [
            self._branch(body, condition, holds, before, outer)
            for body, holds in ((node.body, "true"), (node.orelse, "false"))
        ]
        self._join(ends, outer, condition)

    def _branch(
        self, body: Sequence[ast.stmt], condition: int, holds: str, before: Bindings, outer: int
    ) -> tuple[bool, Bindings, int]:
        """Translate one arm under its condition; returns whether its end is reached, its bindings and its guard."""
        self.scope.bindings, self.scope.guard, self.scope.alive = dict(before), outer, True
        self.scope.push(condition, holds)
        self.block(body)
        return self.scope.alive, self.scope.bindings, self.scope.guard

    def _join(self, ends: Sequence[tuple[bool, Bindings, int]], outer: int, condition: int | None = None) -> None:
        """Go on after branches: where only one comes through, what it established goes on to hold."""
        live = [end for end in ends if end[0]]
        self.scope.alive = bool(live)
        self.scope.guard = live[0][2] if len(live) == 1 else outer
        self.scope.merge([end[1] for end in live or ends], [end[2] for end in live or ends])
        if len(live) > 1 and condition is not None and any(self._established(guard, outer) > 1 for _, _, guard in live):
            self.scope.push(condition, "joined", tuple(guard for _, _, guard in live))

    def _established(self, guard: int, outer: int) -> int:
        """How many conditions a branch has added to the guard before it."""
        count = 0
        while guard not in (outer, -1):
            count += self.scope.guards[guard].holds != "returned"
            guard = self.scope.guards[guard].parent
        return count

    def match_(self, node: ast.Match) -> None:
        subject = self.expression(node.subject)
        outer = self.scope.guard
        ends: list[tuple[bool, Bindings, int]] = []
        exhaustive = False
        for case in node.cases:
            before, reached = dict(self.scope.bindings), self.scope.guard
            self.scope.alive = True
            condition = self.pattern(case.pattern, subject)
            if case.guard is not None:
                condition = self.scope.value(
                    "and", (condition, self.expression(case.guard)), place=self.place(case.guard)
                )
            ends.append(self._branch(case.body, condition, "true", dict(self.scope.bindings), reached))
            exhaustive = exhaustive or (
                case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            )
            self.scope.bindings, self.scope.guard, self.scope.alive = before, reached, True
            self.scope.push(condition, "false")
        if not exhaustive:
            ends.append((True, self.scope.bindings, self.scope.guard))
        self._join(ends, outer)

    # -- loops ----------------------------------------------------------------------------------------------------

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        iterable = self.expression(node.iter)
        outer, loop = self.scope.guard, Loop()
        self.loops.append(loop)
        phis = self.scope.open_loop([node.target, *node.body])
        at_start = dict(self.scope.bindings)
        element = self.scope.value("element", (iterable,), place=self.place(node.target))
        self.assign(node.target, element)
        self.block(node.body)
        self.loops.pop()
        self.scope.close_loop(phis, self.scope.bindings)
        # What every round establishes (it raises otherwise) holds for all elements afterwards.
        checked = (
            self.scope.alive
            and not loop.breaks
            and not any(isinstance(item, ast.Continue) for item in _own_statements(node))
        )
        if checked and self.scope.guard != outer:
            self.scope.push(element, "every")
        else:
            self.scope.guard = outer
        self.scope.alive = True
        if node.orelse and loop.breaks:
            # What follows is reached by a `break`, or from the end of the other block.
            self.scope.bindings = at_start
            self.block(node.orelse)
            ends = [(self.scope.alive, self.scope.bindings, self.scope.guard)]
            self._join([*ends, *((True, *end) for end in loop.breaks)], outer)
            return
        ends_of_loop = [(at_start, self.scope.guard), *loop.breaks]
        self.scope.merge([bindings for bindings, _ in ends_of_loop], [guard for _, guard in ends_of_loop])
        self.block(node.orelse)

    def while_(self, node: ast.While) -> None:
        outer, loop = self.scope.guard, Loop()
        self.loops.append(loop)
        phis = self.scope.open_loop([node.test, *node.body])
        condition = self.expression(node.test)
        at_start = dict(self.scope.bindings)
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self.scope.push(condition, "true")
        self.block(node.body)
        self.loops.pop()
        self.scope.close_loop(phis, self.scope.bindings)
        self.scope.guard = outer
        self.scope.value("loop", (condition,), place=self.place(node))
        ends = [(True, bindings, guard) for bindings, guard in loop.breaks]
        if not forever:
            self.scope.push(condition, "false")
            ends.append((True, at_start, self.scope.guard))
        self._join(ends or [(False, at_start, outer)], outer)
        self.block(node.orelse)

    def break_(self, node: ast.Break) -> None:
        if self.loops and self.scope.alive:
            self.loops[-1].breaks.append((dict(self.scope.bindings), self.scope.guard))
        self.scope.alive = False

    def continue_(self, node: ast.Continue) -> None:
        self.scope.alive = False

    # -- try and with ---------------------------------------------------------------------------------------------

    def try_(self, node: ast.Try | ast.TryStar) -> None:
        before, outer = dict(self.scope.bindings), self.scope.guard
        counts = {name: len(values) for name, values in self.scope.locals.items()} if node.handlers else {}
        raised, called = len(self.scope.raises), len(self.scope.calls)
        self.block(node.body)
        thrown = self.scope.raises[raised:]
        calls = [call.value for call in self.scope.calls[called:]]
        inside = self._within(before, counts, outer) if node.handlers else {}
        self.block(node.orelse)
        ends = [(self.scope.alive, self.scope.bindings, self.scope.guard)]
        for handler in node.handlers:
            self.scope.bindings, self.scope.guard, self.scope.alive = dict(inside), outer, True
            self._handler(handler, thrown, calls)
            ends.append((self.scope.alive, self.scope.bindings, self.scope.guard))
        self._join(ends, outer)
        if node.finalbody:
            self._finally(node.finalbody, ends, outer)

    def _within(self, before: Bindings, counts: Mapping[str, int], outer: int) -> Bindings:
        """What names hold where a handler starts: what they held before the body, or after any of its statements."""
        inner, self.scope.guard = self.scope.guard, outer
        found = dict(before)
        for name, last in self.scope.bindings.items():
            made = (*self.scope.locals.get(name, ())[counts.get(name, 0) :], last)
            values = tuple(dict.fromkeys((before[name], *made) if name in before else made))
            place = self.scope.values[values[0]].place
            found[name] = values[0] if len(values) == 1 else self.scope.value("phi", values, name, place=place)
        self.scope.guard = inner
        return found

    def _handler(self, handler: ast.ExceptHandler, thrown: Sequence[int], calls: Sequence[int]) -> None:
        """An exception is one of those raised in the body, or comes out of a call in it."""
        kind = -1 if handler.type is None else self.expression(handler.type)
        if kind < 0:
            kind = self.scope.value("name", (), "BaseException")
        caught = self.scope.value("caught", (kind, *thrown, *calls), str(len(thrown)), place=self.place(handler))
        if handler.name:
            self.scope.bind(handler.name, caught)
        self.scope.caught.append(caught)
        self.block(handler.body)
        self.scope.caught.pop()

    def _finally(self, body: Sequence[ast.stmt], ends: Sequence[tuple[bool, Bindings, int]], outer: int) -> None:
        """The block is also run on the ways that do not go on after it, where less is established."""
        after, guard, alive = self.scope.bindings, self.scope.guard, self.scope.alive
        if not all(end[0] for end in ends):
            self.scope.guard = outer
            self.scope.merge([end[1] for end in ends])
        start = dict(self.scope.bindings)
        self.block(body)
        changed = {name: value for name, value in self.scope.bindings.items() if start.get(name) != value}
        self.scope.bindings = after | changed
        if not all(end[0] for end in ends):
            self.scope.guard = guard
        self.scope.alive = alive and self.scope.alive

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            entered = self.scope.value(
                "enter", (self.expression(item.context_expr),), place=self.place(item.context_expr)
            )
            if item.optional_vars is not None:
                self.assign(item.optional_vars, entered)
        swallowed = [item.context_expr for item in node.items if _suppresses(item.context_expr)]
        if swallowed:
            self.try_(_as_try(node, swallowed[0]))
        else:
            self.block(node.body)

    # -- definitions ----------------------------------------------------------------------------------------------

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = tuple(self.expression(item) for item in node.decorator_list)
        params = self.parameters(node.args)
        outer, self.type_parameters = self.type_parameters, self._type_parameters(node)
        inner = self.open_scope(node.name, "function", node)
        inner.decorators = decorators
        inner.annotation = self.type_of(node.returns)
        inner.doc = ast.get_docstring(node, clean=False) or ""
        inner.is_async = isinstance(node, ast.AsyncFunctionDef)
        inner.head = self._head(node)
        self.assign_name(node.name, self.scope.value("function", (), inner.qualname, place=inner.head), inner.head)
        self._body(inner, node.body, params)
        self.type_parameters = outer

    def _body(
        self, inner: ScopeBuilder, body: Sequence[ast.stmt], params: Sequence[tuple[ast.arg, str, int]] = ()
    ) -> None:
        outer, loops, self.loops = self.enter(inner), self.loops, []
        self.bind_parameters(params)
        self.block(body)
        self.loops = loops
        self.leave(outer)

    def class_(self, node: ast.ClassDef) -> None:
        decorators = tuple(self.expression(item) for item in node.decorator_list)
        bases = tuple(self.expression(item) for item in node.bases)
        for keyword in node.keywords:
            self.expression(keyword.value)
        inner = self.open_scope(node.name, "class", node)
        inner.decorators, inner.bases = decorators, bases
        inner.doc = ast.get_docstring(node, clean=False) or ""
        inner.head = self._head(node)
        self.assign_name(node.name, self.scope.value("class", (), inner.qualname, place=inner.head), inner.head)
        outer, self.type_parameters = self.type_parameters, self._type_parameters(node)
        self._body(inner, node.body)
        self.type_parameters = outer

    def type_alias(self, node: ast.stmt) -> None:
        """`type Name = ...` binds the name to what it stands for."""
        if sys.version_info >= (3, 12) and isinstance(node, ast.TypeAlias):
            self.assign(node.name, self.expression(node.value))

    def _type_parameters(self, node: ast.AST) -> TypeParameters:
        """The type parameters in force inside of a definition."""
        own = getattr(node, "type_params", ())
        if not own:
            return self.type_parameters
        found = dict(self.type_parameters)
        for item in own:
            bound = getattr(item, "bound", None)
            bound = getattr(item, "default_value", None) if bound is None else bound
            found[item.name] = self.type_of(bound)
        return found

    def _head(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[int, int, int, int]:
        """The words that name a definition: from `def`, `async` or `class` to the end of the name, no decorators."""
        line, column, end_line, end_column = self.place(node)
        named = _HEAD.match(self.lines[line - 1], column - 1)
        if named is not None:
            return line, column, line, named.end() + 1
        return line, column, *((end_line, end_column) if end_line == line else (line, len(self.lines[line - 1]) + 1))
