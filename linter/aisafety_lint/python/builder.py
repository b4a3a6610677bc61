"""A scope under construction: allots values, keeps the bindings in force, and the chain of guards.

The bindings are what makes the values SSA: `bind` gives a name its newest value, `fork`, `merge` and `loop` follow
structured control flow, and a name with several reaching values gets a `phi`.
"""

import ast
from collections.abc import Iterable

from aisafety_lint.python.facts import Annotation, Call, Guard, Import, Param, Place, Scope, Value

NO_PLACE: Place = (0, 0, 0, 0)


class ScopeBuilder:
    """Collects what becomes one `Scope`."""

    def __init__(self, name: str, qualname: str, form: str, parent: int, index: int) -> None:
        self.name = name
        self.qualname = qualname
        self.form = form
        self.parent = parent
        self.index = index
        self.place = self.head = NO_PLACE
        self.params: list[Param] = []
        self.annotation: Annotation | None = None
        self.decorators: tuple[int, ...] = ()
        self.bases: tuple[int, ...] = ()
        self.values: list[Value] = []
        self.calls: list[Call] = []
        self.guards: list[Guard] = []
        self.guard = -1
        self.bindings: dict[str, int] = {}
        self.locals: dict[str, list[int]] = {}
        self.annotations: dict[str, Annotation] = {}
        self.returns: list[int] = []
        self.yields: list[int] = []
        self.stores: list[int] = []
        self.imports: list[Import] = []
        self.outer: set[str] = set()
        self.doc = ""
        self.is_async = False
        self.alive = True

    def value(self, op: str, args: tuple[int, ...] = (), name: str = "", kind: str = "", place: Place = NO_PLACE) -> int:
        """Add a value and return its index."""
        self.values.append(Value(op, args, name, kind, place, self.guard))
        return len(self.values) - 1

    def bind(self, name: str, value: int) -> None:
        """Give a name a new value."""
        self.bindings[name] = value
        self.locals.setdefault(name, []).append(value)

    def unbind(self, name: str) -> None:
        """Forget a name (`del`)."""
        self.bindings.pop(name, None)

    def push(self, value: int, holds: str) -> None:
        """From here on a condition holds (or a call has returned)."""
        self.guards.append(Guard(self.guard, value, holds))
        self.guard = len(self.guards) - 1

    def merge(self, branches: Iterable[dict[str, int]]) -> None:
        """Continue after several branches: names that differ between them become a `phi`."""
        live = list(branches)
        if not live:
            return
        if len(live) == 1:
            self.bindings = live[0]
            return
        merged: dict[str, int] = {}
        for name in dict.fromkeys(name for branch in live for name in branch):
            alternatives = tuple(dict.fromkeys(branch[name] for branch in live if name in branch))
            merged[name] = alternatives[0]
            if len(alternatives) > 1:
                merged[name] = self.value("phi", alternatives, name, place=self.values[alternatives[0]].place)
        self.bindings = merged

    def open_loop(self, names: Iterable[str]) -> dict[str, int]:
        """Enter a loop: every name that its body assigns gets a `phi` whose other operands `close_loop` adds."""
        phis = {}
        for name in names:
            before = self.bindings.get(name)
            place = self.values[before].place if before is not None else NO_PLACE
            phis[name] = self.value("phi", () if before is None else (before,), name, place=place)
            self.bindings[name] = phis[name]
        return phis

    def close_loop(self, phis: dict[str, int], bindings: dict[str, int]) -> None:
        """Leave a loop body: complete the `phi` values with what the names hold at its end."""
        for name, phi in phis.items():
            last = bindings.get(name)
            if last is not None and last != phi:
                old = self.values[phi]
                self.values[phi] = Value("phi", (*old.args, last), name, "", old.place, old.guard)

    def finish(self) -> Scope:
        """Freeze what was collected."""
        return Scope(
            self.name,
            self.qualname,
            self.form,
            self.parent,
            self.place,
            self.head,
            tuple(self.params),
            self.annotation,
            self.decorators,
            self.bases,
            tuple(self.values),
            tuple(self.calls),
            tuple(self.guards),
            {name: tuple(values) for name, values in self.locals.items()},
            self.annotations,
            tuple(self.returns),
            tuple(self.yields),
            tuple(self.stores),
            tuple(self.imports),
            self.doc,
            self.is_async,
            self.guard if self.alive else -2,
        )


def assigned_names(body: Iterable[ast.AST]) -> list[str]:
    """Names that statements bind, in order of appearance, nested scopes left out."""
    names: dict[str, None] = {}
    pending: list[ast.AST] = list(body)[::-1]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            names[node.id] = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names[node.name] = None
            continue
        elif isinstance(node, ast.Lambda):
            continue
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            base: ast.AST = node
            while isinstance(base, ast.Subscript | ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name):
                names[base.id] = None
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            if node.func.attr in MUTATORS:
                names[node.func.value.id] = None
        pending.extend(reversed(list(ast.iter_child_nodes(node))))
    return list(names)


MUTATORS = frozenset({"append", "appendleft", "add", "extend", "insert", "update", "setdefault", "write", "writelines", "put", "push"})
"""Methods of Python's containers and buffers that put their arguments into the receiver."""
