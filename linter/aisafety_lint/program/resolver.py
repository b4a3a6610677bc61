"""What a value stands for: names across files, attributes by type, results of calls.

`Resolver.refs(scope, value)` answers on demand and remembers; recursion ends at values being asked for already and at a
fixed depth, where the answer is empty (unknown). Nothing is guessed from a name.
"""

from collections.abc import Iterable, Iterator, Sequence

from aisafety_lint.program.conditions import Holds, all_hold, operands
from aisafety_lint.program.index import Index
from aisafety_lint.program.models import Models, Row
from aisafety_lint.program.refs import Ref, external
from aisafety_lint.python.facts import Annotation, Call, Value

_LIMIT = 24
_DEPTH = 30
_CALLERS = 12
_NESTING = 4
_ATTEMPTS = 3

_TRANSPARENT = frozenset(
    {"Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "Awaitable", "Coroutine"}
)
_COLLECTIONS = frozenset(
    {
        "list",
        "List",
        "tuple",
        "Tuple",
        "set",
        "Set",
        "frozenset",
        "Sequence",
        "Iterable",
        "Iterator",
        "Generator",
        "AsyncIterator",
        "AsyncGenerator",
        "AsyncIterable",
        "deque",
    }
)
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_PLAIN = frozenset({"str", "bytes", "Any", "object", "None", "bool", "int", "float", "Literal", "TypeVar"})
_PASSING = frozenset(
    {
        "functools.partial",
        "functools.wraps()",
        "copy.copy",
        "copy.deepcopy",
        "typing.cast",
        "staticmethod",
        "classmethod",
        "property",
        "functools.lru_cache",
        "functools.cache",
    }
)
_SAME_ELEMENT = frozenset({"get", "pop", "setdefault", "values", "items", "popitem", "copy", "__getitem__"})

Refs = tuple[Ref, ...]


class Resolver:
    """Resolves values of an index with the types of the loaded models."""

    def __init__(self, index: Index, models: Models) -> None:
        self.index = index
        self.models = models
        self._memo: dict[tuple[int, int], Refs] = {}
        self._callees: dict[tuple[int, int], Refs] = {}
        self._asking: set[tuple[int, int]] = set()
        self._lineages: dict[int, tuple[Ref, ...]] = {}
        self._attributes: dict[tuple[int, str], Refs] = {}
        self._subclasses: dict[int, list[int]] | None = None
        self._partial: dict[tuple[int, int], Refs] = {}
        self._asked: dict[tuple[int, int], int] = {}
        self._declaring: set[tuple[int, str]] = set()
        self._cut = 0

    # -- values ---------------------------------------------------------------------------------------------------

    def refs(self, scope: int, value: int) -> Refs:
        """Everything that a value may stand for; empty where that is unknown."""
        key = scope, value
        known = self._memo.get(key)
        if known is None:
            known = self._partial.get(key)
        if known is not None:
            return known
        if key in self._asking or len(self._asking) > _DEPTH:
            self._cut += 1
            return ()
        self._asking.add(key)
        cut = self._cut
        found = _unique(self._evaluate(scope, self.index.value(scope, value), value))
        self._asking.discard(key)
        if cut == self._cut or not self._asking:
            self._memo[key] = found
        else:
            self._partial[key] = found
        if not self._asking and self._partial:
            self._settle()
        return found

    def _settle(self) -> None:
        """After a question is answered: keep what was found on the way, ask again a few times where nothing was.

        Answers inside a cycle may be incomplete. Asking each of them again and again would cost exponential time.
        """
        for key, found in self._partial.items():
            self._asked[key] = self._asked.get(key, 0) + 1
            if found or self._asked[key] >= _ATTEMPTS:
                self._memo[key] = found
        self._partial.clear()

    def _evaluate(self, scope: int, value: Value, position: int) -> Iterable[Ref]:
        match value.op:
            case "name":
                return self.name(scope, value.name)
            case "import":
                return self.imported(scope, value.kind, value.name)
            case "param":
                return self.parameter(scope, value.name)
            case "attr":
                found = [ref for base in self.refs(scope, value.args[0]) for ref in self.member(base, value.name)]
                return found or self._stored(scope, value)
            case "call":
                return self.result(scope, position)
            case "list" | "tuple" | "set" | "dict":
                return [Ref("container", scope, position)]
            case "item" | "element":
                return [ref for base in self.refs(scope, value.args[0]) for ref in self.item(base, value.name)]
            case "function" | "class":
                return [Ref("function" if value.op == "function" else "class", self.index.named(scope, value.name))]
        return self._combined(scope, value)

    def _combined(self, scope: int, value: Value) -> Iterable[Ref]:
        """Values that stand for what their operands do, and strings."""
        match value.op:
            case "phi" | "or" | "and" | "copy" | "return" | "await":
                return [ref for item in value.args for ref in self.refs(scope, item)]
            case "store" | "slice" | "star":
                return self.refs(scope, value.args[0])
            case "enter":
                return [ref for base in self.refs(scope, value.args[0]) for ref in self._entered(base)]
            case "arithmetic":
                sides = [ref for item in value.args for ref in self.refs(scope, item) if ref.kind == "external"]
                piped = [ref for ref in sides if self.models.piped.intersection(self.models.lineage(ref.path))]
                return piped or self._joined(sides)
            case "const" | "text" if value.kind in ("str", "f"):
                return [external("str")]
        return ()

    def _joined(self, sides: Sequence[Ref]) -> Refs:
        """`base / "name"` on an instance of a modelled type is one again."""
        return tuple(ref for ref in sides if ":" in ref.path and "." not in ref.path.partition(":")[2])[:1]

    def _stored(self, scope: int, value: Value) -> Refs:
        """An attribute of something unknown that was stored just before in the same scope."""
        base = self.index.value(scope, value.args[0])
        while base.op == "store":
            if base.kind == "attr" and base.name == value.name:
                return self.refs(scope, base.args[1])
            base = self.index.value(scope, base.args[0])
        return ()

    def _entered(self, base: Ref) -> Iterable[Ref]:
        if base.kind == "instance":
            for method in (*self.member(base, "__enter__"), *self.member(base, "__aenter__")):
                if method.kind == "function":
                    return [*self._returned(method), base]
        return [base]

    # -- names ----------------------------------------------------------------------------------------------------

    def name(self, scope: int, name: str) -> Refs:
        """A name used in a scope but not bound there before: enclosing functions, module, star imports, builtins."""
        current, first = scope, True
        while current >= 0:
            known = self.index.scopes[current]
            if first or known.form != "class":
                values = known.locals.get(name)
                if values is not None and not (first and known.form == "class" and values[-1] < 0):
                    found = self._definitions(current, name)
                    if found or known.form != "module":
                        return found
            first = False
            current = self.index.parents[current]
        module = self.index.module_of(scope)
        for item in self.index.scopes[module].imports:
            if item.name == "*":
                starred = [ref for ref in self.imported(module, item.module, name) if ref.kind != "external"]
                if starred:
                    return tuple(starred)
        stored = self.index.global_stores.get((self.index.paths[scope], name), ())
        if stored:
            return _unique(ref for where, value in stored for ref in self.refs(where, value))
        return (external(name),) if name not in self.index.scopes[module].locals else ()

    def _definitions(self, scope: int, name: str) -> Refs:
        """All definitions of a local name together."""
        values = self.index.scopes[scope].locals.get(name, ())
        found = [ref for value in values[-8:] for ref in self.refs(scope, value)]
        if self.index.scopes[scope].form == "module":
            found += [
                ref
                for where, value in self.index.global_stores.get((self.index.paths[scope], name), ())
                for ref in self.refs(where, value)
            ]
        annotation = self.index.scopes[scope].annotations.get(name)
        if annotation is not None and not found and (scope, name) not in self._declaring:
            self._declaring.add((scope, name))  # a type may be declared in terms of itself
            found += self.annotated(scope, annotation)
            self._declaring.discard((scope, name))
        return _unique(found)

    def imported(self, scope: int, module: str, name: str) -> Refs:
        """What an import binds: `name` of a module, or the module itself where the name is empty."""
        absolute = self.index.absolute(scope, module)
        if not absolute:
            return ()
        if not name:
            path = self.index.modules.find(absolute, self.index.paths[scope])
            return (Ref("module", self.index.first[path]),) if path else (external(absolute),)
        path = self.index.modules.find(absolute, self.index.paths[scope])
        if path is not None:
            found = self.module_member(self.index.first[path], name)
            if found:
                return found
        submodule = self.index.modules.find(f"{absolute}.{name}", self.index.paths[scope])
        if submodule is not None:
            return (Ref("module", self.index.first[submodule]),)
        return (external(f"{absolute}.{name}"),)

    def module_member(self, module: int, name: str) -> Refs:
        """A name in a module's namespace, also through its star imports and its submodules."""
        if name in self.index.scopes[module].locals or (self.index.paths[module], name) in self.index.global_stores:
            found = self._definitions(module, name)
            if found:
                return found
        for item in self.index.scopes[module].imports:
            if item.name == "*":
                target = self.index.modules.find(self.index.absolute(module, item.module), self.index.paths[module])
                if target is not None and self.index.first[target] != module:
                    found = self.module_member(self.index.first[target], name)
                    if found:
                        return found
        dotted = self.index.modules.names[self.index.paths[module]]
        path = self.index.modules.find(f"{dotted}.{name}", self.index.paths[module]) if dotted else None
        return (Ref("module", self.index.first[path]),) if path else ()

    # -- parameters and annotations -------------------------------------------------------------------------------

    def parameter(self, scope: int, name: str) -> Refs:
        """What a parameter may be: the receiver, by its annotation, by its default, and by what callers pass."""
        known = self.index.scopes[scope]
        owner = self.index.enclosing_class(scope)
        param = next(item for item in known.params if item.name == name)
        if owner is not None and known.params[0] is param and param.form == "positional":
            decorated = self.decorated_with(scope)
            if "staticmethod" not in decorated:
                return (
                    Ref(
                        "class"
                        if "classmethod" in decorated or known.name in ("__new__", "__init_subclass__")
                        else "instance",
                        owner,
                    ),
                )
        found: list[Ref] = []
        if param.annotation is not None:
            found += self.annotated(scope, param.annotation)
            if found:
                return tuple(found)
        if param.default >= 0:
            found += self.refs(self.index.parents[scope], param.default)
        return _unique([*found, *self._passed(scope, name)])

    def _passed(self, scope: int, name: str) -> Iterator[Ref]:
        """What the callers found by name pass for a parameter."""
        known = self.index.scopes[scope]
        called = known.name
        if called in ("__init__", "__call__"):
            owner = self.index.enclosing_class(scope)
            called = self.index.scopes[owner].name if owner is not None else called
        candidates = self.index.calls_by_name.get(called, ())
        if len(candidates) > _CALLERS * 4:
            return
        for where, call in candidates[:_CALLERS]:
            for callee in self.callees(where, call.value):
                if self.function_of(callee) == scope:
                    bound = callee.receiver is not None or callee.kind in ("class", "instance")
                    operand = self.argument_for(where, call, scope, name, bound=bound)
                    if operand is not None:
                        yield from self.refs(where, operand)

    def argument_for(self, where: int, call: Call, function: int, name: str, *, bound: bool) -> int | None:
        """The operand that a call passes for a parameter, or None."""
        operands = self.index.value(where, call.value).args[1:]
        params = self.index.scopes[function].params
        positional = [param.name for param in params if param.form == "positional"][1 if bound else 0 :]
        if name in call.keywords:
            return operands[call.keywords.index(name)]
        if name in positional:
            place = positional.index(name)
            given = [operand for operand, keyword in zip(operands, call.keywords, strict=True) if keyword == ""]
            if place < len(given) and "*" not in call.keywords[: place + 1]:
                return given[place]
        return None

    def annotated(self, scope: int, annotation: Annotation, depth: int = 6) -> Refs:
        """Instances of an annotated type; empty for plain types and unknown ones."""
        last = annotation.name.rpartition(".")[2]
        if depth == 0 or last in _PLAIN:
            return ()
        if last in _TRANSPARENT:
            items = (
                annotation.args[-1:]
                if last == "Coroutine"
                else annotation.args[:1]
                if last == "Annotated"
                else annotation.args
            )
            return _unique(ref for item in items for ref in self.annotated(scope, item, depth - 1))
        if last in _COLLECTIONS or last in _MAPPINGS:
            items = annotation.args[1:] if last in _MAPPINGS else annotation.args
            inner = _unique(ref for item in items for ref in self.annotated(scope, item, depth - 1))
            return (Ref("items", items=inner),) if inner else ()
        if last in ("Type", "type"):
            return _unique(
                Ref("class", ref.scope)
                for item in annotation.args
                for ref in self.annotated(scope, item, depth - 1)
                if ref.kind == "instance"
            )
        if last == "Self":
            owner = self.index.outer_class(scope)
            return () if owner is None else (Ref("instance", owner),)
        return _unique(ref for named in self.dotted(scope, annotation.name) for ref in self._instances(named))

    def _instances(self, named: Ref) -> Iterable[Ref]:
        if named.kind == "class":
            return [Ref("instance", named.scope)]
        if named.kind == "external":
            kinds = self.models.types_of_class(named.path)
            return [external(kind) for kind in kinds] or ([external(f"{named.path}()")] if "." in named.path else ())
        return ()

    def dotted(self, scope: int, name: str) -> Refs:
        """A dotted name as written in a scope."""
        head, _, rest = name.partition(".")
        found: Refs = self.name(scope, head)
        for part in rest.split(".") if rest else ():
            found = _unique(ref for base in found for ref in self.member(base, part))
        return found

    # -- members --------------------------------------------------------------------------------------------------

    def member(self, base: Ref, name: str) -> Refs:
        """The attribute of something resolved."""
        match base.kind:
            case "external":
                return self._external_member(base.path, name)
            case "module":
                found = self.module_member(base.scope, name)
                return found or (
                    (external(f"{self.index.dotted(base.scope)}.{name}"),) if self.index.dotted(base.scope) else ()
                )
            case "class" | "instance" | "super":
                return self._class_member(base, name)
            case "container" | "items" if name in _SAME_ELEMENT:
                return (Ref("items", receiver=base, path=name),)
        return ()

    def _external_member(self, path: str, name: str) -> Refs:
        for key in self.models.keys(path):
            target = self.models.fields.get(f"{key}.{name}")
            if target is not None:
                return (external(target),)
        return (external(f"{path}.{name}"),)

    def _class_member(self, base: Ref, name: str) -> Refs:
        """An attribute through the class hierarchy: methods, properties, stored attributes, then external bases."""
        found: list[Ref] = []
        lineage = self.lineage(base.scope)
        for owner in lineage[1:] if base.kind == "super" else lineage:
            if owner.kind == "external":
                found += (
                    [external(f"{owner.path}.{name}")]
                    if not any(ref.kind == "function" for ref in found) or ":" in owner.path
                    else []
                )
            elif not found:
                found += self._own_member(base, owner.scope, name)
        if base.kind == "instance" and found and found[0].kind == "function":
            found += self._overrides(base, name)
        return _unique(found)

    def _own_member(self, base: Ref, owner: int, name: str) -> Iterable[Ref]:
        scope = self.index.scopes[owner]
        receiver = Ref("instance", base.scope) if base.kind == "super" else base
        declared = scope.annotations.get(name)
        if declared is not None and (found := self.annotated(owner, declared)):
            return found
        if name in scope.locals:
            return [
                ref
                for value in scope.locals[name]
                for raw in self.refs(owner, value)
                for ref in self._bind(raw, receiver, owner)
            ]
        if base.kind == "class":
            return ()
        return self.stored_attribute(owner, name)

    def _bind(self, raw: Ref, receiver: Ref, owner: int) -> Iterable[Ref]:
        """A class attribute as seen through a receiver: methods are bound, properties are called."""
        if raw.kind != "function" or self.index.enclosing_class(raw.scope) != owner:
            return [raw]
        decorated = self.decorated_with(raw.scope)
        if receiver.kind == "instance" and self._is_property(raw.scope):
            return self._returned(raw)
        if "staticmethod" in decorated:
            return [raw]
        if "classmethod" in decorated:
            return [Ref("function", raw.scope, receiver=Ref("class", receiver.scope))]
        return [Ref("function", raw.scope, receiver=receiver if receiver.kind == "instance" else None)]

    def properties(self, scope: int, attribute: int) -> list[int]:
        """The project functions that reading an attribute runs."""
        value = self.index.value(scope, attribute)
        found: list[int] = []
        for base in self.refs(scope, value.args[0]):
            for owner in self.lineage(base.scope) if base.kind == "instance" else ():
                if owner.kind == "class" and value.name in self.index.scopes[owner.scope].locals:
                    qualname = f"{self.index.scopes[owner.scope].qualname}.{value.name}"
                    method = self.index.by_qualname.get((self.index.paths[owner.scope], qualname))
                    if method is not None and self._is_property(method):
                        found.append(method)
                    break
        return found

    def _is_property(self, method: int) -> bool:
        return any(
            name.rpartition(".")[2].endswith(("property", "computed_field")) for name in self.decorated_with(method)
        )

    def _overrides(self, base: Ref, name: str) -> Iterator[Ref]:
        """The same method in subclasses, which the receiver may be an instance of."""
        for subclass in self.subclasses(base.scope)[:_LIMIT]:
            values = self.index.scopes[subclass].locals.get(name, ())
            for value in values:
                for raw in self.refs(subclass, value):
                    if raw.kind == "function":
                        yield Ref("function", raw.scope, receiver=Ref("instance", subclass))

    def stored_attribute(self, owner: int, name: str) -> Refs:
        """What methods of a class store in an attribute of the receiver, and what it is annotated to be."""
        key = owner, name
        known = self._attributes.get(key)
        if known is not None:
            return known
        self._attributes[key] = ()
        found: list[Ref] = []
        annotation = self.index.scopes[owner].annotations.get(name)
        if annotation is not None:
            found += self.annotated(owner, annotation)
        for where, position in self.index.attribute_stores.get(name, ()):
            if self.index.outer_class(where) == owner and self._on_receiver(where, position):
                found += self.refs(where, self.index.value(where, position).args[1])
                declared = self.index.scopes[where].annotations.get(f"self.{name}")
                found += self.annotated(where, declared) if declared is not None else ()
        self._attributes[key] = _unique(found)
        return self._attributes[key]

    def _on_receiver(self, where: int, position: int) -> bool:
        value = self.index.value(where, position)
        while value.op == "store":
            value = self.index.value(where, value.args[0])
        params = self.index.scopes[where].params
        return (value.op == "param" and bool(params) and params[0].name == value.name) or (
            value.op == "name" and value.name == "self"
        )

    # -- items and results ----------------------------------------------------------------------------------------

    def item(self, base: Ref, key: str, depth: int = _NESTING) -> Refs:
        """An element of something resolved; an empty key means any element."""
        if depth == 0:
            return ()
        match base.kind:
            case "container":
                return self.elements(base, key, depth)
            case "items":
                return base.items or (self.item(base.receiver, key, depth - 1) if base.receiver is not None else ())
            case "external" if base.path.endswith(("globals()", "locals()", "vars()")):
                return ()
            case "external":
                made = self._made_by(f"{base.path}[]", None)
                return made or (external(f"{base.path}[]"),)
        return ()

    def elements(self, base: Ref, key: str, depth: int = _NESTING) -> Refs:
        """The elements of a container literal: the one at a constant key, or all."""
        value = self.index.value(base.scope, base.value)
        if value.op == "dict":
            pairs = list(zip(value.args[::2], value.args[1::2], strict=True))
            chosen = [item for name, item in pairs if key and self.index.value(base.scope, name).name == key] or [
                item for _, item in pairs
            ]
        else:
            chosen = (
                [value.args[int(key)]]
                if key.isdigit() and int(key) < len(value.args) and not value.kind
                else list(value.args)
            )
        found: list[Ref] = []
        for item in chosen:
            refs = self.refs(base.scope, item)
            if self.index.value(base.scope, item).op == "star" or (value.op == "dict" and item in value.args[::2]):
                refs = tuple(ref for inner in refs for ref in self.item(inner, "", depth - 1))
            found += refs
        return _unique(found)

    def callees(self, scope: int, call: int) -> Refs:
        """What a call calls: functions, classes, instances (by `__call__`) and external paths; empty where unknown."""
        key = scope, call
        known = self._callees.get(key)
        if known is None:
            function = self.index.value(scope, call).args[0]
            known = self.refs(scope, function)
            if not self._asking:
                self._callees[key] = known
        return known

    def result(self, scope: int, position: int) -> Refs:
        """What a call returns."""
        return _unique(
            ref for callee in self.callees(scope, position) for ref in self._result_of(scope, position, callee)
        )

    def _result_of(self, scope: int, position: int, callee: Ref) -> Iterable[Ref]:
        match callee.kind:
            case "class":
                return [Ref("instance", callee.scope)]
            case "function":
                returned = list(self._returned(callee))
                typed = [external(kind) for kind in self.models_made_by_function(callee)]
                return [*returned, *typed]
            case "instance":
                return [
                    ref
                    for method in self.member(callee, "__call__")
                    if method.kind == "function"
                    for ref in self._returned(method)
                ]
            case "items" if callee.receiver is not None:
                if callee.path in ("values", "items", "copy"):
                    return [callee.receiver]
                return self.item(callee.receiver, "")
            case "external":
                return self._external_result(scope, position, callee.path)
        return ()

    def models_made_by_function(self, callee: Ref) -> tuple[str, ...]:
        """Modelled types that the models say a project function returns."""
        return tuple(
            kind
            for kind, when in self.models.made_by.get(self.models.normal(self.index.dotted(callee.scope)), ())
            if not when
        )

    def _external_result(self, scope: int, position: int, path: str) -> Iterable[Ref]:
        args = self.index.value(scope, position).args
        if path == "super":
            owner = self.index.outer_class(scope)
            return () if owner is None else [Ref("super", owner)]
        if path in _PASSING and len(args) > 1:
            return self.refs(scope, args[2] if path == "typing.cast" and len(args) > 2 else args[1])
        if path == "type" and len(args) == 2:
            return [Ref("class", ref.scope) for ref in self.refs(scope, args[1]) if ref.kind == "instance"]
        if path == "getattr" and len(args) > 2:
            key = self.index.value(scope, args[2])
            return (
                [ref for base in self.refs(scope, args[1]) for ref in self.member(base, key.name)]
                if key.op == "const"
                else ()
            )
        if (
            path in ("list", "tuple", "set", "sorted", "reversed", "dict", "iter", "enumerate", "filter", "copy.copy")
            and len(args) > 1
        ):
            return self.refs(scope, args[1])
        rows = [row for row in self.models.rows("sources", path) if "typed" in row]
        typed = [ref for row in rows for ref in self._typed(scope, position, row)]
        if typed:
            return typed
        made = self._made_by(path, (scope, position))
        if made:
            return made
        kinds = self.models.types_of_class(path) if ":" not in path else ()
        return [external(kind) for kind in kinds] or [external(f"{path}()")]

    def _typed(self, scope: int, call: int, row: Row) -> Iterator[Ref]:
        """The instances of the class that a call is given as the type of its result."""
        for operand in operands(self, scope, call, row["typed"]):
            yield from (Ref("instance", ref.scope) for ref in self.refs(scope, operand) if ref.kind == "class")

    def _made_by(self, path: str, call: tuple[int, int] | None) -> Refs:
        """The types that the models say a call returns; rows with a condition come first and shut out the others."""
        rows = [row for key in self.models.keys(path) for row in self.models.made_by.get(key, ())]
        fitting = [
            kind
            for kind, when in rows
            if when and call is not None and all_hold(self, *call, {"when": when}) is Holds.YES
        ]
        return _unique(external(kind) for kind in fitting or [kind for kind, when in rows if not when])

    def _returned(self, callee: Ref) -> Iterable[Ref]:
        """What a project function returns: by its annotation where that says something, else by its return values."""
        scope = self.index.scopes[callee.scope]
        if scope.annotation is not None:
            annotated = self.annotated(callee.scope, scope.annotation)
            if scope.annotation.name.rpartition(".")[2] == "Self" and callee.receiver is not None:
                annotated = (Ref("instance", callee.receiver.scope),)
            if annotated:
                return annotated
        return [ref for value in scope.returns[:8] for ref in self.refs(callee.scope, value)] or [
            ref for value in scope.yields[:4] for ref in self.refs(callee.scope, value)
        ]

    # -- classes --------------------------------------------------------------------------------------------------

    def lineage(self, owner: int) -> tuple[Ref, ...]:
        """A class and its bases, nearest first; external bases come as instances of what they are."""
        known = self._lineages.get(owner)
        if known is not None:
            return known
        self._lineages[owner] = (Ref("class", owner),)
        found: list[Ref] = [Ref("class", owner)]
        outer = self.index.parents[owner]
        own_kinds = self.models.types_of_class(self.index.dotted(owner))
        bases = [ref for value in self.index.scopes[owner].bases for ref in self._base(outer, value)]
        for base in bases:
            if base.kind == "class":
                found += [ref for ref in self.lineage(base.scope) if ref not in found]
            elif base.kind == "external":
                kinds = self.models.types_of_class(base.path)
                found += [external(kind) for kind in kinds] or [external(f"{base.path}()")]
        found += [external(kind) for kind in own_kinds if external(kind) not in found]
        self._lineages[owner] = tuple(found)
        return self._lineages[owner]

    def _base(self, scope: int, value: int) -> Refs:
        base = self.index.value(scope, value)
        if base.op == "item":  # Generic[T]
            return self.refs(scope, base.args[0])
        return self.refs(scope, value)

    def types(self, owner: int) -> tuple[str, ...]:
        """The modelled types that instances of a project class are."""
        found = [
            kind
            for ref in self.lineage(owner)
            if ref.kind == "external" and ":" in ref.path
            for kind in self.models.lineage(ref.path)
        ]
        return tuple(dict.fromkeys(found))

    def subclasses(self, owner: int) -> list[int]:
        """All project classes below a class."""
        if self._subclasses is None:
            self._subclasses = {}
            for number, scope in enumerate(self.index.scopes):
                if scope.form == "class":
                    for ref in self.lineage(number)[1:]:
                        if ref.kind == "class":
                            self._subclasses.setdefault(ref.scope, []).append(number)
        return self._subclasses.get(owner, [])

    # -- functions ------------------------------------------------------------------------------------------------

    def decorated_with(self, scope: int) -> tuple[str, ...]:
        """The names of a function's decorators as written, calls taken off."""
        outer = self.index.parents[scope]
        return tuple(self._spelled(outer, value) for value in self.index.scopes[scope].decorators)

    def _spelled(self, scope: int, value: int) -> str:
        known = self.index.value(scope, value)
        if known.op == "call":
            return self._spelled(scope, known.args[0])
        if known.op == "attr":
            return f"{self._spelled(scope, known.args[0])}.{known.name}"
        return known.name

    def function_of(self, callee: Ref) -> int | None:
        """The project function that a callee runs: itself, a constructor or a `__call__`."""
        if callee.kind == "function":
            return callee.scope
        if callee.kind in ("class", "instance"):
            name = "__init__" if callee.kind == "class" else "__call__"
            for owner in self.lineage(callee.scope):
                if owner.kind == "class" and name in self.index.scopes[owner.scope].locals:
                    method = self.index.by_qualname.get(
                        (self.index.paths[owner.scope], f"{self.index.scopes[owner.scope].qualname}.{name}")
                    )
                    if method is not None:
                        return method
        return None

    def paths(self, scope: int, call: int) -> tuple[str, ...]:
        """The external access paths of what a call calls, also those by which models know a project function."""
        found: list[str] = []
        for callee in self.callees(scope, call):
            found += self.paths_of(callee)
        if not found and not any(True for _ in self.callees(scope, call)):
            function = self.index.value(scope, self.index.value(scope, call).args[0])
            if function.op == "attr":
                found += [f"?.{function.name}", f"str.{function.name}"]
        return tuple(dict.fromkeys(found))

    def paths_of(self, callee: Ref) -> tuple[str, ...]:
        """The access paths by which models may know something resolved."""
        match callee.kind:
            case "external":
                _, colon, rest = callee.path.partition(":")
                if colon and "." not in rest:
                    return (f"{callee.path}.__call__",)
                return (callee.path, *(() if colon else self.models.types_of_class(callee.path)))
            case "function":
                own = self.index.enclosing_class(callee.scope)
                name = self.index.scopes[callee.scope].name
                found = [self.index.dotted(callee.scope)]
                owner = (
                    callee.receiver.scope if callee.receiver is not None and callee.receiver.kind == "instance" else own
                )
                if owner is not None:
                    found += [f"{kind}.{name}" for kind in self.types(owner)]
                return tuple(found)
            case "class":
                return (self.index.dotted(callee.scope), *self.types(callee.scope))
            case "instance":
                return tuple(f"{kind}.__call__" for kind in self.types(callee.scope))
        return ()


def _unique(refs: Iterable[Ref]) -> Refs:
    found: dict[Ref, None] = {}
    for ref in refs:
        found[ref] = None
        if len(found) >= _LIMIT:
            break
    return tuple(found)
