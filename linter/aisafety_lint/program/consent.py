"""Whether a person agrees before a place is reached, and whether an operator's switch leads to it.

A person agrees where a value that comes from a person decides a condition that dominates the place. A helper function
counts by what it does: it returns the answer, it decides by it, or it only comes back when the answer was yes.
"""

from collections.abc import Callable, Iterator

from aisafety_lint.program.conditions import operands
from aisafety_lint.program.constants import constant
from aisafety_lint.program.kinds import Approval
from aisafety_lint.program.models import rows_of
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.switches import Switches
from aisafety_lint.program.wrappers import Wrappers
from aisafety_lint.python.facts import Guard

_DEPTH = 8
_MOST = 500  # conditions around a place that are looked at one by one
_ENVIRONMENT = frozenset({"os.environ.get", "os.getenv", "os.environ[]", "os.environ"})
_DERIVED = frozenset(
    {"attr", "compare", "not", "and", "or", "await", "copy", "return", "text", "item", "element", "store", "phi"}
)

_SAME_AS = frozenset({"Eq", "In", "Is"})
_OTHER_THAN = frozenset({"NotEq", "NotIn", "IsNot"})

_OTHER = frozenset({"hook", "tools"})  # no answers: what asks before a tool runs

Filled = frozenset[tuple[int, int]]
"""Parameters that a model fills, as (scope, value): a condition on one is no consent."""


