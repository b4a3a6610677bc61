"""What goes into the model whose output a flow starts from, as far as that is seen where the model is called.

A flow ends at a model and another one begins at its answer. Whoever writes a part of the prompt has a say in the
answer, so a finding about the answer tells what is seen to be in the prompt. No finding rests on it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from aisafety_lint.finding import Location
from aisafety_lint.flow.places import call_place, one_line
from aisafety_lint.flow.sources import Seed, named
from aisafety_lint.flow.trace import Flow
from aisafety_lint.program.model import Program
from aisafety_lint.program.running import call_sites

Place = tuple[int, int]

IN_PROMPT = " goes into the prompt"
"""How the label of what is in a prompt ends."""

_MODEL = "model-output"
_MOST = 3
_VALUES = 200
_SITES = 12


def with_prompts(program: Program, seeds: Iterable[Seed], flows: Iterable[Flow]) -> tuple[Flow, ...]:
    """The same flows; those from a call of a model know what is seen to go into it."""
    finder = _Finder(program, {(seed.scope, seed.value): seed for seed in seeds})
    known: dict[Place, tuple[Location, ...]] = {}

    def prompt(seed: Seed) -> tuple[Location, ...]:
        call = seed.scope, seed.value
        if seed.kind != _MODEL or program.index.value(*call).op != "call":
            return ()
        if call not in known:
            known[call] = finder.prompt(*call)
        return known[call]

    return tuple(replace(flow, indirect=prompt(flow.seed)) for flow in flows)


class _Finder:
    """Looks one step back from a call: in its function, and for a parameter in the functions that call it."""

    def __init__(self, program: Program, seeds: Mapping[Place, Seed]) -> None:
        self.program = program
        self.resolver = program.resolver
        self.index = program.index
        self.seeds = seeds

    def prompt(self, scope: int, call: int) -> tuple[Location, ...]:
        """Untrusted content in the prompt, or where none is seen the parameters in it."""
        operands = tuple(self._operands(scope, call))
        values = self._inside(scope, (item for item, _ in operands))
        params = [item for item in values if self.index.value(scope, item).op == "param"]
        sources = list(self._sources(scope, values))
        for param in params if not sources else ():
            sources += self._passed(scope, self.index.value(scope, param).name)
        if not sources:
            prompts = self._inside(scope, (item for item, is_prompt in operands if is_prompt), shown=True)
            told = (item for item in params if item in prompts and self._is_own(scope, item))
            sources = [self._parameter(scope, item) for item in told]
        return tuple(dict.fromkeys(sources))[:_MOST]

    def _operands(self, scope: int, call: int) -> Iterator[tuple[int, bool]]:
        """The arguments of a call, and whether each is by its name or position the prompt."""
        keywords = self.index.calls[scope][call].keywords
        for keyword, operand in zip(keywords, self.index.value(scope, call).args[1:], strict=True):
            yield operand, keyword in ("", "*", "**") or keyword in self.program.kinds.prompts

    def _inside(self, scope: int, values: Iterable[int], *, shown: bool = False) -> dict[int, None]:
        """The values that some values are made of, in the same function; what only was compared with left out.

        `shown`: only what is there as it is, in texts and containers, and not what some function made of it.
        """
        found = dict.fromkeys(values)
        pending = list(found)
        while pending and len(found) < _VALUES:
            fresh = [item for item in self._parts(scope, pending.pop(0), shown) if item not in found]
            found |= dict.fromkeys(fresh)
            pending += fresh
        return found

    def _parts(self, scope: int, position: int, shown: bool) -> tuple[int, ...]:
        value = self.index.value(scope, position)
        if value.op == "compare":
            return ()
        if value.op != "call" or not shown:
            return value.args
        function = self.index.value(scope, value.args[0])
        receiver = function.args[:1] if function.op == "attr" else ()
        is_text = any(self.index.value(scope, item).op in ("const", "text") for item in receiver)
        return (*receiver, *value.args[1:]) if is_text else receiver

    def _sources(self, scope: int, values: Iterable[int]) -> Iterator[Location]:
        for value in values:
            seed = self.seeds.get((scope, value))
            if seed is not None and seed.kind != _MODEL:
                known = self.index.value(scope, value)
                words = named(self.program.index, self.program.kinds, seed)
                place = Location(self.index.paths[scope], one_line(known.place))
                place = call_place(self.index, scope, value) if known.op == "call" else place
                yield replace(place, label=f"{words[:1].lower()}{words[1:]}{IN_PROMPT}")

    def _passed(self, function: int, name: str) -> Iterator[Location]:
        """The sources that callers pass for a parameter."""
        for scope, call in list(call_sites(self.resolver, function))[:_SITES]:
            record = self.index.calls[scope][call]
            callees = self.resolver.callees(scope, call)
            bound = any(callee.receiver is not None or callee.kind in ("class", "instance") for callee in callees)
            operand = self.resolver.argument_for(scope, record, function, name, bound=bound)
            if operand is not None:
                yield from self._sources(scope, self._inside(scope, [operand]))

    def _is_own(self, scope: int, value: int) -> bool:
        """Whether a parameter is no receiver."""
        return self.index.enclosing_class(scope) is None or self.index.scopes[scope].params[0].value != value

    def _parameter(self, scope: int, value: int) -> Location:
        known = self.index.value(scope, value)
        words = f"the parameter `{known.name}` of `{self.index.scopes[scope].name}`"
        return Location(self.index.paths[scope], one_line(known.place), words + IN_PROMPT)
