"""Lists that are written as one text (`Read, Bash(git diff *)`): their items, each with its place."""

import re
from collections.abc import Iterator

from aisafety_lint.manifests.embedded import embedded_text
from aisafety_lint.manifests.nodes import Scalar
from aisafety_lint.manifests.query import Match

# A comma or a blank inside of parentheses belongs to the item.
_WORD = re.compile(r"(?:[^\s,()\[\]]|\([^()]*\)?)+")


def items_of(match: Match) -> Iterator[Match]:
    """The items of a list, or of a text that lists words between commas and blanks; anything else has none."""
    if not isinstance(match.node, Scalar):
        yield from match.children()
    elif isinstance(match.node.value, str):
        inner = embedded_text(match.node)
        for number, word in enumerate(_WORD.finditer(inner.text)):
            item = Scalar(inner, word.start(), word.end(), word[0], word[0])
            yield Match(item, word[0], None, (*match.parts, number), match)
