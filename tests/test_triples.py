"""Every rule and every kind of manifests has examples: what is bad, what is good, and what only looks alike."""

from collections.abc import Mapping
from functools import cache

import pytest

from aisafety_lint.examples import Case, cases
from aisafety_lint.manifests.signatures import load_signatures
from aisafety_lint.rule import Rule
from shared import KNOWLEDGE

SIGNATURES = KNOWLEDGE.part(load_signatures)
KINDS = [name for name, signature in SIGNATURES.by_id.items() if signature.globs]


@cache
def _kinds(case: Case) -> frozenset[str]:
    """The kinds that the files of a case may be of, by their names and words."""
    return frozenset(name for block in case.blocks for name in SIGNATURES.candidates(block.path, block.text.encode()))


@cache
def _names(case: Case) -> frozenset[str]:
    return frozenset(block.path.rpartition("/")[2] for block in case.blocks)


def _is_bad(rule: Rule, case: Case) -> bool:
    return any(one.rule == rule.id for one in case.expected)


def _speaks_of_manifests(rule: Rule) -> bool:
    """Whether a rule selects from manifests, or finds something in files that are all manifests."""
    blocks = [block for case in cases(rule) if _is_bad(rule, case) for block in case.blocks]
    return "manifest" in rule.match or all(SIGNATURES.candidates(one.path, one.text.encode()) for one in blocks)


RULES = [rule for rule in KNOWLEDGE.rules.values() if _speaks_of_manifests(rule)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_trap_from_another_product_or_of_another_shape(rule: Rule) -> None:
    bad = [case for case in cases(rule) if _is_bad(rule, case)]
    quiet = [case for case in cases(rule) if not case.expected]
    assert bad
    assert len(quiet) >= 2
    assert any(_kinds(one) != _kinds(other) or _names(one).isdisjoint(_names(other)) for one in quiet for other in bad)


@cache
def _examples() -> Mapping[str, frozenset[bool]]:
    """For each kind whether there are examples with findings, and without any."""
    found: dict[str, set[bool]] = {name: set() for name in KINDS}
    for rule in KNOWLEDGE.rules.values():
        for case in cases(rule):
            for kind in _kinds(case):
                found[kind].add(bool(case.expected))
    return {kind: frozenset(some) for kind, some in found.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_an_example_that_is_bad_and_one_that_is_quiet(kind: str) -> None:
    assert _examples()[kind] == {True, False}
