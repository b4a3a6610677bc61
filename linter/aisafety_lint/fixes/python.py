"""Edits of Python: takes a file and a remedy, gives the edits of its text; raises Refusal where there are none."""

import ast
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import libcst as cst

from aisafety_lint.finding import Edit, Remedy
from aisafety_lint.fixes import calls
from aisafety_lint.fixes.edits import smallest
from aisafety_lint.fixes.environment import to_environment
from aisafety_lint.fixes.module import Module
from aisafety_lint.fixes.pieces import Value, names_in, pieces, quote_of, with_values, written
from aisafety_lint.fixes.queries import bind_parameters
from aisafety_lint.fixes.refusal import Refusal

_SHELL = re.compile(r"[^\w\s@%+:,./=-]|\n")
_NEEDS_SHELL = ("executable",)


def python_edits(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    """The edits that a remedy is in a file."""
    return _KINDS[remedy.edit](module, remedy)


def _call_edits(
    module: Module, remedy: Remedy, change: Callable[[cst.Call], cst.Call], then: str = ""
) -> tuple[Edit, ...]:
    """The edit of a call; `then` is what is taken of its result, where anything is."""
    node = module.at(remedy.location.span) if "decorator" not in remedy.known else _decorator(module, remedy)
    start, end = module.region(node)
    before = module.text.text[start:end]
    ending = "" if isinstance(module.parents.get(node), ast.Expr) else then
    return (smallest(module.text.path, start, before, calls.changed(before, change) + ending),)


def _decorator(module: Module, remedy: Remedy) -> ast.expr:
    """A decorator of the function whose head is the region."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno == remedy.location.span.line:
            number = int(remedy.known["decorator"])
            if number < len(node.decorator_list):
                return node.decorator_list[number]
    raise Refusal("the code is not where it was")


def _set_argument(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    known = remedy.known
    if "with" in known:
        name, needed = module.name_of(known["with"])
        value = known["value"].replace("CALL", name)
        return *needed, *_call_edits(module, remedy, partial(calls.set_argument, name=known["name"], value=value))
    return _call_edits(module, remedy, partial(calls.set_argument, name=known["name"], value=known["value"]))


def _set_entry(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    known = remedy.known
    return _call_edits(
        module, remedy, partial(calls.set_entry, name=known["name"], key=known["key"], value=known["value"])
    )


def _delete_argument(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    return _call_edits(module, remedy, partial(calls.without_argument, name=remedy.known["name"]))


def _rename_argument(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    known = remedy.known
    return _call_edits(module, remedy, partial(calls.renamed, name=known["name"], to=known["to"]))


def _delete_items(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    known = remedy.known
    return _call_edits(
        module, remedy, partial(calls.without_items, name=known["name"], items=json.loads(known["items"]))
    )


def _replace_call(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    """Another function with the same arguments, but for those that it does not take."""
    known = remedy.known
    name, needed = module.name_of(known["call"])

    def change(call: cst.Call) -> cst.Call:
        if any(arg.star for arg in call.args):
            raise Refusal("the call unpacks arguments")
        if known.get("alone") and len(call.args) != 1:
            raise Refusal("the call has further arguments")
        for dropped in known.get("drop", "").split():
            call = calls.without_argument(call, dropped)
        if "drop_position" in known:
            call = calls.without_position(call, int(known["drop_position"]))
        return call.with_changes(func=cst.parse_expression(name + known.get("then", "")))

    return *needed, *_call_edits(module, remedy, change)


def _wrap_argument(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    """A function around the value that reaches an argument, inside the text that the argument is made of."""
    known = remedy.known
    name, needed = module.name_of(known["with"])
    tainted = set(known.get("names", "").split())

    def wrap(value: cst.BaseExpression) -> cst.BaseExpression:
        if calls.is_literal(value) or (tainted and not tainted & {*names_in(value)}):
            return value
        bare = value.with_changes(lpar=(), rpar=()) if not isinstance(value, cst.GeneratorExp) else value
        return cst.Call(cst.parse_expression(name), [cst.Arg(bare)])

    def change(call: cst.Call) -> cst.Call:
        number = _argument(call, known)
        return calls.replaced(call, number, _as_expression(with_values(call.args[number].value, wrap)))

    return *needed, *_call_edits(module, remedy, change)


def _as_expression(node: cst.CSTNode) -> cst.BaseExpression:
    if not isinstance(node, cst.BaseExpression):
        raise Refusal("the text is put together in a way that is not known")
    return node


def _argument(call: cst.Call, known: Mapping[str, str]) -> int:
    number = calls.argument(call, known.get("name", ""), int(known["position"]) if "position" in known else None)
    if number is None:
        raise Refusal("the value is not passed here")
    return number


def _split_command(module: Module, remedy: Remedy) -> tuple[Edit, ...]:
    """A list of arguments without a shell, in place of a command line that needs none; by another call, if need be."""
    known = remedy.known
    name, needed = module.name_of(known["call"]) if "call" in known else ("", ())
    given = [word.partition("=")[::2] for word in known.get("given", "").split()]
    named = [(key, *module.name_of(value)) if "." in value else (key, value, ()) for key, value in given]

    def change(call: cst.Call) -> cst.Call:
        number = _argument(call, known)
        if any(calls.position(call, name) is not None for name in _NEEDS_SHELL):
            raise Refusal("the call names the shell")
        words = _words(call.args[number].value)
        listed = calls.without_argument(calls.replaced(call, number, cst.parse_expression(words)), known["drop"])
        return _by_another(listed, name, [(key, value) for key, value, _ in named]) if name else listed

    imports = dict.fromkeys((*needed, *(edit for _, _, edits in named for edit in edits)))
    return *imports, *_call_edits(module, remedy, change, known.get("then", ""))


def _by_another(call: cst.Call, name: str, given: Iterable[tuple[str, str]]) -> cst.Call:
    """The call of another function with the same only argument, and those that are given besides."""
    if len(call.args) != 1 or call.args[0].star:
        raise Refusal("the call has further arguments")
    only = call.args[0].with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    changed = call.with_changes(func=cst.parse_expression(name), args=[only])
    for key, value in given:
        changed = calls.set_argument(changed, key, value)
    return changed


def _words(command: cst.BaseExpression) -> str:
    """The code of the list of words of a command line."""
    parts = pieces(command)
    quote = quote_of(cst.Module([]).code_for_node(command))
    words: list[list[str | Value]] = [[]]
    for part in parts:
        if isinstance(part, Value):
            words[-1].append(part)
            continue
        if found := _SHELL.search(part):
            what = "several lines" if found[0] == "\n" else f"`{found[0]}`"
            raise Refusal(f"the command line has {what}, which a shell reads in its own way")
        for number, word in enumerate(re.split(r"\s+", part)):
            if number:
                words.append([])
            if word:
                words[-1].append(word)
    listed = [word for word in words if word]
    if not listed or any(isinstance(part, Value) for part in listed[0]):
        raise Refusal("the program is no constant")
    return f"[{', '.join(written(word, quote) for word in listed)}]"


_KINDS: Mapping[str, Callable[[Module, Remedy], tuple[Edit, ...]]] = {
    "set-argument": _set_argument,
    "set-entry": _set_entry,
    "delete-argument": _delete_argument,
    "rename-argument": _rename_argument,
    "delete-items": _delete_items,
    "replace-call": _replace_call,
    "wrap-argument": _wrap_argument,
    "split-command": _split_command,
    "bind-parameters": bind_parameters,
    "literal-to-environment": to_environment,
}
