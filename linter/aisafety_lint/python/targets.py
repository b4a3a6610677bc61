"""Targets of assignments: names, attributes, items, unpacking; also what is deleted, and what a method writes into."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Sequence

from aisafety_lint.python.builder import ScopeBuilder
from aisafety_lint.python.facts import Place

_APPENDING = frozenset({"append", "extend"})
_SPREADING = frozenset({"extend", "update", "writelines"})
_STORED_IN = frozenset({"setdefault", "get"})  # `table.setdefault(key, []).append(x)` writes into `table[key]`


class Targets(ABC):
    """Gives targets their values; `scope` is the one under construction, `scopes` are all of the file."""

    def __init__(self, text: str) -> None:
        self.scopes: list[ScopeBuilder] = []
        self.scope = ScopeBuilder("", "", "module", -1, 0)
        lines = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
        self.lines = lines.split("\n")
        self.encoded = None if text.isascii() else [None if line.isascii() else line.encode() for line in self.lines]
        self.fixed_place: Place | None = None

    @abstractmethod
    def expression(self, node: ast.expr) -> int:
        """Translate one expression in the current scope and return its value."""

    # -- places ---------------------------------------------------------------------------------------------------

    def place(self, node: ast.AST) -> Place:
        """Where a node stands, columns in characters."""
        if self.fixed_place is not None:
            return self.fixed_place
        line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]  # only located nodes come here
        end_line, end_column = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]  # likewise
        if self.encoded is None:
            return line, column + 1, end_line, end_column + 1
        first, last = self.encoded[line - 1], self.encoded[end_line - 1]
        if first is not None:
            column = len(first[:column].decode("utf-8", "replace"))
        if last is not None:
            end_column = len(last[:end_column].decode("utf-8", "replace"))
        return line, column + 1, end_line, end_column + 1

    # -- assignment -----------------------------------------------------------------------------------------------

    def constant_key(self, value: int) -> str:
        """The text of a constant used as a key, or an empty string."""
        known = self.scope.values[value]
        if known.op == "not" and known.kind == "-":
            return "-" + self.constant_key(known.args[0])
        return known.name if known.op == "const" else ""

    def assign(self, target: ast.expr, value: int) -> None:
        """Bind a target (a name, an attribute, an item, a tuple of targets) to a value."""
        if isinstance(target, ast.Starred):
            self.assign(target.value, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, self.place(target))
        elif isinstance(target, ast.Attribute | ast.Subscript):
            self.assign_into(target, value)
        elif isinstance(target, ast.Name):
            self.assign_name(target.id, value, self.place(target))

    def assign_name(self, name: str, value: int, place: Place) -> None:
        """Bind a name; one that is declared to be another scope's is written there too."""
        if name in self.scope.outer:
            self.scope.stores.append(self.scope.value("global", (value,), name, place=place))
        self.scope.bind(name, value)

    def assign_into(self, target: ast.expr, value: int) -> None:
        """Give the variable that an access expression starts from its new value."""
        if isinstance(target, ast.Name):
            self.scope.rebind(target.id, value)
        elif isinstance(target, ast.Attribute):
            base = self.expression(target.value)
            stored = self.scope.value("store", (base, value), target.attr, "attr", self.place(target))
            self.scope.stores.append(stored)
            self.assign_into(target.value, stored)
        elif isinstance(target, ast.Subscript):
            self._store_item(target.value, target.slice, value, self.place(target))
        elif isinstance(target, ast.Call):
            self._store_in_result(target, value)

    def _store_in_result(self, call: ast.Call, value: int) -> None:
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in _STORED_IN and call.args:
            self._store_item(function.value, call.args[0], value, self.place(call))

    def _store_item(self, container: ast.expr, index: ast.expr, value: int, place: Place) -> None:
        base = self.expression(container)
        if isinstance(index, ast.Slice):
            stored = self.scope.value("store", (base, value), "", "spread", place)
        else:
            key = self.expression(index)
            stored = self.scope.value("store", (base, value, key), self.constant_key(key), "item", place)
        self.assign_into(container, stored)

    def _unpack(self, targets: Sequence[ast.expr], value: int, place: Place) -> None:
        star = next((i for i, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
        known = self.scope.values[value]
        literal = known.op in ("tuple", "list") and not known.kind
        literal = literal and all(self.scope.values[item].op != "star" for item in known.args)
        if literal and star is None and len(known.args) == len(targets):
            items = list(known.args)
        elif literal and star is not None and len(known.args) >= len(targets) - 1:
            after = len(known.args) - (len(targets) - star - 1)
            middle = self.scope.value("list", known.args[star:after], place=place)
            items = [*known.args[:star], middle, *known.args[after:]]
        else:
            items = [self.element(value, i, star, self.place(target)) for i, target in enumerate(targets)]
        for target, item in zip(targets, items, strict=True):
            self.assign(target, item)

    def element(self, value: int, position: int, star: int | None, place: Place) -> int:
        """The element that a target at a position gets, where the target at `star` takes in what the others leave."""
        name = str(position) if star is None or position < star else f"{position}:" if position == star else ""
        return self.scope.value("element", (value,), name, place=place)

    def nothing(self) -> int:
        """`None` that is written nowhere."""
        return self.scope.value("const", (), "None", "NoneType")

    # -- writing into an object -----------------------------------------------------------------------------------

    def mutate(self, target: ast.expr, base: int, contents: Sequence[int], method: str, place: Place) -> None:
        """`items.append(x)` gives `items` a new value that holds `x`."""
        kind = "spread" if method in _SPREADING else "element"
        for content in contents:
            start = self.after(base) if method in _APPENDING else ""
            base = self.scope.value("store", (base, content), start, kind, place)
        self.assign_into(target, base)

    def after(self, base: int) -> str:
        """The path of what is added at the end of a list, as `2:`; empty where that may be its beginning."""
        least = self.scope.least_items(base)
        return f"{least}:" if least else ""

    def delete(self, node: ast.Delete) -> None:
        """Forget names; what is deleted by a constant key or an attribute is overwritten with nothing."""
        for target in node.targets:
            self._forget(target)

    def _forget(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.scope.unbind(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self._forget(item)
        elif isinstance(target, ast.Attribute) or (
            isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant)
        ):
            self.assign_into(target, self.nothing())
        else:
            self.expression(target)
