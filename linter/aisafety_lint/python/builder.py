"""A scope under construction: allots values, keeps the bindings in force, and the chain of guards.

The bindings are what makes the values SSA: `bind` gives a name its newest value, `fork`, `merge` and `loop` follow
structured control flow, and a name with several reaching values gets a `phi`.
"""

import ast
from collections.abc import Iterable, Sequence

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
        self.raises: list[int] = []
        self.caught: list[int] = []
        self.stores: list[int] = []
        self.imports: list[Import] = []
        self.outer: set[str] = set()
        self.doc = ""
        self.is_async = False
        self.alive = True
        self._least: dict[int, int] = {}

    def value(
        self, op: str, args: tuple[int, ...] = (), name: str = "", kind: str = "", place: Place = NO_PLACE
    ) -> int:
        """Add a value and return its index."""
        self.values.append(Value(op, args, name, kind, place, self.guard))
        return len(self.values) - 1

    def least_items(self, value: int) -> int:
        """How many elements a list has at least: those of its literal, and what was appended to it since."""
        known = self._least.get(value)
        if known is None:
            self._least[value] = 0
            known = self._least[value] = self._count(self.values[value])
        return known

    def _count(self, known: Value) -> int:
        match known.op:
            case "list" | "tuple" if not known.kind:
                return sum(self.values[item].op != "star" for item in known.args)
            case "phi" | "copy":
                return min(map(self.least_items, known.args), default=0)
            case "store" | "text" if known.name.endswith(":"):
                return int(known.name[:-1]) + (known.kind == "element")
            case "list" if known.kind == "comprehension" and self._is_filled_in(known):
                return 1
        return 0

    def _is_filled_in(self, known: Value) -> bool:
        """`[part.replace("{file}", name) for part in command]`: a command with marks in it is not empty."""
        part = self.values[known.args[0]]
        while part.op == "call":
            function = self.values[part.args[0]]
            if function.op != "attr" or function.name not in _FILLING:
                return False
            part = self.values[function.args[0]]
        filled = self.values[known.args[0]].op == "call"
        return filled and part.op == "element" and not part.name and part.guard == known.guard

    def bind(self, name: str, value: int) -> None:
        """Give a name a new value."""
        self.bindings[name] = value
        self.locals.setdefault(name, []).append(value)

    def rebind(self, name: str, value: int) -> None:
        """The object behind a name was written into; that does not make a name local that is not."""
        self.bindings[name] = value
        if name in self.locals:
            self.locals[name].append(value)

    def unbind(self, name: str) -> None:
        """Forget a name (`del`)."""
        self.bindings.pop(name, None)

    def push(self, value: int, holds: str, arms: tuple[int, ...] = ()) -> None:
        """From here on a condition holds (or a call has returned, or one of two arms was taken)."""
        self.guards.append(Guard(self.guard, value, holds, arms))
        self.guard = len(self.guards) - 1

    def merge(self, branches: Iterable[dict[str, int]], guards: Sequence[int] = ()) -> None:
        """Continue after several branches: names that differ between them become a `phi`.

        `guards` are those at the ends of the branches: a value that comes through a branch comes under its guard.
        """
        live = list(branches)
        if not live:
            return
        first = self.bindings = live[0]
        different = {name for branch in live[1:] for name, _ in branch.items() - first.items()}
        if not different:
            return
        merged = dict(first)
        for name in sorted(different):
            alternatives = tuple(dict.fromkeys(branch[name] for branch in live if name in branch))
            merged[name] = alternatives[0]
            if len(alternatives) > 1:
                if guards:
                    alternatives = tuple(
                        self._under(branch[name], guard)
                        for branch, guard in zip(live, guards, strict=True)
                        if name in branch
                    )
                merged[name] = self.value("phi", alternatives, name, place=self.values[alternatives[0]].place)
        self.bindings = merged

    def _under(self, value: int, guard: int) -> int:
        """A value as it is under a guard, where that is not the guard that it was made under."""
        known = self.values[value]
        if guard in (known.guard, self.guard):
            return value
        self.values.append(Value("copy", (value,), known.name, "", known.place, guard))
        return len(self.values) - 1

    def open_loop(self, body: Iterable[ast.AST]) -> dict[str, int]:
        """Enter a loop: every name that its body assigns gets a `phi` whose other operands `close_loop` adds."""
        phis = {}
        assigned, mutated = written_names(body)
        for name in (*assigned, *(name for name in mutated if name not in assigned)):
            before = self.bindings.get(name)
            if before is None and name in mutated and name not in self.locals:
                before = self.value("name", (), name)
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
            tuple(self.raises),
            tuple(self.stores),
            tuple(self.imports),
            self.doc,
            self.is_async,
            self.guard if self.alive else -2,
        )


def written_names(body: Iterable[ast.AST]) -> tuple[dict[str, None], dict[str, None]]:
    """Names that statements bind, and names of objects that they write into, in order, nested scopes left out."""
    names: dict[str, None] = {}
    mutated: dict[str, None] = {}
    pending: list[ast.AST] = list(body)[::-1]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is ast.Name:
            if type(node.ctx) is not ast.Load:  # type: ignore[attr-defined]  # a name has a context
                names[node.id] = None  # type: ignore[attr-defined]  # and an identifier
            continue
        if kind in _OPENING:
            names[node.name] = None  # type: ignore[attr-defined]  # definitions have a name
            continue
        if kind in _CLOSED:
            continue
        bound = getattr(node, _BINDING[kind]) if kind in _BINDING else None
        if bound:
            names[bound] = None
        written = _written_object(node)
        if written:
            mutated[written] = None
        for child in reversed(node.__dict__.values()):
            if type(child) is list:
                pending.extend(item for item in reversed(child) if isinstance(item, ast.AST))
            elif isinstance(child, ast.AST):
                pending.append(child)
    return names, mutated


def _written_object(node: ast.AST) -> str:
    """The name of the object that a node writes into: by an attribute, an item, or a method of a container."""
    base: ast.AST = node
    if isinstance(node, ast.Subscript | ast.Attribute):
        if not isinstance(node.ctx, ast.Store):
            return ""
        while isinstance(base, ast.Subscript | ast.Attribute):
            base = base.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        base = node.func.value
    return base.id if isinstance(base, ast.Name) else ""


_OPENING = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_BINDING = {ast.MatchAs: "name", ast.MatchStar: "name", ast.MatchMapping: "rest", ast.ExceptHandler: "name"}
_CLOSED = frozenset({ast.Lambda, ast.Constant, ast.Load, ast.Store, ast.Del, ast.Pass, ast.Break, ast.Continue})

_FILLING = frozenset({"replace", "format"})
MUTATORS = frozenset(
    {"append", "appendleft", "add", "extend", "insert", "update", "setdefault", "write", "writelines", "put", "push"}
)
"""Methods of Python's containers and buffers that put their arguments into the receiver."""
