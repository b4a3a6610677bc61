"""Texts with places to fill in: what stands before each place.

`"https://example.com/{name}".format(name=value)`, `"https://%s/%s" % (host, name)`, `"/".join([host, name])`.
"""

import re
from collections.abc import Iterator
from string import Formatter

from aisafety_lint.flow.nodes import NONE, Kindset
from aisafety_lint.flow.transfer import Path
from aisafety_lint.program.constants import text_of
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.resolver import Resolver

_MANY = 100  # places of a text: what stands before a later one is not looked at
_PLACE = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]")


def fixed_before(resolver: Resolver, kinds: Kinds, scope: int, call: int, operand: int) -> Kindset:
    """The kinds for which the text before each place that an operand of `format` is put into makes it harmless."""
    value = resolver.index.value(scope, call)
    function = resolver.index.value(scope, value.args[0])
    keywords = resolver.index.calls[scope][call].keywords
    if function.op != "attr" or function.name != "format" or len(keywords) > _MANY or {"*", "**"} & {*keywords}:
        return NONE
    template = text_of(resolver, scope, function.args[0])
    given = {
        keyword or str(place): item for place, (keyword, item) in enumerate(zip(keywords, value.args[1:], strict=True))
    }
    before = [text for text, name in places(template) if given.get(name) == operand]
    return frozenset.intersection(*map(kinds.fixed, before)) if before else NONE


def before_place(template: str, place: str) -> str:
    """The text before one of the places of a template for `%`; nothing where it is not known which."""
    pieces = _PLACE.split(template.replace("%%", "%\0"))
    return "\0".join(pieces[: int(place) + 1]) if place.isdigit() and int(place) + 1 < len(pieces) else ""


def joined_before(resolver: Resolver, kinds: Kinds, scope: int, call: int, operand: int, path: Path) -> Kindset:
    """The kinds for which the pieces before the untrusted one of a list that is joined make it harmless."""
    value = resolver.index.value(scope, call)
    function = resolver.index.value(scope, value.args[0])
    listed = resolver.index.value(scope, operand)
    if (function.op, function.name) != ("attr", "join") or value.args[1:] != (operand,) or not path:
        return NONE
    separator = text_of(resolver, scope, function.args[0])
    if listed.op not in ("list", "tuple") or listed.kind or not path[0].isdigit() or "\0" in separator:
        return NONE
    if int(path[0]) > _MANY:
        return NONE
    pieces = [resolver.index.value(scope, item) for item in listed.args[: int(path[0])]]
    if any(piece.op == "star" for piece in pieces):
        return NONE
    before = "".join(text_of(resolver, scope, item) + separator for item in listed.args[: int(path[0])])
    return kinds.fixed(before)


def places(template: str) -> Iterator[tuple[str, str]]:
    """The places of a template, each as the text before it and the argument that it names; none where it is not valid.

    Other places in that text are `\\0`, as in every text of which a part is unknown.
    """
    before, count = "", 0
    try:
        for literal, field, _, _ in Formatter().parse(template):
            before += literal
            if field is not None:
                if count > _MANY:
                    return
                name = re.split(r"[.\[]", field, maxsplit=1)[0]
                yield before, name or str(count)
                count += not name
                before += "\0"
    except ValueError:  # a brace that is not closed: `format` would fail
        return
