"""How a message is worded: several things in one sentence, the article before a word."""

import re
from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Names as people list them: `a`, `a and b`, `a, b and c`; empty for none."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def article(word: str) -> str:
    """`A` or `An`, as it is said before a word."""
    return "An" if re.match("(?i)(?!us|uni|eu|one)[aeiou]", word) else "A"
