"""What a project says of the versions of distributions, by the folder that it says it for."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class Pins:
    """For each folder, relative to the root, what is required of each distribution: requirements as in PEP 508."""

    by_folder: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def above(self, path: str, names: Collection[str]) -> Iterator[tuple[str, ...]]:
        """What the folders from that of a file up to the root require of any of some distributions, nearest first."""
        wanted = [canonical(name) for name in names]
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            known = self.by_folder.get(folder, {})
            if found := tuple(text for name in wanted for text in known.get(name, ())):
                yield found


NO_PINS = Pins()


def canonical(name: str) -> str:
    """The name of a distribution as it is compared."""
    return _SEPARATORS.sub("-", name).lower()
