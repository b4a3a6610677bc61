"""Taint over the program: an on-demand tabulation from the sources, with one context for each untrusted parameter.

A *context* is where untrusted content enters a function: a source, or a parameter (and the part of it) in some call.
In each context the untrusted values are followed through the sparse value graph. What a context finds (sinks reached,
parts of its return value, parameters written into) is its summary: it is computed once and applied at every call that
enters the context, so that content never returns to a caller that it did not come from.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping

from aisafety_lint.flow.binding import argument_of, bind_operand, is_bound, receiver_of
from aisafety_lint.flow.callsites import CallSites
from aisafety_lint.flow.decided import Decided
from aisafety_lint.flow.grouping import group_kinds
from aisafety_lint.flow.hits import Hits
from aisafety_lint.flow.implicit import Implicit
from aisafety_lint.flow.library import Library
from aisafety_lint.flow.nodes import NONE, Arrival, Context, Hit, Kindset, Node
from aisafety_lint.flow.operations import UNWRAPPED, Operations
from aisafety_lint.flow.reach import Nearness, Reach
from aisafety_lint.flow.sharing import homes, readers_of_attribute, readers_of_global, readers_of_variable
from aisafety_lint.flow.sources import Seed, carries, scalar, small
from aisafety_lint.flow.transfer import FILE, Path, cut, passes
from aisafety_lint.flow.ways import Part, Ways
from aisafety_lint.program.conditions import Holds
from aisafety_lint.program.constrained import Constrained
from aisafety_lint.program.declared import field_of
from aisafety_lint.program.model import Program
from aisafety_lint.program.refs import Ref
from aisafety_lint.python.facts import Value

_WRITABLE = frozenset({"store", "param"})
_MOST = 400_000
_CROSSINGS = 8


class Solver:
    """Follows the seeds of a program to the sinks; `most` bounds the untrusted parts that are followed.

    `interest`: which kinds of sinks matter for each kind of source; `cut`: whether not all was followed.
    """

    def __init__(self, program: Program, interest: Mapping[str, Kindset], most: int = _MOST) -> None:
        self.resolver = program.resolver
        self.index = program.index
        self.guards = program.guards
        self.consent = program.consent
        self.kinds = program.kinds
        self.library = Library(program.resolver, program.kinds)
        self.implicit = Implicit(program.resolver)
        self.constrained = Constrained(program.resolver, program.kinds)
        self.decided = Decided(program.resolver)
        self.operations = Operations(self.library, program.guards)
        self.sites = CallSites(self.library, self.implicit)
        self.interest = interest
        self.most = most
        self.cut = False
        self.groups: list[tuple[Kindset, Nearness]] = []
        self.contexts: list[Context] = []
        self.entries: dict[tuple[int, int, int, Path, Kindset], int] = {}
        self.reached: dict[Node, Arrival] = {}
        self.parts: dict[tuple[int, int, int, Path], list[Kindset]] = defaultdict(list)
        self.work: list[deque[Node]] = [deque() for _ in range(_CROSSINGS + 1)]
        self.callers: dict[int, dict[tuple[Node, int, int], None]] = defaultdict(dict)
        self.exits: dict[int, list[tuple[str, Node]]] = defaultdict(list)
        self.hits = Hits(self.decided)
        self.seeded: frozenset[tuple[int, int]] = frozenset()
        self.instances: dict[tuple[int, int], Ref] = {}
        self.readers: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
        self.attribute_readers: dict[tuple[int, str], tuple[tuple[int, int], ...]] = {}
        self.cleared: dict[tuple[int, int, int], Kindset] = {}

    def solve(self, seeds: tuple[Seed, ...]) -> Iterator[tuple[Seed, Hit]]:
        """Follow all seeds; yields each seed with each sink that it reaches.

        Few sources reach a sink at all. So those of a kind are followed together first, and then one by one, only along
        the parts that lead to a sink.
        """
        self.seeded = frozenset((seed.scope, seed.value) for seed in seeds if not seed.passes)
        self.instances = {(seed.scope, seed.value): seed.known for seed in seeds if seed.known is not None}
        groups = self._group({seed.kind for seed in seeds})
        alike: dict[str, list[Seed]] = defaultdict(list)
        for seed in seeds:
            if seed.kind in groups:
                alike[seed.kind].append(seed)
        together = {
            self._begin(groups[kind], frozenset.intersection(*(seed.clean for seed in found)), found, Ways()): found
            for kind, found in alike.items()
        }
        self._follow(self.most)
        self.entries.clear()  # what called functions have found is found again, in the order of the way to each source
        alone: dict[tuple[int, int], int] = {}
        for number, found in together.items():
            shared = self.contexts[number]
            only = frozenset() if shared.ways is None else shared.ways.leading()
            for seed in found if only else ():
                if any((seed.scope, seed.value, path) in only for path, _ in seed.parts()):
                    alone[seed.scope, seed.value] = self._begin(shared.group, seed.clean, [seed], only=only)
        self._follow(2 * self.most)
        for seed in seeds:
            context = alone.get((seed.scope, seed.value))
            for hit in self.hits.sinks(context) if context is not None else ():
                if hit.kind in self.interest[seed.kind]:
                    yield seed, hit

    def _begin(
        self,
        group: int,
        clean: Kindset,
        seeds: Iterable[Seed],
        ways: Ways | None = None,
        only: frozenset[Part] | None = None,
    ) -> int:
        """Begin a context of sources; returns its number."""
        number = len(self.contexts)
        self.contexts.append(Context(group, 0, -1, -1, (), clean, ways, only))
        for seed in seeds:
            checked = self._at_entry(seed.scope, seed.value) | self.constrained.parameter(seed.scope, seed.value)
            for path, cleaned in seed.parts():
                self.add(Node(number, seed.scope, seed.value, path, cleaned | checked), Arrival(0))
        return number

    def _follow(self, bound: int) -> None:
        """Follow what is begun to its end, or until so many parts are reached in all."""
        while (nearest := next(filter(None, self.work), None)) and len(self.reached) < bound:
            self._process(nearest.popleft())
        for waiting in self.work:
            self.cut |= bool(waiting)
            waiting.clear()

    def _group(self, sources: Iterable[str]) -> dict[str, int]:
        """The group of each kind of source that has sinks; how near everything is to those is found once a group."""
        wanted = {source: self.interest[source] for source in sorted(sources) if self.interest.get(source)}
        groups = group_kinds(wanted.values())
        reach = Reach(self.library, self.operations, self.sites, self.seeded)
        self.groups = [(kinds, reach.nearness(kinds)) for kinds in groups]
        return {
            source: next(number for number, group in enumerate(groups) if kinds <= group)
            for source, kinds in wanted.items()
        }

    def add(self, node: Node, arrival: Arrival) -> None:
        """Reach a node, unless it is too far from every sink, or it or a less cleaned one was reached before."""
        number, scope, value, path, reached = node
        context = self.contexts[number]
        if context.only is not None and (scope, value, path) not in context.only:
            return
        _, near = self.groups[context.group]
        if arrival.crossings + near.distance(scope, value, path) > _CROSSINGS:
            return
        if context.ways is not None and arrival.before is not None:
            context.ways.before[scope, value, path].add(arrival.before.part)
        known = self.parts[number, scope, value, path]
        for cleaned in known:
            if cleaned <= reached:
                return
        known.append(reached)
        self.reached[node] = arrival
        self.work[arrival.crossings].append(node)

    # -- inside a function ----------------------------------------------------------------------------------------

    def _process(self, node: Node) -> None:
        values = self.index.scopes[node.scope].values
        known = self.instances.get((node.scope, node.value)) if self.reached[node].before is None else None
        for position, operand in self.sites.uses(node.scope).get(node.value, ()):
            user = values[position]
            if known is not None and self.resolver.excludes(node.scope, node.value, user.guard, known):
                continue
            checked = self._cleared(node.scope, node.value, user.guard)
            cleaned = node.cleaned | checked if checked else node.cleaned
            if "all" in cleaned:
                continue
            if user.op == "call":
                self._call(node, position, operand, cleaned)
            elif user.op == "global":
                self._share(node, readers_of_global(self.index, node.scope, user.name), node.path, cleaned)
            else:
                if user.op == "attr":
                    self._method(node, position, cleaned)
                self._operation(node, position, user, operand, cleaned)
        self._leave(node)
        if node.path == FILE:
            self._named_alike(node)
        self._share(node, self._readers(node.scope, node.value), node.path, node.cleaned)

    def _readers(self, scope: int, value: int) -> tuple[tuple[int, int], ...]:
        """Where a value is known by a variable of another scope, or as the default of a parameter."""
        known = self.readers.get((scope, value))
        if known is None:
            by_default = self.index.defaults.get((scope, value), ())
            known = self.readers[scope, value] = (*readers_of_variable(self.resolver, scope, value), *by_default)
        return known

    def _cleared(self, scope: int, value: int, guard: int) -> Kindset:
        """What is known of a value under a guard; many nodes are about the same value."""
        key = scope, value, guard
        known = self.cleared.get(key)
        if known is None:
            known = self.cleared[key] = self.guards.cleared(scope, value, guard)
        return known

    def _onwards(self, node: Node, crossings: int = 0) -> Arrival:
        """The arrival at what comes after a node."""
        return Arrival(self.reached[node].crossings + crossings, node)

    def _share(self, node: Node, readers: Iterable[tuple[int, int]], path: Path, cleaned: Kindset) -> None:
        """Content that was stored in a variable or attribute is read elsewhere."""
        for scope, value in readers:
            self.add(Node(node.context, scope, value, path, cleaned), self._onwards(node, 1))

    def _named_alike(self, node: Node) -> None:
        """A file has untrusted content: so it has under its other names, and for who passed the name in."""
        before = self.reached[node].before
        for value in self.library.files.aliases(node.scope, node.value, before):
            self.add(Node(node.context, node.scope, value, FILE, node.cleaned), self._onwards(node))
        known = self.index.value(node.scope, node.value)
        if known.op == "param" and before is not None:
            self._exit(f"param {known.name}", node)

    def _operation(self, node: Node, position: int, user: Value, operand: int, cleaned: Kindset) -> None:
        clean = self.contexts[node.context].clean
        if user.op in ("attr", "item") and self._is_guess(node):
            cleaned |= self.operations.answered(node, user)
        given = node if cleaned == node.cleaned else Node(*node[:4], cleaned)
        if user.op in ("store", "item", "dict", "tuple"):
            for row in self.operations.item_sinks(given, position, user, operand):
                self._hit(Hit(row, node.scope, position, node, row["kind"], Holds.YES))
        may_run = user.op in self.implicit.operations and (node.path or operand)
        runs = self.implicit.runs(node.scope, position) if may_run else ()
        for function, params in runs:
            if operand < len(params) and params[operand] >= 0:
                self._register(self._context(node, function, params[operand], node.path), node, position, cleaned)
        passed = None if runs else self.operations.passed(given, position, user, operand, clean)
        if passed is not None:
            self.add(Node(node.context, node.scope, position, *passed), self._onwards(node))

    def _is_guess(self, node: Node) -> bool:
        """Whether a node is what an unknown call gives, and untrusted because something that it was given is."""
        while (before := self.reached[node].before) and self.index.value(node.scope, node.value).op in UNWRAPPED:
            node = before
        return self.reached[node].guessed

    # -- calls ----------------------------------------------------------------------------------------------------

    def _call(self, node: Node, call: int, operand: int, cleaned: Kindset) -> None:
        if operand == 0:
            self._called_value(node, call, cleaned)
            return
        self._operand(node, call, node.value, node.path, cleaned, node)

    def _called_value(self, node: Node, call: int, cleaned: Kindset) -> None:
        """The function of a call is untrusted itself; an attribute of something untrusted is a method on it."""
        if self.index.value(node.scope, node.value).op != "attr":
            self.add(Node(node.context, node.scope, call, (), cleaned), self._onwards(node))

    def _method(self, node: Node, attribute: int, cleaned: Kindset) -> None:
        """An attribute of something untrusted: the calls of the method that it is."""
        if not node.path and self.index.value(node.scope, attribute).name in self.contexts[node.context].clean:
            return
        for position, operand in self.sites.uses(node.scope).get(attribute, ()):
            if operand == 0 and self.index.value(node.scope, position).op == "call":
                self._operand(node, position, node.value, node.path, cleaned, node)

    def _operand(self, node: Node, call: int, operand: int, path: Path, cleaned: Kindset, origin: Node) -> None:
        """An untrusted operand (an argument or the receiver) of a call: sinks, called functions, the result."""
        scope = node.scope
        for row, held in self.library.sinks(scope, call):
            if not self.kinds.safe(row["kind"], cleaned) and self.library.at_sink(scope, call, row, operand, path):
                self._hit(Hit(row, scope, call, origin, row["kind"], held))
        for target in self.library.files.written(scope, call, operand, path):
            self.add(Node(node.context, scope, target, FILE, cleaned), self._onwards(origin))
        if (scope, call) in self.seeded:
            return  # what goes into a model or a retriever does not come out of it
        entered = False
        for callee in self.resolver.callees(scope, call):
            entered |= self._enter(node, call, operand, path, cleaned, callee)
        entered |= self._run(node, call, operand, path, cleaned)
        if not entered:
            passed = self.library.result(scope, call, operand, path)
            if passed is not None:
                after = cleaned | passed.cleans
                arrival = self._onwards(origin)._replace(guessed=passed.guessed)
                self.add(Node(node.context, scope, call, passed.path, after), arrival)

    def _enter(self, node: Node, call: int, operand: int, path: Path, cleaned: Kindset, callee: Ref) -> bool:
        """Enter a called project function; returns whether the callee's own code decides about the result."""
        if callee.kind == "class" and small(self.resolver, callee.scope):
            return True  # a member of an enumeration
        function = self.resolver.function_of(callee)
        if function is None:
            return callee.kind == "class" and self._construct(node, call, operand, path, cleaned, callee)
        for param, inner in bind_operand(self.resolver, node.scope, call, operand, path, callee, function):
            declared = next((item for item in self.index.scopes[function].params if item.value == param), None)
            if declared is None or (not inner and not carries(self.resolver, function, declared)):
                continue
            checked = cleaned | self.guards.at_entry(function, declared.name)
            if "all" not in checked:
                self._register(self._context(node, function, param, inner), node, call, checked)
        return True

    def _run(self, node: Node, call: int, operand: int, path: Path, cleaned: Kindset) -> bool:
        """A library that calls a function it is given (a thread, an executor) with arguments that it is given."""
        entered = False
        for row, function in self.library.runs(node.scope, call):
            for param, inner in self.library.passed_on(node.scope, call, operand, path, row, function):
                self._register(self._context(node, function.scope, param, inner), node, call, cleaned)
                entered |= row.get("returns") != "other"
        for method in self.implicit.called(node.scope, call) if path else ():
            receiver = self.index.scopes[method].params[0].value
            self._register(self._context(node, method, receiver, path), node, call, cleaned)
            entered = True
        return entered

    def _register(self, context: int, node: Node, call: int, cleaned: Kindset) -> None:
        """Note that a node enters a context at a call, and apply what the context has found so far."""
        caller = Node(node.context, node.scope, node.value, node.path, cleaned)
        if cleaned != node.cleaned and caller not in self.reached:
            self.reached[caller] = self._onwards(node)
        if (caller, node.scope, call) in self.callers[context]:
            return
        self.callers[context][caller, node.scope, call] = None
        for kind, exit_node in list(self.exits[context]):
            self._apply(kind, exit_node, caller, node.scope, call)
        for hit in self.hits.of(context):
            self._raise(hit, caller, node.scope, call)

    def _construct(self, node: Node, call: int, operand: int, path: Path, cleaned: Kindset, callee: Ref) -> bool:
        """A class without a constructor of its own (dataclass, model): arguments become fields by name or position."""
        record = self.index.calls[node.scope][call]
        fields = self.resolver.fields(callee.scope)
        for place, (keyword, item) in enumerate(
            zip(record.keywords, self.index.value(node.scope, call).args[1:], strict=True)
        ):
            if item != operand:
                continue
            name = (
                keyword
                if keyword not in ("", "*", "**")
                else fields[place]
                if keyword == "" and place < len(fields)
                else "*"
            )
            kept = path if keyword == "**" else cut((name, *path))
            declared = field_of(self.resolver, callee.scope, name)
            if declared is None or not scalar(self.resolver, *declared):
                self.add(Node(node.context, node.scope, call, kept, cleaned), self._onwards(node))
                for where, param in self.sites.states.delivered(callee.scope):
                    self.add(Node(node.context, where, param, kept, cleaned), self._onwards(node, 1))
                for function in self.implicit.constructed(callee.scope):
                    receiver = self.index.scopes[function].params[0].value
                    self._register(self._context(node, function, receiver, kept), node, call, cleaned)
        return True

    def _at_entry(self, function: int, value: int) -> Kindset:
        """What the decorators of a function have checked of a parameter before it starts."""
        known = self.index.value(function, value)
        return self.guards.at_entry(function, known.name) if known.op == "param" else NONE

    def _context(self, node: Node, function: int, param: int, path: Path) -> int:
        group = self.contexts[node.context].group
        clean = self.contexts[node.context].clean
        key = group, function, param, path, clean
        known = self.entries.get(key)
        if known is None:
            crossings = self.reached[node].crossings + 1
            self.contexts.append(Context(group, crossings, function, param, path, clean))
            known = self.entries[key] = len(self.contexts) - 1
            self.add(Node(known, function, param, path, NONE), Arrival(crossings))
        return known

    # -- results and hits -----------------------------------------------------------------------------------------

    def _leave(self, node: Node) -> None:
        """What the end of a function hands to its callers."""
        scope = self.index.scopes[node.scope]
        if node.value in scope.returns:
            # What only the operator's switch returns (an escape hatch beside the checked result) is not the rule.
            if len(scope.returns) == 1 or not self.consent.switched(node.scope, scope.values[node.value].guard):
                self._exit("", node)
                for where, value, path in self.sites.states.handed(node.scope, node.path):
                    self.add(Node(node.context, where, value, path, node.cleaned), self._onwards(node, 1))
        elif node.value in scope.yields:
            self._exit("*", node)
        elif node.value in scope.raises:
            self._exit("!", node)
        if node.path and scope.values[node.value].op in _WRITABLE:
            self._written(node)

    def _written(self, node: Node) -> None:
        """An object that is known elsewhere (to the caller, as a variable of another scope) has been written into."""
        root = self.index.value(node.scope, node.value)
        while root.op == "store":
            root = self.index.value(node.scope, root.args[0])
        entry = self.contexts[node.context]
        if (node.scope, node.value, node.path) == (entry.scope, entry.value, entry.path):
            return
        self._bring_home(node)
        if root.op != "param":
            return
        self._exit(f"param {root.name}", node)
        is_receiver = self.index.scopes[node.scope].params[0].name == root.name
        if is_receiver and self.contexts[node.context].is_source:
            key = node.scope, node.path[0]
            if key not in self.attribute_readers:
                self.attribute_readers[key] = tuple(readers_of_attribute(self.resolver, *key))
            self._share(node, self.attribute_readers[key], node.path[1:], node.cleaned)

    def _bring_home(self, node: Node) -> None:
        """What was written into an object is there too where the object is known by another name."""
        for scope, value, path in homes(self.resolver, node.scope, node.value, node.path):
            self.add(Node(node.context, scope, value, path, node.cleaned), self._onwards(node, 1))

    def _exit(self, kind: str, node: Node) -> None:
        context = self.contexts[node.context]
        if context.scope == node.scope:
            self.exits[node.context].append((kind, node))
            for caller, scope, call in list(self.callers[node.context]):
                self._apply(kind, node, caller, scope, call)
        else:
            for scope, call in self.sites.giving(node.scope):
                self._emerge(kind, node, scope, call, node.context, node.cleaned, self._onwards(node, 1))

    def _apply(self, kind: str, exit_node: Node, caller: Node, scope: int, call: int) -> None:
        """Apply an exit of a called context at a call."""
        cleaned = caller.cleaned | exit_node.cleaned
        inside = self.reached[exit_node].crossings - self.contexts[exit_node.context].crossings
        arrival = self._onwards(caller, inside + 2)._replace(through=exit_node)
        self._emerge(kind, exit_node, scope, call, caller.context, cleaned, arrival)

    def _emerge(
        self, kind: str, exit_node: Node, scope: int, call: int, context: int, cleaned: Kindset, arrival: Arrival
    ) -> None:
        if self.decided.bars(scope, call, exit_node.scope, exit_node.value):
            return
        if kind == "!":
            for target in self.sites.caught(scope, call):
                self.add(Node(context, scope, target, exit_node.path, cleaned), arrival)
        elif kind in ("", "*"):
            path = None if (scope, call) in self.seeded else self._returned(kind, exit_node, scope, call)
            if path is not None:
                self.add(Node(context, scope, call, path, cleaned), arrival)
        else:
            known = self._argument(scope, call, exit_node.scope, kind.removeprefix("param "))
            if known is not None:
                written = Node(context, scope, known, exit_node.path, cleaned)
                self.add(written, arrival)
                if written in self.reached and written.path:
                    self._bring_home(written)

    def _returned(self, kind: str, exit_node: Node, scope: int, call: int) -> Path | None:
        """The untrusted part of what a call, or an operation that runs a function, gives; None for a number or so."""
        annotation = self.index.scopes[exit_node.scope].annotation
        if annotation is not None and not exit_node.path and scalar(self.resolver, exit_node.scope, annotation):
            return None
        path = exit_node.path if kind == "" else cut(("*", *exit_node.path))
        value = self.index.value(scope, call)
        if value.op != "call":
            return passes(value, 0, path) if value.op == "element" else None if value.op == "store" else path
        how = self.library.returns(scope, call)
        return None if how == "other" else cut(("*", *path)) if how == "elements" else path

    def _argument(self, scope: int, call: int, function: int, name: str) -> int | None:
        """The value in the caller behind a parameter: an argument, the receiver, or the object under construction."""
        is_receiver = (
            self.index.enclosing_class(function) is not None and self.index.scopes[function].params[0].name == name
        )
        value = self.index.value(scope, call)
        if value.op != "call":
            return None if not is_receiver else call if value.op == "store" else value.args[0]
        callees = [ref for ref in self.resolver.callees(scope, call) if self._is_callee(ref, function)]
        if not is_receiver or not is_bound(callees):
            return argument_of(self.resolver, scope, call, callees, function, name)
        if any(ref.kind == "class" for ref in callees):
            return call
        attribute = self.index.value(scope, value.args[0])
        return receiver_of(self.resolver, scope, attribute.args[0]) if attribute.op == "attr" else None

    def _is_callee(self, ref: Ref, function: int) -> bool:
        made = ref.kind == "class" and function in self.implicit.constructed(ref.scope)
        return made or self.resolver.function_of(ref) == function

    def _hit(self, hit: Hit) -> None:
        """Record a sink in its context and hand it to the callers of the context."""
        number = hit.node.context
        context = self.contexts[number]
        if hit.kind not in self.groups[context.group][0]:
            return
        if context.ways is not None:
            context.ways.goals.add(hit.node.part)
        if self.hits.add(number, hit) and not context.is_source:
            for caller, scope, call in list(self.callers[number]):
                self._raise(hit, caller, scope, call)

    def _raise(self, hit: Hit, caller: Node, scope: int, call: int) -> None:
        past = hit.inner is not None and self.decided.dispatches_past(scope, call, hit.scope, hit.call, hit.inner.scope)
        safe = self.kinds.safe(hit.kind, caller.cleaned | hit.node.cleaned)
        if not safe and not past and not self.decided.excludes(scope, call, hit):
            self._hit(Hit(hit.row, scope, call, caller, hit.kind, hit.held, hit))
