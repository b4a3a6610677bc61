"""Statements to control flow: bindings are forked and merged, conditions become guards, scopes are opened."""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence

from aisafety_lint.python.annotations import read_annotation
from aisafety_lint.python.builder import ScopeBuilder
from aisafety_lint.python.expressions import Expressions
from aisafety_lint.python.facts import Import

Bindings = dict[str, int]


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


class Statements(Expressions):
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

    def block(self, body: Iterable[ast.stmt]) -> None:
        """Translate statements in order; what follows a jump is still translated, with its guards."""
        for statement in body:
            handler = self.statements.get(type(statement))
            if handler is not None:
                handler(statement)

    # -- simple statements ----------------------------------------------------------------------------------------

    def expression_statement(self, node: ast.Expr) -> None:
        value = self.expression(node.value)
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

    def annotated(self, node: ast.AnnAssign) -> None:
        annotation = read_annotation(node.annotation)
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
        if node.value is not None:
            value = self.expression(node.value)
            self.scope.returns.append(self.scope.value("return", (value,), place=self.place(node)))
        self.scope.alive = False

    def raise_(self, node: ast.Raise) -> None:
        if node.exc is not None:
            self.expression(node.exc)
        self.scope.alive = False

    def assert_(self, node: ast.Assert) -> None:
        self.scope.push(self.expression(node.test), "true")

    def delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.scope.unbind(target.id)

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
            condition = self._pattern(case.pattern, subject)
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

    def _pattern(self, pattern: ast.pattern, subject: int) -> int:
        """Translate a pattern to a condition on the subject and bind what it captures."""
        place = self.place(pattern)
        match pattern:
            case ast.MatchValue():
                return self.scope.value("compare", (subject, self.expression(pattern.value)), "Eq", place=place)
            case ast.MatchSingleton():
                constant = self.scope.value("const", (), repr(pattern.value), type(pattern.value).__name__, place)
                return self.scope.value("compare", (subject, constant), "Is", place=place)
            case ast.MatchOr():
                return self.scope.value(
                    "or", tuple(self._pattern(item, subject) for item in pattern.patterns), place=place
                )
            case ast.MatchAs():
                if pattern.name:
                    self.scope.bind(pattern.name, subject)
                if pattern.pattern is not None:
                    return self._pattern(pattern.pattern, subject)
            case ast.MatchSequence():
                return self._all(
                    [
                        (self.scope.value("element", (subject,), str(i), place=place), item)
                        for i, item in enumerate(pattern.patterns)
                    ],
                    subject,
                    place,
                )
            case ast.MatchMapping():
                keys = [self.expression(key) for key in pattern.keys]
                items = [self.scope.value("item", (subject, key), self.constant_key(key), place=place) for key in keys]
                if pattern.rest:
                    self.scope.bind(pattern.rest, subject)
                return self._all(list(zip(items, pattern.patterns, strict=True)), subject, place)
            case ast.MatchClass():
                wanted = self.expression(pattern.cls)
                fields = [
                    (self.scope.value("attr", (subject,), name, place=place), item)
                    for name, item in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)
                ]
                fields += [(subject, item) for item in pattern.patterns]
                checked = self._all(fields, subject, place)
                return self.scope.value(
                    "and",
                    (self.scope.value("compare", (subject, wanted), "isinstance", place=place), checked),
                    place=place,
                )
        return self.scope.value("unknown", (), "pattern", place=place)

    def _all(self, parts: Sequence[tuple[int, ast.pattern]], subject: int, place: tuple[int, int, int, int]) -> int:
        conditions = tuple(self._pattern(item, value) for value, item in parts)
        return self.scope.value("and", conditions, "pattern", place=place)

    # -- loops ----------------------------------------------------------------------------------------------------

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        iterable = self.expression(node.iter)
        outer, loop = self.scope.guard, Loop()
        self.loops.append(loop)
        phis = self.scope.open_loop([node.target, *node.body])
        at_start = dict(self.scope.bindings)
        self.assign(node.target, self.scope.value("element", (iterable,), place=self.place(node.target)))
        self.block(node.body)
        self.loops.pop()
        self.scope.close_loop(phis, self.scope.bindings)
        # What every round establishes (it raises otherwise) holds for all elements afterwards.
        checked = (
            self.scope.alive
            and not loop.breaks
            and not any(isinstance(item, ast.Continue) for item in _own_statements(node))
        )
        self.scope.guard, self.scope.alive = self.scope.guard if checked else outer, True
        self.scope.merge([at_start, *(bindings for bindings, _ in loop.breaks)])
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
        self.block([*node.body, *node.orelse])
        ends = [(self.scope.alive, self.scope.bindings, self.scope.guard)]
        for handler in node.handlers:
            self.scope.bindings, self.scope.guard, self.scope.alive = {}, outer, True
            self.scope.merge([before, ends[0][1]])
            if handler.type is not None:
                self.expression(handler.type)
            if handler.name:
                self.scope.bind(handler.name, self.scope.value("unknown", (), "exception", place=self.place(handler)))
            self.block(handler.body)
            ends.append((self.scope.alive, self.scope.bindings, self.scope.guard))
        self._join(ends, outer)
        alive = self.scope.alive
        self.block(node.finalbody)
        self.scope.alive = alive and self.scope.alive

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            entered = self.scope.value(
                "enter", (self.expression(item.context_expr),), place=self.place(item.context_expr)
            )
            if item.optional_vars is not None:
                self.assign(item.optional_vars, entered)
        self.block(node.body)

    # -- definitions ----------------------------------------------------------------------------------------------

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = tuple(self.expression(item) for item in node.decorator_list)
        params = self.parameters(node.args)
        inner = self.open_scope(node.name, "function", node)
        inner.decorators = decorators
        inner.annotation = read_annotation(node.returns)
        inner.doc = ast.get_docstring(node, clean=False) or ""
        inner.is_async = isinstance(node, ast.AsyncFunctionDef)
        inner.head = self._head(node)
        self.scope.bind(node.name, self.scope.value("function", (), inner.qualname, place=inner.head))
        self._body(inner, node.body, params)

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
        self.scope.bind(node.name, self.scope.value("class", (), inner.qualname, place=inner.head))
        self._body(inner, node.body)

    def _head(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[int, int, int, int]:
        """The line that names a definition: from `def`, `async` or `class` to the end of the name, no decorators."""
        line, column, _, _ = self.place(node)
        words = {ast.FunctionDef: "def ", ast.AsyncFunctionDef: "async def ", ast.ClassDef: "class "}
        return line, column, line, column + len(words[type(node)]) + len(node.name)
