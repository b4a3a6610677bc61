"""How a message puts several things into one sentence."""

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Names as people list them: `a`, `a and b`, `a, b and c`; empty for none."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
