"""The state of the interpreter in which an analysis runs."""

import contextlib
import gc
import sys
from collections.abc import Iterator

_RECURSION = 20_000


@contextlib.contextmanager
def analysing() -> Iterator[None]:
    """The interpreter's state for an analysis, put back afterwards.

    Chains of expressions are walked by recursion; Python's own limit counts frames, not memory. And the cyclic garbage
    collector would walk the growing facts again and again, which have no cycles. It would do so once more as soon as it
    may (0.3 s of 24 s on a large project): so what is there by then is set apart until the next analysis.
    """
    limit, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(limit, _RECURSION))
    gc.disable()
    gc.unfreeze()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.freeze()
            gc.enable()


def tidy() -> None:
    """Give back what an analysis has left behind, in a process that makes several: nothing else would."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
