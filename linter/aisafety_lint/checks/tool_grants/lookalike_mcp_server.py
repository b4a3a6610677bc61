"""Tool servers whose package name is one slip of the keyboard away from a well-known one, and is none itself."""

from collections.abc import Iterator

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Finding
from aisafety_lint.manifests.launch import launch_of, package_of
from aisafety_lint.manifests.query import Match
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

_SHORTEST = 8


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    for manifest in project.manifests:
        vocabulary = manifest.kinds.vocabulary
        known = vocabulary.lists["well-known-servers"]
        for server in manifest.servers:
            launch = launch_of(server.node, vocabulary.programs)
            package = package_of(launch, vocabulary.programs) if launch is not None else None
            if package is None or package.remote_source or package.name in known:
                continue
            meant = next((name for name in known if one_slip(package.name, name)), None)
            if meant is not None:
                at = Match(package.word.node, package.word.text, None, server.parts, server)
                words = {"server": server.name, "package": package.name, "meant": meant}
                yield manifest_finding(rule, manifest, Hit(at, words=words))


def one_slip(name: str, meant: str) -> bool:
    """Whether a name differs from another by one letter too many, too few, wrong, or by two letters swapped.

    Short names and names in another scope do not count: there are too many honest ones.
    """
    scope, _, bare = name.rpartition("/")
    meant_scope, _, meant_bare = meant.rpartition("/")
    if scope != meant_scope or min(len(bare), len(meant_bare)) < _SHORTEST or bare == meant_bare:
        return False
    shorter, longer = sorted((bare, meant_bare), key=len)
    start = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) == len(longer):
        swapped = shorter[start : start + 2] == longer[start : start + 2][::-1]
        return shorter[start + 1 :] == longer[start + 1 :] or (swapped and shorter[start + 2 :] == longer[start + 2 :])
    return shorter[start:] == longer[start + 1 :]
