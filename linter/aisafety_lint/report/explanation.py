"""The explanation of a rule as people read it, without what makes its examples tests."""

import re
from functools import lru_cache

from aisafety_lint.rule import Rule

_FENCE = re.compile(r"^(```[\w+-]+)[ \t]+(.*)$", re.MULTILINE)
_PATH = re.compile(r"(?:^|\s)path=(\S+)")
_EXPECT = re.compile(r"[ \t]*(?:#|//) expect: .*$", re.MULTILINE)
_FAKE = re.compile(r"\{fake:([\w.-]+)\}")


def explanation(rule: Rule) -> str:
    """The sections of a rule as Markdown: files of examples are named before them, fake secrets by their format."""
    return "\n\n".join(f"## {heading}\n\n{_examples(text)}" for heading, text in rule.sections.items())


@lru_cache(maxsize=4096)  # who writes many reports explains the same rules each time
def _examples(text: str) -> str:
    return _FAKE.sub(r"<\1>", _EXPECT.sub("", _FENCE.sub(_fence, text)))


def _fence(match: re.Match[str]) -> str:
    """The opening line of a block; the file that it stands for is named before it."""
    path = _PATH.search(match[2])
    return f"`{path[1]}`:\n\n{match[1]}" if path else match[1]
