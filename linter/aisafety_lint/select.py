"""Which rules run and which findings are shown: takes the settings and the catalogue, decides for each finding.

A selector is a rule's id or an earlier name of it, a family, a tag, or `ALL`. The more specific word wins; between
words that are equally specific, the one that ignores.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from aisafety_lint.config import Config, Override
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Finding
from aisafety_lint.ignorefiles import PathTest, path_test
from aisafety_lint.rule import FAMILIES, Rule
from aisafety_lint.suggest import did_you_mean

ALL = "ALL"
_EVERY, _GROUP, _RULE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class _Patch:
    """An override, ready to be applied: where it holds, and how specifically it names each rule."""

    places: PathTest
    override: Override
    ignored: Mapping[str, int]
    changed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules that run, by id in the order of the catalogue, and what becomes of their findings.

    `named` are the rules that the user asked for by name: their findings are shown to every persona.
    """

    rules: Mapping[str, Rule]
    named: frozenset[str]
    config: Config
    patches: tuple[_Patch, ...] = field(default=(), repr=False)

    def decide(self, finding: Finding) -> tuple[Finding, str]:
        """The finding as it is to be shown, and why it is not shown: `ignored`, `persona`, `severity`, or nothing."""
        for patch in self.patches:
            if not patch.places.matches(finding.location.path):
                continue
            if finding.rule in patch.ignored:
                return finding, "ignored"
            if patch.override.severity is not None and finding.rule in patch.changed:
                finding = replace(finding, severity=patch.override.severity)
        # A finding can be for a larger persona than its rule, because it is less sure or in test code: that holds.
        asked_for = finding.rule in self.named and finding.persona <= self.rules[finding.rule].persona
        if finding.persona > self.config.persona and not asked_for:
            return finding, "persona"
        return finding, "severity" if finding.severity < self.config.min_severity else ""


def resolve(config: Config, rules: Mapping[str, Rule]) -> Selection:
    """Decide which rules of a catalogue run; raises UserError for a selector that names nothing in it."""
    chosen = _expand(config, "select", config.select or (ALL,), rules)
    added = _expand(config, "extend_select", config.extend_select, rules)
    ignored = _expand(config, "ignore", config.ignore, rules)
    strength = {rule: max(chosen.get(rule, 0), added.get(rule, 0)) for rule in rules}
    active = {
        name: rule
        for name, rule in rules.items()
        if strength[name] > ignored.get(name, 0) and (rule.status != "deprecated" or strength[name] == _RULE)
    }
    named = frozenset(name for name in active if strength[name] == _RULE)
    patches = tuple(_patch(config, override, rules) for override in config.overrides)
    return Selection(active, named, config, patches)


def _patch(config: Config, override: Override, rules: Mapping[str, Rule]) -> _Patch:
    setting = f"overrides[{override.position}]"
    return _Patch(
        places=path_test(override.paths, f"{setting}.paths"),
        override=override,
        ignored=_expand(config, f"{setting}.ignore", override.ignore, rules),
        changed=_expand(config, f"{setting}.select", override.select or (ALL,), rules),
    )


def _expand(config: Config, setting: str, selectors: Iterable[str], rules: Mapping[str, Rule]) -> dict[str, int]:
    """The rules that selectors name, each with how specifically it is named."""
    strength: dict[str, int] = {}
    for selector in selectors:
        found = matching(selector, rules)
        if not found and selector not in FAMILIES:
            raise _unknown(config, setting, selector, rules)
        for name, value in found.items():
            strength[name] = max(value, strength.get(name, 0))
    return strength


def matching(selector: str, rules: Mapping[str, Rule]) -> dict[str, int]:
    """The rules that one selector names, each with how specifically; nothing for an unknown one."""
    if selector == ALL:
        return dict.fromkeys(rules, _EVERY)
    if by_name := find_rule(selector, rules):
        return {by_name.id: _RULE}
    return {name: _GROUP for name, rule in rules.items() if selector == rule.family or selector in rule.tags}


def find_rule(name: str, rules: Mapping[str, Rule]) -> Rule | None:
    """The rule of an id, or of a name that it had before."""
    return rules.get(name) or next((rule for rule in rules.values() if name in rule.aliases), None)


def selectors(rules: Mapping[str, Rule]) -> list[str]:
    """Every selector that a catalogue understands."""
    tags = {tag for rule in rules.values() for tag in rule.tags}
    aliases = {alias for rule in rules.values() for alias in rule.aliases}
    return [ALL, *FAMILIES, *rules, *sorted(tags | aliases)]


def _unknown(config: Config, setting: str, selector: str, rules: Mapping[str, Rule]) -> UserError:
    hint = did_you_mean(selector, selectors(rules), "`aisafety-lint rules` lists the rules and their families")
    return UserError(f"{_where(config, setting, selector)}: no rule, family or tag `{selector}`", hint)


def _where(config: Config, setting: str, selector: str) -> str:
    """The place of a selector in the configuration file, else the option that said it."""
    from aisafety_lint.settings_schema import place, route_to, setting_key

    if config.file is not None and (route := route_to(config.file, setting, selector)):
        return place(config.file, route)
    return f"`--{setting_key(setting)}`"
