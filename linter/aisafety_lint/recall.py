"""The report on a project: remembered where nothing has changed that decides it, else made by the pipeline and kept."""

import os
import time
from dataclasses import fields

from aisafety_lint import discovery, remembered
from aisafety_lint.cache import NO_CACHE, Store
from aisafety_lint.compiled import Compiled
from aisafety_lint.config import Config
from aisafety_lint.digests import Digests
from aisafety_lint.discovery import Discovered
from aisafety_lint.edition import Edition, edition
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.remembered import Catalogue, Remembered
from aisafety_lint.report.model import Report
from aisafety_lint.standards import load_standards

# What a report says does not depend on these; what standard input holds is the content of a file.
_ASIDE = frozenset({"fail_on", "strict", "file", "origins", "stdin", "jobs"})


def run(config: Config, store: Store = NO_CACHE) -> Report:
    """The report on a project; raises UserError where the job cannot be done."""
    moment = time.time_ns()
    present = edition((builtin_root(), *config.rules)) if store else None
    if present is None:
        from aisafety_lint import pipeline

        return pipeline.run(config)
    found = discovery.discover(config)
    digests = Digests.of(store, config, found.files, moment)
    # Without digests of an earlier run there is hardly a report either, and to read all files twice is dear.
    if digests.kept and digests.complete():
        kept = remembered.get(store, _name(store, config, present, found, digests), Remembered)
        if kept is not None:
            report = _restored(store, config, kept, present)
            if report is not None:
                digests.save()
                return report
            digests = Digests.of(store, config, found.files, moment)  # a file has changed since
    return _made(store, config, found, digests, present)


def _restored(store: Store, config: Config, kept: Remembered, present: Edition) -> Report | None:
    """The report that an earlier run kept; None where a part of it is not there any more."""
    catalogue = remembered.get(store, _catalogue(store, present), Catalogue)
    return None if catalogue is None else remembered.restored(kept, catalogue, config)


def _made(store: Store, config: Config, found: Discovered, digests: Digests, present: Edition) -> Report:
    """Analyse the project, and keep what was found out."""
    from aisafety_lint import pipeline
    from aisafety_lint.memory import Memory

    knowledge = Knowledge((builtin_root(), *config.rules), Compiled(store))
    memory = Memory.of(store, digests, present)
    report = pipeline.report(config, knowledge, found, memory)
    if present == edition(knowledge.roots):
        knowledge.compiled.save()
        memory.save()
        if digests.complete() and digests.hold() and not memory.by_accident:
            content = remembered.remembered(report, found.files, digests.known, memory.secrets)
            remembered.put(store, _name(store, config, present, found, digests), content)
            _keep_catalogue(store, knowledge, present)
        store.trim()
    return report


def _keep_catalogue(store: Store, knowledge: Knowledge, present: Edition) -> None:
    name = _catalogue(store, present)
    if remembered.get(store, name, Catalogue) is None:
        references = [reference for rule in knowledge.rules.values() for reference in rule.standards]
        remembered.put(store, name, Catalogue(knowledge.rules, load_standards(knowledge, references)))


def _catalogue(store: Store, present: Edition) -> str:
    return store.name("catalogue", present.engine, present.knowledge)


def _name(store: Store, config: Config, present: Edition, found: Discovered, digests: Digests) -> str:
    """The name of the report on what was found, which holds everything that decides it."""
    settings = [(item.name, repr(getattr(config, item.name))) for item in fields(config) if item.name not in _ASIDE]
    who = os.geteuid() if hasattr(os, "geteuid") else 0
    asked = (settings, sorted(config.explicit), found.scope, found.notifications, found.not_analysed, who)
    files = [(file.path, file.kind, digests.known[file.path]) for file in found.files]
    return store.name("report", present.engine, present.knowledge, repr(asked).encode(), repr(files).encode())
