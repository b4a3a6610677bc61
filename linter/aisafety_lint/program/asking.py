"""Where a program asks a person whether it may go on, and what it takes for a yes.

Who asks is known by what it does (a modelled question, a function that returns the answer); a callback, whose code is
elsewhere, by its name.
"""

from collections.abc import Iterator
from functools import cached_property

from aisafety_lint.program.consent import Consent
from aisafety_lint.program.index import Index
from aisafety_lint.program.kinds import Approval
from aisafety_lint.program.models import rows_of
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.program.running import call_sites
from aisafety_lint.python.facts import Value

_HELPERS = 2
_DEPTH = 6
_DERIVED = frozenset(
    {"attr", "compare", "not", "and", "or", "await", "copy", "return", "text", "item", "element", "phi"}
)


class Asking:
    """Finds the calls that ask a person: `asked` those known by what they do, `sites` also those known by a name."""

    def __init__(self, resolver: Resolver, consent: Consent, words: Approval) -> None:
        self.resolver = resolver
        self.index: Index = resolver.index
        self.consent = consent
        self.words = words

    @cached_property
    def asked(self) -> dict[int, frozenset[int]]:
        """For each scope its calls that ask a person, directly or through a function that returns the answer."""
        models, calls = self.resolver.models, self.index.calls_by_name
        pending = [
            (scope, call.value)
            for name in models.candidates("gates", calls)
            for scope, call in calls.get(name, ())
            if any(True for _ in rows_of(models, "gates", self.resolver.paths(scope, call.value)))
        ]
        found: dict[int, set[int]] = {}
        for _ in range(1 + _HELPERS):
            scopes = {scope for scope, _ in pending}
            for scope, call in pending:
                found.setdefault(scope, set()).add(call)
            helpers = [item for item in sorted(scopes) if self.consent.answers(item) or self.consent.insists(item)]
            pending = [
                site
                for helper in helpers
                for site in call_sites(self.resolver, helper)
                if site[1] not in found.get(site[0], ())
            ]
        return {scope: frozenset(known) for scope, known in found.items()}

    @cached_property
    def sites(self) -> dict[int, frozenset[int]]:
        """The same with the calls of what is named after asking."""
        found = {scope: set(known) for scope, known in self.asked.items()}
        for name, calls in self.index.calls_by_name.items():
            if name and self.words.asks.fullmatch(name):
                for scope, call in calls:
                    found.setdefault(scope, set()).add(call.value)
        return {scope: frozenset(known) for scope, known in found.items()}

    @cached_property
    def deciding(self) -> frozenset[int]:
        """The functions that say whether something is approved: by their name, or since they return an answer."""
        named = {
            number
            for number, scope in enumerate(self.index.scopes)
            if scope.form == "function"
            and scope.returns
            and (self.words.decides.fullmatch(scope.name) or self.words.asks.fullmatch(scope.name))
        }
        return frozenset(named | {scope for scope in self.asked if self.consent.answers(scope)})

    def from_answer(self, scope: int, value: int, depth: int = _DEPTH) -> bool:
        """Whether a value is, or was decided by, what one of the calls that ask has returned."""
        if value in self.sites.get(scope, ()):
            return True
        known = self.index.value(scope, value)
        if depth == 0 or not (known.op in _DERIVED or known.op == "call"):
            return False
        args = self._receiver(scope, known) if known.op == "call" else known.args
        # `bool(ask())`, `wait_for(ask(), 60)`: what is made of the answer of an inner call.
        inner = self.sites.get(scope, frozenset()).intersection(known.args[1:] if known.op == "call" else ())
        return bool(inner) or any(self.from_answer(scope, item, depth - 1) for item in args)

    def _receiver(self, scope: int, call: Value) -> tuple[int, ...]:
        function = self.index.value(scope, call.args[0])
        return function.args[:1] if function.op == "attr" else ()

    def decided(self, scope: int, guard: int) -> bool:
        """Whether an answer decides that a place under a guard is reached."""
        return any(
            self.from_answer(scope, value) and (holds != "returned" or self._insists(scope, value))
            for value, holds in self.consent.chain(scope, guard)
        )

    def _insists(self, scope: int, call: int) -> bool:
        return any(
            callee.kind == "function" and self.consent.insists(callee.scope)
            for callee in self.resolver.callees(scope, call)
        )

    def is_yes(self, scope: int, value: int) -> bool:
        """Whether a value that is written down says yes: `True`, `"approved"`, `{"allowed": True}`, `Allow()`."""
        known = self.index.value(scope, value)
        match known.op:
            case "const":
                return known.kind in ("bool", "str") and bool(self.words.agrees.fullmatch(known.name))
            case "return" | "copy" | "await":
                return self.is_yes(scope, known.args[0])
            case "tuple":
                return bool(known.args) and self.is_yes(scope, known.args[0])
            case "attr":
                return bool(self.words.allows.search(known.name))
            case "dict":
                pairs = zip(known.args[::2], known.args[1::2], strict=True)
                return any(self._says_yes(scope, self.index.value(scope, key).name, item) for key, item in pairs)
            case "call":
                function = self.index.value(scope, known.args[0])
                given = zip(self.index.calls[scope][value].keywords, known.args[1:], strict=True)
                return bool(self.words.allows.search(function.name)) or any(
                    self._says_yes(scope, keyword, item) for keyword, item in given
                )
        return False

    def _says_yes(self, scope: int, name: str, value: int) -> bool:
        """Whether a named entry says yes: `approved=True`, `decision="allow"`."""
        known = self.index.value(scope, value)
        if known.op == "const" and known.kind == "bool":
            return known.name == "True" and bool(
                self.words.decides.fullmatch(name) or self.words.agrees.fullmatch(name)
            )
        return name in VERDICTS and self.is_yes(scope, value)


VERDICTS = frozenset({"decision", "action", "behavior", "verdict", "outcome", "permissionDecision"})


def handlers(index: Index, scope: int) -> Iterator[tuple[int, Value]]:
    """The exception handlers of a scope, as the position and the value of what they catch."""
    for position, value in enumerate(index.scopes[scope].values):
        if value.op == "caught":
            yield position, value


def within(inner: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> bool:
    """Whether a place lies inside of another."""
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]
