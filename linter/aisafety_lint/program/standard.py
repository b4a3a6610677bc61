"""Calls of the standard library whose result is one of their operands, or what a name or a type stands for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from aisafety_lint.program.constants import constant, text_of
from aisafety_lint.program.contents import Contents
from aisafety_lint.program.refs import Ref, Refs, external, unique

_FIRST: Final = frozenset(
    {
        "functools.wraps()",
        "copy.copy",
        "copy.deepcopy",
        "staticmethod",
        "classmethod",
        "property",
        "functools.lru_cache",
        "functools.cache",
        "contextlib.closing",
        "contextlib.nullcontext",
        "list",
        "tuple",
        "set",
        "sorted",
        "reversed",
        "dict",
        "iter",
    }
)
"""Calls whose result stands for what their first argument does, or holds the same elements."""

_MAKING: Final = frozenset(
    {
        "dict",
        "list",
        "set",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "collections.UserDict",
        "dataclasses.field",
        "weakref.WeakValueDictionary",
    }
)
"""Calls that make a container."""


class Standard(Contents):
    """Resolves such calls; `given` are the operands of a call."""

    def standard_result(self, scope: int, call: int, path: str) -> Iterable[Ref] | None:
        """What a call of the standard library returns; None where nothing special is known about it."""
        given = self.index.value(scope, call).args[1:]
        handler = _HANDLERS.get(path)
        if handler is not None and given:
            return handler(self, scope, call, given)
        if path in _FIRST and given and self.index.calls[scope][call].keywords[0] == "":
            return self.refs(scope, given[0])
        if path in _MAKING:
            return [Ref("collection", scope, call)]
        if path == "globals":
            return [Ref("items", receiver=Ref("module", self.index.module_of(scope))), external("globals()")]
        return None

    def bind_partly(self, scope: int, call: int, given: Sequence[int]) -> Iterable[Ref]:
        """`partial(function, first)` is the function with some arguments bound."""
        count = self.index.calls[scope][call].keywords.count("") - 1
        return [
            Ref("external", scope, call, ref.path)
            if ref.kind == "external"
            else msgspec.structs.replace(ref, given=ref.given + count)
            for ref in self.refs(scope, given[0])
        ]

    def cast_to(self, scope: int, _: int, given: Sequence[int]) -> Iterable[Ref]:
        """`cast(Type, value)`."""
        typed = [found for ref in self.class_named(scope, given[0]) for found in self.instances(ref)]
        return [*typed, *(ref for item in given[1:2] for ref in self.refs(scope, item))]

    def type_of_value(self, scope: int, _: int, given: Sequence[int]) -> Iterable[Ref] | None:
        """`type(value)`."""
        if len(given) != 1:
            return None
        return [Ref("class", ref.scope) for ref in self.refs(scope, given[0]) if ref.kind == "instance"]

    def bound_type(self, scope: int, _: int, given: Sequence[int]) -> Iterable[Ref]:
        """`TypeVar("T", bound=Type)` and `NewType("New", Type)` stand for the type."""
        return [ref for item in given[1:] for ref in self.class_named(scope, item)]

    def by_name(self, scope: int, _: int, given: Sequence[int]) -> Iterable[Ref]:
        """`getattr(owner, name)` where the name is put together: all members that fit what is known of it."""
        pattern = "".join(text_of(self, scope, item) for item in given[1:2]).replace("\0", "*")
        return [ref for base in self.refs(scope, given[0]) for ref in self.named_like(base, pattern)]

    def module_named(self, scope: int, _: int, given: Sequence[int]) -> Iterable[Ref] | None:
        """`import_module("name")`."""
        name = constant(self, scope, given[0])
        return self.imported(scope, name, "") if isinstance(name, str) else None

    def entering(self, scope: int, _: int, given: Sequence[int]) -> Iterable[Ref]:
        """`stack.enter_context(manager)`."""
        return [ref for base in self.refs(scope, given[0]) for ref in self.entered(base)]

    def pairing(self, scope: int, _: int, given: Sequence[int]) -> Iterable[Ref]:
        """`enumerate(values)`, `zip(some, others)`."""
        bases = (ref for item in given for ref in self.refs(scope, item))
        return in_pairs(unique(ref for base in bases for ref in self.item(base, "")))

    def filtering(self, scope: int, _: int, given: Sequence[int]) -> Iterable[Ref]:
        """`filter(test, values)`."""
        return [ref for item in given[1:] for ref in self.refs(scope, item)]

    def class_named(self, scope: int, value: int) -> Refs:
        """The class that an operand is, or names in a string."""
        name = constant(self, scope, value)
        return self.dotted(scope, name) if isinstance(name, str) else self.refs(scope, value)


def in_pairs(elements: Refs) -> list[Ref]:
    """An iterable of tuples that hold the elements."""
    return [Ref("items", items=(Ref("items", items=elements),))] if elements else []


_HANDLERS: Final[Mapping[str, Callable[[Standard, int, int, Sequence[int]], Iterable[Ref] | None]]] = {
    "functools.partial": Standard.bind_partly,
    "functools.partialmethod": Standard.bind_partly,
    "typing.cast": Standard.cast_to,
    "type": Standard.type_of_value,
    "typing.TypeVar": Standard.bound_type,
    "typing_extensions.TypeVar": Standard.bound_type,
    "typing.NewType": Standard.bound_type,
    "getattr": Standard.by_name,
    "importlib.import_module": Standard.module_named,
    "__import__": Standard.module_named,
    "contextlib.ExitStack().enter_context": Standard.entering,
    "contextlib.AsyncExitStack().enter_async_context": Standard.entering,
    "enumerate": Standard.pairing,
    "zip": Standard.pairing,
    "filter": Standard.filtering,
}
