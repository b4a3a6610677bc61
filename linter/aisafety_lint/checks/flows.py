"""Rules about flows that data can say: takes `match: {flow: {from, to, unless}}` of a rule, gives its findings.

One finding for each sink and rule, with a flow for each source that reaches it. Flows through a recognised approval
gate are left out where the rule says `unless: [approval]`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from aisafety_lint.finding import Confidence, Finding, Persona, Remedy
from aisafety_lint.flow.doubts import VERBS, Doubt, doubts
from aisafety_lint.flow.prompts import IN_PROMPT
from aisafety_lint.flow.sources import named
from aisafety_lint.flow.trace import Flow
from aisafety_lint.program.conditions import operands
from aisafety_lint.program.model import Program
from aisafety_lint.project import Project
from aisafety_lint.remedies import of_call, safer
from aisafety_lint.rule import Rule
from aisafety_lint.source import Span
from aisafety_lint.wording import listed

_FLOWS_SHOWN = 5
_PROMPT = "prompt"


def check(rule: Rule, project: Project) -> Iterator[Finding]:
    """The findings of a rule with a `flow` block."""
    block = rule.match["flow"]
    by_sink: dict[tuple[tuple[int, int], str], list[Flow]] = defaultdict(list)
    for flow in _built_once(project.flows):
        if (
            flow.seed.kind in block["from"]
            and flow.kind in block["to"]
            and not ("approval" in block.get("unless", ()) and approved(project.program, flow))
        ):
            by_sink[flow.sink, flow.kind].append(flow)
    for flows in by_sink.values():
        yield _finding(rule, project, sorted(flows, key=_order))


def _built_once(flows: Sequence[Flow]) -> Iterator[Flow]:
    """The flows; a prompt that is built in one place and handed on in another is untrusted where it is built."""
    built = {(flow.location.path, flow.location.span.line) for flow in flows if flow.kind == _PROMPT}
    for flow in flows:
        passed = {(step.path, step.span.line) for step in flow.steps[:-1]} if flow.kind == _PROMPT else set()
        if built.isdisjoint(passed - {(flow.location.path, flow.location.span.line)}):
            yield flow


def approved(program: Program, flow: Flow) -> bool:
    """Whether a person agrees before the sink is reached: by the framework, or by a gate in the code."""
    if flow.seed.tool is not None and flow.seed.tool.approved:
        return True
    return any(
        program.consent.approved(scope, program.index.value(scope, call).guard, program.filled)
        for scope, call in flow.chain
    )


def _order(flow: Flow) -> tuple[int, int, str, int]:
    return -flow.confidence, len(flow.steps), flow.steps[0].path, flow.steps[0].span.line


def _finding(rule: Rule, project: Project, flows: Sequence[Flow]) -> Finding:
    flow = flows[0]
    weak = doubts(project.program.resolver, project.program.guards, flow)
    words = {"source": named(project.program.index, project.program.kinds, flow.seed), "sink": flow.name}
    persona = Persona.AUDITOR if flow.confidence is Confidence.LOW else rule.persona
    return Finding(
        rule=rule.id,
        message=rule.message.format(**words),
        location=replace(flow.location, label=f"reaches {project.program.kinds.sinks[flow.kind]}"),
        severity=rule.severity,
        confidence=flow.confidence,
        persona=persona,
        flows=tuple(item.steps for item in flows[:_FLOWS_SHOWN]),
        why=_why(project.program, flows, weak),
        fix=rule.fix,
        symbol=flow.symbol,
        related=(*(doubt.location for doubt in weak), *flow.indirect),
        indirect=flow.indirect,
        remedies=_remedies(rule, project.program, flow) if rule.edits else (),
    )


def _remedies(rule: Rule, program: Program, flow: Flow) -> tuple[Remedy, ...]:
    """How the call that is the sink is made safer, or the value that reaches it."""
    index, (scope, call) = program.index, flow.sink
    if index.value(scope, call).op != "call":
        return ()
    span, asked = Span(*index.value(scope, call).place), flow.row.get("argument", {})
    words = {key: asked[key] for key in ("position", "name") if key in asked}
    if names := {index.local_names[where].get(value, "") for where, value in flow.way if where == scope} - {""}:
        words["names"] = sorted(names)
    operand = next(iter(operands(program.resolver, scope, call, asked)), None)
    if operand is not None:
        wraps = any(way["edit"] == "wrap-argument" for way in rule.edits)
        if wraps and _is_of_another(program, flow, scope, operand):
            return ()
        known = index.value(scope, operand)
        inside = (span.line, span.column) <= known.place[:2] < (span.end_line, span.end_column)
        if not inside and known.op not in ("param", "call", "attr", "item", "name"):
            words["text"] = ":".join(map(str, known.place))
    models = program.resolver.models
    sinks = [row for path in program.resolver.paths(scope, call) for row in models.rows("sinks", path)]
    rows = [way for row in (flow.row, *sinks) if row.get("kind") == flow.kind for way in safer(row)]
    return of_call(rule, rows, index.paths[scope], span, words)


def _is_of_another(program: Program, flow: Flow, scope: int, value: int) -> bool:
    """Whether a value is what a method of something else made of what came in: a page that a template was filled into.

    To make all of it safe would spoil the rest of it.
    """
    known = program.index.value(scope, value)
    while known.op in ("await", "copy"):
        known = program.index.value(scope, known.args[0])
    function = program.index.value(scope, known.args[0]) if known.op == "call" else known
    return known.op == "call" and function.op == "attr" and (scope, function.args[0]) not in flow.way


def _why(program: Program, flows: Sequence[Flow], weak: Sequence[Doubt]) -> str:
    """What is missing on the way, or what is there and not enough."""
    steps = len(flows[0].steps)
    sources = "" if len(flows) == 1 else f"; {len(flows)} sources reach this place"
    sink = program.kinds.sinks[flows[0].kind]
    parts = [place.label.removesuffix(IN_PROMPT) for place in flows[0].indirect]
    prompt = f"; the prompt holds {listed(parts)}" if parts else ""
    if not weak:
        return f"nothing on the {steps} steps from the source makes the value safe for {sink}{sources}{prompt}"
    return f"the value is {_listed(weak)}, which does not make it safe for {sink}{sources}{prompt}"


def _listed(weak: Sequence[Doubt]) -> str:
    """`checked only by a and b and changed only by c`."""
    parts = []
    for how, verb in VERBS.items():
        names = [f"`{doubt.name}`" for doubt in weak if doubt.how == how]
        if names:
            parts.append(f"{verb} only by {listed(names)}")
    return " and ".join(parts)
