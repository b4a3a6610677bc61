"""Calls that leave the project: what the models say of their arguments and results, else the default.

The default: the result of an unknown function is as untrusted as its arguments and its receiver, at lower confidence;
a source's result is its own, whatever went in; a container's methods hand out its elements.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from aisafety_lint.flow.files import Files
from aisafety_lint.flow.filling import is_filled_in
from aisafety_lint.flow.formatted import fixed_before, joined_before
from aisafety_lint.flow.matched import matched
from aisafety_lint.flow.shapes import arranged, method_result
from aisafety_lint.flow.transfer import FILE, Path, below, iterated, passes
from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.patterns import characters_left
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Param, Value

_FROM_START, _FROM_END = frozenset({"split", "partition"}), frozenset({"rsplit", "rpartition"})
_SPLITTING = _FROM_START | _FROM_END
_HANDING = frozenset({"copy", "phi", "await", "and", "or", "attr"})
_BUILTINS = frozenset(dir(__builtins__)) if not isinstance(__builtins__, dict) else frozenset(__builtins__)
_COPYING = frozenset({"model_copy", "copy"})  # of a data model: `update` names the fields that are new
_DUMPING = frozenset({"model_dump", "dict", "to_dict"})
_SERIALISING = frozenset({"model_dump_json", "json", "to_json", "__str__", "getvalue"})
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
        self.files = Files(resolver)
        self._clean_names = {key.rpartition(".")[2] for key in resolver.models.facts["clean_attributes"]}
        self.item_methods = {key.rpartition(".")[2] for key in resolver.models.facts["sinks"] if key.endswith("item__")}
        self._sinks: dict[tuple[int, int], tuple[tuple[Row, Holds], ...]] = {}
        self._runs: dict[tuple[int, int], tuple[tuple[Row, Ref], ...]] = {}

    def sinks(self, scope: int, call: int) -> tuple[tuple[Row, Holds], ...]:
        """The sink rows about a call whose conditions hold or may hold; a project function is followed instead."""
        known = self._sinks.get((scope, call))
        if known is None:
            found = []
            inside = any(self.resolver.function_of(callee) is not None for callee in self.resolver.callees(scope, call))
            for row in () if inside else rows_of(self.models, "sinks", self.names(scope, call)):
                held = all_hold(self.resolver, scope, call, row)
                if held is not Holds.NO and not ("called" in row and not self.is_called(scope, call)):
                    found.append((row, held))
            known = self._sinks[scope, call] = tuple(found)
        return known

    def is_called(self, scope: int, call: int) -> bool:
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

    def runs(self, scope: int, call: int) -> tuple[tuple[Row, Ref], ...]:
        """The project functions that a library call runs, with the row that says so."""
        known = self._runs.get((scope, call))
        if known is None:
            known = self._runs[scope, call] = tuple(self._find_runs(scope, call))
        return known

    def _find_runs(self, scope: int, call: int) -> Iterator[tuple[Row, Ref]]:
        for row in rows_of(self.models, "runs", self.resolver.paths(scope, call)):
            for operand in operands(self.resolver, scope, call, row["function"]):
                yield from ((row, ref) for ref in self.resolver.refs(scope, operand) if ref.kind == "function")

    def returns(self, scope: int, call: int) -> str:
        """What comes back of the functions that a call runs: their value, elements of the result, or nothing."""
        rows = [row for row, _ in self.runs(scope, call)]
        return str(rows[0].get("returns", "value")) if rows else "value"

    def gives(self, scope: int, call: int) -> bool:
        """Whether a library call is known to give what the functions that it runs return: a thread does not."""
        return any(row.get("returns", "other") != "other" for row, _ in self.runs(scope, call))

    def passed_on(
        self, scope: int, call: int, operand: int, path: Path, row: Row, function: Ref
    ) -> Iterator[tuple[int, Path]]:
        """The parameters of a run function that an operand of the library call becomes, and the untrusted part."""
        params = self.resolver.index.scopes[function.scope].params
        params = params[function.given + (function.receiver is not None) :]
        arguments = operands(self.resolver, scope, call, row.get("arguments", {}))
        if "rest" in row.get("arguments", {}):
            yield from (
                (params[place].value, path) for place, item in enumerate(arguments[: len(params)]) if item == operand
            )
            yield from self._by_keyword(scope, call, operand, path, params)
        elif operand in arguments and path and path[0].isdigit() and int(path[0]) < len(params):
            yield params[int(path[0])].value, path[1:]
        if operand in operands(self.resolver, scope, call, row.get("keywords", {})) and path:
            yield from ((param.value, path[1:]) for param in params if param.name == path[0])
        inner = iterated(path, "")
        if inner is not None:
            items = operands(self.resolver, scope, call, row.get("elements", {}))
            first = row.get("elements", {}).get("parameter", 0)
            for place, item in enumerate(items, first):
                if item == operand and place < len(params):
                    yield params[place].value, inner

    def _by_keyword(
        self, scope: int, call: int, operand: int, path: Path, params: tuple[Param, ...]
    ) -> Iterator[tuple[int, Path]]:
        """`to_thread(function, name=value)`."""
        keywords = self.resolver.index.calls[scope][call].keywords
        given = self.resolver.index.value(scope, call).args[1:]
        names = {keyword for keyword, item in zip(keywords, given, strict=True) if keyword and item == operand}
        yield from ((param.value, path) for param in params if param.name in names)

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
        if bool(row.get("content")) != (path[-1:] == FILE):
            return False
        path = path[:-1] if row.get("content") else path
        if "item" in spec:
            key = str(spec["item"])
            if not path:
                return self.resolver.index.value(scope, operand).op not in ("list", "tuple", "dict", "set")
            return len(path) == 1 and below(path, key) == ()
        if spec.get("whole"):
            return not path
        return path in ((), ("*",)) or bool(spec.get("deep"))

    def passes(self, scope: int, value: Value, operand: int, path: Path) -> Path | None:
        """The untrusted part of a value whose `operand`-th operand has one at `path`; None where it has none."""
        if path == FILE:
            return self.files.passes(scope, value, operand)
        passed = passes(value, operand, path)
        written = value.op == "store" and operand == 1 and value.kind in ("element", "spread")
        return FILE if passed is not None and written and self.files.holds(scope, value.args[0]) else passed

    def part(self, scope: int, position: int) -> frozenset[str]:
        """The sink kinds for which an attribute of an object (`Path(text).name`) or the end of a split text is safe."""
        value = self.resolver.index.value(scope, position)
        if meant := self._meant(value.name):
            return meant
        if value.op in ("item", "element"):
            return self._split_off(scope, value) | self._returned_part(scope, value)
        if value.name not in self._clean_names:
            return frozenset()
        paths = (ref.path for ref in self.resolver.refs(scope, position) if ref.kind == "external")
        rows = (row for path in paths for row in self.models.rows("clean_attributes", path))
        return frozenset(kind for row in rows for kind in row["cleans"])

    def _returned_part(self, scope: int, value: Value) -> frozenset[str]:
        """One of the values that a library call returns: `os.path.splitext(name)[1]`."""
        call = value.args[0]
        called = self.resolver.index.value(scope, call).op == "call" and value.name.isdigit()
        paths = self.resolver.paths(scope, call) if called else ()
        rows = (row for path in paths for row in self.models.rows("clean_attributes", f"{path}()[{value.name}]"))
        return frozenset(kind for row in rows for kind in row["cleans"])

    def _meant(self, name: str) -> frozenset[str]:
        """The sink kinds that a part of an object is meant for, as its name says: whoever sends it may."""
        return frozenset(kind for kind, pattern in self.kinds.meant.items() if pattern.fullmatch(name))

    def _looked_up(self, scope: int, call: int) -> frozenset[str]:
        """The same of a part that is read by `get`."""
        args = self.resolver.index.value(scope, call).args
        function = self.resolver.index.value(scope, args[0])
        if len(args) < 2 or function.op != "attr" or function.name not in ("get", "pop"):
            return frozenset()
        return self._meant(self.resolver.index.value(scope, args[1]).name)

    def _split_off(self, scope: int, value: Value) -> frozenset[str]:
        """One of the pieces of a text that was split, as `text.split("/")[0]`, holds no slash."""
        index = self.resolver.index
        place = value.name
        if value.op == "item":
            key = index.value(scope, value.args[1])
            place = "-" + index.value(scope, key.args[0]).name if key.op == "not" else key.name
        call = self._split_into(scope, value.args[0]) if place.lstrip("-").isdigit() else None
        if call is None:
            return frozenset()
        method, separator = index.value(scope, call.args[0]).name, index.value(scope, call.args[1])
        whole = len(call.args) == 2 and method in ("split", "rsplit")
        whole |= place == "0" and method in _FROM_START
        whole |= place in ("-1", "2") and method in _FROM_END
        return self.models.absent.get(separator.name, frozenset()) if whole and separator.kind == "str" else frozenset()

    def _split_into(self, scope: int, pieces: int) -> Value | None:
        """The call that splits a text, also where some pieces are left out: `[p for p in text.split("/") if p]`."""
        index = self.resolver.index
        known = index.value(scope, pieces)
        if known.kind == "comprehension" and known.op == "list":
            piece = index.value(scope, known.args[0])
            piece = index.value(scope, piece.args[0]) if piece.op == "copy" else piece
            known = index.value(scope, piece.args[0]) if piece.op == "element" and not piece.name else known
        split = known.op == "call" and len(known.args) > 1
        return known if split and index.value(scope, known.args[0]).name in _SPLITTING else None

    def result(self, scope: int, call: int, operand: int, path: Path) -> Passed | None:
        """What the result of a call holds of an untrusted operand; None for nothing."""
        paths = self.resolver.paths(scope, call)
        if any(not row.get("passes") for name in paths for row in self.models.rows("sources", name)):
            return None
        if path == FILE:
            made = self.files.result(scope, call, operand)
            return None if made is None else Passed(*made, guessed=False)
        cleans: frozenset[str] = frozenset()
        for row in rows_of(self.models, "sanitizers", paths):
            about = "items" not in row or (path[:1] and path[0] in map(str, row["items"]))
            if about and all_hold(self.resolver, scope, call, row) is Holds.YES:
                cleans |= frozenset(row["cleans"])
        cleans |= self._filtered(scope, call, paths) | self._applied(scope, call, paths)
        cleans |= self._looked_up(scope, call) | matched(self.resolver, self.kinds, scope, call)
        cleans |= fixed_before(self.resolver, self.kinds, scope, call, operand)
        cleans |= joined_before(self.resolver, self.kinds, scope, call, operand, path)
        if is_filled_in(self.resolver, scope, call, operand):
            cleans |= frozenset(self.kinds.decided_by)
        if "all" in cleans:
            return None
        for row in rows_of(self.models, "propagation", paths):
            if "from" in row and not self._listed(scope, call, row, operand):
                return None
            if "shape" in row:
                part = self._arranged(scope, call, operand, path, row["shape"])
                return None if part is None else Passed(part, cleans, guessed=False)
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

    def _applied(self, scope: int, call: int, paths: tuple[str, ...]) -> frozenset[str]:
        """What the library functions clean whose results come back: `map(len, names)`, `map(shlex.quote, words)`."""
        if len(self.resolver.index.value(scope, call).args) < 3:
            return frozenset()
        rows = [row for row in rows_of(self.models, "runs", paths) if row.get("returns") == "elements"]
        functions = [item for row in rows for item in operands(self.resolver, scope, call, row["function"])]
        found = [self._cleaned_by(ref) for item in functions for ref in self.resolver.refs(scope, item)]
        return frozenset.intersection(*found) if found else frozenset()

    def _cleaned_by(self, function: Ref) -> frozenset[str]:
        rows = rows_of(self.models, "sanitizers", self.resolver.paths_of(function))
        return frozenset(kind for row in rows if "when" not in row and "unless" not in row for kind in row["cleans"])

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

    def _arranged(self, scope: int, call: int, operand: int, path: Path, shape: str) -> Path | None:
        """The part of a result of some shape that an operand becomes."""
        if shape == "text":
            # What has parts with names is an object, not the text that such a call takes.
            return None if path and path[0].isidentifier() else ()
        given = self.resolver.index.value(scope, call).args[1:]
        keywords = self.resolver.index.calls[scope][call].keywords
        place = "receiver"
        if operand in given:
            number = given.index(operand)
            place = keywords[number] or str(keywords[:number].count(""))
        if shape == "replaced" and place in ("0", "receiver"):
            return None if path and path[0] in keywords else path
        return arranged(shape, place, path)

    def _default(
        self, scope: int, call: int, operand: int, path: Path, cleans: frozenset[str], paths: tuple[str, ...]
    ) -> Passed | None:
        index = self.resolver.index
        value = index.value(scope, call)
        function = index.value(scope, value.args[0])
        if function.op == "attr" and function.args[0] == operand:
            return self._of_receiver(scope, call, function.name, path, cleans)
        if len(value.args) > 1 and value.args[1] == operand and self._looks_up(scope, call):
            return None
        if function.op == "attr" and function.name in _COPYING and path:
            return Passed(path, cleans, guessed=False)
        told = any(self.models.rows("propagation", name) for name in paths)
        guessed = not told and not any(self.is_standard(name) for name in paths)
        if guessed and self.kinds.unknown.lookups.fullmatch(function.name):
            cleans |= self.kinds.unknown.other
        return Passed((), cleans, guessed)

    def _looks_up(self, scope: int, call: int) -> bool:
        """Whether a call takes an element out of a known mapping (`table.get(key)`): the key says which, not what."""
        return any(callee.kind == "items" for callee in self.resolver.callees(scope, call))

    def _of_receiver(self, scope: int, call: int, method: str, path: Path, cleans: frozenset[str]) -> Passed | None:
        """A method of an untrusted object."""
        index = self.resolver.index
        args = index.value(scope, call).args
        if path and path[0] == method:
            return Passed(path[1:], cleans, guessed=False)
        if not path or method in _SERIALISING:
            return Passed((), cleans, guessed=False)
        if method in _DUMPING or (method in _COPYING and not self._renewed(scope, args[1:], path[0])):
            return Passed(path, cleans, guessed=False)
        key = index.value(scope, args[1]) if len(args) > 1 else None
        part = method_result(method, None if key is None else key.name if key.op == "const" else "", path)
        return None if part is None else Passed(part, cleans, guessed=False)

    def _renewed(self, scope: int, args: tuple[int, ...], name: str) -> bool:
        """Whether a copy gets a new value for a field, in a dict literal of the new ones."""
        index = self.resolver.index
        literals = (index.value(scope, item) for item in args)
        return any(
            index.value(scope, key).name == name for item in literals if item.op == "dict" for key in item.args[::2]
        )

    def is_standard(self, name: str) -> bool:
        """Whether an access path leads into the standard library."""
        head = name.partition(".")[0].partition(":")[0].partition("(")[0]
        return head in _STANDARD or head in _BUILTINS or head == "stdlib"
