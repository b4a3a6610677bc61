"""Tools that a project only describes to the model by a schema, and calls itself: which function each of them is.

The function has the name of the schema, or stands under it in a table of the same file; and the file has to call it, or
nobody knows whether the model can have it called.
"""

from collections.abc import Iterator
from dataclasses import replace

from aisafety_lint.program.consent import Consent
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.tools import Tool, make_tool

Value = tuple[int, int]


class Dispatch:
    """Finds the functions behind schemas."""

    def __init__(self, resolver: Resolver, consent: Consent) -> None:
        self.resolver = resolver
        self.index = resolver.index
        self.consent = consent
        self._tables: dict[str, dict[str, list[Ref]]] = {}
        self._called: dict[str, dict[int, list[Value]]] = {}

    def tool(self, scope: int, name: str, framework: str) -> Tool | None:
        """The function behind a name in the schemas of a call, as a tool.

        It is approved where a person is asked before every call of it in the file.
        """
        path = self.index.paths[scope]
        named = (ref for ref in self.resolver.dotted(scope, name) if ref.kind == "function")
        for ref in (*named, *self._table(path).get(name, ())):
            sites = self._calls(path).get(ref.scope, ())
            if sites:
                tool = make_tool(self.resolver, ref.scope, {"stem": framework}, (scope, -1))
                asked = all(self.consent.approved(where, self.index.value(where, call).guard) for where, call in sites)
                return replace(tool, approved=asked)
        return None

    def _scopes(self, path: str) -> Iterator[int]:
        first = self.index.first[path]
        yield from range(first, first + len(self.index.facts[path].scopes))

    def _table(self, path: str) -> dict[str, list[Ref]]:
        """The functions that dicts of a file hold, by their keys."""
        known = self._tables.get(path)
        if known is None:
            known = self._tables[path] = {}
            for scope in self._scopes(path):
                for value in self.index.scopes[scope].values:
                    for key, item in zip(value.args[::2], value.args[1::2], strict=True) if value.op == "dict" else ():
                        refs = [ref for ref in self.resolver.refs(scope, item) if ref.kind == "function"]
                        if refs and self.index.value(scope, key).op == "const":
                            known.setdefault(self.index.value(scope, key).name, []).extend(refs)
        return known

    def _calls(self, path: str) -> dict[int, list[Value]]:
        """The calls of functions in a file, by the function."""
        known = self._called.get(path)
        if known is None:
            known = self._called[path] = {}
            for scope in self._scopes(path):
                for call in self.index.scopes[scope].calls:
                    for callee in self.resolver.callees(scope, call.value):
                        if callee.kind == "function":
                            known.setdefault(callee.scope, []).append((scope, call.value))
        return known
