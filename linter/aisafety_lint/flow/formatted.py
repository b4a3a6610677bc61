"""Texts with places to fill in, `"https://example.com/{name}".format(name=value)`: what stands before each place."""

import re
from collections.abc import Iterator
from string import Formatter

from aisafety_lint.flow.nodes import NONE, Kindset
from aisafety_lint.program.constants import text_of
from aisafety_lint.program.kinds import Kinds
from aisafety_lint.program.resolver import Resolver


def fixed_before(resolver: Resolver, kinds: Kinds, scope: int, call: int, operand: int) -> Kindset:
    """The kinds for which the text before each place that an operand of `format` is put into makes it harmless."""
    value = resolver.index.value(scope, call)
    function = resolver.index.value(scope, value.args[0])
    keywords = resolver.index.calls[scope][call].keywords
    if function.op != "attr" or function.name != "format" or {"*", "**"} & {*keywords}:
        return NONE
    template = text_of(resolver, scope, function.args[0])
    given = {
        keyword or str(place): item for place, (keyword, item) in enumerate(zip(keywords, value.args[1:], strict=True))
    }
    before = [text for text, name in places(template) if given.get(name) == operand]
    return frozenset(
        kind
        for kind, pattern in kinds.harmless_prefix.items()
        if before and all(text and pattern.search(text) for text in before)
    )


def places(template: str) -> Iterator[tuple[str, str]]:
    """The places of a template, each as the text before it and the argument that it names; none where it is not valid.

    Other places in that text are `\\0`, as in every text of which a part is unknown.
    """
    before, count = "", 0
    try:
        for literal, field, _, _ in Formatter().parse(template):
            before += literal
            if field is not None:
                name = re.split(r"[.\[]", field, maxsplit=1)[0]
                yield before, name or str(count)
                count += not name
                before += "\0"
    except ValueError:  # a brace that is not closed: `format` would fail
        return
