"""The versions of Poetry, in the terms of PEP 508: `^1.2` is `>=1.2,<2`."""

import re

_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)(.*)")


def as_requirement(name: str, constraint: str) -> str:
    """The requirement that an entry of a table makes; where it has alternatives, any version."""
    if "|" in constraint:
        return name
    parts = [part for item in constraint.split(",") for part in _translated(item.strip().replace(" ", ""))]
    return name + ",".join(parts)


def _translated(constraint: str) -> list[str]:
    if constraint in ("", "*"):
        return []
    if constraint[0] not in "^~" or constraint.startswith("~="):
        return [constraint if constraint[0] in "<>=!~" else f"=={constraint}"]
    known = _RELEASE.fullmatch(constraint[1:])
    if known is None:
        return []
    release = [int(part) for part in known[1].split(".")]
    kept = _leading(release) if constraint[0] == "^" else min(len(release), 2)
    above = [*release[: kept - 1], release[kept - 1] + 1]
    return [f">={known[1]}{known[2]}", f"<{'.'.join(map(str, above))}"]


def _leading(release: list[int]) -> int:
    """How many parts of a release a caret holds: all up to the first that is not zero."""
    return next((place for place, part in enumerate(release, 1) if part), len(release))
