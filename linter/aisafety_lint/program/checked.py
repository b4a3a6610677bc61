"""What a condition has established of a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """A value that a condition has tested: the sink kinds it is safe for; `derived`: so are values it was made from.

    `each` are the kinds that a text is safe for when this is known of every character of it, where they differ.
    `path` are the attributes and keys that lead to the part that was tested, where not all of the value was.
    `after` are calls one of which the value must have gone through for the test to mean something, where only the
    caller of the function can tell. `unless` are parameters of the function without which nothing is tested: a limit
    that is not given. `element` is that of a loop over what is looked for, where this is known for one round only.
    """

    value: int
    cleans: frozenset[str]
    derived: bool
    each: frozenset[str] | None = None
    path: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    element: int = -1

    @property
    def of_each(self) -> frozenset[str]:
        """The kinds that a text or a collection is safe for when this is known of each element of it."""
        return self.cleans if self.each is None else self.each


def common(outcomes: list[tuple[Check, ...]]) -> tuple[Check, ...]:
    """Checks that hold whichever outcome came: the same value, the kinds in common."""
    if not outcomes:
        return ()
    found: list[Check] = []
    for check in outcomes[0]:
        cleans, each, after, unless = check.cleans, check.of_each, check.after, check.unless
        for other in outcomes[1:]:
            place = check.value, check.path, check.element
            same = [item for item in other if (item.value, item.path, item.element) == place]
            cleans = meet(cleans, frozenset().union(*(item.cleans for item in same)))
            each = meet(each, frozenset().union(*(item.of_each for item in same)))
            after = after or next((item.after for item in same if item.after), ())
            unless = tuple(dict.fromkeys((*unless, *(name for item in same for name in item.unless))))
        if cleans:
            found.append(Check(check.value, cleans, check.derived, each, check.path, after, unless, check.element))
    return tuple(found)


def meet(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    if "all" in one:
        return other
    return one if "all" in other else one & other
