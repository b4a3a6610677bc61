"""Work on files, in several processes where it is worth that: the same outcomes in the same order in any case."""

import os
from collections.abc import Callable, Iterator, Sequence

from aisafety_lint.perfile import Outcome
from aisafety_lint.source import SourceFile

Work = Callable[[SourceFile], Outcome]

# To start a process and to fetch what it found costs about as much as to work on so many bytes is worth.
_WORTH = 4_000_000


def spread(work: Work, files: Sequence[SourceFile], jobs: int | None) -> Iterator[Outcome]:
    """The outcomes of some work on files, in their order, from so many processes; None is as many as it is worth."""
    count = min(_worth(files) if jobs is None else jobs, len(files))
    if count < 2:
        return map(work, files)
    from aisafety_lint.crew import Crew

    return Crew(work, files).outcomes(count)


def _worth(files: Sequence[SourceFile]) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, sum(file.size for file in files) // _WORTH)
