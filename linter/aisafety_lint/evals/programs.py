"""Whether a Python program that runs a suite can fail by what it finds: takes its text, gives a judgement.

It cannot where the result of every run is dropped or only shown, and nothing in the program fails on purpose. A result
that is returned, stored, compared or handed on may be judged elsewhere.
"""

import ast
import re
from collections.abc import Iterator, Mapping

from aisafety_lint.evals.model import Cover

# Functions by the beginning of their name that only show what they are given.
_SHOWING = ("print", "pprint", "show", "display", "log", "info", "debug", "warning", "echo", "format")
# Functions that hand on what they are given.
_TRANSPARENT = ("run", "gather", "str", "list", "dict", "len", "repr", "round", "sorted")


def judged(text: str, run_by: re.Pattern[str], verdicts: re.Pattern[str]) -> Cover:
    """Whether the results of the calls that `run_by` matches can fail the program; unknown where it may be so."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return Cover.UNKNOWN
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    runs = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and run_by.search(f"{_called(node)}(")]
    if not runs or verdicts.search(text) or not all(_only_shown(run, tree, parents) for run in runs):
        return Cover.UNKNOWN
    return Cover.ABSENT


def _only_shown(run: ast.expr, tree: ast.Module, parents: Mapping[int, ast.AST]) -> bool:
    """Whether a value is dropped or shown: where it stands, or wherever the name that it gets is used."""
    names, waiting = set(), [run]
    while waiting:
        use: ast.AST = waiting.pop()
        while True:
            holder = parents.get(id(use))
            if isinstance(holder, ast.Expr):
                break
            name = _kept_in(holder)
            if name:
                if name not in names:
                    names.add(name)
                    waiting.extend(_uses(name, tree))
                break
            if holder is None or not _passes(holder):
                return isinstance(holder, ast.Call) and _last(holder).startswith(_SHOWING)
            use = holder
    return True


def _kept_in(holder: ast.AST | None) -> str:
    """The name that a value is assigned to, or loops over; empty where it is something else."""
    target: ast.AST | None = None
    if isinstance(holder, ast.Assign) and len(holder.targets) == 1:
        target = holder.targets[0]
    elif isinstance(holder, ast.AnnAssign | ast.For | ast.AsyncFor | ast.NamedExpr):
        target = holder.target
    return target.id if isinstance(target, ast.Name) else ""


def _passes(holder: ast.AST) -> bool:
    """Whether what holds a value still has it: a part of it, a text with it, a call that hands it on."""
    if isinstance(holder, ast.Call):
        return _last(holder) in _TRANSPARENT
    shapes = (
        ast.Await,
        ast.Attribute,
        ast.Subscript,
        ast.JoinedStr,
        ast.FormattedValue,
        ast.BinOp,
        ast.Starred,
        ast.keyword,
    )
    return isinstance(holder, shapes)


def _uses(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func)


def _last(call: ast.Call) -> str:
    """The last part of the name of a called function."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lstrip("_").lower()
        case _:
            return ""
