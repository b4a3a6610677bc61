"""What an operation inside a function makes of an untrusted operand: the part that is passed on, what is cleaned."""

from collections.abc import Iterator

import msgspec

from aisafety_lint.flow.formatted import before_place
from aisafety_lint.flow.library import Library
from aisafety_lint.flow.nodes import NONE, Kindset, Node
from aisafety_lint.flow.sources import scalar
from aisafety_lint.flow.transfer import FILE, Path, dict_path, is_position
from aisafety_lint.program.constants import text_of
from aisafety_lint.program.declared import declared
from aisafety_lint.program.fields import Fields
from aisafety_lint.program.guards import Guards
from aisafety_lint.program.kinds import QUOTES
from aisafety_lint.program.models import Row
from aisafety_lint.program.patterns import characters_stripped
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.slices import lacks
from aisafety_lint.python.facts import Value

_MANY = 12  # entries of a literal that is a message: longer ones are tables
_PIECES = 40  # of a text: of what stands before a later one, only these are looked at
UNWRAPPED = frozenset({"await", "copy", "element"})
"""What stands between a call and a part of what it gives."""
_READING = frozenset({"attr", "item", "element"})


def entry_rows(resolver: Resolver, scope: int, literal: Value) -> Iterator[tuple[int, Row]]:
    """The sinks that are entries of a dict or tuple literal, each with the operand that it is."""
    entries = resolver.models.entries
    if len(literal.args) > 2 * _MANY:
        return
    if literal.op == "dict":
        keys = [resolver.index.value(scope, item).name for item in literal.args[::2]]
        values = range(1, len(literal.args), 2)
    else:
        keys = [str(place) for place in range(len(literal.args))]
        values = range(len(literal.args))
    if len(keys) > _MANY or entries.keys().isdisjoint(keys):
        return
    for key, operand in zip(keys, values, strict=True):
        for row in entries.get(key, ()):
            beside = row["beside"]
            texts = {
                name: resolver.index.value(scope, literal.args[item])
                for name, item in zip(keys, values, strict=True)
                if name in beside
            }
            if len(texts) == len(beside) and all(known.name in beside[name] for name, known in texts.items()):
                yield operand, row


