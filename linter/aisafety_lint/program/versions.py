"""Whether a fact about some versions of a library holds in a module: by what the project requires of the library."""

from collections.abc import Mapping
from typing import Any

from aisafety_lint.pins.model import Pins
from aisafety_lint.program.holds import Holds


class Versions:
    """Answers for each module, by the requirements of the folders above it; the nearest one counts most."""

    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        self._known: dict[tuple[str, str, tuple[str, ...]], Holds] = {}

    def hold(self, path: str, fact: Mapping[str, Any]) -> Holds:
        """Whether the range `in` of a fact holds in a module; a MAYBE where nothing decides it."""
        if "in" not in fact:
            return Holds.YES
        packages = tuple(fact.get("packages", ()))
        key = path.rpartition("/")[0], fact["in"], packages
        known = self._known.get(key)
        if known is None:
            from aisafety_lint.pins.ranges import within

            held = within(self.pins.above(path, packages), fact["in"])
            known = self._known[key] = Holds.MAYBE if held is None else Holds.YES if held else Holds.NO
        return known
