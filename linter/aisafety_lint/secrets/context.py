"""What stands around a value in a text: its line, and the keys above it that hold it by indentation."""

import re

from aisafety_lint.suppressed import MARK

_NAME = re.compile(
    r"([A-Za-z_][\w.-]{0,80})[\"'`\])]{0,3}\s{0,8}(?:=>|:=|==|[:=,(])[\s(\[]{0,40}(?:[A-Za-z]{1,12}\s)?[\\rbf]{0,2}(?:[\"'`]\s{0,8})?$"
)
_REMARK = re.compile(r"[^\n]{0,120}?\s(?:#|//|<!--|/\*)\s?([^\n]{0,200})")
_LINE = 300
_NEAR = 120
_PARENTS = 3
_LOOK_BACK = 60


def line_before(text: str, start: int) -> str:
    """What stands on the line before an offset, at most 300 characters."""
    return text[max(text.rfind("\n", 0, start) + 1, start - _LINE) : start]


def remark_after(text: str, end: int) -> str:
    """The comment that stands after an offset on its line, if any; what it says to the linter is no part of it."""
    match = _REMARK.match(text, end)
    return match[1].partition(MARK)[0] if match else ""


def name_before(text: str, start: int) -> str:
    """The name that a value is assigned to, passed as or keyed by, as far as its line shows."""
    match = _NAME.search(line_before(text, start)[-_NEAR:])
    return match[1] if match else ""


def around(text: str, start: int, end: int) -> str:
    """The line of a value without the value, and the lines above that hold it by indentation."""
    after = text.find("\n", end, end + _LINE)
    line = line_before(text, start)
    parts = [line, text[end : after if after >= 0 else end + _LINE]]
    indent = len(line) - len(line.lstrip())
    position = start - len(line)
    for _ in range(_LOOK_BACK):
        if not indent or len(parts) > _PARENTS + 2 or position <= 0:
            break
        above = text.rfind("\n", max(0, position - _LINE), position - 1) + 1
        if not above and position - 1 > _LINE:
            break
        candidate = text[above : position - 1]
        position = above
        depth = len(candidate) - len(candidate.lstrip())
        if candidate.strip() and depth < indent:
            parts.append(candidate)
            indent = depth
    return " ".join(parts)
