"""Looks up dotted names in unpacked distributions without importing them: a witness beside the linter's own resolver.

Follows imports, star imports, tables of lazy imports (`"Name": "module"`), assignments of one name to another, base
classes, and the annotations of attributes and properties. It says whether a name exists, never what it means.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass
class Names:
    """The names of one unpacked distribution."""

    root: Path
    modules: dict[str, "Module | None"] = field(default_factory=dict)
    known: dict[tuple[str, ...], "Module | ast.AST | None"] = field(default_factory=dict)

    def has(self, dotted: str) -> bool:
        """Whether a module, function, class, method or attribute of this name exists."""
        return self.find(dotted) is not None

    def find(self, dotted: str) -> "Module | ast.AST | None":
        parts = dotted.split(".")
        for cut in range(len(parts), 0, -1):
            module = self.module(".".join(parts[:cut]))
            if module is not None:
                return self._inside(module, parts[cut:])
        return None

    def module(self, dotted: str) -> "Module | None":
        if dotted not in self.modules:
            base = self.root.joinpath(*dotted.split("."))
            files = (base / "__init__.py", base.with_suffix(".py"), base.with_suffix(".pyi"))
            path = next((path for path in files if path.is_file()), None)
            self.modules[dotted] = None if path is None else Module(dotted, path)
        return self.modules[dotted]

    def _inside(self, module: "Module", rest: list[str]) -> "Module | ast.AST | None":
        key = (module.name, *rest)
        if key not in self.known:
            self.known[key] = None  # what leads back to itself leads nowhere
            self.known[key] = self._sought(module, rest)
        return self.known[key]

    def _sought(self, module: "Module", rest: list[str]) -> "Module | ast.AST | None":
        if not rest:
            return module
        for node in module.nodes.get(rest[0], ()):
            target = self._followed(module, rest[0], node)
            if target is not None and (found := self._attribute(module, target, rest[1:])) is not None:
                return found
        return self._imported(module, rest)

    def _imported(self, module: "Module", rest: list[str]) -> "Module | ast.AST | None":
        for star in module.stars:
            if (found := self.find(".".join([star, *rest]))) is not None:
                return found
        for place in module.lazy.get(rest[0], ()):
            for start in (f"{module.name}{place}" if place.startswith(".") else place, f"{module.name}.{place}"):
                if (found := self.find(".".join([start, *rest]))) is not None:
                    return found
        return None

    def _followed(self, module: "Module", name: str, node: ast.AST) -> "Module | ast.AST | None":
        if isinstance(node, ast.ImportFrom):
            original = next(item.name for item in node.names if (item.asname or item.name) == name)
            return self.find(f"{module.absolute(node)}.{original}")
        return node

    def _attribute(self, module: "Module", target: "Module | ast.AST", rest: list[str]) -> "Module | ast.AST | None":
        if isinstance(target, Module):
            return self._inside(target, rest)
        if not rest:
            return target
        owner = self._owner(target) or module
        if isinstance(target, ast.ClassDef):
            return self._member(owner, target, rest)
        if isinstance(target, ast.Assign | ast.AnnAssign) and target.value is not None:
            return self._typed(owner, target.value, rest)
        return None

    def _member(self, module: "Module", owner: ast.ClassDef, rest: list[str]) -> "Module | ast.AST | None":
        for node in members(owner):
            if rest[0] in names_of(node):
                if len(rest) == 1:
                    return node
                hint = node.returns if isinstance(node, ast.FunctionDef) else getattr(node, "annotation", None)
                if hint is not None and (found := self._typed(module, hint, rest[1:])) is not None:
                    return found
        for base in owner.bases:
            if (found := self._typed(module, base, rest)) is not None:
                return found
        return None

    def _typed(self, module: "Module", hint: ast.expr, rest: list[str]) -> "Module | ast.AST | None":
        for text in dotted_names(hint):
            if (found := self._inside(module, [*text.split("."), *rest])) is not None:
                return found
        return None

    def _owner(self, node: ast.AST) -> "Module | None":
        return next((module for module in self.modules.values() if module is not None and node in module.all), None)


@dataclass
class Module:
    """One parsed file."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_bytes())

    @cached_property
    def all(self) -> set[ast.AST]:
        return {node for found in self.nodes.values() for node in found}

    @cached_property
    def nodes(self) -> dict[str, list[ast.AST]]:
        """What defines a name at the top level, also below `if` and `try`."""
        found: dict[str, list[ast.AST]] = {}
        for node in statements(self.tree.body):
            for name in names_of(node):
                found.setdefault(name, []).append(node)
        return found

    @property
    def stars(self) -> list[str]:
        imports = (node for node in statements(self.tree.body) if isinstance(node, ast.ImportFrom))
        return [self.absolute(node) for node in imports if node.names[0].name == "*"]

    @cached_property
    def lazy(self) -> dict[str, list[str]]:
        """Entries `"Name": "module"` of any dict literal, and `"Name": ("module", ...)`."""
        found: dict[str, list[str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    texts = [item.value for item in ast.walk(value) if isinstance(item, ast.Constant)]
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        found.setdefault(key.value, []).extend(text for text in texts if isinstance(text, str))
        return found

    def absolute(self, node: ast.ImportFrom) -> str:
        """The dotted name of the module that an import names."""
        package = self.name.split(".") if self.path.name == "__init__.py" else self.name.split(".")[:-1]
        above = package[: len(package) - node.level + 1] if node.level else []
        return ".".join([*above, *([node.module] if node.module else [])])


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, and those inside `if`, `try` and `with`."""
    for node in body:
        yield node
        for name in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With):
                yield from statements(getattr(node, name, []))
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                yield from statements(handler.body)


def members(owner: ast.ClassDef) -> Iterator[ast.stmt]:
    """What a class defines, and what its constructor assigns to `self`."""
    for node in owner.body:
        yield node
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            yield from (item for item in statements(node.body) if isinstance(item, ast.Assign | ast.AnnAssign))


def names_of(node: ast.AST) -> list[str]:
    """The names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.ImportFrom):
        return [item.asname or item.name for item in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    bound = [item for target in targets for item in ast.walk(target)]
    own = [item.attr for item in bound if isinstance(item, ast.Attribute)]
    return own or [item.id for item in bound if isinstance(item, ast.Name)]


def dotted_names(expression: ast.expr) -> Iterator[str]:
    """The dotted names in an annotation, a base class or a value; also those in quotes."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value
