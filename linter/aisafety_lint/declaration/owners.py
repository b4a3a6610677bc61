"""Who answers for agents: takes the declarations and what is around, gives the owners of some files."""

from collections.abc import Iterable, Mapping

from aisafety_lint.declaration.content import answer
from aisafety_lint.declaration.matching import is_below
from aisafety_lint.declaration.reading import folder_of
from aisafety_lint.declaration.surroundings import Surroundings
from aisafety_lint.evals.model import Declaration
from aisafety_lint.evals.tree import at


def owners(
    paths: Iterable[str], declarations: Iterable[Declaration], around: Surroundings
) -> Mapping[str, tuple[str, ...]]:
    """For each file whom the nearest declaration and the lists of code owners name; nobody is an empty tuple."""
    nearest = sorted(declarations, key=lambda one: len(folder_of(one.path)), reverse=True)
    found: dict[str, tuple[str, ...]] = {}
    for path in dict.fromkeys(paths):
        declared = next((one for one in nearest if is_below(path, folder_of(one.path))), None)
        accountable = answer(at(declared.root, "owner.accountable")) if declared and declared.root else ""
        found[path] = tuple(filter(None, dict.fromkeys((accountable, *sorted(around.owners([path]))))))
    return found
