"""Statistics: how many findings of each rule there are, for `--statistics`."""

from collections import Counter

from aisafety_lint.report.model import Report
from aisafety_lint.report.summary import summary
from aisafety_lint.report.terminal import Paint


def render(report: Report, *, color: bool = False, seconds: float | None = None, hyperlinks: bool = False) -> str:
    """One line a rule, the most frequent first, with its severity and what is suppressed of it, and the last line."""
    paint = Paint(color, hyperlinks)
    found = Counter(finding.rule for finding in report.findings)
    held = Counter((item.finding.rule, item.kind == "baseline") for item in report.suppressed)
    found.update({rule_id: 0 for rule_id, _ in held})
    digits = len(str(max(found.values(), default=0)))
    lines = []
    for rule_id, number in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        rule = report.rules[rule_id]
        severity = paint(f"{rule.severity!s:<8}", str(rule.severity))
        words = ((held[rule_id, False], "suppressed"), (held[rule_id, True], "in the baseline"))
        besides = ", ".join(f"{amount} {word}" for amount, word in words if amount)
        line = f"{number:>{digits}}  {severity}  {paint.link(rule_id, rule.path)}"
        lines.append(f"{line}  ({besides})" if besides else line)
    return "\n".join([*lines, summary(report, seconds)]) + "\n"
