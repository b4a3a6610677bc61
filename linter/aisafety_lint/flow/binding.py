"""Which parameters of a called function an operand of the call becomes."""

from collections.abc import Iterable, Iterator, Sequence

from aisafety_lint.flow.transfer import Path, below, cut, is_position, sliced
from aisafety_lint.program.refs import Ref
from aisafety_lint.program.resolver import Resolver
from aisafety_lint.python.facts import Param


def bind_operand(
    resolver: Resolver, scope: int, call: int, operand: int, path: Path, callee: Ref, function: int
) -> Iterator[tuple[int, Path]]:
    """For an untrusted operand yield the parameters (their values) that receive it, and the part that is untrusted."""
    index = resolver.index
    value = index.value(scope, call)
    params = index.scopes[function].params
    attribute = index.value(scope, value.args[0])
    bound = is_bound((callee,))
    on_receiver = attribute.op == "attr" and attribute.args[0] == operand and callee.kind == "function"
    if bound and on_receiver and params and (path or not _assembled(resolver, callee)):
        yield params[0].value, path
    first = bound + callee.given
    for keyword, place in index.passed(scope, call).get(operand, ()):
        if keyword == "" and first + place < len(params) and params[first + place].form == "positional":
            yield params[first + place].value, path
            continue
        rest = params[first:]
        free = _free(rest, index.calls[scope][call].keywords) if keyword == "**" else rest
        yield from _targets(free, keyword, place, path)


def _free(params: tuple[Param, ...], keywords: Sequence[str]) -> tuple[Param, ...]:
    """The parameters that a mapping can fill: those that no other argument does."""
    given = [param.name for param in params if param.form == "positional"][: keywords.count("")]
    return tuple(param for param in params if param.name not in given and param.name not in keywords)


def is_bound(callees: Iterable[Ref]) -> bool:
    """Whether the first parameter of a called function is not filled by an argument of the call."""
    return any(ref.receiver is not None or ref.kind in ("class", "instance") for ref in callees)


def argument_of(
    resolver: Resolver, scope: int, call: int, callees: Sequence[Ref], function: int, name: str
) -> int | None:
    """The operand that a call passes for a parameter of a function; `callees` are what the call means by it."""
    record = resolver.index.calls[scope][call]
    given = max((ref.given for ref in callees), default=0)
    return resolver.argument_for(scope, record, function, name, bound=is_bound(callees), given=given)


def receiver_of(resolver: Resolver, scope: int, value: int) -> int:
    """The object that a method is called on: behind `super()` it is the receiver of the calling method."""
    behind = any(ref.kind == "super" for ref in resolver.refs(scope, value))
    params = resolver.index.scopes[scope].params
    return params[0].value if behind and params else value


def _assembled(resolver: Resolver, callee: Ref) -> bool:
    """Whether the receiver of a method is an object that the program put together."""
    receiver = callee.receiver
    return receiver is not None and receiver.kind == "instance" and resolver.assembled(receiver.scope)


def _targets(params: tuple[Param, ...], keyword: str, place: int, path: Path) -> Iterator[tuple[int, Path]]:
    """What an argument fills that is not just the parameter at its place."""
    positional = [param for param in params if param.form == "positional"]
    others = {param.form: param for param in params if param.form in ("*", "**")}
    if keyword == "":
        if "*" in others:
            yield others["*"].value, cut((str(place - len(positional)), *path))
    elif keyword == "*":
        taken = max(place - len(positional), 0)  # by the arguments before, of those that `*rest` takes in
        yield from _spread(positional[place:], others.get("*"), path, taken)
    elif keyword == "**":
        yield from _unpacked(params, path)
    else:
        named = next(
            (param for param in params if param.name == keyword and param.form in ("positional", "keyword")), None
        )
        if named is not None:
            yield named.value, path
        elif "**" in others:
            yield others["**"].value, cut((keyword, *path))


def _spread(positional: Sequence[Param], rest: Param | None, path: Path, before: int) -> Iterator[tuple[int, Path]]:
    """`*values`: the parameters from here on, or just the one whose element is untrusted.

    `before` is how many elements the rest has already.
    """
    for place, param in enumerate(positional):
        inner = below(path, str(place))
        if inner is not None:
            yield param.value, inner
    taken = sliced(f"{len(positional)}:", path)
    if rest is not None and taken is not None:
        yield rest.value, _moved(taken, before)


def _moved(path: Path, before: int) -> Path:
    """A part of a sequence, seen from that many elements further left."""
    if not path:
        return (f"{before}:",) if before else ("*",)
    if not before or not is_position(path[0]):
        return path
    place = path[0].removesuffix(":")
    return path[0].replace(place, str(int(place) + before)), *path[1:]


def _unpacked(params: tuple[Param, ...], path: Path) -> Iterator[tuple[int, Path]]:
    """`**values`: every parameter that could be named, or just the one whose key is untrusted."""
    for param in params:
        if param.form == "**":
            yield param.value, path
        elif param.form in ("positional", "keyword") and (not path or path[0] in (param.name, "*")):
            yield param.value, path[1:]
