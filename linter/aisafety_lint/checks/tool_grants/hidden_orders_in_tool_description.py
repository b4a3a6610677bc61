"""Descriptions of tools that give orders: an agent that loads a tool reads its description as part of its prompt."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from aisafety_lint.checks.manifests import Hit, manifest_finding
from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.program.descriptions import descriptions
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span

if TYPE_CHECKING:
    from aisafety_lint.program.model import Program
    from aisafety_lint.program.tools import Tool

_LONGEST = 20_000
_BLOCK = "(?:important|hidden|secret|system|instructions?|critical|admin)"
_SECRECY = "an order to keep something from the user"
# What a model says wrongly of itself, such as that it cannot open pages, is kept from nobody.
_OF_ITSELF = r"(?: that)? you (?:can|are|do|have)(?:n['\u2019]t|not| not| no| unable)"
_USER = rf"[^.\n]{{0,40}}\b(?:users?|humans?|persons?|people|anyone|customers?)\b(?!{_OF_ITSELF})"
_OTHER_ORDERS = r"[^.\n]{0,30}\b(?:previous|prior|earlier|above|all)\b[^.\n]{0,30}\b(?:instructions?|rules?|prompts?)\b"
_READ = r"[^.\n]{0,60}\b(?:read|open|access|include|pass|send)(?:_\w+)?\b[^.\n]{0,60}"
_RUN = r"[^.\n]{0,40}\b(?:run|execute|start)\b[^.\n]{0,60}"
_CREDENTIALS = r"(?:~/|\.ssh\b|\.env\b|mcp\.json|id_rsa|/etc/|credentials?\b|api keys?\b|passwords?\b|private keys?\b)"
_UNSEEN = "\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\U000e0001-\U000e007f"

_ORDERS = (
    ("orders in a block of its own", rf"^[ \t]*<\s*{_BLOCK}\s*>|<\s*{_BLOCK}\s*>[^<>]*<\s*/"),
    (_SECRECY, rf"\b(?:do not|don't|never) (?:tell|mention|inform|notify|alert)\b{_USER}"),
    (_SECRECY, rf"\bwithout (?:telling|mentioning|informing|notifying){_USER}"),
    ("an order to forget other orders", rf"\b(?:ignore|disregard|forget)\b{_OTHER_ORDERS}"),
    ("an order to read what the tool does not need", rf"\b(?:must|always|first)\b{_READ}{_CREDENTIALS}"),
    ("an order to leave the sandbox", rf"\b(?:must|always|also)\b{_RUN}(?:--privileged\b|\bon the host\b|\bas root\b)"),
    ("characters that cannot be seen", f"[{_UNSEEN}]"),
)


@lru_cache(maxsize=1)
def _orders() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((what, re.compile(pattern, re.IGNORECASE | re.MULTILINE)) for what, pattern in _ORDERS)


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    yield from _in_code(rule, project)
    yield from _in_manifests(rule, project)


def _in_code(rule: Rule, project: Project) -> Iterator[Finding]:
    for tool in {tool.scope: tool for tool in project.program.tools}.values():
        for text, place in descriptions(project.program, tool):
            first = _first_order(text)
            if first is not None:
                yield _finding(rule, project.program, tool, first[1], place(first[0]))


def _in_manifests(rule: Rule, project: Project) -> Iterator[Finding]:
    """The same of descriptions that stand in a manifest, at the places that its kind names."""
    for manifest in project.manifests:
        for match in manifest.select("tool-descriptions"):
            first = _first_order(match.data[:_LONGEST]) if isinstance(match.data, str) else None
            if first is not None:
                owner = match.parent.data if match.parent is not None else {}
                tool = str(owner.get("name") or manifest.server_of(match) or match.name)
                words = {"tool": tool, "what": first[1]}
                yield manifest_finding(rule, manifest, Hit(match, words=words, confidence=Confidence.MEDIUM))


def _first_order(text: str) -> tuple[int, str] | None:
    hits = ((match.start(), what) for what, pattern in _orders() if (match := pattern.search(text)))
    return min(hits, default=None)


def _finding(rule: Rule, program: "Program", tool: "Tool", what: str, span: Span) -> Finding:
    return Finding(
        rule=rule.id,
        message=rule.message.format(tool=tool.name, what=what),
        location=Location(tool.path, span, what),
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        persona=rule.persona,
        related=(Location(tool.path, tool.span, f"the tool `{tool.name}`"),),
        fix=rule.fix,
        symbol=program.index.scopes[tool.scope].qualname,
    )
