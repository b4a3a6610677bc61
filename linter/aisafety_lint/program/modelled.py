"""Checks that the models know: a call, or an attribute of what it gives, that decides whether a value is safe."""

import re
from collections.abc import Iterator

from aisafety_lint.program.checked import Check
from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.constants import text_of
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.models import Row, rows_of
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.slices import helped_through

_MOST = 200  # values that one may be


class ModelledChecks:
    """Answers about single calls and comparisons, by what the models say of them."""

    def __init__(self, resolver: Resolver, kinds: Kinds) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.kinds = kinds

    def modelled_in(self, scope: int, value: int, outcome: str, ending: str = "") -> Iterator[Check]:
        """A comparison around a modelled check (`commonpath(...) == base`, `urlparse(url).hostname in ALLOWED`).

        `ending` is the text with which what is checked ends, where that is what was asked.
        """
        pending, seen = [value], {value}
        while pending and len(seen) < _MOST:
            item = pending.pop()
            known = self.index.value(scope, item)
            if known.op == "attr":
                yield from self.modelled(scope, known.args[0], outcome, known.name, ending)
                yield from self.by_part_of(scope, item, ending) if outcome == "true" else ()
            elif known.op == "call":
                yield from self.modelled(scope, item, outcome, "", ending)
            elif known.op in ("phi", "copy", "or"):
                fresh = [arg for arg in dict.fromkeys(known.args) if arg < item and arg not in seen]
                seen.update(fresh)
                pending += fresh[::-1]

    def by_end(self, scope: int, call: int) -> Iterator[Check]:
        """`urlparse(url).hostname.endswith(".example.com")` is a check of the address, if the model says so."""
        known = self.index.value(scope, call)
        function = self.index.value(scope, known.args[0])
        if (function.op, function.name) == ("attr", "endswith") and len(known.args) == 2:
            yield from self.modelled_in(scope, function.args[0], "true", text_of(self.resolver, scope, known.args[1]))

    def modelled(self, scope: int, call: int, holds: str, attribute: str, ending: str = "") -> Iterator[Check]:
        """Checks that the models know: a call as a condition, or an attribute of its result."""
        known = self.index.value(scope, call)
        if known.op != "call":
            return
        for path in self.resolver.paths(scope, call):
            for row in self.resolver.models.rows("checks", path):
                wanted = "false" if row.get("where") is False else "true"
                fits = attribute in row["attribute"] if "attribute" in row else not attribute
                fits = fits and (holds == wanted or bool(row.get("raises"))) and _ends(row, ending)
                if fits and all_hold(self.resolver, scope, call, row) is not Holds.NO:
                    is_method = ":" in self.resolver.models.normal(path) or path.startswith(("?.", "str."))
                    yield from self.checked_by(scope, call, row, is_method=is_method)

    def checked_by(self, scope: int, call: int, row: Row, *, is_method: bool) -> Iterator[Check]:
        """What a modelled check clears: the argument it names, else the receiver of a method or the first argument."""
        spec = row.get("argument", {"receiver": True} if is_method else {"position": 0})
        for operand in operands(self.resolver, scope, call, spec):
            after = self.still_wanted(scope, operand, tuple(row.get("after", ())))
            if after is None:
                continue
            for item in self.parts(scope, operand):
                yield Check(item, frozenset(row["cleans"]), derived=not row.get("exact"), after=after)
            if row.get("raises"):  # its result is the same content, checked
                yield Check(call, frozenset(row["cleans"]), derived=False, after=after)

    def still_wanted(self, scope: int, value: int, calls: tuple[str, ...]) -> tuple[str, ...] | None:
        """Of calls of which a value must have gone through one: none where it has, all where its caller can tell."""
        if not calls or helped_through(self.resolver, scope, value, calls):
            return ()
        return calls if self.index.value(scope, value).op == "param" else None

    def parts(self, scope: int, operand: int) -> tuple[int, ...]:
        """The operand and what it is the text of, or the elements of a list literal that is passed."""
        known = self.index.value(scope, operand)
        if known.op == "call" and len(known.args) == 2 and "str" in self.resolver.paths(scope, operand):
            return operand, known.args[1]
        return known.args if known.op in ("list", "tuple") else (operand,)

    def by_part_of(self, scope: int, collection: int, ending: str = "") -> Iterator[Check]:
        """`base in path.parents`, `url.host in HOSTS`: an attribute of a value decides about the value."""
        known = self.index.value(scope, collection)
        paths = [ref.path for ref in self.resolver.refs(scope, collection) if ref.kind == "external"]
        for row in rows_of(self.resolver.models, "checks", paths) if known.op == "attr" else ():
            after = self.still_wanted(scope, known.args[0], tuple(row.get("after", ())))
            if after is not None and _ends(row, ending):
                yield Check(known.args[0], frozenset(row["cleans"]), derived=True, after=after)

    def is_text(self, scope: int, value: int) -> bool:
        known = self.index.value(scope, value)
        if known.op == "text" or (known.op == "const" and known.kind == "str"):
            return True
        if known.op == "param":
            param = next((item for item in self.index.scopes[scope].params if item.name == known.name), None)
            return param is not None and param.annotation is not None and param.annotation.name == "str"
        return any(ref.path == "str" for ref in self.resolver.refs(scope, value))

    def made_clean(self, scope: int, value: int) -> frozenset[str]:
        """The kinds of sinks for which the models say that the result of an operation is safe."""
        known = self.index.value(scope, value)
        if known.op == "call":
            rows = rows_of(self.resolver.models, "sanitizers", self.resolver.paths(scope, value))
            found = [row["cleans"] for row in rows if all_hold(self.resolver, scope, value, row) is Holds.YES]
        elif known.op == "attr":
            paths = [ref.path for ref in self.resolver.refs(scope, value) if ref.kind == "external"]
            found = [row["cleans"] for row in rows_of(self.resolver.models, "clean_attributes", paths)]
        else:
            found = []
        return frozenset(kind for kinds in found for kind in kinds)


def _ends(row: Row, ending: str) -> bool:
    """Whether a row speaks of what ends so, or of the whole where nothing was asked of the end."""
    return bool(re.search(row["ends"], ending)) if "ends" in row else not ending
