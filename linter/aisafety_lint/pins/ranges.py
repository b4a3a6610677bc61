"""Whether the versions that are required lie within a range: takes requirements as in PEP 508, answers yes, no or open.

Ranges are compared at points: the versions that either of them names, and one between each and the next.
"""

from collections.abc import Iterable, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

_HIGH = 999_999


def within(required: Iterable[tuple[str, ...]], wanted: str) -> bool | None:
    """Whether all versions that are required lie within a range; None where only some do.

    What a folder further up requires narrows that of the nearer one, unless it contradicts it. A folder that
    contradicts itself has a choice.
    """
    asked = SpecifierSet(wanted)
    layers = [[*_specifiers(texts)] for texts in required]
    points = [*_points([asked, *(one for layer in layers for one in layer)])]
    left = points
    for layer in layers:
        narrowed = [point for point in left if all(one.contains(point, prereleases=True) for one in layer)]
        if not narrowed and left is points:
            narrowed = [point for point in left if any(one.contains(point, prereleases=True) for one in layer)]
        left = narrowed or left
    inside = [asked.contains(point, prereleases=True) for point in left]
    return all(inside) if all(inside) or not any(inside) else None


def _specifiers(texts: Iterable[str]) -> Iterator[SpecifierSet]:
    for text in texts:
        try:
            yield Requirement(text).specifier
        except InvalidRequirement:
            continue


def _points(specifiers: Iterable[SpecifierSet]) -> set[Version]:
    """Versions of which at least one lies in each stretch that the specifiers tell apart."""
    texts = {one.version.removesuffix(".*") for known in specifiers for one in known}
    named = (Version(text) for text in texts if _is_version(text))  # `===` compares any texts
    return {Version("0"), Version(str(_HIGH))}.union(*(_around(version) for version in named))


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _around(version: Version) -> Iterator[Version]:
    """A version, one right below and one right above it, and those at which its series end."""
    release = version.release
    yield version
    yield Version(".".join(map(str, (*release, 0, 0, 1))))
    for place, part in enumerate(release):
        above = Version(".".join(map(str, (*release[:place], part + 1))))
        yield above
        yield Version(f"{above}.0.0.1")
        if part:
            yield Version(".".join(map(str, (*release[:place], part - 1, _HIGH))))
