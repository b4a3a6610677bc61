"""The report on a project: remembered where nothing has changed that decides it, else made and kept.

Whether anything has changed is told by the stamps of all files and folders that the last run went by, before anything
is read or imported that a report needs only when it is made.
"""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import sha256

from aisafety_lint import edition, remembered
from aisafety_lint.cache import NO_CACHE, Store
from aisafety_lint.config import Config
from aisafety_lint.knowledge import builtin_root
from aisafety_lint.remembered import Catalogue, Remembered
from aisafety_lint.report.model import Report
from aisafety_lint.stamps import Stamp, is_settled, stamp

# What a report says does not depend on these; of standard input only the content counts, below. A report knows itself
# until which day it holds.
_ASIDE = frozenset(
    {"fail_on", "strict", "file", "origins", "stdin", "overlay", "jobs", "file_timeout", "today", "baseline"}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last run on a project went by, and the entries of its report.

    The stamps of files and folders of the project, those of the program and the knowledge by their absolute paths, and
    for each link whether it leads out of the project.
    """

    project: Mapping[str, Stamp | None]
    program: Mapping[str, Stamp | None]
    links: Mapping[str, bool]
    report: str
    catalogue: str

    def proves(self, moment: int) -> bool:
        """Whether all stamps say something about what was read after a moment."""
        found = (*self.project.values(), *self.program.values())
        return os.name != "nt" and all(one is None or is_settled(one, moment) for one in found)

    def holds(self, root: str) -> bool:
        """Whether everything is as it was."""
        return (
            all(stamp(f"{root}/{path}" if path else root) == known for path, known in self.project.items())
            and all(stamp(path, follow=True) == known for path, known in self.program.items())
            and (not self.links or self._links_hold(root))
        )

    def _links_hold(self, root: str) -> bool:
        from aisafety_lint.walk import leads_out

        return all(leads_out(root, path) == known for path, known in self.links.items())


def run(config: Config, store: Store = NO_CACHE) -> Report:
    """The report on a project; raises UserError where the job cannot be done."""
    report = unchanged(config, store)
    if report is not None:
        return report
    from aisafety_lint import making

    return making.make(store, config)


def unchanged(config: Config, store: Store) -> Report | None:
    """The report of the last run, where by its stamps nothing has changed since."""
    if not store:
        return None
    seen = remembered.get(store, store.name("seen", question(config)), Seen)
    with contextlib.suppress(remembered.ChangedError):
        if seen is not None and seen.holds(str(config.root)):
            return restored(store, config, seen.report, seen.catalogue)
    return None


def question(config: Config) -> bytes:
    """What is asked, of which program, and by whom, on which depends what can be read."""
    settings = [(item.name, repr(getattr(config, item.name))) for item in fields(config) if item.name not in _ASIDE]
    who = os.geteuid() if hasattr(os, "geteuid") else 0
    given = dict(config.overlay if config.stdin is None else [*config.overlay.items(), config.stdin])
    instead = sorted((path, sha256(data).digest()) for path, data in given.items())
    asked = (str(edition.PACKAGE), str(builtin_root()), who, settings, sorted(config.explicit), instead)
    return repr(asked).encode()


def restored(store: Store, config: Config, report: str, catalogue: str) -> Report | None:
    """The report that an earlier run kept; None where a part of it is not there any more.

    Raises ChangedError where a file has changed meanwhile.
    """
    found = remembered.get(store, report, Remembered)
    if found is not None and not found.holds(config.today.isoformat()):
        return None
    known = None if found is None else remembered.get(store, catalogue, Catalogue)
    return None if found is None or known is None else remembered.restored(found, known, config)
