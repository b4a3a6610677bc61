"""What the conditions that dominate a place establish about values: for which sink kinds they are safe there.

A condition is judged by what it does: a helper function by what it returns and where it raises, never by its name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from aisafety_lint.program.awaited import awaited_functions
from aisafety_lint.program.beginnings import Allowed, allowed_by_list, allowed_by_start
from aisafety_lint.program.checked import Check, common
from aisafety_lint.program.entries import Entries
from aisafety_lint.program.flags import is_flag
from aisafety_lint.program.ingredients import made_of, split_of, wildcards
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.limited import left_out, not_given, still_open
from aisafety_lint.program.modelled import ModelledChecks
from aisafety_lint.program.patterns import characters_of, full_matches
from aisafety_lint.program.reads import Read, read_of
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.slices import alternatives, kept, sliced
from aisafety_lint.program.wholes import all_listed, texts_of, texts_tried
from aisafety_lint.python.facts import Guard, Value

ALL = frozenset({"all"})
Allowing = Callable[[Resolver, Kinds, int, int], Iterator[Allowed]]
_DEPTH = 5
_MOST = 200  # of the checks in force, those made last
_READ = frozenset({"param", "attr", "item", "element", "phi", "await", "copy"})  # empty where it is false
_OPPOSITE = {"true": "false", "false": "true"}
_SPACE = frozenset(" \t\n\r\f\v")


class Guards(ModelledChecks):
    """Answers about the guards of a program's scopes.

    `switched` tells what only the operator's switch leads to, `filled` are the parameters that a model fills.
    """

    def __init__(
        self,
        resolver: Resolver,
        kinds: Kinds,
        switched: Callable[[int, int], bool],
        filled: frozenset[tuple[int, int]] = frozenset(),
    ) -> None:
        super().__init__(resolver, kinds)
        self.filled = filled
        self.switched = switched
        self.entries = Entries(resolver, self)
        self._raising = {
            key.rpartition(".")[2]
            for key, rows in resolver.models.facts["checks"].items()
            if any("raises" in row for row in rows)
        }
        self._checks: dict[tuple[int, int], tuple[Check, ...]] = {}
        self._origins: dict[tuple[int, int], frozenset[int]] = {}
        self._summaries: dict[tuple[int, str, str], tuple[tuple[str, Check], ...]] = {}

    # -- sanitizing checks ----------------------------------------------------------------------------------------

    def cleared(self, scope: int, value: int, guard: int) -> frozenset[str]:
        """The sink kinds for which a value is known to be safe under a guard."""
        known = self.index.value(scope, value)
        found = self._as_result(scope, value, known) if known.op == "call" else frozenset()
        checks = self.checks(scope, guard)
        read = read_of(self.index, scope, value) if checks else (value, ())
        for check in checks:
            if check.after or check.unless or check.element >= 0:
                continue
            if self._read(scope, check) == read or (check.derived and value in self._made_from(scope, check.value)):
                found |= check.cleans
        return found

    def _made_from(self, scope: int, value: int) -> frozenset[int]:
        """The value and those it was derived from: not the object of the project whose field it is."""
        known = self._origins.get((scope, value))
        if known is None:
            known = self._origins[scope, value] = sliced(self.index, scope, value, within=self._is_field)
        return known

    def _is_field(self, scope: int, value: int) -> bool:
        known = self.index.value(scope, value)
        return known.op == "attr" and any(ref.kind == "instance" for ref in self.resolver.refs(scope, known.args[0]))

    def _read(self, scope: int, check: Check) -> Read:
        """What a check has tested: of two reads of the same part, testing one is testing the other."""
        value, path = read_of(self.index, scope, check.value)
        return value, (*path, *check.path)

    def _as_result(self, scope: int, value: int, known: Value) -> frozenset[str]:
        """The kinds that a check clears in its own result, since it raises where it fails."""
        if self.index.value(scope, known.args[0]).name not in self._raising:
            return frozenset()
        passed = (check for check in self.modelled(scope, value, "returned", "") if check.value == value)
        return frozenset().union(*(check.cleans for check in passed))

    def at_entry(self, function: int, name: str) -> frozenset[str]:
        """The sink kinds for which a parameter is safe where a function starts, since its decorators check it."""
        return self.entries.at_entry(function, name)

    def checks(self, scope: int, guard: int) -> tuple[Check, ...]:
        """All checks that hold under a guard."""
        guards = self.index.scopes[scope].guards
        pending: list[int] = []
        while guard >= 0 and (scope, guard) not in self._checks:
            pending.append(guard)
            guard = guards[guard].parent
        known = self._checks[scope, guard] if guard >= 0 else ()
        for number in reversed(pending):
            self._checks[scope, number] = ()
            known = self._checks[scope, number] = self._with_own(scope, guards[number], known)[-_MOST:]
        return known

    def _with_own(self, scope: int, guard: Guard, around: tuple[Check, ...]) -> tuple[Check, ...]:
        """What holds around a guard, and what it adds."""
        if guard.holds == "joined":
            return self._joined(scope, guard.arms)
        if guard.holds == "every":
            return (*around, *self._of_all(scope, guard.parent, guard.value))
        return (*around, *self._established(scope, guard.value, guard.holds, _DEPTH))

    def _joined(self, scope: int, arms: Iterable[int]) -> tuple[Check, ...]:
        """What is known after two branches: also of one that is only left out where a limit is not given."""
        limits = {arm: left_out(self.index, scope, arm) for arm in arms}
        return self._beside({arm: self.checks(scope, arm) for arm in arms}, limits)

    def _beside(self, outcomes: Mapping[int, tuple[Check, ...]], limits: Mapping[int, str]) -> tuple[Check, ...]:
        """What is known whichever outcome came; and, unless one of the limits is not given, in the other outcomes."""
        names = tuple(name for name in limits.values() if name)
        limited = common([found for outcome, found in outcomes.items() if not limits[outcome]]) if names else ()
        marked = (replace(check, unless=(*check.unless, *names)) for check in limited)
        return (*common(list(outcomes.values())), *marked)

    def _of_all(self, scope: int, guard: int, element: int) -> Iterator[Check]:
        """What every round of a loop has established of the element holds for the iterable."""
        iterable = self.index.value(scope, element).args[0]
        for check in self.checks(scope, guard):
            if check.element == element:
                yield replace(check, element=-1)
            elif check.value == element and not (check.path or check.after or check.unless):
                yield from self._of_collection(scope, iterable, check.of_each)

    def _of_collection(self, scope: int, value: int, cleans: frozenset[str]) -> Iterator[Check]:
        """What is known of each element holds for the collection, and for the text that it was split from."""
        yield from (Check(item, cleans, derived=False) for item in kept(self.index, scope, value))
        if traits := cleans.intersection(self.kinds.traits):  # of its parts, so of the path
            yield Check(value, traits, derived=True)
        text, separator = split_of(self.index, scope, value)
        if text is not None and cleans == ALL:
            yield Check(text, self.kinds.joined(separator), derived=False)

    def _established(self, scope: int, value: int, holds: str, depth: int) -> Iterable[Check]:
        """What is known when a condition is true, false, or a call has returned."""
        known = self.index.value(scope, value)
        wholes = all_listed(self.resolver, scope, value, holds)
        found: Iterable[Check] = [check for item in wholes for check in self._of_collection(scope, item, ALL)]
        if depth == 0:
            return ()
        if holds == "returned":
            return self._by_call(scope, value, known, "returned", depth)
        match known.op:
            case "not" if not known.kind:
                return self._established(scope, known.args[0], "false" if holds == "true" else "true", depth)
            case "and" | "or":
                return self._by_operands(scope, known, holds, depth)
            case "compare":
                return (*found, *self._by_comparison(scope, known, holds))
            case "call":
                return (*found, *self._by_call(scope, value, known, holds, depth))
            case "attr" | "await" | "copy" | "return":
                found = self._by_attribute(scope, known, holds, depth)
            case "element":
                found = self._by_part(scope, known, holds, depth)
            case "phi":
                found = self._by_flag(scope, value, holds)
            case "list" | "set" if known.kind == "comprehension":
                found = self._of_some(scope, known) if holds == "true" else self._of_none(scope, known, depth)
        empty = [Check(value, ALL, derived=False)] if holds == "false" and known.op in _READ else []
        return (*found, *empty)

    def _by_operands(self, scope: int, known: Value, holds: str, depth: int) -> Iterable[Check]:
        """What is known when `a and b`, `a or b` is true or false: of all of them, or of whichever it was."""
        if (known.op == "and") == (holds == "true"):
            return [check for item in known.args for check in self._established(scope, item, holds, depth)]
        flags = {item for item in known.args if is_flag(self.resolver, scope, item, self.filled)}
        decided = [item for item in known.args if item not in flags] or known.args
        limits = {item: not_given(self.index, scope, item, is_true=holds == "true") for item in decided}
        return self._beside({item: tuple(self._established(scope, item, holds, depth)) for item in decided}, limits)

    def _by_flag(self, scope: int, value: int, holds: str) -> Iterable[Check]:
        """`ok = False`, then `ok = True` where a check holds: what is known wherever the flag was set."""
        outcomes: list[tuple[Check, ...]] = []
        for item in alternatives(self.index, scope, value):
            known = self.index.value(scope, item)
            if known.op != "const":
                return ()
            if (known.name not in ("False", "None", "0", "")) == (holds == "true"):
                outcomes.append(self.checks(scope, known.guard))
        return common(outcomes)

    def _by_part(self, scope: int, known: Value, holds: str, depth: int) -> Iterable[Check]:
        """`allowed, reason = check(text)`: what one of the values that a function returns says of its arguments."""
        pair = known.args[0]
        while self.index.value(scope, pair).op == "await":
            pair = self.index.value(scope, pair).args[0]
        called = self.index.value(scope, pair).op == "call" and known.name.isdigit()
        return self._by_callees(scope, pair, holds, depth, known.name) if called else ()

    def _by_attribute(self, scope: int, known: Value, holds: str, depth: int) -> Iterable[Check]:
        if known.op != "attr":
            return self._established(scope, known.args[0], holds, depth)
        return self.modelled(scope, known.args[0], holds, known.name)

    def _by_comparison(self, scope: int, known: Value, holds: str) -> Iterator[Check]:
        """Equality with and membership in something that is not text is an allow-list."""
        operator = known.name
        if operator not in ("Eq", "NotEq", "In", "NotIn", "Is", "IsNot", "isinstance"):
            return
        outcome = "true" if (operator in ("Eq", "In", "Is", "isinstance")) == (holds == "true") else "false"
        left, right = known.args[0], known.args[-1]
        for side in sorted({left, right}) if operator in ("Eq", "NotEq") else [left]:
            yield from self.modelled_in(scope, side, outcome)
        if operator == "isinstance" and outcome == "true":
            yield from self._typed(scope, left, right)
        if operator == "isinstance" or outcome == "false":
            yield from self._without(scope, known)
            return
        if operator in ("Eq", "NotEq", "Is", "IsNot"):
            for one, other in ((left, right), (right, left)):
                related = any(self._is_from(scope, other, item) for item in kept(self.index, scope, one))
                related = related or made_of(self.resolver, scope, one, other)
                yield from self._as_made(scope, one, other)
                if self.index.value(scope, one).op != "const" and not related:
                    yield from self._equal(scope, one, ALL, ALL)
        else:
            yield from self._by_membership(scope, left, right)

    def _without(self, scope: int, known: Value) -> Iterator[Check]:
        """What a comparison says by being false: `"/" in text`, and `part == ".."` of every part."""
        left, right = known.args[0], known.args[-1]
        absent = self.resolver.models.absent
        if known.name in ("In", "NotIn"):
            texts, element = texts_tried(self.resolver, scope, left)
            cleans = frozenset().union(*(absent.get(text, ()) for text in texts))
            for item in kept(self.index, scope, right) if cleans else ():
                part = self.index.value(scope, item).op == "item" or bool(self.made_clean(scope, item))
                yield Check(item, cleans, derived=not part, element=element)
        sides = {"Eq": ((left, right), (right, left)), "NotEq": ((left, right), (right, left))}
        for one, other in sides.get(known.name, ((left, right),)):
            refused = {kind for text in texts_of(self.resolver, scope, other) for kind in absent.get(text, ())}
            if traits := frozenset(refused).intersection(self.kinds.traits):
                yield Check(one, frozenset(), derived=False, each=traits)

    def _as_made(self, scope: int, value: int, origin: int) -> Iterator[Check]:
        """`secure_filename(name) == name`: what is equal to what was made of it is as safe as that."""
        made = self.made_clean(scope, value)
        if made and made_of(self.resolver, scope, value, origin):
            yield from (Check(item, made, derived=False) for item in kept(self.index, scope, origin))

    def _is_from(self, scope: int, value: int, origin: int) -> bool:
        """Whether a value was derived from another, or from another read of it."""
        read = read_of(self.index, scope, origin)
        return any(read_of(self.index, scope, item) == read for item in sliced(self.index, scope, value))

    def _by_membership(self, scope: int, left: int, right: int) -> Iterator[Check]:
        """An allow-list, or a text that holds all characters that a part of it can have."""
        yield from self.by_part_of(scope, right)
        characters = characters_of(self.resolver, scope, right)
        each = ALL if characters is None else self.kinds.harmless(characters)
        if not self.is_text(scope, right):
            yield from self._equal(scope, left, ALL, each)
        elif characters is not None:
            yield from self._equal(scope, left, each, each)

    def _equal(self, scope: int, value: int, cleans: frozenset[str], each: frozenset[str]) -> Iterator[Check]:
        """What is known of a value that is one of some constants, and of what it was taken from."""
        for item in kept(self.index, scope, value):
            for part in sorted({item, *self.parts(scope, item)}):
                yield Check(part, cleans, derived=False, each=each)
            known = self.index.value(scope, item)
            decided = frozenset(kind for kind, part in self.kinds.decided_by.items() if part == known.name)
            if known.op == "item" and decided:
                yield Check(known.args[0], decided, derived=True)

    # -- checks by a call -----------------------------------------------------------------------------------------

    def _by_call(self, scope: int, call: int, known: Value, holds: str, depth: int) -> Iterable[Check]:
        if holds != "returned" and len(known.args) == 2 and "bool" in self.resolver.paths(scope, call):
            return self._established(scope, known.args[1], holds, depth - 1)
        found: list[Check] = list(self.modelled(scope, call, holds, ""))
        found += self._by_quantifier(scope, call, known, holds, depth)
        if holds == "true":
            found += self._by_start(allowed_by_start, scope, call)
            found += self._by_pattern(scope, call)
            found += self.by_end(scope, call)
            found += self._by_type(scope, call, known)
        return found + self._by_callees(scope, call, holds, depth)

    def _by_callees(self, scope: int, call: int, holds: str, depth: int, part: str = "") -> list[Check]:
        """What the functions that are called establish about their arguments, by what they or a part of it return."""
        found: list[Check] = []
        for callee in self.resolver.callees(scope, call):
            function = self.resolver.function_of(callee)
            if callee.kind == "class" and holds == "returned" and self._is_small(callee.scope):
                found += [Check(item, ALL, derived=False) for item in self.index.value(scope, call).args[1:2]]
            if function is not None and callee.kind == "function":
                record, bound = self.index.calls[scope][call], callee.receiver is not None
                for name, check in self.summary(function, holds, depth - 1, part):
                    given = {
                        wanted: self.resolver.argument_for(scope, record, function, wanted, bound=bound)
                        for wanted in (name, *check.unless)
                    }
                    found += self._of_argument(scope, given, name, check)
        for callee, passed in awaited_functions(self.resolver, scope, call):
            for name, check in self.summary(callee.scope, holds, depth - 1, part):
                found += self._of_argument(scope, passed, name, check)
        return found

    def _is_small(self, owner: int) -> bool:
        """Whether a class is an enumeration, or a number: what it was made of without an error was one."""
        bases = (base.path.removesuffix("()") for base in self.resolver.lineage(owner) if base.kind == "external")
        return any(base in self.resolver.models.scalars for base in bases)

    def _of_argument(self, scope: int, given: Mapping[str, int | None], name: str, check: Check) -> Iterator[Check]:
        """What a function has established of a parameter, said of the operand that was passed for it."""
        operand = given.get(name)
        after = None if operand is None else self.still_wanted(scope, operand, check.after)
        unless = still_open(self.index, scope, [given.get(limit) for limit in check.unless])
        if operand is not None and after is not None and unless is not None:
            yield Check(operand, check.cleans, check.derived, path=check.path, after=after, unless=unless)
            if check.cleans == ALL and not (check.path or unless):
                yield from self.modelled_in(scope, operand, "true")

    def _by_start(self, allowed: Allowing, scope: int, call: int) -> Iterator[Check]:
        for subject, kinds in allowed(self.resolver, self.kinds, scope, call):
            if kinds:
                yield Check(subject, kinds, derived=True)

    def _by_quantifier(self, scope: int, call: int, known: Value, holds: str, depth: int) -> Iterator[Check]:
        """`any(bad(x) for x in items)` being false, `all(good(x) for x in items)` being true."""
        items = self.index.value(scope, known.args[1]) if len(known.args) == 2 else known
        if holds == "true" and items.kind == "comprehension" and "any" in self.resolver.paths(scope, call):
            yield from self._by_start(allowed_by_list, scope, items.args[0])
            yield from self._of_one(scope, items.args[0], known.args[0], depth)
        quantifier = {"false": "any", "true": "all"}.get(holds)
        if quantifier not in self.resolver.paths(scope, call) or len(known.args) != 2:
            return
        if items.kind != "comprehension":
            return
        filtered = self.index.value(scope, items.args[0]).guard != known.guard
        for check in self._established(scope, items.args[0], holds, depth - 1):
            yield from self._of_every(scope, check, filtered=filtered)

    def _of_every(self, scope: int, check: Check, *, filtered: bool) -> Iterator[Check]:
        """What is known of each element of a collection that is gone through, and so of the collection."""
        element = self.index.value(scope, check.value)
        partial = check.path or check.after or check.unless or check.element >= 0
        if check.element < 0:
            yield check
        elif not filtered:
            yield replace(check, element=-1)
        if element.op == "element" and not element.name and not (filtered or partial):
            yield from self._of_collection(scope, element.args[0], check.of_each)

    def _of_one(self, scope: int, condition: int, outside: int, depth: int) -> Iterator[Check]:
        """What a condition on one of some elements says of all else: those are made after what stands `outside`."""
        for check in self._established(scope, condition, "true", depth - 1):
            made = sliced(self.index, scope, check.value)
            if not any(item > outside and self.index.value(scope, item).op == "element" for item in made):
                yield check

    def _of_some(self, scope: int, listed: Value) -> Iterator[Check]:
        """`[root for root in ROOTS if path.is_relative_to(root)]` is not empty: one of them has met the conditions."""
        inner = self.index.value(scope, listed.args[0])
        met = set(self.checks(scope, inner.guard)) - set(self.checks(scope, listed.guard))
        for check in sorted(met, key=lambda item: item.value):
            if not any(
                self.index.value(scope, item).op == "element" for item in sliced(self.index, scope, check.value)
            ):
                yield check

    def _of_none(self, scope: int, listed: Value, depth: int) -> Iterator[Check]:
        """`[name for name in names if name not in ALLOWED]` is empty: none of them has met the condition."""
        guard = self.index.value(scope, listed.args[0]).guard
        item = self.index.scopes[scope].guards[guard] if guard >= 0 else None
        if item is not None and item.parent == listed.guard and item.holds in _OPPOSITE:
            for check in self._established(scope, item.value, _OPPOSITE[item.holds], depth - 1):
                yield from self._of_every(scope, check, filtered=False)

    def _by_type(self, scope: int, call: int, known: Value) -> Iterator[Check]:
        """`isinstance(x, int)`."""
        if "isinstance" in self.resolver.paths(scope, call) and len(known.args) == 3:
            yield from self._typed(scope, known.args[1], known.args[2])

    def _typed(self, scope: int, value: int, wanted: int) -> Iterator[Check]:
        """A value of a class whose values are too small to carry an attack."""
        paths = {path for ref in self.resolver.classes_of(scope, wanted) for path in self.resolver.paths_of(ref)}
        if paths and paths <= self.resolver.models.scalars:
            yield Check(value, ALL, derived=False)

    def _by_pattern(self, scope: int, call: int) -> Iterator[Check]:
        """A full match of a pattern clears the kinds for which none of the characters that it allows is dangerous."""
        for subject, allowed, pattern in full_matches(self.resolver, scope, call):
            traits = self.kinds.traits_of(pattern)
            cleans = self.kinds.harmless(allowed) | traits
            yield from (Check(item, cleans, derived=False) for item in (subject, call))
            whole = self.kinds.harmless(allowed | _SPACE) | traits  # what was stripped off before
            yield from (
                Check(item, whole, derived=False) for item in kept(self.index, scope, subject) if item != subject
            )

    def summary(self, function: int, holds: str, depth: int, part: str = "") -> tuple[tuple[str, Check], ...]:
        """What is known of a function's parameters when it returned something true or false, or returned at all.

        `part` is the place in the returned tuple of what is true or false, empty for all of it.
        """
        key = function, holds, part
        if key in self._summaries or depth <= 0:
            return self._summaries.get(key, ())
        self._summaries[key] = ()
        scope = self.index.scopes[function]
        # An escape hatch beside the checked result is the operator's decision.
        returns = [value for value in scope.returns if not self.switched(function, scope.values[value].guard)]
        listed = {value: wildcards(self.index, function, scope.values[value].guard) for value in returns}
        returns = [value for value in returns if not listed[value]]
        outcomes = [self._at_return(function, value, holds, depth, part) for value in returns or scope.returns]
        if scope.end != -2 and holds == "returned":
            outcomes.append(self.checks(function, scope.end))
        reached = [outcome for outcome in outcomes if outcome is not None]
        open_lists = frozenset().union(*listed.values())
        found = self._of_params(function, common(reached))
        self._summaries[key] = tuple((name, check) for name, check in found if name not in open_lists)
        return self._summaries[key]

    def _of_params(self, function: int, checks: Iterable[Check]) -> Iterator[tuple[str, Check]]:
        """What checks say of the parameters of a function, or of parts of them."""
        for check in checks:
            if check.element >= 0:
                continue  # known for one round of a loop only
            value, path = self._read(function, check)
            for param in self.index.scopes[function].params:
                if check.derived and param.value in self._made_from(function, check.value):
                    yield param.name, replace(check, value=param.value, each=None, path=())
                elif param.value == value:
                    yield param.name, replace(check, value=value, each=None, derived=False, path=path)

    def _at_return(self, function: int, value: int, holds: str, depth: int, part: str) -> tuple[Check, ...] | None:
        """The checks that hold at a return, or None where it does not return such a value."""
        known = self.index.value(function, value)
        established = self.checks(function, known.guard)
        if holds == "returned":
            return established
        place = known.args[0]
        result = self.index.value(function, place)
        if part and result.op == "call":
            return (*established, *self._by_callees(function, place, holds, depth, part))
        if part:
            if result.op != "tuple" or int(part) >= len(result.args):
                return established
            place = result.args[int(part)]
            result = self.index.value(function, place)
        if result.op == "const" or result.op == "tuple":
            truth = result.op == "tuple" or result.name not in ("False", "None", "0", "")
            return established if truth == (holds == "true") else None
        return (*established, *self._established(function, place, holds, depth))
