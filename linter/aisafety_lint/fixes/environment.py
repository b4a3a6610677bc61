"""A secret that is written in Python becomes a variable of the environment."""

import ast

from aisafety_lint.finding import Edit, Remedy
from aisafety_lint.fixes.module import Module
from aisafety_lint.fixes.pieces import quote_of
from aisafety_lint.fixes.refusal import Refusal

_GETTERS = ("os.getenv", "os.environ.get")
_SPELLINGS = (("os.environ", ""), ("os.environ", ".get"), ("os.getenv", ""))
_BODIES = ("body", "orelse", "finalbody", "handlers")


def to_environment(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    """The edits that read a value where it is written now."""
    literal = _literal(module, remedy)
    parent = module.parents[literal]
    name, needed = module.name_of("os.environ")
    path, quote = module.text.path, quote_of(module.source(literal))
    if isinstance(parent, ast.Call) and literal in parent.args[1:] and _is_getter(module, parent):
        start, end = module.region(parent)
        return *needed, Edit(path, start, end, f"{name}[{module.source(parent.args[0])}]")
    if isinstance(parent, ast.Assign) and any(_is_variable(module, target) for target in parent.targets):
        return (_without(module, parent),)
    start, end = module.region(literal)
    return *needed, Edit(path, start, end, f"{name}[{quote}{remedy.known['name']}{quote}]")


def _literal(module: Module, remedy: Remedy) -> ast.Constant:
    """The literal that is the secret as a whole."""
    span = remedy.location.span
    start, end = module.text.offset(span.line, span.column), module.text.offset(span.end_line, span.end_column)
    secret = module.text.text[start:end]
    for node in module.texts.get(secret, ()):
        first, last = module.region(node)
        if first < start and end < last:
            if isinstance(module.parents[node], ast.Expr | ast.JoinedStr | ast.FormattedValue | ast.MatchValue):
                break
            return node
    raise Refusal("the value is no literal of its own")


def _is_getter(module: Module, call: ast.Call) -> bool:
    first = call.args[0]
    return _dotted(module, call.func) in _GETTERS and isinstance(first, ast.Constant) and len(call.args) == 2


def _is_variable(module: Module, target: ast.expr) -> bool:
    """Whether something is `os.environ[...]`."""
    return isinstance(target, ast.Subscript) and _dotted(module, target.value) == "os.environ"


def _dotted(module: Module, node: ast.expr) -> str:
    """What of the library an expression is, by the imports of the file; empty for anything else."""
    source = module.source(node)
    for dotted, member in _SPELLINGS:
        try:
            name, needed = module.name_of(dotted)
        except Refusal:
            continue
        if not needed and name + member == source:
            return dotted + member
    return ""


def _without(module: Module, statement: ast.stmt) -> Edit:
    """The file without the lines of a statement that sets the variable itself."""
    parent = module.parents[statement]
    bodies = [body for name in _BODIES if isinstance(body := getattr(parent, name, None), list) and statement in body]
    start, end = module.region(statement)
    text = module.text
    line, last = text.span(start, start).line, text.span(end, end).line
    alone = (
        not text.text[text.starts[line - 1] : start].strip() and not text.line(last)[_column(text.starts, end, last) :]
    )
    alone = alone or text.line(last)[_column(text.starts, end, last) :].lstrip().startswith("#")
    if not bodies or len(bodies[0]) < 2 or not alone or last >= len(text.starts):
        raise Refusal("the statement does not stand alone")
    return Edit(text.path, text.starts[line - 1], text.starts[last], "")


def _column(starts: tuple[int, ...], offset: int, line: int) -> int:
    return offset - starts[line - 1]
