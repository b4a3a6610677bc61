"""Names that a module makes when it is asked for them: `__getattr__`, with the table in which it looks them up."""

from collections.abc import Iterator

from aisafety_lint.program.index import Index

Target = tuple[str, str]


def lazy_targets(index: Index, module: int, name: str) -> Iterator[Target]:
    """The modules, as absolute dotted names, that a lazily loaded name may come from, with its name there.

    Tables are dicts of the module with the name as a key (`{"run": ".shell"}`, `{"run": (".shell", "run")}`) or in a
    value (`{"shell": ["run"]}`).
    """
    scope = index.scopes[module]
    if "__getattr__" not in scope.locals:
        return
    for value in scope.values:
        if value.op == "dict":
            for key, item in zip(value.args[::2], value.args[1::2], strict=True):
                texts = list(_texts(index, module, item))
                if scope.values[key].name == name:
                    yield from _pairs(index, module, texts, name)
                elif name in texts and scope.values[item].op != "const" and scope.values[key].op == "const":
                    yield from _pairs(index, module, [scope.values[key].name], name)


def _texts(index: Index, module: int, value: int) -> Iterator[str]:
    known = index.value(module, value)
    if known.op == "const" and known.kind == "str":
        yield known.name
    elif known.op in ("tuple", "list", "set"):
        for item in known.args:
            yield from _texts(index, module, item)


def _pairs(index: Index, module: int, texts: list[str], name: str) -> Iterator[Target]:
    names = [text for text in texts if text.isidentifier()]
    for text in texts:
        head, separator, tail = text.partition(":")
        if separator:
            yield index.absolute(module, head), tail
            continue
        for attribute in dict.fromkeys((name, *names)):
            yield index.absolute(module, text), attribute
            yield index.absolute(module, f".{text}"), attribute
        if "." in text.lstrip("."):
            yield index.absolute(module, text.rpartition(".")[0]), text.rpartition(".")[2]