class Operations:
    """Answers about operations that are no calls; a node stands for the operand, with what was cleaned before."""

    def __init__(self, library: Library, guards: Guards) -> None:
        self.library = library
        self.resolver = library.resolver
        self.index = library.resolver.index
        self.guards = guards
        self.kinds = library.kinds
        self.fields = Fields(guards)
        self._scalars: dict[tuple[int, int], bool] = {}

    def passed(
        self, node: Node, position: int, user: Value, operand: int, clean: Kindset
    ) -> tuple[Path, Kindset] | None:
        """The untrusted part of the result and what it is clean for; None where nothing untrusted is left.

        `clean` are the attributes of the source that carry no text.
        """
        path = self._part(node, position, user, operand, clean)
        if path is None:
            return None
        cleaned = node.cleaned
        if user.op in ("attr", "item", "element") and path != FILE:
            cleaned |= self.library.part(node.scope, position) | self.fields.cleared(node.scope, position)
        if user.op == "phi":
            left = characters_stripped(self.resolver, node.scope, position)
            cleaned |= frozenset() if left is None else self.kinds.harmless(left)
        if user.op == "text":
            cleaned |= self._harmless(node, user, operand)
        elif user.op == "arithmetic" and user.name == "Div":  # a folder before an absolute path is forgotten
            cleaned |= self._harmless(node, user, operand) - self.kinds.traits.keys()
        return None if "all" in cleaned else (path, cleaned)

    def answered(self, node: Node, user: Value) -> Kindset:
        """The kinds for which a named part of what an unknown call has made of its arguments is none of them."""
        if user.op not in ("attr", "item") or not user.name or node.path:
            return NONE
        known = self.index.value(node.scope, node.value)
        while known.op in UNWRAPPED:
            known = self.index.value(node.scope, known.args[0])
        name = self.index.value(node.scope, known.args[0]).name if known.op == "call" else ""
        return NONE if not name or self.kinds.unknown.makes.fullmatch(name) else self.kinds.unknown.other

    def item_sinks(self, node: Node, position: int, user: Value, operand: int) -> Iterator[Row]:
        """The sinks that an untrusted value becomes by `table[key] = value`, as a key, or as an entry of a literal."""
        if user.op in ("dict", "tuple"):
            yield from self._entry_sinks(node, user, operand)
        elif operand == 1 and not node.path and (user.op == "item" or user.kind == "item"):
            yield from (
                row for row in self.item_rows(node.scope, position) if not self.kinds.safe(row["kind"], node.cleaned)
            )

    def item_rows(self, scope: int, position: int) -> Iterator[Row]:
        """`message["Subject"] = text` counts as the `__setitem__` of a modelled type, `globals()[name]` as its reading
        counterpart."""
        value = self.index.value(scope, position)
        method = "__setitem__" if value.op == "store" else "__getitem__"
        for ref in self.resolver.refs(scope, value.args[0]) if method in self.library.item_methods else ():
            for row in self.resolver.models.rows("sinks", f"{ref.path}.{method}") if ref.kind == "external" else ():
                if "called" not in row or self.library.is_called(scope, position):
                    yield row

    def _entry_sinks(self, node: Node, user: Value, operand: int) -> Iterator[Row]:
        """`{"role": "system", "content": text}`, `("system", text)`: what an entry is, others in the literal say."""
        for place, row in entry_rows(self.resolver, node.scope, user):
            if place == operand and not node.path and not self.kinds.safe(row["kind"], node.cleaned):
                yield row

    def _part(self, node: Node, position: int, user: Value, operand: int, clean: Kindset) -> Path | None:
        if user.op == "dict":
            return self._in_dict(node, user, operand)
        if user.op in _READING:
            if not node.path and (self._is_clean(node.scope, position, clean) or self._is_shadowed(node, user)):
                return None
            user = self._by_field(node, user)
        if user.op == "store" and not self._holds(node, user, operand):
            return None
        return self.library.passes(node.scope, user, operand, node.path)

    def _in_dict(self, node: Node, user: Value, operand: int) -> Path | None:
        """The part of a dict literal that a key, a value or an unpacked mapping becomes."""
        key, value = user.args[operand - operand % 2], user.args[operand - operand % 2 + 1]
        if key != value:
            known = self.index.value(node.scope, key)
            return dict_path(known.name if known.op == "const" else "", is_key=operand % 2 == 0, path=node.path)
        later = (self.index.value(node.scope, item) for item in user.args[operand - operand % 2 + 2 :: 2])
        overwritten = bool(node.path) and any(item.op == "const" and item.name == node.path[0] for item in later)
        return None if overwritten else node.path

    def _is_clean(self, scope: int, position: int, clean: Kindset) -> bool:
        """Whether what is read is declared to be too small to carry an attack, or known to carry none."""
        if self.index.value(scope, position).name in clean:
            return True
        known = self._scalars.get((scope, position))
        if known is None:
            found = declared(self.resolver, scope, position)
            known = self._scalars[scope, position] = found is not None and scalar(self.resolver, *found)
        return known

    def _is_shadowed(self, node: Node, user: Value) -> bool:
        """Whether what is read was written under its name since: `{**data, "name": "x"}["name"]`."""
        if not user.name or user.op == "element":
            return False
        base = self.index.value(node.scope, node.value)
        while base.op == "store" and base.kind in ("attr", "item"):
            if base.name == user.name:
                return True
            base = self.index.value(node.scope, base.args[0])
        keys = [self.index.value(node.scope, item) for item in base.args[::2]] if base.op == "dict" else []
        return any(key.op == "const" and key.name == user.name for key in keys)

    def _by_field(self, node: Node, user: Value) -> Value:
        """A part that is read by its position in an object with named fields."""
        by_place = user.kind == "positional" or (
            user.op != "attr" and bool(node.path) and not is_position(node.path[0])
        )
        if by_place and user.name.isdigit():
            for ref in self.resolver.refs(node.scope, node.value):
                fields = self.resolver.fields(ref.scope) if ref.kind == "instance" else ()
                if int(user.name) < len(fields):
                    return msgspec.structs.replace(user, name=fields[int(user.name)])
        return user

    def _holds(self, node: Node, user: Value, operand: int) -> bool:
        """Whether an object takes in what a method such as `append` is given: containers do, other objects decide."""
        if operand == 0 or user.kind not in ("element", "spread"):
            return True
        for ref in self.resolver.refs(node.scope, user.args[0]):
            contains = ref.kind in ("container", "collection", "items") or self.library.is_standard(ref.path)
            bases = self.resolver.lineage(ref.scope) if ref.kind == "instance" else ()
            if not contains and not any(
                base.kind == "external" and self.library.is_standard(base.path) for base in bases
            ):
                return False
        return True

    def _harmless(self, node: Node, user: Value, operand: int) -> Kindset:
        """Kinds for which the text before the untrusted part makes it harmless (a URL whose host is fixed)."""
        pieces = user.args[: min(operand, _PIECES)]
        prefix = "".join(text_of(self.resolver, node.scope, item) for item in pieces)
        if user.kind == "%":
            prefix = before_place(prefix, node.path[0] if node.path else "0")
        elif prefix and self.index.value(node.scope, node.value).op == "text":  # its own beginning stands before, too
            prefix += text_of(self.resolver, node.scope, node.value).partition("\0")[0]
        behind = any(self._begins_list(node.scope, item) for item in pieces)
        first = frozenset(self.kinds.decided_by) if behind else NONE
        quoted = self._quoted(node, user, operand, prefix) if operand <= _PIECES else NONE
        return self.kinds.fixed(prefix) | quoted | first

    def _begins_list(self, scope: int, value: int) -> bool:
        """Whether a value is a list that is written with an element of its own, which then stays the first."""
        known = self.resolver.refs(scope, value)
        literals = [(ref.scope, self.index.value(ref.scope, ref.value)) for ref in known if ref.kind == "container"]
        firsts = [
            self.index.value(where, item.args[0]).op
            for where, item in literals
            if item.op in ("list", "tuple") and item.args
        ]
        return 0 < len(known) == len(firsts) and "star" not in firsts

    def _quoted(self, node: Node, user: Value, operand: int, prefix: str) -> Kindset:
        """Kinds for which a value between quotes is safe when it is known to hold no such quote."""
        last = operand + 1 == len(user.args)  # the closing quote is in the next piece, or is added later
        rest = "".join(QUOTES) if last else text_of(self.resolver, node.scope, user.args[operand + 1])
        for quote in sorted(QUOTES):
            inside = prefix.count(quote) % 2 == 1 and quote in rest
            if inside and (
                quote in node.cleaned or lacks(self.guards.index, node.scope, node.value, quote, user.guard)
            ):
                return self.kinds.quoted
        return NONE
