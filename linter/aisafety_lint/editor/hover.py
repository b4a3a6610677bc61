"""A finding explained in Markdown, with what `explain PATH:LINE` tells in a terminal.

Code, names and messages come from the project; nothing in them may act as markup or as a link.
"""

import re
from collections.abc import Iterator

from aisafety_lint.finding import Finding, Location
from aisafety_lint.report.edits import changes, option
from aisafety_lint.report.explained import example_of, proof_of
from aisafety_lint.report.model import Report
from aisafety_lint.report.terminal import visible

_MOST_STEPS = 12
_FENCE = re.compile(r"`{3,}")
_CODE = re.compile(r"`([^`]*)`")
_MARKUP = re.compile(r"[\\`*_\[\]<>&#~|]")


def explained(report: Report, finding: Finding) -> str:
    """The explanation of a finding."""
    return "\n".join(_story(report, finding))


def _story(report: Report, finding: Finding) -> Iterator[str]:
    rule = report.rules[finding.rule]
    yield f"**{finding.severity}[{finding.rule}]**: {_plain(finding.message)} ({finding.confidence} confidence)\n"
    if finding.flows:
        yield "**How it is reached**\n"
        yield from _steps(report, finding.flows[0])
        if more := len(finding.flows) - 1:
            yield f"\nThere {'is' if more == 1 else 'are'} {more} more {'way' if more == 1 else 'ways'}.\n"
    weak, others = proof_of(finding)
    if finding.why or weak:
        why = finding.why or "what is there is not enough"
        yield f"\n**What does not count on the way**\n\n{_plain(why[:1].upper() + why[1:].rstrip('.'))}.\n"
        yield from (f"- {_place(place)}" for place in weak)
    if others:
        yield "\n**What else belongs to it**\n"
        yield from (f"- {_place(place)}" for place in others)
    yield f"\n**What would be enough**\n\n{_plain(finding.fix or rule.fix)}\n"
    for fix in finding.fixes:
        yield f"{_code(f'aisafety-lint {option(fix)}')} does this here: {_plain(fix.description)}\n"
        lines = [line for _, changed in changes(fix, report.texts) for line in changed]
        yield _fenced("diff", lines)
    if example := example_of(rule):
        yield f"For example:\n\n{_fenced('', example)}"
    yield (
        "\n**If it is accepted**\n\nWrite "
        f"{_code(f'# aisafety: ignore[{finding.rule}] REASON')} on the line or above the statement; "
        f"{_code(f'aisafety-lint explain {finding.rule}')} tells when the rule is wrong."
    )


def _steps(report: Report, flow: tuple[Location, ...]) -> Iterator[str]:
    left_out = range(_MOST_STEPS // 2, len(flow) - _MOST_STEPS // 2)
    for index, step in enumerate(flow):
        if len(flow) <= _MOST_STEPS or index not in left_out:
            text = report.texts.get(step.path)
            line = text.line(step.span.line).strip() if text is not None else ""
            yield f"{index + 1}. {_place(step)}{f'  {chr(10)}   {_code(line)}' if line else ''}"
        elif index == left_out.start:
            yield f"{index + 1}. … {len(left_out)} more"


def _place(place: Location) -> str:
    label = f": {_plain(place.label)}" if place.label else ""
    return f"{_code(f'{place.path}:{place.span.line}')}{label}"


def _plain(text: str) -> str:
    """A text in one line, with what stands between backticks as code and no other markup."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(
        _code(part) if number % 2 else _MARKUP.sub(r"\\\g<0>", visible(part)) for number, part in enumerate(parts)
    )


def _code(text: str) -> str:
    """A text as code, whatever is in it."""
    shown = visible(" ".join(text.split()))
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    blank = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{blank}{shown}{blank}{fence}"


def _fenced(language: str, lines: list[str]) -> str:
    """Lines as a block of code, which they cannot end."""
    shown = [visible(line) for line in lines]
    longest = max((len(fence[0]) for line in shown for fence in _FENCE.finditer(line)), default=2)
    fence = "`" * max(longest + 1, 3)
    return "\n".join([f"{fence}{language}", *shown, fence])
