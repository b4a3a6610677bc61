"""Calls that leave the project: what the models say of their arguments and results, else the default.

The default: the result of an unknown function is as untrusted as its arguments and its receiver, at lower confidence;
a source's result is its own, whatever went in; a container's methods hand out its elements.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from aisafety_lint.flow.transfer import Path, below, shaped
from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.patterns import characters_left
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Value

_ELEMENTS = {
    "values": ("*",),
    "items": ("*",),
    "pop": (),
    "popitem": (),
    "get": (),
    "setdefault": (),
    "copy": (),
    "keys": None,
    "popleft": (),
}
_LAST_PIECE = frozenset({("split", "-1"), ("rsplit", "-1"), ("rpartition", "-1"), ("rpartition", "2")})
_HANDING = frozenset({"copy", "phi", "await", "and", "or", "attr"})
_BUILTINS = frozenset(dir(__builtins__)) if not isinstance(__builtins__, dict) else frozenset(__builtins__)
_COPYING = frozenset({"model_copy", "copy"})  # of a data model: `update` names the fields that are new
_SERIALISING = frozenset({"model_dump", "model_dump_json", "dict", "json", "to_dict", "to_json", "__str__"})
_STANDARD = frozenset(sys.stdlib_module_names) | {"str"}


@dataclass(frozen=True, slots=True)
class Passed:
    """What a library call makes of an untrusted operand: its path in the result, what is cleaned, if it is a guess."""

    path: Path
    cleans: frozenset[str]
    guessed: bool


class Library:
    """Answers about calls by access path."""

    def __init__(self, resolver: Resolver, kinds: Kinds) -> None:
        self.resolver = resolver
        self.kinds = kinds
        self.models = resolver.models
        self._clean = {key.rpartition(".")[2] for key in self.models.facts["clean_attributes"]}
        self._sinks: dict[tuple[int, int], tuple[tuple[Row, Holds], ...]] = {}

    def sinks(self, scope: int, call: int) -> tuple[tuple[Row, Holds], ...]:
        """The sink rows about a call whose conditions hold or may hold; a project function is followed instead."""
        known = self._sinks.get((scope, call))
        if known is None:
            found = []
            inside = any(self.resolver.function_of(callee) is not None for callee in self.resolver.callees(scope, call))
            for row in () if inside else rows_of(self.models, "sinks", self.names(scope, call)):
                held = all_hold(self.resolver, scope, call, row)
                if held is not Holds.NO and not ("called" in row and not self._is_called(scope, call)):
                    found.append((row, held))
            known = self._sinks[scope, call] = tuple(found)
        return known

    def _is_called(self, scope: int, call: int) -> bool:
        """Whether what a call returns is called, run or returned in turn, and not just looked at."""
        values = self.resolver.index.scopes[scope].values
        pending = [call]
        for known in pending:
            for position, user in enumerate(values):
                if known not in user.args:
                    continue
                if user.op == "return" or (user.op == "call" and user.args[0] == known):
                    return True
                if user.op == "call" and any(rows_of(self.models, "runs", self.resolver.paths(scope, position))):
                    return True
                if user.op in _HANDING and position not in pending:
                    pending.append(position)
        return False

    def runs(self, scope: int, call: int) -> Iterator[tuple[Row, Ref]]:
        """The project functions that a library call runs, with the row that says so."""
        for row in rows_of(self.models, "runs", self.resolver.paths(scope, call)):
            for operand in operands(self.resolver, scope, call, row["function"]):
                yield from ((row, ref) for ref in self.resolver.refs(scope, operand) if ref.kind == "function")

    def passed_on(
        self, scope: int, call: int, operand: int, path: Path, row: Row, function: Ref
    ) -> Iterator[tuple[int, Path]]:
        """The parameters of a run function that an operand of the library call becomes, and the untrusted part."""
        params = self.resolver.index.scopes[function.scope].params[1 if function.receiver is not None else 0 :]
        arguments = operands(self.resolver, scope, call, row.get("arguments", {}))
        if "rest" in row.get("arguments", {}):
            yield from (
                (params[place].value, path) for place, item in enumerate(arguments[: len(params)]) if item == operand
            )
        elif operand in arguments and path and path[0].isdigit() and int(path[0]) < len(params):
            yield params[int(path[0])].value, path[1:]
        if operand in operands(self.resolver, scope, call, row.get("keywords", {})) and path:
            yield from ((param.value, path[1:]) for param in params if param.name == path[0])

    def names(self, scope: int, call: int) -> tuple[str, ...]:
        """Access paths of a call, for an unknown receiver also the expression as written (`cursor.execute`)."""
        paths = self.resolver.paths(scope, call)
        if paths and paths[0].startswith("?."):
            index = self.resolver.index
            function = index.value(scope, index.value(scope, call).args[0])
            base = index.value(scope, function.args[0])
            name = (
                base.name
                if base.op in ("attr", "name", "param")
                else index.local_names[scope].get(function.args[0], "")
            )
            return (*paths, f"{name}.{function.name}", f"self.{name}.{function.name}") if name else paths
        return paths

    def at_sink(self, scope: int, call: int, row: Row, operand: int, path: Path) -> bool:
        """Whether an untrusted operand is what a sink row speaks of."""
        spec = row["argument"]
        if operand not in operands(self.resolver, scope, call, spec):
            return False
        if "item" in spec:
            key = str(spec["item"])
            if not path:
                return self.resolver.index.value(scope, operand).op not in ("list", "tuple", "dict", "set")
            return len(path) == 1 and below(path, key) == ()
        if spec.get("whole"):
            return not path
        return path in ((), ("*",))

    def part(self, scope: int, position: int) -> frozenset[str]:
        """The sink kinds for which an attribute of a modelled object, or the end of a text that was split, is safe."""
        value = self.resolver.index.value(scope, position)
        if value.op == "item":
            return self._split_off(scope, value)
        if value.name not in self._clean:
            return frozenset()
        found: frozenset[str] = frozenset()
        for ref in self.resolver.refs(scope, value.args[0]):
            if ref.kind == "external":
                for row in self.models.rows("clean_attributes", f"{ref.path}.{value.name}"):
                    found |= frozenset(row["cleans"])
        return found

    def _split_off(self, scope: int, value: Value) -> frozenset[str]:
        """`text.split("/")[-1]` holds no slash."""
        index = self.resolver.index
        call = index.value(scope, value.args[0])
        function = index.value(scope, call.args[0]) if call.op == "call" and len(call.args) > 1 else None
        if function is None or (function.name, value.name) not in _LAST_PIECE:
            return frozenset()
        separator = index.value(scope, call.args[1])
        return self.models.absent.get(separator.name, frozenset()) if separator.kind == "str" else frozenset()

    def result(self, scope: int, call: int, operand: int, path: Path) -> Passed | None:
        """What the result of a call holds of an untrusted operand; None for nothing."""
        paths = self.resolver.paths(scope, call)
        if any(self.models.rows("sources", name) for name in paths):
            return None
        cleans: frozenset[str] = frozenset()
        for row in rows_of(self.models, "sanitizers", paths):
            if all_hold(self.resolver, scope, call, row) is Holds.YES:
                cleans |= frozenset(row["cleans"])
        cleans |= self._filtered(scope, call, paths)
        if "all" in cleans:
            return None
        for row in rows_of(self.models, "propagation", paths):
            if not self._listed(scope, call, row, operand):
                return None
            if "shape" in row:
                return Passed(self._shaped(scope, call, operand, row["shape"], path), cleans, guessed=False)
        return self._default(scope, call, operand, path, cleans, paths)

    def cleans_all(self, scope: int, call: int) -> bool:
        """Whether nothing untrusted can come out of a call, whatever goes in (`int(...)`)."""
        rows = rows_of(self.models, "sanitizers", self.resolver.paths(scope, call))
        return any("all" in row["cleans"] and all_hold(self.resolver, scope, call, row) is Holds.YES for row in rows)

    def _filtered(self, scope: int, call: int, paths: tuple[str, ...]) -> frozenset[str]:
        """The kinds for which the characters that `re.sub` leaves in a text are harmless."""
        args, keywords = self.resolver.index.value(scope, call).args, self.resolver.index.calls[scope][call].keywords
        function = self.resolver.index.value(scope, args[0])
        given = args[1:]
        if "re.sub" not in paths:
            compiled = "re.compile().sub" in paths and function.op == "attr"
            given = (function.args[0], *given) if compiled else ()
        if len(given) != 3 or any(keywords[:2]):  # `count` would leave some of them
            return frozenset()
        left = characters_left(self.resolver, scope, given[0], given[1])
        return frozenset() if left is None else self.kinds.harmless(left)

    def _shaped(self, scope: int, call: int, operand: int, shape: str, path: Path) -> Path:
        """Where a result of known shape holds what its operand holds."""
        place = self.resolver.index.value(scope, call).args.index(operand) - 1
        several = place >= 0 and self.resolver.index.calls[scope][call].keywords[place] == "*"
        return shaped(shape, path, "*" if several else str(place), several=several)

    def _listed(self, scope: int, call: int, row: Row, operand: int) -> bool:
        """Whether the operand is among those that a propagation row lets through."""
        for item in row.get("from", ()):
            spec = (
                {"position": item}
                if isinstance(item, int)
                else {"receiver": True}
                if item == "receiver"
                else {"name": item}
            )
            if operand in operands(self.resolver, scope, call, spec):
                return True
        return False

    def _default(
        self, scope: int, call: int, operand: int, path: Path, cleans: frozenset[str], paths: tuple[str, ...]
    ) -> Passed | None:
        index = self.resolver.index
        value = index.value(scope, call)
        function = index.value(scope, value.args[0])
        if function.op == "attr" and function.args[0] == operand:
            return self._of_receiver(scope, function.name, value.args, path, cleans)
        if len(value.args) > 1 and value.args[1] == operand and self._looks_up(scope, call):
            return None
        if function.op == "attr" and function.name in _COPYING and path:
            return Passed(path, cleans, guessed=False)
        guessed = not any(self.is_standard(name) for name in paths)
        return Passed((), cleans, guessed)

    def _looks_up(self, scope: int, call: int) -> bool:
        """Whether a call takes an element out of a known mapping (`table.get(key)`): the key says which, not what."""
        return any(callee.kind == "items" for callee in self.resolver.callees(scope, call))

    def _of_receiver(
        self, scope: int, method: str, args: tuple[int, ...], path: Path, cleans: frozenset[str]
    ) -> Passed | None:
        """A method of an untrusted object."""
        if path and method in _ELEMENTS:
            if method in ("get", "pop", "setdefault") and len(args) > 1:
                key = self.resolver.index.value(scope, args[1])
                rest = below(path, key.name if key.op == "const" else "*")
                return None if rest is None else Passed(rest, cleans, guessed=False)
            kept = _ELEMENTS[method]
            return None if kept is None else Passed(("*", *path[1:]) if kept else path, cleans, guessed=False)
        if path and path[0] == method:
            return Passed(path[1:], cleans, guessed=False)
        if path and method in _SERIALISING:
            return Passed((), cleans, guessed=False)
        return Passed((), cleans, guessed=False) if not path else None

    def is_standard(self, name: str) -> bool:
        """Whether an access path leads into the standard library."""
        head = name.partition(".")[0].partition(":")[0].partition("(")[0]
        return head in _STANDARD or name in _BUILTINS or head == "stdlib"
