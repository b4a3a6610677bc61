"""Tools that answer with a credential: a value that is named so, or stands behind words that announce one."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aisafety_lint.finding import Confidence, Finding, Location
from aisafety_lint.flow.places import one_line
from aisafety_lint.program.answers import Part, answer_parts
from aisafety_lint.project import Project
from aisafety_lint.rule import Rule

if TYPE_CHECKING:
    from aisafety_lint.program.model import Program

_TOKEN = r"(access|auth|authentication|bearer|refresh|admin|session)[ _-]?tokens?"
_KEY = r"api[ _-]?keys?|client[ _-]?secret|(secret|private)[ _-]?(access[ _-]?)?key"
_WHAT = rf"({_TOKEN}|{_KEY}|passwords?|passwd)"
_NAMED = re.compile(rf"(^|_){_WHAT}$", re.IGNORECASE)
_ANNOUNCED = re.compile(rf"\b({_WHAT}( is)?\s*[:=]|bearer)\s*[`'\"]?$", re.IGNORECASE)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HIDING = re.compile(
    r"mask|redact|hash|obfuscat|censor|scrub|hide|encrypt|digest|^(len|bool|type|sub|replace)$", re.IGNORECASE
)
_WRITTEN = re.compile(r"(?=\S*[\d-])(?!.*(?:\*\*|\.\.\.|<|\{|xxx|example))\S{8,}")


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    seen: set[tuple[int, int]] = set()
    for tool in project.program.tools:
        for part in answer_parts(project.program.resolver, project.program.kinds, tool):
            name = _credential(project.program, part)
            place = project.program.index.value(part.scope, part.value).place
            if name and place[0] and (part.scope, part.value) not in seen:
                seen.add((part.scope, part.value))
                path = project.program.index.paths[part.scope]
                yield Finding(
                    rule=rule.id,
                    message=rule.message.format(tool=tool.name, what=name),
                    location=Location(path, one_line(place), "goes to the model"),
                    severity=rule.severity,
                    confidence=Confidence.MEDIUM,
                    persona=rule.persona,
                    related=(Location(tool.path, tool.span, f"the tool `{tool.name}`"),),
                    fix=rule.fix,
                    symbol=project.program.index.scopes[part.scope].qualname,
                )


def _credential(program: "Program", part: Part) -> str:
    """How a credential in an answer is called; empty for anything else."""
    index = program.index
    known = index.value(part.scope, part.value)
    name = index.local_names[part.scope].get(part.value, "")
    if known.op == "const":
        written = known.kind == "str" and _is_named(part.label) and _WRITTEN.fullmatch(known.name)
        return part.label if written else ""
    if known.op in ("attr", "item"):
        name = known.name
    elif known.op == "call":
        function = index.value(part.scope, known.args[0])
        key = index.value(part.scope, known.args[1]) if len(known.args) > 1 else None
        if function.op == "attr" and function.name == "get" and key is not None:
            name = key.name if key.op == "const" else name
        else:
            return name if _is_named(name) and not _HIDING.search(function.name) else ""
    elif known.op != "name":
        return ""
    if _is_named(name):
        return name
    announced = _ANNOUNCED.search(part.label)
    return name or announced[0].strip() if announced else ""


def _is_named(name: str) -> bool:
    return bool(_NAMED.search(_WORDS.sub("_", name)))
