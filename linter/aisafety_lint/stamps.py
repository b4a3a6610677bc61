"""Whether a file or a folder is still what it was: its stamp tells without reading it.

A stamp holds what changes with every change: size, inode, and the times of the last change, of which nobody can set the
one of the status. Two changes between two ticks of the clock have the same times, so the stamp of what changed just
now proves nothing; `is_settled` says from when on it does.
"""

import os

Stamp = tuple[int, int, int, int, int]
"""Mode, size, inode, time of the last change of the content and of the status, both in nanoseconds."""

# The coarsest clocks of file systems tick every two seconds.
_MARGIN = 3_000_000_000


def stamp(path: str, *, follow: bool = False) -> Stamp | None:
    """The stamp of what a path names, or of what a link leads to; None where there is nothing, or it proves nothing."""
    if os.name == "nt":  # has no time of the last change of the status
        return None
    try:
        status = os.stat(path, follow_symlinks=follow)  # noqa: PTH116 - once for every file of a project
    except (OSError, ValueError):
        return None
    return status.st_mode, status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def is_settled(found: Stamp, moment: int) -> bool:
    """Whether a stamp proves something about a reading after `moment` (in nanoseconds)."""
    return max(found[3], found[4]) < moment - _MARGIN
