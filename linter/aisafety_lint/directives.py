"""What a comment says to the linter: `aisafety: ignore[rule] reason`, taken apart, or told what is wrong with it.

There is no form without a rule and none without a reason: both would hide what nobody has looked at.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from aisafety_lint.suggest import did_you_mean
from aisafety_lint.suppressed import MARK

VERBS = ("ignore", "file-ignore")
EXAMPLE = "# aisafety: ignore[model-output-to-shell] Only our own host names get here."

# A directive begins its comment, or a comment within it after one for another tool.
_START = re.compile(r"(?:\A[#/;*!\-\s]*|\s(?:#|//)[ \t]*)(?=aisafety:)")
_NEXT = re.compile(r"\s(?:#|//)\s")
_VERB = re.compile(r"aisafety:[ \t]*(?P<verb>[\w-]*)(?P<rest>.*)", re.DOTALL)
_BRACKETS = re.compile(r"\[(?P<rules>[^\[\]]*)\](?P<reason>.*)", re.DOTALL)
_UNTIL = re.compile(r"(?:(?<=\s)|\A)until=(?P<date>\S*)")
_OTHER_DATE = re.compile(r"(?:(?<=\s)|\A)(?!until=)(?P<key>\w+)[=:][ \t]*\d{4}-\d\d-\d\d\b")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: for a file or a statement, the rules, the reason, the last day of effect; or what is wrong.

    `start` and `end` are its place in the text of the comment.
    """

    start: int
    end: int
    whole_file: bool = False
    rules: tuple[str, ...] = ()
    reason: str = ""
    until: str = ""
    problem: str = ""
    hint: str = ""


def directives(comment: str) -> Iterator[Directive]:
    """The directives in the text of one comment, in order; none where it only speaks of them."""
    places = [match.span() for match in _START.finditer(comment)]
    for (_, start), (limit, _) in pairwise([*places, (len(comment), len(comment))]):
        following = _NEXT.search(comment, start, limit)
        end = following.start() if following else limit
        end = start + len(comment[start:end].rstrip())
        yield _directive(comment[start:end], start, end)


def text_of(rules: tuple[str, ...], reason: str, until: str = "", *, whole_file: bool = False) -> str:
    """A directive as it is written into a comment."""
    last_day = f"until={until} " if until else ""
    return f"{MARK} {VERBS[whole_file]}[{', '.join(rules)}] {last_day}{reason}"


def is_date(text: str) -> bool:
    """Whether a text is a day, written 2027-01-31."""
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _directive(text: str, start: int, end: int) -> Directive:
    found = _VERB.match(text)
    assert found is not None, "it starts with the mark"
    verb, rest = found["verb"], found["rest"]
    if verb not in VERBS:
        said = f"`{MARK} {verb}` says nothing" if verb else f"`{MARK}` says nothing"
        return Directive(start, end, problem=said, hint=did_you_mean(verb, VERBS, f"write `{EXAMPLE}`"))
    brackets = _BRACKETS.match(rest)
    if brackets is None:
        return Directive(start, end, problem=_without_rules(verb, rest), hint=f"write `{EXAMPLE}`")
    names = [name.strip() for name in brackets["rules"].split(",")]
    if not all(names):
        said = "names no rule" if not any(names) else "has a comma too many"
        return Directive(start, end, problem=f"`{verb}[{brackets['rules']}]` {said}", hint="name each rule")
    rules = tuple(dict.fromkeys(names))
    reason, until, problem, hint = _reason(brackets["reason"])
    return Directive(start, end, verb == "file-ignore", rules, reason, until, problem, hint)


def _without_rules(verb: str, rest: str) -> str:
    if rest.lstrip().startswith("["):
        return f"`{verb}` and its bracket are apart" if rest[:1].isspace() else f"the bracket of `{verb}` is not closed"
    return f"`{verb}` names no rule, and there is no form for all of them"


def _reason(text: str) -> tuple[str, str, str, str]:
    """The reason, the last day, and what is wrong with them."""
    days = [match["date"].rstrip(".,;") for match in _UNTIL.finditer(text)]
    reason = " ".join(_UNTIL.sub(" ", text).split()).lstrip(":-–— ")  # noqa: RUF001 - dashes that people write
    until = days[0] if days else ""
    if len(days) > 1:
        return reason, "", "there are two days in it", "one `until=` is enough"
    if days and not is_date(until):
        return reason, "", f"`until={until}` is no day", "a day is written `until=2027-01-31`"
    if (other := _OTHER_DATE.search(text)) is not None:
        return reason, until, f"`{other['key']}` is not understood", "did you mean `until=`?"
    if not re.search(r"\w", reason):
        return "", until, "it gives no reason", "say after the bracket why this is safe, for the next reader"
    return reason, until, "", ""
