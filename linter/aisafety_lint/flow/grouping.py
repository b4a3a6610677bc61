"""Which sources are followed together: those that lead to nearly the same kinds of sinks."""

from collections.abc import Iterable

from aisafety_lint.flow.nodes import Kindset

_LACKING = 8  # one of so many kinds may be missing in a group that is joined


def group_kinds(wanted: Iterable[Kindset]) -> list[Kindset]:
    """Sets of kinds of sinks that are followed together, smallest first.

    A set joins one that is not much larger and has nearly all of its kinds.
    """
    groups: list[Kindset] = []
    for kinds in sorted(set(wanted), key=lambda kinds: (-len(kinds), sorted(kinds))):
        for number, group in enumerate(groups):
            if len(kinds - group) <= len(kinds) // _LACKING and len(group | kinds) <= 2 * len(kinds):
                groups[number] = group | kinds
                break
        else:
            groups.append(kinds)
    return groups[::-1]
