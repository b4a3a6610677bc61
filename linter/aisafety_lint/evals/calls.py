"""What a pipeline that is a program runs: takes its text, gives the steps that its calls are.

The program is not understood: which calls run, in which order and under which condition, only running it tells. So
every script counts as one that runs, and any word that catches failures leaves it open whether one ends the pipeline.
"""

import re
from collections.abc import Iterable, Iterator

from aisafety_lint.evals.frameworks import System
from aisafety_lint.evals.pipelines import Step, Workflow
from aisafety_lint.finding import Location
from aisafety_lint.manifests.documents import Scalar
from aisafety_lint.source import SourceText

_TEXT = r"'''(?P<a>.*?)'''|\"\"\"(?P<b>.*?)\"\"\"|'(?P<c>(?:[^'\\\n]|\\.)*)'|\"(?P<d>(?:[^\"\\\n]|\\.)*)\""
_COMMENT = re.compile(r"^[ \t]*(?://|\*|/\*).*$", re.MULTILINE)
# How far the other arguments of a call may lie from its script.
_NEAR = 200


def read_calls(source: SourceText, system: System) -> Workflow:
    """Read one pipeline; comments are left out."""
    text = _COMMENT.sub(lambda found: " " * len(found[0]), source.text)
    steps = tuple(_steps(source, text, system))
    return Workflow(source.path, steps, _calls(system.elsewhere, text))


def _steps(source: SourceText, text: str, system: System) -> Iterator[Step]:
    called = re.compile(
        rf"\b(?:{'|'.join(system.scripts)})\b[ \t]*\(?[ \t\r\n]*(?:script[ \t]*:[ \t]*)?(?:{_TEXT})", re.DOTALL
    )
    found = list(called.finditer(text))
    scripts = [call[call.lastgroup or "c"] for call in found]
    caught = _calls((name for name, values in system.tolerant.items() if not values), text)
    uncertain = caught or _calls(system.folders, text)
    for index, (call, script) in enumerate(zip(found, scripts, strict=True)):
        start, end = call.span(call.lastgroup or "c")
        yield Step(
            path=source.path,
            span=source.span(start, end),
            script=Scalar(source, start, end, script, script),
            action="",
            inputs={},
            environment={},
            folder="",
            pipefail=False,
            manual=False,
            tolerant=_tolerance(source, text, call, system),
            maybe_tolerant=uncertain,
            later=tuple(scripts[index + 1 :]),
        )


def _tolerance(source: SourceText, text: str, call: re.Match[str], system: System) -> Location | None:
    """The argument beside a script that lets its failure pass."""
    begin = call.start()
    end = text.find("\n", call.end(), call.end() + _NEAR)
    line = text[begin : call.end() + _NEAR if end < 0 else end]
    for name, values in system.tolerant.items():
        for value in values:
            beside = re.search(rf"\b{name}[ \t]*:[ \t]*{value}\b", line)
            if beside is not None:
                span = source.span(begin + beside.start(), begin + beside.end())
                return Location(source.path, span, f"`{name}: {value}`")
    return None


def _calls(names: Iterable[str], text: str) -> bool:
    """Whether a program has a call, or a block, by one of these names."""
    wanted = "|".join(names)
    return bool(wanted) and re.search(rf"(?<![\w.])(?:{wanted})[ \t]*(?:\(|\{{|['\"]|job[ \t]*:)", text) is not None