class Consent:
    """Answers about approval for the scopes of a program."""

    def __init__(self, resolver: Resolver, words: Approval) -> None:
        self.resolver = resolver
        self.words = words
        self.index = resolver.index
        self.wrappers = Wrappers(resolver)
        self.switches = Switches(resolver)
        self._entries: dict[int, bool] = {}
        self._known: dict[tuple[str, int, int], bool] = {}
        self._agreeing: dict[tuple[int, int, str], bool] = {}
        self._insisting: dict[int, bool] = {}
        self._approved: dict[tuple[int, Filled, int], dict[int, bool]] = {}
        self._switched: dict[int, dict[int, bool]] = {}

    def approved(self, scope: int, guard: int, filled: Filled = frozenset(), since: int = -1) -> bool:
        """Whether a person agrees before a place under a guard is reached, and after a value that is computed there.

        After a branch that asks and one that does not, the place counts as approved where the program decides between
        them (a switch of the operator's is a finding of its own), not where the model does.
        """

        def asks(known: Guard) -> bool:
            if known.holds == "joined":
                asked = any(self.approved(scope, arm, filled, since) for arm in known.arms if arm > known.parent)
                return asked and not self._by_model(scope, known.value, filled)
            return known.holds != "every" and known.value > since and self._consents(scope, known.value, known.holds)

        known = self._approved.setdefault((scope, filled, since), {})
        return self._any_around(scope, guard, asks, known) or self._at_entry(scope)

    def _any_around(self, scope: int, guard: int, test: Callable[[Guard], bool], known: dict[int, bool]) -> bool:
        """Whether a guard or one around it meets a test, the outermost first.

        The guards of a function share those around them: `known` is what was found out of each, and learns more.
        """
        guards = self.index.scopes[scope].guards
        pending: list[int] = []
        while guard >= 0 and guard not in known:
            pending.append(guard)
            guard = guards[guard].parent
        found = guard >= 0 and known[guard]
        for number in reversed(pending):
            found = known[number] = found or test(guards[number])
        return found

    def answered(self, scope: int, value: int) -> bool:
        """Whether a value comes from a person's answer."""
        return self._from("person", scope, value, _DEPTH)

    def answers(self, function: int) -> bool:
        """Whether what a function returns is a person's answer or depends on one."""
        return self._returns("person", function, _DEPTH)

    def _at_entry(self, function: int) -> bool:
        """Whether one of a function's decorators asks a person before it calls the function."""
        known = self._entries.get(function)
        if known is None:
            self._entries[function] = False
            known = self._entries[function] = any(
                all(self.approved(wrapper, self.index.value(wrapper, call).guard) for wrapper, call in sites)
                for sites in self.wrappers.sites(function)
            )
        return known

    def asks(self, function: int) -> bool:
        """Whether a person's answer decides what a function returns, or whether it goes on."""
        scope = self.index.scopes[function]
        decided = (*scope.returns, *scope.raises, *(call.value for call in scope.calls), *scope.stores)
        known: dict[int, bool] = {}
        by_person = self._decision(function, "person", _DEPTH)
        return any(self._from("person", function, value, _DEPTH) for value in scope.returns) or any(
            self._any_around(function, self.index.value(function, value).guard, by_person, known) for value in decided
        )

    def switched(self, scope: int, guard: int) -> bool:
        """Whether a place is only reached by a decision of the operator or of whoever builds the object.

        That is where a variable of the environment is set, or a switch of the constructor against its default.
        """

        def by_switch(known: Guard) -> bool:
            return known.holds in ("true", "false") and self._is_switch(scope, known.value, known.holds)

        return self._any_around(scope, guard, by_switch, self._switched.setdefault(scope, {}))

    def _is_switch(self, scope: int, condition: int, holds: str) -> bool:
        value, positive = self.tested(scope, condition, holds)
        if self.switches.never_set(scope, value, positive=positive):
            return True
        known = self.index.value(scope, value)
        absent = known.op == "compare" and known.name in ("NotEq", "NotIn", "IsNot")
        return positive != absent and self._from("environment", scope, condition, _DEPTH)

    def tested(self, scope: int, value: int, holds: str) -> tuple[int, bool]:
        """What a condition tests, and whether it holds where that is true."""
        positive = holds == "true"
        while (known := self.index.value(scope, value)).op == "not":
            positive, value = not positive, known.args[0]
        return value, positive

    def chain(self, scope: int, guard: int) -> Iterator[tuple[int, str]]:
        """The conditions in force, innermost first; of very many, the innermost."""
        guards = self.index.scopes[scope].guards
        for _ in range(_MOST):
            if guard < 0:
                return
            known = guards[guard]
            if known.holds not in ("joined", "every"):
                yield known.value, known.holds
            guard = known.parent

    def _by_model(self, scope: int, value: int, filled: Filled) -> bool:
        pending, seen = [value], {value}
        while pending:
            item = pending.pop()
            if (scope, item) in filled:
                return True
            fresh = [arg for arg in self.index.value(scope, item).args if arg not in seen]
            seen.update(fresh)
            pending += fresh
        return False

    def _consents(self, scope: int, value: int, holds: str) -> bool:
        """Whether a condition says that a person agreed; each is met again from every place after it."""
        key = scope, value, holds
        known = self._agreeing.get(key)
        if known is None:
            known = self._agreeing[key] = self._says_so(scope, value, holds)
        return known

    def _says_so(self, scope: int, value: int, holds: str) -> bool:
        if holds != "returned":
            return self._from("person", scope, value, _DEPTH) and not self._is_no(scope, value, holds)
        for row in rows_of(self.resolver.models, "gates", self.resolver.paths(scope, value)):
            if "aborts" in row and any(
                constant(self.resolver, scope, item) is True
                for item in operands(self.resolver, scope, value, row["aborts"])
            ):
                return True
        return any(
            callee.kind == "function" and self.insists(callee.scope) for callee in self.resolver.callees(scope, value)
        )

    def _is_no(self, scope: int, value: int, holds: str) -> bool:
        """Whether a condition on an answer holds where a person said no: another word than consent, or a refusal."""
        tested, positive = self.tested(scope, value, holds)
        known = self.index.value(scope, tested)
        if known.op != "compare" or known.name not in _SAME_AS | _OTHER_THAN:
            return False
        words = self._words(scope, known.args[-1])
        same = positive == (known.name in _SAME_AS)
        if not words or self._asks_to_stop(scope, known.args[0]):
            return False
        if all(self.words.agrees.fullmatch(word) for word in words):
            return not same
        return same and all(self.words.refuses.fullmatch(word) for word in words)

    def _asks_to_stop(self, scope: int, value: int) -> bool:
        """Whether an answer is one to a question that speaks of stopping: a yes to it is a no."""
        pending, seen = [value], {value}
        for item in pending:
            known = self.index.value(scope, item)
            if known.op == "const" and self.words.stops.search(known.name):
                return True
            fresh = [arg for arg in known.args if arg not in seen]
            seen.update(fresh)
            pending += fresh
        return False

    def _words(self, scope: int, value: int) -> list[str]:
        """The words that an answer is compared with, where all are written down."""
        known = self.index.value(scope, value)
        items = known.args if known.op in ("tuple", "list", "set") else (value,)
        constants = [self.index.value(scope, item) for item in items]
        return [item.name for item in constants] if all(item.op == "const" for item in constants) else []

    def insists(self, function: int) -> bool:
        """Whether a function only comes back when a person agreed (it raises or exits otherwise)."""
        known = self._insisting.get(function)
        if known is None:
            known = self._insisting[function] = self._comes_back_agreed(function)
        return known

    def _comes_back_agreed(self, function: int) -> bool:
        scope = self.index.scopes[function]
        ends = [self.index.value(function, value).guard for value in scope.returns]
        if scope.end != -2:
            ends.append(scope.end)
        known: dict[int, bool] = {}
        return bool(ends) and all(self._any_around(function, guard, self._agreement(function), known) for guard in ends)

    def _agreement(self, scope: int) -> Callable[[Guard], bool]:
        return lambda known: (
            known.holds in ("true", "false")
            and self._from("person", scope, known.value, _DEPTH - 2)
            and not self._is_no(scope, known.value, known.holds)
        )

    def _decision(self, scope: int, origin: str, depth: int) -> Callable[[Guard], bool]:
        """A test whether a value of some origin decides a guard."""
        return lambda known: known.holds in ("true", "false") and self._from(origin, scope, known.value, depth)

    def _from(self, origin: str, scope: int, value: int, depth: int) -> bool:
        """Whether a value comes from a person's answer, or from the environment."""
        key = origin, scope, value
        known = self._known.get(key)
        if known is None:
            self._known[key] = False
            known = self._known[key] = depth > 0 and self._derives(origin, scope, value, depth)
        return known

    def _derives(self, origin: str, scope: int, value: int, depth: int) -> bool:
        known = self.index.value(scope, value)
        if known.op == "call":
            return self._by_call(origin, scope, value, depth)
        if known.op == "attr" and origin == "person" and self._is_answer(scope, value):
            return True
        if known.op == "item" and origin == "environment":
            return any(ref.path == "os.environ" for ref in self.resolver.refs(scope, known.args[0]))
        return known.op in _DERIVED and any(self._from(origin, scope, item, depth - 1) for item in known.args)

    def _is_answer(self, scope: int, value: int) -> bool:
        """Whether an attribute holds what a person decided."""
        facts = self.resolver.models.facts["gate_attributes"]
        paths = (key for ref in self.resolver.refs(scope, value) for key in self.resolver.models.keys(ref.path))
        return bool(facts) and any(path in facts for path in paths)

    def _by_call(self, origin: str, scope: int, call: int, depth: int) -> bool:
        paths = self.resolver.paths(scope, call)
        if origin == "environment":
            if _ENVIRONMENT & set(paths):
                return True
        elif any(not _OTHER & row.keys() for row in rows_of(self.resolver.models, "gates", paths)):
            return True
        for callee in self.resolver.callees(scope, call):
            if callee.kind == "function" and self._returns(origin, callee.scope, depth - 1):
                return True
        function = self.index.value(scope, self.index.value(scope, call).args[0])
        return function.op == "attr" and self._from(origin, scope, function.args[0], depth - 1)

    def _returns(self, origin: str, function: int, depth: int) -> bool:
        """Whether what a function returns is such a value, or depends on a branch that such a value decides."""
        known: dict[int, bool] = {}
        decides = self._decision(function, origin, depth)
        return any(
            self._from(origin, function, value, depth)
            or self._any_around(function, self.index.value(function, value).guard, decides, known)
            for value in self.index.scopes[function].returns
        )
