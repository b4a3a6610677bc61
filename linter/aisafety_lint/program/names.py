"""Names to what they stand for: imports across files, enclosing scopes, parameters, annotations."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from aisafety_lint.program.index import Index
from aisafety_lint.program.lazy import lazy_targets
from aisafety_lint.program.linking import Linking
from aisafety_lint.program.models import Models
from aisafety_lint.program.refs import MOST, Ref, Refs, external, unique
from aisafety_lint.python.facts import Annotation, Call

_CALLERS = 12
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
_PLAIN = frozenset({"str", "bytes", "Any", "object", "None", "bool", "int", "float", "Literal", "TypeVar", "Callable"})


class Names(Linking):
    """Resolves names as written in a scope."""

    def __init__(self, index: Index, models: Models) -> None:
        super().__init__(index, models)
        self._declaring: set[tuple[int, str]] = set()

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
        starred = self._starred(module, name)
        if starred:
            return starred
        stored = self.index.global_stores.get((self.index.paths[scope], name), ())
        if stored:
            return unique(ref for where, value in stored for ref in self.refs(where, value))
        return (external(name),) if name not in self.index.scopes[module].locals else ()

    def _definitions(self, scope: int, name: str) -> Refs:
        """All definitions of a local name together."""
        values = self.index.scopes[scope].locals.get(name, ())
        found = [ref for value in values[-8:] for ref in self.refs(scope, value)]
        set_later: list[Ref] = []
        if self.index.scopes[scope].form == "module":
            stores = self.index.global_stores.get((self.index.paths[scope], name), ())
            set_later = [ref for where, value in stores for ref in self.refs(where, value)]
        found += set_later
        annotation = self.index.scopes[scope].annotations.get(name)
        # What a function sets it to may be of a type that no model knows, and the annotation tells.
        untold = not found or (set_later and all(ref.kind == "external" and ":" not in ref.path for ref in found))
        if annotation is not None and untold and (scope, name) not in self._declaring:
            self._declaring.add((scope, name))  # a type may be declared in terms of itself
            found += self.annotated(scope, annotation)
            self._declaring.discard((scope, name))
        return unique(found)

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
        starred = self._starred(module, name)
        if starred:
            return starred
        dotted = self.index.modules.names[self.index.paths[module]]
        path = self.index.modules.find(f"{dotted}.{name}", self.index.paths[module]) if dotted else None
        return (Ref("module", self.index.first[path]),) if path else self._lazy(module, name)

    def _starred(self, module: int, name: str) -> Refs:
        """A name that a module has from `import *`: of the last module that offers it."""
        for item in reversed(self.index.scopes[module].imports):
            if item.name == "*":
                target = self.index.modules.find(self.index.absolute(module, item.module), self.index.paths[module])
                first = -1 if target is None else self.index.first[target]
                if first not in (-1, module) and self._offers(first, name):
                    found = self.module_member(first, name)
                    if found:
                        return found
        return ()

    def _offers(self, module: int, name: str) -> bool:
        """Whether `import *` takes a name: those of `__all__`, else those without a leading underscore."""
        scope = self.index.scopes[module]
        listed = scope.locals.get("__all__", ())
        values = [scope.values[item] for value in listed for item in (value, *scope.values[value].args)]
        literals = [value for value in values if value.op in ("list", "tuple")]
        items = [scope.values[item] for literal in literals for item in literal.args]
        if not items or any(item.op != "const" for item in items):
            return not name.startswith("_")
        return any(item.name == name for item in items)

    def _lazy(self, module: int, name: str) -> Refs:
        """A name that the module's `__getattr__` imports when it is asked for it."""
        loader = self.index.by_qualname.get((self.index.paths[module], "__getattr__"))
        if loader is not None and name in self.index.scopes[loader].locals:
            return self._definitions(loader, name)
        for target, attribute in lazy_targets(self.index, module, name):
            path = self.index.modules.find(target, self.index.paths[module]) if target else None
            if path is not None and self.index.first[path] != module:
                found = self.module_member(self.index.first[path], attribute)
                if found:
                    return found
        return ()

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
        found += self._passed(scope, name)
        if param.form == "positional" and known.params.index(param) <= (owner is not None):
            found += self._decorated(scope)
        return unique(found)

    def _decorated(self, scope: int) -> Iterator[Ref]:
        """What a decorator, or the function that a decorator factory returns, is called with."""
        outer = self.index.parents[scope]
        names = [self.index.scopes[scope].name]
        if outer >= 0 and self.index.scopes[outer].form != "module":
            names.append(self.index.scopes[outer].name)
        for name in names:
            for decorated, value in self.index.decorated_by.get(name, ()):
                where = self.index.parents[decorated]
                if any(self.function_of(ref) == scope for ref in self.refs(where, value)):
                    form = self.index.scopes[decorated].form
                    yield Ref("class" if form == "class" else "function", decorated)

    def dispatchers(self, function: int) -> Iterator[str]:
        """The names of the functions that a function is registered with (`@name.register`)."""
        for name in self.decorated_with(function):
            owner, _, last = name.rpartition(".")
            if owner and last == "register":
                yield owner.rpartition(".")[2]

    def variants(self, function: int) -> Iterator[Ref]:
        """The functions registered for other types of the first argument (`functools.singledispatch`)."""
        name = self.index.scopes[function].name
        if any(word.rpartition(".")[2].startswith("singledispatch") for word in self.decorated_with(function)):
            for decorated, value in self.index.decorated_by.get("register", ()):
                same_file = self.index.paths[decorated] == self.index.paths[function]
                if same_file and self._spelled(self.index.parents[decorated], value).endswith(f"{name}.register"):
                    yield Ref("function", decorated)

    def _passed(self, scope: int, name: str) -> Iterator[Ref]:
        """What the callers found by name pass for a parameter."""
        candidates = self._calls(scope)
        if len(candidates) > _CALLERS * 4:
            return
        for where, call in candidates[:_CALLERS]:
            for callee in self.callees(where, call.value):
                if self.function_of(callee) == scope:
                    bound = callee.receiver is not None or callee.kind in ("class", "instance")
                    operand = self.argument_for(where, call, scope, name, bound=bound, given=callee.given)
                    if operand is not None:
                        yield from self.refs(where, operand)

    def _calls(self, scope: int) -> Sequence[tuple[int, Call]]:
        """The calls that may run a function by their names: those of its class for one that makes an object, and of
        the classes that inherit it or that call it by `super()`."""
        name = self.index.scopes[scope].name
        owner = self.index.enclosing_class(scope) if name in ("__init__", "__call__") else None
        if owner is None:
            return self.index.calls_by_name.get(name, ())
        found = list(self.index.calls_by_name.get(self.index.scopes[owner].name, ()))
        for below in self.subclasses(owner)[:MOST] if name == "__init__" else ():
            inherited = "__init__" not in self.index.methods[below]
            found += self.index.calls_by_name.get(self.index.scopes[below].name, ()) if inherited else ()
            found += self.index.inits_called.get(below, ())
        return found

    def argument_for(
        self, where: int, call: Call, function: int, name: str, *, bound: bool, given: int = 0
    ) -> int | None:
        """The operand that a call passes for a parameter, or None; `given` positional arguments are bound already."""
        operands = self.index.value(where, call.value).args[1:]
        params = self.index.scopes[function].params
        positional = [param.name for param in params if param.form == "positional"][bound + given :]
        if name in call.keywords:
            return operands[call.keywords.index(name)]
        if name in positional:
            place = positional.index(name)
            passed = [operand for operand, keyword in zip(operands, call.keywords, strict=True) if keyword == ""]
            if place < len(passed) and "*" not in call.keywords[: place + 1]:
                return passed[place]
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
            return unique(ref for item in items for ref in self.annotated(scope, item, depth - 1))
        if last in _COLLECTIONS or last in _MAPPINGS:
            items = annotation.args[1:] if last in _MAPPINGS else annotation.args
            inner = unique(ref for item in items for ref in self.annotated(scope, item, depth - 1))
            return (Ref("items", items=inner),) if inner else ()
        if last in ("Type", "type"):
            return unique(
                Ref("class", ref.scope)
                for item in annotation.args
                for ref in self.annotated(scope, item, depth - 1)
                if ref.kind == "instance"
            )
        if last == "Self":
            owner = self.index.outer_class(scope)
            return () if owner is None else (Ref("instance", owner),)
        # `Shape = Union[Square, Circle]` names no class: what it stands for is written there.
        classes = [ref for ref in self.dotted(scope, annotation.name) if not ref.path.endswith("[]")]
        found = unique(ref for named in classes for ref in self.instances(named))
        if found:
            return tuple(self._filled(scope, ref, annotation, depth) for ref in found) if annotation.args else found
        aliases = self.aliases(scope, annotation.name)
        return unique(ref for where, other in aliases for ref in self.annotated(where, other, depth - 1))

    def _filled(self, scope: int, ref: Ref, annotation: Annotation, depth: int) -> Ref:
        """An instance of a modelled type that has an attribute of one of the types in brackets (`Run[Settings]`)."""
        _, place = self.models.generics.get(ref.path, ("", -1))
        if not 0 <= place < len(annotation.args):
            return ref
        return msgspec.structs.replace(ref, items=self.annotated(scope, annotation.args[place], depth - 1))

    def instances(self, named: Ref) -> Iterable[Ref]:
        """Instances of a class."""
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
            found = unique(ref for base in found for ref in self.member(base, part))
        return found

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
