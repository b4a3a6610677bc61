"""Functions of the project that are run to their end for a call: `await asyncio.to_thread(check, path)`.

What such a function establishes before it returns holds after the call, as if it had been called itself. The same goes
for a function of the project that hands on what it is given: `await in_thread(check, path)`.
"""

from collections.abc import Iterator, Mapping, Sequence

from aisafety_lint.program.handed import run_by_library
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver

Given = Mapping[str, int]


def awaited_functions(resolver: Resolver, scope: int, call: int) -> Iterator[tuple[Ref, Given]]:
    """The functions that an awaited call is given and runs, with the operands that become their parameters."""
    if not _is_awaited(resolver, scope, call):
        return
    index = resolver.index
    keywords = index.calls[scope][call].keywords
    operand_of = list(zip(keywords, index.value(scope, call).args[1:], strict=True))
    by_name = {keyword: operand for keyword, operand in operand_of if keyword.isidentifier()}
    for function, given in (*run_by_library(resolver, scope, call), *_run_by_project(resolver, scope, call)):
        for ref in resolver.refs(scope, function):
            if ref.kind == "function":
                params = index.scopes[ref.scope].params[ref.given + (ref.receiver is not None) :]
                yield ref, by_name | {param.name: item for param, item in zip(params, given, strict=False)}


def _is_awaited(resolver: Resolver, scope: int, call: int) -> bool:
    """Whether a call is awaited where it stands: a task that runs on its own has established nothing yet."""
    values = resolver.index.scopes[scope].values
    return call + 1 < len(values) and values[call + 1].op == "await" and values[call + 1].args[0] == call


def _run_by_project(resolver: Resolver, scope: int, call: int) -> Iterator[tuple[int, Sequence[int]]]:
    """The same of a function of the project that lets a library run one of its parameters with its `*args`."""
    index = resolver.index
    for callee in resolver.callees(scope, call):
        known = index.scopes[callee.scope] if callee.kind == "function" else None
        rest = next((param for param in known.params if param.form == "*"), None) if known else None
        if known is None or rest is None:
            continue
        named = {param.value: param.name for param in known.params if param.form == "positional"}
        bound = callee.given + (callee.receiver is not None)
        for inner in known.calls:
            for function, given in run_by_library(resolver, callee.scope, inner.value):
                runs = _is_awaited(resolver, callee.scope, inner.value) and tuple(given) == (rest.value,)
                place = list(named).index(function) - bound if runs and function in named else -1
                positional = _positional(resolver, scope, call)
                if 0 <= place < len(positional):
                    yield positional[place], positional[len(named) - bound :]


def _positional(resolver: Resolver, scope: int, call: int) -> tuple[int, ...]:
    """The operands of a call before the first that is unpacked or named."""
    keywords = resolver.index.calls[scope][call].keywords
    plain = next((place for place, keyword in enumerate(keywords) if keyword), len(keywords))
    return resolver.index.value(scope, call).args[1 : 1 + plain]
