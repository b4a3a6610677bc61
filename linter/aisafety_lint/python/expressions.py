"""Expressions to values: every expression becomes one value of the scope that is being built."""

import ast
from collections.abc import Callable, Sequence

from aisafety_lint.python.annotations import TypeParameters, read_annotation
from aisafety_lint.python.builder import MUTATORS, ScopeBuilder
from aisafety_lint.python.facts import Annotation, Call, Param, Place
from aisafety_lint.python.targets import Targets

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp

_BY_NAME = frozenset({"getattr", "setattr"})
_NUMERIC_FORMATS = frozenset("bcdeEfFgGnoxX%")


class Expressions(Targets):
    """Translates expressions; `walruses` are the names that the comprehension being translated binds outside of it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.qualnames: dict[str, int] = {}
        self.walruses: dict[str, int] = {}
        self.type_parameters: TypeParameters = {}
        self.dispatch: dict[type[ast.expr], Callable[..., int]] = {
            ast.Name: self.name,
            ast.Constant: self.constant,
            ast.Attribute: self.attribute,
            ast.Call: self.call,
            ast.Subscript: self.subscript,
            ast.JoinedStr: self.joined,
            ast.BinOp: self.binary,
            ast.BoolOp: self.boolean,
            ast.UnaryOp: self.unary,
            ast.Compare: self.compare,
            ast.IfExp: self.conditional,
            ast.Await: self.awaiting,
            ast.Lambda: self.lambda_,
            ast.NamedExpr: self.walrus,
            ast.Dict: self.dictionary,
            ast.List: self.sequence,
            ast.Tuple: self.sequence,
            ast.Set: self.sequence,
            ast.Starred: self.starred,
            ast.ListComp: self.comprehension,
            ast.SetComp: self.comprehension,
            ast.GeneratorExp: self.comprehension,
            ast.DictComp: self.comprehension,
            ast.Yield: self.yielding,
            ast.YieldFrom: self.yielding,
        }

    def expression(self, node: ast.expr) -> int:
        """Translate one expression in the current scope and return its value."""
        handler = self.dispatch.get(type(node))
        return self.fallback(node) if handler is None else handler(node)

    # -- leaves ---------------------------------------------------------------------------------------------------

    def name(self, node: ast.Name) -> int:
        known = self.scope.bindings.get(node.id)
        if known is not None and node.id not in self.scope.outer:
            return known
        return self.scope.value("name", (), node.id, place=self.place(node))

    def constant(self, node: ast.Constant) -> int:
        value = node.value
        text = value if isinstance(value, str) else repr(value)
        return self.scope.value("const", (), text[:4000], type(value).__name__, self.place(node))

    def fallback(self, node: ast.expr) -> int:
        operands = tuple(self.expression(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
        return self.scope.value("unknown", operands, type(node).__name__, place=self.place(node))

    # -- access ---------------------------------------------------------------------------------------------------

    def attribute(self, node: ast.Attribute) -> int:
        return self.scope.value("attr", (self.expression(node.value),), node.attr, place=self.place(node))

    def subscript(self, node: ast.Subscript) -> int:
        base = self.expression(node.value)
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, node.slice, base)
        key = self.expression(node.slice)
        name = self._counted(base, self.constant_key(key))
        return self.scope.value("item", (base, key), name, place=self.place(node))

    def _slice(self, node: ast.Subscript, bounds: ast.Slice, base: int) -> int:
        """The bounds are operands too; the name says them where they are constant (`1:`)."""
        given = {part: self.expression(part) for part in (bounds.lower, bounds.upper, bounds.step) if part is not None}
        names = {part: self.constant_key(value) for part, value in given.items()}
        known = bounds.step is None and all(name.isdigit() for name in names.values())
        name = ":".join("" if part is None else names[part] for part in (bounds.lower, bounds.upper)) if known else ""
        return self.scope.value("slice", (base, *given.values()), name, place=self.place(node))

    def _counted(self, base: int, key: str) -> str:
        """A negative position in a literal counted from the start; elsewhere it may be any position."""
        if key[:1] != "-" or not key[1:].isdigit():
            return key
        known = self.scope.values[base]
        literal = known.op in ("list", "tuple") and not known.kind and int(key[1:]) <= len(known.args)
        literal = literal and all(self.scope.values[item].op != "star" for item in known.args)
        return str(len(known.args) - int(key[1:])) if literal else ""

    # -- strings and operators ------------------------------------------------------------------------------------

    def joined(self, node: ast.JoinedStr) -> int:
        place, outer = self.place(node), self.fixed_place
        pieces = []
        for part in node.values:
            self.fixed_place = outer or self._line_of(part, place)
            pieces.append(self._piece(part))
        self.fixed_place = outer
        return self.scope.value("text", tuple(pieces), "", "f", place)

    def _line_of(self, part: ast.expr, whole: Place) -> Place:
        """Where a piece of an f-string stands: its line, as columns in one are only exact from Python 3.12 on."""
        line = part.value.lineno if isinstance(part, ast.FormattedValue) else 0
        if not whole[0] < line <= whole[2]:
            return whole
        text = self.lines[line - 1]
        return line, len(text) - len(text.lstrip()) + 1, line, len(text.rstrip()) + 1

    def _piece(self, part: ast.expr) -> int:
        if not isinstance(part, ast.FormattedValue):
            return self.expression(part)
        value = self.expression(part.value)
        if isinstance(part.format_spec, ast.JoinedStr):
            tail = part.format_spec.values[-1] if part.format_spec.values else None
            if isinstance(tail, ast.Constant) and str(tail.value)[-1:] in _NUMERIC_FORMATS:
                return self.scope.value("compare", (value,), "numeric format", place=self.place(part))
        return value

    def binary(self, node: ast.BinOp) -> int:
        left, right = self.expression(node.left), self.expression(node.right)
        match node.op:
            case ast.Add():
                return self.scope.value("text", (left, right), self.after(left), "+", self.place(node))
            case ast.Mod():
                return self.scope.value("text", (left, right), "", "%", self.place(node))
        return self.scope.value("arithmetic", (left, right), type(node.op).__name__, place=self.place(node))

    def boolean(self, node: ast.BoolOp) -> int:
        outer = self.scope.guard
        operands: list[int] = []
        for item in node.values:
            operands.append(self.expression(item))
            self.scope.push(operands[-1], "true" if isinstance(node.op, ast.And) else "false")
        self.scope.guard = outer
        return self.scope.value(
            "and" if isinstance(node.op, ast.And) else "or", tuple(operands), place=self.place(node)
        )

    def unary(self, node: ast.UnaryOp) -> int:
        operand = self.expression(node.operand)
        if isinstance(node.op, ast.Not):
            return self.scope.value("not", (operand,), place=self.place(node))
        kind = "-" if isinstance(node.op, ast.USub) else ""
        return self.scope.value("arithmetic" if not kind else "not", (operand,), "", kind, self.place(node))

    def compare(self, node: ast.Compare) -> int:
        operands = tuple(self.expression(item) for item in (node.left, *node.comparators))
        return self.scope.value(
            "compare", operands, " ".join(type(op).__name__ for op in node.ops), place=self.place(node)
        )

    def conditional(self, node: ast.IfExp) -> int:
        outer = self.scope.guard
        condition = self.expression(node.test)
        arms = []
        for branch, holds in ((node.body, "true"), (node.orelse, "false")):
            self.scope.push(condition, holds)
            value = self.expression(branch)
            arms.append(self.scope.value("copy", (value,), place=self.place(branch)))
            self.scope.guard = outer
        return self.scope.value("phi", tuple(arms), "", "if", self.place(node))

    def walrus(self, node: ast.NamedExpr) -> int:
        value = self.expression(node.value)
        self.assign(node.target, value)
        self.walruses[node.target.id] = value
        return value

    # -- containers -----------------------------------------------------------------------------------------------

    def sequence(self, node: ast.List | ast.Tuple | ast.Set) -> int:
        items = tuple(self.expression(item) for item in node.elts)
        return self.scope.value(type(node).__name__.lower(), items, place=self.place(node))

    def dictionary(self, node: ast.Dict) -> int:
        operands: list[int] = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.expression(item)
            operands += (value if key is None else self.expression(key), value)
        return self.scope.value("dict", tuple(operands), place=self.place(node))

    def starred(self, node: ast.Starred) -> int:
        return self.scope.value("star", (self.expression(node.value),), place=self.place(node))

    def comprehension(self, node: Comprehension) -> int:
        outer_guard, outer_bindings = self.scope.guard, dict(self.scope.bindings)
        outer_walruses, self.walruses = self.walruses, {}
        for generator in node.generators:
            iterable = self.expression(generator.iter)
            self.assign(generator.target, self.scope.value("element", (iterable,), place=self.place(generator.target)))
            for condition in generator.ifs:
                self.scope.push(self.expression(condition), "true")
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        op = {ast.DictComp: "dict", ast.SetComp: "set"}.get(type(node), "list")
        chosen = tuple(map(self._chosen, parts))
        self.scope.guard, self.scope.bindings = outer_guard, outer_bindings | self.walruses
        self.walruses = outer_walruses | self.walruses
        return self.scope.value(op, chosen, "", "comprehension", self.place(node))

    def _chosen(self, node: ast.expr) -> int:
        """A part of what a comprehension makes, as a value to which the conditions of the comprehension apply."""
        value = self.expression(node)
        if self.scope.values[value].guard == self.scope.guard:
            return value
        return self.scope.value("copy", (value,), place=self.place(node))

    # -- calls ----------------------------------------------------------------------------------------------------

    def call(self, node: ast.Call) -> int:
        if isinstance(node.func, ast.Name) and node.func.id in _BY_NAME:
            named = self._attribute_by_name(node, node.func.id)
            if named is not None:
                return named
        operands = [self.expression(node.func)]
        keywords: list[str] = []
        for argument in node.args:
            star = isinstance(argument, ast.Starred)
            operands.append(self.expression(argument.value if isinstance(argument, ast.Starred) else argument))
            keywords.append("*" if star else "")
        for keyword in node.keywords:
            operands.append(self.expression(keyword.value))
            keywords.append(keyword.arg or "**")
        value = self.scope.value("call", tuple(operands), place=self.place(node))
        self.scope.calls.append(Call(value, tuple(keywords)))
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS and len(operands) > 1:
            base = self.scope.values[operands[0]].args[0]
            self.mutate(node.func.value, base, operands[1:], node.func.attr, self.place(node))
        elif "file" in keywords and isinstance(node.func, ast.Name) and node.func.id == "print":
            place = keywords.index("file")
            target = node.keywords[place - len(node.args)].value
            self.mutate(target, operands[place + 1], operands[1 : place + 1], "print", self.place(node))
        return value

    def _attribute_by_name(self, node: ast.Call, function: str) -> int | None:
        """`getattr` and `setattr` with a constant name are an access and an assignment."""
        if len(node.args) not in (2, 3) or node.keywords or function in self.scope.bindings:
            return None
        owner, name, *rest = node.args
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return None
        access = ast.copy_location(ast.Attribute(owner, name.value, ast.Load()), node)
        if function == "getattr":
            value = self.attribute(access)
            return self.scope.value("phi", (value, self.expression(rest[0])), place=self.place(node)) if rest else value
        if rest:
            self.assign_into(access, self.expression(rest[0]))
        return self.nothing()

    def awaiting(self, node: ast.Await) -> int:
        return self.scope.value("await", (self.expression(node.value),), place=self.place(node))

    def yielding(self, node: ast.Yield | ast.YieldFrom) -> int:
        operands = () if node.value is None else (self.expression(node.value),)
        if operands:
            self.scope.yields.append(operands[0])
        return self.scope.value("yield", operands, place=self.place(node))

    def lambda_(self, node: ast.Lambda) -> int:
        inner = self.open_scope(f"<lambda:{node.lineno}:{node.col_offset}>", "function", node)
        params = self.parameters(node.args)
        outer = self.enter(inner)
        self.bind_parameters(params)
        value = self.expression(node.body)
        inner.returns.append(inner.value("return", (value,), place=self.place(node.body)))
        self.leave(outer)
        return self.scope.value("function", (), inner.qualname, place=self.place(node))

    # -- scopes ---------------------------------------------------------------------------------------------------

    def open_scope(self, name: str, form: str, node: ast.AST) -> ScopeBuilder:
        """Make a scope nested in the current one."""
        outer = self.scope.qualname
        base = f"{outer}.{name}" if outer else name
        count = self.qualnames[base] = self.qualnames.get(base, 0) + 1
        qualname = base if count == 1 else f"{base}#{count}"
        scope = ScopeBuilder(name, qualname, form, self.scope.index, len(self.scopes))
        scope.place = self.place(node)
        self.scopes.append(scope)
        return scope

    def enter(self, scope: ScopeBuilder) -> ScopeBuilder:
        """Make a scope the current one and return the one that was."""
        outer, self.scope = self.scope, scope
        return outer

    def leave(self, outer: ScopeBuilder) -> None:
        """Return to the enclosing scope."""
        self.scope = outer

    def parameters(self, args: ast.arguments) -> list[tuple[ast.arg, str, int]]:
        """Parameters with their form and the value of their default, which belongs to the enclosing scope."""
        positional = [*args.posonlyargs, *args.args]
        defaults = [-1] * (len(positional) - len(args.defaults)) + [self.expression(item) for item in args.defaults]
        found = [(arg, "positional", default) for arg, default in zip(positional, defaults, strict=True)]
        if args.vararg:
            found.append((args.vararg, "*", -1))
        for arg, item in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            found.append((arg, "keyword", -1 if item is None else self.expression(item)))
        if args.kwarg:
            found.append((args.kwarg, "**", -1))
        return found

    def bind_parameters(self, params: Sequence[tuple[ast.arg, str, int]]) -> None:
        """Bind the parameters in the scope just entered."""
        for arg, form, default in params:
            value = self.scope.value("param", (), arg.arg, form, self.place(arg))
            self.scope.bind(arg.arg, value)
            self.scope.params.append(Param(arg.arg, form, self.type_of(arg.annotation), default, value))

    def type_of(self, node: ast.expr | None) -> Annotation | None:
        """An annotation as data, with what is known of the type parameters in force."""
        return read_annotation(node, self.type_parameters)
