"""The vendors whose credentials are known; no example stands here, for it would look like a credential."""

from collections.abc import Iterable, Mapping
from typing import Any

from aisafety_lint.knowledge import Knowledge
from sitegen.markdown import codes, joined, table
from sitegen.page import Page

_GROUPS = {"ai": "Models and agents", "cloud": "Clouds", "service": "Services", "key": "Keys"}


def page(knowledge: Knowledge) -> Page:
    """All vendors with their formats."""
    vendors = [vendor for _, vendor in knowledge.models("secrets") if vendor.get("formats")]
    groups = {
        format_["group"] if "group" in format_ else vendor["group"]
        for vendor in vendors
        for format_ in vendor["formats"]
    }
    parts = [joined(f"## {_GROUPS.get(group, group)}", _table(vendors, group)) for group in sorted(groups)]
    count = sum(len(vendor["formats"]) for vendor in vendors)
    intro = (
        f"{count} formats of {len(vendors)} issuers are known by their shape; beside them, a random value under the "
        "name of a credential is found without any. A secret is never printed: its beginning, its length and a salted "
        "digest are all that a report shows. The rules are those of the family [secrets](rules/secrets/index.md)."
    )
    return Page("secrets.md", "Secrets", joined("# Secrets", intro, *parts))


def _table(vendors: Iterable[Mapping[str, Any]], group: str) -> str:
    rows = (
        (
            vendor["vendor"],
            format_["what"],
            format_["severity"],
            codes(format_.get("names", ())),
            _rotate(vendor, format_),
        )
        for vendor in sorted(vendors, key=lambda vendor: str(vendor["vendor"]).lower())
        for format_ in vendor["formats"]
        if format_.get("group", vendor["group"]) == group
    )
    return table(("issuer", "credential", "severity", "usual names", "where to revoke it"), rows)


def _rotate(vendor: Mapping[str, Any], format_: Mapping[str, Any]) -> str:
    where = str(format_.get("rotate", vendor["rotate"]))
    return f"<{where}>" if where.startswith("https://") else where
